/* Convolutions with stride and dilation, and pools whose windows overlap or lie partly outside, against what
 * PyTorch computes: the cases of tests/golden/strided.safetensors.
 *
 * Bounds are in units of 2^-24 times the size of an element's terms, as in test_golden_ops.c: sums here have
 * up to 147 terms, so sqrt(K) stays below 13. */
#include <criterion/criterion.h>

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
    golden_open(&g, "strided");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_strided, .init = open_all, .fini = close_all);

/* --- convolution ------------------------------------------------------------------------------- */

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
                                       .stride = golden_int(&g, "stride"),
                                       .dilation = golden_int(&g, "dilation"),
                                       .bias = bias,
                                       .engine = engine,
                                       .workspace_cap_bytes = 1 << 16};
        check_conv(&sw_op_conv2d, &attrs, bias);
    }
}

Test(golden_strided, convolutions_agree_whatever_the_engine)
{
    check_dense_convs(SW_CONV_CLBLAST);
    check_dense_convs(SW_CONV_GEMM);
    check_dense_convs(SW_CONV_TILE);
}

Test(golden_strided, depthwise_convolutions_agree)
{
    while (golden_next(&g, "depthwise_conv2d")) {
        const sw_depthwise_conv2d_attrs attrs = {.kernel = golden_int(&g, "kernel"),
                                                 .stride = golden_int(&g, "stride"),
                                                 .dilation = golden_int(&g, "dilation")};
        check_conv(&sw_op_depthwise_conv2d, &attrs, false);
    }
}

/* --- pooling ----------------------------------------------------------------------------------- */

static void backward(void)
{
    one_op_backward(&o, golden_activation(&g, "dy", NULL));
    golden_expect_activation(&g, "dx", one_op_dx(&o), 0);
}

/* PyTorch's index of a maximum in its plane, as the place in its window. */
static unsigned place_of(const sw_max_pool_attrs *pool, int index, int width, int h, int w)
{
    const int row = index / width - (h * pool->stride - pool->padding),
              column = index % width - (w * pool->stride - pool->padding);
    cr_assert(row >= 0 && row < pool->kernel && column >= 0 && column < pool->kernel,
              "%s: index %d is not in its window", g.name, index);
    return (unsigned)(row * pool->kernel + column);
}

/* The places that PyTorch's indices in x are, packed as the device has them. */
static uint32_t *packed_places(const sw_max_pool_attrs *pool, sw_shape y, sw_shape x, sw_shape *packed)
{
    const int bits = pool->kernel == 2 ? 2 : 4, a_word = 32 / bits;
    const int32_t *indices = golden_ints(&g, "indices", NULL);
    *packed = (sw_shape){y.n, y.h, y.w, (y.c + a_word - 1) / a_word};
    uint32_t *words = sw_arena_alloc(&g.arena, sw_shape_elems(*packed) * sizeof *words); /* zeroed */
    cr_assert(words);
    for (int n = 0; n < y.n; n++)
        for (int c = 0; c < y.c; c++)
            for (int h = 0; h < y.h; h++)
                for (int w = 0; w < y.w; w++)
                    words[((n * y.h + h) * y.w + w) * packed->c + c / a_word] |=
                        place_of(pool, *indices++, x.w, h, w) << (bits * (c % a_word));
    return words;
}

Test(golden_strided, max_pool_finds_the_same_maxima_in_the_same_places)
{
    while (golden_next(&g, "max_pool")) {
        const sw_max_pool_attrs attrs = {golden_int(&g, "kernel"), golden_int(&g, "stride"),
                                         golden_int(&g, "padding"), golden_int(&g, "ceil") != 0};
        const one_op_input x = golden_input(&g, "x");
        sw_shape packed;
        one_op_open(&o, session, &sw_op_max_pool, &attrs, 1, &x, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 0);
        const sw_shape y = o.graph.values[o.node->outputs[0]].shape;
        const uint32_t *want = packed_places(&attrs, y, x.shape, &packed), *found = one_op_output(&o, 1);
        cr_assert(sw_shape_equal(packed, o.graph.values[o.node->outputs[1]].shape), "%s", g.name);
        for (size_t i = 0; i < sw_shape_elems(packed); i++)
            cr_assert_eq(found[i], want[i], "%s: offsets %zu are %08x, PyTorch has %08x", g.name, i,
                         (unsigned)found[i], (unsigned)want[i]);
        backward();
        one_op_close(&o);
    }
}

Test(golden_strided, max_unpool_follows_a_pool_with_ceil)
{
    const sw_max_pool_attrs pool = {.kernel = 2, .stride = 2, .ceil = true};
    while (golden_next(&g, "max_unpool")) {
        one_op_input inputs[2] = {golden_input(&g, "x"), {.dtype = SW_U32}};
        sw_shape y;
        golden_activation(&g, "y", &y);
        inputs[1].data = packed_places(&pool, inputs[0].shape, y, &inputs[1].shape);
        const sw_doubled_attrs attrs = {.height = y.h, .width = y.w};
        one_op_open(&o, session, &sw_op_max_unpool, &attrs, 2, inputs, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 0);
        backward();
        one_op_close(&o);
    }
}

Test(golden_strided, average_pool_with_ceil_is_exact_on_small_integers)
{
    const sw_average_pool_attrs attrs = {.ceil = true};
    while (golden_next(&g, "average_pool")) {
        const one_op_input x = golden_input(&g, "x");
        one_op_open(&o, session, &sw_op_average_pool, &attrs, 1, &x, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 0);
        backward();
        one_op_close(&o);
    }
}
