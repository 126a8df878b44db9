/* Inputs that do not fit are refused where the graph is written, with the shapes in the message. */
#include <criterion/criterion.h>
#include <string.h>

#include "ops/ops.h"

typedef struct misfit {
    const sw_op *op;
    const void *attrs;
    int input_count;
    sw_dtype dtypes[SW_MAX_INPUTS];
    sw_shape shapes[SW_MAX_INPUTS];
    const char *said; /* a part of the message */
} misfit;

static sw_status add(const misfit *m, sw_graph *graph, int *outputs)
{
    static const char *const names[SW_MAX_INPUTS] = {"first", "second", "third"};
    int inputs[SW_MAX_INPUTS];
    for (int i = 0; i < m->input_count; i++)
        cr_assert_eq(sw_graph_input(&inputs[i], graph, names[i], m->dtypes[i], m->shapes[i]), SW_OK, "%s",
                     sw_error_message());
    return sw_graph_add(outputs, graph, m->op, "it", m->attrs, m->input_count, inputs);
}

Test(op_shapes, what_does_not_fit_is_a_configuration_error_that_says_why)
{
    const sw_loss_attrs plain = {.ignore_index = -1}, negative = {.gamma = -1.0f, .ignore_index = -1};
    const sw_loss_attrs weights = {
        .ignore_index = -1, .class_weight_count = 3, .class_weights = {1.0f, -2.0f, 1.0f}};
    const sw_doubled_attrs unpool = {10, 10};
    const sw_doubled_attrs upsample = {10, 14};
    const misfit misfits[] = {
        {&sw_op_max_pool, NULL, 1, {SW_F32}, {{1, 1, 8, 4}}, "1 x 8 has no 2x2 window"},
        {&sw_op_max_pool, NULL, 1, {SW_U8}, {{1, 8, 8, 4}}, "'first' does not hold floats"},
        {&sw_op_average_pool, NULL, 1, {SW_F32}, {{1, 8, 1, 4}}, "8 x 1 has no 2x2 window"},
        {&sw_op_upsample, &upsample, 1, {SW_F32}, {{1, 5, 6, 4}}, "they must be 10 or 11 and 12 or 13"},
        {&sw_op_max_unpool, &unpool, 2, {SW_F32, SW_U32}, {{1, 4, 5, 4}, {1, 4, 5, 1}}, "must be 8 or 9"},
        {&sw_op_max_unpool, &unpool, 2, {SW_F32, SW_U32}, {{1, 5, 5, 17}, {1, 5, 5, 1}}, "(1,5,5,1)"},
        {&sw_op_max_unpool, &unpool, 2, {SW_F32, SW_F32}, {{1, 5, 5, 4}, {1, 5, 5, 1}}, "packed offsets"},
        {&sw_op_cross_entropy, &plain, 2, {SW_F32, SW_U8}, {{2, 4, 4, 3}, {2, 4, 5, 1}}, "(2,4,5,1)"},
        {&sw_op_cross_entropy, &plain, 2, {SW_F32, SW_F32}, {{2, 4, 4, 3}, {2, 4, 4, 1}}, "must be bytes"},
        {&sw_op_cross_entropy, &plain, 2, {SW_F32, SW_U8}, {{2, 4, 4, 1}, {2, 4, 4, 1}}, "2 to 255"},
        {&sw_op_cross_entropy, &plain, 2, {SW_F32, SW_U8}, {{2, 4, 4, 256}, {2, 4, 4, 1}}, "2 to 255"},
        {&sw_op_cross_entropy, &weights, 2, {SW_F32, SW_U8}, {{2, 4, 4, 3}, {2, 4, 4, 1}}, "class 1 is -2"},
        {&sw_op_leaky_relu,
         &(const sw_leaky_relu_attrs){-0.5f},
         1,
         {SW_F32},
         {{1, 4, 4, 4}},
         "slope is -0.5"},
        {&sw_op_relu, NULL, 1, {SW_U8}, {{1, 4, 4, 4}}, "'first' does not hold floats"},
        {&sw_op_dropout, &(const sw_dropout_attrs){.rate = 1}, 1, {SW_F32}, {{1, 4, 4, 4}}, "rate is 1;"},
        {&sw_op_group_norm,
         &(const sw_group_norm_attrs){.groups = 32, .eps = 1e-5f},
         1,
         {SW_F32},
         {{1, 4, 4, 48}},
         "groups can be 1, 2, 3, 4, 6, 8, 12, 16, 24, 48"},
        {&sw_op_group_norm,
         &(const sw_group_norm_attrs){.groups = 2},
         1,
         {SW_F32},
         {{1, 4, 4, 4}},
         "eps is 0"},
        {&sw_op_local_response_norm,
         &(const sw_local_response_norm_attrs){.size = 5, .alpha = 1, .beta = 1},
         1,
         {SW_F32},
         {{1, 4, 4, 4}},
         "k is 0"},
        {&sw_op_local_response_norm,
         &(const sw_local_response_norm_attrs){.size = 0, .k = 1},
         1,
         {SW_F32},
         {{1, 4, 4, 4}},
         "size is 0"},
        {&sw_op_focal, &negative, 2, {SW_F32, SW_U8}, {{2, 4, 4, 3}, {2, 4, 4, 1}}, "gamma is -1"},
    };
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        sw_graph graph;
        int outputs[SW_MAX_OUTPUTS];
        sw_graph_init(&graph);
        cr_assert_eq(add(&misfits[i], &graph, outputs), SW_E_CONFIG, "number %zu was taken", i);
        cr_assert(strstr(sw_error_message(), misfits[i].said), "number %zu: '%s' is not in '%s'", i,
                  misfits[i].said, sw_error_message());
        cr_assert(strstr(sw_error_message(), misfits[i].op->name), "%s", sw_error_message());
        sw_graph_deinit(&graph);
    }
}

Test(op_shapes, pooling_drops_an_odd_row_and_packs_16_offsets_to_a_word)
{
    const int channels[] = {1, 3, 16, 17, 64}, words[] = {1, 1, 1, 2, 4};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        sw_graph graph;
        int outputs[SW_MAX_OUTPUTS];
        sw_graph_init(&graph);
        const misfit fits = {.op = &sw_op_max_pool, .input_count = 1, .shapes = {{2, 7, 8, channels[i]}}};
        cr_assert_eq(add(&fits, &graph, outputs), SW_OK, "%s", sw_error_message());
        const sw_value *y = &graph.values[outputs[0]], *offsets = &graph.values[outputs[1]];
        cr_assert(sw_shape_equal(y->shape, (sw_shape){2, 3, 4, channels[i]}));
        cr_assert(sw_shape_equal(offsets->shape, (sw_shape){2, 3, 4, words[i]}));
        cr_assert_eq(offsets->dtype, SW_U32);
        sw_graph_deinit(&graph);
    }
}
