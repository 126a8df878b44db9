/* Engine tile: implicit-im2col matrix products in local-memory tiles, for GPUs (cl_kernels/conv2d_tile.cl has
 * the why). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "conv_engine.h"
#include "tile_product.h"

typedef struct tile_plan {
    sw_conv_shape shape;
    sw_tile_product forward, data, weights;
    const sw_kernel *flip, *combine;
} tile_plan;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t pixels_of(sw_conv_shape s)
{
    return (size_t)s.n * (size_t)s.h * (size_t)s.w;
}

static size_t window_of(sw_conv_shape s, int channels)
{
    return (size_t)s.kernel * (size_t)s.kernel * (size_t)channels;
}

/* Whether elements of all tensors can be counted in an int, with a tile's rest behind the last pixel. */
static bool is_countable(sw_conv_shape s)
{
    size_t channels = larger((size_t)s.in_channels, (size_t)s.out_channels);
    return (pixels_of(s) + 1024) * channels < INT_MAX && window_of(s, s.in_channels) * channels < INT_MAX;
}

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    (void)pass;
    return sw_tile_supports(cl) && is_countable(s);
}

/* A kernel of the program that has the bias. */
static sw_status get_helper(const sw_kernel **kernel, const sw_call *call, sw_conv_shape s, const char *name)
{
    char options[64];
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", s.kernel, sw_call_vec(call, s.out_channels));
    return sw_kernel_get(kernel, call->cl, "conv2d", name, options);
}

static sw_status prepare_weights(tile_plan *plan, sw_call *call, size_t cap_bytes)
{
    sw_status status = SW_OK;
    sw_conv_shape s = plan->shape;
    SW_TRY(sw_tile_prepare_sums(&plan->weights, call->cl, s.kernel, s.in_channels, s.out_channels,
                                pixels_of(s), 1, cap_bytes));
    status = get_helper(&plan->combine, call, s, "conv2d_combine");
done:
    return status;
}

static sw_status prepare_data(tile_plan *plan, sw_call *call)
{
    sw_status status = SW_OK;
    sw_conv_shape s = plan->shape;
    SW_TRY(sw_tile_prepare_rows(&plan->data, call->cl, s.kernel, s.out_channels, s.in_channels, pixels_of(s),
                                1));
    status = get_helper(&plan->flip, call, s, "conv2d_flip");
done:
    return status;
}

static sw_status prepare(void **out, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    sw_status status = SW_OK;
    size_t weight_bytes = window_of(shape, shape.in_channels) * (size_t)shape.out_channels * sizeof(float);
    tile_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return sw_fail_alloc("a convolution", sizeof *plan);
    *out = plan;
    plan->shape = shape;
    *workspace_bytes = 0;
    if (passes & SW_BIT(SW_CONV_FORWARD))
        SW_TRY(sw_tile_prepare_rows(&plan->forward, call->cl, shape.kernel, shape.in_channels,
                                    shape.out_channels, pixels_of(shape), 1));
    if (passes & SW_BIT(SW_CONV_BACKWARD_DATA)) {
        SW_TRY(prepare_data(plan, call));
        *workspace_bytes = weight_bytes;
    }
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) {
        SW_TRY(prepare_weights(plan, call, cap_bytes));
        *workspace_bytes = larger(*workspace_bytes, sw_tile_sums_bytes(&plan->weights));
    }
done:
    return status;
}

/* to (+)= conv(from). */
static sw_status run_product(const tile_plan *plan, const sw_tile_product *p, sw_call *call, cl_mem weights,
                             cl_mem from, cl_mem to, bool accumulate)
{
    const sw_tile_matrix x = {.buffer = from}, w = {.buffer = weights}, y = {.buffer = to};
    return sw_tile_run_rows(p, call, &x, &w, &y, plan->shape.h, plan->shape.w, sw_conv_pixels(call),
                            accumulate);
}

static sw_status forward(const void *prepared, sw_call *call)
{
    const tile_plan *plan = prepared;
    return run_product(plan, &plan->forward, call, call->param[0], call->in[0], call->out[0], false);
}

static sw_status backward_data(const void *prepared, sw_call *call)
{
    sw_status status = SW_OK;
    const tile_plan *plan = prepared;
    sw_conv_shape s = plan->shape;
    sw_ndrange grid = sw_call_ndrange(call, (size_t)s.in_channels,
                                      (size_t)s.kernel * (size_t)s.kernel * (size_t)s.out_channels, false);
    SW_TRY(SW_LAUNCH(call->cl, plan->flip, call->node->name, grid, sw_arg_buffer(call->param[0]),
                     sw_arg_buffer(call->workspace), sw_arg_u32(0), sw_arg_u32((uint32_t)s.out_channels)));
    SW_TRY(run_product(plan, &plan->data, call, call->workspace, call->dout[0], call->din[0],
                       call->accumulate[0]));
done:
    return status;
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    sw_status status = SW_OK;
    const tile_plan *plan = prepared;
    const sw_tile_matrix x = {.buffer = call->in[0]}, dy = {.buffer = call->dout[0]};
    int segments;
    sw_ndrange combine = {.global = {plan->weights.rows * plan->weights.columns}};
    SW_TRY(sw_tile_run_sums(&segments, &plan->weights, call, &x, &dy, call->workspace, plan->shape.h,
                            plan->shape.w, sw_conv_pixels(call)));
    SW_TRY(SW_LAUNCH(call->cl, plan->combine, call->node->name, combine, sw_arg_buffer(call->workspace),
                     sw_arg_buffer(call->dparam[0]), sw_arg_i32(segments)));
done:
    return status;
}

const sw_conv_engine sw_conv_engine_tile = {
    .name = "tile",
    .choice = SW_CONV_TILE,
    .by_name_on_cpus = true,
    .supports = supports,
    .prepare = prepare,
    .release = free,
    .forward = forward,
    .backward_weights = backward_weights,
    .backward_data = backward_data,
};
