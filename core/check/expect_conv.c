/* conv2d and depthwise_conv2d: sums of products, bounded as such (bound.h). */
#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "bound_winograd.h"
#include "ops/conv_choice.h"
#include "ops/ops.h"
#include "problem.h"

static bool is_depthwise(const sw_problem *p)
{
    return p->c->op == &sw_op_depthwise_conv2d;
}

static sw_reference_conv conv_of(const sw_problem *p)
{
    const sw_conv2d_attrs *attrs = p->c->attrs;
    const sw_depthwise_conv2d_attrs *depthwise = p->c->attrs;
    if (is_depthwise(p))
        return (sw_reference_conv){.x = p->x,
                                   .out_channels = p->x.c,
                                   .kernel = depthwise->kernel,
                                   .depthwise = true,
                                   .stride = depthwise->stride,
                                   .dilation = depthwise->dilation};
    return (sw_reference_conv){.x = p->x,
                               .out_channels = attrs->out_channels,
                               .kernel = attrs->kernel,
                               .stride = attrs->stride,
                               .dilation = attrs->dilation};
}

static sw_sum conv_y(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    const double *bias = p->node->param_count > 1 ? p->param[1].given : NULL;
    return sw_reference_conv2d_y(&conv, p->in[0].given, p->param[0].given, bias, at[0], at[1], at[2], at[3]);
}

static sw_sum conv_dx(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    return sw_reference_conv2d_dx(&conv, p->dout[0].given, p->param[0].given, at[0], at[1], at[2], at[3]);
}

static sw_sum conv_dw(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    return sw_reference_conv2d_dw(&conv, p->in[0].given, p->dout[0].given, at[0], at[1], at[2], at[3]);
}

static sw_sum conv_db(const sw_problem *p, const int *at)
{
    sw_reference_conv conv = conv_of(p);
    return sw_reference_conv2d_db(&conv, p->dout[0].given, at[0]);
}

/* Terms of an element of y or dx, whose sum goes over so many channels. */
static size_t terms_of(const sw_problem *p, int channels)
{
    sw_reference_conv conv = conv_of(p);
    return (size_t)(conv.kernel * conv.kernel) * (is_depthwise(p) ? 1 : (size_t)channels);
}

/* Pixels of a side of Winograd's tiles, where its way may be taken: 4, where results are not exact and less
 * so than those of sums; 2, where integers stay integers; else 0. */
static int winograd_side(const sw_problem *p)
{
    if (is_depthwise(p)) return 0; /* whose attributes are another struct */
    const sw_conv2d_attrs *attrs = p->c->attrs;
    const bool plain = attrs->kernel == 3 && attrs->stride <= 1 && attrs->dilation <= 1;
    if (!plain || p->x.c % 16 != 0 || attrs->out_channels % 16 != 0) return 0;
    const bool coarse = attrs->engine == SW_CONV_WINOGRAD || attrs->engine == SW_CONV_WINOGRAD_TILE ||
                        attrs->engine == SW_CONV_AUTO ||
                        attrs->engine == SW_CONV_AMX; /* which winograd stands in for */
    return coarse ? 4 : attrs->engine == SW_CONV_WINOGRAD_2X2 ? 2 : 0;
}

static double root_mean_square(const sw_tensor *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->elems; i++) sum += t->given[i] * t->given[i];
    return sqrt(sum / (double)t->elems);
}

static sw_status conv_forward(sw_problem *p)
{
    const int side = winograd_side(p);
    const bool exact = p->c->fill == SW_FILL_INTEGERS && side != 4;
    sw_expect_elements(p, &p->out[0], terms_of(p, p->x.c), exact, conv_y);
    if (side > 0 && !exact)
        sw_bound_winograd_data(&p->out[0], side, p->x.c, root_mean_square(&p->in[0]),
                               root_mean_square(&p->param[0]));
    return SW_OK;
}

static sw_status conv_backward(sw_problem *p)
{
    const int side = winograd_side(p);
    const bool integers = p->c->fill == SW_FILL_INTEGERS, exact = integers && side != 4;
    sw_expect_elements(p, &p->din[0], terms_of(p, p->y.c), exact, conv_dx);
    sw_expect_elements(p, &p->dparam[0], sw_shape_pixels(p->y), exact, conv_dw);
    if (p->node->param_count > 1)
        sw_expect_elements(p, &p->dparam[1], sw_shape_pixels(p->y), integers, conv_db);
    const double dy = root_mean_square(&p->dout[0]);
    if (side > 0 && !exact)
        sw_bound_winograd_data(&p->din[0], side, p->y.c, dy, root_mean_square(&p->param[0]));
    if (side == 4) sw_bound_winograd_weights(&p->dparam[0], p->x, root_mean_square(&p->in[0]), dy);
    return SW_OK;
}

static void conv_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_conv2d_attrs *attrs = c->attrs;
    static const char *const engines[] = {[SW_CONV_AUTO] = "",
                                          [SW_CONV_CLBLAST] = " clblast",
                                          [SW_CONV_GEMM] = " gemm",
                                          [SW_CONV_WINOGRAD] = " winograd",
                                          [SW_CONV_TILE] = " tile",
                                          [SW_CONV_DIRECT] = " direct",
                                          [SW_CONV_WINOGRAD_TILE] = " winograd_tile",
                                          [SW_CONV_WINOGRAD_2X2] = " winograd_2x2",
                                          [SW_CONV_AMX] = " amx"};
    char window[SW_CONV_WINDOW_BYTES];
    sw_conv_window_print(window, attrs->kernel, attrs->stride, attrs->dilation);
    snprintf(text, bytes, "%s%s to %d%s", window, attrs->bias ? "+b" : "", attrs->out_channels,
             engines[attrs->engine]);
}

const sw_expectation sw_expect_conv2d = {
    .op_name = "conv2d",
    .forward = conv_forward,
    .backward = conv_backward,
    .describe = conv_describe,
};

static void depthwise_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_depthwise_conv2d_attrs *attrs = c->attrs;
    char window[SW_CONV_WINDOW_BYTES];
    sw_conv_window_print(window, attrs->kernel, attrs->stride, attrs->dilation);
    snprintf(text, bytes, "%s", window);
}

const sw_expectation sw_expect_depthwise_conv2d = {
    .op_name = "depthwise_conv2d",
    .forward = conv_forward,
    .backward = conv_backward,
    .describe = depthwise_describe,
};
