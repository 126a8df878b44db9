/* Joins of several inputs, and sums over whole images. Moving numbers is exact; sums are bounded by the most
 * additions that a term goes through, which for those over an image are far fewer than its pixels. */
#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "ops/ops.h"
#include "problem.h"

static void expect_exactly(sw_tensor *t)
{
    t->expected = true;
    for (size_t i = 0; i < t->elems; i++) t->bound[i] = 0;
}

/* `bound` holds the sum of the terms' absolute values: makes it the bound of a sum in which a term goes
 * through so many additions. */
static void expect_sum(const sw_problem *p, sw_tensor *t, size_t additions)
{
    t->expected = true;
    for (size_t i = 0; i < t->elems; i++) {
        const bool exact = p->c->fill == SW_FILL_INTEGERS;
        t->bound[i] = exact ? 0 : sw_bound_of_sum(additions, t->bound[i]) + FLT_MIN;
    }
}

/* `rounded` roundings more, of a product or a factor that single precision does not hold. */
static void expect_rounded(sw_tensor *t, int rounded)
{
    t->expected = true;
    for (size_t i = 0; i < t->elems; i++)
        t->bound[i] += rounded * 0.5 * bound_eps * fabs(t->want[i]) + FLT_MIN;
}

static double *absolute(sw_problem *p, const sw_tensor *t)
{
    double *out = sw_problem_doubles(p, t->elems);
    for (size_t i = 0; out && i < t->elems; i++) out[i] = fabs(t->given[i]);
    return out;
}

/* The most additions a pixel goes through: groups of 16 in chunks, and groups of 16 chunks. */
static size_t additions_over(sw_shape x)
{
    enum { GROUP = 16, LEAST_CHUNK = 64 };
    const double pixels = (double)x.h * x.w;
    const double chunk = fmax(LEAST_CHUNK, ceil(sqrt(pixels))), chunks = ceil(pixels / chunk);
    const double additions =
        fmin(chunk, GROUP) + ceil(chunk / GROUP) + fmin(chunks, GROUP) + ceil(chunks / GROUP);
    return (size_t)fmin(additions, pixels);
}

/* What the inputs are for the references of concat and add. */
static int list_inputs(const double *values[SW_MAX_INPUTS], sw_shape shapes[SW_MAX_INPUTS],
                       const sw_problem *p)
{
    for (int i = 0; i < p->node->input_count; i++) {
        values[i] = p->in[i].given;
        shapes[i] = p->x;
        shapes[i].c = p->in[i].dims[3];
    }
    return p->node->input_count;
}

/* --- concat ------------------------------------------------------------------------------------ */

static sw_status concat_forward(sw_problem *p)
{
    const double *x[SW_MAX_INPUTS];
    sw_shape xs[SW_MAX_INPUTS];
    sw_reference_concat(p->out[0].want, x, xs, list_inputs(x, xs, p));
    expect_exactly(&p->out[0]);
    return SW_OK;
}

static sw_status concat_backward(sw_problem *p)
{
    const double *x[SW_MAX_INPUTS];
    sw_shape xs[SW_MAX_INPUTS];
    const int count = list_inputs(x, xs, p);
    for (int i = 0, begin = 0; i < count; begin += xs[i++].c) {
        sw_reference_concat_backward(p->din[i].want, p->dout[0].given, xs[i], begin, p->y.c);
        expect_exactly(&p->din[i]);
    }
    return SW_OK;
}

static void concat_describe(char *text, size_t bytes, const sw_op_case *c)
{
    int length = snprintf(text, bytes, "with");
    for (int i = 1; i < c->input_count && length < (int)bytes; i++)
        length +=
            snprintf(text + length, bytes - (size_t)length, " %d", c->channels[i] ? c->channels[i] : c->x.c);
}

const sw_expectation sw_expect_concat = {
    .op_name = "concat",
    .forward = concat_forward,
    .backward = concat_backward,
    .describe = concat_describe,
};

/* --- add --------------------------------------------------------------------------------------- */

static bool has_relu(const sw_problem *p)
{
    return ((const sw_add_attrs *)p->c->attrs)->relu;
}

static sw_status add_forward(sw_problem *p)
{
    const double *x[SW_MAX_INPUTS], *sizes[SW_MAX_INPUTS];
    sw_shape xs[SW_MAX_INPUTS];
    const int count = list_inputs(x, xs, p);
    for (int i = 0; i < count; i++)
        if (!(sizes[i] = absolute(p, &p->in[i]))) return SW_E_MEMORY;
    sw_reference_add(p->out[0].want, x, count, p->out[0].elems, has_relu(p));
    sw_reference_add(p->out[0].bound, sizes, count, p->out[0].elems, false);
    expect_sum(p, &p->out[0], (size_t)count);
    return SW_OK;
}

/* A sum next to 0 may fall on either side of it: the device's output decides. */
static sw_status add_backward(sw_problem *p)
{
    for (int i = 0; i < p->node->input_count; i++) {
        sw_reference_add_backward(p->din[i].want, p->dout[0].given, has_relu(p) ? p->out[0].found : NULL,
                                  p->din[i].elems);
        expect_exactly(&p->din[i]);
    }
    return SW_OK;
}

static void add_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_add_attrs *attrs = c->attrs;
    snprintf(text, bytes, "of %d%s", c->input_count ? c->input_count : 2, attrs->relu ? ", relu" : "");
}

const sw_expectation sw_expect_add = {
    .op_name = "add",
    .forward = add_forward,
    .backward = add_backward,
    .describe = add_describe,
};

/* --- global_average_pool ----------------------------------------------------------------------- */

static sw_status pool_forward(sw_problem *p)
{
    const double *sizes = absolute(p, &p->in[0]);
    if (!sizes) return SW_E_MEMORY;
    sw_reference_global_average_pool(p->out[0].want, p->in[0].given, p->x);
    sw_reference_global_average_pool(p->out[0].bound, sizes, p->x);
    expect_sum(p, &p->out[0], additions_over(p->x));
    expect_rounded(&p->out[0], 2); /* 1 / pixels, and the product with it */
    return SW_OK;
}

static sw_status pool_backward(sw_problem *p)
{
    sw_reference_global_average_pool_backward(p->din[0].want, p->dout[0].given, p->x);
    expect_exactly(&p->din[0]);
    expect_rounded(&p->din[0], 2);
    return SW_OK;
}

const sw_expectation sw_expect_global_average_pool = {
    .op_name = "global_average_pool",
    .forward = pool_forward,
    .backward = pool_backward,
};

/* --- broadcast --------------------------------------------------------------------------------- */

static sw_status broadcast_forward(sw_problem *p)
{
    sw_reference_broadcast(p->out[0].want, p->in[0].given, p->y);
    expect_exactly(&p->out[0]);
    return SW_OK;
}

static sw_status broadcast_backward(sw_problem *p)
{
    const double *sizes = absolute(p, &p->dout[0]);
    if (!sizes) return SW_E_MEMORY;
    sw_reference_broadcast_backward(p->din[0].want, p->dout[0].given, p->y);
    sw_reference_broadcast_backward(p->din[0].bound, sizes, p->y);
    expect_sum(p, &p->din[0], additions_over(p->y));
    return SW_OK;
}

static void broadcast_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_broadcast_attrs *attrs = c->attrs;
    snprintf(text, bytes, "to %dx%d", attrs->height, attrs->width);
}

const sw_expectation sw_expect_broadcast = {
    .op_name = "broadcast",
    .forward = broadcast_forward,
    .backward = broadcast_backward,
    .describe = broadcast_describe,
};

/* --- scale ------------------------------------------------------------------------------------- */

static sw_shape scale_input(sw_dtype *dtype, sw_shape x, int i)
{
    (void)i;
    *dtype = SW_F32;
    return (sw_shape){x.n, 1, 1, x.c};
}

/* A product of two floats, rounded once; of small integers exact. */
static void expect_product(const sw_problem *p, sw_tensor *t)
{
    expect_exactly(t);
    if (p->c->fill != SW_FILL_INTEGERS) expect_rounded(t, 1);
}

static sw_status scale_forward(sw_problem *p)
{
    sw_reference_scale(p->out[0].want, p->in[0].given, p->in[1].given, p->x);
    expect_product(p, &p->out[0]);
    return SW_OK;
}

static sw_status scale_backward(sw_problem *p)
{
    const double *x = absolute(p, &p->in[0]), *s = absolute(p, &p->in[1]), *dy = absolute(p, &p->dout[0]);
    if (!x || !s || !dy) return SW_E_MEMORY;
    sw_reference_scale_backward(p->din[0].want, p->din[1].want, p->in[0].given, p->in[1].given,
                                p->dout[0].given, p->x);
    sw_reference_scale_backward(p->din[0].bound, p->din[1].bound, x, s, dy, p->x);
    expect_product(p, &p->din[0]);
    expect_sum(p, &p->din[1], additions_over(p->x) + 1); /* a product first, where there is no FMA */
    return SW_OK;
}

const sw_expectation sw_expect_scale = {
    .op_name = "scale",
    .input_shape = scale_input,
    .forward = scale_forward,
    .backward = scale_backward,
};
