/* The prediction grid in memory: its panels, lines and scale, and its colours. */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "draw/tiles.h"
#include "scratch.h"
#include "tiles_case.h"

TestSuite(tiles, .init = scratch_create, .fini = clean_up);

static picture in_memory(const sw_tiles_spec *spec)
{
    sw_image image;
    cr_assert_eq(sw_tiles_picture(&image, spec), SW_OK, "%s", sw_error_message());
    picture pic = {.width = image.width, .height = image.height};
    pic.rgb = malloc((size_t)pic.width * (size_t)pic.height * sizeof *pic.rgb);
    cr_assert_not_null(pic.rgb);
    for (int i = 0; i < pic.width * pic.height; i++) {
        const uint8_t *p = image.pixels + 3 * i;
        pic.rgb[i] = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    }
    sw_image_deinit(&image);
    return pic;
}

Test(tiles, in_memory_it_is_the_same_picture)
{
    sw_tiles_spec spec = make_spec(5, 3, 32);
    picture file = draw(&spec), memory = in_memory(&spec);
    cr_assert(file.width == memory.width && file.height == memory.height);
    cr_expect_arr_eq(file.rgb, memory.rgb, (size_t)file.width * (size_t)file.height * sizeof *file.rgb);
    free(file.rgb);
    free(memory.rgb);
}

Test(tiles, errors_are_where_prediction_and_truth_differ)
{
    enum { WRONG = 37, SIDE_PX = 32 };
    static const sw_tiles_panel panels[] = {SW_TILES_INPUTS, SW_TILES_ERROR};
    sw_tiles_spec spec = make_spec(2, 2, SIDE_PX);
    spec.panels = panels;
    spec.panel_count = 2;
    truth_bytes[0][SIDE_PX * SIDE_PX - 1] = 255; /* the legend names ignored pixels in both */
    picture right = in_memory(&spec);
    for (int i = 0; i < WRONG; i++) predicted_bytes[1][3 * i] = i % 2 ? 0 : 2;
    memset(truth_bytes[0], 255, SIDE_PX); /* without a truth nothing is wrong */
    picture wrong = in_memory(&spec);
    cr_assert(right.width == wrong.width && right.height == wrong.height);
    int changed[2] = {0}, middle = find(&right, image_rgb(1)).x0;
    uint32_t colour = 0;
    for (int i = 0; i < wrong.width * wrong.height; i++) {
        bool second = i % wrong.width >= middle;
        if (right.rgb[i] == wrong.rgb[i]) continue;
        changed[second]++;
        if (!second) continue;
        cr_assert(colour == 0 || wrong.rgb[i] == colour, "wrong pixels of two colours");
        colour = wrong.rgb[i];
    }
    cr_expect_eq(changed[1], WRONG * 16);
    cr_expect_eq(changed[0], SIDE_PX * 16, "what has no truth is hatched");
    free(right.rgb);
    free(wrong.rgb);
}

Test(tiles, confidence_goes_from_black_where_classes_are_alike_to_white)
{
    static const sw_tiles_panel panels[] = {SW_TILES_CONFIDENCE};
    static uint8_t certain[32 * 32];
    static const uint8_t *confidences[] = {certain};
    cr_expect_eq(sw_tiles_confidence_rgb(85, 3), 0x000000);
    cr_expect_eq(sw_tiles_confidence_rgb(0, 3), 0x000000);
    cr_expect_eq(sw_tiles_confidence_rgb(170, 3), 0x7F7F7F);
    cr_expect_eq(sw_tiles_confidence_rgb(255, 3), 0xFFFFFF);
    cr_expect_eq(sw_tiles_confidence_rgb(255, 1), 0x000000, "of one class nothing is surer");
    sw_tiles_spec spec = make_spec(1, 1, 32);
    memset(certain, 170, sizeof certain);
    spec.panels = panels;
    spec.panel_count = 1;
    spec.confidences = confidences;
    picture pic = in_memory(&spec);
    cr_expect_geq(find(&pic, 0x7F7F7F).count, 128 * 128);
    free(pic.rgb);
}

Test(tiles, the_flat_colours_are_all_there_are_beside_photographs_type_and_grays)
{
    uint32_t flat[SW_MAX_CLASSES + SW_TILES_OTHER_FLAT];
    const sw_classes many = classes_of(SW_MAX_CLASSES);
    int count = sw_tiles_flat_rgb(flat, &many);
    cr_assert_leq(count, SW_MAX_CLASSES + SW_TILES_OTHER_FLAT);
    static const sw_tiles_panel panels[] = {SW_TILES_TRUTH, SW_TILES_PREDICTION, SW_TILES_ERROR};
    sw_tiles_spec spec = make_spec(4, 2, 64);
    for (int p = 0; p < 64 * 64; p++) {
        truth_bytes[1][p] = (uint8_t)(p % 3);
        predicted_bytes[2][p] = (uint8_t)(p / 5 % 3);
    }
    memset(truth_bytes[3], 255, 64 * 64);
    spec.panels = panels;
    spec.panel_count = 3;
    spec.title = "";
    picture pic = in_memory(&spec);
    int others = 0;
    for (int i = 0; i < pic.width * pic.height; i++) {
        bool there = false;
        for (int k = 0; k < count; k++) there |= flat[k] == pic.rgb[i];
        others += !there;
    }
    cr_expect_lt(others, 4000, "%d pixels are none of them",
                 others); /* the captions' and the legend's type */
    free(pic.rgb);
}

Test(tiles, a_label_and_names_take_lines_of_their_own)
{
    static const char *const image_names[] = {"a", "a_name_that_is_far_too_long_to_stand_under_one_image"};
    sw_tiles_spec spec = make_spec(2, 2, 128);
    picture plain = in_memory(&spec);
    spec.names = image_names;
    picture named = in_memory(&spec);
    cr_expect_eq(named.width, plain.width);
    cr_expect_gt(named.height, plain.height + 3 * 10, "three panels with a line each");
    assert_margin_is_free(&named);
    cr_assert(is_square(find(&named, image_rgb(1)), 128));
    spec.label = "runs/a/001";
    picture labelled = in_memory(&spec);
    cr_expect_gt(labelled.height, named.height + 10);
    free(plain.rgb);
    free(named.rgb);
    free(labelled.rgb);
}

Test(tiles, a_scale_that_is_given_is_taken_also_under_128_px)
{
    sw_tiles_spec spec = make_spec(2, 2, 32);
    spec.scale = 1;
    picture pic = in_memory(&spec);
    cr_expect(is_square(find(&pic, image_rgb(1)), 32));
    free(pic.rgb);
    spec.scale = 3;
    pic = in_memory(&spec);
    cr_expect(is_square(find(&pic, image_rgb(1)), 96));
    free(pic.rgb);
}

/* ---- colours ---- */

/* WCAG's relative luminance */
static double luminance(uint32_t rgb)
{
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double v = (rgb >> (16 - 8 * i) & 0xFF) / 255.0;
        sum += weight[i] * v * v; /* gamma 2 is near enough */
    }
    return sum;
}

Test(tiles, pet_background_and_border_differ_in_lightness_alone)
{
    for (int a = 0; a < 3; a++)
        for (int b = a + 1; b < 3; b++) {
            double one = luminance(sw_class_default_rgb(a)) + 0.05,
                   two = luminance(sw_class_default_rgb(b)) + 0.05;
            double contrast = one > two ? one / two : two / one;
            cr_assert_gt(contrast, 1.5, "classes %d and %d: contrast %.2f", a, b, contrast);
        }
}

Test(tiles, no_two_of_32_classes_share_a_colour)
{
    for (int a = 0; a < 32; a++)
        for (int b = 0; b < a; b++)
            cr_assert_neq(sw_class_default_rgb(a), sw_class_default_rgb(b), "%d %d", a, b);
}
