/* group_norm and local_response_norm.
 *
 * group_norm: errors of the statistics carry over to the results as those of batchnorm do (expect_batchnorm.c
 * has dm, dv, dr and dh), M being the values of a group. Backward's sums are bounded as sums, those of
 * products with xhat being off by |g| dh besides, and dx = r (gamma g - A/M - xhat B/M) by the errors of its
 * parts, to first order.
 *
 * local_response_norm: s is k and a sum of positive terms, each of its size + 2 roundings u = eps/2 of it at
 * most: ds = (size + 3) u relative. powr is good to 16 ulp (and where the power is made of two square roots,
 * a product and a division, these are off by no more), so that s^-beta is off by dp = 16 eps + beta ds. Each
 * term of the gradient's sum has that, ds and the 2.5 ulp of a division, and a rounding for each of its
 * products and additions: size + 6 of them. */
#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "ops/ops.h"
#include "problem.h"

/* --- group norm -------------------------------------------------------------------------------- */

/* One group's statistics, and how far off they may be. */
typedef struct group {
    double mean, r;
    double mean_error, r_error;
} group;

static sw_status group_norm_prepare(sw_problem *p)
{
    for (size_t c = 0; c < p->param[0].elems; c++)
        if (c % 4 != 3) p->param[0].given[c] = (float)(fabs(p->param[0].given[c]) + 0.5);
    return SW_OK;
}

static sw_reference_group_norm reference_of(const sw_problem *p)
{
    const sw_group_norm_attrs *attrs = p->c->attrs;
    return (sw_reference_group_norm){.groups = attrs->groups,
                                     .eps = (double)attrs->eps,
                                     .relu = attrs->relu,
                                     .gamma = p->param[0].given,
                                     .beta = p->param[1].given};
}

/* The group of an image that an element is in. */
static size_t group_of(const sw_problem *p, size_t element)
{
    const size_t groups = (size_t)((const sw_group_norm_attrs *)p->c->attrs)->groups;
    const size_t channels = (size_t)p->x.c, pixels = (size_t)p->x.h * (size_t)p->x.w;
    return element / (channels * pixels) * groups + element % channels / (channels / groups);
}

static size_t group_values(const sw_problem *p)
{
    const int groups = ((const sw_group_norm_attrs *)p->c->attrs)->groups;
    return (size_t)p->x.h * (size_t)p->x.w * (size_t)(p->x.c / groups);
}

/* Statistics of every group; NULL where memory ran out. */
static group *groups_of(sw_problem *p, double **mean, double **variance)
{
    const sw_reference_group_norm norm = reference_of(p);
    const size_t count = (size_t)p->x.n * (size_t)norm.groups, m = group_values(p);
    group *groups = sw_arena_alloc(&p->arena, count * sizeof *groups);
    double *magnitude = sw_problem_doubles(p, count);
    *mean = sw_problem_doubles(p, count);
    *variance = sw_problem_doubles(p, count);
    if (!groups || !magnitude || !*mean || !*variance) return NULL;
    sw_reference_group_norm_statistics(*mean, *variance, p->in[0].given, p->x, norm.groups);
    for (size_t i = 0; i < p->in[0].elems; i++) magnitude[group_of(p, i)] += fabs(p->in[0].given[i]);
    for (size_t i = 0; i < count; i++) {
        group *s = &groups[i];
        *s = (group){.mean = (*mean)[i], .r = 1 / sqrt((*variance)[i] + norm.eps)};
        s->mean_error = sw_bound_of_sum(m, magnitude[i]) / (double)m + bound_eps * fabs(s->mean);
        const double shift = s->mean_error * s->r;
        const double variance_error = bound_eps * (sqrt((double)m) + 4) + shift * shift + 2 * shift;
        s->r_error = variance_error / 2 + 4 * bound_eps;
    }
    return groups;
}

static double xhat_error(const group *s, double x)
{
    const double centred = fabs(x - s->mean);
    return s->r * (s->mean_error + bound_eps * centred) + s->r * centred * (s->r_error + bound_eps);
}

static sw_status group_norm_forward(sw_problem *p)
{
    const sw_reference_group_norm norm = reference_of(p);
    double *mean, *variance;
    const group *groups = groups_of(p, &mean, &variance);
    if (!groups) return SW_E_MEMORY;
    sw_tensor *y = &p->out[0];
    y->expected = true;
    sw_reference_group_norm_y(y->want, p->in[0].given, p->x, &norm, mean, variance);
    for (size_t i = 0; i < y->elems; i++) {
        const group *s = &groups[group_of(p, i)];
        const double x = p->in[0].given[i], gamma = fabs(norm.gamma[i % (size_t)p->x.c]);
        const double scaled = gamma * fabs(x - s->mean) * s->r;
        y->bound[i] = gamma * xhat_error(s, x) +
                      2 * bound_eps * (scaled + fabs(norm.beta[i % (size_t)p->x.c])) + FLT_MIN;
    }
    return SW_OK;
}

/* Sums over the channels' and over the groups' elements: of |g|, of |g xhat|, and of the error carried into
 * the latter; the groups' with gamma, and their sums' values besides. */
typedef struct sums {
    double g, product, carried, value_g, value_product;
} sums;

static void bound_parameters(sw_problem *p, const sums *channels)
{
    const size_t m = sw_shape_pixels(p->x);
    for (size_t c = 0; c < (size_t)p->x.c; c++) {
        p->dparam[0].bound[c] = sw_bound_of_sum(m, channels[c].product) + channels[c].carried + FLT_MIN;
        p->dparam[1].bound[c] = sw_bound_of_sum(m, channels[c].g) + FLT_MIN;
    }
}

static void bound_dx(sw_problem *p, const group *groups, const sums *of_groups, const double *g)
{
    const size_t m = group_values(p);
    for (size_t i = 0; i < p->din[0].elems; i++) {
        const group *s = &groups[group_of(p, i)];
        const sums *sum = &of_groups[group_of(p, i)];
        const double x = p->in[0].given[i], xhat = fabs(x - s->mean) * s->r;
        const double mean_g = fabs(sum->value_g) / (double)m, mean_gx = fabs(sum->value_product) / (double)m;
        const double g_error = (sw_bound_of_sum(m, sum->g) + bound_eps * sum->g) / (double)m;
        const double gx_error =
            (sw_bound_of_sum(m, sum->product) + bound_eps * sum->product + sum->carried) / (double)m;
        const double own = fabs(p->param[0].given[i % (size_t)p->x.c] * g[i]);
        const double terms = own + mean_g + xhat * mean_gx;
        const double error = g_error + xhat * gx_error + xhat_error(s, x) * mean_gx;
        p->din[0].bound[i] = s->r * (error + terms * (s->r_error + 4 * bound_eps)) + FLT_MIN;
    }
}

static sw_status group_norm_backward(sw_problem *p)
{
    const sw_reference_group_norm norm = reference_of(p);
    const size_t elems = p->in[0].elems, channels = (size_t)p->x.c;
    double *mean, *variance, *g = sw_problem_doubles(p, elems);
    const group *groups = groups_of(p, &mean, &variance);
    sums *of_groups = sw_arena_alloc(&p->arena, (size_t)(p->x.n * norm.groups) * sizeof *of_groups);
    sums *of_channels = sw_arena_alloc(&p->arena, channels * sizeof *of_channels);
    uint8_t *passed = sw_arena_alloc(&p->arena, elems);
    if (!groups || !g || !of_groups || !of_channels || !passed) return SW_E_MEMORY;
    for (int i = 0; i < p->x.n * norm.groups; i++) of_groups[i] = (sums){0};
    for (size_t c = 0; c < channels; c++) of_channels[c] = (sums){0};
    for (size_t i = 0; i < elems; i++) {
        const group *s = &groups[group_of(p, i)];
        sums *group_sums = &of_groups[group_of(p, i)], *channel_sums = &of_channels[i % channels];
        const double x = p->in[0].given[i], xhat = (x - s->mean) * s->r, gamma = norm.gamma[i % channels];
        passed[i] = !norm.relu || p->out[0].found[i] > 0; /* beside 0 either is right, but as forward did */
        g[i] = passed[i] ? p->dout[0].given[i] : 0;
        channel_sums->g += fabs(g[i]);
        channel_sums->product += fabs(g[i] * xhat);
        channel_sums->carried += fabs(g[i]) * xhat_error(s, x);
        group_sums->g += fabs(gamma * g[i]);
        group_sums->product += fabs(gamma * g[i] * xhat);
        group_sums->carried += fabs(gamma * g[i]) * xhat_error(s, x);
        group_sums->value_g += gamma * g[i];
        group_sums->value_product += gamma * g[i] * xhat;
    }
    sw_reference_group_norm_backward(p->din[0].want, p->dparam[0].want, p->dparam[1].want, p->in[0].given,
                                     p->dout[0].given, p->x, &norm, mean, variance, passed);
    bound_parameters(p, of_channels);
    bound_dx(p, groups, of_groups, g);
    p->din[0].expected = p->dparam[0].expected = p->dparam[1].expected = true;
    return SW_OK;
}

static void group_norm_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_group_norm_attrs *attrs = c->attrs;
    snprintf(text, bytes, "%d groups%s", attrs->groups, attrs->relu ? " relu" : "");
}

const sw_expectation sw_expect_group_norm = {
    .op_name = "group_norm",
    .prepare = group_norm_prepare,
    .forward = group_norm_forward,
    .backward = group_norm_backward,
    .describe = group_norm_describe,
};

/* --- local response norm ----------------------------------------------------------------------- */

static sw_reference_response_norm response_of(const sw_problem *p)
{
    const sw_local_response_norm_attrs *attrs = p->c->attrs;
    return (sw_reference_response_norm){attrs->size, (double)attrs->alpha, (double)attrs->beta,
                                        (double)attrs->k};
}

static double sum_error(const sw_reference_response_norm *norm)
{
    return bound_eps / 2 * (norm->size + 3);
}

static double power_error(const sw_reference_response_norm *norm)
{
    return 16 * bound_eps + norm->beta * sum_error(norm);
}

static sw_status response_norm_forward(sw_problem *p)
{
    const sw_reference_response_norm norm = response_of(p);
    sw_tensor *y = &p->out[0];
    y->expected = true;
    sw_reference_response_norm_y(y->want, p->in[0].given, p->x, &norm);
    for (size_t i = 0; i < y->elems; i++)
        y->bound[i] = fabs(y->want[i]) * (power_error(&norm) + bound_eps / 2) + FLT_MIN;
    return SW_OK;
}

static sw_status response_norm_backward(sw_problem *p)
{
    const sw_reference_response_norm norm = response_of(p);
    sw_tensor *dx = &p->din[0];
    dx->expected = true;
    sw_reference_response_norm_backward(dx->want, dx->bound, p->in[0].given, p->dout[0].given, p->x, &norm);
    const double error =
        power_error(&norm) + sum_error(&norm) + 2.5 * bound_eps + bound_eps / 2 * (norm.size + 6);
    for (size_t i = 0; i < dx->elems; i++) dx->bound[i] = dx->bound[i] * error + FLT_MIN;
    return SW_OK;
}

static void response_norm_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_local_response_norm_attrs *attrs = c->attrs;
    snprintf(text, bytes, "%d, alpha %g", attrs->size, (double)attrs->alpha);
}

const sw_expectation sw_expect_local_response_norm = {
    .op_name = "local_response_norm",
    .forward = response_norm_forward,
    .backward = response_norm_backward,
    .describe = response_norm_describe,
};
