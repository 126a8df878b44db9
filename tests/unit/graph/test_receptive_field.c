/* Which px of the image a px sees, inside the image. */
#include <criterion/criterion.h>

#include "graph/receptive_field.h"
#include "ops/ops.h"

static sw_graph graph;
static int images;

static void begin(void)
{
    sw_graph_init(&graph);
    cr_assert_eq(sw_graph_input(&images, &graph, "images", SW_F32, (sw_shape){1, 12, 16, 3}), SW_OK);
}

static void end(void)
{
    sw_graph_deinit(&graph);
}

TestSuite(receptive_field, .init = begin, .fini = end);

static int add(const sw_op *op, const char *name, const void *attrs, int a, int b)
{
    int out[SW_MAX_OUTPUTS];
    const int inputs[] = {a, b};
    cr_assert_eq(sw_graph_add(out, &graph, op, name, attrs, b < 0 ? 1 : 2, inputs), SW_OK, "%s",
                 sw_error_message());
    return out[0];
}

static void expect_field(int value, int y, int x, int top, int left, int height, int width)
{
    sw_receptive_field f;
    cr_assert_eq(sw_receptive_field_at(&f, &graph, value, y, x, images), SW_OK);
    cr_expect(f.top == top && f.left == left && f.height == height && f.width == width,
              "px %d,%d sees %d,%d %dx%d, not %d,%d %dx%d", x, y, f.left, f.top, f.width, f.height, left, top,
              width, height);
}

Test(receptive_field, of_a_convolution_is_its_window_as_far_as_there_is_an_image)
{
    const sw_conv2d_attrs conv = {.out_channels = 2, .kernel = 5};
    const int y = add(&sw_op_conv2d, "conv", &conv, images, -1);
    expect_field(y, 6, 7, 4, 5, 5, 5);
    expect_field(y, 0, 15, 0, 13, 3, 3);
}

Test(receptive_field, goes_through_pools_and_enlargements_to_the_pixel)
{
    const sw_conv2d_attrs conv = {.out_channels = 2, .kernel = 3};
    int pooled = add(&sw_op_max_pool, "pool", NULL, images, -1);
    const int inner = add(&sw_op_conv2d, "inner", &conv, pooled, -1),
              up = add(&sw_op_upsample, "up", NULL, inner, -1);
    expect_field(pooled, 2, 3, 4, 6, 2, 2);
    expect_field(inner, 2, 3, 2, 4, 6, 6);
    expect_field(up, 5, 7, 2, 4, 6, 6);
    expect_field(up, 0, 0, 0, 0, 4, 4);
}

Test(receptive_field, is_the_whole_image_behind_its_mean_and_a_px_that_is_everywhere)
{
    const sw_broadcast_attrs wide = {12, 16};
    const int mean = add(&sw_op_global_average_pool, "mean", NULL, images, -1),
              all = add(&sw_op_broadcast, "all", &wide, mean, -1);
    expect_field(mean, 0, 0, 0, 0, 12, 16);
    expect_field(all, 7, 9, 0, 0, 12, 16);
}

Test(receptive_field, of_a_value_that_another_input_makes_is_empty)
{
    int other;
    cr_assert_eq(sw_graph_input(&other, &graph, "other", SW_F32, (sw_shape){1, 4, 4, 3}), SW_OK);
    expect_field(add(&sw_op_relu, "relu", NULL, other, -1), 1, 1, 0, 0, 0, 0);
}
