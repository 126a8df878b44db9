/* Engine winograd: 3x3 convolutions with a quarter of the multiplications, and engine winograd_2x2: with 4 of
 * 9, and no more rounding than a plain sum; on CPUs (cl_kernels/conv2d_winograd.clh has the formulas). The
 * host walks over the batch in blocks of tiles. */
#include <stdio.h>

#include "winograd_tiles.h"

enum {
    LINE = 16, /* floats of a cache line */
    BLOCK_CHANNELS = 64,
    GROUP_TILES = 64, /* of a work-item of the product, rounded up to whole register tiles */
    CACHE_BYTES = 20 * 1024 *
                  1024, /* that V and M of a block may take: most of a last cache, the panels need the rest */
    /* In one kernel, where V and a panel of M fit a core's own cache and the weights, which are read anew for
     * every group of tiles, are small enough for that to cost less than it saves
     * (docs/notes/performance_changes.md) */
    FUSED_BYTES = 640 * 1024,
    FUSED_WEIGHT_BYTES = 10 * 1024 * 1024,
    /* of so few tiles, in values of a channel, that all of their V and M stay in the last cache, less */
    FEW_VALUES = 128 * 36,
    FUSED_FEW_WEIGHT_BYTES = 3 * 1024 * 1024,
    FUSED_TILES = 32, /* at most, of a group, and of a chunk of the weights' gradient */
    CHUNK_STEP = 8,   /* by which the latter shrinks */
    /* The weights' gradient in one kernel: more channels than this would fill the cache with dU, or have
     * tiles transformed too often. So many work-items, for any number of cores the same sums. */
    FUSED_GRADIENT_CHANNELS = 64 * 128,
    FUSED_GRADIENT_ITEMS = 32,
    /* Of transformed weights, or of their gradient, at a time: what lies beside V and M in the last cache */
    WEIGHT_BYTES = 16 * 1024 * 1024
};

/* A product of forward's kind: M = V U, from `in` channels to `out` in panels. */
typedef struct product {
    const sw_kernel *multiply; /* NULL where fused */
    const sw_kernel *fused;    /* all of the pass in one kernel; NULL: in three */
    int in, out, panel;
    int places;      /* of a transformed tile */
    int group_tiles; /* of a work-item */
    int block;       /* channels of `out` at a time, whose U is one block of weights; fused: all */
} product;

typedef struct winograd_plan {
    sw_conv_shape shape;
    sw_conv_tiling tiling; /* rows of V and M are padded to a multiple of its rows */
    winograd_tiles tiles;
    product product[SW_CONV_PRODUCTS]; /* by pass */
    const sw_kernel *input[SW_CONV_PRODUCTS], *output[SW_CONV_PRODUCTS], *weights;
    const sw_kernel *gradient, *accumulate; /* of backward-weights in blocks */
    const sw_kernel *fused_gradient;        /* of backward-weights in one kernel, where `ranges` > 0 */
    const sw_kernel *weights_gradient;
    int ranges, chunk; /* of tiles: parts of dU, and those whose V and Z are held at a time */
    int gradient_rows; /* channels of x at a time, whose dU is one block of weights */
    bool keeps;        /* forward's U lies in call->kept, all of it, instead of the workspace */
} winograd_plan;

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    (void)pass;
    return sw_cl_device(cl)->type == CL_DEVICE_TYPE_CPU && winograd_fits(s);
}

/* The weights' gradient has tiles of 4x4 only. */
static bool supports_2x2(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    return pass != SW_CONV_BACKWARD_WEIGHTS && supports(cl, s, pass);
}

/* Floats of the weights of so many of the channels that a product writes. */
static size_t product_weight_floats(const product *p, int channels)
{
    return (size_t)p->places * (size_t)p->in * (size_t)channels;
}

/* Local memory of the fused kernel: V and one panel of M of so many tiles. */
static size_t fused_bytes(const product *p, int tiles)
{
    return (size_t)p->places * (size_t)tiles * (size_t)(p->in + p->panel) * sizeof(float);
}

/* The most tiles of a group that the fused kernel has room for; 0 where it does not pay, of `all` tiles. */
static int fused_tiles(const product *p, const sw_cl *cl, int rows, int all)
{
    size_t weight_bytes = product_weight_floats(p, p->out) * sizeof(float);
    size_t room = (size_t)sw_cl_device(cl)->local_bytes;
    int tiles = FUSED_TILES / rows * rows;
    if (weight_bytes > (all * p->places > FEW_VALUES ? FUSED_WEIGHT_BYTES : FUSED_FEW_WEIGHT_BYTES)) return 0;
    if (room > FUSED_BYTES) room = FUSED_BYTES;
    while (tiles > 0 && fused_bytes(p, tiles) > room) tiles -= rows;
    return tiles;
}

/* Channels of `all`, in as few equal blocks as keep `channel_floats` of each within WEIGHT_BYTES; a multiple
 * of `step`. */
static int weight_block(int all, size_t channel_floats, int step)
{
    size_t channel_bytes = channel_floats * sizeof(float);
    int most = (int)(WEIGHT_BYTES / channel_bytes), blocks = sw_divide_up_int(all, most < step ? step : most);
    return round_up(sw_divide_up_int(all, blocks), step);
}

/* The kernel of a section of forward's and backward-data's file. */
static sw_status product_kernel(const sw_kernel **out, sw_cl *cl, const winograd_plan *plan, const char *name,
                                const char *section, int vectors, const char *storage)
{
    const sw_conv_tiling t = plan->tiling;
    char options[96];
    snprintf(options, sizeof options, "-D%s -DTILE=%d -DVEC=%d -DROWS=%d -DNV=%d%s", section,
             plan->tiles.side, t.lanes, t.rows, vectors, storage);
    return sw_kernel_get(out, cl, "conv2d_winograd", name, options);
}

static sw_status gradient_kernel(const sw_kernel **out, sw_cl *cl, const winograd_plan *plan,
                                 const char *name, bool fused, int vectors)
{
    const sw_conv_tiling t = plan->tiling;
    char options[96], storage[SW_STORAGE_BYTES];
    sw_storage_options(storage, plan->shape.x_type, plan->shape.y_type);
    snprintf(options, sizeof options, "%s-DVEC=%d -DROWS=%d -DNV=%d%s", fused ? "-DFUSED_GRADIENT " : "",
             t.lanes, t.channel_rows, vectors, storage);
    return sw_kernel_get(out, cl, "conv2d_winograd_gradient", name, options);
}

static sw_status prepare_product(winograd_plan *plan, sw_cl *cl, sw_conv_pass pass)
{
    const sw_conv_tiling t = plan->tiling;
    const int out = to_channels(plan->shape, pass), vectors = sw_conv_tile_vectors(t, out);
    char storage[SW_STORAGE_BYTES];
    sw_conv_storage_options(storage, plan->shape, pass);
    product *p = &plan->product[pass];
    *p = (product){.in = from_channels(plan->shape, pass),
                   .out = out,
                   .panel = t.lanes * vectors,
                   .places = plan->tiles.places,
                   .block = out};
    p->group_tiles = fused_tiles(p, cl, t.rows, winograd_count(&plan->tiles, plan->shape.n));
    if (p->group_tiles > 0)
        return product_kernel(&p->fused, cl, plan, "conv2d_winograd_fused", "FUSED", vectors, storage);
    p->group_tiles = round_up(GROUP_TILES, t.rows);
    p->block = weight_block(out, product_weight_floats(p, 1), p->panel);
    return product_kernel(&p->multiply, cl, plan, "conv2d_winograd_product", "PRODUCT", vectors, "");
}

static sw_status prepare_products(winograd_plan *plan, sw_cl *cl, unsigned passes)
{
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++)
        if (passes & SW_BIT(pass)) SW_ENSURE(prepare_product(plan, cl, pass));
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++) {
        char storage[SW_STORAGE_BYTES];
        sw_conv_storage_options(storage, plan->shape, pass);
        SW_ENSURE(
            product_kernel(&plan->input[pass], cl, plan, "conv2d_winograd_input", "TRANSFORM", 1, storage));
        SW_ENSURE(
            product_kernel(&plan->output[pass], cl, plan, "conv2d_winograd_output", "TRANSFORM", 1, storage));
    }
    return product_kernel(&plan->weights, cl, plan, "conv2d_winograd_weights", "WEIGHTS", 1, "");
}

static sw_status prepare_gradient(winograd_plan *plan, sw_cl *cl)
{
    const int vectors = sw_conv_tile_vectors(plan->tiling, plan->shape.out_channels);
    SW_ENSURE(gradient_kernel(&plan->weights_gradient, cl, plan, "conv2d_winograd_weights_gradient", false,
                              vectors));
    if (plan->ranges > 0)
        return gradient_kernel(&plan->fused_gradient, cl, plan, "conv2d_winograd_fused_gradient", true,
                               vectors);
    SW_ENSURE(gradient_kernel(&plan->gradient, cl, plan, "conv2d_winograd_gradient", false, vectors));
    return gradient_kernel(&plan->accumulate, cl, plan, "conv2d_winograd_accumulate", false, vectors);
}

/* Tiles whose V and M fit the cache, at least a group; in as many blocks as it takes, all of about that size,
 * since each reads all of U. */
static int choose_block(const winograd_plan *plan)
{
    int all = winograd_count(&plan->tiles, plan->shape.n),
        fitting = (int)(CACHE_BYTES / winograd_tile_bytes(&plan->tiles, plan->shape));
    if (fitting < GROUP_TILES) fitting = GROUP_TILES;
    return round_up(sw_divide_up_int(all, sw_divide_up_int(all, fitting)), plan->tiling.rows);
}

/* Blocks of dU, of so many channels of x. */
static int gradient_blocks(sw_conv_shape s, int rows)
{
    return sw_divide_up_int(rows, BLOCK_CHANNELS) * sw_divide_up_int(s.out_channels, BLOCK_CHANNELS);
}

/* Their floats, of one range. */
static size_t gradient_floats(sw_conv_shape s, int rows)
{
    return PLACES * (size_t)gradient_blocks(s, rows) * BLOCK_CHANNELS * BLOCK_CHANNELS;
}

/* What the fused gradient keeps in a core's own cache: of half the places V and Z of so many tiles, which are
 * its local memory, */
static size_t fused_gradient_bytes(int tiles)
{
    return PLACES * (size_t)tiles * BLOCK_CHANNELS * sizeof(float);
}

/* and its part of dU. */
static const size_t GRADIENT_PART_BYTES = PLACES / 2 * BLOCK_CHANNELS * BLOCK_CHANNELS * sizeof(float);

/* Whether the weights' gradient goes in one kernel, and how. */
static void choose_gradient(winograd_plan *plan, const sw_cl *cl)
{
    size_t room = (size_t)sw_cl_device(cl)->local_bytes;
    plan->chunk = FUSED_TILES;
    plan->gradient_rows =
        weight_block(plan->shape.in_channels, PLACES * (size_t)plan->shape.out_channels, BLOCK_CHANNELS);
    while (plan->chunk > 0 && GRADIENT_PART_BYTES + fused_gradient_bytes(plan->chunk) > room)
        plan->chunk -= CHUNK_STEP;
    if (plan->chunk == 0 || plan->shape.in_channels * plan->shape.out_channels > FUSED_GRADIENT_CHANNELS)
        return;
    plan->gradient_rows = plan->shape.in_channels;
    plan->ranges = FUSED_GRADIENT_ITEMS / (2 * gradient_blocks(plan->shape, plan->gradient_rows));
    if (plan->ranges < 1) plan->ranges = 1;
}

/* Floats of U or dU that the workspace begins with, for these passes. */
static size_t weight_floats(const winograd_plan *plan, unsigned passes)
{
    size_t floats =
        passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS) ? gradient_floats(plan->shape, plan->gradient_rows) : 0;
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++)
        if (passes & SW_BIT(pass) && !plan->keeps)
            floats = larger(floats, product_weight_floats(&plan->product[pass], plan->product[pass].block));
    return floats;
}

/* Puts forward's U where it stays from batch to batch. */
static void keep_weights(winograd_plan *plan, sw_call *call)
{
    product *p = &plan->product[SW_CONV_FORWARD];
    plan->keeps = true;
    p->block = p->out;
    call->kept_bytes = product_weight_floats(p, p->out) * sizeof(float);
}

static sw_status prepare_tiles(winograd_plan *plan, size_t *workspace_bytes, sw_call *call,
                               sw_conv_shape shape, int side, unsigned passes)
{
    plan->shape = shape;
    plan->tiling = sw_conv_tiling_of(call->cl);
    plan->tiles = winograd_tiles_of(shape, side);
    plan->tiles.block = choose_block(plan);
    SW_ENSURE(prepare_products(plan, call->cl, passes));
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) {
        choose_gradient(plan, call->cl);
        SW_ENSURE(prepare_gradient(plan, call->cl));
    }
    if (call->keeps && passes == SW_BIT(SW_CONV_FORWARD)) keep_weights(plan, call);
    *workspace_bytes = winograd_lay_out(&plan->tiles, shape, weight_floats(plan, passes));
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) {
        size_t parts = (size_t)plan->ranges * gradient_floats(shape, plan->gradient_rows);
        *workspace_bytes = larger(*workspace_bytes, parts * sizeof(float));
    }
    return SW_OK;
}

/* The block is bound by the cache, which is less than any cap. */
static sw_status prepare(void *plan, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    (void)cap_bytes;
    return prepare_tiles(plan, workspace_bytes, call, shape, 4, passes);
}

static sw_status prepare_2x2(void *plan, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                             size_t cap_bytes, unsigned passes)
{
    (void)cap_bytes;
    return prepare_tiles(plan, workspace_bytes, call, shape, 2, passes);
}

/* --- passes ---------------------------------------------------------------------------------- */

/* The next channels of `all`, at most `most`, from a zeroed span on; false when all are done. */
static bool next_span(winograd_span *span, int all, int most)
{
    span->first += span->count;
    span->all = all;
    span->count = all - span->first < most ? all - span->first : most;
    return span->count > 0;
}

/* Whether V (or Z) of all tiles lies in the workspace from an earlier span. */
static bool transformed(const winograd_tiles *t, const sw_call *call, winograd_span span)
{
    return span.first > 0 && winograd_count(t, call->n) <= t->block;
}

/* Where the weights of a product are. */
static cl_mem weights_buffer(const winograd_plan *plan, const sw_call *call)
{
    return plan->keeps ? call->kept : call->workspace;
}

/* M of the channels whose weights are there. */
static sw_status multiply_block(const winograd_plan *plan, const product *p, sw_call *call, int out,
                                sw_conv_block b)
{
    const winograd_tiles *t = &plan->tiles;
    int count = (int)b.count, groups = sw_divide_up_int(count, p->group_tiles);
    return SW_CALL_LAUNCH(call, p->multiply, lone_items(groups, out / p->panel, p->places),
                          SW_ARG(weights_buffer(plan, call)), SW_ARG(call->workspace), SW_ARG(t->v_offset),
                          SW_ARG(t->m_offset), SW_ARG(p->in), SW_ARG(out), SW_ARG(count), SW_ARG(t->block),
                          SW_ARG(p->group_tiles));
}

/* U of a span of the channels that a product writes. */
static sw_status transform_weights(const winograd_plan *plan, const product *p, sw_call *call, bool flip,
                                   winograd_span to)
{
    if (plan->keeps && call->kept_valid) return SW_OK;
    call->kept_valid = plan->keeps;
    return SW_CALL_LAUNCH(call, plan->weights, lone_items(to.count / plan->tiling.lanes, p->in / LINE, 1),
                          SW_ARG(call->param[0]), SW_ARG(weights_buffer(plan, call)), SW_ARG(p->panel),
                          SW_ARG((int)flip), SW_ARG(to.first), SW_ARG(to.all));
}

/* Tiles of a fused work-item: few enough that every core has as many to do as the others. */
static int group_of(const product *p, const sw_call *call, int rows, int tiles)
{
    const int cores = (int)sw_cl_device(call->cl)->compute_units;
    const int groups = round_up(sw_divide_up_int(tiles, p->group_tiles), cores);
    return round_up(sw_divide_up_int(tiles, groups), rows);
}

static sw_status run_fused(const winograd_plan *plan, const product *p, sw_call *call, cl_mem from, cl_mem to,
                           sw_put put)
{
    const winograd_tiles *t = &plan->tiles;
    int tiles = winograd_count(t, call->n), group = group_of(p, call, plan->tiling.rows, tiles);
    return SW_CALL_LAUNCH(call, p->fused, lone_items(sw_divide_up_int(tiles, group), 1, 1), SW_ARG(from),
                          SW_ARG(weights_buffer(plan, call)), SW_ARG(to), SW_ARG(p->in), SW_ARG(p->out),
                          SW_ARG(tiles), SW_ARG(group), SW_SIZE_ARGS(*t), SW_ARG(t->across), SW_ARG(t->down),
                          SW_ARG((int)put), SW_EPILOGUE_ARGS(call->epilogue),
                          sw_arg_local(fused_bytes(p, group)));
}

static sw_status convolve(const void *prepared, sw_call *call, const sw_conv_product *c)
{
    const winograd_plan *plan = prepared;
    const winograd_tiles *t = &plan->tiles;
    const product *p = &plan->product[c->pass];
    sw_put put = sw_call_put(call, sw_conv_pixels(call) * (size_t)p->out, LINE, c->accumulate);
    if (p->fused) {
        SW_ENSURE(transform_weights(plan, p, call, c->flip, winograd_all(p->out)));
        return run_fused(plan, p, call, c->from, c->to, put);
    }
    for (winograd_span out = {0}; next_span(&out, p->out, p->block);) {
        SW_ENSURE(transform_weights(plan, p, call, c->flip, out));
        for (sw_conv_block b = {0}; winograd_next_block(&b, t, call);) {
            sw_ndrange tiles = lone_items((int)b.count, 1, 1);
            if (!transformed(t, call, out))
                SW_ENSURE(winograd_transform(t, call, plan->input[c->pass], tiles, c->from, t->v_offset,
                                             winograd_all(p->in), b));
            SW_ENSURE(multiply_block(plan, p, call, out.count, b));
            SW_ENSURE(winograd_output(t, call, plan->output[c->pass], tiles, c->to, out, b, put));
        }
    }
    return SW_OK;
}

/* dw += G^T dU G of those channels of x, dU in so many parts. */
static sw_status collect_gradient(const winograd_plan *plan, sw_call *call, int ranges, winograd_span in)
{
    return SW_CALL_LAUNCH(
        call, plan->weights_gradient, lone_items(plan->shape.out_channels / plan->tiling.lanes, in.count, 1),
        SW_ARG(call->workspace), SW_ARG(ranges), SW_ARG(call->dparam[0]), SW_ARG(in.first), SW_ARG(in.all));
}

static sw_status fused_gradient(const winograd_plan *plan, sw_call *call)
{
    const winograd_tiles *t = &plan->tiles;
    sw_conv_shape s = plan->shape;
    int tiles = winograd_count(t, call->n);
    int ranges, range_tiles = cut_segments(&ranges, tiles, plan->ranges);
    SW_ENSURE(SW_CALL_LAUNCH(
        call, plan->fused_gradient, lone_items(2, gradient_blocks(s, s.in_channels), ranges),
        SW_ARG(call->in[0]), SW_ARG(call->dout[0]), SW_ARG(call->workspace), SW_ARG(s.in_channels),
        SW_ARG(s.out_channels), SW_ARG(tiles), SW_ARG(range_tiles), SW_ARG(plan->chunk), SW_SIZE_ARGS(s),
        SW_ARG(t->across), SW_ARG(t->down), sw_arg_local(fused_gradient_bytes(plan->chunk))));
    return collect_gradient(plan, call, ranges, winograd_all(s.in_channels));
}

/* dU (+)= V^T Z of a block of tiles and some of the channels of x. */
static sw_status accumulate_block(const winograd_plan *plan, sw_call *call, winograd_span in, sw_conv_block b)
{
    const winograd_tiles *t = &plan->tiles;
    int out = plan->shape.out_channels;
    sw_ndrange tiles = lone_items((int)b.count, 1, 1),
               blocks = lone_items(sw_divide_up_int(in.count, BLOCK_CHANNELS),
                                   sw_divide_up_int(out, BLOCK_CHANNELS), PLACES);
    SW_ENSURE(
        winograd_transform(t, call, plan->input[SW_CONV_FORWARD], tiles, call->in[0], t->v_offset, in, b));
    if (!transformed(t, call, in))
        SW_ENSURE(winograd_transform(t, call, plan->gradient, tiles, call->dout[0], t->m_offset,
                                     winograd_all(out), b));
    return SW_CALL_LAUNCH(call, plan->accumulate, blocks, SW_ARG(call->workspace), SW_ARG(t->v_offset),
                          SW_ARG(t->m_offset), SW_ARG(in.count), SW_ARG(out), SW_ARG((int)b.count),
                          SW_ARG(t->block), SW_ARG(b.first == 0));
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    const winograd_plan *plan = prepared;
    sw_conv_shape s = plan->shape;
    if (plan->fused_gradient) return fused_gradient(plan, call);
    for (winograd_span in = {0}; next_span(&in, s.in_channels, plan->gradient_rows);) {
        for (sw_conv_block b = {0}; winograd_next_block(&b, &plan->tiles, call);)
            SW_ENSURE(accumulate_block(plan, call, in, b));
        SW_ENSURE(collect_gradient(plan, call, 1, in));
    }
    return SW_OK;
}

const sw_conv_engine sw_conv_engine_winograd = {
    .name = "winograd",
    .choice = SW_CONV_WINOGRAD,
    .coarse = true,
    .takes_bfloat16 = true,
    .takes_epilogue = true,
    .supports = supports,
    .plan_bytes = sizeof(winograd_plan),
    .prepare = prepare,
    .convolve = convolve,
    .backward_weights = backward_weights,
};

const sw_conv_engine sw_conv_engine_winograd_2x2 = {
    .name = "winograd_2x2",
    .choice = SW_CONV_WINOGRAD_2X2,
    .by_name_on_cpus = true,
    .takes_bfloat16 = true,
    .takes_epilogue = true,
    .supports = supports_2x2,
    .plan_bytes = sizeof(winograd_plan),
    .prepare = prepare_2x2,
    .convolve = convolve,
};
