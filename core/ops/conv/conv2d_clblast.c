/* Engine clblast: im2col in bands of pixels, and CLBlast's matrix product, for all three passes. */
#include "conv_engine.h"

enum {
    BAND_MULTIPLE = 128
}; /* pixels of a band: a multiple of the GEMM's tile, so that it needs no padding */

typedef struct clblast_plan {
    const sw_kernel *im2col[SW_CONV_PRODUCTS] /* by pass: of x, of dy */, *flip;
    sw_conv_shape shape;
    size_t taps, band_pixels;
    /* the workspace: what the matrix product wants, then the flipped weights, then the im2col band; offsets
     * in floats */
    size_t gemm_bytes, flipped_offset, cols_offset;
} clblast_plan;

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
    return taps_of(s) * more_channels(s) * sizeof(float);
}

/* Pixels a band may hold under the cap; at least a row of the image is always taken. */
static size_t fitting_pixels(sw_conv_shape s, size_t cap_bytes)
{
    size_t pixels = in_pixels(s), fitting = cap_bytes / row_bytes(s);
    if (fitting > BAND_MULTIPLE) fitting = fitting / BAND_MULTIPLE * BAND_MULTIPLE;
    if (fitting < (size_t)s.w) fitting = (size_t)s.w;
    return fitting < pixels ? fitting : pixels;
}

/* --- the products of one band ---------------------------------------------------------------- */

/* y[band] = cols w, or with the flipped weights dx[band] (+)= cols flipped. */
static sw_gemm product_of_band(size_t pixels, size_t depth, size_t channels)
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
    size_t in = (size_t)plan->shape.in_channels, out = (size_t)plan->shape.out_channels;
    const sw_gemm products[] = {product_of_band(pixels, plan->taps * in, out),
                                product_of_band(pixels, plan->taps * out, in),
                                product_weights(pixels, plan->taps * in, out)};
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        size_t bytes = 0;
        SW_ENSURE(sw_gemm_workspace(&bytes, cl, &products[i]));
        plan->gemm_bytes = larger(plan->gemm_bytes, sw_conv_align(bytes));
    }
    return SW_OK;
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    (void)passes; /* all use the same few kernels */
    clblast_plan *plan = out;
    plan->shape = shape;
    plan->taps = taps_of(shape);
    plan->band_pixels = fitting_pixels(shape, cap_bytes);
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++)
        SW_ENSURE(sw_conv_window_helper(&plan->im2col[pass], call, sw_conv_window_of(shape, pass),
                                        from_channels(shape, pass), "conv2d_im2col"));
    SW_ENSURE(sw_conv_helper(&plan->flip, call, shape, shape.out_channels, "conv2d_flip"));

    /* The last band may have any length. Then it may need padding that a whole one does not: the most if it
     * is one pixel shorter. */
    SW_ENSURE(measure_gemm_workspace(plan, call->cl, plan->band_pixels));
    if (plan->band_pixels > 1) SW_ENSURE(measure_gemm_workspace(plan, call->cl, plan->band_pixels - 1));
    plan->flipped_offset = plan->gemm_bytes / sizeof(float);
    plan->cols_offset = plan->flipped_offset + align_floats(plan->taps * channel_pairs(shape));
    *workspace_bytes = plan->cols_offset * sizeof(float) + plan->band_pixels * row_bytes(shape);
    return SW_OK;
}

/* --- passes ---------------------------------------------------------------------------------- */

/* Steps to the next band, pixels [first, first + count) that the product writes of the run's batch; false
 * when all are done. */
static bool next_band(sw_conv_block *band, const clblast_plan *plan, const sw_call *call,
                      sw_conv_pass product)
{
    return sw_conv_next_block(band, sw_conv_to_pixels(call, product), plan->band_pixels);
}

/* All pixels that the product writes, its phases as one. */
static sw_conv_grid whole_grid(sw_conv_shape s, sw_conv_pass product)
{
    sw_conv_grid grid = sw_conv_grid_of(s, product, 0);
    grid.h = grid.to_h;
    grid.w = grid.to_w;
    return grid;
}

/* Writes what the band's pixels see of `image` (x, or dy) as rows of a matrix into the workspace. */
static sw_status im2col(const clblast_plan *plan, sw_call *call, sw_conv_pass pass, cl_mem image,
                        sw_conv_block band)
{
    int channels = from_channels(plan->shape, pass);
    size_t cv = (size_t)(channels / sw_call_vec(call, channels));
    sw_conv_grid grid = whole_grid(plan->shape, pass);
    return SW_CALL_LAUNCH(call, plan->im2col[pass], sw_call_ndrange(call, cv, band.count, false),
                          SW_ARG(image), SW_ARG(call->workspace), SW_ARG(plan->cols_offset),
                          SW_ARG(band.first), SW_GRID_ARGS(grid), SW_ARG(cv));
}

/* The product's copies stay before the flipped weights and the columns, whatever layout suits a band's
 * length. */
static sw_status multiply(const clblast_plan *plan, sw_call *call, sw_gemm *g)
{
    g->a = call->workspace;
    g->a_offset = plan->cols_offset;
    g->workspace_bytes = plan->gemm_bytes;
    g->node = call->node->name;
    return sw_gemm_run(call->cl, g, plan->gemm_bytes ? call->workspace : NULL);
}

static sw_status convolve(const void *prepared, sw_call *call, const sw_conv_product *c)
{
    const clblast_plan *plan = prepared;
    size_t depth = plan->taps * (size_t)from_channels(plan->shape, c->pass),
           channels = (size_t)to_channels(plan->shape, c->pass);
    if (c->flip) SW_ENSURE(sw_conv_flip(call, plan->flip, plan->shape, plan->flipped_offset));
    for (sw_conv_block band = {0}; next_band(&band, plan, call, c->pass);) {
        SW_ENSURE(im2col(plan, call, c->pass, c->from, band));
        sw_gemm g = product_of_band(band.count, depth, channels);
        g.b = c->flip ? call->workspace : call->param[0];
        g.b_offset = c->flip ? plan->flipped_offset : 0;
        g.c = c->to;
        g.c_offset = band.first * channels;
        g.beta = c->accumulate ? 1.0f : 0.0f;
        SW_ENSURE(multiply(plan, call, &g));
    }
    return SW_OK;
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    const clblast_plan *plan = prepared;
    size_t depth = plan->taps * (size_t)plan->shape.in_channels, channels = (size_t)plan->shape.out_channels;
    for (sw_conv_block band = {0}; next_band(&band, plan, call, SW_CONV_FORWARD);) {
        SW_ENSURE(im2col(plan, call, SW_CONV_FORWARD, call->in[0], band));
        sw_gemm g = product_weights(band.count, depth, channels);
        g.b = call->dout[0];
        g.b_offset = band.first * channels;
        g.c = call->dparam[0];
        SW_ENSURE(multiply(plan, call, &g));
    }
    return SW_OK;
}

const sw_conv_engine sw_conv_engine_clblast = {
    .name = "clblast",
    .choice = SW_CONV_CLBLAST,
    .supports = supports,
    .plan_bytes = sizeof(clblast_plan),
    .prepare = prepare,
    .convolve = convolve,
    .backward_weights = backward_weights,
};
