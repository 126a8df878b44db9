/* The ops that enlarge: which sizes they take, what they declare, and what they refuse in which words. */
#include <criterion/criterion.h>
#include <string.h>

#include "cl/buffer.h"
#include "device_case.h"
#include "exec/executor.h"
#include "ops/ops.h"

static sw_graph graph;

static void open_graph(void)
{
    sw_graph_init(&graph);
}

static void close_graph(void)
{
    sw_graph_deinit(&graph);
}

TestSuite(enlarge_shapes, .init = open_graph, .fini = close_graph);

static sw_status add(int *y, const sw_op *op, const void *attrs, sw_dtype dtype, sw_shape x)
{
    int input;
    SW_ENSURE(sw_graph_input(&input, &graph, "x", dtype, x));
    return sw_graph_add(y, &graph, op, "up", attrs, 1, &input);
}

static void expect_refused(const sw_op *op, const void *attrs, sw_dtype dtype, sw_shape x, const char *said)
{
    int y;
    cr_assert_eq(add(&y, op, attrs, dtype, x), SW_E_CONFIG, "taken: %s", said);
    cr_expect(strstr(sw_error_message(), said), "'%s' is not in '%s'", said, sw_error_message());
    cr_expect(strstr(sw_error_message(), op->name), "%s", sw_error_message());
}

static void expect_shape(const sw_op *op, const void *attrs, sw_shape x, sw_shape expected)
{
    int y;
    cr_assert_eq(add(&y, op, attrs, SW_F32, x), SW_OK, "%s", sw_error_message());
    const sw_shape s = graph.values[y].shape;
    cr_expect(sw_shape_equal(s, expected), "(%d,%d,%d,%d)", s.n, s.h, s.w, s.c);
}

Test(enlarge_shapes, bilinear_takes_its_scale_or_the_size_of_another_layer)
{
    sw_bilinear_attrs attrs = {.scale = 2};
    const sw_shape x = {2, 5, 7, 3};
    expect_shape(&sw_op_bilinear, &attrs, x, (sw_shape){2, 10, 14, 3});
    cr_expect_eq(graph.nodes[0].upscale, 2);
    attrs.scale = 8;
    expect_shape(&sw_op_bilinear, &attrs, x, (sw_shape){2, 40, 56, 3});
    cr_expect_eq(graph.nodes[1].upscale, 8);
    sw_op_bilinear.resize(&attrs, 11, 15);
    expect_shape(&sw_op_bilinear, &attrs, x, (sw_shape){2, 11, 15, 3});
    cr_expect_eq(graph.nodes[2].upscale, 2, "for receptive fields the nearest whole number");
    sw_op_bilinear.resize(&attrs, 2, 3);
    expect_shape(&sw_op_bilinear, &attrs, x, (sw_shape){2, 2, 3, 3});
    cr_expect(graph.nodes[3].upscale == 1 && graph.nodes[3].stride == 3);
    cr_expect_eq(graph.param_count, 0);
}

Test(enlarge_shapes, a_transposed_convolution_declares_its_parameters_as_pytorch_names_and_shapes_them)
{
    sw_conv_transpose2d_attrs attrs = {.out_channels = 8, .kernel = 4, .stride = 2, .bias = true};
    expect_shape(&sw_op_conv_transpose2d, &attrs, (sw_shape){2, 5, 7, 3}, (sw_shape){2, 10, 14, 8});
    cr_assert_eq(graph.param_count, 2);
    const sw_param *weight = &graph.params[0], *bias = &graph.params[1];
    const int dims[] = {3, 8, 4, 4};
    cr_expect_str_eq(weight->name, "up.weight");
    cr_expect_eq(weight->rank, 4);
    cr_expect_arr_eq(weight->dims, dims, sizeof dims);
    cr_expect_eq(weight->layout, SW_LAYOUT_CONV_TRANSPOSED);
    cr_expect_str_eq(bias->name, "up.bias");
    cr_expect_eq(bias->elems, 8);
    cr_expect_eq(graph.nodes[0].macs, (uint64_t)5 * 7 * 3 * 8 * 16);
    cr_expect(graph.nodes[0].window == 2 && graph.nodes[0].upscale == 2 && graph.nodes[0].stride == 1);
    char label[32];
    sw_node_label(label, sizeof label, &graph.nodes[0]);
    cr_expect_str_eq(label, "conv_transpose2d 4x4");
}

Test(enlarge_shapes, a_transposed_convolution_reaches_the_size_of_another_layer_within_its_stride)
{
    sw_conv_transpose2d_attrs attrs = {.out_channels = 4, .kernel = 3, .stride = 3};
    const sw_shape x = {1, 4, 5, 2};
    sw_op_conv_transpose2d.resize(&attrs, 14, 15);
    expect_shape(&sw_op_conv_transpose2d, &attrs, x, (sw_shape){1, 14, 15, 4});
    cr_expect_eq(graph.param_count, 1, "no bias");
    sw_op_conv_transpose2d.resize(&attrs, 15, 15);
    expect_refused(&sw_op_conv_transpose2d, &attrs, SW_F32, x, "must be 12 to 14 and 15 to 17");
    sw_op_conv_transpose2d.resize(&attrs, 11, 15);
    expect_refused(&sw_op_conv_transpose2d, &attrs, SW_F32, x, "are 11 and 15; for an input of 4 x 5");
}

Test(enlarge_shapes, what_does_not_fit_is_a_configuration_error_that_says_why)
{
    const sw_shape x = {1, 4, 5, 2};
    const sw_bilinear_attrs none = {0}, huge = {.height = 1 << 30, .width = 8}, twice = {.scale = 2};
    expect_refused(&sw_op_bilinear, &none, SW_F32, x, "0 x 0 pixels");
    expect_refused(&sw_op_bilinear, &huge, SW_F32, x, "too many to count");
    expect_refused(&sw_op_bilinear, &twice, SW_U8, x, "'x' does not hold floats");
    const sw_conv_transpose2d_attrs transposed[] = {
        {.out_channels = 4, .kernel = 17, .stride = 2}, {.out_channels = 4, .kernel = 2, .stride = 1},
        {.out_channels = 4, .kernel = 2, .stride = 9},  {.out_channels = 0, .kernel = 2, .stride = 2},
        {.out_channels = 4, .kernel = 2, .stride = 2},  {.out_channels = 1 << 24, .kernel = 16, .stride = 2}};
    const char *const said[] = {"window side is 17", "stride is 1",          "stride is 9",
                                "0 output channels", "does not hold floats", "are too many"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        expect_refused(&sw_op_conv_transpose2d, &transposed[i], i == 4 ? SW_U8 : SW_F32, x, said[i]);
}

/* Through the store and back the values stay; on the device they lie (I,KH,KW,O). */
Test(enlarge_shapes, weights_of_files_are_turned_for_the_device_and_back)
{
    enum { I = 2, O = 3, TAPS = 4, ALL = I * O * TAPS };
    const sw_conv_transpose2d_attrs attrs = {.out_channels = O, .kernel = 2, .stride = 2};
    float file[ALL], device[ALL], back[ALL];
    sw_store store;
    int y;
    session_open();
    cr_assert_eq(add(&y, &sw_op_conv_transpose2d, &attrs, SW_F32, (sw_shape){1, 2, 2, I}), SW_OK);
    cr_assert_eq(sw_store_init(&store, session, &graph, false), SW_OK, "%s", sw_error_message());
    for (int i = 0; i < ALL; i++) file[i] = (float)i;
    cr_assert_eq(sw_store_write(&store, store.params, &graph.params[0], file), SW_OK);
    cr_assert_eq(sw_buffer_read(session, store.params, 0, device, sizeof device), SW_OK);
    for (int i = 0; i < I; i++)
        for (int t = 0; t < TAPS; t++)
            for (int o = 0; o < O; o++)
                cr_expect_eq(device[(i * TAPS + t) * O + o], file[(i * O + o) * TAPS + t]);
    cr_assert_eq(sw_store_read(&store, store.params, &graph.params[0], back), SW_OK);
    cr_expect_arr_eq(back, file, sizeof file);
    sw_store_deinit(&store);
    session_close();
}
