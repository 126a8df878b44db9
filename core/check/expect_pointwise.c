/* Activations and dropout.
 *
 * relu moves numbers, and leaky_relu multiplies some: one rounding (u = eps/2). For the others, with OpenCL's
 * exp good to 3 ulp, a division to 2.5, and an ulp at most eps of the number, e = exp(-x), s = 1/(1+e):
 *
 *   s           relative  ds = (3 e/(1+e) + 1/2 + 2.5) eps <= 6 eps
 *   sigmoid     y = s; silu y = x s: the same
 *   1 - s       absolute  6 eps s + u (1-s)
 *   sigmoid's   dx = dy s (1-s): |dy| s of the above, and ds + two products: 7 eps of itself
 *   silu's      w = 1 + x (1-s): |x| of the above, u for the product, u |w|;   dx = dy s w: |dy| s of w's,
 * and 7 eps of itself
 *
 * Where e overflows or s has no normal number, s is off by FLT_MIN at most. dropout multiplies with
 * 1/(1-rate): at most three roundings, which are exact where that is a power of two. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bound.h"
#include "ops/ops.h"
#include "problem.h"

/* --- activations ------------------------------------------------------------------------------- */

static sw_reference_activation_kind kind_of(const sw_problem *p)
{
    return p->c->op == &sw_op_relu         ? SW_REFERENCE_RELU
           : p->c->op == &sw_op_leaky_relu ? SW_REFERENCE_LEAKY_RELU
           : p->c->op == &sw_op_sigmoid    ? SW_REFERENCE_SIGMOID
                                           : SW_REFERENCE_SILU;
}

static double slope_of(const sw_problem *p)
{
    return p->c->op == &sw_op_leaky_relu ? (double)((const sw_leaky_relu_attrs *)p->c->attrs)->slope : 0;
}

/* A product that rounds where the slope is multiplied with. */
static double bound_of_slope(const sw_problem *p, double x, double want)
{
    return p->c->op == &sw_op_leaky_relu && !(x > 0) ? bound_eps / 2 * fabs(want) + FLT_MIN : 0;
}

static sw_status activation_forward(sw_problem *p)
{
    const sw_reference_activation_kind kind = kind_of(p);
    sw_tensor *y = &p->out[0];
    y->expected = true;
    for (size_t i = 0; i < y->elems; i++) {
        const double x = p->in[0].given[i];
        y->want[i] = sw_reference_activation(kind, x, slope_of(p));
        y->bound[i] = kind == SW_REFERENCE_SIGMOID || kind == SW_REFERENCE_SILU
                          ? 6.5 * bound_eps * fabs(y->want[i]) + FLT_MIN * (1 + fabs(x))
                          : bound_of_slope(p, x, y->want[i]);
    }
    return SW_OK;
}

static double bound_of_gradient(const sw_problem *p, double x, double dy, double want)
{
    const double s = sw_reference_activation(SW_REFERENCE_SIGMOID, x, 0);
    const double rest_error = bound_eps * (6 * s + (1 - s) / 2),
                 tiny = FLT_MIN * (1 + fabs(x)) * (1 + fabs(dy));
    const double w = 1 + x * (1 - s);
    switch (kind_of(p)) {
    case SW_REFERENCE_SIGMOID:
        return fabs(dy) * s * rest_error + 7 * bound_eps * fabs(want) + tiny;
    case SW_REFERENCE_SILU:
        return fabs(dy) * s * (fabs(x) * (rest_error + bound_eps / 2 * (1 - s)) + bound_eps / 2 * fabs(w)) +
               7 * bound_eps * fabs(want) + tiny;
    default:
        return bound_of_slope(p, x, want);
    }
}

static sw_status activation_backward(sw_problem *p)
{
    sw_tensor *dx = &p->din[0];
    dx->expected = true;
    for (size_t i = 0; i < dx->elems; i++) {
        const double x = p->in[0].given[i], dy = p->dout[0].given[i];
        dx->want[i] = dy * sw_reference_activation_slope(kind_of(p), x, slope_of(p));
        dx->bound[i] = bound_of_gradient(p, x, dy, dx->want[i]);
    }
    return SW_OK;
}

static void leaky_relu_describe(char *text, size_t bytes, const sw_op_case *c)
{
    snprintf(text, bytes, "slope %g", (double)((const sw_leaky_relu_attrs *)c->attrs)->slope);
}

#define ACTIVATION(name) .op_name = name, .forward = activation_forward, .backward = activation_backward
const sw_expectation sw_expect_relu = {ACTIVATION("relu")};
const sw_expectation sw_expect_leaky_relu = {ACTIVATION("leaky_relu"), .describe = leaky_relu_describe};
const sw_expectation sw_expect_sigmoid = {ACTIVATION("sigmoid")};
const sw_expectation sw_expect_silu = {ACTIVATION("silu")};

/* --- dropout ----------------------------------------------------------------------------------- */

static void drop(const sw_problem *p, double *to, const double *from, int nodes_later)
{
    const sw_dropout_attrs *attrs = p->c->attrs;
    const sw_reference_drop reference = {.rate = attrs->rate,
                                         .channels = attrs->kind == SW_DROPOUT_CHANNELS,
                                         .stream = SW_RNG_DROPOUT,
                                         .seed = SW_CHECK_SEED,
                                         .step = SW_CHECK_STEP,
                                         .node = (uint64_t)(p->node - p->graph->nodes + nodes_later)};
    if (p->c->evaluate)
        memcpy(to, from, sw_shape_elems(p->x) * sizeof *to);
    else
        sw_reference_dropout(to, from, p->x, &reference);
}

static double bound_of_drop(const sw_problem *p, double want)
{
    int exponent;
    const double rest = 1 - (double)((const sw_dropout_attrs *)p->c->attrs)->rate;
    const bool exact = p->c->evaluate || frexp(rest, &exponent) == 0.5;
    return exact ? 0 : 1.5 * bound_eps * fabs(want) + FLT_MIN;
}

static void expect_drop(sw_problem *p, sw_tensor *to, const double *from)
{
    to->expected = true;
    drop(p, to->want, from, 0);
    for (size_t i = 0; i < to->elems; i++) to->bound[i] = bound_of_drop(p, to->want[i]);
}

static sw_status dropout_forward(sw_problem *p)
{
    expect_drop(p, &p->out[0], p->in[0].given);
    return SW_OK;
}

static sw_status dropout_backward(sw_problem *p)
{
    expect_drop(p, &p->din[0], p->dout[0].given);
    return SW_OK;
}

/* The second node has masks of its own. */
static sw_status dropout_twin(sw_problem *p, double scale)
{
    double *twin = sw_problem_doubles(p, p->din[0].elems);
    if (!twin) return SW_E_MEMORY;
    drop(p, twin, p->dout[0].given, 1);
    for (size_t i = 0; i < p->din[0].elems; i++) {
        p->din[0].want[i] += scale * twin[i];
        p->din[0].bound[i] += bound_of_drop(p, scale * twin[i]);
    }
    return SW_OK;
}

static void dropout_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_dropout_attrs *attrs = c->attrs;
    snprintf(text, bytes, "%g%s%s", (double)attrs->rate,
             attrs->kind == SW_DROPOUT_CHANNELS ? " channels" : "", c->evaluate ? " off" : "");
}

const sw_expectation sw_expect_dropout = {
    .op_name = "dropout",
    .forward = dropout_forward,
    .backward = dropout_backward,
    .twin = dropout_twin,
    .describe = dropout_describe,
};
