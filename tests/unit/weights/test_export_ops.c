/* ONNX mappings of ops and options that the stages of a SegNet do not have. That runtimes compute the same is
 * checked with a network of every op: tests/golden/check_runtimes.py. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "exported.h"
#include "graph_weights.h"
#include "ops/ops.h"
#include "scratch.h"

TestSuite(export_ops, .init = scratch_create, .fini = scratch_remove);

enum { CHANNELS = 4 };

/* A graph that grows by one node at a time; `last` is the value made last. */
static sw_model begin(int height, int width)
{
    sw_model model = {0};
    sw_graph_init(&model.graph);
    cr_assert_eq(
        sw_graph_input(&model.images, &model.graph, "images", SW_F32, (sw_shape){1, height, width, CHANNELS}),
        SW_OK);
    model.logits = model.images;
    return model;
}

static int add_from(sw_model *model, const char *name, const sw_op *op, const void *attrs, int count,
                    const int *inputs)
{
    int outputs[SW_MAX_OUTPUTS];
    cr_assert_eq(sw_graph_add(outputs, &model->graph, op, name, attrs, count, inputs), SW_OK, "%s",
                 sw_error_message());
    model->logits = outputs[0];
    return outputs[op->output_count - 1];
}

/* Returns the op's last output. */
static int add(sw_model *model, const char *name, const sw_op *op, const void *attrs)
{
    return add_from(model, name, op, attrs, 1, &model->logits);
}

static const sw_batchnorm_attrs norm = {.eps = 1e-3f, .momentum = 0.1f};

Test(export_ops, strides_and_dilations_are_written_with_the_padding_that_keeps_the_size)
{
    sw_model model = begin(9, 9);
    add(&model, "a", &sw_op_conv2d,
        &(const sw_conv2d_attrs){.out_channels = 2, .kernel = 3, .stride = 2, .dilation = 3});
    add(&model, "b", &sw_op_depthwise_conv2d, &(const sw_depthwise_conv2d_attrs){.kernel = 5, .dilation = 2});
    exported e = exported_of(model, false, SW_ONNX_UNPOOL_MAX);
    expect_ints(node_named(&e, "a"), "strides", 2, 2);
    expect_ints(node_named(&e, "a"), "dilations", 2, 3);
    expect_ints(node_named(&e, "a"), "pads", 4, 3);
    expect_ints(node_named(&e, "logits"), "strides", 2, 1);
    expect_ints(node_named(&e, "logits"), "dilations", 2, 2);
    expect_ints(node_named(&e, "logits"), "pads", 4, 4);
    expect_connected(&e);
    exported_dispose(&e);
}

Test(export_ops, a_norm_is_folded_into_the_output_channels_of_a_transposed_convolution)
{
    enum { OUT = 2, WINDOW = 4 };
    sw_model model = begin(3, 3);
    add(&model, "up", &sw_op_conv_transpose2d,
        &(const sw_conv_transpose2d_attrs){.out_channels = OUT, .kernel = 2, .stride = 2, .bias = true});
    add(&model, "norm", &sw_op_batchnorm, &norm);
    exported e = exported_of(model, true, SW_ONNX_UNPOOL_MAX);
    size_t count, biases;
    float *weight = initializer(&e, "up.weight", &count), *bias = initializer(&e, "up.bias", &biases);
    cr_assert(weight && bias && count == (size_t)CHANNELS * OUT * WINDOW && biases == OUT);
    cr_expect_eq(wire_count(e.graph, 1), 1, "one node is left");
    for (size_t i = 0; i < count; i++) { /* parameters: weight, bias, gamma, beta; states: mean, variance */
        const size_t o = i / WINDOW % OUT;
        const double scale =
            (double)graph_weights_value(2, o) / sqrt((double)graph_weights_value(101, o) + 1e-3);
        cr_expect_float_eq((double)weight[i], scale * (double)graph_weights_value(0, i), 1e-6);
        if (i % WINDOW == 0 && i < OUT * WINDOW)
            cr_expect_float_eq(
                (double)bias[o],
                scale * ((double)graph_weights_value(1, o) - (double)graph_weights_value(100, o)) +
                    (double)graph_weights_value(3, o),
                1e-6);
    }
    free(weight);
    free(bias);
    exported_dispose(&e);
}

/* A window of 3 with stride 2 reaches 2 rows less than 7 of 3: one by output_padding, the other by Pad. */
Test(export_ops, what_a_transposed_convolution_does_not_reach_is_padded_before_the_bias)
{
    sw_model model = begin(3, 3);
    add(&model, "up", &sw_op_conv_transpose2d,
        &(const sw_conv_transpose2d_attrs){
            .out_channels = 2, .kernel = 3, .stride = 2, .bias = true, .height = 7, .width = 6});
    exported e = exported_of(model, false, SW_ONNX_UNPOOL_MAX);
    const int64_t more[] = {0, 0, 0, 0, 0, 0, 1, 0};
    expect_ints(node_named(&e, "up.reached"), "output_padding", 2, 1);
    cr_expect_eq(wire_count(node_named(&e, "up.reached"), 1), 2, "no bias yet");
    cr_expect_arr_eq(wire_message_at(tensor_named(&e, "up.pads"), 9, 0).bytes, more, sizeof more);
    cr_expect(wire_text_is(node_named(&e, "logits"), 4, 0, "Add"));
    cr_expect(wire_text_is(node_named(&e, "logits"), 1, 1, "up.bias"));
    expect_connected(&e);
    exported_dispose(&e);
}

Test(export_ops, a_pool_whose_places_nobody_reads_is_a_plain_one)
{
    for (int basic = 0; basic < 2; basic++) {
        sw_model model = begin(8, 8);
        add(&model, "pool", &sw_op_max_pool,
            &(const sw_max_pool_attrs){.kernel = 3, .stride = 2, .padding = 1});
        exported e = exported_of(model, false, basic ? SW_ONNX_UNPOOL_BASIC : SW_ONNX_UNPOOL_MAX);
        cr_expect_eq(wire_count(e.graph, 1), 1, "one node");
        cr_expect_eq(wire_count(node_named(&e, "logits"), 2), 1, "one output");
        expect_ints(node_named(&e, "logits"), "pads", 4, 1);
        exported_dispose(&e);
    }
}

Test(export_ops, windows_partly_outside_are_of_an_input_with_its_last_row_twice_and_unpooling_cuts_it_off)
{
    for (int basic = 0; basic < 2; basic++) {
        sw_model model = begin(5, 6);
        const int places = add(&model, "pool", &sw_op_max_pool, &(const sw_max_pool_attrs){.ceil = true});
        const int inputs[] = {model.logits, places};
        add_from(&model, "unpool", &sw_op_max_unpool, NULL, 2, inputs);
        exported e = exported_of(model, false, basic ? SW_ONNX_UNPOOL_BASIC : SW_ONNX_UNPOOL_MAX);
        const int64_t more[] = {0, 0, 0, 0, 0, 0, 1, 0}, end[] = {5, 6};
        cr_expect(wire_text_is(attribute_named(node_named(&e, "pool.padded"), "mode"), 4, 0, "edge"));
        cr_expect_arr_eq(wire_message_at(tensor_named(&e, "pool.pads"), 9, 0).bytes, more, sizeof more);
        cr_expect(wire_text_is(node_named(&e, "logits"), 4, 0, "Slice"));
        cr_expect_arr_eq(wire_message_at(tensor_named(&e, "unpool.end"), 9, 0).bytes, end, sizeof end);
        expect_connected(&e);
        exported_dispose(&e);
    }
}

/* Runtimes compute floor(in * factor), in single or double precision. One network resizes again and again. */
Test(export_ops, factors_of_resizing_give_the_size_whatever_the_precision)
{
    enum { STEPS = 160 };
    int sizes[STEPS + 1] = {7};
    char name[32];
    sw_model model = begin(sizes[0], sizes[0]);
    for (int i = 0; i < STEPS; i++) {
        sizes[i + 1] = 1 + (37 * sizes[i] + 11 * i) % 91;
        snprintf(name, sizeof name, "r%d", i);
        add(&model, name, &sw_op_bilinear,
            &(const sw_bilinear_attrs){.height = sizes[i + 1], .width = sizes[i + 1]});
    }
    exported e = exported_of(model, false, SW_ONNX_UNPOOL_MAX);
    for (int i = 0; i < STEPS; i++) {
        size_t count;
        snprintf(name, sizeof name, "r%d.scales", i);
        float *factors = initializer(&e, name, &count);
        cr_assert(factors && count == 4);
        cr_expect_eq((int)(factors[2] * (float)sizes[i]), sizes[i + 1], "%d to %d", sizes[i], sizes[i + 1]);
        cr_expect_eq((int)((double)factors[3] * sizes[i]), sizes[i + 1], "%d to %d", sizes[i], sizes[i + 1]);
        free(factors);
    }
    exported_dispose(&e);
}

Test(export_ops, local_response_norm_is_lrn_where_all_runtimes_agree_and_other_ops_elsewhere)
{
    static const sw_local_response_norm_attrs cases[] = {
        {3, 0.5f, 0.75f, 1}, {3, 0.5f, 0.75f, 2}, {2, 0.5f, 0.75f, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_model model = begin(4, 4);
        add(&model, "lrn", &sw_op_local_response_norm, &cases[i]);
        exported e = exported_of(model, false, SW_ONNX_UNPOOL_MAX);
        cr_expect_eq(nodes_of(&e, "LRN"), i == 0);
        cr_expect_eq(nodes_of(&e, "Conv"), i != 0);
        if (i == 2) { /* a window of two begins one channel before */
            size_t count;
            float *w = initializer(&e, "lrn.weight", &count);
            cr_assert(w && count == (size_t)CHANNELS * CHANNELS);
            for (int c = 0; c < CHANNELS; c++)
                for (int j = 0; j < CHANNELS; j++)
                    cr_expect_eq(w[c * CHANNELS + j], j == c || j == c - 1 ? 0.25f : 0);
            free(w);
        }
        expect_connected(&e);
        exported_dispose(&e);
    }
}

Test(export_ops, dropout_leaves_no_node_behind_and_a_layer_may_be_called_logits)
{
    sw_model model = begin(4, 4);
    add(&model, "logits", &sw_op_sigmoid, NULL);
    add(&model, "drop", &sw_op_dropout, &(const sw_dropout_attrs){.rate = 0.5f});
    add(&model, "group", &sw_op_group_norm,
        &(const sw_group_norm_attrs){.groups = 2, .eps = 1e-5f, .relu = true});
    exported e = exported_of(model, false, SW_ONNX_UNPOOL_MAX);
    cr_expect_eq(nodes_of(&e, "Dropout") + nodes_of(&e, "Identity"), 0);
    cr_expect(wire_text_is(node_named(&e, "group.groups"), 1, 0, "logits.of_layer"));
    expect_connected(&e);
    exported_dispose(&e);
}
