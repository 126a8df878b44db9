/* Engine winograd_tile: 3x3 convolutions with a quarter of the multiplications, on GPUs
 * (cl_kernels/conv2d_winograd_tile.cl). The host walks over the batch in blocks of tiles. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "conv_engine.h"
#include "tile_product.h"

enum {
    LANES = 16,  /* channels are a multiple of these: with fewer the transforms cost more than they save */
    VECTOR = 2,  /* channels of a work-item of the transforms: 36 values of each are in registers */
    PLACES = 36, /* values of a transformed tile */
    BLOCK_TILES = 128, /* tiles of a block, in multiples of these: whole tiles of the product */
    BLOCK_WEIGHTS = 3  /* V and M of a block may be so many times as large as U, which each block reads */
};

/* Of each part of the workspace, where four of them are counted in floats by an int. */
static const size_t COUNTABLE_BYTES = INT_MAX;

typedef struct winograd_tile_plan {
    sw_conv_shape shape;
    sw_tile_product forward, data, weights;
    const sw_kernel *input, *output, *transform_weights; /* forward and backward-data */
    const sw_kernel *gradient, *weights_gradient;        /* backward-weights */
    int tiles_x, tiles_y, block_tiles;
    size_t v_offset, m_offset; /* floats into the workspace: U (or dU) at its start, then V, then M (or Z) */
} winograd_tile_plan;

/* Whether elements of all tensors can be counted in an int. */
static bool is_countable(sw_conv_shape s)
{
    size_t channels = (size_t)(s.in_channels > s.out_channels ? s.in_channels : s.out_channels);
    return (size_t)s.n * (size_t)s.h * (size_t)s.w * channels < INT_MAX &&
           PLACES * (size_t)s.in_channels * (size_t)s.out_channels * sizeof(float) <= COUNTABLE_BYTES;
}

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    (void)pass;
    return sw_tile_supports(cl) && s.kernel == 3 && s.in_channels % LANES == 0 &&
           s.out_channels % LANES == 0 && is_countable(s);
}

static size_t weight_floats(const winograd_tile_plan *plan)
{
    return PLACES * (size_t)plan->shape.in_channels * (size_t)plan->shape.out_channels;
}

static int all_tiles(const winograd_tile_plan *plan, int images)
{
    return images * plan->tiles_x * plan->tiles_y;
}

/* Tiles whose V and M stay under the cap, or in a sensible proportion to U, and can be counted in an int; in
 * as many blocks as it takes, all of about that size. */
static int choose_block(const winograd_tile_plan *plan, size_t cap_bytes)
{
    size_t tile_bytes = PLACES * (size_t)(plan->shape.in_channels + plan->shape.out_channels) * sizeof(float);
    size_t bytes = BLOCK_WEIGHTS * weight_floats(plan) * sizeof(float);
    if (bytes < cap_bytes) bytes = cap_bytes;
    if (bytes > COUNTABLE_BYTES) bytes = COUNTABLE_BYTES;
    int all = sw_divide_up_int(all_tiles(plan, plan->shape.n), BLOCK_TILES);
    size_t fitting = bytes / tile_bytes / BLOCK_TILES;
    int most = fitting < 1 ? 1 : fitting < (size_t)all ? (int)fitting : all;
    return sw_divide_up_int(all, sw_divide_up_int(all, most)) * BLOCK_TILES;
}

static sw_status kernel(const sw_kernel **out, sw_cl *cl, const char *name)
{
    char options[32];
    snprintf(options, sizeof options, "-DVEC=%d", VECTOR);
    return sw_kernel_get(out, cl, "conv2d_winograd_tile", name, options);
}

static sw_status prepare_products(winograd_tile_plan *plan, sw_cl *cl, size_t cap_bytes, unsigned passes)
{
    sw_status status = SW_OK;
    int in = plan->shape.in_channels, out = plan->shape.out_channels;
    size_t rows = (size_t)plan->block_tiles;
    if (passes & SW_BIT(SW_CONV_FORWARD))
        SW_TRY(sw_tile_prepare_rows(&plan->forward, cl, 1, in, out, rows, PLACES));
    if (passes & SW_BIT(SW_CONV_BACKWARD_DATA))
        SW_TRY(sw_tile_prepare_rows(&plan->data, cl, 1, out, in, rows, PLACES));
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS))
        SW_TRY(sw_tile_prepare_sums(&plan->weights, cl, 1, in, out, rows, PLACES, cap_bytes));
done:
    return status;
}

static sw_status prepare_kernels(winograd_tile_plan *plan, sw_cl *cl)
{
    sw_status status = SW_OK;
    SW_TRY(kernel(&plan->input, cl, "conv2d_winograd_tile_input"));
    SW_TRY(kernel(&plan->output, cl, "conv2d_winograd_tile_output"));
    SW_TRY(kernel(&plan->transform_weights, cl, "conv2d_winograd_tile_weights"));
    SW_TRY(kernel(&plan->gradient, cl, "conv2d_winograd_tile_gradient"));
    SW_TRY(kernel(&plan->weights_gradient, cl, "conv2d_winograd_tile_weights_gradient"));
done:
    return status;
}

/* Lays the workspace out; returns its bytes. */
static size_t lay_out(winograd_tile_plan *plan, unsigned passes)
{
    size_t in = (size_t)plan->shape.in_channels, out = (size_t)plan->shape.out_channels;
    size_t tile_bytes = PLACES * (size_t)plan->block_tiles * (in > out ? in : out) * sizeof(float);
    size_t weight_bytes = weight_floats(plan) * sizeof(float);
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS) && sw_tile_sums_bytes(&plan->weights) > weight_bytes)
        weight_bytes = sw_tile_sums_bytes(&plan->weights);
    plan->v_offset = sw_conv_align(weight_bytes) / sizeof(float);
    plan->m_offset = plan->v_offset + sw_conv_align(tile_bytes) / sizeof(float);
    return plan->m_offset * sizeof(float) + tile_bytes;
}

static sw_status prepare(void **out, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    sw_status status = SW_OK;
    winograd_tile_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return sw_fail_alloc("a convolution", sizeof *plan);
    *out = plan;
    plan->shape = shape;
    plan->tiles_x = sw_divide_up_int(shape.w, 4);
    plan->tiles_y = sw_divide_up_int(shape.h, 4);
    if (cap_bytes > COUNTABLE_BYTES) cap_bytes = COUNTABLE_BYTES;
    plan->block_tiles = choose_block(plan, cap_bytes);
    SW_TRY(prepare_products(plan, call->cl, cap_bytes, passes));
    SW_TRY(prepare_kernels(plan, call->cl));
    *workspace_bytes = lay_out(plan, passes);
done:
    return status;
}

/* --- passes ---------------------------------------------------------------------------------- */

static sw_ndrange grid_of(const sw_call *call, int channels, int rows)
{
    return sw_call_ndrange(call, (size_t)(channels / VECTOR), (size_t)rows, false);
}

/* Brings a block's tiles from an image into the workspace: V with the input's kernel, Z with the gradient's.
 */
static sw_status transform(const winograd_tile_plan *plan, sw_call *call, const sw_kernel *transform,
                           cl_mem image, size_t offset, int channels, sw_conv_block b)
{
    return SW_LAUNCH(call->cl, transform, call->node->name, grid_of(call, channels, b.count),
                     sw_arg_buffer(image), sw_arg_buffer(call->workspace), sw_arg_u32((uint32_t)offset),
                     sw_arg_i32(channels), sw_arg_i32(b.first), sw_arg_i32(plan->block_tiles),
                     sw_arg_i32(plan->shape.h), sw_arg_i32(plan->shape.w), sw_arg_i32(plan->tiles_x),
                     sw_arg_i32(plan->tiles_y));
}

static sw_status bring_out(const winograd_tile_plan *plan, sw_call *call, cl_mem to, int channels,
                           sw_conv_block b, bool accumulate)
{
    return SW_LAUNCH(call->cl, plan->output, call->node->name, grid_of(call, channels, b.count),
                     sw_arg_buffer(to), sw_arg_buffer(call->workspace), sw_arg_u32((uint32_t)plan->m_offset),
                     sw_arg_i32(channels), sw_arg_i32(b.first), sw_arg_i32(plan->block_tiles),
                     sw_arg_i32(plan->shape.h), sw_arg_i32(plan->shape.w), sw_arg_i32(plan->tiles_x),
                     sw_arg_i32(plan->tiles_y), sw_arg_i32(accumulate), SW_EPILOGUE_ARGS(call->epilogue));
}

/* V or M (Z) of a block as the products see them. */
static sw_tile_matrix tiles_at(const winograd_tile_plan *plan, const sw_call *call, size_t offset,
                               int channels)
{
    return (sw_tile_matrix){call->workspace, offset, (size_t)plan->block_tiles * (size_t)channels};
}

/* to (+)= conv(from) with the weights transformed for `p`. */
static sw_status run_product(const winograd_tile_plan *plan, const sw_tile_product *p, sw_call *call,
                             cl_mem from, cl_mem to, bool flip, bool accumulate)
{
    sw_status status = SW_OK;
    const sw_tile_matrix v = tiles_at(plan, call, plan->v_offset, p->in),
                         m = tiles_at(plan, call, plan->m_offset, p->out),
                         u = {call->workspace, 0, (size_t)p->in * (size_t)p->out};
    SW_TRY(SW_LAUNCH(call->cl, plan->transform_weights, call->node->name, grid_of(call, p->out, p->in),
                     sw_arg_buffer(call->param[0]), sw_arg_buffer(call->workspace), sw_arg_u32(0),
                     sw_arg_i32(flip)));
    for (sw_conv_block b = {0}; sw_conv_next_block(&b, all_tiles(plan, call->n), plan->block_tiles);) {
        SW_TRY(transform(plan, call, plan->input, from, plan->v_offset, p->in, b));
        SW_TRY(sw_tile_run_rows(p, call, &v, &u, &m, 1, b.count, (size_t)b.count, false));
        SW_TRY(bring_out(plan, call, to, p->out, b, accumulate));
    }
done:
    return status;
}

static sw_status forward(const void *prepared, sw_call *call)
{
    const winograd_tile_plan *plan = prepared;
    return run_product(plan, &plan->forward, call, call->in[0], call->out[0], false, false);
}

static sw_status backward_data(const void *prepared, sw_call *call)
{
    const winograd_tile_plan *plan = prepared;
    return run_product(plan, &plan->data, call, call->dout[0], call->din[0], true, call->accumulate[0]);
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    sw_status status = SW_OK;
    const winograd_tile_plan *plan = prepared;
    int in = plan->shape.in_channels, out = plan->shape.out_channels, segments;
    const sw_tile_matrix v = tiles_at(plan, call, plan->v_offset, in),
                         z = tiles_at(plan, call, plan->m_offset, out);
    for (sw_conv_block b = {0}; sw_conv_next_block(&b, all_tiles(plan, call->n), plan->block_tiles);) {
        SW_TRY(transform(plan, call, plan->input, call->in[0], plan->v_offset, in, b));
        SW_TRY(transform(plan, call, plan->gradient, call->dout[0], plan->m_offset, out, b));
        SW_TRY(sw_tile_run_sums(&segments, &plan->weights, call, &v, &z, call->workspace, 1, b.count,
                                (size_t)b.count));
        SW_TRY(SW_LAUNCH(call->cl, plan->weights_gradient, call->node->name, grid_of(call, out, in),
                         sw_arg_buffer(call->workspace), sw_arg_i32(segments),
                         sw_arg_buffer(call->dparam[0])));
    }
done:
    return status;
}

const sw_conv_engine sw_conv_engine_winograd_tile = {
    .name = "winograd_tile",
    .choice = SW_CONV_WINOGRAD_TILE,
    .by_name_on_cpus = true,
    .takes_epilogue = true,
    .supports = supports,
    .prepare = prepare,
    .release = free,
    .forward = forward,
    .backward_weights = backward_weights,
    .backward_data = backward_data,
};
