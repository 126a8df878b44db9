/* The double-precision references against central differences and against numbers worked out by hand. */
#include "check/reference.h"

#include <criterion/criterion.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "finite_difference.h"

enum { MOST = 4096 }; /* elements of the largest array here */

static void fill(double *values, size_t count, uint64_t seed)
{
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 0);
    for (size_t i = 0; i < count; i++) values[i] = sw_rng_uniform(&rng, -1, 1);
}

/* All different, by much more than a difference step: no maximum changes place when one of them moves. */
static void fill_apart(double *values, size_t count, uint64_t seed)
{
    uint32_t *order = malloc(count * sizeof *order);
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 1);
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    sw_rng_shuffle(&rng, order, count);
    for (size_t i = 0; i < count; i++) values[i] = 0.05 * ((double)order[i] - 0.5 * (double)count);
    free(order);
}

static double project(double *magnitude, const double *y, const double *r, size_t count)
{
    double sum = 0;
    *magnitude = 0;
    for (size_t i = 0; i < count; i++) {
        sum += r[i] * y[i];
        *magnitude += fabs(r[i] * y[i]);
    }
    return sum;
}

/* --- convolution ------------------------------------------------------------------------------- */

typedef struct conv_problem {
    sw_reference_conv conv;
    double x[MOST], weight[MOST], bias[8], r[MOST];
} conv_problem;

static double conv_objective(double *magnitude, const void *context)
{
    const conv_problem *p = context;
    double sum = 0;
    *magnitude = 0;
    sw_shape ys = sw_reference_conv_shape(&p->conv);
    for (int n = 0; n < ys.n; n++)
        for (int h = 0; h < ys.h; h++)
            for (int w = 0; w < ys.w; w++)
                for (int o = 0; o < ys.c; o++) {
                    sw_sum y = sw_reference_conv2d_y(&p->conv, p->x, p->weight, p->bias, n, h, w, o);
                    double r = p->r[sw_reference_index(ys, n, h, w, o)];
                    sum += r * y.value;
                    *magnitude += fabs(r) * y.magnitude;
                }
    return sum;
}

static void expect_gradients_of(const sw_reference_conv *conv)
{
    static conv_problem p;
    static double dx[MOST], dw[MOST], db[8];
    const int out_channels = conv->out_channels, kernel = conv->kernel;
    const bool depthwise = conv->depthwise;
    const sw_shape xs = conv->x;
    p.conv = *conv;
    sw_shape ws = {out_channels, depthwise ? 1 : xs.c, kernel, kernel};
    fill(p.x, sw_shape_elems(xs), 1);
    fill(p.weight, sw_shape_elems(ws), 2);
    fill(p.bias, (size_t)out_channels, 3);
    fill(p.r, sw_shape_elems(sw_reference_conv_shape(conv)), 4);
    for (int n = 0; n < xs.n; n++)
        for (int h = 0; h < xs.h; h++)
            for (int w = 0; w < xs.w; w++)
                for (int i = 0; i < xs.c; i++)
                    dx[sw_reference_index(xs, n, h, w, i)] =
                        sw_reference_conv2d_dx(&p.conv, p.r, p.weight, n, h, w, i).value;
    for (int o = 0; o < ws.n; o++) {
        db[o] = sw_reference_conv2d_db(&p.conv, p.r, o).value;
        for (int i = 0; i < ws.h; i++)
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < kernel; kx++)
                    dw[sw_reference_index(ws, o, i, ky, kx)] =
                        sw_reference_conv2d_dw(&p.conv, p.x, p.r, o, i, ky, kx).value;
    }
    fd_expect_gradient("dx", conv_objective, &p, p.x, dx, sw_shape_elems(xs));
    fd_expect_gradient("dw", conv_objective, &p, p.weight, dw, sw_shape_elems(ws));
    fd_expect_gradient("db", conv_objective, &p, p.bias, db, (size_t)out_channels);
}

static void expect_conv_gradients(sw_shape xs, int out_channels, int kernel, bool depthwise)
{
    const sw_reference_conv conv = {
        .x = xs, .out_channels = out_channels, .kernel = kernel, .depthwise = depthwise};
    expect_gradients_of(&conv);
}

static void expect_stepped_gradients(sw_shape xs, int kernel, int stride, int dilation, bool depthwise)
{
    const sw_reference_conv conv = {.x = xs,
                                    .out_channels = depthwise ? xs.c : 3,
                                    .kernel = kernel,
                                    .depthwise = depthwise,
                                    .stride = stride,
                                    .dilation = dilation};
    expect_gradients_of(&conv);
}

Test(reference, strided_and_dilated_gradients_agree_with_differences)
{
    for (int depthwise = 0; depthwise <= 1; depthwise++) {
        expect_stepped_gradients((sw_shape){2, 5, 6, 2}, 3, 2, 1, depthwise);
        expect_stepped_gradients((sw_shape){1, 6, 5, 2}, 3, 1, 2, depthwise);
        expect_stepped_gradients((sw_shape){1, 7, 8, 1}, 5, 3, 2, depthwise);
        expect_stepped_gradients((sw_shape){1, 4, 5, 2}, 1, 2, 1, depthwise);
        expect_stepped_gradients((sw_shape){1, 3, 2, 1}, 3, 4, 1, depthwise);
        expect_stepped_gradients((sw_shape){1, 4, 3, 2}, 3, 1, 6, depthwise); /* the middle tap alone */
    }
}

Test(reference, stride_skips_pixels_and_dilation_spreads_the_taps)
{
    /* a row of powers of ten, seen by taps of 1, 2 and 3: each output spells what it sees */
    const double x[] = {1, 10, 100, 1000, 10000}, taps[] = {0, 0, 0, 1, 2, 3, 0, 0, 0};
    const struct {
        int stride, dilation, count;
        double y[5];
    } cases[] = {{1, 1, 5, {32, 321, 3210, 32100, 21000}},
                 {2, 1, 3, {32, 3210, 21000}},
                 {4, 1, 2, {32, 21000}},
                 {5, 1, 1, {32}},
                 {1, 2, 5, {302, 3020, 30201, 2010, 20100}},
                 {2, 2, 3, {302, 30201, 20100}},
                 {1, 5, 5, {2, 20, 200, 2000, 20000}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sw_reference_conv conv = {.x = {1, 1, 5, 1},
                                        .out_channels = 1,
                                        .kernel = 3,
                                        .stride = cases[i].stride,
                                        .dilation = cases[i].dilation};
        cr_assert(sw_shape_equal(sw_reference_conv_shape(&conv), (sw_shape){1, 1, cases[i].count, 1}));
        for (int w = 0; w < cases[i].count; w++) {
            double y = sw_reference_conv2d_y(&conv, x, taps, NULL, 0, 0, w, 0).value;
            cr_expect_eq(y, cases[i].y[w], "case %zu, output %d is %.0f", i, w, y);
        }
    }
}

Test(reference, convolution_gradients_agree_with_differences)
{
    expect_conv_gradients((sw_shape){2, 5, 3, 2}, 3, 3, false);
    expect_conv_gradients((sw_shape){1, 1, 1, 3}, 2, 3, false);
    expect_conv_gradients((sw_shape){1, 7, 1, 1}, 1, 5, false);
    expect_conv_gradients((sw_shape){2, 3, 4, 3}, 2, 1, false);
    expect_conv_gradients((sw_shape){1, 4, 5, 1}, 2, 7, false);
}

Test(reference, depthwise_gradients_agree_with_differences)
{
    expect_conv_gradients((sw_shape){2, 5, 3, 3}, 3, 3, true);
    expect_conv_gradients((sw_shape){1, 4, 7, 2}, 2, 5, true);
}

Test(reference, depthwise_is_a_convolution_whose_weights_between_channels_are_zero)
{
    sw_shape xs = {1, 3, 4, 2};
    double x[24], own[18], full[36] = {0};
    fill(x, 24, 1);
    fill(own, 18, 2);
    for (int c = 0; c < 2; c++)
        for (int t = 0; t < 9; t++) full[(c * 2 + c) * 9 + t] = own[c * 9 + t];
    sw_reference_conv depthwise = {.x = xs, .out_channels = 2, .kernel = 3, .depthwise = true},
                      conv = {.x = xs, .out_channels = 2, .kernel = 3};
    for (int i = 0; i < 24; i++)
        cr_assert_eq(sw_reference_conv2d_y(&depthwise, x, own, NULL, 0, i / 8, i / 2 % 4, i % 2).value,
                     sw_reference_conv2d_y(&conv, x, full, NULL, 0, i / 8, i / 2 % 4, i % 2).value);
}

Test(reference, convolution_is_a_cross_correlation_with_zeros_outside)
{
    /* x = 1 2; 3 4 and a kernel whose taps are powers of ten: each output spells its window in decimal digits
     */
    const double x[] = {1, 2, 3, 4};
    const double taps[] = {1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1e0};
    const double expected[] = {12034, 120340, 12034000, 120340000};
    sw_reference_conv conv = {.x = {1, 2, 2, 1}, .out_channels = 1, .kernel = 3};
    for (int i = 0; i < 4; i++) {
        sw_sum y = sw_reference_conv2d_y(&conv, x, taps, NULL, 0, i / 2, i % 2, 0);
        cr_assert_eq(y.value, expected[i], "output %d is %.0f", i, y.value);
        cr_assert_eq(y.terms, 4);
        cr_assert_eq(y.magnitude, expected[i]);
    }
}

Test(reference, weights_are_output_channel_first)
{
    const double x[] = {1, 10};                 /* one pixel, two channels */
    const double weight[] = {1, 2, 3, 4, 5, 6}; /* (3,2,1,1) */
    const double bias[] = {100, 200, 300};
    const double expected[] = {121, 243, 365};
    sw_reference_conv conv = {.x = {1, 1, 1, 2}, .out_channels = 3, .kernel = 1};
    for (int o = 0; o < 3; o++)
        cr_assert_eq(sw_reference_conv2d_y(&conv, x, weight, bias, 0, 0, 0, o).value, expected[o]);
}

Test(reference, gemm_honours_transposes_and_row_lengths)
{
    /* A = 1 2 3; 4 5 6 and B = 1 2; 3 4; 5 6 stored in rows of length 4, plainly and transposed; 99 is never
     * read */
    const double a[] = {1, 2, 3, 99, 4, 5, 6, 99}, at[] = {1, 4, 99, 99, 2, 5, 99, 99, 3, 6, 99, 99};
    const double b[] = {1, 2, 99, 99, 3, 4, 99, 99, 5, 6, 99, 99}, bt[] = {1, 3, 5, 99, 2, 4, 6, 99};
    const double expected[] = {22, 28, 49, 64};
    for (size_t i = 0; i < 4; i++) {
        size_t row = i / 2, column = i % 2;
        cr_assert_eq(sw_reference_gemm(false, false, 3, a, 4, b, 4, 0, NAN, row, column).value, expected[i]);
        cr_assert_eq(sw_reference_gemm(true, false, 3, at, 4, b, 4, 0, NAN, row, column).value, expected[i]);
        cr_assert_eq(sw_reference_gemm(false, true, 3, a, 4, bt, 4, 1, 1000, row, column).value,
                     1000 + expected[i]);
        cr_assert_eq(sw_reference_gemm(true, true, 3, at, 4, bt, 4, 1, -1, row, column).value,
                     expected[i] - 1);
    }
}

/* --- batch norm -------------------------------------------------------------------------------- */

typedef struct norm_problem {
    sw_shape s;
    double x[MOST], r[MOST], gamma[8], beta[8];
    const uint8_t *passed; /* held fixed, so that the objective is smooth */
} norm_problem;

static const double norm_eps = 1e-3;

static double norm_objective(double *magnitude, const void *context)
{
    const norm_problem *p = context;
    static double y[MOST], masked[MOST];
    double mean[8], variance[8];
    sw_reference_batchnorm_statistics(mean, variance, p->x, p->s);
    sw_reference_batchnorm_y(y, p->x, p->s, mean, variance, p->gamma, p->beta, norm_eps, false);
    for (size_t i = 0; i < sw_shape_elems(p->s); i++) masked[i] = p->passed && !p->passed[i] ? 0 : y[i];
    return project(magnitude, masked, p->r, sw_shape_elems(p->s));
}

static void expect_norm_gradients(sw_shape s, bool relu)
{
    static norm_problem p;
    static double y[MOST], dx[MOST];
    static uint8_t passed[MOST];
    double mean[8], variance[8], dgamma[8], dbeta[8];
    p.s = s;
    fill(p.x, sw_shape_elems(s), 1);
    fill(p.r, sw_shape_elems(s), 2);
    fill(p.gamma, (size_t)s.c, 3);
    for (int c = 0; c < s.c; c++) p.beta[c] = 0.1 * (c + 1); /* ReLU cuts some, not all */
    sw_reference_batchnorm_statistics(mean, variance, p.x, s);
    sw_reference_batchnorm_y(y, p.x, s, mean, variance, p.gamma, p.beta, norm_eps, relu);
    size_t cut = 0;
    for (size_t i = 0; i < sw_shape_elems(s); i++) {
        passed[i] = y[i] > 0;
        cut += !passed[i];
    }
    p.passed = relu ? passed : NULL;
    cr_assert(!relu || (cut > 0 && cut < sw_shape_elems(s)));
    sw_reference_batchnorm_backward(dx, dgamma, dbeta, p.x, p.r, s, mean, variance, p.gamma, norm_eps,
                                    p.passed);
    fd_expect_gradient("dx", norm_objective, &p, p.x, dx, sw_shape_elems(s));
    fd_expect_gradient("dgamma", norm_objective, &p, p.gamma, dgamma, (size_t)s.c);
    fd_expect_gradient("dbeta", norm_objective, &p, p.beta, dbeta, (size_t)s.c);
}

Test(reference, batch_norm_gradients_agree_with_differences)
{
    expect_norm_gradients((sw_shape){2, 3, 5, 3}, false);
    expect_norm_gradients((sw_shape){2, 3, 5, 3}, true);
    expect_norm_gradients((sw_shape){1, 7, 7, 1}, true);
    expect_norm_gradients((sw_shape){7, 1, 1, 2}, false);
}

Test(reference, running_variance_is_unbiased_and_the_normalising_one_is_not)
{
    const double x[] = {1, 3}; /* mean 2, biased variance 1, unbiased 2 */
    double mean, variance, running_mean = 10, running_variance = 20, y[2], one = 1, zero = 0;
    sw_shape s = {2, 1, 1, 1};
    sw_reference_batchnorm_statistics(&mean, &variance, x, s);
    cr_assert_eq(mean, 2);
    cr_assert_eq(variance, 1);
    sw_reference_batchnorm_running(&running_mean, &running_variance, &mean, &variance, 0.25, s);
    cr_assert_eq(running_mean, 8);
    cr_assert_eq(running_variance, 15.5);
    sw_reference_batchnorm_y(y, x, s, &mean, &variance, &one, &zero, 0, true);
    cr_assert_eq(y[0], 0); /* -1 cut by ReLU */
    cr_assert_eq(y[1], 1);
}

/* --- pooling ----------------------------------------------------------------------------------- */

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

/* --- losses ------------------------------------------------------------------------------------ */

typedef struct loss_problem {
    sw_reference_loss loss;
    size_t pixels;
    double logits[MOST];
    uint8_t labels[MOST];
} loss_problem;

static double loss_objective(double *magnitude, const void *context)
{
    const loss_problem *p = context;
    double loss = sw_reference_loss_run(NULL, &p->loss, p->logits, p->labels, p->pixels);
    *magnitude = fabs(loss) + 1; /* log-sum-exp cancels against logits of magnitude 1 */
    return loss;
}

static void expect_loss_gradients(int classes, double gamma, int ignore_index, const double *weights)
{
    static loss_problem p;
    static double dlogits[MOST];
    p.loss = (sw_reference_loss){
        .classes = classes, .gamma = gamma, .ignore_index = ignore_index, .weights = weights};
    p.pixels = 35;
    size_t count = p.pixels * (size_t)classes;
    fill(p.logits, count, 1);
    sw_rng rng = sw_rng_at(2, SW_RNG_TEST, 0);
    for (size_t i = 0; i < p.pixels; i++) p.labels[i] = (uint8_t)sw_rng_below(&rng, (uint32_t)classes);
    p.labels[3] = 255;
    sw_reference_loss_run(dlogits, &p.loss, p.logits, p.labels, p.pixels);
    fd_expect_gradient("dlogits", loss_objective, &p, p.logits, dlogits, count);
    for (int k = 0; k < classes; k++)
        cr_assert_eq(dlogits[3 * classes + k], 0, "an ignored pixel has a gradient");
}

Test(reference, loss_gradients_agree_with_differences)
{
    const double weights[] = {0.5, 2, 1.25, 0.75, 3};
    expect_loss_gradients(3, 0, -1, NULL);
    expect_loss_gradients(3, 0, 1, weights);
    expect_loss_gradients(3, 2, -1, NULL);
    expect_loss_gradients(5, 2, 0, weights);
    expect_loss_gradients(2, 0.5, -1, weights);
    expect_loss_gradients(3, 1, 255, NULL);
    expect_loss_gradients(3, 3.7, -1, weights);
}

static void expect_near(double found, double expected)
{
    cr_assert(fabs(found - expected) <= 8 * DBL_EPSILON * fabs(expected), "%.17g instead of %.17g", found,
              expected);
}

Test(reference, losses_of_simple_logits_are_known)
{
    const double even[] = {7, 7, 7, 7};
    const uint8_t label = 2, ignored = 1;
    sw_reference_loss loss = {.classes = 4, .ignore_index = -1};
    expect_near(sw_reference_loss_run(NULL, &loss, even, &label, 1), log(4));
    loss.gamma = 2; /* (3/4)^2 log 4 */
    expect_near(sw_reference_loss_run(NULL, &loss, even, &label, 1), 0.5625 * log(4));
    loss.gamma = 0;

    const double far[] = {1000, 0, -1000, 0};
    double gradient[4];
    cr_assert_eq(sw_reference_loss_run(gradient, &loss, far, &label, 1), 2000);
    cr_assert(gradient[0] == 1 && gradient[2] == -1);

    loss.ignore_index = 1;
    cr_assert_eq(sw_reference_loss_run(gradient, &loss, far, &ignored, 1), 0, "all ignored");
    for (int k = 0; k < 4; k++) cr_assert_eq(gradient[k], 0);
}

Test(reference, class_weights_divide_by_their_own_sum)
{
    const double logits[] = {0, 0, 1,
                             3}; /* ce: log 2 for the first pixel; label 0 of the second: 2 + log(1+e^-2) */
    const uint8_t labels[] = {1, 0};
    const double weights[] = {3, 1};
    sw_reference_loss loss = {.classes = 2, .ignore_index = -1, .weights = weights};
    expect_near(sw_reference_loss_run(NULL, &loss, logits, labels, 2),
                (log(2) + 3 * (2 + log1p(exp(-2)))) / 4);
}

/* --- optimisers -------------------------------------------------------------------------------- */

static const sw_reference_update adam = {.kind = SW_OPT_ADAM, .beta1 = 0.5, .beta2 = 0.75, .eps = 0.125};

Test(reference, adam_with_a_constant_gradient_always_takes_the_same_step)
{
    /* bias correction makes the mean of a constant that constant: lr g / (|g| + eps) at every step */
    double p = 1, m = 0, v = 0, g = -3;
    for (uint64_t step = 1; step <= 20; step++) {
        double before = p;
        sw_reference_update_run(&p, &m, &v, &g, 1, &adam, 0.25, step, NULL);
        cr_assert(fabs(p - before - 0.25 * 3 / 3.125) < 1e-14, "step %d moved by %.17g", (int)step,
                  p - before);
    }
}

Test(reference, adam_weighs_gradients_by_age)
{
    const double g[] = {1, -2, 4};
    double p = 0, m = 0, v = 0;
    for (uint64_t step = 1; step <= 3; step++)
        sw_reference_update_run(&p, &m, &v, &g[step - 1], 1, &adam, 0, step, NULL);
    cr_assert_eq(m, 0.125 * 1 + 0.25 * -2 + 0.5 * 4);
    cr_assert_eq(v, 0.25 * (0.5625 * 1 + 0.75 * 4 + 16));
}

Test(reference, adam_decays_through_the_gradient_and_adamw_beside_it)
{
    sw_reference_update config = adam;
    config.weight_decay = 0.5;
    double p = 2, q = 2, m[2] = {0}, v[2] = {0}, g = 1, g_with_decay = 1 + 0.5 * 2;
    sw_reference_update_run(&p, &m[0], &v[0], &g, 1, &config, 0.25, 1, NULL);
    sw_reference_update_run(&q, &m[1], &v[1], &g_with_decay, 1, &adam, 0.25, 1, NULL);
    cr_assert_eq(p, q);

    double zero = 0, w = 2, wm = 0, wv = 0;
    config.kind = SW_OPT_ADAMW;
    for (uint64_t step = 1; step <= 3; step++)
        sw_reference_update_run(&w, &wm, &wv, &zero, 1, &config, 0.25, step, NULL);
    cr_assert_eq(w, 2 * 0.875 * 0.875 * 0.875);
}

Test(reference, sgd_with_momentum_and_nesterov)
{
    sw_reference_update config = {.kind = SW_OPT_SGD};
    double p = 1, m = 0, g = 2;
    sw_reference_update_run(&p, NULL, NULL, &g, 1, &config, 0.25, 1, NULL);
    cr_assert_eq(p, 0.5);

    config.momentum = 0.5;
    p = 1;
    for (uint64_t step = 1; step <= 2; step++)
        sw_reference_update_run(&p, &m, NULL, &g, 1, &config, 0.25, step, NULL);
    cr_assert_eq(m, 3); /* 2, then 1 + 2 */
    cr_assert_eq(p, 1 - 0.25 * (2 + 3));

    config.nesterov = true;
    p = 1;
    m = 0;
    for (uint64_t step = 1; step <= 2; step++)
        sw_reference_update_run(&p, &m, NULL, &g, 1, &config, 0.25, step, NULL);
    cr_assert_eq(p, 1 - 0.25 * ((2 + 0.5 * 2) + (2 + 0.5 * 3)));

    config = (sw_reference_update){.kind = SW_OPT_SGD, .weight_decay = 0.5};
    double moved;
    p = -4;
    sw_reference_update_run(&p, NULL, NULL, &g, 1, &config, 0.25, 1, &moved);
    cr_assert_eq(p, -4);           /* decay cancels the gradient */
    cr_assert_eq(moved, 0.25 * 4); /* but not its rounding error */
}

/* --- metrics ----------------------------------------------------------------------------------- */

Test(reference, metrics_of_four_pixels_are_known)
{
    const double logits[] = {0, 0, 0, 1, 1, 0, 0, 0, 5, 2, 9, 9};
    const uint8_t labels[] = {0, 1, 1, 2};
    uint32_t confusion[9];
    const uint32_t expected[] = {1, 0, 0, 1, 0, 1, 0, 1, 0}; /* rows truth, columns prediction */
    uint8_t predictions[4];
    double soft[2];
    sw_reference_metrics(confusion, soft, predictions, logits, labels, 4, 3, -1);
    const uint8_t arg_max[] = {0, 0, 2, 1};
    cr_assert_arr_eq(predictions, arg_max, sizeof arg_max, "the lowest class wins ties");
    cr_assert_arr_eq(confusion, expected, sizeof expected);
    cr_assert(soft[1] > soft[0] && fabs(soft[0] + soft[1] - 8) < 1e-12,
              "truth and softmax each sum to 1 a pixel");

    sw_reference_metrics(confusion, soft, predictions, logits, labels, 4, 3, 1);
    cr_assert_eq(confusion[0] + confusion[7], 2, "pixels of class 1 are left out");
    cr_assert(fabs(soft[0] + soft[1] - 4) < 1e-12);
    expect_near(soft[0], 1.0 / 3 + 1 / (2 + exp(-7)));
}
