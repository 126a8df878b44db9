/* Transposed convolution by products in tiles of local memory, for GPUs: those of a 1x1 convolution to all
 * taps of all output channels (cl_kernels/conv2d_transposed_columns.cl), a band of whole images at a time. */
#include <limits.h>
#include <stdio.h>

#include "conv_transpose.h"
#include "tile_product.h"

typedef struct tile_plan {
    sw_transposed_shape shape;
    int columns;     /* channels of the products: taps times output channels */
    int band_images; /* at most */
    int vec;         /* of the kernels below */
    sw_tile_product forward, data, weights;
    const sw_kernel *gather, *spread, *turn, *combine;
    /* the workspace of the backward pass: sums of the weights' gradient, or turned weights, then columns */
    size_t cols_offset; /* floats */
} tile_plan;

static size_t image_pixels(sw_transposed_shape s)
{
    return (size_t)s.h * (size_t)s.w;
}

/* Images whose columns stay under the cap, and can be counted in an int; one at least. */
static int fitting_images(const tile_plan *plan, size_t cap_bytes)
{
    const size_t image_bytes = image_pixels(plan->shape) * (size_t)plan->columns * sizeof(float);
    const size_t most =
        cap_bytes < INT_MAX ? cap_bytes : INT_MAX; /* as bytes, a quarter of what an int counts */
    const size_t images = most / image_bytes;
    if (images < 1) return 1;
    return images < (size_t)plan->shape.n ? (int)images : plan->shape.n;
}

static sw_status prepare_kernels(tile_plan *plan, sw_call *call)
{
    char storage[SW_STORAGE_BYTES], options[SW_STORAGE_BYTES + 120];
    const sw_transposed_shape s = plan->shape;
    plan->vec = sw_call_vec(call, s.out_channels);
    sw_storage_options(storage, s.x_type, s.y_type);
    snprintf(options, sizeof options, "-DKERNEL=%d -DSTRIDE=%d -DPADDING=%d -DVEC=%d%s", s.kernel, s.stride,
             s.padding, plan->vec, storage);
    const struct {
        const sw_kernel **kernel;
        const char *name;
    } kernels[] = {{&plan->gather, "conv2d_transposed_gather"},
                   {&plan->spread, "conv2d_transposed_columns"},
                   {&plan->turn, "conv2d_transposed_turn"}};
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        SW_ENSURE(sw_kernel_get(kernels[i].kernel, call->cl, "conv2d_transposed_columns", kernels[i].name,
                                options));
    return sw_conv_helper(&plan->combine, call, (sw_conv_shape){.kernel = 1}, s.out_channels,
                          "conv2d_combine");
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_transposed_shape s,
                         size_t cap_bytes)
{
    tile_plan *plan = out;
    plan->shape = s;
    plan->columns = s.kernel * s.kernel * s.out_channels;
    plan->band_images = fitting_images(plan, cap_bytes);
    SW_ENSURE(prepare_kernels(plan, call));
    const size_t pixels = (size_t)plan->band_images * image_pixels(s);
    /* the columns are float32 */
    const sw_tile_sides from_x = {
        .window = sw_conv_pointwise, .in = s.in_channels, .out = plan->columns, .in_type = s.x_type};
    const sw_tile_sides to_dx = {
        .window = sw_conv_pointwise, .in = plan->columns, .out = s.in_channels, .out_type = s.x_type};
    SW_ENSURE(sw_tile_prepare_rows(&plan->forward, call->cl, from_x, pixels, 1));
    if (call->gradients) {
        SW_ENSURE(sw_tile_prepare_rows(&plan->data, call->cl, to_dx, pixels, 1));
        SW_ENSURE(sw_tile_prepare_sums(&plan->weights, call->cl, from_x, pixels, 1, cap_bytes));
        plan->cols_offset = align_floats(
            larger(sw_tile_sums_bytes(&plan->weights) / sizeof(float), sw_transposed_weights(s)));
    }
    *workspace_bytes = (plan->cols_offset + pixels * (size_t)plan->columns) * sizeof(float);
    return SW_OK;
}

/* Steps to the next band of the run's images. */
static bool next_band(sw_conv_block *band, const tile_plan *plan, const sw_call *call)
{
    return sw_conv_next_block(band, (size_t)call->n, (size_t)plan->band_images);
}

static sw_status forward(const void *prepared, sw_call *call)
{
    const tile_plan *plan = prepared;
    const sw_transposed_shape s = plan->shape;
    const cl_mem bias = sw_transposed_bias(call);
    const sw_tile_matrix weights = {.buffer = call->param[0]}, cols = {.buffer = call->workspace};
    for (sw_conv_block band = {0}; next_band(&band, plan, call);) {
        const sw_tile_matrix x = {.buffer = call->in[0],
                                  .offset = band.first * image_pixels(s) * (size_t)s.in_channels};
        sw_ndrange range = sw_call_ndrange(call, (size_t)(s.out_channels / plan->vec), (size_t)s.ow, false);
        range.global[2] = band.count * (size_t)s.oh;
        SW_ENSURE(sw_tile_run_rows(&plan->forward, call, &x, &weights, &cols, sw_conv_grid_whole(s.h, s.w),
                                   band.count * image_pixels(s), false));
        SW_ENSURE(SW_CALL_LAUNCH(call, plan->gather, range, SW_ARG(call->workspace), SW_ARG(bias),
                                 SW_ARG(bias != NULL), SW_ARG(call->out[0]), SW_ARG((int)band.first),
                                 SW_SIZE_ARGS(s), SW_ARG(s.oh)));
    }
    return SW_OK;
}

/* Writes dy of a band's images as columns into the workspace. */
static sw_status spread(const tile_plan *plan, sw_call *call, sw_conv_block band)
{
    const sw_transposed_shape s = plan->shape;
    sw_ndrange range = sw_call_ndrange(call, (size_t)(s.out_channels / plan->vec),
                                       (size_t)s.kernel * (size_t)s.kernel, false);
    range.global[2] = band.count * image_pixels(s);
    return SW_CALL_LAUNCH(call, plan->spread, range, SW_ARG(call->dout[0]), SW_ARG(call->workspace),
                          SW_ARG(plan->cols_offset), SW_ARG((int)band.first), SW_SIZE_ARGS(s), SW_ARG(s.oh),
                          SW_ARG(s.ow));
}

/* Of a band whose columns are there: dw += x' columns. */
static sw_status add_weights(const tile_plan *plan, sw_call *call, const sw_tile_matrix *x,
                             const sw_tile_matrix *columns, size_t pixels)
{
    int segments;
    const sw_ndrange combine = {.global = {sw_transposed_weights(plan->shape)}};
    SW_ENSURE(sw_tile_run_sums(&segments, &plan->weights, call, x, columns, call->workspace,
                               sw_conv_grid_whole(plan->shape.h, plan->shape.w), pixels));
    return SW_CALL_LAUNCH(call, plan->combine, combine, SW_ARG(call->workspace), SW_ARG(call->dparam[0]),
                          SW_ARG(segments));
}

/* The same: dx (+)= columns w'. */
static sw_status multiply_columns(const tile_plan *plan, sw_call *call, const sw_tile_matrix *columns,
                                  const sw_tile_matrix *dx, size_t pixels)
{
    const sw_tile_matrix turned = {.buffer = call->workspace};
    const sw_ndrange range =
        sw_call_ndrange(call, (size_t)plan->shape.in_channels, (size_t)plan->columns, false);
    SW_ENSURE(SW_CALL_LAUNCH(call, plan->turn, range, SW_ARG(call->param[0]), SW_ARG(call->workspace)));
    return sw_tile_run_rows(&plan->data, call, columns, &turned, dx,
                            sw_conv_grid_whole(plan->shape.h, plan->shape.w), pixels, call->accumulate[0]);
}

static sw_status backward(const void *prepared, sw_call *call)
{
    const tile_plan *plan = prepared;
    const sw_transposed_shape s = plan->shape;
    const sw_tile_matrix columns = {.buffer = call->workspace, .offset = plan->cols_offset};
    for (sw_conv_block band = {0}; next_band(&band, plan, call);) {
        const size_t pixels = band.count * image_pixels(s),
                     first = band.first * image_pixels(s) * (size_t)s.in_channels;
        const sw_tile_matrix x = {.buffer = call->in[0], .offset = first},
                             dx = {.buffer = call->din[0], .offset = first};
        sw_profile_pass(call->cl, SW_PASS_BACKWARD_WEIGHTS);
        SW_ENSURE(spread(plan, call, band));
        SW_ENSURE(add_weights(plan, call, &x, &columns, pixels));
        sw_profile_pass(call->cl, SW_PASS_BACKWARD_DATA);
        if (dx.buffer) SW_ENSURE(multiply_columns(plan, call, &columns, &dx, pixels));
    }
    return SW_OK;
}

const sw_transposed_engine sw_transposed_tile = {
    .name = "tile",
    .choice = SW_CONV_TILE,
    .plan_bytes = sizeof(tile_plan),
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
