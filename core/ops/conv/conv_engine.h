/* Ways to compute a convolution, behind one interface. conv2d.c owns the op (shapes, bias) and asks engines
 * for the three passes, each pass of the one chosen for it.
 *
 *   clblast  im2col in bands and CLBlast's matrix product: every device, every shape; the reference
 *   tile     implicit im2col in tiles of local memory: GPUs; elsewhere only when asked for by name
 *   gemm     implicit im2col in register tiles: CPUs
 *   direct   vectors over the thick side only: CPUs, 1 to 4 channels on one side, 16 n on the other
 *   winograd F(4x4,3x3): CPUs, 3x3, channels in multiples of 16
 *   winograd_tile  the same with the products of tile: GPUs; elsewhere only when asked for by name */
#ifndef OPS_CONV_ENGINE_H
#define OPS_CONV_ENGINE_H

#include "ops/call.h"
#include "ops/ops.h"

typedef struct sw_conv_shape {
    int n, h, w, in_channels, out_channels, kernel;
} sw_conv_shape;

typedef struct sw_conv_engine {
    const char *name;
    sw_conv_choice choice; /* what names it in attributes and in the configuration */
    bool by_name_on_cpus;  /* works on CPUs too, so that it can be tested there, but is no choice for them */
    /* forward finishes its results with call->epilogue, where they are vectors of channels (multiples of 16)
     */
    bool takes_epilogue;
    bool (*supports)(const sw_cl *cl, sw_conv_shape shape, sw_conv_pass pass);
    /* Builds programs into *plan (freed by release; also of a prepare that failed, where not NULL) and says
     * how much of the workspace the passes use. The plan will be asked for `passes` only (SW_BIT(pass), all
     * of them supported). `shape` has the graph's batch size; a run's may be smaller. */
    sw_status (*prepare)(void **plan, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes);
    void (*release)(void *plan);
    /* y = conv(x, w); dw += ...; dx (+)= .... Enqueue only. Buffers are those of the run. NULL for a pass
     * that no shape supports. */
    sw_status (*forward)(const void *plan, sw_call *call);
    sw_status (*backward_weights)(const void *plan, sw_call *call);
    sw_status (*backward_data)(const void *plan, sw_call *call);
} sw_conv_engine;

extern const sw_conv_engine sw_conv_engine_clblast, sw_conv_engine_tile, sw_conv_engine_gemm,
    sw_conv_engine_direct, sw_conv_engine_winograd, sw_conv_engine_winograd_tile;

/* Every engine in the fixed order: where nothing else was chosen, a pass goes to the first that supports it.
 * clblast, which supports everything, is the last. Ends in NULL. */
extern const sw_conv_engine *const sw_conv_engines[];

/* Whether the engine may be taken for shape and pass where `from` was asked for. */
bool sw_conv_engine_suits(const sw_conv_engine *engine, const sw_cl *cl, sw_conv_choice from,
                          sw_conv_shape shape, sw_conv_pass pass);

/* The first engine of the fixed order that supports shape and pass, from the one asked for onwards;
 * SW_CONV_AUTO asks for the first of all. */
const sw_conv_engine *sw_conv_engine_fixed(const sw_cl *cl, sw_conv_choice from, sw_conv_shape shape,
                                           sw_conv_pass pass);

/* Pixels of the run's batch. */
static inline size_t sw_conv_pixels(const sw_call *call)
{
    sw_shape y = sw_call_out_shape(call, 0);
    return (size_t)y.n * (size_t)y.h * (size_t)y.w;
}

/* Tiles [first, first + count) of a batch, where an engine walks over it in blocks. */
typedef struct sw_conv_block {
    int first, count;
} sw_conv_block;

/* Steps to the next block, of at most `most` tiles, from a zeroed one to the first; false when all are done.
 */
static inline bool sw_conv_next_block(sw_conv_block *b, int tiles, int most)
{
    b->first += b->count;
    if (b->first >= tiles) return false;
    b->count = tiles - b->first < most ? tiles - b->first : most;
    return true;
}

/* Tiles of sums in a CPU's registers, `rows` times two vectors of `lanes` floats: as many as leave registers
 * for the operands. Where rows are channels, `channel_rows`, which divide a vector. */
typedef struct sw_conv_tiling {
    int lanes, rows, channel_rows;
} sw_conv_tiling;

static inline sw_conv_tiling sw_conv_tiling_of(const sw_cl *cl)
{
    if (sw_cl_register_width(cl) == 16) return (sw_conv_tiling){.lanes = 16, .rows = 8, .channel_rows = 8};
    return (sw_conv_tiling){.lanes = 8, .rows = 6, .channel_rows = 4};
}

/* Vectors a row of a tile has where there are so many channels: one, where two would leave a vector over. */
static inline int sw_conv_tile_vectors(sw_conv_tiling t, int channels)
{
    return sw_divide_up_int(channels, t.lanes) % 2 == 0 ? 2 : 1;
}

/* Rounds up so that each part of a workspace starts where any vector may be loaded. */
static inline size_t sw_conv_align(size_t bytes)
{
    size_t align = SW_PARAM_ALIGN_ELEMS * sizeof(float);
    return sw_divide_up(bytes, align) * align;
}

#endif
