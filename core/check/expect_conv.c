/* conv2d and depthwise_conv2d: sums of products, bounded as such (bound.h). */
#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "bound_winograd.h"
#include "ops/ops.h"
#include "problem.h"

static bool is_exact(const sw_problem *p)
{
    return p->c->fill == SW_FILL_INTEGERS;
}

static size_t pixel_count(sw_shape s)
{
    return (size_t)s.n * (size_t)s.h * (size_t)s.w;
}

/* --- conv2d ------------------------------------------------------------------------------------ */

static sw_reference_conv conv_of(const sw_problem *p)
{
    const sw_conv2d_attrs *attrs = p->c->attrs;
    return (sw_reference_conv){p->x, attrs->out_channels, attrs->kernel};
}

static sw_sum conv2d_y(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    const double *bias = p->node->param_count > 1 ? p->param[1].given : NULL;
    return sw_reference_conv2d_y(&conv, p->in[0].given, p->param[0].given, bias, at[0], at[1], at[2], at[3]);
}

static sw_sum conv2d_dx(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    return sw_reference_conv2d_dx(&conv, p->dout[0].given, p->param[0].given, at[0], at[1], at[2], at[3]);
}

static sw_sum conv2d_dw(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    return sw_reference_conv2d_dw(&conv, p->in[0].given, p->dout[0].given, at[0], at[1], at[2], at[3]);
}

static sw_sum conv2d_db(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    return sw_reference_conv2d_db(&conv, p->dout[0].given, at[0]);
}

static size_t taps_of(const sw_problem *p)
{
    const sw_conv2d_attrs *attrs = p->c->attrs;
    return (size_t)attrs->kernel * (size_t)attrs->kernel;
}

/* Winograd's way may be taken: its results are not exact, and less so than those of sums. */
static bool may_be_winograd(const sw_problem *p)
{
    const sw_conv2d_attrs *attrs = p->c->attrs;
    const bool named = attrs->engine == SW_CONV_WINOGRAD || attrs->engine == SW_CONV_WINOGRAD_TILE;
    return (named || attrs->engine == SW_CONV_AUTO) && attrs->kernel == 3 && p->x.c % 16 == 0 &&
           attrs->out_channels % 16 == 0;
}

static bool conv2d_is_exact(const sw_problem *p)
{
    return is_exact(p) && !may_be_winograd(p);
}

static double root_mean_square(const sw_tensor *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->elems; i++) sum += t->given[i] * t->given[i];
    return sqrt(sum / (double)t->elems);
}

static sw_status conv2d_forward(sw_problem *p)
{
    sw_expect_elements(p, &p->out[0], taps_of(p) * (size_t)p->x.c, conv2d_is_exact(p), conv2d_y);
    if (may_be_winograd(p))
        sw_bound_winograd_data(&p->out[0], p->x.c, root_mean_square(&p->in[0]),
                               root_mean_square(&p->param[0]));
    return SW_OK;
}

static sw_status conv2d_backward(sw_problem *p)
{
    sw_expect_elements(p, &p->din[0], taps_of(p) * (size_t)p->y.c, conv2d_is_exact(p), conv2d_dx);
    sw_expect_elements(p, &p->dparam[0], pixel_count(p->x), conv2d_is_exact(p), conv2d_dw);
    if (p->node->param_count > 1)
        sw_expect_elements(p, &p->dparam[1], pixel_count(p->x), is_exact(p), conv2d_db);
    if (may_be_winograd(p)) {
        double dy = root_mean_square(&p->dout[0]);
        sw_bound_winograd_data(&p->din[0], p->y.c, dy, root_mean_square(&p->param[0]));
        sw_bound_winograd_weights(&p->dparam[0], p->x, root_mean_square(&p->in[0]), dy);
    }
    return SW_OK;
}

static void conv2d_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_conv2d_attrs *attrs = c->attrs;
    static const char *const engines[] = {[SW_CONV_AUTO] = "",
                                          [SW_CONV_CLBLAST] = " clblast",
                                          [SW_CONV_GEMM] = " gemm",
                                          [SW_CONV_WINOGRAD] = " winograd",
                                          [SW_CONV_TILE] = " tile",
                                          [SW_CONV_DIRECT] = " direct",
                                          [SW_CONV_WINOGRAD_TILE] = " winograd_tile"};
    snprintf(text, bytes, "%dx%d%s to %d%s", attrs->kernel, attrs->kernel, attrs->bias ? " biased" : "",
             attrs->out_channels, engines[attrs->engine]);
}

const sw_expectation sw_expect_conv2d = {
    .op_name = "conv2d",
    .forward = conv2d_forward,
    .backward = conv2d_backward,
    .describe = conv2d_describe,
};

/* --- depthwise_conv2d -------------------------------------------------------------------------- */

static int depthwise_kernel(const sw_problem *p)
{
    return ((const sw_depthwise_conv2d_attrs *)p->c->attrs)->kernel;
}

static sw_sum depthwise_y(const sw_problem *p, const int *at)
{
    return sw_reference_depthwise_y(p->x, depthwise_kernel(p), p->in[0].given, p->param[0].given, at[0],
                                    at[1], at[2], at[3]);
}

static sw_sum depthwise_dx(const sw_problem *p, const int *at)
{
    return sw_reference_depthwise_dx(p->x, depthwise_kernel(p), p->dout[0].given, p->param[0].given, at[0],
                                     at[1], at[2], at[3]);
}

static sw_sum depthwise_dw(const sw_problem *p, const int *at)
{
    return sw_reference_depthwise_dw(p->x, depthwise_kernel(p), p->in[0].given, p->dout[0].given, at[0],
                                     at[2], at[3]);
}

static sw_status depthwise_forward(sw_problem *p)
{
    size_t taps = (size_t)(depthwise_kernel(p) * depthwise_kernel(p));
    sw_expect_elements(p, &p->out[0], taps, is_exact(p), depthwise_y);
    return SW_OK;
}

static sw_status depthwise_backward(sw_problem *p)
{
    size_t taps = (size_t)(depthwise_kernel(p) * depthwise_kernel(p));
    sw_expect_elements(p, &p->din[0], taps, is_exact(p), depthwise_dx);
    sw_expect_elements(p, &p->dparam[0], pixel_count(p->x), is_exact(p), depthwise_dw);
    return SW_OK;
}

static void depthwise_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_depthwise_conv2d_attrs *attrs = c->attrs;
    snprintf(text, bytes, "%dx%d", attrs->kernel, attrs->kernel);
}

const sw_expectation sw_expect_depthwise_conv2d = {
    .op_name = "depthwise_conv2d",
    .forward = depthwise_forward,
    .backward = depthwise_backward,
    .describe = depthwise_describe,
};
