/* Ways to compute a convolution, behind one interface. conv2d.c owns the op (shapes, bias) and chooses an
 * engine for each of its three passes. sw_conv_choice (ops/ops.h) says what each is for. */
#ifndef OPS_CONV_ENGINE_H
#define OPS_CONV_ENGINE_H

#include "conv_window.h"
#include "ops/call.h"
#include "ops/conv_choice.h"
#include "storage_options.h"

typedef struct sw_conv_shape {
    int n, h, w, in_channels, out_channels, kernel; /* h and w are x's */
    int stride, dilation;                           /* at least 1 */
    int out_h, out_w;                               /* y's */
    sw_dtype x_type, y_type;                        /* how they are stored, and their gradients */
} sw_conv_shape;

/* Forward and backward-data are one kind of pass: backward-data is the convolution of dy with the weights
 * flipped, from out_channels to in_channels; with a stride, of dy spread out with zeros between its pixels.
 * They come first in sw_conv_pass and may index an array. */
enum { SW_CONV_PRODUCTS = 2 };

/* to (+)= conv(from), with flipped weights for backward-data. */
typedef struct sw_conv_product {
    sw_conv_pass pass;
    cl_mem from, to;
    bool flip, accumulate;
} sw_conv_product;

typedef struct sw_conv_engine {
    const char *name;
    sw_conv_choice choice; /* what names it in attributes and in the configuration */
    bool by_name_on_cpus;  /* runs on CPUs too, but is not chosen for them: for tests, or because it rounds */
    bool coarse;           /* rounds several times as much as a plain sum */
    bool rounds_operands;  /* so much that it computes nothing where exact_places is asked for */
    bool takes_bfloat16;   /* as x or y or both */
    /* convolve applies call->epilogue to its results, where they are vectors of channels (multiples of 16) */
    bool takes_epilogue;
    bool (*supports)(const sw_cl *cl, sw_conv_shape shape, sw_conv_pass pass);
    size_t plan_bytes;
    /* Builds programs into the plan, plan_bytes of zeros that free() releases, and says how much of the
     * workspace the passes use. The plan will be asked for `passes` only (SW_BIT(pass), all of them
     * supported). `shape` has the graph's batch size; a run's may be smaller. */
    sw_status (*prepare)(void *plan, size_t *workspace_bytes, sw_call *call, sw_conv_shape shape,
                         size_t cap_bytes, unsigned passes);
    /* Forward, or backward-data, and dw += .... Enqueue only. Buffers are those of the run. */
    sw_status (*convolve)(const void *plan, sw_call *call, const sw_conv_product *product);
    sw_status (*backward_weights)(const void *plan, sw_call *call);
} sw_conv_engine;

extern const sw_conv_engine sw_conv_engine_clblast, sw_conv_engine_tile, sw_conv_engine_gemm,
    sw_conv_engine_direct, sw_conv_engine_winograd, sw_conv_engine_winograd_2x2, sw_conv_engine_winograd_tile,
    sw_conv_engine_amx;

/* Every engine in the fixed order: where nothing else was chosen, a pass goes to the first that supports it.
 * clblast, which supports everything, is the last. Ends in NULL. */
extern const sw_conv_engine *const sw_conv_engines[];

/* The engine that a choice names; NULL: SW_CONV_AUTO. */
const sw_conv_engine *sw_conv_engine_of(sw_conv_choice choice);

/* Whether the engine may be taken for shape and pass where `from` was asked for. */
bool sw_conv_engine_suits(const sw_conv_engine *engine, const sw_cl *cl, sw_conv_choice from,
                          sw_conv_shape shape, sw_conv_pass pass);

/* The first engine of the fixed order that supports shape and pass, from the one asked for onwards;
 * SW_CONV_AUTO asks for the first of all. Where none of these does, since clblast takes no bfloat16, the
 * first of all that does. */
const sw_conv_engine *sw_conv_engine_fixed(const sw_cl *cl, sw_conv_choice from, sw_conv_shape shape,
                                           sw_conv_pass pass);

/* Whether a convolution can be computed with x, or y, or both as bfloat16 in all passes; with a bias not y,
 * which would be rounded twice. `device` NULL: on any CPU. */
bool sw_conv2d_takes_bfloat16(const sw_graph *graph, const sw_node *node, const sw_device_info *device);

/* Whether engine direct has the channels and the window for it. */
bool sw_conv_direct_fits(sw_conv_shape shape, sw_conv_pass pass);

/* Whether engine tile has what it needs, for any pass. */
bool sw_conv_tile_fits(const sw_device_info *device, sw_conv_shape shape);

/* The build options of a product's kernels: x is what it reads, y what it writes. */
void sw_conv_storage_options(char text[SW_STORAGE_BYTES], sw_conv_shape shape, sw_conv_pass pass);

/* The first engine of the fixed order that supports shape and pass and is not coarse. */
const sw_conv_engine *sw_conv_engine_exact(const sw_cl *cl, sw_conv_shape shape, sw_conv_pass pass);

/* Allocates and prepares a plan; free(*plan) releases it, also one whose preparation failed. */
sw_status sw_conv_plan_create(void **plan, size_t *workspace_bytes, const sw_conv_engine *engine,
                              sw_call *call, sw_conv_shape shape, size_t cap_bytes, unsigned passes);

/* Enqueues a pass: y = conv(x, w), dx (+)= ... or dw += .... */
sw_status sw_conv_run(const sw_conv_engine *engine, const void *plan, sw_call *call, sw_conv_pass pass);

/* Writes the weights of backward-data into the workspace, `offset` floats on: (taps,out,in), flipped. The
 * kernel is the helper conv2d_flip. */
sw_status sw_conv_flip(sw_call *call, const sw_kernel *kernel, sw_conv_shape shape, size_t offset);

/* A kernel of cl_kernels/conv2d.cl, which has what engines and bias need besides the products, for vectors of
 * so many channels; dy may be bfloat16. */
sw_status sw_conv_helper(const sw_kernel **kernel, const sw_call *call, sw_conv_shape shape, int channels,
                         const char *name);
/* The same of one that looks through the window. */
sw_status sw_conv_window_helper(const sw_kernel **kernel, const sw_call *call, sw_conv_window window,
                                int channels, const char *name);

/* A layer's shape with a batch of n. */
sw_conv_shape sw_conv_shape_of(const sw_conv_layer *layer, int n);

/* The window of a product. */
sw_conv_window sw_conv_window_of(sw_conv_shape shape, sw_conv_pass pass);

/* How many launches a product takes, and the pixels of one of them. Of backward-data with a stride each
 * computes a phase, the pixels of dx whose row and column leave the same rest: these meet the same taps. The
 * grid of a phase may be empty, in images smaller than the stride. */
int sw_conv_phases(sw_conv_shape shape, sw_conv_pass pass);
sw_conv_grid sw_conv_grid_of(sw_conv_shape shape, sw_conv_pass pass, int phase);

/* --- sizes ----------------------------------------------------------------------------------- */

static inline size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The least multiple of b that holds a. */
static inline int round_up(int a, int b)
{
    return sw_divide_up_int(a, b) * b;
}

/* Channels of what a product reads, and of what it writes. */
static inline int from_channels(sw_conv_shape s, sw_conv_pass pass)
{
    return pass == SW_CONV_FORWARD ? s.in_channels : s.out_channels;
}

static inline int to_channels(sw_conv_shape s, sw_conv_pass pass)
{
    return pass == SW_CONV_FORWARD ? s.out_channels : s.in_channels;
}

static inline size_t more_channels(sw_conv_shape s)
{
    return larger((size_t)s.in_channels, (size_t)s.out_channels);
}

/* Places of the window. */
static inline size_t taps_of(sw_conv_shape s)
{
    return (size_t)s.kernel * (size_t)s.kernel;
}

/* Pixels of x, which has the most, and of y. */
static inline size_t in_pixels(sw_conv_shape s)
{
    return (size_t)s.n * (size_t)s.h * (size_t)s.w;
}

static inline size_t out_pixels(sw_conv_shape s)
{
    return (size_t)s.n * (size_t)s.out_h * (size_t)s.out_w;
}

/* Whether x and y have one size and the window no gaps. */
static inline bool is_plain(sw_conv_shape s)
{
    return s.stride == 1 && s.dilation == 1;
}

/* Values for each pair of an input and an output channel: of a tap, or of a place of Winograd's tiles. */
static inline size_t channel_pairs(sw_conv_shape s)
{
    return (size_t)s.in_channels * (size_t)s.out_channels;
}

/* Pixels of y in the run's batch. */
static inline size_t sw_conv_pixels(const sw_call *call)
{
    return sw_shape_pixels(sw_call_out_shape(call, 0));
}

/* Pixels that a product writes: y's, or x's. */
static inline size_t sw_conv_to_pixels(const sw_call *call, sw_conv_pass pass)
{
    return pass == SW_CONV_FORWARD ? sw_conv_pixels(call) : sw_shape_pixels(sw_call_in_shape(call, 0));
}

/* Rounds up so that each part of a workspace starts where any vector may be loaded. */
static inline size_t sw_conv_align(size_t bytes)
{
    size_t align = SW_PARAM_ALIGN_ELEMS * sizeof(float);
    return sw_divide_up(bytes, align) * align;
}

/* Where the next part of a workspace begins behind so many floats, in floats. */
static inline size_t align_floats(size_t floats)
{
    return sw_conv_align(floats * sizeof(float)) / sizeof(float);
}

/* --- cutting the work ------------------------------------------------------------------------ */

/* [first, first + count) of a batch's tiles or pixels, where an engine walks over it in blocks. */
typedef struct sw_conv_block {
    size_t first, count;
} sw_conv_block;

/* Steps to the next block, of at most `most`, from a zeroed one to the first; false when all are done. */
static inline bool sw_conv_next_block(sw_conv_block *b, size_t all, size_t most)
{
    b->first += b->count;
    if (b->first >= all) return false;
    b->count = all - b->first < most ? all - b->first : most;
    return true;
}

/* Rows of each segment, so that there are at most so many; *segments says how many there are. */
static inline int cut_segments(int *segments, int rows, int most)
{
    int segment_rows = sw_divide_up_int(rows, most);
    *segments = sw_divide_up_int(rows, segment_rows);
    return segment_rows;
}

/* A launch for CPUs, whose work-items are long loops: each alone in its work-group. */
static inline sw_ndrange lone_items(int x, int y, int z)
{
    return (sw_ndrange){.global = {(size_t)x, (size_t)y, (size_t)z}, .local = {1, 1, 1}};
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

#endif
