/* Resizing: the index rules, at sizes where rounding could go wrong. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "image/image.h"

/* Every pixel has its column and row as values, so that the result tells where it came from. */
static sw_image make_indexed(int width, int height)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, 3), SW_OK);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = image.pixels + 3 * (y * width + x);
            pixel[0] = (uint8_t)(x & 255);
            pixel[1] = (uint8_t)(y & 255);
            pixel[2] = (uint8_t)((x >> 8) + 16 * (y >> 8));
        }
    return image;
}

Test(image_resize, nearest_takes_the_floor_of_the_scaled_index)
{
    static const struct {
        sw_size from, to;
    } cases[] = {{{5, 7}, {3, 3}},         {{375, 500}, {128, 128}}, {{2, 3}, {7, 7}},    {{1, 1}, {5, 5}},
                 {{128, 128}, {128, 128}}, {{500, 333}, {97, 97}},   {{12, 600}, {1, 1}}, {{5, 7}, {9, 3}},
                 {{375, 500}, {45, 60}},   {{360, 480}, {360, 480}}, {{31, 7}, {2, 97}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int width = cases[i].from.width, height = cases[i].from.height;
        const sw_size to = cases[i].to;
        sw_image image = make_indexed(width, height);
        uint8_t *out = malloc(3 * sw_size_pixels(to));
        cr_assert_not_null(out);
        sw_image_resize(out, to, &image, SW_RESIZE_NEAREST);
        for (int y = 0; y < to.height; y++)
            for (int x = 0; x < to.width; x++) {
                const uint8_t *pixel = out + 3 * (y * to.width + x);
                int from_x = pixel[0] + 256 * (pixel[2] & 15), from_y = pixel[1] + 256 * (pixel[2] >> 4);
                cr_assert_eq(from_x, x * width / to.width, "%dx%d to %dx%d: column %d from %d", width, height,
                             to.width, to.height, x, from_x);
                cr_assert_eq(from_y, y * height / to.height, "%dx%d to %dx%d: row %d from %d", width, height,
                             to.width, to.height, y, from_y);
            }
        free(out);
        sw_image_deinit(&image);
    }
}

Test(image_resize, seven_to_three_is_zero_two_four)
{
    uint8_t row[7] = {10, 11, 12, 13, 14, 15, 16}, out[9];
    sw_image image = {.pixels = row, .width = 7, .height = 1, .channels = 1};
    sw_image_resize(out, sw_size_square(3), &image, SW_RESIZE_NEAREST);
    for (int y = 0; y < 3; y++) {
        cr_assert_eq(out[3 * y], 10);
        cr_assert_eq(out[3 * y + 1], 12);
        cr_assert_eq(out[3 * y + 2], 14);
    }
}

Test(image_resize, bilinear_weighs_by_pixel_centres)
{
    /* two columns 0 and 100 over four: positions -0.25, 0.25, 0.75, 1.25, held to the edge */
    uint8_t pixels[4] = {0, 100, 0, 100}, out[16];
    sw_image image = {.pixels = pixels, .width = 2, .height = 2, .channels = 1};
    sw_image_resize(out, sw_size_square(4), &image, SW_RESIZE_BILINEAR);
    for (int y = 0; y < 4; y++) {
        const uint8_t expected[4] = {0, 25, 75, 100};
        for (int x = 0; x < 4; x++)
            cr_assert_eq(out[4 * y + x], expected[x], "row %d column %d: %d", y, x, out[4 * y + x]);
    }
    /* four rows over two: positions 0.5 and 2.5 */
    uint8_t rows[4] = {10, 20, 40, 80}, two[4];
    sw_image tall = {.pixels = rows, .width = 1, .height = 4, .channels = 1};
    sw_image_resize(two, sw_size_square(2), &tall, SW_RESIZE_BILINEAR);
    cr_assert_eq(two[0], 15);
    cr_assert_eq(two[2], 60);
}

Test(image_resize, bilinear_takes_rows_and_columns_each_by_their_own_scale)
{
    /* columns 0 and 100 over four as above, rows 0 and 60 over three: positions -1/6, 0.5, 7/6 */
    uint8_t pixels[4] = {0, 100, 60, 160}, out[12];
    sw_image image = {.pixels = pixels, .width = 2, .height = 2, .channels = 1};
    sw_image_resize(out, (sw_size){.height = 3, .width = 4}, &image, SW_RESIZE_BILINEAR);
    const uint8_t columns[4] = {0, 25, 75, 100}, rows[3] = {0, 30, 60};
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 4; x++)
            cr_assert_eq(out[4 * y + x], rows[y] + columns[x], "row %d column %d: %d", y, x, out[4 * y + x]);
}

Test(image_resize, bilinear_keeps_one_colour_and_one_pixel)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, 13, 29, 3), SW_OK);
    for (int i = 0; i < 13 * 29 * 3; i++) image.pixels[i] = (uint8_t)(50 + 60 * (i % 3));
    uint8_t out[17 * 17 * 3];
    sw_image_resize(out, sw_size_square(17), &image, SW_RESIZE_BILINEAR);
    for (int i = 0; i < 17 * 17 * 3; i++) cr_assert_eq(out[i], 50 + 60 * (i % 3));
    sw_image_deinit(&image);
    uint8_t one[3] = {1, 2, 3};
    sw_image single = {.pixels = one, .width = 1, .height = 1, .channels = 3};
    sw_image_resize(out, sw_size_square(2), &single, SW_RESIZE_BILINEAR);
    for (int i = 0; i < 12; i++) cr_assert_eq(out[i], one[i % 3]);
}
