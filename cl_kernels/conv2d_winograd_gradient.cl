/* Backward-weights of engine winograd (conv2d_winograd.clh has the formulas).
 *
 * Two ways to dU. Where the weights are small, one kernel does it all (FUSED_GRADIENT): a work-item sums a
 * range of tiles for half of the places, three of the six rows of a transformed tile. Its part of dU and the
 * V and Z of a few tiles at a time stay in the core's own cache; only x and dy pass through the cache that
 * all cores share, and the next tiles' pixels are asked for while the products of these run. Otherwise three
 * kernels, in blocks of tiles, each place summed by itself.
 *
 * dU lies in blocks of BLOCK x BLOCK channels (blocks, 36, BLOCK, BLOCK), full size even where the channels
 * do not fill it, blocks of out running fastest. A register tile is ROWS channels of x times NV vectors of
 * dy's. Macros besides those of conv2d_winograd.clh: FUSED_GRADIENT for the one kernel, else nothing. */

#define BLOCK  64
#define SLICES (BLOCK / VEC)

/* du (+)= V^T Z of ROWS channels from v on and PANEL from z on, `count` tiles; the channels of z's second
 * vector lie z_step floats on. A macro, for the pointers' address spaces differ. */
#define LOAD_U(r)  LOAD_SUMS(r, fresh, du + r * BLOCK)
#define STEP_U(r)  ADD_PRODUCT(r, v[t * VEC + r])
#define STORE_U(r) STORE_SUMS(r, du + r * BLOCK)
#define VECTORS_U  OPERANDS(z + t * VEC, z + z_step + t * VEC)
#define SUM_TILE                                                                                             \
    EACH_ROW(LOAD_U)                                                                                         \
    int t = 0;                                                                                               \
    for (; t + 4 <= count; t += 4) { /* by hand: the compiler does not unroll a loop of unknown length */    \
        {VECTORS_U EACH_ROW(STEP_U)} t++;                                                                    \
        {VECTORS_U EACH_ROW(STEP_U)} t++;                                                                    \
        {VECTORS_U EACH_ROW(STEP_U)} t++;                                                                    \
        {VECTORS_U EACH_ROW(STEP_U)} t -= 3;                                                                 \
    }                                                                                                        \
    for (; t < count; t++) {                                                                                 \
        VECTORS_U EACH_ROW(STEP_U)                                                                           \
    }                                                                                                        \
    EACH_ROW(STORE_U)

#ifdef FUSED_GRADIENT
/* A layer, and the channels of it that a work-item sees: x and dy point at their first, rows being `in` and
 * `out` floats. */
typedef struct view {
    __global const storedX *x;
    __global const storedY *dy;
    int in, out, i_count, o_count, h, w, tiles_x, tiles_y;
} view;

/* Asks for pixels [from, to) of the tiles from `first` on, 16 a tile. Of x those one down and one right: a
 * tile's upper and left neighbours have been read by then. */
static inline void prefetch_pixels(const view *s, int first, int from, int to)
{
    for (int pixel = from; pixel < to; pixel++) {
        LOCATE(first + pixel / 16, s->tiles_x, s->tiles_y)
        const int py = ty + pixel % 16 / 4, px = tx + pixel % 4, row = image * s->h;
        __global const storedX *x =
            s->x + ((row + min(py + 1, s->h - 1)) * s->w + min(px + 1, s->w - 1)) * s->in;
        __global const storedY *dy = s->dy + ((row + min(py, s->h - 1)) * s->w + min(px, s->w - 1)) * s->out;
        for (int c = 0; c < s->i_count; c += LINE) PREFETCH(x + c);
        for (int c = 0; c < s->o_count; c += LINE) PREFETCH(dy + c);
    }
}

/* parts[range, block] = V^T Z of `range_tiles` tiles, `chunk` at a time.
 * Launch: global (2, blocks, ranges), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_fused_gradient(__global const storedX *x /* (N,H,W,in) */,
                               __global const storedY *dy /* (N,H,W,out) */,
                               __global float *parts /* (ranges,blocks,36,BLOCK,BLOCK) */, int in, int out,
                               int tiles, int range_tiles, int chunk, int h, int w, int tiles_x, int tiles_y,
                               __local float *scratch /* V, Z: (HALF,SLICES,chunk,VEC) each */)
{
    const int lower = get_global_id(0), block = get_global_id(1), range = get_global_id(2);
    const int out_blocks = (out + BLOCK - 1) / BLOCK;
    const int i_begin = block / out_blocks * BLOCK, o_begin = block % out_blocks * BLOCK;
    const view s = {
        x + i_begin, dy + o_begin, in,     out, min(BLOCK, in - i_begin), min(BLOCK, out - o_begin), h,
        w,           tiles_x,      tiles_y};
    const int first = range * range_tiles, end = min(first + range_tiles, tiles);
    const int place_step = SLICES * chunk * VEC, z_step = chunk * VEC;
    __local float *v_tiles = scratch, *z_tiles = scratch + HALF * place_step;
    __global float *part =
        parts + ((range * (int)get_global_size(1) + block) * 2 + lower) * HALF * BLOCK * BLOCK;

    for (int begin = first; begin < end; begin += chunk) {
        const int count = min(chunk, end - begin), fresh = begin == first;
        for (int t = 0; t < count; t++) {
            LOCATE(begin + t, tiles_x, tiles_y)
            const int pixel = (image * h + ty) * w + tx;
            floatV d[36], tile[HALF];
            for (int c = 0; c < s.i_count; c += VEC) {
                __local float *to = v_tiles + c * chunk + t * VEC;
                load_tile(d, s.x + pixel * in + c, ty, tx, h, w, in);
                input_half(tile, d, lower);
                UNROLL(k, HALF) STOREV_LOCAL(tile[k], to + k * place_step, 0);
            }
            for (int c = 0; c < s.o_count; c += VEC) {
                __local float *to = z_tiles + c * chunk + t * VEC;
                gradient_tile(tile, s.dy + pixel * out + c, ty, tx, h, w, out, lower);
                UNROLL(k, HALF) STOREV_LOCAL(tile[k], to + k * place_step, 0);
            }
        }
        const int next = begin + chunk, next_pixels = max(0, min(chunk, end - next)) * 16;
        const int steps = HALF * s.i_count / ROWS;
        int step = 0;
        for (int place = 0; place < HALF; place++)
            for (int i = 0; i < s.i_count; i += ROWS, step++) {
                prefetch_pixels(&s, next, step * next_pixels / steps, (step + 1) * next_pixels / steps);
                for (int o = 0; o < s.o_count; o += PANEL) {
                    __local const float *v = v_tiles + place * place_step + i / VEC * z_step + i % VEC;
                    __local const float *z = z_tiles + place * place_step + o / VEC * z_step;
                    __global float *du = part + (place * BLOCK + i) * BLOCK + o;
                    SUM_TILE
                }
            }
    }
}

#else

/* Z of tiles first_tile ...: Launch: global (tiles of the block), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_gradient(__global const storedY *dy /* (N,H,W,all) */, __global float *workspace,
                         uint z_offset /* (36,channels/VEC,block_tiles,VEC) */, SPAN_PARAMETERS,
                         int first_tile, int block_tiles, int h, int w, int tiles_x, int tiles_y)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global float *to = workspace + z_offset + local_tile * VEC;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += VEC) {
        floatV z[36];
        __global const storedY *from = dy + ((image * h + ty) * w + tx) * all + first_channel + c;
        gradient_tile(z, from, ty, tx, h, w, all, 0);
        gradient_tile(z + HALF, from, ty, tx, h, w, all, 1);
        UNROLL(i, 36) STOREV(z[i], to + c * block_tiles + i * place, 0);
    }
}

/* dU[place] += V[place]^T Z[place] of a block of channels. `fresh`: dU holds nothing yet.
 * Launch: global (blocks of in, blocks of out, 36), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_accumulate(__global float *workspace /* begins with (blocks,36,BLOCK,BLOCK) */,
                           uint v_offset /* (36,in/VEC,block_tiles,VEC) */,
                           uint z_offset /* (36,out/VEC,block_tiles,VEC) */, int in, int out, int count,
                           int block_tiles, int fresh)
{
    const int i_block = get_global_id(0), o_block = get_global_id(1), place = get_global_id(2);
    const int i_end = min(BLOCK, in - i_block * BLOCK), o_end = min(BLOCK, out - o_block * BLOCK);
    const int z_step = block_tiles * VEC;
    __global const float *v_tiles = workspace + v_offset + (place * in + i_block * BLOCK) * block_tiles;
    __global const float *z_tiles = workspace + z_offset + (place * out + o_block * BLOCK) * block_tiles;
    __global float *part =
        workspace + ((i_block * (int)get_global_size(1) + o_block) * 36 + place) * BLOCK * BLOCK;
    for (int i = 0; i < i_end; i += ROWS)
        for (int o = 0; o < o_end; o += PANEL) {
            __global const float *v = v_tiles + i / VEC * z_step + i % VEC;
            __global const float *z = z_tiles + o / VEC * z_step;
            __global float *du = part + i * BLOCK + o;
            SUM_TILE
        }
}

/* dw[t,first_channel+i,o] += (G^T dU G), dU being the sum of the ranges' parts, in their order.
 * Launch: global (out / VEC, in), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void conv2d_winograd_weights_gradient(
    __global const float *workspace /* begins with (ranges,blocks,36,BLOCK,BLOCK) */, int ranges,
    __global float *dw /* (T,all,out) */, int first_channel, int all)
{
    const int o = get_global_id(0) * VEC, i = get_global_id(1), out = get_global_size(0) * VEC,
              in = get_global_size(1);
    const int out_blocks = (out + BLOCK - 1) / BLOCK, blocks = (in + BLOCK - 1) / BLOCK * out_blocks;
    __global const float *du =
        workspace + i % BLOCK * BLOCK + o % BLOCK + (i / BLOCK * out_blocks + o / BLOCK) * 36 * BLOCK * BLOCK;
    floatV u[36];
    UNROLL(k, 36) u[k] = LOADV(du + k * BLOCK * BLOCK, 0);
    for (int range = 1; range < ranges; range++) {
        du += blocks * 36 * BLOCK * BLOCK;
        UNROLL(k, 36) u[k] += LOADV(du + k * BLOCK * BLOCK, 0);
    }
    add_gradient(dw, u, first_channel + i, o, all, out);
}
#endif
