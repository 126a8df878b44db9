/* batchnorm: how errors of the statistics carry over to the results.
 *
 * With M pixels a channel, r = 1/sqrt(var+eps_bn), xhat = (x-mean) r, and eps the single-precision epsilon:
 *
 *   mean    a sum of M terms:   dm = eps (sqrt(M) mean|x| + |mean|)
 *   var     relative:   dv = eps (sqrt(M) + 4) + (dm r)^2 + 2 dm r
 *   r       relative:   dr = dv/2 + 4 eps
 *   xhat    dh = r (dm + eps |x-mean|) + |xhat| (dr + eps)
 *   y       |gamma| dh + 2 eps (|gamma xhat| + |beta|)
 *
 * The variance is a sum of M squares, each two roundings off. A mean off by dm adds dm^2, and where parts of
 * the batch are summed about means of their own (each as much off) and combined, at most 2 dm sqrt(var) more.
 * The device's square root and division may be 3 ulp off. ReLU makes no error larger.
 *
 * Backward, with g as the reference has it: the sums are bounded as sums, dgamma's terms being off by |g| dh
 * besides, and
 *
 *   dx = gamma r (g - dbeta/M - xhat dgamma/M)
 *
 * by the errors of its four factors, to first order. Evaluation: mean and variance are given, dm = dv = 0.
 *
 * Which elements ReLU cut is taken from the device's own y (itself compared): beside zero either is right,
 * but backward must hold to what forward did. */
#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "ops/ops.h"
#include "problem.h"

/* One channel's statistics, and how far off they may be. */
typedef struct channel {
    double mean, r;
    double mean_error, variance_error, r_error; /* dm, dv, dr */
} channel;

static sw_status batchnorm_prepare(sw_problem *p)
{
    for (size_t c = 0; c < p->state[1].elems; c++)
        p->state[1].given[c] = (float)(fabs(p->state[1].given[c]) + 0.5); /* a variance */
    for (size_t c = 0; c < p->param[0].elems; c++)
        if (c % 4 != 3) p->param[0].given[c] = (float)(fabs(p->param[0].given[c]) + 0.5);
    return SW_OK;
}

static double batch_norm_eps(const sw_problem *p)
{
    return ((const sw_batchnorm_attrs *)p->c->attrs)->eps;
}

static channel channel_of(const sw_problem *p, size_t c, double mean, double variance)
{
    channel s = {.mean = mean, .r = 1 / sqrt(variance + batch_norm_eps(p))};
    if (!p->c->evaluate) {
        size_t m = sw_shape_pixels(p->x);
        double magnitude = 0;
        for (size_t i = c; i < p->in[0].elems; i += (size_t)p->x.c) magnitude += fabs(p->in[0].given[i]);
        s.mean_error = sw_bound_of_sum(m, magnitude) / (double)m + bound_eps * fabs(mean);
        double shift = s.mean_error * s.r;
        s.variance_error = bound_eps * (sqrt((double)m) + 4) + shift * shift + 2 * shift;
    }
    s.r_error = s.variance_error / 2 + 4 * bound_eps;
    return s;
}

static double xhat_error(const channel *s, double x)
{
    double centred = fabs(x - s->mean);
    return s->r * (s->mean_error + bound_eps * centred) + s->r * centred * (s->r_error + bound_eps);
}

/* The statistics that forward works with: of the batch, or running. */
static sw_status statistics(double **mean, double **variance, sw_problem *p)
{
    if (p->c->evaluate) {
        *mean = p->state[0].given;
        *variance = p->state[1].given;
        return SW_OK;
    }
    *mean = sw_problem_doubles(p, (size_t)p->x.c);
    *variance = sw_problem_doubles(p, (size_t)p->x.c);
    if (!*mean || !*variance) return SW_E_MEMORY;
    sw_reference_batchnorm_statistics(*mean, *variance, p->in[0].given, p->x);
    return SW_OK;
}

/* running += momentum (statistic - running): three roundings. */
static void expect_running(sw_problem *p, const double *mean, const double *variance)
{
    double momentum = ((const sw_batchnorm_attrs *)p->c->attrs)->momentum, m = (double)sw_shape_pixels(p->x);
    double unbiased = m > 1 ? m / (m - 1) : 1;
    sw_tensor *states = p->state;
    for (int i = 0; i < 2; i++) {
        states[i].expected = true;
        for (size_t c = 0; c < states[i].elems; c++) states[i].want[c] = states[i].given[c];
    }
    if (!p->c->evaluate)
        sw_reference_batchnorm_running(states[0].want, states[1].want, mean, variance, momentum, p->x);
    for (size_t c = 0; c < states[0].elems && !p->c->evaluate; c++) {
        channel s = channel_of(p, c, mean[c], variance[c]);
        const double batch[] = {fabs(mean[c]), unbiased * variance[c]};
        const double error[] = {s.mean_error, unbiased * variance[c] * (s.variance_error + 2 * bound_eps)};
        for (int i = 0; i < 2; i++) {
            double old = fabs(states[i].given[c]);
            states[i].bound[c] = momentum * error[i] + 2 * bound_eps * (old + momentum * (old + batch[i]));
        }
    }
}

static sw_status batchnorm_forward(sw_problem *p)
{
    const sw_batchnorm_attrs *attrs = p->c->attrs;
    const double *gamma = p->param[0].given, *beta = p->param[1].given, *x = p->in[0].given;
    double *mean, *variance;
    SW_ENSURE(statistics(&mean, &variance, p));
    sw_tensor *y = &p->out[0];
    y->expected = true;
    sw_reference_batchnorm_y(y->want, x, p->x, mean, variance, gamma, beta, attrs->eps, attrs->relu);
    size_t channels = (size_t)p->x.c;
    for (size_t c = 0; c < channels; c++) {
        channel s = channel_of(p, c, mean[c], variance[c]);
        for (size_t i = c; i < y->elems; i += channels) {
            double scaled = fabs(gamma[c] * (x[i] - s.mean) * s.r);
            y->bound[i] =
                fabs(gamma[c]) * xhat_error(&s, x[i]) + 2 * bound_eps * (scaled + fabs(beta[c])) + FLT_MIN;
        }
    }
    expect_running(p, mean, variance);
    return SW_OK;
}

/* Bounds of dbeta, dgamma and dx in one channel. */
static void bound_channel(sw_problem *p, size_t c, const channel *s, const uint8_t *passed)
{
    size_t channels = (size_t)p->x.c, m = sw_shape_pixels(p->x);
    const double *x = p->in[0].given, *dy = p->dout[0].given;
    double g_size = 0, product_size = 0, carried = 0;
    for (size_t i = c; i < p->in[0].elems; i += channels) {
        double g = !passed || passed[i] ? fabs(dy[i]) : 0;
        g_size += g;
        product_size += g * fabs(x[i] - s->mean) * s->r;
        carried += g * xhat_error(s, x[i]);
    }
    double *dgamma_error = &p->dparam[0].bound[c], *dbeta_error = &p->dparam[1].bound[c];
    *dbeta_error = sw_bound_of_sum(m, g_size) + FLT_MIN;
    *dgamma_error = sw_bound_of_sum(m, product_size) + carried + FLT_MIN;

    double scale = fabs(p->param[0].given[c]) * s->r, mean_count = (double)m;
    double dgamma = fabs(p->dparam[0].want[c]) / mean_count, dbeta = fabs(p->dparam[1].want[c]) / mean_count;
    for (size_t i = c; i < p->in[0].elems; i += channels) {
        double g = !passed || passed[i] ? fabs(dy[i]) : 0, xhat = fabs(x[i] - s->mean) * s->r;
        double terms = g + dbeta + xhat * dgamma;
        double error =
            *dbeta_error / mean_count + xhat * *dgamma_error / mean_count + xhat_error(s, x[i]) * dgamma;
        p->din[0].bound[i] = scale * (error + terms * (s->r_error + 4 * bound_eps)) + FLT_MIN;
    }
}

static sw_status batchnorm_backward(sw_problem *p)
{
    const sw_batchnorm_attrs *attrs = p->c->attrs;
    double *mean, *variance;
    uint8_t *passed = NULL;
    SW_ENSURE(statistics(&mean, &variance, p));
    if (attrs->relu) {
        passed = sw_arena_alloc(&p->arena, p->out[0].elems);
        if (!passed) return SW_E_MEMORY;
        for (size_t i = 0; i < p->out[0].elems; i++) passed[i] = p->out[0].found[i] > 0;
    }
    sw_reference_batchnorm_backward(p->din[0].want, p->dparam[0].want, p->dparam[1].want, p->in[0].given,
                                    p->dout[0].given, p->x, mean, variance, p->param[0].given, attrs->eps,
                                    passed);
    for (size_t c = 0; c < (size_t)p->x.c; c++) {
        channel s = channel_of(p, c, mean[c], variance[c]);
        bound_channel(p, c, &s, passed);
    }
    p->din[0].expected = p->dparam[0].expected = p->dparam[1].expected = true;
    return SW_OK;
}

static void batchnorm_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_batchnorm_attrs *attrs = c->attrs;
    snprintf(text, bytes, "%s%s", attrs->relu ? "relu" : "plain", c->evaluate ? " running" : "");
}

const sw_expectation sw_expect_batchnorm = {
    .op_name = "batchnorm",
    .prepare = batchnorm_prepare,
    .forward = batchnorm_forward,
    .backward = batchnorm_backward,
    .describe = batchnorm_describe,
};
