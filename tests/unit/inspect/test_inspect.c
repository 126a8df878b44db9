/* What is picked out of a network's activations, by hand-made ones. */
#include <criterion/criterion.h>

#include "inspect/channels.h"
#include "inspect/effective_field.h"
#include "inspect/levels.h"
#include "ops/ops.h"

/* --- channels ------------------------------------------------------------------------------------ */

Test(inspect, the_strongest_channels_are_those_of_the_largest_mean_magnitude)
{
    /* (1,1,2,5): means of magnitude 1, 3, 0, 3, 2 */
    static const float values[] = {1, -4, 0, 3, 0, 1, 2, 0, 3, 4};
    sw_channel_strength found[4];
    const int count = sw_channels_strongest(found, 4, values, (sw_shape){1, 1, 2, 5});
    const int expected[] = {1, 3, 4, 0};
    cr_assert_eq(count, 4);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(found[i].channel, expected[i], "place %d: %d", i, found[i].channel);
    cr_expect_eq(found[0].mean, 3.0);
    cr_expect(found[0].least == -4.0f && found[0].most == 2.0f);
}

Test(inspect, of_few_channels_all_are_strongest)
{
    static const float values[] = {1, 2};
    sw_channel_strength found[8];
    cr_expect_eq(sw_channels_strongest(found, 8, values, (sw_shape){1, 1, 1, 2}), 2);
    cr_expect_eq(found[0].channel, 1);
}

Test(inspect, peaks_are_the_largest_of_different_images_and_the_earlier_of_equal_ones)
{
    /* (1,2,2,2); channel 1 of images 0 to 3 peaks at 5, 7, 5 and 9 */
    static const float images[4][8] = {{9, 1, 9, 5, 9, 2, 9, 3},
                                       {9, 1, 9, 2, 9, 7, 9, 7},
                                       {9, 5, 9, 1, 9, 1, 9, 1},
                                       {9, 0, 9, 0, 9, 0, 9, 9}};
    sw_peak peaks[3] = {{.image = -1}, {.image = -1}, {.image = -1}};
    for (int i = 0; i < 4; i++) sw_peaks_add(peaks, 3, images[i], (sw_shape){1, 2, 2, 2}, 1, i);
    cr_expect(peaks[0].image == 3 && peaks[0].value == 9.0f && peaks[0].y == 1 && peaks[0].x == 1);
    cr_expect(peaks[1].image == 1 && peaks[1].y == 1 && peaks[1].x == 0, "the first of two in reading order");
    cr_expect(peaks[2].image == 0 && peaks[2].value == 5.0f, "image 2 has no more and came later");
}

/* --- pooling ------------------------------------------------------------------------------------- */

Test(inspect, a_place_is_the_two_bits_of_its_channel)
{
    /* (1,1,2,17): two words a px */
    const uint32_t offsets[] = {2u << 6 | 1u, 3u, 3u << 30, 1u};
    const sw_shape pooled = {1, 1, 2, 17};
    cr_expect_eq(sw_max_pool_place(offsets, pooled, 0, 0, 0), 1);
    cr_expect_eq(sw_max_pool_place(offsets, pooled, 0, 0, 3), 2);
    cr_expect_eq(sw_max_pool_place(offsets, pooled, 0, 0, 16), 3);
    cr_expect_eq(sw_max_pool_place(offsets, pooled, 0, 1, 15), 3);
    cr_expect_eq(sw_max_pool_place(offsets, pooled, 0, 1, 16), 1);
}

/* --- effective field ----------------------------------------------------------------------------- */

Test(inspect, the_side_of_a_field_is_that_of_the_smallest_square_with_the_share)
{
    /* 8 in the middle, 1 to each side of it, 2 in a corner */
    static const float field[25] = {2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 8,
                                    1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
    const sw_size size = {5, 5};
    cr_expect_eq(sw_effective_field_side(field, size, 2, 2, 0.5), 1);
    cr_expect_eq(sw_effective_field_side(field, size, 2, 2, 0.8), 3);
    cr_expect_eq(sw_effective_field_side(field, size, 2, 2, 0.9), 5);
    cr_expect_eq(sw_effective_field_side(field, size, 0, 0, 1.0), 7, "what lies outside counts as 0");
    static const float nothing[25];
    cr_expect_eq(sw_effective_field_side(nothing, size, 2, 2, 0.9), 0);
}

/* --- levels -------------------------------------------------------------------------------------- */

static int add(sw_graph *graph, int outputs[2], const sw_op *op, const char *name, const void *attrs, int a,
               int b)
{
    const int inputs[] = {a, b};
    cr_assert_eq(sw_graph_add(outputs, graph, op, name, attrs, b < 0 ? 1 : 2, inputs), SW_OK, "%s",
                 sw_error_message());
    return outputs[0];
}

Test(inspect, a_level_ends_where_the_size_changes_and_the_last_before_the_classes)
{
    const sw_conv2d_attrs conv = {.out_channels = 8, .kernel = 3}, head = {.out_channels = 3, .kernel = 1};
    const sw_batchnorm_attrs norm = {.eps = 1e-5f, .momentum = 0.1f, .relu = true};
    int value, pooled[2], out[2];
    sw_graph graph;
    sw_levels levels;
    sw_graph_init(&graph);
    cr_assert_eq(sw_graph_input(&value, &graph, "images", SW_F32, (sw_shape){1, 8, 8, 3}), SW_OK);
    value = add(&graph, out, &sw_op_conv2d, "a", &conv, value, -1);
    const int before = add(&graph, out, &sw_op_batchnorm, "b", &norm, value, -1);
    const int inner = add(&graph, out, &sw_op_conv2d, "inner", &conv,
                          add(&graph, pooled, &sw_op_max_pool, "pool", NULL, before, -1), -1);
    value = add(&graph, out, &sw_op_max_unpool, "up", NULL, inner, pooled[1]);
    const int features = add(&graph, out, &sw_op_conv2d, "features", &conv, value, -1);
    const int logits = add(&graph, out, &sw_op_batchnorm, "last", &norm,
                           add(&graph, out, &sw_op_conv2d, "head", &head, features, -1), -1);
    sw_levels_find(&levels, &graph, logits);
    cr_assert_eq(levels.count, 3);
    cr_expect_eq(levels.list[0].value, before);
    cr_expect_eq(levels.list[1].value, inner);
    cr_expect_eq(levels.list[2].value, features,
                 "the norm of the classes and their convolution are passed over");
    cr_assert_eq(levels.unpooling_count, 1);
    cr_expect_str_eq(graph.nodes[levels.unpoolings[0].pool].name, "pool");
    cr_expect_str_eq(graph.nodes[levels.unpoolings[0].unpool].name, "up");
    int values[SW_LEVELS_VALUES];
    /* classes, three levels, and of the pool and its unpool what no level has */
    cr_expect_eq(sw_levels_values(values, &levels, &graph, logits), 7);
    sw_graph_deinit(&graph);
}

Test(inspect, a_network_that_ends_in_an_enlargement_of_its_classes_has_no_level_there)
{
    const sw_conv2d_attrs conv = {.out_channels = 8, .kernel = 3, .stride = 2},
                          head = {.out_channels = 3, .kernel = 1};
    const sw_doubled_attrs twice = {8, 8};
    int value, out[2];
    sw_graph graph;
    sw_levels levels;
    sw_graph_init(&graph);
    cr_assert_eq(sw_graph_input(&value, &graph, "images", SW_F32, (sw_shape){1, 8, 8, 3}), SW_OK);
    const int features = add(&graph, out, &sw_op_conv2d, "conv", &conv, value, -1);
    value = add(&graph, out, &sw_op_conv2d, "head", &head, features, -1);
    const int logits = add(&graph, out, &sw_op_upsample, "up", &twice, value, -1);
    sw_levels_find(&levels, &graph, logits);
    cr_assert_eq(levels.count, 1);
    cr_expect_eq(levels.list[0].value, value, "the smaller image's last");
    cr_expect_eq(levels.unpooling_count, 0);
    sw_graph_deinit(&graph);
}
