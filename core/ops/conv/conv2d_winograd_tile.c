/* Engine winograd_tile: 3x3 convolutions with a quarter of the multiplications, on GPUs
 * (cl_kernels/conv2d_winograd_tile.cl). The host walks over the batch in blocks of tiles. */
#include <limits.h>
#include <stdio.h>

#include "tile_product.h"
#include "winograd_tiles.h"

enum {
    VECTOR = 2,        /* channels of a work-item of the transforms: 36 values of each are in registers */
    BLOCK_TILES = 128, /* tiles of a block, in multiples of these: whole tiles of the product */
    BLOCK_WEIGHTS = 3  /* V and M of a block may be so many times as large as U, which each block reads */
};

/* Of each part of the workspace, where four of them are counted in floats by an int. */
static const size_t COUNTABLE_BYTES = INT_MAX;

typedef struct winograd_tile_plan {
    sw_conv_shape shape;
    winograd_tiles tiles;
    sw_tile_product product[SW_CONV_PRODUCTS], weights; /* product: by pass */
    /* forward and backward-data, by pass */
    const sw_kernel *input[SW_CONV_PRODUCTS], *output[SW_CONV_PRODUCTS], *transform_weights;
    const sw_kernel *gradient, *weights_gradient; /* backward-weights */
    bool keeps;                                   /* forward's U lies in call->kept */
} winograd_tile_plan;

static size_t weight_bytes(sw_conv_shape s)
{
    return PLACES * channel_pairs(s) * sizeof(float);
}

/* Elements of all tensors can be counted in an int. With channels that are no multiples of 16 the transforms
 * cost more than they save. */
static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    (void)pass;
    return sw_tile_supports(sw_cl_device(cl)) && winograd_fits(s) &&
           in_pixels(s) * more_channels(s) < INT_MAX && weight_bytes(s) <= COUNTABLE_BYTES;
}

/* Tiles whose V and M stay under the cap, or in a sensible proportion to U, and can be counted in an int; in
 * as many blocks as it takes, all of about that size. */
static int choose_block(const winograd_tile_plan *plan, size_t cap_bytes)
{
    size_t bytes = BLOCK_WEIGHTS * weight_bytes(plan->shape);
    if (bytes < cap_bytes) bytes = cap_bytes;
    if (bytes > COUNTABLE_BYTES) bytes = COUNTABLE_BYTES;
    int all = sw_divide_up_int(winograd_count(&plan->tiles, plan->shape.n), BLOCK_TILES);
    size_t fitting = bytes / winograd_tile_bytes(&plan->tiles, plan->shape) / BLOCK_TILES;
    int most = fitting < 1 ? 1 : fitting < (size_t)all ? (int)fitting : all;
    return sw_divide_up_int(all, sw_divide_up_int(all, most)) * BLOCK_TILES;
}

/* V and M, or V and Z, in float32. */
static sw_tile_sides sides_of(int in, int out)
{
    return (sw_tile_sides){.window = sw_conv_pointwise, .in = in, .out = out};
}

static sw_status prepare_products(winograd_tile_plan *plan, sw_cl *cl, size_t cap_bytes, unsigned passes)
{
    sw_conv_shape s = plan->shape;
    size_t rows = (size_t)plan->tiles.block;
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++) {
        const sw_tile_sides sides = sides_of(from_channels(s, pass), to_channels(s, pass));
        if (passes & SW_BIT(pass))
            SW_ENSURE(sw_tile_prepare_rows(&plan->product[pass], cl, sides, rows, PLACES));
    }
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS))
        SW_ENSURE(sw_tile_prepare_sums(&plan->weights, cl, sides_of(s.in_channels, s.out_channels), rows,
                                       PLACES, cap_bytes));
    return SW_OK;
}

static sw_status get_kernel(const sw_kernel **out, sw_cl *cl, sw_conv_shape s, sw_conv_pass pass,
                            const char *name)
{
    char storage[SW_STORAGE_BYTES], options[SW_STORAGE_BYTES + 16];
    sw_conv_storage_options(storage, s, pass);
    snprintf(options, sizeof options, "-DVEC=%d%s", VECTOR, storage);
    return sw_kernel_get(out, cl, "conv2d_winograd_tile", name, options);
}

static sw_status prepare_kernels(winograd_tile_plan *plan, sw_cl *cl)
{
    const sw_conv_shape s = plan->shape;
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++) {
        SW_ENSURE(get_kernel(&plan->input[pass], cl, s, pass, "conv2d_winograd_tile_input"));
        SW_ENSURE(get_kernel(&plan->output[pass], cl, s, pass, "conv2d_winograd_tile_output"));
    }
    SW_ENSURE(get_kernel(&plan->transform_weights, cl, s, SW_CONV_FORWARD, "conv2d_winograd_tile_weights"));
    SW_ENSURE(get_kernel(&plan->gradient, cl, s, SW_CONV_FORWARD, "conv2d_winograd_tile_gradient"));
    return get_kernel(&plan->weights_gradient, cl, s, SW_CONV_FORWARD,
                      "conv2d_winograd_tile_weights_gradient");
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    winograd_tile_plan *plan = out;
    plan->shape = shape;
    plan->tiles = winograd_tiles_of(shape, 4);
    if (cap_bytes > COUNTABLE_BYTES) cap_bytes = COUNTABLE_BYTES;
    plan->tiles.block = choose_block(plan, cap_bytes);
    SW_ENSURE(prepare_products(plan, call->cl, cap_bytes, passes));
    SW_ENSURE(prepare_kernels(plan, call->cl));
    plan->keeps = call->keeps && passes == SW_BIT(SW_CONV_FORWARD);
    if (plan->keeps) call->kept_bytes = weight_bytes(shape);
    /* of weights that are not asked for, 0 */
    size_t first_bytes = larger(plan->keeps ? 0 : weight_bytes(shape), sw_tile_sums_bytes(&plan->weights));
    *workspace_bytes = winograd_lay_out(&plan->tiles, shape, first_bytes / sizeof(float));
    return SW_OK;
}

/* --- passes ---------------------------------------------------------------------------------- */

static sw_ndrange range_of(const sw_call *call, int channels, size_t rows)
{
    return sw_call_ndrange(call, (size_t)(channels / VECTOR), rows, false);
}

/* V or M (Z) of a block as the products see them. */
static sw_tile_matrix tiles_at(const winograd_tile_plan *plan, const sw_call *call, size_t offset,
                               int channels)
{
    return (sw_tile_matrix){call->workspace, offset, (size_t)plan->tiles.block * (size_t)channels};
}

/* U of a product, in `u`. */
static sw_status transform_weights(const winograd_tile_plan *plan, const sw_tile_product *p, sw_call *call,
                                   bool flip, cl_mem u)
{
    if (plan->keeps && call->kept_valid) return SW_OK;
    call->kept_valid = plan->keeps;
    return SW_CALL_LAUNCH(call, plan->transform_weights, range_of(call, p->sides.out, (size_t)p->sides.in),
                          SW_ARG(call->param[0]), SW_ARG(u), SW_ARG(flip));
}

static sw_status convolve(const void *prepared, sw_call *call, const sw_conv_product *c)
{
    const winograd_tile_plan *plan = prepared;
    const winograd_tiles *t = &plan->tiles;
    const sw_tile_product *p = &plan->product[c->pass];
    const cl_mem weights = plan->keeps ? call->kept : call->workspace;
    const int in = p->sides.in, out = p->sides.out;
    const sw_tile_matrix v = tiles_at(plan, call, t->v_offset, in),
                         m = tiles_at(plan, call, t->m_offset, out),
                         u = {weights, 0, channel_pairs(plan->shape)};
    const sw_put put = c->accumulate ? SW_PUT_ADDED : SW_PUT_PLAIN;
    SW_ENSURE(transform_weights(plan, p, call, c->flip, weights));
    for (sw_conv_block b = {0}; winograd_next_block(&b, t, call);) {
        SW_ENSURE(winograd_transform(t, call, plan->input[c->pass], range_of(call, in, b.count), c->from,
                                     t->v_offset, winograd_all(in), b));
        SW_ENSURE(sw_tile_run_rows(p, call, &v, &u, &m, sw_conv_grid_whole(1, (int)b.count), b.count, false));
        SW_ENSURE(winograd_output(t, call, plan->output[c->pass], range_of(call, out, b.count), c->to,
                                  winograd_all(out), b, put));
    }
    return SW_OK;
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    const winograd_tile_plan *plan = prepared;
    const winograd_tiles *t = &plan->tiles;
    int in = plan->shape.in_channels, out = plan->shape.out_channels, segments;
    const sw_tile_matrix v = tiles_at(plan, call, t->v_offset, in),
                         z = tiles_at(plan, call, t->m_offset, out);
    for (sw_conv_block b = {0}; winograd_next_block(&b, t, call);) {
        SW_ENSURE(winograd_transform(t, call, plan->input[SW_CONV_FORWARD], range_of(call, in, b.count),
                                     call->in[0], t->v_offset, winograd_all(in), b));
        SW_ENSURE(winograd_transform(t, call, plan->gradient, range_of(call, out, b.count), call->dout[0],
                                     t->m_offset, winograd_all(out), b));
        SW_ENSURE(sw_tile_run_sums(&segments, &plan->weights, call, &v, &z, call->workspace,
                                   sw_conv_grid_whole(1, (int)b.count), b.count));
        SW_ENSURE(SW_CALL_LAUNCH(call, plan->weights_gradient, range_of(call, out, (size_t)in),
                                 SW_ARG(call->workspace), SW_ARG(segments), SW_ARG(call->dparam[0])));
    }
    return SW_OK;
}

const sw_conv_engine sw_conv_engine_winograd_tile = {
    .name = "winograd_tile",
    .choice = SW_CONV_WINOGRAD_TILE,
    .by_name_on_cpus = true,
    .coarse = true,
    .takes_bfloat16 = true,
    .takes_epilogue = true,
    .supports = supports,
    .plan_bytes = sizeof(winograd_tile_plan),
    .prepare = prepare,
    .convolve = convolve,
    .backward_weights = backward_weights,
};
