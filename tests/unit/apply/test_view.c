/* Pictures as the network sees them, and the way back. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apply/view.h"

/* A picture whose red grows to the right and whose green grows downwards, 2 a pixel. */
static sw_image ramp(int height, int width)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, 3), SW_OK, "%s", sw_error_message());
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = image.pixels + (ptrdiff_t)3 * (y * width + x);
            pixel[0] = (uint8_t)(10 + 2 * x);
            pixel[1] = (uint8_t)(10 + 2 * y);
            pixel[2] = 200;
        }
    return image;
}

/* Stands in for a network whose classes are the channels. Every pixel of a map must then be what the picture
 * is there, but for rounding and, where pixels of the ends were left out by scaling, for those. */
static void expect_picture_back(const sw_view_rule *rule, int height, int width, int windows,
                                double tolerance)
{
    sw_image picture = ramp(height, width), kept = ramp(height, width), scaled;
    const size_t pixels = (size_t)height * (size_t)width, seen = sw_size_pixels(rule->window);
    const sw_view view = sw_view_make(rule, (sw_size){height, width});
    cr_assert_eq(sw_view_scale(&scaled, &picture, &view), SW_OK, "%s", sw_error_message());
    cr_expect_eq(sw_view_windows(&view), windows, "%d windows", sw_view_windows(&view));
    uint8_t *bytes = malloc(3 * seen);
    float *values = malloc(3 * seen * sizeof *values), *planes = malloc(3 * pixels * sizeof *planes);
    for (size_t i = 0; i < 3 * pixels; i++) planes[i] = -1000;
    for (int w = 0; w < sw_view_windows(&view); w++) {
        sw_view_cut(bytes, &view, &scaled, w, false);
        for (size_t i = 0; i < 3 * seen; i++) values[i] = bytes[i];
        sw_map_side rows, columns;
        sw_view_place(&rows, &columns, &view, w, (sw_size){height, width});
        cr_assert_eq(sw_label_map_fill(&(sw_label_map){NULL, planes}, values, &rows, &columns, 3), SW_OK);
    }
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < pixels; i++)
            cr_assert_float_eq(planes[c * pixels + i], kept.pixels[3 * i + c], tolerance, "%zu, %zu: %f",
                               i / (size_t)width, i % (size_t)width, (double)planes[c * pixels + i]);
    free(bytes);
    free(values);
    free(planes);
    sw_image_deinit(&picture);
    sw_image_deinit(&kept);
    sw_image_deinit(&scaled);
}

static sw_view_rule fitted(sw_fit_kind fit, int height, int width)
{
    return (sw_view_rule){.window = {height, width}, .fit = fit, .resize = SW_RESIZE_BILINEAR};
}

static sw_view_rule tiled(int side, int overlap, int stride)
{
    return (sw_view_rule){.window = {side, side}, .tiles = true, .overlap = overlap, .stride = stride};
}

Test(view, every_fit_leads_back_to_the_picture)
{
    static const sw_size sizes[] = {{60, 80}, {80, 60}, {50, 50}, {31, 97}};
    for (size_t i = 0; i < 4; i++)
        for (int kind = SW_FIT_STRETCH; kind <= SW_FIT_PAD; kind++) {
            const sw_view_rule rule = fitted((sw_fit_kind)kind, 96, 128);
            expect_picture_back(&rule, sizes[i].height, sizes[i].width, 1, 2.5);
        }
}

Test(view, a_crop_is_followed_by_windows_over_the_ends_that_it_leaves_out)
{
    const sw_view_rule rule = fitted(SW_FIT_CROP, 64, 64);
    expect_picture_back(&rule, 64, 64, 1, 0);
    expect_picture_back(&rule, 50, 80, 2, 2.5);  /* as 64 x 102 */
    expect_picture_back(&rule, 100, 40, 3, 2.5); /* as 160 x 64 */
}

Test(view, tiles_see_the_picture_at_its_own_size)
{
    const sw_view_rule rule = tiled(32, 8, 8);
    expect_picture_back(&rule, 32, 32, 1, 0);
    expect_picture_back(&rule, 33, 57, 2 * 3, 0); /* the last ones reach over the ends */
    expect_picture_back(&rule, 5, 7, 1, 0);
}

static void expect_row(const sw_view_rule *rule, int width, bool mirrored, const int *expected)
{
    sw_image picture = ramp(1, width), scaled;
    const sw_view view = sw_view_make(rule, (sw_size){1, width});
    cr_assert_eq(sw_view_scale(&scaled, &picture, &view), SW_OK);
    uint8_t *bytes = malloc(3 * sw_size_pixels(rule->window));
    sw_view_cut(bytes, &view, &scaled, 0, mirrored);
    for (int x = 0; x < rule->window.width; x++)
        cr_expect_eq(bytes[3 * x], expected[x], "%d at %d", bytes[3 * x], x);
    free(bytes);
    sw_image_deinit(&picture);
    sw_image_deinit(&scaled);
}

Test(view, a_tile_beyond_the_picture_s_end_has_the_picture_mirrored_as_often_as_it_takes)
{
    const sw_view_rule rule = tiled(8, 0, 1);
    expect_row(&rule, 3, false, (const int[]){10, 12, 14, 14, 12, 10, 10, 12});
    expect_row(&rule, 3, true, (const int[]){12, 10, 10, 12, 14, 14, 12, 10});
}

Test(view, margins_are_black_on_both_sides)
{
    const sw_view_rule rule = fitted(SW_FIT_PAD, 1, 8);
    expect_row(&rule, 3, false, (const int[]){0, 0, 10, 12, 14, 0, 0, 0});
    expect_row(&rule, 3, true, (const int[]){0, 0, 0, 14, 12, 10, 0, 0});
}
