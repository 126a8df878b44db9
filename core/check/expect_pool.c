/* Pooling and its inverses. Moving numbers and quartering them is exact; sums of four to nine are bounded as
 * sums. */
#include <math.h>
#include <stdio.h>

#include "bound.h"
#include "ops/ops.h"
#include "problem.h"

/* The tensor is to be met exactly. */
static void expect_exactly(sw_tensor *t)
{
    t->expected = true;
    for (size_t i = 0; i < t->elems; i++) t->bound[i] = 0;
}

/* |values|, in the problem's arena. */
static double *absolute(sw_problem *p, const double *values, size_t count)
{
    double *out = sw_problem_doubles(p, count);
    for (size_t i = 0; out && i < count; i++) out[i] = fabs(values[i]);
    return out;
}

/* bound holds the sum of the terms' absolute values: makes it the bound of a sum. */
static void expect_sum(const sw_problem *p, sw_tensor *t, size_t terms)
{
    if (p->c->fill == SW_FILL_INTEGERS) {
        expect_exactly(t);
        return;
    }
    t->expected = true;
    for (size_t i = 0; i < t->elems; i++) t->bound[i] = sw_bound_of_sum(terms, t->bound[i]) + FLT_MIN;
}

static void doubled_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_doubled_attrs *attrs = c->attrs;
    snprintf(text, bytes, "to %dx%d", attrs->height, attrs->width);
}

/* --- max_pool ---------------------------------------------------------------------------------- */

static sw_reference_window window_of(const sw_op_case *c)
{
    static const sw_max_pool_attrs none = {0};
    const sw_max_pool_attrs *attrs = c->attrs ? c->attrs : &none;
    return (sw_reference_window){.kernel = attrs->kernel ? attrs->kernel : 2,
                                 .stride = attrs->stride ? attrs->stride : 2,
                                 .padding = attrs->kernel == 3 ? attrs->padding : 0,
                                 .ceil = attrs->ceil};
}

static sw_status pool_offsets(uint8_t **offsets, double *y, sw_problem *p)
{
    const sw_reference_window window = window_of(p->c);
    *offsets = sw_arena_alloc(&p->arena, sw_shape_elems(p->y));
    if (!*offsets) return SW_E_MEMORY;
    sw_reference_window_max(y, *offsets, p->in[0].given, p->x, &window);
    return SW_OK;
}

static sw_status max_pool_forward(sw_problem *p)
{
    uint8_t *offsets;
    SW_ENSURE(pool_offsets(&offsets, p->out[0].want, p));
    uint32_t *words = sw_arena_alloc(&p->arena, p->out[1].elems * sizeof *words);
    if (!words) return SW_E_MEMORY;
    sw_reference_pack_bits(words, offsets, p->y, window_of(p->c).kernel == 2 ? 2 : 4);
    for (size_t i = 0; i < p->out[1].elems; i++) p->out[1].want[i] = words[i];
    expect_exactly(&p->out[0]);
    expect_exactly(&p->out[1]);
    return SW_OK;
}

static sw_status max_pool_backward(sw_problem *p)
{
    uint8_t *offsets;
    const sw_reference_window window = window_of(p->c);
    SW_ENSURE(pool_offsets(&offsets, p->out[0].want, p));
    sw_reference_window_max_backward(p->din[0].want, p->dout[0].given, offsets, p->x, &window);
    if (window.kernel <= window.stride) { /* a pixel is in one window */
        expect_exactly(&p->din[0]);
        return SW_OK;
    }
    const double *sizes = absolute(p, p->dout[0].given, p->dout[0].elems);
    if (!sizes) return SW_E_MEMORY;
    sw_reference_window_max_backward(p->din[0].bound, sizes, offsets, p->x, &window);
    const int a_side = (window.kernel + window.stride - 1) / window.stride; /* windows that hold a pixel */
    expect_sum(p, &p->din[0], (size_t)(a_side * a_side));
    return SW_OK;
}

static void max_pool_describe(char *text, size_t bytes, const sw_op_case *c)
{
    const sw_reference_window w = window_of(c);
    if (w.kernel == 2)
        snprintf(text, bytes, "%s", w.ceil ? "ceil" : "");
    else
        snprintf(text, bytes, "%dx%d/%d padded %d%s", w.kernel, w.kernel, w.stride, w.padding,
                 w.ceil ? " ceil" : "");
}

const sw_expectation sw_expect_max_pool = {
    .op_name = "max_pool",
    .forward = max_pool_forward,
    .backward = max_pool_backward,
    .describe = max_pool_describe,
};

/* --- max_unpool -------------------------------------------------------------------------------- */

static sw_shape unpool_input(sw_dtype *dtype, sw_shape x, int i)
{
    (void)i;
    *dtype = SW_U32;
    return sw_reference_packed_shape(x);
}

/* A mask of the places that are inside y for element i of x: where a side is one less than twice x's, the
 * last windows have no second row or column. */
static unsigned inside(const sw_problem *p, size_t i)
{
    const size_t pixel = i / (size_t)p->x.c, w = (size_t)p->x.w, h = (size_t)p->x.h;
    const bool right = 2 * (pixel % w) + 1 < (size_t)p->y.w, below = 2 * (pixel / w % h) + 1 < (size_t)p->y.h;
    return (below ? 2U : 0U) | (right ? 1U : 0U);
}

static sw_status unpool_prepare(sw_problem *p)
{
    size_t elems = sw_shape_elems(p->x);
    p->offsets = sw_arena_alloc(&p->arena, elems);
    uint32_t *words = sw_arena_alloc(&p->arena, p->in[1].elems * sizeof *words);
    if (!p->offsets || !words) return SW_E_MEMORY;
    for (size_t i = 0; i < elems; i++) p->offsets[i] = (uint8_t)(sw_rng_below(&p->rng, 4) & inside(p, i));
    sw_reference_pack_offsets(words, p->offsets, p->x);
    for (size_t i = 0; i < p->in[1].elems; i++) p->in[1].given[i] = words[i];
    return SW_OK;
}

static sw_status unpool_forward(sw_problem *p)
{
    sw_reference_max_unpool(p->out[0].want, p->in[0].given, p->offsets, p->x, p->y.h, p->y.w);
    expect_exactly(&p->out[0]);
    return SW_OK;
}

static sw_status unpool_backward(sw_problem *p)
{
    sw_reference_max_unpool_backward(p->din[0].want, p->dout[0].given, p->offsets, p->x, p->y.h, p->y.w);
    expect_exactly(&p->din[0]);
    return SW_OK;
}

const sw_expectation sw_expect_max_unpool = {
    .op_name = "max_unpool",
    .input_shape = unpool_input,
    .prepare = unpool_prepare,
    .forward = unpool_forward,
    .backward = unpool_backward,
    .describe = doubled_describe,
};

/* --- average_pool ------------------------------------------------------------------------------ */

static sw_reference_window average_window(const sw_op_case *c)
{
    const sw_average_pool_attrs *attrs = c->attrs;
    return (sw_reference_window){.kernel = 2, .stride = 2, .ceil = attrs && attrs->ceil};
}

static void average_describe(char *text, size_t bytes, const sw_op_case *c)
{
    snprintf(text, bytes, "%s", average_window(c).ceil ? "ceil" : "");
}

static sw_status average_forward(sw_problem *p)
{
    const double *sizes = absolute(p, p->in[0].given, p->in[0].elems);
    if (!sizes) return SW_E_MEMORY;
    const sw_reference_window window = average_window(p->c);
    sw_reference_window_average(p->out[0].want, p->in[0].given, p->x, &window);
    sw_reference_window_average(p->out[0].bound, sizes, p->x, &window);
    expect_sum(p, &p->out[0], 4);
    return SW_OK;
}

static sw_status average_backward(sw_problem *p)
{
    const sw_reference_window window = average_window(p->c);
    sw_reference_window_average_backward(p->din[0].want, p->dout[0].given, p->x, &window);
    expect_exactly(&p->din[0]);
    return SW_OK;
}

const sw_expectation sw_expect_average_pool = {
    .op_name = "average_pool",
    .forward = average_forward,
    .backward = average_backward,
    .describe = average_describe,
};

/* --- upsample ---------------------------------------------------------------------------------- */

static sw_status upsample_forward(sw_problem *p)
{
    sw_reference_upsample(p->out[0].want, p->in[0].given, p->x, p->y.h, p->y.w);
    expect_exactly(&p->out[0]);
    return SW_OK;
}

static sw_status upsample_backward(sw_problem *p)
{
    const double *sizes = absolute(p, p->dout[0].given, p->dout[0].elems);
    if (!sizes) return SW_E_MEMORY;
    sw_reference_upsample_backward(p->din[0].want, p->dout[0].given, p->x, p->y.h, p->y.w);
    sw_reference_upsample_backward(p->din[0].bound, sizes, p->x, p->y.h, p->y.w);
    expect_sum(p, &p->din[0], 9); /* in the last corner of an odd image; 4 elsewhere */
    return SW_OK;
}

const sw_expectation sw_expect_upsample = {
    .op_name = "upsample",
    .forward = upsample_forward,
    .backward = upsample_backward,
    .describe = doubled_describe,
};
