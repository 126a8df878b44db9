/* Blur, noise and erased rectangles. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "augment_filter.h"

enum { HEIGHT = 9, WIDTH = 14, VALUES = 3 * HEIGHT * WIDTH };

static void make_image(float *rgb)
{
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 0);
    for (int i = 0; i < VALUES; i++) rgb[i] = sw_rng_float(&rng);
}

static int clamp(int value, int last)
{
    return value < 0 ? 0 : value > last ? last : value;
}

/* The two-dimensional sum, in double precision. */
static double blurred(const float *rgb, int y, int x, int c, double sigma)
{
    int radius = (int)ceil(3 * sigma);
    double sum = 0, weights = 0;
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            double weight = exp(-0.5 * (dx * dx + dy * dy) / (sigma * sigma));
            sum +=
                weight * (double)rgb[3 * (clamp(y + dy, HEIGHT - 1) * WIDTH + clamp(x + dx, WIDTH - 1)) + c];
            weights += weight;
        }
    return sum / weights;
}

Test(data_filter, blur_is_a_gaussian_with_repeated_edges)
{
    filter_place place = {0};
    static const float sigmas[] = {0.25f, 0.5f, 1.3f, 4};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        float before[VALUES], after[VALUES];
        make_image(before);
        memcpy(after, before, sizeof after);
        cr_assert_eq(filter_blur(after, (sw_size){HEIGHT, WIDTH}, sigmas[i], &place), SW_OK);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                for (int c = 0; c < 3; c++)
                    cr_assert_float_eq((double)after[3 * (y * WIDTH + x) + c],
                                       blurred(before, y, x, c, (double)sigmas[i]), 1e-6);
    }
    filter_place_deinit(&place);
}

Test(data_filter, no_blur_changes_nothing)
{
    filter_place place = {0};
    float before[VALUES], after[VALUES];
    make_image(before);
    memcpy(after, before, sizeof after);
    cr_assert_eq(filter_blur(after, (sw_size){HEIGHT, WIDTH}, 0, &place), SW_OK);
    cr_assert_arr_eq(after, before, sizeof before);
}

Test(data_filter, noise_has_the_spread_that_was_asked_for)
{
    enum { COUNT = 300000 };
    static float values[COUNT];
    for (int i = 0; i < COUNT; i++) values[i] = 0.5f;
    sw_rng rng = sw_rng_at(5, SW_RNG_TEST, 0);
    filter_noise(values, COUNT, 0.1f, &rng);
    double sum = 0, squares = 0, together = 0, beyond_one = 0;
    for (int i = 0; i < COUNT; i++) {
        double z = ((double)values[i] - 0.5) / 0.1;
        sum += z;
        squares += z * z;
        if (i) together += z * ((double)values[i - 1] - 0.5) / 0.1;
        beyond_one += fabs(z) > 1;
    }
    cr_assert_float_eq(sum / COUNT, 0, 0.008);
    cr_assert_float_eq(squares / COUNT, 1, 0.01);
    cr_assert_float_eq(together / COUNT, 0, 0.008, "neighbours depend on each other");
    cr_assert_float_eq(beyond_one / COUNT, 0.3173, 0.015, "a Gaussian has 31.7 %% beyond one sigma");
}

Test(data_filter, noise_stays_in_range_and_follows_its_cursor)
{
    float first[VALUES], again[VALUES], other[VALUES];
    make_image(first);
    memcpy(again, first, sizeof first);
    memcpy(other, first, sizeof first);
    sw_rng one = sw_rng_at(5, SW_RNG_TEST, 0), two = one, three = sw_rng_at(5, SW_RNG_TEST, 1);
    filter_noise(first, VALUES, 0.7f, &one);
    filter_noise(again, VALUES, 0.7f, &two);
    filter_noise(other, VALUES, 0.7f, &three);
    cr_assert_arr_eq(first, again, sizeof first);
    cr_assert_arr_neq(first, other, sizeof first);
    for (int i = 0; i < VALUES; i++) cr_assert(first[i] >= 0 && first[i] <= 1);
}

Test(data_filter, a_rectangle_is_erased_and_nothing_around_it)
{
    static const sw_rect rects[] = {{2, 3, 4, 5}, {-3, -1, 5, 4}, {10, 6, 40, 40}, {5, 5, 0, 3}};
    const float colour[3] = {0.25f, 0.5f, 0.75f};
    for (size_t i = 0; i < sizeof rects / sizeof rects[0]; i++) {
        float before[VALUES], after[VALUES];
        make_image(before);
        memcpy(after, before, sizeof after);
        filter_erase(after, (sw_size){HEIGHT, WIDTH}, rects[i], colour);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                bool inside = x >= rects[i].left && x < rects[i].left + rects[i].width && y >= rects[i].top &&
                              y < rects[i].top + rects[i].height;
                for (int c = 0, at = 3 * (y * WIDTH + x); c < 3; c++)
                    cr_assert_eq(after[at + c], inside ? colour[c] : before[at + c]);
            }
    }
}
