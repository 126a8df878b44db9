/* The double-precision references of activations, dropout and the norms of one image, against central
 * differences and against numbers worked out by hand. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check/reference.h"
#include "finite_difference.h"

enum { MOST = 1024, MOST_CHANNELS = 16 };

static void fill(double *values, size_t count, uint64_t seed, float low, float high)
{
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 0);
    for (size_t i = 0; i < count; i++) values[i] = sw_rng_uniform(&rng, low, high);
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

/* --- activations ------------------------------------------------------------------------------- */

typedef struct activation_problem {
    sw_reference_activation_kind kind;
    double x[64];
} activation_problem;

static double activation_objective(double *magnitude, const void *context)
{
    const activation_problem *p = context;
    double y[64], ones[64];
    for (int i = 0; i < 64; i++) {
        y[i] = sw_reference_activation(p->kind, p->x[i], 0.3);
        ones[i] = 1;
    }
    return project(magnitude, y, ones, 64);
}

Test(reference_pointwise, slopes_of_activations_agree_with_differences)
{
    const sw_reference_activation_kind kinds[] = {SW_REFERENCE_RELU, SW_REFERENCE_LEAKY_RELU,
                                                  SW_REFERENCE_SIGMOID, SW_REFERENCE_SILU};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        activation_problem p = {.kind = kinds[k]};
        double slopes[64];
        for (int i = 0; i < 64; i++) p.x[i] = (i - 31.5) / 8; /* -4..4, none at 0, where two of them bend */
        for (int i = 0; i < 64; i++) slopes[i] = sw_reference_activation_slope(p.kind, p.x[i], 0.3);
        fd_expect_gradient("dx", activation_objective, &p, p.x, slopes, 64);
    }
}

Test(reference_pointwise, the_slope_at_0_is_that_of_the_negative_side)
{
    cr_assert_eq(sw_reference_activation_slope(SW_REFERENCE_RELU, 0, 0.3), 0);
    cr_assert_eq(sw_reference_activation_slope(SW_REFERENCE_LEAKY_RELU, 0, 0.3), 0.3);
    cr_assert_eq(sw_reference_activation(SW_REFERENCE_SIGMOID, 0, 0), 0.5);
    cr_assert_eq(sw_reference_activation(SW_REFERENCE_SILU, 0, 0), 0);
    cr_assert_eq(sw_reference_activation_slope(SW_REFERENCE_SILU, 0, 0), 0.5);
}

/* --- dropout ----------------------------------------------------------------------------------- */

Test(reference_pointwise, a_channel_is_dropped_as_a_whole_and_what_stays_is_scaled)
{
    const sw_shape s = {4, 3, 5, 8};
    const sw_reference_drop drop = {
        .rate = 0.75f, .channels = true, .stream = SW_RNG_DROPOUT, .seed = 1, .step = 2, .node = 3};
    double x[480], y[480];
    int dropped = 0;
    for (int i = 0; i < 480; i++) x[i] = i + 1;
    sw_reference_dropout(y, x, s, &drop);
    for (int n = 0; n < s.n; n++)
        for (int c = 0; c < s.c; c++) {
            const bool gone = y[sw_reference_index(s, n, 0, 0, c)] == 0;
            dropped += gone;
            for (int p = 0; p < s.h * s.w; p++) {
                const size_t i = sw_reference_index(s, n, p / s.w, p % s.w, c);
                cr_assert_eq(y[i], gone ? 0 : 4 * x[i]);
            }
        }
    cr_assert(dropped > 12 && dropped < 32, "%d of 32 channels are gone",
              dropped); /* 24 +- 2.4 are expected */
}

Test(reference_pointwise, draws_of_values_are_those_of_the_generator_in_their_order)
{
    const sw_shape s = {2, 3, 5, 7};
    const sw_reference_drop drop = {.rate = 0.5f, .stream = SW_RNG_DROPOUT, .seed = 5, .step = 6, .node = 7};
    double x[210], y[210];
    sw_rng rng = sw_rng_at(5, SW_RNG_DROPOUT, (6 << 16) + 7);
    for (int i = 0; i < 210; i++) x[i] = 1;
    sw_reference_dropout(y, x, s, &drop);
    for (int i = 0; i < 210; i++) cr_assert_eq(y[i], sw_rng_u32(&rng) < 0x80000000u ? 0 : 2);
}

/* --- group norm -------------------------------------------------------------------------------- */

typedef struct group_problem {
    sw_shape s;
    int groups;
    double x[MOST], r[MOST], gamma[MOST_CHANNELS], beta[MOST_CHANNELS];
    const uint8_t *passed; /* held fixed, so that the objective is smooth */
} group_problem;

static sw_reference_group_norm norm_of(const group_problem *p, bool relu)
{
    return (sw_reference_group_norm){
        .groups = p->groups, .eps = 1e-3, .relu = relu, .gamma = p->gamma, .beta = p->beta};
}

static double group_objective(double *magnitude, const void *context)
{
    const group_problem *p = context;
    const sw_reference_group_norm norm = norm_of(p, false);
    double mean[64], variance[64], y[MOST];
    const size_t elems = sw_shape_elems(p->s);
    sw_reference_group_norm_statistics(mean, variance, p->x, p->s, p->groups);
    sw_reference_group_norm_y(y, p->x, p->s, &norm, mean, variance);
    for (size_t i = 0; p->passed && i < elems; i++) y[i] = p->passed[i] ? y[i] : 0;
    return project(magnitude, y, p->r, elems);
}

static void expect_group_gradients(sw_shape s, int groups, bool relu)
{
    group_problem p = {.s = s, .groups = groups};
    double mean[64], variance[64], y[MOST], dx[MOST], dgamma[MOST_CHANNELS], dbeta[MOST_CHANNELS];
    uint8_t passed[MOST];
    const size_t elems = sw_shape_elems(s);
    fill(p.x, elems, 1, -1, 1);
    fill(p.r, elems, 2, -1, 1);
    fill(p.gamma, (size_t)s.c, 3, 0.5f, 1.5f);
    for (int c = 0; c < s.c; c++) p.beta[c] = 0.1 * (c % 4); /* ReLU cuts some, not all */
    const sw_reference_group_norm norm = norm_of(&p, relu);
    sw_reference_group_norm_statistics(mean, variance, p.x, s, groups);
    sw_reference_group_norm_y(y, p.x, s, &norm, mean, variance);
    size_t cut = 0;
    for (size_t i = 0; i < elems; i++) {
        passed[i] = y[i] > 0;
        cut += !passed[i];
    }
    cr_assert(!relu || (cut > 0 && cut < elems));
    p.passed = relu ? passed : NULL;
    sw_reference_group_norm_backward(dx, dgamma, dbeta, p.x, p.r, s, &norm, mean, variance, p.passed);
    fd_expect_gradient("dx", group_objective, &p, p.x, dx, elems);
    fd_expect_gradient("dgamma", group_objective, &p, p.gamma, dgamma, (size_t)s.c);
    fd_expect_gradient("dbeta", group_objective, &p, p.beta, dbeta, (size_t)s.c);
}

Test(reference_pointwise, group_norm_gradients_agree_with_differences)
{
    expect_group_gradients((sw_shape){2, 3, 4, 6}, 3, false);
    expect_group_gradients((sw_shape){2, 3, 4, 6}, 3, true);
    expect_group_gradients((sw_shape){3, 4, 3, 4}, 1, true);
    expect_group_gradients((sw_shape){2, 5, 4, 4}, 4, false);
}

Test(reference_pointwise, groups_are_neighbouring_channels_of_one_image)
{
    /* two images of two pixels, four channels in two groups: 1 3 | 5 5, 3 1 | 5 5; the second all 7 */
    const double x[] = {1, 3, 5, 5, 3, 1, 5, 5, 7, 7, 7, 7, 7, 7, 7, 7};
    const double means[] = {2, 5, 7, 7}, variances[] = {1, 0, 0, 0};
    double mean[4], variance[4], y[16];
    const double gamma[] = {1, 10, 1, 1}, beta[] = {0, 0, 3, 4};
    const double expected[] = {-1, 10, 3, 4, 1, -10, 3, 4, 0, 0, 3, 4, 0, 0, 3, 4};
    const sw_shape s = {2, 1, 2, 4};
    const sw_reference_group_norm norm = {.groups = 2, .eps = 1e-30, .gamma = gamma, .beta = beta};
    sw_reference_group_norm_statistics(mean, variance, x, s, 2);
    cr_assert_arr_eq(mean, means, sizeof mean);
    cr_assert_arr_eq(variance, variances, sizeof variance);
    sw_reference_group_norm_y(y, x, s, &norm, mean, variance);
    cr_assert_arr_eq(y, expected, sizeof y);
}

/* --- local response norm ----------------------------------------------------------------------- */

typedef struct response_problem {
    sw_shape s;
    sw_reference_response_norm norm;
    double x[MOST], r[MOST];
} response_problem;

static double response_objective(double *magnitude, const void *context)
{
    const response_problem *p = context;
    double y[MOST];
    sw_reference_response_norm_y(y, p->x, p->s, &p->norm);
    return project(magnitude, y, p->r, sw_shape_elems(p->s));
}

static void expect_response_gradient(sw_shape s, sw_reference_response_norm norm)
{
    response_problem p = {.s = s, .norm = norm};
    double dx[MOST], size[MOST];
    const size_t elems = sw_shape_elems(s);
    fill(p.x, elems, 1, -1, 1);
    fill(p.r, elems, 2, -1, 1);
    sw_reference_response_norm_backward(dx, size, p.x, p.r, s, &norm);
    fd_expect_gradient("dx", response_objective, &p, p.x, dx, elems);
    for (size_t i = 0; i < elems; i++) cr_assert_geq(size[i], fabs(dx[i]));
}

Test(reference_pointwise, local_response_norm_gradients_agree_with_differences)
{
    expect_response_gradient((sw_shape){2, 3, 2, 7}, (sw_reference_response_norm){5, 1, 0.75, 1});
    expect_response_gradient((sw_shape){1, 3, 2, 9}, (sw_reference_response_norm){4, 2, 0.5, 0.5});
    expect_response_gradient((sw_shape){1, 3, 3, 3}, (sw_reference_response_norm){9, 1, 1, 1});
    expect_response_gradient((sw_shape){1, 3, 3, 1}, (sw_reference_response_norm){1, 1, 0.75, 2});
}

Test(reference_pointwise, a_window_of_even_size_has_one_more_channel_below)
{
    /* s[c] = 1 + the squares of channels c-1 and c */
    const double x[] = {1, 2, 3}, expected[] = {1.0 / 2, 2.0 / 6, 3.0 / 14};
    double y[3];
    const sw_reference_response_norm norm = {.size = 2, .alpha = 2, .beta = 1, .k = 1};
    sw_reference_response_norm_y(y, x, (sw_shape){1, 1, 1, 3}, &norm);
    for (int i = 0; i < 3; i++) cr_assert_float_eq(y[i], expected[i], 1e-15);
}
