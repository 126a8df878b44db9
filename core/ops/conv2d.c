/* conv2d: im2col in bands of pixels, and CLBlast's matrix product, for all three passes. */
#include <stdio.h>
#include <stdlib.h>

#include "ops/ops.h"
#include "ops/run.h"

enum {
    BAND_MULTIPLE = 128,    /* pixels of a band: a multiple of the GEMM's tile, so that it needs no padding */
    BIAS_CHUNK_PIXELS = 512 /* a partial sum of the bias gradient */
};

/* Everything about one convolution that does not change between runs. */
typedef struct conv_plan {
    const sw_kernel *im2col_x, *im2col_dy, *flip, *bias_fwd, *bias_partial, *bias_combine;
    int in_channels, out_channels, taps;
    size_t band_pixels;
    /* the workspace: what the matrix product wants, then the flipped weights, then the im2col band */
    size_t gemm_bytes, flipped_bytes;
} conv_plan;

/* A pass goes band by band: pixels [first, first + count) of the whole batch. */
typedef struct band {
    size_t first, count;
} band;

static size_t align_up(size_t bytes)
{
    size_t align = SW_PARAM_ALIGN_ELEMS * sizeof(float);
    return (bytes + align - 1) / align * align;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Pixels a band may hold under the cap, for rows as long as the longer of the two im2cols. */
static size_t band_pixels(const sw_conv2d_attrs *attrs, sw_shape x)
{
    size_t taps = (size_t)attrs->kernel * (size_t)attrs->kernel;
    size_t row_bytes = taps * larger((size_t)x.c, (size_t)attrs->out_channels) * sizeof(float);
    size_t pixels = (size_t)x.n * (size_t)x.h * (size_t)x.w;
    size_t fitting = attrs->workspace_cap_bytes / row_bytes;
    if (fitting > BAND_MULTIPLE) fitting = fitting / BAND_MULTIPLE * BAND_MULTIPLE;
    if (fitting < (size_t)x.w) fitting = (size_t)x.w;
    return fitting < pixels ? fitting : pixels;
}

static sw_status conv2d_infer(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    const sw_conv2d_attrs *attrs = node->attrs;
    sw_shape x = sw_node_input(graph, node, 0)->shape;
    int k = attrs->kernel;
    if (k < 1 || k > 7 || k % 2 == 0)
        return sw_node_fail(node, "the window side is %d; it must be 1, 3, 5 or 7", k);
    if (attrs->out_channels < 1) return sw_node_fail(node, "%d output channels", attrs->out_channels);
    const int weight_dims[] = {attrs->out_channels, x.c, k, k};
    int fan_in = x.c * k * k;
    SW_TRY(sw_node_add_param(graph, node, "weight", SW_LAYOUT_CONV, 4, weight_dims, SW_INIT_FAN_IN_UNIFORM,
                             fan_in));
    if (attrs->bias)
        SW_TRY(sw_node_add_param(graph, node, "bias", SW_LAYOUT_PLAIN, 1, weight_dims, SW_INIT_FAN_IN_UNIFORM,
                                 fan_in));
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){x.n, x.h, x.w, attrs->out_channels}));
    size_t taps = (size_t)k * (size_t)k;
    size_t widest = larger((size_t)x.c, (size_t)attrs->out_channels);
    size_t cols_bytes = band_pixels(attrs, x) * taps * widest * sizeof(float);
    size_t flipped_bytes = align_up(taps * (size_t)x.c * (size_t)attrs->out_channels * sizeof(float));
    size_t chunks = (sw_shape_elems(x) / (size_t)x.c + BIAS_CHUNK_PIXELS - 1) / BIAS_CHUNK_PIXELS;
    size_t bias_bytes = attrs->bias ? chunks * (size_t)attrs->out_channels * sizeof(float) : 0;
    node->workspace_bytes = larger(flipped_bytes + cols_bytes, bias_bytes);
    node->macs = (uint64_t)x.h * (uint64_t)x.w * taps * (uint64_t)x.c * (uint64_t)attrs->out_channels;
    node->window = k;
done:
    return status;
}

/* --- the three products of one band
 * ------------------------------------------------------------------------------ */

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

static sw_status measure_gemm_workspace(conv_plan *plan, sw_cl *cl, size_t pixels)
{
    sw_status status = SW_OK;
    size_t in_depth = (size_t)plan->taps * (size_t)plan->in_channels;
    size_t out_depth = (size_t)plan->taps * (size_t)plan->out_channels;
    const sw_gemm products[] = {product_forward(pixels, in_depth, (size_t)plan->out_channels),
                                product_forward(pixels, out_depth, (size_t)plan->in_channels),
                                product_weights(pixels, in_depth, (size_t)plan->out_channels)};
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        size_t bytes;
        SW_TRY(sw_gemm_workspace(&bytes, cl, &products[i]));
        plan->gemm_bytes = larger(plan->gemm_bytes, align_up(bytes));
    }
done:
    return status;
}

static sw_status conv2d_prepare(sw_run *run)
{
    sw_status status = SW_OK;
    const sw_conv2d_attrs *attrs = run->node->attrs;
    sw_shape x = run->graph->values[run->node->inputs[0]].shape;
    conv_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return sw_fail_alloc("a convolution", sizeof *plan);
    run->prepared = plan;
    plan->in_channels = x.c;
    plan->out_channels = attrs->out_channels;
    plan->taps = attrs->kernel * attrs->kernel;
    plan->band_pixels = band_pixels(attrs, x);
    plan->flipped_bytes =
        align_up((size_t)plan->taps * (size_t)x.c * (size_t)plan->out_channels * sizeof(float));

    char options[64];
    int out_vec = sw_run_vec(run, plan->out_channels);
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", attrs->kernel, sw_run_vec(run, x.c));
    SW_TRY(sw_kernel_get(&plan->im2col_x, run->cl, "conv2d", "conv2d_im2col", options));
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", attrs->kernel, out_vec);
    SW_TRY(sw_kernel_get(&plan->im2col_dy, run->cl, "conv2d", "conv2d_im2col", options));
    SW_TRY(sw_kernel_get(&plan->flip, run->cl, "conv2d", "conv2d_flip", options));
    SW_TRY(sw_kernel_get(&plan->bias_fwd, run->cl, "conv2d", "conv2d_bias_fwd", options));
    SW_TRY(sw_kernel_get(&plan->bias_partial, run->cl, "conv2d", "conv2d_bias_bwd_partial", options));
    SW_TRY(sw_kernel_get(&plan->bias_combine, run->cl, "conv2d", "conv2d_bias_bwd_combine", options));

    /* the last band of a batch may be shorter, and then need padding where the whole one does not */
    size_t pixels = (size_t)x.n * (size_t)x.h * (size_t)x.w;
    SW_TRY(measure_gemm_workspace(plan, run->cl, plan->band_pixels));
    if (pixels % plan->band_pixels) SW_TRY(measure_gemm_workspace(plan, run->cl, pixels % plan->band_pixels));
    run->workspace_bytes += plan->gemm_bytes;
done:
    return status;
}

static void conv2d_release(sw_run *run)
{
    free(run->prepared);
}

/* --- passes
 * ------------------------------------------------------------------------------------------------------- */

static size_t flipped_offset(const conv_plan *plan)
{
    return plan->gemm_bytes / sizeof(float);
}

static size_t cols_offset(const conv_plan *plan)
{
    return (plan->gemm_bytes + plan->flipped_bytes) / sizeof(float);
}

/* Steps through the bands of the run's batch; false when all are done. */
static bool next_band(band *b, const sw_run *run)
{
    const conv_plan *plan = run->prepared;
    sw_shape x = sw_run_out_shape(run, 0);
    size_t pixels = (size_t)x.n * (size_t)x.h * (size_t)x.w;
    b->first += b->count;
    if (b->first >= pixels) return false;
    size_t left = pixels - b->first;
    b->count = left < plan->band_pixels ? left : plan->band_pixels;
    return true;
}

/* The band of `x` (the input, or dy) as rows of a matrix, into the workspace. */
static sw_status im2col(sw_run *run, const sw_kernel *kernel, cl_mem x, int channels, band b)
{
    const conv_plan *plan = run->prepared;
    sw_shape shape = sw_run_out_shape(run, 0);
    size_t cv = (size_t)channels / (size_t)sw_run_vec(run, channels);
    return SW_LAUNCH(run->cl, kernel, run->node->name, sw_run_grid(run, cv, b.count, false), sw_arg_buffer(x),
                     sw_arg_buffer(run->workspace), sw_arg_u32((uint32_t)cols_offset(plan)),
                     sw_arg_u32((uint32_t)b.first), sw_arg_i32(shape.h), sw_arg_i32(shape.w),
                     sw_arg_u32((uint32_t)cv));
}

/* to[band] (+)= cols b: y with the weights, dx with the flipped ones. */
static sw_status multiply_band(sw_run *run, band b, cl_mem matrix, size_t matrix_offset, size_t depth,
                               size_t channels, cl_mem to, bool accumulate)
{
    sw_gemm g = product_forward(b.count, depth, channels);
    g.a = run->workspace;
    g.a_offset = cols_offset(run->prepared);
    g.b = matrix;
    g.b_offset = matrix_offset;
    g.c = to;
    g.c_offset = b.first * channels;
    g.beta = accumulate ? 1.0f : 0.0f;
    g.node = run->node->name;
    return sw_gemm_run(run->cl, &g, run->workspace);
}

static sw_status conv2d_forward(sw_run *run)
{
    sw_status status = SW_OK;
    const conv_plan *plan = run->prepared;
    size_t depth = (size_t)plan->taps * (size_t)plan->in_channels, channels = (size_t)plan->out_channels;
    for (band b = {0}; next_band(&b, run);) {
        SW_TRY(im2col(run, plan->im2col_x, run->in[0], plan->in_channels, b));
        SW_TRY(multiply_band(run, b, run->param[0], 0, depth, channels, run->out[0], false));
    }
    if (run->node->param_count > 1) {
        sw_shape y = sw_run_out_shape(run, 0);
        size_t pixels = (size_t)y.n * (size_t)y.h * (size_t)y.w;
        size_t ov = channels / (size_t)sw_run_vec(run, plan->out_channels);
        SW_TRY(SW_LAUNCH(run->cl, plan->bias_fwd, run->node->name, sw_run_grid(run, ov, pixels, false),
                         sw_arg_buffer(run->out[0]), sw_arg_buffer(run->param[1])));
    }
done:
    return status;
}

static sw_status backward_weights(sw_run *run)
{
    sw_status status = SW_OK;
    const conv_plan *plan = run->prepared;
    size_t depth = (size_t)plan->taps * (size_t)plan->in_channels, channels = (size_t)plan->out_channels;
    for (band b = {0}; next_band(&b, run);) {
        SW_TRY(im2col(run, plan->im2col_x, run->in[0], plan->in_channels, b));
        sw_gemm g = product_weights(b.count, depth, channels);
        g.a = run->workspace;
        g.a_offset = cols_offset(plan);
        g.b = run->dout[0];
        g.b_offset = b.first * channels;
        g.c = run->dparam[0];
        g.node = run->node->name;
        SW_TRY(sw_gemm_run(run->cl, &g, run->workspace));
    }
done:
    return status;
}

static sw_status backward_data(sw_run *run)
{
    sw_status status = SW_OK;
    const conv_plan *plan = run->prepared;
    size_t in_channels = (size_t)plan->in_channels, out_channels = (size_t)plan->out_channels;
    sw_grid grid = {.global = {in_channels, out_channels, (size_t)plan->taps}};
    SW_TRY(SW_LAUNCH(run->cl, plan->flip, run->node->name, grid, sw_arg_buffer(run->param[0]),
                     sw_arg_buffer(run->workspace), sw_arg_u32((uint32_t)flipped_offset(plan))));
    for (band b = {0}; next_band(&b, run);) {
        SW_TRY(im2col(run, plan->im2col_dy, run->dout[0], plan->out_channels, b));
        SW_TRY(multiply_band(run, b, run->workspace, flipped_offset(plan), (size_t)plan->taps * out_channels,
                             in_channels, run->din[0], run->accumulate[0]));
    }
done:
    return status;
}

static sw_status backward_bias(sw_run *run)
{
    sw_status status = SW_OK;
    const conv_plan *plan = run->prepared;
    sw_shape y = sw_run_out_shape(run, 0);
    size_t pixels = (size_t)y.n * (size_t)y.h * (size_t)y.w;
    size_t chunks = (pixels + BIAS_CHUNK_PIXELS - 1) / BIAS_CHUNK_PIXELS;
    size_t channels = (size_t)y.c, ov = channels / (size_t)sw_run_vec(run, y.c);
    SW_TRY(SW_LAUNCH(run->cl, plan->bias_partial, run->node->name, sw_run_grid(run, ov, chunks, true),
                     sw_arg_buffer(run->dout[0]), sw_arg_buffer(run->workspace), sw_arg_u32((uint32_t)pixels),
                     sw_arg_u32(BIAS_CHUNK_PIXELS)));
    SW_TRY(SW_LAUNCH(run->cl, plan->bias_combine, run->node->name, sw_run_grid(run, channels, 1, true),
                     sw_arg_buffer(run->workspace), sw_arg_buffer(run->dparam[1]),
                     sw_arg_u32((uint32_t)chunks)));
done:
    return status;
}

static sw_status conv2d_backward(sw_run *run)
{
    sw_status status = SW_OK;
    SW_TRY(backward_weights(run));
    if (run->node->param_count > 1) SW_TRY(backward_bias(run));
    if (run->din[0]) SW_TRY(backward_data(run));
done:
    return status;
}

const sw_op sw_op_conv2d = {
    .name = "conv2d",
    .help = "convolution with a square odd window, stride 1, same size; im2col and CLBlast",
    .attr_bytes = sizeof(sw_conv2d_attrs),
    .input_count = 1,
    .output_count = 1,
    .infer = conv2d_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .prepare = conv2d_prepare,
    .forward = conv2d_forward,
    .backward = conv2d_backward,
    .release = conv2d_release,
};
