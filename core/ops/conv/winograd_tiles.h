/* What the engines by Winograd's F(4x4, 3x3) and F(2x2, 3x3) share (cl_kernels/conv2d_winograd.clh has the
 * formulas): the batch in tiles of pixels and blocks of those, the workspace, and the transforms of a block.
 */
#ifndef OPS_WINOGRAD_TILES_H
#define OPS_WINOGRAD_TILES_H

#include "conv_engine.h"

enum {
    WINOGRAD_LANES = 16, /* channels are a multiple of these */
    PLACES = 36          /* values of a transformed tile of F(4x4) */
};

typedef struct winograd_tiles {
    int side, places;       /* pixels of a tile's side, 4 or 2; values of a transformed tile */
    int h, w, across, down; /* an image in pixels, and in tiles */
    int block;              /* tiles of a block */
    /* floats into the workspace: the weights U (or dU) at its start, then V, then M (or Z) */
    size_t v_offset, m_offset;
} winograd_tiles;

static inline bool winograd_fits(sw_conv_shape s)
{
    return s.kernel == 3 && is_plain(s) && s.in_channels % WINOGRAD_LANES == 0 &&
           s.out_channels % WINOGRAD_LANES == 0;
}

/* Channels [first, first + count) of an image that has `all`. */
typedef struct winograd_span {
    int first, count, all;
} winograd_span;

static inline winograd_span winograd_all(int channels)
{
    return (winograd_span){0, channels, channels};
}

winograd_tiles winograd_tiles_of(sw_conv_shape shape, int side);

/* Tiles of so many images. */
static inline int winograd_count(const winograd_tiles *t, int images)
{
    return images * t->across * t->down;
}

/* Bytes of V and M of one tile. */
static inline size_t winograd_tile_bytes(const winograd_tiles *t, sw_conv_shape s)
{
    return (size_t)t->places * (size_t)(s.in_channels + s.out_channels) * sizeof(float);
}

/* Lays the workspace out behind so many floats of weights, for blocks of t->block tiles; returns its bytes.
 */
size_t winograd_lay_out(winograd_tiles *t, sw_conv_shape shape, size_t weight_floats);

/* Steps through the blocks of the run's batch. */
static inline bool winograd_next_block(sw_conv_block *b, const winograd_tiles *t, const sw_call *call)
{
    return sw_conv_next_block(b, (size_t)winograd_count(t, call->n), (size_t)t->block);
}

/* Transforms a block's tiles of an image into the workspace: V with an input kernel, Z with a gradient
 * kernel. */
sw_status winograd_transform(const winograd_tiles *t, sw_call *call, const sw_kernel *kernel,
                             sw_ndrange range, cl_mem image, size_t offset, winograd_span channels,
                             sw_conv_block b);
/* Transforms a block's M into pixels of `to`. */
sw_status winograd_output(const winograd_tiles *t, sw_call *call, const sw_kernel *kernel, sw_ndrange range,
                          cl_mem to, winograd_span channels, sw_conv_block b, sw_put put);

#endif
