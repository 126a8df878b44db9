/* Every op, forward and backward, against what PyTorch computes: the cases of tests/golden/ops.safetensors.
 *
 * Bounds are in units of 2^-24 times the size of an element's terms. A sum of K terms in any order errs by at
 * most K of them and typically by sqrt(K): the sums here have up to 150 terms, so sqrt(K) stays below 13. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "device_case.h"
#include "golden.h"
#include "golden_input.h"
#include "one_op.h"
#include "ops/ops.h"

static golden g;
static one_op o;

static void open_all(void)
{
    session_open();
    golden_open(&g, "ops");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_ops, .init = open_all, .fini = close_all);

static void backward(void)
{
    one_op_backward(&o, golden_activation(&g, "dy", NULL));
    golden_expect_activation(&g, "dx", one_op_dx(&o), 0);
}

/* --- pooling ----------------------------------------------------------------------------------- */

/* PyTorch's index of a maximum in its plane, as the offset in its window; and the packed form of all. */
static unsigned packed_word(const int32_t *indices, sw_shape y, sw_shape x, int n, int h, int w, int word)
{
    unsigned bits = 0;
    for (int c = 16 * word; c < y.c && c < 16 * (word + 1); c++) {
        const int index = indices[((n * y.c + c) * y.h + h) * y.w + w];
        const int row = index / x.w - 2 * h, column = index % x.w - 2 * w;
        cr_assert(row >= 0 && row < 2 && column >= 0 && column < 2, "%s: index %d is not in its window",
                  g.name, index);
        bits |= (unsigned)(2 * row + column) << (2 * (c % 16));
    }
    return bits;
}

static uint32_t *packed_offsets(sw_shape y, sw_shape x, sw_shape *packed)
{
    const int32_t *indices = golden_ints(&g, "indices", NULL);
    *packed = (sw_shape){y.n, y.h, y.w, (y.c + 15) / 16};
    uint32_t *words = sw_arena_alloc(&g.arena, sw_shape_elems(*packed) * sizeof *words), *at = words;
    cr_assert(words);
    for (int n = 0; n < y.n; n++)
        for (int h = 0; h < y.h; h++)
            for (int w = 0; w < y.w; w++)
                for (int word = 0; word < packed->c; word++)
                    *at++ = packed_word(indices, y, x, n, h, w, word);
    return words;
}

Test(golden_ops, max_pool_finds_the_same_maxima_in_the_same_places)
{
    while (golden_next(&g, "max_pool")) {
        const one_op_input x = golden_input(&g, "x");
        one_op_open(&o, session, &sw_op_max_pool, NULL, 1, &x, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 0);
        sw_shape packed;
        const uint32_t *want = packed_offsets(o.graph.values[o.node->outputs[0]].shape, x.shape, &packed);
        const uint32_t *found = one_op_output(&o, 1);
        for (size_t i = 0; i < sw_shape_elems(packed); i++)
            cr_assert_eq(found[i], want[i], "%s: offsets %zu are %08x, PyTorch has %08x", g.name, i,
                         (unsigned)found[i], (unsigned)want[i]);
        backward();
        one_op_close(&o);
    }
}

Test(golden_ops, max_unpool_puts_values_back_where_they_were)
{
    while (golden_next(&g, "max_unpool")) {
        one_op_input inputs[2] = {golden_input(&g, "x"), {.dtype = SW_U32}};
        sw_shape y;
        golden_activation(&g, "y", &y);
        inputs[1].data = packed_offsets(inputs[0].shape, y, &inputs[1].shape);
        const sw_doubled_attrs attrs = {.height = y.h, .width = y.w};
        one_op_open(&o, session, &sw_op_max_unpool, &attrs, 2, inputs, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 0);
        backward();
        one_op_close(&o);
    }
}

Test(golden_ops, average_pool_and_upsampling_are_exact_on_small_integers)
{
    while (golden_next(&g, "average_pool")) {
        const one_op_input x = golden_input(&g, "x");
        one_op_open(&o, session, &sw_op_average_pool, NULL, 1, &x, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 0);
        backward();
        one_op_close(&o);
    }
    while (golden_next(&g, "upsample")) {
        const one_op_input x = golden_input(&g, "x");
        const sw_doubled_attrs attrs = {.height = 2 * x.shape.h, .width = 2 * x.shape.w};
        one_op_open(&o, session, &sw_op_upsample, &attrs, 1, &x, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 0);
        backward();
        one_op_close(&o);
    }
}

/* --- convolution ------------------------------------------------------------------------------- */

/* Outputs sum over up to 150 products, weight gradients over the pixels: 16 is above sqrt(K) for all. */
static void check_conv(const sw_op *op, const void *attrs, bool bias)
{
    const one_op_input x = golden_input(&g, "x");
    one_op_open(&o, session, op, attrs, 1, &x, true);
    one_op_set_param(&o, 0, golden_floats(&g, "weight", NULL));
    if (bias) one_op_set_param(&o, 1, golden_floats(&g, "bias", NULL));
    one_op_forward(&o);
    golden_expect_activation(&g, "y", one_op_output(&o, 0), 16);
    one_op_backward(&o, golden_activation(&g, "dy", NULL));
    golden_expect_activation(&g, "dx", one_op_dx(&o), 16);
    golden_expect(&g, "dweight", one_op_dparam(&o, 0), 16);
    if (bias) golden_expect(&g, "dbias", one_op_dparam(&o, 1), 16);
    one_op_close(&o);
}

static void check_dense_convs(sw_conv_choice engine)
{
    while (golden_next(&g, "conv2d")) {
        const bool bias = golden_has(&g, "bias");
        const sw_conv2d_attrs attrs = {.out_channels = (int)golden_tensor(&g, "weight")->shape[0],
                                       .kernel = golden_int(&g, "kernel"),
                                       .bias = bias,
                                       .engine = engine,
                                       .workspace_cap_bytes = 1 << 16};
        check_conv(&sw_op_conv2d, &attrs, bias);
    }
}

Test(golden_ops, convolutions_by_products_agree)
{
    check_dense_convs(SW_CONV_CLBLAST);
    check_dense_convs(SW_CONV_GEMM);
    check_dense_convs(SW_CONV_TILE);
    check_dense_convs(SW_CONV_DIRECT);
    while (golden_next(&g, "depthwise_conv2d")) {
        const sw_depthwise_conv2d_attrs attrs = {.kernel = golden_int(&g, "kernel")};
        check_conv(&sw_op_depthwise_conv2d, &attrs, false);
    }
}

/* The chosen engine may be one that transforms whole tiles: what an element loses is then in proportion to
 * its tile, not to its own terms. */
Test(golden_ops, convolutions_by_the_chosen_engine_agree_in_proportion_to_the_largest)
{
    g.by_largest = true;
    check_dense_convs(SW_CONV_AUTO);
    check_dense_convs(SW_CONV_WINOGRAD_TILE);
}

/* --- batch norm -------------------------------------------------------------------------------- */

static void open_norm(const one_op_input *x, bool training)
{
    const sw_batchnorm_attrs attrs = {.eps = (float)golden_number(&g, "eps"),
                                      .momentum = (float)golden_number(&g, "momentum"),
                                      .relu = golden_int(&g, "relu") != 0};
    one_op_open(&o, session, &sw_op_batchnorm, &attrs, 1, x, training);
    one_op_set_param(&o, 0, golden_floats(&g, "weight", NULL));
    one_op_set_param(&o, 1, golden_floats(&g, "bias", NULL));
}

/* Means, variances and the two sums of the backward pass are sums of at most 32 terms; each value then takes
 * about ten roundings more: 16 for the results and 24 for dx, which is made of two such sums. */
Test(golden_ops, batch_norm_normalises_learns_and_keeps_unbiased_statistics)
{
    while (golden_next(&g, "batchnorm")) {
        const one_op_input x = golden_input(&g, "x");
        open_norm(&x, true);
        one_op_set_state(&o, 0, golden_floats(&g, "running_mean", NULL));
        one_op_set_state(&o, 1, golden_floats(&g, "running_var", NULL));
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 16);
        golden_expect(&g, "after.running_mean", one_op_state(&o, 0), 16);
        golden_expect(&g, "after.running_var", one_op_state(&o, 1), 16);
        one_op_backward(&o, golden_activation(&g, "dy", NULL));
        golden_expect_activation(&g, "dx", one_op_dx(&o), 24);
        golden_expect(&g, "dweight", one_op_dparam(&o, 0), 16);
        golden_expect(&g, "dbias", one_op_dparam(&o, 1), 16);
        one_op_close(&o);
    }
}

Test(golden_ops, batch_norm_in_evaluation_uses_the_running_statistics)
{
    while (golden_next(&g, "batchnorm")) {
        const one_op_input x = golden_input(&g, "x");
        open_norm(&x, false);
        one_op_set_state(&o, 0, golden_floats(&g, "after.running_mean", NULL));
        one_op_set_state(&o, 1, golden_floats(&g, "after.running_var", NULL));
        one_op_forward(&o);
        golden_expect_activation(&g, "y_eval", one_op_output(&o, 0), 8); /* no sums: a few roundings */
        golden_expect(&g, "after.running_mean", one_op_state(&o, 0), 0);
        golden_expect(&g, "after.running_var", one_op_state(&o, 1), 0);
        one_op_close(&o);
    }
}

/* --- losses ------------------------------------------------------------------------------------ */

static one_op_input input_labels(sw_shape logits)
{
    size_t count;
    one_op_input labels = {.dtype = SW_U8, .shape = {logits.n, logits.h, logits.w, 1}};
    labels.data = golden_bytes(&g, "labels", &count);
    cr_assert_eq(count, sw_shape_elems(labels.shape));
    return labels;
}

/* exp and log of up to 4 ulp each, the sum over classes, the power of the focal loss: 16; the loss averages.
 */
static void check_losses(const sw_op *op)
{
    while (golden_next(&g, op->name)) {
        sw_loss_attrs attrs = {.gamma = (float)golden_number(&g, "gamma"),
                               .ignore_index = golden_int(&g, "ignore_index")};
        if (golden_has(&g, "class_weights")) {
            size_t classes;
            const float *weights = golden_floats(&g, "class_weights", &classes);
            memcpy(attrs.class_weights, weights, classes * sizeof *weights);
            attrs.class_weight_count = (int)classes;
        }
        one_op_input inputs[2] = {golden_input(&g, "x")};
        inputs[1] = input_labels(inputs[0].shape);
        one_op_open(&o, session, op, &attrs, 2, inputs, true);
        one_op_forward(&o);
        golden_expect(&g, "y", one_op_output(&o, 0), 8);
        one_op_backward(&o, NULL);
        golden_expect_activation(&g, "dx", one_op_dx(&o), 16);
        one_op_close(&o);
    }
}

Test(golden_ops, cross_entropy_and_its_weighted_mean)
{
    check_losses(&sw_op_cross_entropy);
}

Test(golden_ops, focal_loss_and_its_weighted_mean)
{
    check_losses(&sw_op_focal);
}
