/* Engine tile: implicit-im2col matrix products in local-memory tiles, for GPUs (cl_kernels/conv2d_tile.cl
 * says why). */
#include <limits.h>

#include "conv_engine.h"
#include "tile_product.h"

typedef struct tile_plan {
    sw_conv_shape shape;
    sw_tile_product product[SW_CONV_PRODUCTS], weights; /* product: by pass */
    const sw_kernel *flip, *combine;
} tile_plan;

/* Whether elements of all tensors can be counted in an int, with a tile's rest behind the last pixel. */
static bool is_countable(sw_conv_shape s)
{
    size_t channels = more_channels(s);
    return (in_pixels(s) + 1024) * channels < INT_MAX &&
           taps_of(s) * (size_t)s.in_channels * channels < INT_MAX;
}

bool sw_conv_tile_fits(const sw_device_info *device, sw_conv_shape s)
{
    return sw_tile_supports(device) && is_countable(s);
}

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    (void)pass;
    return sw_conv_tile_fits(sw_cl_device(cl), s);
}

/* What a product reads and writes; of backward-weights x and dy. */
static sw_tile_sides sides_of(sw_conv_shape s, sw_conv_pass pass)
{
    const bool back = pass == SW_CONV_BACKWARD_DATA;
    return (sw_tile_sides){.window = sw_conv_window_of(s, pass),
                           .in = back ? s.out_channels : s.in_channels,
                           .out = back ? s.in_channels : s.out_channels,
                           .in_type = back ? s.y_type : s.x_type,
                           .out_type = back ? s.x_type : s.y_type};
}

/* Of a launch: the first phase has the most. */
static size_t pixels_at_once(sw_conv_shape s, sw_conv_pass pass)
{
    sw_conv_grid grid = sw_conv_grid_of(s, pass, 0);
    return (size_t)s.n * (size_t)grid.h * (size_t)grid.w;
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_conv_shape s, size_t cap_bytes,
                         unsigned passes)
{
    tile_plan *plan = out;
    plan->shape = s;
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++)
        if (passes & SW_BIT(pass))
            SW_ENSURE(sw_tile_prepare_rows(&plan->product[pass], call->cl, sides_of(s, pass),
                                           pixels_at_once(s, pass), 1));
    if (passes & SW_BIT(SW_CONV_BACKWARD_DATA)) {
        SW_ENSURE(sw_conv_helper(&plan->flip, call, s, s.out_channels, "conv2d_flip"));
        *workspace_bytes = taps_of(s) * channel_pairs(s) * sizeof(float);
    }
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) {
        SW_ENSURE(sw_tile_prepare_sums(&plan->weights, call->cl, sides_of(s, SW_CONV_BACKWARD_WEIGHTS),
                                       out_pixels(s), 1, cap_bytes));
        SW_ENSURE(sw_conv_helper(&plan->combine, call, s, s.out_channels, "conv2d_combine"));
        *workspace_bytes = larger(*workspace_bytes, sw_tile_sums_bytes(&plan->weights));
    }
    return SW_OK;
}

static sw_status convolve(const void *prepared, sw_call *call, const sw_conv_product *c)
{
    const tile_plan *plan = prepared;
    sw_conv_shape s = plan->shape;
    const sw_tile_matrix from = {.buffer = c->from}, to = {.buffer = c->to},
                         weights = {.buffer = c->flip ? call->workspace : call->param[0]};
    if (c->flip) SW_ENSURE(sw_conv_flip(call, plan->flip, s, 0));
    for (int phase = 0; phase < sw_conv_phases(s, c->pass); phase++) {
        sw_conv_grid grid = sw_conv_grid_of(s, c->pass, phase);
        size_t pixels = (size_t)call->n * (size_t)grid.h * (size_t)grid.w;
        if (pixels == 0) continue;
        SW_ENSURE(sw_tile_run_rows(&plan->product[c->pass], call, &from, &weights, &to, grid, pixels,
                                   c->accumulate));
    }
    return SW_OK;
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    const tile_plan *plan = prepared;
    const sw_tile_matrix x = {.buffer = call->in[0]}, dy = {.buffer = call->dout[0]};
    int segments;
    sw_ndrange combine = {.global = {plan->weights.rows * plan->weights.columns}};
    SW_ENSURE(sw_tile_run_sums(&segments, &plan->weights, call, &x, &dy, call->workspace,
                               sw_conv_grid_of(plan->shape, SW_CONV_FORWARD, 0), sw_conv_pixels(call)));
    return SW_CALL_LAUNCH(call, plan->combine, combine, SW_ARG(call->workspace), SW_ARG(call->dparam[0]),
                          SW_ARG(segments));
}

const sw_conv_engine sw_conv_engine_tile = {
    .name = "tile",
    .choice = SW_CONV_TILE,
    .by_name_on_cpus = true,
    .takes_bfloat16 = true,
    .supports = supports,
    .plan_bytes = sizeof(tile_plan),
    .prepare = prepare,
    .convolve = convolve,
    .backward_weights = backward_weights,
};
