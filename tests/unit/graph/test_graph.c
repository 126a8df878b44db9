/* Graphs: shapes are inferred, what does not fit is refused where it is written, parameters get their places.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"

static sw_graph graph;

static void begin(void)
{
    sw_graph_init(&graph);
}

static void end(void)
{
    sw_graph_deinit(&graph);
}

TestSuite(graph, .init = begin, .fini = end);

static const sw_batchnorm_attrs norm_relu = {.eps = 1e-5f, .momentum = 0.1f, .relu = true};
static const sw_conv2d_attrs conv3 = {.out_channels = 8, .kernel = 3, .workspace_cap_bytes = 1 << 20};

static int input_value(const char *name, sw_dtype dtype, sw_shape shape)
{
    int value;
    cr_assert_eq(sw_graph_input(&value, &graph, name, dtype, shape), SW_OK, "%s", sw_error_message());
    return value;
}

static int add(const sw_op *op, const char *name, const void *attrs, int first, int second)
{
    int outputs[SW_MAX_OUTPUTS];
    const int inputs[] = {first, second};
    cr_assert_eq(sw_graph_add(outputs, &graph, op, name, attrs, op->input_count, inputs), SW_OK, "%s",
                 sw_error_message());
    return outputs[0];
}

static void expect_refused(const char *words, const sw_op *op, const void *attrs, int input_count, int first)
{
    const int inputs[SW_MAX_INPUTS] = {first, first, first};
    int nodes = graph.node_count;
    cr_expect_eq(sw_graph_add(NULL, &graph, op, "it", attrs, input_count, inputs), SW_E_CONFIG, "taken: %s",
                 words);
    cr_expect_not_null(strstr(sw_error_message(), words), "'%s' is not in '%s'", words, sw_error_message());
    cr_expect_eq(graph.node_count, nodes, "a refused node must not stay");
}

Test(graph, a_misfit_is_refused_where_it_is_written_and_named)
{
    int x = input_value("x", SW_F32, (sw_shape){2, 8, 8, 4});
    const sw_conv2d_attrs even = {.out_channels = 8, .kernel = 4}, wide = {.out_channels = 8, .kernel = 9},
                          none = {.out_channels = 0, .kernel = 3},
                          far = {.out_channels = 8, .kernel = 3, .stride = 9},
                          sparse = {.out_channels = 8, .kernel = 3, .dilation = 65};
    const sw_batchnorm_attrs no_eps = {.eps = 0.0f};
    const sw_depthwise_conv2d_attrs even_depthwise = {.kernel = 2};
    expect_refused("conv2d 'it': takes 1 input, got 2", &sw_op_conv2d, &conv3, 2, x);
    expect_refused("cross_entropy 'it': takes 2 inputs, got 1", &sw_op_cross_entropy, NULL, 1, x);
    expect_refused("conv2d 'it': the window side is 4; it must be 1, 3, 5 or 7", &sw_op_conv2d, &even, 1, x);
    expect_refused("the window side is 9", &sw_op_conv2d, &wide, 1, x);
    expect_refused("0 output channels", &sw_op_conv2d, &none, 1, x);
    expect_refused("the stride is 9; it must be 1 to 8", &sw_op_conv2d, &far, 1, x);
    expect_refused("the dilation is 65; it must be 1 to 64", &sw_op_conv2d, &sparse, 1, x);
    expect_refused("depthwise_conv2d 'it': the window side is 2", &sw_op_depthwise_conv2d, &even_depthwise, 1,
                   x);
    expect_refused("batchnorm 'it': eps is 0", &sw_op_batchnorm, &no_eps, 1, x);
}

Test(graph, values_that_are_empty_or_beyond_a_kernels_index_are_refused)
{
    int value;
    const sw_shape empty[] = {{0, 8, 8, 4}, {2, 0, 8, 4}, {2, 8, -1, 4}, {2, 8, 8, 0}};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        cr_expect_eq(sw_graph_input(&value, &graph, "x", SW_F32, empty[i]), SW_E_CONFIG, "shape %zu", i);
    cr_expect_not_null(strstr(sw_error_message(), "'x' has the empty shape (2,8,8,0)"), "%s",
                       sw_error_message());
    cr_expect_eq(sw_graph_input(&value, &graph, "x", SW_F32, (sw_shape){64, 65536, 512, 1}), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "(64,65536,512,1)"), "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "smaller batch or image"), "%s", sw_error_message());
    cr_expect_eq(sw_graph_input(&value, &graph, "x", SW_F32, (sw_shape){INT_MAX, INT_MAX, INT_MAX, INT_MAX}),
                 SW_E_CONFIG, "the product must not overflow");
    cr_expect_eq(sw_graph_input(&value, &graph, "x", SW_F32, (sw_shape){1, 32768, 65535, 1}), SW_OK);
    cr_expect_eq(graph.value_count, 1, "refused values must not stay");
}

Test(graph, a_convolution_declares_its_parameters_as_pytorch_names_and_shapes_them)
{
    int x = input_value("x", SW_F32, (sw_shape){2, 10, 12, 5});
    const sw_conv2d_attrs with_bias = {.out_channels = 8, .kernel = 3, .bias = true};
    int y = add(&sw_op_conv2d, "dc1.seq.0", &with_bias, x, -1);
    cr_expect(sw_shape_equal(graph.values[y].shape, (sw_shape){2, 10, 12, 8}));
    cr_assert_eq(graph.param_count, 2);
    const sw_param *weight = &graph.params[0], *bias = &graph.params[1];
    cr_expect_str_eq(weight->name, "dc1.seq.0.weight");
    cr_expect_eq(weight->rank, 4);
    const int dims[] = {8, 5, 3, 3};
    cr_expect_arr_eq(weight->dims, dims, sizeof dims);
    cr_expect_eq(weight->elems, 8 * 5 * 9);
    cr_expect_eq(weight->fan_in, 45);
    cr_expect_eq(weight->layout, SW_LAYOUT_CONV);
    cr_expect_str_eq(bias->name, "dc1.seq.0.bias");
    cr_expect_eq(bias->elems, 8);
    cr_expect_eq(graph.nodes[0].macs, (uint64_t)10 * 12 * 9 * 5 * 8);
    cr_expect_eq(sw_graph_macs(&graph), graph.nodes[0].macs);
}

Test(graph, parameters_and_statistics_stand_aligned_and_apart_in_their_slabs)
{
    int value = input_value("x", SW_F32, (sw_shape){2, 4, 4, 3});
    for (int i = 0; i < 20; i++) {
        const sw_conv2d_attrs attrs = {.out_channels = 3 + 5 * i, .kernel = 1, .bias = true};
        char name[16];
        snprintf(name, sizeof name, "conv%d", i);
        value = add(&sw_op_conv2d, name, &attrs, value, -1);
        snprintf(name, sizeof name, "norm%d", i);
        value = add(&sw_op_batchnorm, name, &norm_relu, value, -1);
    }
    size_t end_of_last = 0, elems = 0;
    for (int i = 0; i < graph.param_count; i++) {
        const sw_param *p = &graph.params[i];
        cr_expect_eq(p->offset_elems % SW_PARAM_ALIGN_ELEMS, 0, "%s", p->name);
        cr_expect_geq(p->offset_elems, end_of_last, "%s", p->name);
        end_of_last = p->offset_elems + p->elems;
        elems += p->elems;
    }
    cr_expect_leq(end_of_last, graph.param_elems);
    cr_expect_eq(graph.param_elems % SW_PARAM_ALIGN_ELEMS, 0);
    cr_expect_eq(sw_graph_trained_elems(&graph), elems, "without the padding");
    cr_expect_eq(graph.state_count, 40);
    for (int i = 1; i < graph.state_count; i++)
        cr_expect_geq(graph.states[i].offset_elems,
                      graph.states[i - 1].offset_elems + graph.states[i - 1].elems);
    for (int n = 1; n < graph.node_count; n += 2) {
        const sw_node *norm = &graph.nodes[n];
        cr_expect_eq(norm->saved_count, 2);
        cr_expect_geq(norm->saved_offset[1], norm->saved_offset[0] + norm->saved_bytes[0]);
        cr_expect_leq(norm->saved_offset[1] + norm->saved_bytes[1], graph.saved_bytes);
    }
}

Test(graph, what_lies_downstream_of_something_trained_needs_a_gradient)
{
    int images = input_value("images", SW_F32, (sw_shape){2, 8, 8, 4});
    int labels = input_value("labels", SW_U8, (sw_shape){2, 8, 8, 1});
    int before[2], after[2];
    cr_assert_eq(sw_graph_add(before, &graph, &sw_op_max_pool, "before", NULL, 1, &images), SW_OK);
    int conv = add(&sw_op_conv2d, "conv", &conv3, images, -1);
    cr_assert_eq(sw_graph_add(after, &graph, &sw_op_max_pool, "after", NULL, 1, &conv), SW_OK);
    const sw_doubled_attrs up = {8, 8};
    int spread = add(&sw_op_max_unpool, "up", &up, after[0], after[1]);
    const sw_loss_attrs attrs = {.ignore_index = -1};
    int loss = add(&sw_op_cross_entropy, "loss", &attrs, spread, labels);
    const sw_value *v = graph.values;
    cr_expect(!v[images].needs_grad && !v[labels].needs_grad);
    cr_expect(!v[before[0]].needs_grad, "nothing is trained before it");
    cr_expect(v[conv].needs_grad && v[after[0]].needs_grad && v[spread].needs_grad && v[loss].needs_grad);
    cr_expect(!v[after[1]].needs_grad, "offsets have no gradient");
}

Test(graph, whatever_an_unpooling_s_places_follow_from_decides_them)
{
    int x = input_value("x", SW_F32, (sw_shape){1, 8, 8, 4}), pooled[2];
    int before = add(&sw_op_conv2d, "before", &conv3, x, 0);
    int aside = add(&sw_op_conv2d, "aside", &conv3, x, 0);
    cr_assert_eq(sw_graph_add(pooled, &graph, &sw_op_max_pool, "pool", NULL, 1, &before), SW_OK);
    cr_expect_not(graph.nodes[0].decides_places, "no node reads the places yet");
    int unpooled = add(&sw_op_max_unpool, "unpool", NULL, pooled[0], pooled[1]);
    add(&sw_op_add, "sum", NULL, unpooled, aside);
    static const char *const deciding[] = {"before", "pool"};
    int count = 0;
    for (int n = 0; n < graph.node_count; n++)
        if (graph.nodes[n].decides_places) cr_expect_str_eq(graph.nodes[n].name, deciding[count++]);
    cr_expect_eq(count, 2);
}

Test(graph, nodes_keep_their_order_attributes_and_values_however_many_there_are)
{
    enum { NODES = 300 };
    int value = input_value("x", SW_F32, (sw_shape){1, 2, 2, 1});
    sw_conv2d_attrs attrs = {.kernel = 1};
    for (int i = 0; i < NODES; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        attrs.out_channels = 1 + i % 7;
        value = add(&sw_op_conv2d, name, &attrs, value, -1);
    }
    attrs.out_channels = 99; /* the graph has its own copy */
    cr_assert_eq(graph.node_count, NODES);
    for (int i = 0; i < NODES; i++) {
        const sw_node *node = &graph.nodes[i];
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        cr_assert_str_eq(node->name, name);
        cr_assert_eq(((const sw_conv2d_attrs *)node->attrs)->out_channels, 1 + i % 7);
        cr_assert_eq(graph.values[node->outputs[0]].producer, i);
        cr_assert_eq(graph.values[node->outputs[0]].shape.c, 1 + i % 7);
        cr_assert_eq(node->inputs[0], i == 0 ? 0 : graph.nodes[i - 1].outputs[0]);
    }
}

Test(graph, a_stride_divides_the_image_rounded_up_and_a_dilation_widens_the_reach)
{
    int x = input_value("x", SW_F32, (sw_shape){2, 9, 8, 4});
    const sw_conv2d_attrs strided = {.out_channels = 8, .kernel = 3, .stride = 2},
                          dilated = {.out_channels = 8, .kernel = 3, .dilation = 6};
    int y = add(&sw_op_conv2d, "strided", &strided, x, -1);
    int z = add(&sw_op_conv2d, "dilated", &dilated, y, -1);
    cr_expect(sw_shape_equal(graph.values[y].shape, (sw_shape){2, 5, 4, 8}));
    cr_expect(sw_shape_equal(graph.values[z].shape, (sw_shape){2, 5, 4, 8}));
    const sw_node *nodes = graph.nodes;
    cr_expect_eq(nodes[0].macs, (uint64_t)5 * 4 * 9 * 4 * 8);
    cr_expect(nodes[0].window == 3 && nodes[0].stride == 2 && nodes[0].padding == 1);
    cr_expect(nodes[1].window == 13 && nodes[1].stride == 1 && nodes[1].padding == 6);
}

Test(graph, labels_say_what_a_node_does)
{
    int x = input_value("x", SW_F32, (sw_shape){1, 8, 8, 4});
    const sw_batchnorm_attrs norm = {.eps = 1e-5f};
    const sw_conv2d_attrs conv1 = {.out_channels = 8, .kernel = 1},
                          strided = {.out_channels = 8, .kernel = 3, .stride = 2},
                          pointwise_strided = {.out_channels = 8, .kernel = 1, .stride = 2},
                          dilated = {.out_channels = 8, .kernel = 3, .stride = 1, .dilation = 6};
    const sw_depthwise_conv2d_attrs depthwise = {.kernel = 5},
                                    depthwise_strided = {.kernel = 3, .stride = 2, .dilation = 4};
    const sw_max_pool_attrs ceil_pool = {.ceil = true}, wide_pool = {.kernel = 3},
                            same_pool = {.kernel = 3, .stride = 1, .padding = 1};
    const struct {
        const sw_op *op;
        const void *attrs;
        const char *label;
    } cases[] = {{&sw_op_conv2d, &conv3, "conv2d 3x3"},
                 {&sw_op_conv2d, &conv1, "conv2d"},
                 {&sw_op_depthwise_conv2d, &depthwise, "depthwise 5x5"},
                 {&sw_op_conv2d, &strided, "conv2d 3x3/2"},
                 {&sw_op_conv2d, &pointwise_strided, "conv2d 1x1/2"},
                 {&sw_op_conv2d, &dilated, "conv2d 3x3 dilated 6"},
                 {&sw_op_batchnorm, &norm_relu, "norm+relu"},
                 {&sw_op_batchnorm, &norm, "norm"},
                 {&sw_op_max_pool, NULL, "max_pool"},
                 {&sw_op_global_average_pool, NULL, "global_average_pool"},
                 {&sw_op_concat, NULL, "concat"},
                 {&sw_op_add, &(const sw_add_attrs){false}, "add"},
                 {&sw_op_add, &(const sw_add_attrs){true}, "add+relu"},
                 {&sw_op_depthwise_conv2d, &depthwise_strided, "depthwise 3x3/2 dilated 4"},
                 {&sw_op_max_pool, &ceil_pool, "max_pool ceil"},
                 {&sw_op_max_pool, &wide_pool, "max_pool 3x3/2"},
                 {&sw_op_max_pool, &same_pool, "max_pool 3x3"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char label[32];
        add(cases[i].op, "node", cases[i].attrs, x, x);
        sw_node_label(label, sizeof label, &graph.nodes[graph.node_count - 1]);
        cr_expect_str_eq(label, cases[i].label);
    }
}

Test(graph, dot_shows_nodes_inputs_and_edges_with_shapes)
{
    int images = input_value("images", SW_F32, (sw_shape){2, 8, 6, 3});
    int conv = add(&sw_op_conv2d, "conv", &conv3, images, -1);
    int pooled[2];
    cr_assert_eq(sw_graph_add(pooled, &graph, &sw_op_max_pool, "pool", NULL, 1, &conv), SW_OK);
    const sw_doubled_attrs up = {8, 6};
    add(&sw_op_max_unpool, "up", &up, pooled[0], pooled[1]);
    char *dot = NULL;
    cr_assert_eq(sw_graph_dot(&dot, &graph), SW_OK);
    const char *const parts[] = {"digraph",
                                 "v0 [label=\"images\", shape=ellipse]",
                                 "n0 [label=\"conv\\nconv2d 3x3\"]",
                                 "v0 -> n0 [label=\"8x6x3\"]",
                                 "n0 -> n1 [label=\"8x6x8\"]",
                                 "n1 -> n2 [label=\"4x3x8\"]",
                                 "n1 -> n2 [label=\"4x3x1\", style=dashed]",
                                 "}\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(dot, parts[i]), "'%s' is not in\n%s", parts[i], dot);
    free(dot);
}
