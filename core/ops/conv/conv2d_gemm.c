/* Engine gemm: register-tiled matrix products with implicit im2col, for CPUs (cl_kernels/conv2d_gemm.cl
 * says why). */
#include <stdio.h>

#include "conv_engine.h"

enum {
    LANES = 16,          /* multiples of these fill vectors of any width */
    BLOCK_PIXELS = 64,   /* a work-item of forward, about: enough to pay for its launch, little enough to
                            balance two cores */
    BLOCK_CHANNELS = 64, /* of a work-item of backward-weights, on both sides */
    CHUNK_PIXELS =
        256, /* that all taps and tiles of backward-weights pass over while they are in the cache */
    PACKED_PIXELS = 64, /* of a chunk that 1x1 backward-weights copies first */
    WANTED_ITEMS = 16,  /* of backward-weights: segments are made until there are that many */
    MAX_SEGMENTS = 16
};

/* Its copies of both tensors' channels of a block: local memory. */
static const size_t PACKED_BYTES = 2 * PACKED_PIXELS * BLOCK_CHANNELS * sizeof(float);

/* A product of forward's kind: channels in, channels out, and its panels of packed weights. */
typedef struct product {
    const sw_kernel *pack, *zero, *run;
    int in, out, panel, panels;
    int block_pixels; /* of a work-item */
} product;

typedef struct gemm_plan {
    sw_conv_shape shape;
    product product[SW_CONV_PRODUCTS];           /* by pass */
    const sw_kernel *partial, *packed, *combine; /* partial or packed, the other is NULL */
    int weight_blocks, segments, chunk_rows;
    int padded;          /* channels that backward-weights takes as vectors, rounded up to whole panels */
    size_t zeros_offset; /* floats into the workspace, after the panels; partial sums start at 0 */
} gemm_plan;

static bool supports(const sw_cl *cl, sw_conv_shape s, sw_conv_pass pass)
{
    (void)pass;
    (void)s;
    return sw_cl_device(cl)->type == CL_DEVICE_TYPE_CPU;
}

static size_t panel_elems(const gemm_plan *plan, const product *p)
{
    return taps_of(plan->shape) * (size_t)p->in * (size_t)p->panel * (size_t)p->panels;
}

static sw_status prepare_product(product *p, const gemm_plan *plan, sw_cl *cl, sw_conv_pass pass)
{
    char window[SW_CONV_WINDOW_OPTIONS_BYTES], storage[SW_STORAGE_BYTES];
    char options[SW_CONV_WINDOW_OPTIONS_BYTES + SW_STORAGE_BYTES + 80];
    int in = from_channels(plan->shape, pass), out = to_channels(plan->shape, pass);
    sw_conv_tiling tile = sw_conv_tiling_of(cl);
    int vectors = sw_conv_tile_vectors(tile, out), panel = tile.lanes * vectors;
    *p = (product){.in = in,
                   .out = out,
                   .panel = panel,
                   .panels = sw_divide_up_int(out, panel),
                   .block_pixels = BLOCK_PIXELS / tile.rows * tile.rows};
    sw_conv_window_options(window, sw_conv_window_of(plan->shape, pass));
    sw_conv_storage_options(storage, plan->shape, pass);
    snprintf(options, sizeof options, "-DVEC=%d -DNV=%d -DROWS=%d %s -DRAGGED=%d%s", tile.lanes, vectors,
             tile.rows, window, out % tile.lanes != 0, storage);
    SW_ENSURE(sw_kernel_get(&p->pack, cl, "conv2d_gemm", "conv2d_gemm_pack", options));
    SW_ENSURE(sw_kernel_get(&p->zero, cl, "conv2d_gemm", "conv2d_gemm_zero", options));
    return sw_kernel_get(&p->run, cl, "conv2d_gemm", "conv2d_gemm_fwd", options);
}

/* Rows of a tile of backward-weights: as many as there are registers and channels for. */
static int rows_of(sw_conv_tiling tile, int channels)
{
    static const int choices[] = {8, 6, 4, 3, 2, 1}; /* EACH_... of cl_kernels/conv2d.clh */
    const int *rows = choices;
    while (*rows > tile.channel_rows || *rows > channels) rows++;
    return *rows;
}

/* Whether backward-weights copies its chunks before it multiplies them. Vectors of 16 floats reach nine
 * tenths of the peak without (docs/notes/performance_cpu.md). */
static bool packs_chunks(const sw_cl *cl, sw_conv_tiling tile, sw_conv_shape s)
{
    return s.kernel == 1 && is_plain(s) && tile.lanes < LANES && s.in_channels % LANES == 0 &&
           s.out_channels % LANES == 0 && sw_cl_device(cl)->local_bytes >= PACKED_BYTES;
}

/* Whether backward-weights takes its vectors from x: where they fit there and do not fit dy, or fit neither
 * and x is the wider. */
static bool swaps(sw_conv_shape s)
{
    bool out_fits = s.out_channels % LANES == 0, in_fits = s.in_channels % LANES == 0;
    return !out_fits && (in_fits || s.in_channels > s.out_channels);
}

static sw_status prepare_weights(gemm_plan *plan, sw_cl *cl)
{
    char window[SW_CONV_WINDOW_OPTIONS_BYTES], storage[SW_STORAGE_BYTES];
    char options[SW_CONV_WINDOW_OPTIONS_BYTES + SW_STORAGE_BYTES + 160];
    sw_conv_shape s = plan->shape;
    sw_conv_tiling tile = sw_conv_tiling_of(cl);
    bool packed = packs_chunks(cl, tile, s);
    bool swap = swaps(s);
    int scalars = swap ? s.out_channels : s.in_channels, vectors = swap ? s.in_channels : s.out_channels;
    int nv = sw_conv_tile_vectors(tile, vectors), panel = tile.lanes * nv;
    plan->padded = sw_divide_up_int(vectors, panel) * panel;
    plan->weight_blocks =
        sw_divide_up_int(scalars, BLOCK_CHANNELS) * sw_divide_up_int(vectors, BLOCK_CHANNELS);
    plan->segments = sw_divide_up_int(WANTED_ITEMS, plan->weight_blocks);
    if (plan->segments > MAX_SEGMENTS) plan->segments = MAX_SEGMENTS;
    plan->chunk_rows = sw_divide_up_int(CHUNK_PIXELS, s.out_w);
    sw_conv_window_options(window, sw_conv_window_of(s, SW_CONV_BACKWARD_WEIGHTS));
    sw_conv_storage_options(storage, s, SW_CONV_BACKWARD_WEIGHTS);
    snprintf(options, sizeof options,
             "-DVEC=%d -DNV=%d -DROWS=%d %s -DRAGGED=%d -DSWAP=%d -DBLOCK=%d -DPACKED=%d -DCHUNK=%d%s",
             tile.lanes, nv, rows_of(tile, scalars), window, plan->padded != vectors, swap, BLOCK_CHANNELS,
             packed, PACKED_PIXELS, storage);
    SW_ENSURE(sw_kernel_get(packed ? &plan->packed : &plan->partial, cl, "conv2d_gemm",
                            packed ? "conv2d_gemm_bwd_packed" : "conv2d_gemm_bwd_partial", options));
    return sw_kernel_get(&plan->combine, cl, "conv2d_gemm", "conv2d_gemm_bwd_combine", options);
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes)
{
    (void)cap_bytes; /* packed weights and partial sums only: far below any sensible cap */
    gemm_plan *plan = out;
    size_t panels = 0;
    plan->shape = shape;
    for (sw_conv_pass pass = 0; pass <= SW_CONV_BACKWARD_DATA; pass++) {
        product *p = &plan->product[pass];
        if (passes & SW_BIT(pass)) SW_ENSURE(prepare_product(p, plan, call->cl, pass));
        panels = larger(panels, panel_elems(plan, p));
    }
    if (passes & SW_BIT(SW_CONV_BACKWARD_WEIGHTS)) SW_ENSURE(prepare_weights(plan, call->cl));

    plan->zeros_offset = align_floats(panels);
    size_t scalars = (size_t)(swaps(shape) ? shape.out_channels : shape.in_channels);
    size_t partial = (size_t)plan->segments * taps_of(shape) * scalars * (size_t)plan->padded;
    *workspace_bytes = larger(plan->zeros_offset + more_channels(shape), partial) * sizeof(float);
    return SW_OK;
}

static sw_status run_phase(const gemm_plan *plan, sw_call *call, const sw_conv_product *c, int phase)
{
    const product *p = &plan->product[c->pass];
    sw_conv_grid grid = sw_conv_grid_of(plan->shape, c->pass, phase);
    size_t pixels = (size_t)call->n * (size_t)grid.h * (size_t)grid.w, block = (size_t)p->block_pixels;
    size_t elems = sw_conv_to_pixels(call, c->pass) * (size_t)p->out;
    int blocks = (int)sw_divide_up(pixels, block);
    bool panels_first = plan->shape.kernel == 1; /* which of the two the next work-item shares */
    sw_ndrange range = panels_first ? lone_items(p->panels, blocks, 1) : lone_items(blocks, p->panels, 1);
    if (blocks == 0) return SW_OK;
    return SW_CALL_LAUNCH(
        call, p->run, range, SW_ARG(c->from), SW_ARG(call->workspace), SW_ARG(plan->zeros_offset),
        SW_ARG(c->to), SW_ARG(p->in), SW_ARG(p->out), SW_GRID_ARGS(grid), SW_ARG(pixels), SW_ARG(block),
        SW_ARG((int)sw_call_put(call, elems, p->panel, c->accumulate)), SW_EPILOGUE_ARGS(call->epilogue));
}

static sw_status convolve(const void *prepared, sw_call *call, const sw_conv_product *c)
{
    const gemm_plan *plan = prepared;
    const product *p = &plan->product[c->pass];
    sw_ndrange pack = sw_call_ndrange(call, (size_t)p->panel,
                                      (size_t)p->panels * taps_of(plan->shape) * (size_t)p->in, false);
    SW_ENSURE(SW_CALL_LAUNCH(call, p->pack, pack, SW_ARG(call->param[0]), SW_ARG(call->workspace),
                             SW_ARG((uint32_t)p->in), SW_ARG((uint32_t)p->out), SW_ARG(c->flip)));
    SW_ENSURE(SW_CALL_LAUNCH(call, p->zero, sw_call_ndrange(call, (size_t)p->in, 1, false),
                             SW_ARG(call->workspace), SW_ARG(plan->zeros_offset)));
    for (int phase = 0; phase < sw_conv_phases(plan->shape, c->pass); phase++)
        SW_ENSURE(run_phase(plan, call, c, phase));
    return SW_OK;
}

/* The parts of dw, one a segment of the batch's rows. */
static sw_status sum_segments(const gemm_plan *plan, sw_call *call, int segments, int segment_rows)
{
    sw_conv_shape s = plan->shape;
    const sw_conv_grid grid = sw_conv_grid_of(s, SW_CONV_FORWARD, 0);
    int image_rows = call->n * grid.h;
    sw_ndrange range = lone_items(segments, plan->weight_blocks, 1);
    if (plan->packed)
        return SW_CALL_LAUNCH(call, plan->packed, range, SW_ARG(call->in[0]), SW_ARG(call->dout[0]),
                              SW_ARG(call->workspace), SW_ARG(s.in_channels), SW_ARG(s.out_channels),
                              SW_ARG(image_rows * grid.w), SW_ARG(segment_rows * grid.w),
                              sw_arg_local(PACKED_BYTES));
    return SW_CALL_LAUNCH(call, plan->partial, range, SW_ARG(call->in[0]), SW_ARG(call->dout[0]),
                          SW_ARG(call->workspace), SW_ARG(s.in_channels), SW_ARG(s.out_channels),
                          SW_GRID_ARGS(grid), SW_ARG(image_rows), SW_ARG(segment_rows),
                          SW_ARG(plan->chunk_rows));
}

static sw_status backward_weights(const void *prepared, sw_call *call)
{
    const gemm_plan *plan = prepared;
    sw_conv_shape s = plan->shape;
    int segments, segment_rows = cut_segments(&segments, call->n * s.out_h, plan->segments);
    sw_ndrange combine =
        sw_call_ndrange(call, (size_t)s.out_channels, taps_of(s) * (size_t)s.in_channels, false);
    SW_ENSURE(sum_segments(plan, call, segments, segment_rows));
    return SW_CALL_LAUNCH(call, plan->combine, combine, SW_ARG(call->workspace), SW_ARG(call->dparam[0]),
                          SW_ARG((uint32_t)s.in_channels), SW_ARG(segments), SW_ARG((uint32_t)plan->padded));
}

const sw_conv_engine sw_conv_engine_gemm = {
    .name = "gemm",
    .choice = SW_CONV_GEMM,
    .takes_bfloat16 = true,
    .takes_epilogue = true,
    .supports = supports,
    .plan_bytes = sizeof(gemm_plan),
    .prepare = prepare,
    .convolve = convolve,
    .backward_weights = backward_weights,
};
