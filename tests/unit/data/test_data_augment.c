/* Augmentation: torchvision's formulas on values worked out by hand, and which numbers are drawn. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "data/augment.h"

enum { SIDE = 5, PIXELS = SIDE * SIDE };

static void augment(const sw_augment_config *config, sw_rng *rng, sw_size size, const uint8_t *image,
                    const uint8_t *labels, float *out_image, uint8_t *out_labels)
{
    sw_augment_place *place;
    cr_assert_eq(sw_augment_place_create(&place), SW_OK);
    cr_assert_eq(sw_augment_apply(config, rng, size, image, labels, out_image, out_labels, place), SW_OK);
    sw_augment_place_destroy(place);
}

static void expect_near(const float *found, const double *expected, int count)
{
    for (int i = 0; i < count; i++)
        cr_assert_float_eq((double)found[i], expected[i], 2e-6, "value %d: %.9f instead of %.9f", i,
                           (double)found[i], expected[i]);
}

Test(data_augment, brightness_multiplies_and_clamps)
{
    float rgb[] = {0.2f, 0.5f, 0.9f, 0, 1, 0.4f};
    sw_augment_adjust_brightness(rgb, 2, 1.5f);
    expect_near(rgb, (const double[]){0.3, 0.75, 1, 0, 1, 0.6}, 6);
}

Test(data_augment, contrast_blends_with_the_mean_gray_of_the_image)
{
    /* grays: 0.2989*0.5 = 0.14945 and 0.587*0.8 + 0.114*1 = 0.5836; mean 0.366525 */
    float rgb[] = {0.5f, 0, 0, 0, 0.8f, 1};
    sw_augment_adjust_contrast(rgb, 2, 0.7f);
    double rest = 0.3 * 0.366525;
    expect_near(rgb, (const double[]){0.35 + rest, rest, rest, rest, 0.56 + rest, 0.7 + rest}, 6);
    float high[] = {0.5f, 0, 0, 0, 0.8f, 1};
    sw_augment_adjust_contrast(high, 2, 1.3f);
    rest = -0.3 * 0.366525;
    expect_near(high, (const double[]){0.65 + rest, 0, 0, 0, 1.04 + rest, 1}, 6);
}

Test(data_augment, saturation_blends_with_each_pixels_gray)
{
    float rgb[] = {1, 0, 0, 0.2f, 0.4f, 0.6f};
    sw_augment_adjust_saturation(rgb, 2, 0.5f);
    double first = 0.2989, second = 0.2989 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6;
    expect_near(rgb,
                (const double[]){0.5 + first / 2, first / 2, first / 2, 0.1 + second / 2, 0.2 + second / 2,
                                 0.3 + second / 2},
                6);
    float none[] = {0.3f, 0.9f, 0.1f};
    sw_augment_adjust_saturation(none, 1, 0);
    double gray = 0.2989 * 0.3 + 0.587 * 0.9 + 0.114 * 0.1;
    expect_near(none, (const double[]){gray, gray, gray}, 3);
}

Test(data_augment, hue_turns_the_colour_circle_and_leaves_gray)
{
    /* red by a third is green, by minus a third blue, by half cyan */
    static const struct {
        float shift;
        double rgb[3];
    } turns[] = {
        {1.0f / 3, {0, 1, 0}}, {-1.0f / 3, {0, 0, 1}}, {0.5f, {0, 1, 1}}, {0, {1, 0, 0}}, {-0.5f, {0, 1, 1}}};
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        float rgb[] = {1, 0, 0};
        sw_augment_adjust_hue(rgb, 1, turns[i].shift);
        expect_near(rgb, turns[i].rgb, 3);
    }
    float gray[] = {0.3f, 0.3f, 0.3f, 0, 0, 0, 1, 1, 1};
    sw_augment_adjust_hue(gray, 3, 0.2f);
    expect_near(gray, (const double[]){0.3, 0.3, 0.3, 0, 0, 0, 1, 1, 1}, 9);
    /* 0.8, 0.4, 0.2: hue 1/18, saturation 0.75, value 0.8; plus 0.1 is 0.1556, the sector of yellow, f =
     * 0.9333 */
    float mixed[] = {0.8f, 0.4f, 0.2f};
    sw_augment_adjust_hue(mixed, 1, 0.1f);
    expect_near(mixed, (const double[]){0.8, 0.8 * (1 - 0.75 * (1 - (1.0 / 3 + 0.6))), 0.2}, 3);
}

static void make_image(uint8_t *image, uint8_t *labels)
{
    for (int i = 0; i < PIXELS; i++) {
        labels[i] = (uint8_t)(i % 3);
        for (int c = 0; c < 3; c++) image[3 * i + c] = (uint8_t)(i * 9 + c * 20);
    }
}

Test(data_augment, without_any_part_the_image_is_its_bytes_over_255)
{
    uint8_t image[3 * PIXELS], labels[PIXELS], out_labels[PIXELS];
    float out[3 * PIXELS];
    make_image(image, labels);
    sw_augment_config none = {0};
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 0);
    augment(&none, &rng, sw_size_square(SIDE), image, labels, out, out_labels);
    cr_assert_arr_eq(out_labels, labels, PIXELS);
    for (int i = 0; i < 3 * PIXELS; i++) cr_assert_eq(out[i], (float)image[i] / 255.0f);
}

Test(data_augment, the_flip_mirrors_image_and_labels_alike)
{
    uint8_t image[3 * PIXELS], labels[PIXELS], out_labels[PIXELS];
    float out[3 * PIXELS];
    make_image(image, labels);
    sw_augment_config always = {.hflip = 1};
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 0);
    augment(&always, &rng, sw_size_square(SIDE), image, labels, out, out_labels);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int to = y * SIDE + x, from = y * SIDE + SIDE - 1 - x;
            cr_assert_eq(out_labels[to], labels[from]);
            for (int c = 0; c < 3; c++) cr_assert_eq(out[3 * to + c], (float)image[3 * from + c] / 255.0f);
        }
}

Test(data_augment, the_cut_out_of_everything_is_the_image)
{
    uint8_t image[3 * PIXELS], labels[PIXELS], out_labels[PIXELS];
    float out[3 * PIXELS];
    make_image(image, labels);
    sw_augment_crop((sw_crop){0, 0, SIDE, SIDE}, sw_size_square(SIDE), image, labels, out, out_labels);
    cr_assert_arr_eq(out_labels, labels, PIXELS);
    for (int i = 0; i < 3 * PIXELS; i++) cr_assert_eq(out[i], (float)image[i] / 255.0f);
}

Test(data_augment, the_flip_of_a_rectangle_mirrors_its_rows)
{
    enum { HIGH = 3, WIDE = 4 };
    uint8_t image[3 * HIGH * WIDE], labels[HIGH * WIDE], out_labels[HIGH * WIDE];
    float out[3 * HIGH * WIDE];
    for (int i = 0; i < 3 * HIGH * WIDE; i++) image[i] = (uint8_t)(7 * i);
    for (int i = 0; i < HIGH * WIDE; i++) labels[i] = (uint8_t)i;
    sw_augment_config always = {.hflip = 1};
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 0);
    augment(&always, &rng, (sw_size){HIGH, WIDE}, image, labels, out, out_labels);
    for (int y = 0; y < HIGH; y++)
        for (int x = 0; x < WIDE; x++) {
            const int to = y * WIDE + x, from = y * WIDE + WIDE - 1 - x;
            cr_assert_eq(out_labels[to], labels[from]);
            for (int c = 0; c < 3; c++) cr_assert_eq(out[3 * to + c], (float)image[3 * from + c] / 255.0f);
        }
}

/* On a ramp, bilinear interpolation gives the place that was read, whatever the cut-out. */
Test(data_augment, a_cut_out_is_read_at_the_centres_of_its_pixels)
{
    enum { HIGH = 16, WIDE = 12 };
    static uint8_t image[3 * HIGH * WIDE], labels[HIGH * WIDE], out_labels[HIGH * WIDE];
    static float out[3 * HIGH * WIDE];
    for (int y = 0; y < HIGH; y++)
        for (int x = 0; x < WIDE; x++) {
            uint8_t *pixel = image + 3 * (y * WIDE + x);
            pixel[0] = (uint8_t)(10 * x);
            pixel[1] = (uint8_t)(10 * y);
            labels[y * WIDE + x] = (uint8_t)(y * WIDE + x);
        }
    const sw_crop cutout = {.left = 3.25f, .top = 5.5f, .width = 3.0f, .height = 8.0f};
    sw_augment_crop(cutout, (sw_size){HIGH, WIDE}, image, labels, out, out_labels);
    for (int y = 0; y < HIGH; y++)
        for (int x = 0; x < WIDE; x++) {
            double at_x = 3.25 + (x + 0.5) / 4 - 0.5, at_y = 5.5 + (y + 0.5) / 2 - 0.5;
            const float *pixel = out + 3 * (y * WIDE + x);
            cr_assert_float_eq(pixel[0], 10 * at_x / 255, 1e-6, "x of %d, %d", y, x);
            cr_assert_float_eq(pixel[1], 10 * at_y / 255, 1e-6, "y of %d, %d", y, x);
            cr_assert_eq(out_labels[y * WIDE + x], (int)floor(at_y + 0.5) * WIDE + (int)floor(at_x + 0.5));
        }
}

Test(data_augment, cut_outs_have_sides_in_their_range_and_lie_inside)
{
    enum { BIG = 64, WIDE = 96 };
    static uint8_t image[3 * BIG * WIDE], labels[BIG * WIDE], out_labels[BIG * WIDE];
    static float out[3 * BIG * WIDE];
    for (int i = 0; i < BIG * WIDE; i++) {
        image[3 * i] = (uint8_t)(2 * (i % WIDE));
        image[3 * i + 1] = (uint8_t)(2 * (i / WIDE));
    }
    sw_augment_config crop = {.crop = 0.5f};
    double smallest = BIG, largest = 0;
    for (uint64_t i = 0; i < 200; i++) {
        sw_rng rng = sw_rng_at(4, SW_RNG_TEST, i);
        augment(&crop, &rng, (sw_size){BIG, WIDE}, image, labels, out, out_labels);
        /* between two pixels well inside, so that no edge is clamped */
        const float *from = out + 3 * (8 * WIDE + 12), *to = out + 3 * (56 * WIDE + 84);
        double wide = (double)(to[0] - from[0]) * 255 / 2 * WIDE / 72,
               high = (double)(to[1] - from[1]) * 255 / 2 * BIG / 48;
        cr_assert_float_eq(wide / WIDE, high / BIG, 1e-4, "the image's aspect ratio");
        double left = (double)from[0] * 255 / 2 + 0.5 - 12.5 * wide / WIDE,
               top = (double)from[1] * 255 / 2 + 0.5 - 8.5 * high / BIG;
        cr_assert(left > -1e-3 && top > -1e-3 && left + wide < WIDE + 1e-3 && top + high < BIG + 1e-3,
                  "%g %g %g %g", left, top, wide, high);
        smallest = fmin(smallest, high);
        largest = fmax(largest, high);
    }
    cr_assert(smallest >= BIG / 2.0 - 1e-3 && smallest < 0.52 * BIG, "%g", smallest);
    cr_assert(largest <= BIG + 1e-3 && largest > 0.98 * BIG, "%g", largest);
}

/* One gray pixel: brightness f gives f * gray, and nothing else changes it. */
Test(data_augment, factors_are_uniform_in_their_range_and_flips_happen_as_often_as_asked)
{
    enum { DRAWS = 4000 };
    const uint8_t image[] = {51, 51, 51}, label = 0;
    uint8_t out_label;
    float out[3];
    sw_augment_config bright = {.brightness = 0.3f};
    double low = 9, high = -9, sum = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        sw_rng rng = sw_rng_at(5, SW_RNG_TEST, i);
        augment(&bright, &rng, sw_size_square(1), image, &label, out, &out_label);
        double factor = (double)out[0] / 0.2;
        low = fmin(low, factor);
        high = fmax(high, factor);
        sum += factor;
    }
    cr_assert(low > 0.699 && low < 0.71 && high > 1.29 && high < 1.301, "%f to %f", low, high);
    cr_assert_float_eq(sum / DRAWS, 1, 0.01);

    const uint8_t two[] = {0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255}, two_labels[4] = {0, 1, 0, 1};
    uint8_t out_labels[4];
    float out_two[12];
    sw_augment_config flip = {.hflip = 0.25f};
    int flipped = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        sw_rng rng = sw_rng_at(6, SW_RNG_TEST, i);
        augment(&flip, &rng, sw_size_square(2), two, two_labels, out_two, out_labels);
        flipped += out_labels[0];
    }
    cr_assert_float_eq((double)flipped / DRAWS, 0.25, 0.03); /* four standard deviations */
}

Test(data_augment, a_strength_over_one_never_makes_a_factor_negative)
{
    const uint8_t image[] = {200, 100, 50}, label = 0;
    uint8_t out_label;
    float out[3];
    sw_augment_config wild = {.saturation = 3};
    for (uint64_t i = 0; i < 500; i++) {
        sw_rng rng = sw_rng_at(7, SW_RNG_TEST, i);
        augment(&wild, &rng, sw_size_square(1), image, &label, out, &out_label);
        cr_assert(out[0] >= out[1] && out[1] >= out[2], "the order of the channels was turned round");
    }
}

Test(data_augment, switching_one_part_on_does_not_change_what_the_others_draw)
{
    uint8_t image[3 * PIXELS], labels[PIXELS], ignored[PIXELS];
    float both[3 * PIXELS], alone[3 * PIXELS];
    make_image(image, labels);
    for (uint64_t i = 0; i < 50; i++) {
        /* A hue turn too small to see leaves what contrast drew before it */
        sw_augment_config contrast = {.contrast = 0.5f}, more = {.hflip = 0, .contrast = 0.5f, .hue = 1e-9f};
        sw_rng a = sw_rng_at(9, SW_RNG_TEST, i), b = sw_rng_at(9, SW_RNG_TEST, i);
        augment(&contrast, &a, sw_size_square(SIDE), image, labels, alone, ignored);
        augment(&more, &b, sw_size_square(SIDE), image, labels, both, ignored);
        for (int k = 0; k < 3 * PIXELS; k++) cr_assert_float_eq(both[k], alone[k], 1e-5);
        cr_assert_eq(sw_rng_u32(&a), sw_rng_u32(&b), "both have drawn as many numbers");
        /* nor does a cut-out too small to move a pixel */
        sw_augment_config cut = {.contrast = 0.5f, .crop = 1e-7f};
        sw_rng d = sw_rng_at(9, SW_RNG_TEST, i);
        augment(&cut, &d, sw_size_square(SIDE), image, labels, both, ignored);
        for (int k = 0; k < 3 * PIXELS; k++) cr_assert_float_eq(both[k], alone[k], 1e-4);

        /* A flip of every image does not move the contrast that is drawn after it */
        sw_augment_config flipped = {.hflip = 1, .contrast = 0.5f};
        sw_rng c = sw_rng_at(9, SW_RNG_TEST, i);
        augment(&flipped, &c, sw_size_square(SIDE), image, labels, both, ignored);
        for (int y = 0; y < SIDE; y++)
            for (int k = 0; k < 3; k++)
                cr_assert_float_eq(both[3 * (y * SIDE) + k], alone[3 * (y * SIDE + SIDE - 1) + k], 1e-6);
    }
}

/* By hand, with the cursor alone: old experiments depend on it. */
Test(data_augment, the_eight_oldest_numbers_come_first)
{
    uint8_t image[3 * PIXELS], labels[PIXELS], found_labels[PIXELS], expected_labels[PIXELS];
    float found[3 * PIXELS], expected[3 * PIXELS];
    make_image(image, labels);
    const sw_augment_config config = {
        .hflip = 0.5f, .brightness = 0.4f, .contrast = 0.3f, .saturation = 0.2f, .hue = 0.1f, .crop = 0.5f};
    for (uint64_t i = 0; i < 50; i++) {
        sw_rng rng = sw_rng_at(12, SW_RNG_TEST, i), same = rng;
        bool flip = sw_rng_float(&rng) < 0.5f;
        float brightness = sw_rng_uniform(&rng, 1 - 0.4f, 1 + 0.4f);
        float contrast = sw_rng_uniform(&rng, 1 - 0.3f, 1 + 0.3f);
        float saturation = sw_rng_uniform(&rng, 1 - 0.2f, 1 + 0.2f);
        float hue = sw_rng_uniform(&rng, -0.1f, 0.1f), side = sw_rng_uniform(&rng, 1 - 0.5f, 1) * (float)SIDE;
        float left = sw_rng_uniform(&rng, 0, (float)SIDE - side),
              top = sw_rng_uniform(&rng, 0, (float)SIDE - side);
        sw_augment_crop((sw_crop){left, top, side, side}, sw_size_square(SIDE), image, labels, expected,
                        expected_labels);
        for (int y = 0; flip && y < SIDE; y++)
            for (int x = 0; x < SIDE / 2; x++) {
                int a = y * SIDE + x, b = y * SIDE + SIDE - 1 - x;
                uint8_t label = expected_labels[a];
                expected_labels[a] = expected_labels[b];
                expected_labels[b] = label;
                for (int c = 0; c < 3; c++) {
                    float value = expected[3 * a + c];
                    expected[3 * a + c] = expected[3 * b + c];
                    expected[3 * b + c] = value;
                }
            }
        sw_augment_adjust_brightness(expected, PIXELS, brightness);
        sw_augment_adjust_contrast(expected, PIXELS, contrast);
        sw_augment_adjust_saturation(expected, PIXELS, saturation);
        sw_augment_adjust_hue(expected, PIXELS, hue);
        augment(&config, &same, sw_size_square(SIDE), image, labels, found, found_labels);
        cr_assert_eq(memcmp(found, expected, sizeof found), 0, "image %d", (int)i);
        cr_assert_arr_eq(found_labels, expected_labels, PIXELS);
    }
}

Test(data_augment, the_vertical_flip_turns_image_and_labels_over)
{
    uint8_t image[3 * PIXELS], labels[PIXELS], out_labels[PIXELS], flat_labels[PIXELS];
    float out[3 * PIXELS], flat[3 * PIXELS];
    make_image(image, labels);
    const sw_augment_config plain = {.hflip = 0.5f, .contrast = 0.3f},
                            over = {.hflip = 0.5f, .vflip = 1, .contrast = 0.3f};
    for (uint64_t i = 0; i < 20; i++) {
        sw_rng a = sw_rng_at(3, SW_RNG_TEST, i), b = a;
        augment(&plain, &a, sw_size_square(SIDE), image, labels, flat, flat_labels);
        augment(&over, &b, sw_size_square(SIDE), image, labels, out, out_labels);
        for (int y = 0; y < SIDE; y++) {
            cr_assert_arr_eq(out_labels + y * SIDE, flat_labels + (SIDE - 1 - y) * SIDE, SIDE);
            for (int k = 0; k < 3 * SIDE; k++)
                cr_assert_float_eq(out[3 * y * SIDE + k], flat[3 * (SIDE - 1 - y) * SIDE + k], 1e-6);
        }
    }
}

Test(data_augment, cutouts_are_gray_rectangles_of_the_image_alone)
{
    enum { BIG = 40, COUNT = 3 };
    static uint8_t image[3 * BIG * BIG], labels[BIG * BIG], out_labels[BIG * BIG];
    static float out[3 * BIG * BIG];
    memset(image, 255, sizeof image);
    for (int i = 0; i < BIG * BIG; i++) labels[i] = (uint8_t)(i % 3);
    const sw_augment_config erase = {.cutout = 0.5f, .cutout_count = COUNT};
    int most = 0, least = BIG * BIG;
    for (uint64_t i = 0; i < 100; i++) {
        sw_rng rng = sw_rng_at(3, SW_RNG_TEST, i);
        augment(&erase, &rng, sw_size_square(BIG), image, labels, out, out_labels);
        cr_assert_arr_eq(out_labels, labels, BIG * BIG);
        int gray = 0;
        for (int p = 0; p < BIG * BIG; p++) {
            cr_assert(out[3 * p] == 1 || out[3 * p] == 0.5f);
            cr_assert(out[3 * p] == out[3 * p + 1] && out[3 * p] == out[3 * p + 2]);
            gray += out[3 * p] < 1;
        }
        most = gray > most ? gray : most;
        least = gray < least ? gray : least;
    }
    cr_assert(most > BIG * BIG / 4 && most <= COUNT * BIG * BIG / 4, "%d", most);
    cr_assert_lt(least, BIG * BIG / 20);
}

Test(data_augment, scale_rotation_and_crop_to_size_need_pictures)
{
    cr_expect_not(sw_augment_needs_pictures(&(sw_augment_config){0}));
    cr_expect_not(sw_augment_needs_pictures(&(sw_augment_config){.hflip = 1,
                                                                 .vflip = 1,
                                                                 .hue = 0.1f,
                                                                 .crop = 0.5f,
                                                                 .scale = {1, 1},
                                                                 .blur = 1,
                                                                 .noise = 1,
                                                                 .cutout = 1}));
    cr_expect(sw_augment_needs_pictures(&(sw_augment_config){.scale = {0.5f, 1}}));
    cr_expect(sw_augment_needs_pictures(&(sw_augment_config){.rotation = 1}));
    cr_expect(sw_augment_needs_pictures(&(sw_augment_config){.crop_to_size = true}));
}
