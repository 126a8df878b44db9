/* bilinear and conv_transpose2d: sums of products, bounded as such (bound.h). */
#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "ops/ops.h"
#include "problem.h"

/* --- bilinear ---------------------------------------------------------------------------------- */

static sw_reference_bilinear bilinear_of(const sw_problem *p)
{
    const sw_bilinear_attrs *attrs = p->c->attrs;
    return (sw_reference_bilinear){p->x, p->y.h, p->y.w, attrs->align_corners};
}

/* All weights are multiples of a sixteenth, so that sums of small integers are exact. */
static bool is_twice(const sw_problem *p)
{
    const sw_bilinear_attrs *attrs = p->c->attrs;
    return p->y.h == 2 * p->x.h && p->y.w == 2 * p->x.w && !attrs->align_corners;
}

/* `bound` holds the sum of the terms' absolute values: makes it the bound of such a sum, whose terms have six
 * roundings each: two of each weight, a whole number times a rounded reciprocal, and two of the products with
 * them. */
static void expect_interpolated(const sw_problem *p, sw_tensor *t, size_t terms)
{
    const double of_a_term = 6 * bound_eps / 2;
    const bool exact = p->c->fill == SW_FILL_INTEGERS && is_twice(p);
    t->expected = true;
    for (size_t i = 0; i < t->elems; i++)
        t->bound[i] = exact ? 0 : sw_bound_of_sum(terms, t->bound[i]) + of_a_term * t->bound[i] + FLT_MIN;
}

static double *absolute(sw_problem *p, const sw_tensor *t)
{
    double *out = sw_problem_doubles(p, t->elems);
    for (size_t i = 0; out && i < t->elems; i++) out[i] = fabs(t->given[i]);
    return out;
}

static sw_status bilinear_forward(sw_problem *p)
{
    const sw_reference_bilinear b = bilinear_of(p);
    const double *sizes = absolute(p, &p->in[0]);
    if (!sizes) return SW_E_MEMORY;
    sw_reference_bilinear_y(p->out[0].want, p->in[0].given, &b);
    sw_reference_bilinear_y(p->out[0].bound, sizes, &b);
    expect_interpolated(p, &p->out[0], 4);
    return SW_OK;
}

/* The most outputs of an axis that read one pixel. */
static size_t most_readers(int in, int out)
{
    return 2 * ((size_t)out / (size_t)in + 1);
}

static sw_status bilinear_backward(sw_problem *p)
{
    const sw_reference_bilinear b = bilinear_of(p);
    const double *sizes = absolute(p, &p->dout[0]);
    if (!sizes) return SW_E_MEMORY;
    sw_reference_bilinear_dx(p->din[0].want, p->dout[0].given, &b);
    sw_reference_bilinear_dx(p->din[0].bound, sizes, &b);
    expect_interpolated(p, &p->din[0], most_readers(p->x.h, p->y.h) * most_readers(p->x.w, p->y.w));
    return SW_OK;
}

static void bilinear_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_bilinear_attrs *attrs = c->attrs;
    snprintf(text, bytes, "to %dx%d%s", attrs->height, attrs->width, attrs->align_corners ? " aligned" : "");
}

const sw_expectation sw_expect_bilinear = {
    .op_name = "bilinear",
    .forward = bilinear_forward,
    .backward = bilinear_backward,
    .describe = bilinear_describe,
};

/* --- conv_transpose2d -------------------------------------------------------------------------- */

static sw_reference_transposed transposed_of(const sw_problem *p)
{
    const sw_conv_transpose2d_attrs *attrs = p->c->attrs;
    return (sw_reference_transposed){.x = p->x,
                                     .out_channels = p->y.c,
                                     .kernel = attrs->kernel,
                                     .stride = attrs->stride,
                                     .padding = sw_conv_transpose2d_padding(attrs),
                                     .height = p->y.h,
                                     .width = p->y.w};
}

static sw_sum transposed_y(const sw_problem *p, const int *at)
{
    const sw_reference_transposed t = transposed_of(p);
    const double *bias = p->node->param_count > 1 ? p->param[1].given : NULL;
    return sw_reference_transposed_y(&t, p->in[0].given, p->param[0].given, bias, at[0], at[1], at[2], at[3]);
}

static sw_sum transposed_dx(const sw_problem *p, const int *at)
{
    const sw_reference_transposed t = transposed_of(p);
    return sw_reference_transposed_dx(&t, p->dout[0].given, p->param[0].given, at[0], at[1], at[2], at[3]);
}

static sw_sum transposed_dw(const sw_problem *p, const int *at)
{
    const sw_reference_transposed t = transposed_of(p);
    return sw_reference_transposed_dw(&t, p->in[0].given, p->dout[0].given, at[0], at[1], at[2], at[3]);
}

static sw_sum transposed_db(const sw_problem *p, const int *at)
{
    const sw_reference_transposed t = transposed_of(p);
    return sw_reference_transposed_db(&t, p->dout[0].given, at[0]);
}

static sw_status transposed_forward(sw_problem *p)
{
    const sw_reference_transposed t = transposed_of(p);
    const size_t along = (size_t)((t.kernel + t.stride - 1) / t.stride); /* taps of a pixel, along an axis */
    sw_expect_elements(p, &p->out[0], along * along * (size_t)p->x.c, p->c->fill == SW_FILL_INTEGERS,
                       transposed_y);
    return SW_OK;
}

static sw_status transposed_backward(sw_problem *p)
{
    const sw_reference_transposed t = transposed_of(p);
    const bool exact = p->c->fill == SW_FILL_INTEGERS;
    const size_t taps = (size_t)t.kernel * (size_t)t.kernel;
    sw_expect_elements(p, &p->din[0], taps * (size_t)p->y.c, exact, transposed_dx);
    sw_expect_elements(p, &p->dparam[0], sw_shape_pixels(p->x), exact, transposed_dw);
    if (p->node->param_count > 1)
        sw_expect_elements(p, &p->dparam[1], sw_shape_pixels(p->y), exact, transposed_db);
    return SW_OK;
}

static void transposed_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_conv_transpose2d_attrs *attrs = c->attrs;
    const char *engine = attrs->engine == SW_CONV_TILE   ? " tile"
                         : attrs->engine == SW_CONV_GEMM ? " gemm"
                                                         : "";
    snprintf(text, bytes, "%dx%d by %d%s to %d%s", attrs->kernel, attrs->kernel, attrs->stride,
             attrs->bias ? " biased" : "", attrs->out_channels, engine);
}

const sw_expectation sw_expect_conv_transpose2d = {
    .op_name = "conv_transpose2d",
    .forward = transposed_forward,
    .backward = transposed_backward,
    .describe = transposed_describe,
};
