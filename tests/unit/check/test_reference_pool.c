/* The references of pooling, unpooling and upsampling against central differences and against numbers worked
 * out by hand. */
#include <criterion/criterion.h>

#include "check/reference.h"
#include "finite_difference.h"
#include "reference_case.h"

enum { MOST = 4096 }; /* elements of the largest array here */

typedef enum pool_kind { MAX_POOL, MAX_UNPOOL, AVERAGE_POOL, UPSAMPLE } pool_kind;

typedef struct pool_problem {
    pool_kind kind;
    sw_shape xs;
    int height, width;
    double x[MOST], r[MOST];
    uint8_t offsets[MOST];
} pool_problem;

static size_t pool_forward(double *y, const pool_problem *p)
{
    uint8_t offsets[MOST];
    sw_shape pooled = sw_reference_pool_shape(p->xs), grown = {p->xs.n, p->height, p->width, p->xs.c};
    switch (p->kind) {
    case MAX_POOL:
        sw_reference_max_pool(y, offsets, p->x, p->xs);
        return sw_shape_elems(pooled);
    case MAX_UNPOOL:
        sw_reference_max_unpool(y, p->x, p->offsets, p->xs, p->height, p->width);
        break;
    case AVERAGE_POOL:
        sw_reference_average_pool(y, p->x, p->xs);
        return sw_shape_elems(pooled);
    case UPSAMPLE:
        sw_reference_upsample(y, p->x, p->xs, p->height, p->width);
        break;
    }
    return sw_shape_elems(grown);
}

static double pool_objective(double *magnitude, const void *context)
{
    const pool_problem *p = context;
    static double y[MOST];
    size_t count = pool_forward(y, p);
    return project(magnitude, y, p->r, count);
}

static void expect_pool_gradients(pool_kind kind, sw_shape xs, int height, int width)
{
    static pool_problem p;
    static double y[MOST], dx[MOST];
    p = (pool_problem){.kind = kind, .xs = xs, .height = height, .width = width};
    sw_rng rng = sw_rng_at(5, SW_RNG_TEST, 0);
    for (size_t i = 0; i < MOST; i++) p.offsets[i] = (uint8_t)sw_rng_below(&rng, 4);
    fill_apart(p.x, sw_shape_elems(xs), 1);
    fill(p.r, MOST, 2);
    switch (kind) {
    case MAX_POOL:
        sw_reference_max_pool(y, p.offsets, p.x, xs);
        sw_reference_max_pool_backward(dx, p.r, p.offsets, xs);
        break;
    case MAX_UNPOOL:
        sw_reference_max_unpool_backward(dx, p.r, p.offsets, xs, height, width);
        break;
    case AVERAGE_POOL:
        sw_reference_average_pool_backward(dx, p.r, xs);
        break;
    case UPSAMPLE:
        sw_reference_upsample_backward(dx, p.r, xs, height, width);
        break;
    }
    fd_expect_gradient("dx", pool_objective, &p, p.x, dx, sw_shape_elems(xs));
}

Test(reference, pooling_gradients_agree_with_differences)
{
    expect_pool_gradients(MAX_POOL, (sw_shape){2, 4, 6, 3}, 0, 0);
    expect_pool_gradients(MAX_POOL, (sw_shape){1, 7, 5, 2}, 0, 0);
    expect_pool_gradients(MAX_UNPOOL, (sw_shape){2, 2, 3, 3}, 4, 6);
    expect_pool_gradients(MAX_UNPOOL, (sw_shape){1, 3, 2, 1}, 7, 5);
    expect_pool_gradients(AVERAGE_POOL, (sw_shape){2, 4, 6, 3}, 0, 0);
    expect_pool_gradients(AVERAGE_POOL, (sw_shape){1, 7, 5, 2}, 0, 0);
    expect_pool_gradients(UPSAMPLE, (sw_shape){2, 2, 3, 3}, 4, 6);
    expect_pool_gradients(UPSAMPLE, (sw_shape){1, 3, 1, 2}, 7, 3);
}

typedef struct window_problem {
    sw_reference_window window;
    bool average;
    sw_shape xs;
    double x[MOST], r[MOST];
} window_problem;

static double window_objective(double *magnitude, const void *context)
{
    const window_problem *p = context;
    static double y[MOST];
    static uint8_t offsets[MOST];
    if (p->average)
        sw_reference_window_average(y, p->x, p->xs, &p->window);
    else
        sw_reference_window_max(y, offsets, p->x, p->xs, &p->window);
    return project(magnitude, y, p->r, sw_shape_elems(sw_reference_window_shape(&p->window, p->xs)));
}

static void expect_window_gradients(sw_reference_window window, sw_shape xs)
{
    static window_problem p;
    static double y[MOST], dx[MOST];
    static uint8_t offsets[MOST];
    p = (window_problem){.window = window, .xs = xs};
    fill_apart(p.x, sw_shape_elems(xs), 1);
    fill(p.r, MOST, 2);
    sw_reference_window_max(y, offsets, p.x, xs, &window);
    sw_reference_window_max_backward(dx, p.r, offsets, xs, &window);
    fd_expect_gradient("dx of the maxima", window_objective, &p, p.x, dx, sw_shape_elems(xs));
    p.average = true;
    sw_reference_window_average_backward(dx, p.r, xs, &window);
    fd_expect_gradient("dx of the means", window_objective, &p, p.x, dx, sw_shape_elems(xs));
}

Test(reference, gradients_of_any_windows_agree_with_differences)
{
    expect_window_gradients((sw_reference_window){2, 2, 0, true}, (sw_shape){2, 5, 6, 3});
    expect_window_gradients((sw_reference_window){3, 2, 1, false}, (sw_shape){2, 5, 6, 3});
    expect_window_gradients((sw_reference_window){3, 2, 1, true}, (sw_shape){1, 6, 7, 2});
    expect_window_gradients((sw_reference_window){3, 1, 1, false}, (sw_shape){1, 4, 5, 2});
    expect_window_gradients((sw_reference_window){3, 3, 0, true}, (sw_shape){1, 7, 8, 1});
}

Test(reference, windows_of_2x2_that_are_inside_are_the_plain_pools)
{
    const sw_reference_window window = {2, 2, 0, false};
    const sw_shape xs = {2, 5, 7, 3}, ys = sw_reference_pool_shape(xs);
    double x[210], plain[36], y[36];
    uint8_t plain_offsets[36], offsets[36];
    cr_assert(sw_shape_equal(sw_reference_window_shape(&window, xs), ys));
    fill(x, 210, 1);
    sw_reference_max_pool(plain, plain_offsets, x, xs);
    sw_reference_window_max(y, offsets, x, xs, &window);
    cr_assert_arr_eq(y, plain, sizeof y);
    cr_assert_arr_eq(offsets, plain_offsets, sizeof offsets);
    sw_reference_average_pool(plain, x, xs);
    sw_reference_window_average(y, x, xs, &window);
    cr_assert_arr_eq(y, plain, sizeof y);
}

Test(reference, what_is_outside_is_no_maximum_and_counts_for_no_mean)
{
    const double x[] = {-1, -2, -3, -4, -5, -6, -7, -8, -9}, maxima[] = {-1, -3, -7, -9};
    const double means[] = {-3, -4.5, -7.5, -9};
    const sw_reference_window window = {2, 2, 0, true}, padded = {3, 2, 1, false};
    const uint8_t places[] = {0, 0, 0, 0}, padded_places[] = {4, 3, 1, 0};
    double y[4];
    uint8_t offsets[4];
    sw_reference_window_max(y, offsets, x, (sw_shape){1, 3, 3, 1}, &window);
    cr_assert_arr_eq(y, maxima, sizeof y);
    cr_assert_arr_eq(offsets, places, sizeof offsets);
    sw_reference_window_average(y, x, (sw_shape){1, 3, 3, 1}, &window);
    cr_assert_arr_eq(y, means, sizeof y);
    sw_reference_window_max(y, offsets, x, (sw_shape){1, 3, 3, 1}, &padded);
    cr_assert_arr_eq(offsets, padded_places, sizeof offsets);
}

static void expect_window(const double window[4], uint8_t offset)
{
    double y;
    uint8_t found;
    sw_reference_max_pool(&y, &found, window, (sw_shape){1, 2, 2, 1});
    cr_assert_eq(found, offset, "window %g %g %g %g: offset %d instead of %d", window[0], window[1],
                 window[2], window[3], found, offset);
    cr_assert(y == window[offset] || (isnan(y) && isnan(window[offset])));
}

Test(reference, the_first_maximum_wins_and_nan_wins_over_numbers)
{
    expect_window((double[]){0, 0, 0, 0}, 0);
    expect_window((double[]){-1, 2, 2, 1}, 1);
    expect_window((double[]){-4, -3, -2, -1}, 3);
    expect_window((double[]){-INFINITY, -INFINITY, -INFINITY, -INFINITY}, 0);
    expect_window((double[]){5, NAN, 7, 9}, 1);
    expect_window((double[]){NAN, 1, 2, 3}, 0);
    expect_window((double[]){1, 2, INFINITY, NAN}, 3);
    double y;
    uint8_t offset;
    sw_reference_max_pool(&y, &offset, (double[]){NAN, NAN, NAN, NAN}, (sw_shape){1, 2, 2, 1});
    cr_assert(isnan(y) && offset < 4);
}

Test(reference, offsets_are_packed_sixteen_to_a_word)
{
    uint8_t offsets[2 * 17];
    for (int i = 0; i < 2 * 17; i++) offsets[i] = (uint8_t)(i % 4);
    uint32_t words[4];
    sw_reference_pack_offsets(words, offsets, (sw_shape){1, 1, 2, 17});
    cr_assert_eq(words[0], 0xe4e4e4e4u); /* 3 2 1 0 in each byte */
    cr_assert_eq(words[1], 0u);          /* channel 16 of the first pixel: 16 % 4 */
    cr_assert_eq(words[2], 0x39393939u); /* the second pixel starts at 17 % 4 = 1: 0 3 2 1 */
    cr_assert_eq(words[3], 1u);
}

Test(reference, upsampling_to_an_odd_size_repeats_the_last_row_and_column)
{
    const double x[] = {1, 2, 3, 4};
    const double expected[] = {1, 1, 2, 2, 2, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 3, 3, 4, 4, 4, 3, 3, 4, 4, 4};
    double y[25];
    sw_reference_upsample(y, x, (sw_shape){1, 2, 2, 1}, 5, 5);
    cr_assert_arr_eq(y, expected, sizeof y);
}
