/* Bilinear resizing and transposed convolution, forward and backward, against what PyTorch computes: the
 * cases of tests/golden/enlarge.safetensors. Bounds are in units of 2^-24 times the size of an element's
 * terms. */
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
    golden_open(&g, "enlarge");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_enlarge, .init = open_all, .fini = close_all);

/* The size of the case's output, as `resize` sets it. */
static void resize(const sw_op *op, void *attrs)
{
    sw_shape y;
    golden_activation(&g, "y", &y);
    op->resize(attrs, y.h, y.w);
}

/* Two weights of two roundings each and two products with them: six of a term. Outputs sum two twos.
 * Gradients of eight times the size sum up to 16 rows of 16, and sqrt(32) < 7. */
Test(golden_enlarge, bilinear_resizing_agrees_for_every_kind_of_size)
{
    while (golden_next(&g, "bilinear")) {
        const one_op_input x = golden_input(&g, "x");
        sw_bilinear_attrs attrs = {.align_corners = golden_int(&g, "align_corners") != 0};
        resize(&sw_op_bilinear, &attrs);
        one_op_open(&o, session, &sw_op_bilinear, &attrs, 1, &x, true);
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 6 + 2);
        one_op_backward(&o, golden_activation(&g, "dy", NULL));
        golden_expect_activation(&g, "dx", one_op_dx(&o), 6 + 7);
        one_op_close(&o);
    }
}

/* Sums of up to 512 products, the most of dx of a window of 16 x 16 to 2 channels: sqrt(512) < 23. */
static void check_transposed(sw_conv_choice engine)
{
    while (golden_next(&g, "conv_transpose2d")) {
        const one_op_input x = golden_input(&g, "x");
        const bool bias = golden_has(&g, "bias");
        sw_conv_transpose2d_attrs attrs = {.out_channels = (int)golden_tensor(&g, "weight")->shape[1],
                                           .kernel = golden_int(&g, "kernel"),
                                           .stride = golden_int(&g, "stride"),
                                           .bias = bias,
                                           .engine = engine,
                                           .workspace_cap_bytes = 1 << 12};
        resize(&sw_op_conv_transpose2d, &attrs);
        one_op_open(&o, session, &sw_op_conv_transpose2d, &attrs, 1, &x, true);
        one_op_set_param(&o, 0, golden_floats(&g, "weight", NULL));
        if (bias) one_op_set_param(&o, 1, golden_floats(&g, "bias", NULL));
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 23);
        one_op_backward(&o, golden_activation(&g, "dy", NULL));
        golden_expect_activation(&g, "dx", one_op_dx(&o), 23);
        golden_expect(&g, "dweight", one_op_dparam(&o, 0), 23);
        if (bias) golden_expect(&g, "dbias", one_op_dparam(&o, 1), 23);
        one_op_close(&o);
    }
}

Test(golden_enlarge, transposed_convolutions_agree_in_register_tiles)
{
    check_transposed(SW_CONV_GEMM);
}

Test(golden_enlarge, transposed_convolutions_agree_in_tiles_of_local_memory)
{
    check_transposed(SW_CONV_TILE);
}

Test(golden_enlarge, padding_and_initial_values_of_transposed_convolutions_follow_as_in_pytorch)
{
    while (golden_next(&g, "conv_transpose2d")) {
        sw_shape x, y;
        sw_graph graph;
        int input;
        golden_activation(&g, "x", &x);
        golden_activation(&g, "y", &y);
        sw_conv_transpose2d_attrs attrs = {.out_channels = y.c,
                                           .kernel = golden_int(&g, "kernel"),
                                           .stride = golden_int(&g, "stride"),
                                           .bias = true};
        resize(&sw_op_conv_transpose2d, &attrs);
        cr_expect_eq(sw_conv_transpose2d_padding(&attrs), golden_int(&g, "padding"), "%s", g.name);
        cr_expect_eq(sw_conv_transpose2d_output_padding(&attrs, x.h, y.h), golden_int(&g, "output_padding"),
                     "%s", g.name);
        sw_graph_init(&graph);
        cr_assert_eq(sw_graph_input(&input, &graph, "x", SW_F32, x), SW_OK);
        cr_assert_eq(sw_graph_add(NULL, &graph, &sw_op_conv_transpose2d, "up", &attrs, 1, &input), SW_OK,
                     "%s", sw_error_message());
        cr_expect_eq(graph.params[0].fan_in, golden_int(&g, "fan_in"), "%s", g.name);
        cr_expect_eq(graph.params[1].fan_in, golden_int(&g, "fan_in"), "%s", g.name);
        cr_expect_eq(graph.params[0].init, SW_INIT_FAN_IN_UNIFORM);
        cr_expect_eq(graph.params[1].init, SW_INIT_FAN_IN_UNIFORM);
        sw_graph_deinit(&graph);
    }
}
