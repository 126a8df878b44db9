/* Transposed convolution in register tiles, for CPUs (cl_kernels/conv2d_transposed.cl says how). */
#include <stdio.h>

#include "conv_transpose.h"

enum {
    LANES = 16,          /* multiples of these fill vectors of any width */
    BLOCK_PIXELS = 64,   /* of a work-item of forward, about */
    BLOCK_CHANNELS = 64, /* of a work-item of backward-weights, on both sides, about */
    CHUNK_PIXELS = 60,   /* that backward-weights copies at a time, at most: about 32 KiB */
    WANTED_ITEMS = 16,   /* of backward-weights: segments are made until there are that many */
    MAX_SEGMENTS = 16
};

/* Forward, or backward-data: channels in, channels out, and its panels of packed weights. */
typedef struct product {
    const sw_kernel *pack, *begin, *apply;
    int in, out, panel, panels;
    int block_pixels;    /* of a work-item */
    size_t pack_rows;    /* of all panels */
    size_t begin_offset; /* floats into the workspace, after the panels */
} product;

typedef struct gemm_plan {
    sw_transposed_shape shape;
    product product[SW_CONV_PRODUCTS]; /* by pass */
    const sw_kernel *partial, *combine;
    int weight_blocks, segments;
    size_t copies_bytes; /* of backward-weights */
} gemm_plan;

static size_t taps(sw_transposed_shape s)
{
    return (size_t)s.kernel * (size_t)s.kernel;
}

static sw_status prepare_product(product *p, size_t *workspace_bytes, sw_cl *cl, sw_transposed_shape s,
                                 sw_conv_pass pass)
{
    char storage[SW_STORAGE_BYTES], options[SW_STORAGE_BYTES + 200];
    const bool data = pass == SW_CONV_BACKWARD_DATA;
    const int in = data ? s.out_channels : s.in_channels, out = data ? s.in_channels : s.out_channels;
    const sw_conv_tiling tile = sw_conv_tiling_of(cl);
    const int vectors = sw_conv_tile_vectors(tile, out), panel = tile.lanes * vectors;
    const int panels = sw_divide_up_int(out, panel);
    const size_t pack_rows = taps(s) * (size_t)in * (size_t)panels;
    *p = (product){.in = in,
                   .out = out,
                   .panel = panel,
                   .panels = panels,
                   .block_pixels = BLOCK_PIXELS / tile.rows * tile.rows,
                   .pack_rows = pack_rows,
                   .begin_offset = align_floats(pack_rows * (size_t)panel)};
    *workspace_bytes =
        larger(*workspace_bytes, (p->begin_offset + (size_t)(panel * panels + in)) * sizeof(float));
    sw_storage_options(storage, data ? s.y_type : s.x_type, data ? s.x_type : s.y_type);
    snprintf(options, sizeof options,
             "-DKERNEL=%d -DSTRIDE=%d -DPADDING=%d -DVEC=%d -DNV=%d -DROWS=%d -DRAGGED=%d -DDATA=%d%s",
             s.kernel, s.stride, s.padding, tile.lanes, vectors, tile.rows, out % tile.lanes != 0, data,
             storage);
    SW_ENSURE(sw_kernel_get(&p->pack, cl, "conv2d_transposed", "conv2d_transposed_pack", options));
    SW_ENSURE(sw_kernel_get(&p->begin, cl, "conv2d_transposed", "conv2d_transposed_begin", options));
    return sw_kernel_get(&p->apply, cl, "conv2d_transposed", "conv2d_transposed_apply", options);
}

/* Whether backward-weights takes its vectors from x: where they fit there and do not fit dy, or fit neither
 * and x is the wider. */
static bool swaps(sw_transposed_shape s)
{
    const bool out_fits = s.out_channels % LANES == 0, in_fits = s.in_channels % LANES == 0;
    return !out_fits && (in_fits || s.in_channels > s.out_channels);
}

/* Rows of a tile of backward-weights: as many as there are registers and channels for. */
static int rows_of(sw_conv_tiling tile, int channels)
{
    static const int choices[] = {8, 6, 4, 3, 2, 1}; /* EACH_... of cl_kernels/conv2d.clh */
    const int *rows = choices;
    while (*rows > tile.rows || *rows > channels) rows++;
    return *rows;
}

/* Of backward-weights' chunk. */
static int fitting_pixels(size_t local_bytes, size_t pixel_bytes)
{
    const size_t fitting = local_bytes / pixel_bytes;
    return fitting < CHUNK_PIXELS ? (int)fitting : CHUNK_PIXELS;
}

static sw_status prepare_weights(gemm_plan *plan, size_t *workspace_bytes, sw_cl *cl)
{
    char storage[SW_STORAGE_BYTES], options[SW_STORAGE_BYTES + 240];
    const sw_transposed_shape s = plan->shape;
    const sw_conv_tiling tile = sw_conv_tiling_of(cl);
    const bool swap = swaps(s);
    const int scalars = swap ? s.out_channels : s.in_channels,
              vectors = swap ? s.in_channels : s.out_channels;
    const int nv = sw_conv_tile_vectors(tile, vectors), panel = tile.lanes * nv,
              rows = rows_of(tile, scalars);
    const int s_blocks = sw_divide_up_int(scalars, BLOCK_CHANNELS),
              v_blocks = sw_divide_up_int(vectors, BLOCK_CHANNELS);
    const int s_block = round_up(sw_divide_up_int(scalars, s_blocks), rows), v_block = BLOCK_CHANNELS;
    const size_t pixel_bytes = (size_t)(s_block + v_block) * sizeof(float);
    const int chunk = fitting_pixels((size_t)sw_cl_device(cl)->local_bytes, pixel_bytes);
    plan->weight_blocks = sw_divide_up_int(scalars, s_block) * v_blocks;
    plan->segments = sw_divide_up_int(WANTED_ITEMS, plan->weight_blocks);
    if (plan->segments > MAX_SEGMENTS) plan->segments = MAX_SEGMENTS;
    plan->copies_bytes = (size_t)chunk * pixel_bytes;
    const size_t sums = taps(s) * (size_t)round_up(scalars, rows) * (size_t)round_up(vectors, panel);
    *workspace_bytes = larger(*workspace_bytes, (size_t)plan->segments * sums * sizeof(float));
    sw_storage_options(storage, s.x_type, s.y_type);
    snprintf(options, sizeof options,
             "-DKERNEL=%d -DSTRIDE=%d -DPADDING=%d -DVEC=%d -DNV=%d -DROWS=%d -DSWAP=%d -DSCALARS=%d "
             "-DVECTORS=%d -DCHUNK=%d%s",
             s.kernel, s.stride, s.padding, tile.lanes, nv, rows, swap, s_block, v_block, chunk, storage);
    SW_ENSURE(
        sw_kernel_get(&plan->partial, cl, "conv2d_transposed", "conv2d_transposed_bwd_partial", options));
    return sw_kernel_get(&plan->combine, cl, "conv2d_transposed", "conv2d_transposed_bwd_combine", options);
}

static sw_status prepare(void *out, size_t *workspace_bytes, sw_call *call, sw_transposed_shape shape,
                         size_t cap_bytes)
{
    (void)cap_bytes; /* packed weights and partial sums only */
    gemm_plan *plan = out;
    plan->shape = shape;
    *workspace_bytes = 0;
    SW_ENSURE(
        prepare_product(&plan->product[SW_CONV_FORWARD], workspace_bytes, call->cl, shape, SW_CONV_FORWARD));
    if (!call->gradients) return SW_OK;
    SW_ENSURE(prepare_product(&plan->product[SW_CONV_BACKWARD_DATA], workspace_bytes, call->cl, shape,
                              SW_CONV_BACKWARD_DATA));
    return prepare_weights(plan, workspace_bytes, call->cl);
}

/* A side of a product: the tensor, and height and width of its images. */
typedef struct side {
    cl_mem buffer;
    int h, w;
} side;

/* to (+)= the product of from; `steps` phases along each axis. */
static sw_status apply(const product *p, sw_call *call, side from, side to, int steps, bool accumulate)
{
    const cl_mem bias = steps > 1 ? sw_transposed_bias(call) : NULL;
    const int grid_h = sw_divide_up_int(to.h, steps), grid_w = sw_divide_up_int(to.w, steps);
    const size_t pixels = (size_t)call->n * (size_t)grid_h * (size_t)grid_w, block = (size_t)p->block_pixels;
    const int blocks = (int)sw_divide_up(pixels, block), padded = p->panel * p->panels;
    const size_t elems = (size_t)call->n * (size_t)to.h * (size_t)to.w * (size_t)p->out;
    const sw_ndrange pack = sw_call_ndrange(call, (size_t)p->panel, p->pack_rows, false);
    SW_ENSURE(SW_CALL_LAUNCH(call, p->pack, pack, SW_ARG(call->param[0]), SW_ARG(call->workspace),
                             SW_ARG((uint32_t)p->in), SW_ARG((uint32_t)p->out)));
    SW_ENSURE(SW_CALL_LAUNCH(call, p->begin, sw_call_ndrange(call, (size_t)(padded + p->in), 1, false),
                             SW_ARG(bias), SW_ARG(bias != NULL), SW_ARG(call->workspace),
                             SW_ARG(p->begin_offset), SW_ARG((uint32_t)p->out)));
    return SW_CALL_LAUNCH(
        call, p->apply, lone_items(steps * steps * p->panels, blocks, 1), SW_ARG(from.buffer),
        SW_ARG(call->workspace), SW_ARG(p->begin_offset), SW_ARG((uint32_t)p->panels), SW_ARG(to.buffer),
        SW_ARG(p->in), SW_ARG(p->out), SW_SIZE_ARGS(from), SW_SIZE_ARGS(to), SW_ARG(grid_h), SW_ARG(grid_w),
        SW_ARG(pixels), SW_ARG(block), SW_ARG((int)sw_call_put(call, elems, p->panel, accumulate)));
}

static sw_status forward(const void *prepared, sw_call *call)
{
    const gemm_plan *plan = prepared;
    const sw_transposed_shape s = plan->shape;
    return apply(&plan->product[SW_CONV_FORWARD], call, (side){call->in[0], s.h, s.w},
                 (side){call->out[0], s.oh, s.ow}, s.stride, false);
}

static sw_status backward_weights(const gemm_plan *plan, sw_call *call)
{
    const sw_transposed_shape s = plan->shape;
    const int image_rows = call->n * s.h;
    int segments, segment_rows = cut_segments(&segments, image_rows, plan->segments);
    const sw_ndrange combine =
        sw_call_ndrange(call, (size_t)s.out_channels, taps(s) * (size_t)s.in_channels, false);
    SW_ENSURE(SW_CALL_LAUNCH(call, plan->partial, lone_items(segments, plan->weight_blocks, 1),
                             SW_ARG(call->in[0]), SW_ARG(call->dout[0]), SW_ARG(call->workspace),
                             SW_ARG(s.in_channels), SW_ARG(s.out_channels), SW_SIZE_ARGS(s), SW_ARG(s.oh),
                             SW_ARG(s.ow), SW_ARG(image_rows * s.w), SW_ARG(segment_rows * s.w),
                             sw_arg_local(plan->copies_bytes)));
    return SW_CALL_LAUNCH(call, plan->combine, combine, SW_ARG(call->workspace), SW_ARG(call->dparam[0]),
                          SW_ARG((uint32_t)s.in_channels), SW_ARG(segments));
}

static sw_status backward(const void *prepared, sw_call *call)
{
    const gemm_plan *plan = prepared;
    const sw_transposed_shape s = plan->shape;
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_WEIGHTS);
    SW_ENSURE(backward_weights(plan, call));
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_DATA);
    if (!call->din[0]) return SW_OK;
    return apply(&plan->product[SW_CONV_BACKWARD_DATA], call, (side){call->dout[0], s.oh, s.ow},
                 (side){call->din[0], s.h, s.w}, 1, call->accumulate[0]);
}

const sw_transposed_engine sw_transposed_gemm = {
    .name = "gemm",
    .choice = SW_CONV_GEMM,
    .plan_bytes = sizeof(gemm_plan),
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
