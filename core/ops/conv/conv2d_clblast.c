/* Engine clblast: im2col in bands of pixels, and CLBlast's matrix product, for all three passes. */
#include <stdio.h>
#include <stdlib.h>

#include "conv_engine.h"

enum {
    BAND_MULTIPLE = 128
}; /* pixels of a band: a multiple of the GEMM's tile, so that it needs no padding */

typedef struct clblast_plan {
    const sw_kernel *im2col_x, *im2col_dy, *flip;
    sw_conv_shape shape;
    size_t taps, band_pixels;
    /* the workspace: what the matrix product wants, then the flipped weights, then the im2col band */
    size_t gemm_bytes, flipped_bytes;
} clblast_plan;

/* A pass goes band by band: pixels [first, first + count) of the whole batch. */
typedef struct band {
    size_t first, count;
} band;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static bool supports(const sw_cl *cl, sw_conv_shape shape, sw_conv_pass pass)
{
    (void)pass;
    (void)cl;
    (void)shape;
    return true;
}

/* Bytes of a row of the longer of the two im2cols. */
static size_t row_bytes(sw_conv_shape s)
{
    return (size_t)s.kernel * (size_t)s.kernel * larger((size_t)s.in_channels, (size_t)s.out_channels) *
           sizeof(float);
}

/* Pixels a band may hold under the cap; at least a row of the image is always taken. */
static size_t fitting_pixels(sw_conv_shape s, size_t cap_bytes)
{
    size_t pixels = (size_t)s.n * (size_t)s.h * (size_t)s.w;
    size_t fitting = cap_bytes / row_bytes(s);
    if (fitting > BAND_MULTIPLE) fitting = fitting / BAND_MULTIPLE * BAND_MULTIPLE;
    if (fitting < (size_t)s.w) fitting = (size_t)s.w;
    return fitting < pixels ? fitting : pixels;
}

/* --- the products of one band ---------------------------------------------------------------- */

/* y[band] = cols w, or with the flipped weights dx[band] (+)= cols flipped. */
static sw_gemm product_forward(size_t pixels, size_t depth, size_t channels)
{
    return (sw_gemm){.m = pixels, .n = channels, .k = depth, .lda = depth, .ldb = channels, .ldc = channels};
}

/* dw += cols^T dy[band]. */
static sw_gemm product_weights(size_t pixels, size_t depth, size_t channels)
{
    return (sw_gemm){.transpose_a = true,
                     .m = depth,
                     .n = channels,
                     .k = pixels,
                     .lda = depth,
                     .ldb = channels,
                     .ldc = channels,
                     .beta = 1.0f};
}

static sw_status measure_gemm_workspace(clblast_plan *plan, sw_cl *cl, size_t pixels)
{
    sw_status status = SW_OK;
    size_t in = (size_t)plan->shape.in_channels, out = (size_t)plan->shape.out_channels;
    const sw_gemm products[] = {product_forward(pixels, plan->taps * in, out),
                                product_forward(pixels, plan->taps * out, in),
                                product_weights(pixels, plan->taps * in, out)};
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        size_t bytes = 0;
        SW_TRY(sw_gemm_workspace(&bytes, cl, &products[i]));
        plan->gemm_bytes = larger(plan->gemm_bytes, sw_conv_align(bytes));
    }
done:
    return status;
}

static sw_status prepare(void **out, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    sw_status status = SW_OK;
    (void)passes; /* all use the same few kernels */
    clblast_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return sw_fail_alloc("a convolution", sizeof *plan);
    *out = plan;
    plan->shape = shape;
    plan->taps = (size_t)shape.kernel * (size_t)shape.kernel;
    plan->band_pixels = fitting_pixels(shape, cap_bytes);
    plan->flipped_bytes =
        sw_conv_align(plan->taps * (size_t)shape.in_channels * (size_t)shape.out_channels * sizeof(float));

    char options[64];
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", shape.kernel,
             sw_call_vec(call, shape.in_channels));
    SW_TRY(sw_kernel_get(&plan->im2col_x, call->cl, "conv2d", "conv2d_im2col", options));
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", shape.kernel,
             sw_call_vec(call, shape.out_channels));
    SW_TRY(sw_kernel_get(&plan->im2col_dy, call->cl, "conv2d", "conv2d_im2col", options));
    SW_TRY(sw_kernel_get(&plan->flip, call->cl, "conv2d", "conv2d_flip", options));

    /* the last band may be of any length, and then need padding where a whole one does not: most with one
     * pixel less */
    SW_TRY(measure_gemm_workspace(plan, call->cl, plan->band_pixels));
    if (plan->band_pixels > 1) SW_TRY(measure_gemm_workspace(plan, call->cl, plan->band_pixels - 1));
    *workspace_bytes = plan->gemm_bytes + plan->flipped_bytes + plan->band_pixels * row_bytes(shape);
done:
    return status;
}

/* --- passes ---------------------------------------------------------------------------------- */

static size_t flipped_offset(const clblast_plan *plan)
{
    return plan->gemm_bytes / sizeof(float);
}

static size_t cols_offset(const clblast_plan *plan)
{
    return (plan->gemm_bytes + plan->flipped_bytes) / sizeof(float);
}

/* Steps through the bands of the run's batch; false when all are done. */
static bool next_band(band *b, const clblast_plan *plan, const sw_call *call)
{
    size_t pixels = sw_conv_pixels(call);
    b->first += b->count;
    if (b->first >= pixels) return false;
    size_t left = pixels - b->first;
    b->count = left < plan->band_pixels ? left : plan->band_pixels;
    return true;
}

/* The band of `x` (the input, or dy) as rows of a matrix, into the workspace. */
static sw_status im2col(const clblast_plan *plan, sw_call *call, const sw_kernel *kernel, cl_mem x,
                        int channels, band b)
{
    size_t cv = (size_t)channels / (size_t)sw_call_vec(call, channels);
    return SW_LAUNCH(call->cl, kernel, call->node->name, sw_call_ndrange(call, cv, b.count, false),
                     sw_arg_buffer(x), sw_arg_buffer(call->workspace),
                     sw_arg_u32((uint32_t)cols_offset(plan)), sw_arg_u32((uint32_t)b.first),
                     sw_arg_i32(plan->shape.h), sw_arg_i32(plan->shape.w), sw_arg_u32((uint32_t)cv));
}

/* The product's copies stay before the flipped weights and the columns, whatever layout suits a band's
 * length. */
static sw_status multiply(const clblast_plan *plan, sw_call *call, sw_gemm *g)
{
    g->workspace_bytes = plan->gemm_bytes;
    g->node = call->node->name;
    return sw_gemm_run(call->cl, g, plan->gemm_bytes ? call->workspace : NULL);
}

/* to[band] (+)= cols b: y with the weights, dx with the flipped ones. */
static sw_status multiply_band(const clblast_plan *plan, sw_call *call, band b, cl_mem matrix,
                               size_t matrix_offset, size_t depth, size_t channels, cl_mem to,
                               bool accumulate)
{
    sw_gemm g = product_forward(b.count, depth, channels);
    g.a = call->workspace;
    g.a_offset = cols_offset(plan);
    g.b = matrix;
    g.b_offset = matrix_offset;
    g.c = to;
    g.c_offset = b.first * channels;
    g.beta = accumulate ? 1.0f : 0.0f;
    return multiply(plan, call, &g);
}

static sw_status forward(const void *prepared, sw_call *call)
{
    sw_status status = SW_OK;
    const clblast_plan *plan = prepared;
    size_t depth = plan->taps * (size_t)plan->shape.in_channels, channels = (size_t)plan->shape.out_channels;
    for (band b = {0}; next_band(&b, plan, call);) {
        SW_TRY(im2col(plan, call, plan->im2col_x, call->in[0], plan->shape.in_channels, b));
        SW_TRY(multiply_band(plan, call, b, call->param[0], 0, depth, channels, call->out[0], false));
    }
done:
    return status;
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    sw_status status = SW_OK;
    const clblast_plan *plan = prepared;
    size_t depth = plan->taps * (size_t)plan->shape.in_channels, channels = (size_t)plan->shape.out_channels;
    for (band b = {0}; next_band(&b, plan, call);) {
        SW_TRY(im2col(plan, call, plan->im2col_x, call->in[0], plan->shape.in_channels, b));
        sw_gemm g = product_weights(b.count, depth, channels);
        g.a = call->workspace;
        g.a_offset = cols_offset(plan);
        g.b = call->dout[0];
        g.b_offset = b.first * channels;
        g.c = call->dparam[0];
        SW_TRY(multiply(plan, call, &g));
    }
done:
    return status;
}

static sw_status backward_data(const void *prepared, sw_call *call)
{
    sw_status status = SW_OK;
    const clblast_plan *plan = prepared;
    size_t in = (size_t)plan->shape.in_channels, out = (size_t)plan->shape.out_channels;
    sw_ndrange grid = sw_call_ndrange(call, in, plan->taps * out, false);
    SW_TRY(SW_LAUNCH(call->cl, plan->flip, call->node->name, grid, sw_arg_buffer(call->param[0]),
                     sw_arg_buffer(call->workspace), sw_arg_u32((uint32_t)flipped_offset(plan)),
                     sw_arg_u32((uint32_t)out)));
    for (band b = {0}; next_band(&b, plan, call);) {
        SW_TRY(im2col(plan, call, plan->im2col_dy, call->dout[0], plan->shape.out_channels, b));
        SW_TRY(multiply_band(plan, call, b, call->workspace, flipped_offset(plan), plan->taps * out, in,
                             call->din[0], call->accumulate[0]));
    }
done:
    return status;
}

const sw_conv_engine sw_conv_engine_clblast = {
    .name = "clblast",
    .choice = SW_CONV_CLBLAST,
    .supports = supports,
    .prepare = prepare,
    .release = free,
    .forward = forward,
    .backward_weights = backward_weights,
    .backward_data = backward_data,
};
