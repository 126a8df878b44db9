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
    static const char *const names[SW_MAX_INPUTS] = {"first", "second", "third",   "fourth",
                                                     "fifth", "sixth",  "seventh", "eighth"};
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
    const sw_doubled_attrs unpool = {10, 10}, too_small = {6, 10};
    const sw_max_pool_attrs four = {.kernel = 4}, apart = {.kernel = 2, .stride = 3},
                            far = {.kernel = 3, .stride = 4}, padded = {.kernel = 3, .padding = 2},
                            three = {.kernel = 3};
    const sw_doubled_attrs upsample = {10, 14};
    const sw_add_attrs sum = {true};
    const sw_broadcast_attrs nowhere = {0, 0}, everywhere = {8, 8};
    const misfit misfits[] = {
        {&sw_op_max_pool, NULL, 1, {SW_F32}, {{1, 1, 8, 4}}, "1 x 8 has no 2x2 window"},
        {&sw_op_max_pool, &four, 1, {SW_F32}, {{1, 8, 8, 4}}, "the window side is 4; it must be 2 or 3"},
        {&sw_op_max_pool,
         &apart,
         1,
         {SW_F32},
         {{1, 8, 8, 4}},
         "the stride is 3; that of a window of 2x2 is 2"},
        {&sw_op_max_pool, &far, 1, {SW_F32}, {{1, 8, 8, 4}}, "the stride is 4; it must be 1 to 3"},
        {&sw_op_max_pool, &padded, 1, {SW_F32}, {{1, 8, 8, 4}}, "the padding is 2; it must be 0 or 1"},
        {&sw_op_max_pool, &three, 1, {SW_F32}, {{1, 8, 2, 4}}, "8 x 2 has no 3x3 window"},
        {&sw_op_max_pool, NULL, 1, {SW_U8}, {{1, 8, 8, 4}}, "'first' does not hold floats"},
        {&sw_op_average_pool, NULL, 1, {SW_F32}, {{1, 8, 1, 4}}, "8 x 1 has no 2x2 window"},
        {&sw_op_upsample, &upsample, 1, {SW_F32}, {{1, 5, 6, 4}}, "they must be 10 or 11 and 12 or 13"},
        {&sw_op_max_unpool,
         &unpool,
         2,
         {SW_F32, SW_U32},
         {{1, 4, 5, 4}, {1, 4, 5, 1}},
         "must be 7 to 9 and 9 to 11"},
        {&sw_op_max_unpool, &too_small, 2, {SW_F32, SW_U32}, {{1, 4, 5, 4}, {1, 4, 5, 1}}, "must be 7 to 9"},
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
        {&sw_op_concat, NULL, 1, {SW_F32}, {{2, 4, 4, 3}}, "takes 2 to 8 inputs, got 1"},
        {&sw_op_concat,
         NULL,
         2,
         {SW_F32},
         {{2, 4, 4, 3}, {2, 5, 4, 3}},
         "'first' of shape (2,4,4,3) and 'second' of shape (2,5,4,3) do not fit: height and width must "
         "agree; where one of them is enlarged, `like:` names"},
        {&sw_op_concat,
         NULL,
         3,
         {SW_F32},
         {{2, 4, 4, 3}, {2, 4, 4, 1}, {1, 4, 4, 3}},
         "'third' of shape (1,4,4,3) do not fit: they must hold the same images"},
        {&sw_op_concat,
         NULL,
         2,
         {SW_F32, SW_U32},
         {{2, 4, 4, 3}, {2, 4, 4, 3}},
         "'second' does not hold floats"},
        {&sw_op_add,
         &sum,
         2,
         {SW_F32},
         {{2, 4, 4, 3}, {2, 4, 4, 5}},
         "channels must agree; a conv2d with a window of 1 changes them"},
        {&sw_op_add, &sum, 2, {SW_F32}, {{2, 4, 4, 3}, {2, 4, 6, 3}}, "`like:` names"},
        {&sw_op_global_average_pool, NULL, 1, {SW_U8}, {{2, 4, 4, 3}}, "'first' does not hold floats"},
        {&sw_op_broadcast,
         &nowhere,
         1,
         {SW_F32},
         {{2, 1, 1, 3}},
         "height and width of the output are 0 and 0: `like:`"},
        {&sw_op_broadcast, &everywhere, 1, {SW_F32}, {{2, 2, 1, 3}}, "more than one pixel an image"},
        {&sw_op_scale,
         NULL,
         2,
         {SW_F32},
         {{2, 4, 4, 3}, {2, 1, 1, 1}},
         "'second' of shape (2,1,1,1) must have shape (2,1,1,3)"},
        {&sw_op_scale,
         NULL,
         2,
         {SW_F32},
         {{2, 4, 4, 3}, {2, 4, 4, 3}},
         "a factor for each channel of each image of 'first'"},
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

static sw_shape shape_of(const sw_op *op, const void *attrs, int inputs, sw_shape a, sw_shape b)
{
    sw_graph graph;
    int outputs[SW_MAX_OUTPUTS];
    sw_graph_init(&graph);
    misfit fits = {.op = op, .attrs = attrs, .input_count = inputs, .shapes = {a}};
    for (int i = 1; i < inputs; i++) fits.shapes[i] = b;
    cr_assert_eq(add(&fits, &graph, outputs), SW_OK, "%s", sw_error_message());
    const sw_shape shape = graph.values[outputs[0]].shape;
    sw_graph_deinit(&graph);
    return shape;
}

Test(op_shapes, joins_and_whole_images_have_the_shapes_of_their_inputs)
{
    const sw_shape a = {2, 7, 8, 3}, b = {2, 7, 8, 17}, pixel = {2, 1, 1, 3};
    cr_expect(sw_shape_equal(shape_of(&sw_op_concat, NULL, 2, a, b), (sw_shape){2, 7, 8, 20}));
    cr_expect(sw_shape_equal(shape_of(&sw_op_concat, NULL, 8, a, b), (sw_shape){2, 7, 8, 3 + 7 * 17}));
    cr_expect(sw_shape_equal(shape_of(&sw_op_add, &(sw_add_attrs){false}, 8, a, a), a));
    cr_expect(sw_shape_equal(shape_of(&sw_op_global_average_pool, NULL, 1, a, a), pixel));
    cr_expect(sw_shape_equal(shape_of(&sw_op_broadcast, &(sw_broadcast_attrs){7, 8}, 1, pixel, pixel), a));
    cr_expect(sw_shape_equal(shape_of(&sw_op_scale, NULL, 2, a, pixel), a));
}

Test(op_shapes, broadcast_takes_the_size_of_another_layer)
{
    sw_broadcast_attrs attrs = {0};
    sw_op_broadcast.resize(&attrs, 7, 8);
    cr_expect(attrs.height == 7 && attrs.width == 8);
}

typedef struct pooled_size {
    sw_max_pool_attrs pool;
    int side, pooled;
} pooled_size;

Test(op_shapes, windows_are_counted_as_pytorch_counts_them)
{
    static const pooled_size sizes[] = {
        {{2, 2, 0, false}, 7, 3}, {{2, 2, 0, true}, 7, 4},  {{2, 2, 0, true}, 8, 4},
        {{2, 2, 0, true}, 1, 1},  {{3, 2, 1, false}, 7, 4}, {{3, 2, 1, false}, 8, 4},
        {{3, 2, 1, true}, 8, 5},  {{3, 2, 1, true}, 7, 4},  {{3, 2, 0, false}, 8, 3},
        {{3, 2, 0, true}, 8, 4},  {{3, 1, 1, false}, 7, 7}, {{3, 3, 1, true}, 9, 4},
        {{3, 3, 1, true}, 8, 3},  {{3, 1, 0, false}, 7, 5}, {{3, 2, 1, false}, 1, 1},
        {{3, 2, 1, true}, 2, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const pooled_size *s = &sizes[i];
        sw_graph graph;
        int outputs[SW_MAX_OUTPUTS];
        sw_graph_init(&graph);
        const misfit fits = {
            .op = &sw_op_max_pool, .attrs = &s->pool, .input_count = 1, .shapes = {{1, s->side, 12, 9}}};
        cr_assert_eq(add(&fits, &graph, outputs), SW_OK, "%s", sw_error_message());
        const sw_shape y = graph.values[outputs[0]].shape, offsets = graph.values[outputs[1]].shape;
        cr_expect_eq(y.h, s->pooled, "case %zu: %d", i, y.h);
        cr_expect_eq(offsets.c, s->pool.kernel == 2 ? 1 : 2, "nine places at 2 bits, or at 4");
        sw_graph_deinit(&graph);
    }
}

/* Of an unpooling behind a pool of an image of 7x8: what is said of that size; NULL: it is taken. */
static void expect_unpooled(sw_max_pool_attrs pool, int height, int width, const char *said)
{
    sw_graph graph;
    int x, pooled[SW_MAX_OUTPUTS], y;
    const sw_doubled_attrs size = {height, width};
    sw_graph_init(&graph);
    cr_assert_eq(sw_graph_input(&x, &graph, "x", SW_F32, (sw_shape){1, 7, 8, 4}), SW_OK);
    cr_assert_eq(sw_graph_add(pooled, &graph, &sw_op_max_pool, "down", &pool, 1, &x), SW_OK);
    sw_status status = sw_graph_add(&y, &graph, &sw_op_max_unpool, "up", &size, 2, pooled);
    cr_expect_eq(status, said ? SW_E_CONFIG : SW_OK, "%d x %d: %s", height, width, sw_error_message());
    if (said) cr_expect(strstr(sw_error_message(), said), "%s", sw_error_message());
    sw_graph_deinit(&graph);
}

Test(op_shapes, an_unpooling_gives_the_size_before_its_pool)
{
    const sw_max_pool_attrs plain = {0}, up = {.ceil = true}, wide = {.kernel = 3, .padding = 1};
    expect_unpooled(plain, 7, 8, NULL);
    expect_unpooled(plain, 5, 8, "they must be 6 or 7 and 8 or 9");
    expect_unpooled(up, 7, 8, NULL);
    expect_unpooled(up, 9, 8, "they must be 7 or 8 and 7 or 8");
    expect_unpooled(wide, 7, 8,
                    "max_unpool 'up': takes the places of windows of 2x2, and 'down' has windows of 3x3");
}
