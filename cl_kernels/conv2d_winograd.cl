/* Forward and backward-data of engines winograd and winograd_2x2 (conv2d_winograd.clh has the formulas), in
 * several kernels or in one. Macros besides those there: one of the sections TRANSFORM, WEIGHTS, PRODUCT and
 * FUSED at a time. */

#if defined TRANSFORM || defined FUSED
/* V of tiles first_tile ...: Launch: global (tiles of the block), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_input(__global const storedX *x /* (N,H,W,all) */, __global float *workspace,
                      uint v_offset /* (PLACES,channels/VEC,block_tiles,VEC) */, SPAN_PARAMETERS,
                      int first_tile, int block_tiles, int h, int w, int tiles_x, int tiles_y)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global float *to = workspace + v_offset + local_tile * VEC;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += VEC) {
        floatV d[PLACES];
        input_tile(d, x + ((image * h + ty) * w + tx) * all + first_channel + c, ty, tx, h, w, all);
        UNROLL(i, PLACES) STOREV(d[i], to + c * block_tiles + i * place, 0);
    }
}

/* Vectors of a cache line, which is written whole. */
#define LINE_VECTORS (LINE / VEC)

/* Writes all of a tile's vectors by `store`: STOREY or STREAMY. */
#define EACH_VECTOR(store)                                                                                   \
    UNROLL(i, TILE)                                                                                          \
        UNROLL(j, TILE)                                                                                      \
            UNROLL(k, LINE_VECTORS) store(d[(k * TILE + i) * TILE + j], to + i * row + j * channels, k);

/* y (+)= d: the LINE channels from c on of the tile at (ty, tx). */
static inline void put_pixels(__global storedY *y, const floatV *d /* (LINE_VECTORS,TILE,TILE) */, int image,
                              int ty, int tx, int h, int w, int channels, int c, int put)
{
    __global storedY *to = y + ((image * h + ty) * w + tx) * channels + c;
    const int row = w * channels;
    const int whole = ty + TILE <= h && tx + TILE <= w;
    if (whole && put == PUT_STREAM) {
        EACH_VECTOR(STREAMY)
    } else if (whole && put == PUT_PLAIN) {
        EACH_VECTOR(STOREY)
    } else {
        for (int i = 0; i < TILE; i++)
            for (int j = 0; j < TILE; j++)
                if (ty + i < h && tx + j < w) {
                    __global storedY *at = to + i * row + j * channels;
                    for (int k = 0; k < LINE_VECTORS; k++) {
                        const floatV v = d[(k * TILE + i) * TILE + j];
                        STOREY(put == PUT_ADDED ? v + LOADY(at, k) : v, at, k);
                    }
                }
    }
}

/* y (+)= A^T M A, finished by the epilogue. Launch: global (tiles of the block), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_output(__global storedY *y /* (N,H,W,all) */, __global const float *workspace,
                       uint m_offset /* (PLACES,channels/VEC,block_tiles,VEC) */, SPAN_PARAMETERS,
                       int first_tile, int block_tiles, int h, int w, int tiles_x, int tiles_y, int put,
                       EPILOGUE_PARAMETERS)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global const float *from = workspace + m_offset + local_tile * VEC;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += LINE) {
        floatV d[TILE * TILE * LINE_VECTORS];
        UNROLL(k, LINE_VECTORS) {
            const int channel = c + VEC * k;
            floatV m[PLACES];
            UNROLL(i, PLACES) m[i] = LOADV(from + channel * block_tiles + i * place, 0);
            output_pixels(d + TILE * TILE * k, m, norm_at(EPILOGUE, first_channel + channel, all));
        }
        put_pixels(y, d, image, ty, tx, h, w, all, first_channel + c, put);
    }
}
#endif

#ifdef WEIGHTS
/* The weights of LINE channels of `in` and VEC of `out`, flipped: (9,VEC,LINE). Rows of w lie so far apart
 * that a cache would hold few of them; here they are read once, a line each. */
static inline void flipped_block(float *block, __global const float *w /* (T,all,in) */, int first, int o,
                                 int in, int all)
{
    for (int t = 0; t < 9; t++)
        for (int lane = 0; lane < VEC; lane++)
            vstore16(vload16(0, w + ((8 - t) * all + o + lane) * in + first), t * VEC + lane, block);
}

/* Tap t of its i-th channel of `in`. */
static inline floatV flipped_tap(const float *block, int t, int i)
{
    float lane[VEC];
    UNROLL(k, VEC) lane[k] = block[(t * VEC + k) * LINE + i];
    return LOADV(lane, 0);
}

/* u[place,panel,i,c] = (G w G^T) of channels i -> first_channel + panel * panel_channels + c. flip: the
 * weights of backward-data, w being (T,all,in) then. Launch: global (out / VEC, in / LINE), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_weights(__global const float *w, __global float *u_all, int panel_channels, int flip,
                        int first_channel, int all)
{
    const int o = get_global_id(0) * VEC, out = get_global_size(0) * VEC, in = get_global_size(1) * LINE;
    const int first = get_global_id(1) * LINE;
    __global float *to = u_all + (o / panel_channels * in + first) * panel_channels + o % panel_channels;
    float block[9 * VEC * LINE];
    if (flip) flipped_block(block, w, first, first_channel + o, in, all);
    for (int i = 0; i < LINE; i++) {
        floatV g[9], u[PLACES];
        UNROLL(t, 9)
            g[t] = flip ? flipped_tap(block, t, i)
                        : LOADV(w + (t * in + first + i) * all + first_channel + o, 0);
        weights_tile(u, g);
        UNROLL(k, PLACES) STOREV(u[k], to + k * in * out, 0);
        to += panel_channels;
    }
}
#endif

#if defined PRODUCT || defined FUSED
/* M = V U for ROWS tiles and one panel: v at their first channels, b at the panel's, m at their place in M.
 * Moves v and b on. A macro, for the pointers' address spaces differ. */
#define STEP(r) ADD_PRODUCT(r, v[r * VEC + i])
#ifdef FUSED
#define STORE_M(v, i, p) STOREV_LOCAL(v, p, i)
#else
#define STORE_M(v, i, p) STOREV(v, p, i)
#endif
#if NV == 2
#define STORE(r)                                                                                             \
    STORE_M(a##r, r, m);                                                                                     \
    STORE_M(e##r, r, m + block_tiles * VEC);
#else
#define STORE(r) STORE_M(a##r, r, m);
#endif
#define REGISTER_TILE                                                                                        \
    EACH_ROW(CLEAR_SUMS)                                                                                     \
    for (int slice = 0; slice < in; slice += VEC) {                                                          \
        _Pragma("unroll 8") for (int i = 0; i < VEC; i++)                                                    \
        {                                                                                                    \
            OPERANDS(b, b + VEC)                                                                             \
            EACH_ROW(STEP)                                                                                   \
            b += PANEL;                                                                                      \
        }                                                                                                    \
        v += block_tiles * VEC;                                                                              \
    }                                                                                                        \
    EACH_ROW(STORE)
#endif

#ifdef PRODUCT
/* M[place] = V[place] U[place] for group_tiles tiles and one panel. Rows of V and M exist up to a multiple of
 * ROWS. Launch: global (groups, panels, PLACES), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_product(__global const float *u_all /* (PLACES,panels,in,PANEL) */, __global float *workspace,
                        uint v_offset /* (PLACES,in/VEC,block_tiles,VEC) */,
                        uint m_offset /* (PLACES,out/VEC,block_tiles,VEC) */, int in, int out, int tiles,
                        int block_tiles, int group_tiles)
{
    const int panel = get_global_id(1), place = get_global_id(2);
    const int first = (int)get_global_id(0) * group_tiles, end = min(first + group_tiles, tiles);
    __global const float *u = u_all + (place * out + panel * PANEL) * in;
    for (int row = first; row < end; row += ROWS) {
        __global const float *v = workspace + v_offset + place * in * block_tiles + row * VEC;
        __global float *m = workspace + m_offset + (place * out + panel * PANEL) * block_tiles + row * VEC;
        __global const float *b = u;
        REGISTER_TILE
    }
}
#endif

#ifdef FUSED
/* All of a convolution for `block_tiles` tiles (a multiple of ROWS) and every channel, where V and one panel
 * of M fit the core's own cache: as local memory they stay there, whereas the three kernels above send them
 * through the cache that all cores share. U is read once a group.
 * Launch: global (ceil(tiles / block_tiles)), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void conv2d_winograd_fused(
    __global const storedX *x /* (N,H,W,in) */, __global const float *u_all /* (PLACES,panels,in,PANEL) */,
    __global storedY *y /* (N,H,W,out) */, int in, int out, int tiles, int block_tiles, int h, int w,
    int tiles_x, int tiles_y, int put, EPILOGUE_PARAMETERS,
    __local float *scratch /* V (PLACES,in/VEC,block_tiles,VEC), M (PLACES,NV,block_tiles,VEC) */)
{
    const int first = (int)get_global_id(0) * block_tiles, count = min(block_tiles, tiles - first);
    __local float *m_tiles = scratch + PLACES * in * block_tiles;
    for (int t = 0; t < count; t++) {
        LOCATE(first + t, tiles_x, tiles_y)
        for (int c = 0; c < in; c += VEC) {
            floatV d[PLACES];
            input_tile(d, x + ((image * h + ty) * w + tx) * in + c, ty, tx, h, w, in);
            __local float *to = scratch + c * block_tiles + t * VEC;
#pragma unroll
            for (int i = 0; i < PLACES; i++, to += in * block_tiles) STOREV_LOCAL(d[i], to, 0);
        }
    }
    for (int o = 0; o < out; o += PANEL) {
        for (int place = 0; place < PLACES; place++)
            for (int row = 0; row < count; row += ROWS) {
                __local const float *v = scratch + place * in * block_tiles + row * VEC;
                __local float *m = m_tiles + (place * NV * block_tiles + row) * VEC;
                __global const float *b = u_all + (place * out + o) * in;
                REGISTER_TILE
            }
        for (int t = 0; t < count; t++) {
            LOCATE(first + t, tiles_x, tiles_y)
            for (int c = 0; c < PANEL; c += LINE) {
                floatV d[TILE * TILE * LINE_VECTORS];
                UNROLL(k, LINE_VECTORS) {
                    const int channel = c + VEC * k;
                    floatV m[PLACES];
                    __local const float *from = m_tiles + channel * block_tiles + t * VEC;
#pragma unroll
                    for (int i = 0; i < PLACES; i++, from += PANEL * block_tiles) m[i] = LOADV(from, 0);
                    output_pixels(d + TILE * TILE * k, m, norm_at(EPILOGUE, o + channel, out));
                }
                put_pixels(y, d, image, ty, tx, h, w, out, o + c, put);
            }
        }
    }
}
#endif
