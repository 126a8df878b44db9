/* Fits: what each kind shows, and that the way back ends where it began. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "image/fit.h"

static void expect_rect(sw_rect found, sw_rect expected)
{
    cr_assert(memcmp(&found, &expected, sizeof found) == 0, "%d,%d %dx%d instead of %d,%d %dx%d", found.left,
              found.top, found.width, found.height, expected.left, expected.top, expected.width,
              expected.height);
}

Test(image_fit, stretch_takes_everything_everywhere)
{
    sw_fit fit = sw_fit_find(SW_FIT_STRETCH, (sw_size){375, 500}, (sw_size){128, 64});
    expect_rect(fit.part, (sw_rect){0, 0, 500, 375});
    expect_rect(fit.place, (sw_rect){0, 0, 64, 128});
}

Test(image_fit, pad_keeps_the_aspect_ratio_and_the_whole_picture)
{
    sw_fit wide = sw_fit_find(SW_FIT_PAD, (sw_size){375, 500}, (sw_size){128, 128});
    expect_rect(wide.part, (sw_rect){0, 0, 500, 375});
    expect_rect(wide.place, (sw_rect){0, 16, 128, 96});
    sw_fit tall = sw_fit_find(SW_FIT_PAD, (sw_size){500, 333}, (sw_size){100, 128});
    expect_rect(tall.place, (sw_rect){30, 0, 67, 100}); /* 66.6 wide; 61 left over: 30 and 31 */
    sw_fit same = sw_fit_find(SW_FIT_PAD, (sw_size){720, 960}, (sw_size){360, 480});
    expect_rect(same.place, (sw_rect){0, 0, 480, 360});
    sw_fit thin = sw_fit_find(SW_FIT_PAD, (sw_size){20000, 1}, (sw_size){128, 128});
    expect_rect(thin.place, (sw_rect){63, 0, 1, 128});
}

Test(image_fit, crop_covers_the_target_with_the_middle)
{
    sw_fit wide = sw_fit_find(SW_FIT_CROP, (sw_size){375, 500}, (sw_size){128, 128});
    expect_rect(wide.part, (sw_rect){62, 0, 375, 375});
    expect_rect(wide.place, (sw_rect){0, 0, 128, 128});
    sw_fit tall = sw_fit_find(SW_FIT_CROP, (sw_size){500, 333}, (sw_size){100, 128});
    expect_rect(tall.part, (sw_rect){0, 120, 333, 260}); /* 260.2 high */
    sw_fit thin = sw_fit_find(SW_FIT_CROP, (sw_size){20000, 1}, (sw_size){128, 128});
    expect_rect(thin.part, (sw_rect){0, 9999, 1, 1});
}

static sw_image make_noise(int width, int height, int channels)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, width, height, channels), SW_OK);
    uint32_t state = 7;
    for (int i = 0; i < width * height * channels; i++) {
        state = state * 1664525u + 1013904223u;
        image.pixels[i] = (uint8_t)(state >> 24);
    }
    return image;
}

Test(image_fit, stretch_is_the_plain_resize_bit_for_bit)
{
    static uint8_t plain[96 * 96 * 3], fitted[96 * 96 * 3];
    for (int kind = SW_RESIZE_NEAREST; kind <= SW_RESIZE_BILINEAR; kind++) {
        sw_image image = make_noise(201, 133, 3);
        sw_fit fit = sw_fit_find(SW_FIT_STRETCH, (sw_size){133, 201}, (sw_size){96, 96});
        sw_image_resize(plain, sw_size_square(96), &image, (sw_resize_kind)kind);
        sw_fit_apply(fitted, &fit, &image, (sw_resize_kind)kind, 9);
        cr_assert_arr_eq(fitted, plain, sizeof plain);
        sw_image_deinit(&image);
    }
}

/* The part and the place copied out by hand, resized alone. */
static void expect_as_by_hand(const sw_image *image, sw_size to, sw_fit_kind fit_kind, sw_resize_kind kind)
{
    sw_fit fit = sw_fit_find(fit_kind, (sw_size){image->height, image->width}, to);
    size_t channels = (size_t)image->channels;
    uint8_t *found = malloc((size_t)(to.height * to.width) * channels);
    sw_image part, place;
    cr_assert_not_null(found);
    cr_assert_eq(sw_image_init(&part, fit.part.width, fit.part.height, image->channels), SW_OK);
    cr_assert_eq(sw_image_init(&place, fit.place.width, fit.place.height, image->channels), SW_OK);
    for (int y = 0; y < part.height; y++)
        memcpy(part.pixels + (size_t)(y * part.width) * channels,
               image->pixels + (size_t)((fit.part.top + y) * image->width + fit.part.left) * channels,
               (size_t)part.width * channels);
    sw_image_resize_part(&place, sw_image_whole(&place), &part, sw_image_whole(&part), kind);
    sw_fit_apply(found, &fit, image, kind, 200);
    for (int y = 0; y < to.height; y++)
        for (int x = 0; x < to.width; x++) {
            int px = x - fit.place.left, py = y - fit.place.top;
            bool inside = px >= 0 && px < place.width && py >= 0 && py < place.height;
            for (size_t c = 0; c < channels; c++)
                cr_assert_eq(found[(size_t)(y * to.width + x) * channels + c],
                             inside ? place.pixels[(size_t)(py * place.width + px) * channels + c] : 200,
                             "row %d column %d", y, x);
        }
    free(found);
    sw_image_deinit(&part);
    sw_image_deinit(&place);
}

Test(image_fit, pad_and_crop_are_a_resize_between_two_rectangles)
{
    static const int sizes[][4] = {
        {375, 500, 128, 128}, {500, 333, 60, 100}, {31, 7, 33, 32}, {5, 5, 20, 30}, {1, 1, 3, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int channels = 1; channels <= 3; channels += 2) {
            sw_image image = make_noise(sizes[i][1], sizes[i][0], channels);
            sw_size to = {sizes[i][2], sizes[i][3]};
            expect_as_by_hand(&image, to, SW_FIT_PAD, SW_RESIZE_BILINEAR);
            expect_as_by_hand(&image, to, SW_FIT_CROP, SW_RESIZE_BILINEAR);
            expect_as_by_hand(&image, to, SW_FIT_PAD, SW_RESIZE_NEAREST);
            expect_as_by_hand(&image, to, SW_FIT_CROP, SW_RESIZE_NEAREST);
            sw_image_deinit(&image);
        }
}

/* Labels of blocks of 4 x 4 pixels survive the way to half the size and back, and what the way there left
 * out is filled. */
Test(image_fit, the_inverse_brings_labels_back_to_the_picture)
{
    sw_image labels = make_noise(80, 48, 1);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 80; x++) labels.pixels[80 * y + x] = labels.pixels[80 * (y / 4 * 4) + x / 4 * 4];
    static uint8_t small[64 * 40], back[48 * 80];
    sw_fit pad = sw_fit_find(SW_FIT_PAD, (sw_size){48, 80}, (sw_size){64, 40});
    sw_fit pad_back = sw_fit_inverse(&pad);
    sw_fit_apply(small, &pad, &labels, SW_RESIZE_NEAREST, 255);
    sw_fit_apply(back, &pad_back, &(sw_image){.pixels = small, .width = 40, .height = 64, .channels = 1},
                 SW_RESIZE_NEAREST, 255);
    cr_assert_arr_eq(back, labels.pixels, sizeof back);

    sw_fit crop = sw_fit_find(SW_FIT_CROP, (sw_size){48, 80}, (sw_size){24, 24});
    sw_fit crop_back = sw_fit_inverse(&crop);
    sw_fit_apply(small, &crop, &labels, SW_RESIZE_NEAREST, 255);
    sw_fit_apply(back, &crop_back, &(sw_image){.pixels = small, .width = 24, .height = 24, .channels = 1},
                 SW_RESIZE_NEAREST, 255);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 80; x++)
            cr_assert_eq(back[80 * y + x], x >= 16 && x < 64 ? labels.pixels[80 * y + x] : 255);
    sw_image_deinit(&labels);
}
