/* Colours for an animation. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "draw/palette.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE };

static uint8_t photo[3 * PIXELS];
static const uint8_t *photos[] = {photo};

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static uint32_t rgb_at(const uint8_t *pixels, int i)
{
    return (uint32_t)pixels[3 * i] << 16 | (uint32_t)pixels[3 * i + 1] << 8 | pixels[3 * i + 2];
}

static void set_rgb(int i, uint32_t rgb)
{
    for (int c = 0; c < 3; c++) photo[3 * i + c] = (uint8_t)(rgb >> (16 - 8 * c));
}

/* Soft light over all colours, and grain: 40..215, so that no error is cut off at an end. */
static void make_photo(void)
{
    sw_rng rng = sw_rng_at(3, SW_RNG_TEST, 0);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double grain = sw_rng_below(&rng, 11) - 5.0;
            double r = 128 + 80 * sin(x * 0.11) * cos(y * 0.07), g = 128 + 80 * sin(y * 0.13 + x * 0.02),
                   b = 128 + 80 * cos((x + y) * 0.05);
            set_rgb(y * SIDE + x,
                    (uint32_t)(r + grain) << 16 | (uint32_t)(g + grain) << 8 | (uint32_t)(b + grain));
        }
}

Test(palette, flat_colours_stay_exactly_what_they_are_beside_photographs)
{
    static const uint32_t flat[] = {0xF0A030, 0x1F3A5F, 0xBFE2F6, 0xFFFFFF, 0x000000};
    sw_palette palette;
    sw_palette_init(&palette);
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++) sw_palette_add(&palette, flat[i]);
    sw_palette_add(&palette, flat[2]);
    cr_assert_eq(palette.count, 5, "a colour that is there is not added again");
    make_photo();
    must(sw_palette_add_photos(&palette, photos, 1, PIXELS));
    cr_expect_eq(palette.count, SW_PALETTE_COLOURS);
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++) {
        cr_expect_eq(palette.rgb[i], flat[i]);
        cr_expect_eq(palette.rgb[sw_palette_index(&palette, flat[i])], flat[i]);
    }
}

Test(palette, the_index_is_that_of_the_nearest_colour)
{
    sw_palette palette;
    sw_rng rng = sw_rng_at(4, SW_RNG_TEST, 0);
    sw_palette_init(&palette);
    for (int i = 0; i < 90; i++) sw_palette_add(&palette, sw_rng_below(&rng, 1 << 24));
    for (int i = 0; i < 20000; i++) {
        uint32_t rgb = sw_rng_below(&rng, 1 << 24);
        long least = 1 << 20, found = 0;
        int index = sw_palette_index(&palette, rgb);
        for (int k = 0; k < palette.count; k++) {
            long sum = 0;
            for (int shift = 0; shift < 24; shift += 8) {
                long d = (long)(rgb >> shift & 255) - (long)(palette.rgb[k] >> shift & 255);
                sum += d * d;
            }
            if (sum < least) least = sum;
            if (k == index) found = sum;
        }
        cr_assert_eq(found, least, "%06x", rgb);
    }
}

/* Colours of different 5-bit cells, so that none are merged. */
Test(palette, a_photograph_of_few_colours_is_kept_whole)
{
    sw_palette palette;
    sw_palette_init(&palette);
    sw_palette_add(&palette, 0xFFFFFF);
    for (int i = 0; i < PIXELS; i++)
        set_rgb(i, (uint32_t)(i % 6 * 40 + 3) << 16 | (uint32_t)(i % 5 * 50 + 2) << 8 | 77);
    uint8_t before[sizeof photo];
    memcpy(before, photo, sizeof photo);
    must(sw_palette_add_photos(&palette, photos, 1, PIXELS));
    cr_expect_eq(palette.count, 1 + 30);
    must(sw_palette_dither(&palette, photo, sw_size_square(SIDE)));
    cr_expect_arr_eq(photo, before, sizeof photo);
}

/* Mean squared error a channel of taking the nearest colour. */
static double error_of(sw_palette *palette)
{
    double sum = 0;
    for (int i = 0; i < PIXELS; i++) {
        uint32_t wanted = rgb_at(photo, i), given = palette->rgb[sw_palette_index(palette, wanted)];
        for (int shift = 0; shift < 24; shift += 8) {
            double d = (double)(wanted >> shift & 255) - (double)(given >> shift & 255);
            sum += d * d;
        }
    }
    return sum / (3.0 * PIXELS);
}

/* A fixed cube of 6 x 6 x 6 colours is what one would take without looking at the photograph. */
Test(palette, the_colours_found_are_far_better_than_a_cube_of_as_many)
{
    sw_palette found, cube;
    make_photo();
    sw_palette_init(&found);
    sw_palette_init(&cube);
    for (uint32_t i = 0; i < 216; i++)
        sw_palette_add(&cube, i % 6 * 51 << 16 | i / 6 % 6 * 51 << 8 | i / 36 * 51);
    for (uint32_t i = 0; i < SW_PALETTE_COLOURS - 216; i++) sw_palette_add(&found, i); /* as many left */
    must(sw_palette_add_photos(&found, photos, 1, PIXELS));
    cr_expect_lt(error_of(&found), error_of(&cube) / 5, "%g against %g", error_of(&found), error_of(&cube));
}

/* What Floyd and Steinberg keep is the mean: all of an error goes to neighbours, but for those at the edges.
 * A colour is off by at most some 30 a channel here, at 2 * 64 pixels of 4096 each giving away up to half:
 * 0.5. */
Test(palette, dithering_uses_palette_colours_alone_and_keeps_the_mean)
{
    sw_palette palette;
    make_photo();
    sw_palette_init(&palette);
    for (uint32_t i = 0; i < 27; i++)
        sw_palette_add(&palette, (40 + i % 3 * 88) << 16 | (40 + i / 3 % 3 * 88) << 8 | (40 + i / 9 * 88));
    double before[3] = {0}, after[3] = {0};
    for (int i = 0; i < 3 * PIXELS; i++) before[i % 3] += photo[i];
    must(sw_palette_dither(&palette, photo, (sw_size){.height = SIDE / 2, .width = 2 * SIDE}));
    for (int i = 0; i < 3 * PIXELS; i++) after[i % 3] += photo[i];
    for (int c = 0; c < 3; c++)
        cr_expect_lt(fabs(after[c] - before[c]) / PIXELS, 0.5, "channel %d: %g, was %g", c, after[c] / PIXELS,
                     before[c] / PIXELS);
    for (int i = 0; i < PIXELS; i++) {
        bool there = false;
        for (int k = 0; k < palette.count; k++) there |= palette.rgb[k] == rgb_at(photo, i);
        cr_assert(there, "pixel %d is %06x", i, rgb_at(photo, i));
    }
}

Test(palette, the_same_photographs_give_the_same_colours)
{
    sw_palette a, b;
    make_photo();
    sw_palette_init(&a);
    sw_palette_init(&b);
    must(sw_palette_add_photos(&a, photos, 1, PIXELS));
    must(sw_palette_add_photos(&b, photos, 1, PIXELS));
    cr_expect_arr_eq(a.rgb, b.rgb, sizeof a.rgb);
}
