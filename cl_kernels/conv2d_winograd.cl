/* conv2d 3x3 on CPUs by Winograd's minimal filtering, F(4x4, 3x3): 36 multiplications where the direct way
 * takes 144.
 *
 *   input tiles    V = B^T d B     d: 6x6 pixels of x, one tile every 4 pixels   V (36, in/VEC, tiles, VEC)
 *
 *   weights        U = G w G^T                                                    U (36, panels, in, PANEL)
 *
 *   products       M = V U         for each of the 36 places                      M (36, out/VEC, tiles, VEC)
 *
 *   output tiles   y = A^T M A     4x4 pixels
 *
 *   backward, data     the same on dy with the weights flipped
 *
 *   backward, weights  Z = A dy A^T (36, out/VEC, tiles, VEC);  dU += V^T Z;  dw += G^T dU G
 *
 * (Winograd, "Arithmetic complexity of computations", 1980; matrices of Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", 2016, with interpolation points 0, 1, -1, 2, -2.)
 *
 * The host walks over the batch in blocks of tiles, small enough that V and M stay in the last cache. Within
 * a block, tiles lie in slices of VEC channels: a register tile then reads its rows one after the other,
 * whatever the number of channels, and that number need not be known to the compiler.
 *
 * Register tiles as in conv2d_gemm.cl: ROWS tiles (or channels) times NV vectors. Device layouts: x, y
 * (N,H,W,C), w (T,I,O); in and out are multiples of 16. Macros: VEC (8 or 16), NV (1 or 2), ROWS; one of the
 * sections TRANSFORM, WEIGHTS, PRODUCT, FUSED, GRADIENT and FUSED_GRADIENT at a time. */

#define PANEL       (VEC * NV)
#define EACH_ROW(R) PASTE(EACH_, ROWS)(R)

/* The tile's corner in pixels, and its image. */
#define LOCATE(tile, tiles_x, tiles_y)                                                                       \
    const int tx = (tile) % (tiles_x)*4, ty = (tile) / (tiles_x) % (tiles_y)*4,                              \
              image = (tile) / (tiles_x) / (tiles_y);

#if defined TRANSFORM || defined FUSED || defined FUSED_GRADIENT
/* B^T v of six values a stride apart: the first three of its six values, or the last (`lower`). The halves
 * have nothing in common that a whole would compute once. */
static inline void input_1d(floatV *to, const floatV *from, int stride, int lower)
{
    const floatV d1 = from[stride], d2 = from[2 * stride], d3 = from[3 * stride], d4 = from[4 * stride];
    if (!lower) {
        const floatV p = d4 - 4.0f * d2, q = d3 - 4.0f * d1;
        to[0] = 4.0f * from[0] - 5.0f * d2 + d4;
        to[stride] = p + q;
        to[2 * stride] = p - q;
    } else {
        const floatV r = d4 - d2, s = 2.0f * (d3 - d1);
        to[0] = r + s;
        to[stride] = r - s;
        to[2 * stride] = 4.0f * d1 - 5.0f * d3 + from[5 * stride];
    }
}

/* d: the 6x6 pixels of VEC channels whose inner 4x4 begin at x, which is (ty, tx) of its image. */
static inline void load_tile(floatV *d, __global const float *x, int ty, int tx, int h, int w, int channels)
{
    __global const float *from = x - (w + 1) * channels;
    const int row = w * channels;
    if (ty > 0 && tx > 0 && ty + 5 <= h && tx + 5 <= w) {
#pragma unroll
        for (int i = 0; i < 6; i++)
#pragma unroll
            for (int j = 0; j < 6; j++) d[i * 6 + j] = LOADV(from + i * row + j * channels, 0);
    } else {
#pragma unroll
        for (int i = 0; i < 6; i++)
#pragma unroll
            for (int j = 0; j < 6; j++) {
                const int py = ty + i - 1, px = tx + j - 1;
                d[i * 6 + j] = py >= 0 && py < h && px >= 0 && px < w
                                   ? LOADV(from + i * row + j * channels, 0)
                                   : SPLATV(0.0f);
            }
    }
}

/* Half of B^T d B, three rows of six, of the tile at x. */
static inline void input_half(floatV *v, const floatV *d, int lower)
{
    floatV half_way[18];
#pragma unroll
    for (int j = 0; j < 6; j++) input_1d(half_way + j, d + j, 6, lower);
#pragma unroll
    for (int i = 0; i < 3; i++) {
        input_1d(v + 6 * i, half_way + 6 * i, 1, 0);
        input_1d(v + 6 * i + 3, half_way + 6 * i, 1, 1);
    }
}
#endif

#if defined TRANSFORM || defined FUSED
/* B^T d B of VEC channels; x as for load_tile. */
static inline void input_tile(floatV *v, __global const float *x, int ty, int tx, int h, int w, int channels)
{
    floatV d[36];
    load_tile(d, x, ty, tx, h, w, channels);
    input_half(v, d, 0);
    input_half(v + 18, d, 1);
}

/* V of tiles first_tile ...: Launch: global (tiles of the block), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_input(__global const float *x /* (N,H,W,channels) */, __global float *workspace,
                      uint v_offset /* (36,channels/VEC,block_tiles,VEC) */, int channels, int first_tile,
                      int block_tiles, int h, int w, int tiles_x, int tiles_y)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global float *to = workspace + v_offset + local_tile * VEC;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += VEC) {
        floatV d[36];
        input_tile(d, x + ((image * h + ty) * w + tx) * channels + c, ty, tx, h, w, channels);
#pragma unroll
        for (int i = 0; i < 36; i++) STOREV(d[i], to + c * block_tiles + i * place, 0);
    }
}

/* A^T m for six values a stride apart, into four. */
static inline void output_1d(floatV *to, const floatV *from, int to_stride, int from_stride)
{
    const floatV m1 = from[from_stride], m2 = from[2 * from_stride], m3 = from[3 * from_stride],
                 m4 = from[4 * from_stride];
    const floatV sum = m1 + m2, difference = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
    to[0] = from[0] + sum + sum2;
    to[to_stride] = difference + 2.0f * difference2;
    to[2 * to_stride] = sum + 4.0f * sum2;
    to[3 * to_stride] = difference + 8.0f * difference2 + from[5 * from_stride];
}

/* Vectors of a cache line: it is put away whole. */
#define LINE_VECTORS (LINE / VEC)

/* d = A^T m A, or what `norm` makes of it: 4x4 pixels of VEC channels. */
static inline void output_pixels(floatV *d, const floatV *m, normV norm)
{
    floatV half_way[24];
#pragma unroll
    for (int j = 0; j < 6; j++) output_1d(half_way + j, m + j, 6, 6);
#pragma unroll
    for (int i = 0; i < 4; i++) output_1d(d + 4 * i, half_way + 6 * i, 1, 1);
#pragma unroll
    for (int i = 0; i < 16; i++) d[i] = finished(d[i], norm);
}

/* y (+)= d: the LINE channels from c on of the tile at (ty, tx). */
static inline void put_pixels(__global float *y, const floatV *d /* (LINE_VECTORS,4,4) */, int image, int ty,
                              int tx, int h, int w, int channels, int c, int put)
{
    __global float *to = y + ((image * h + ty) * w + tx) * channels + c;
    const int row = w * channels;
    const int whole = ty + 4 <= h && tx + 4 <= w;
    if (whole && put == PUT_STREAM) {
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
            for (int j = 0; j < 4; j++)
#pragma unroll
                for (int k = 0; k < LINE_VECTORS; k++)
                    STREAMV(d[k * 16 + i * 4 + j], to + i * row + j * channels, k);
        return;
    }
    if (whole && put == PUT_PLAIN) {
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
            for (int j = 0; j < 4; j++)
#pragma unroll
                for (int k = 0; k < LINE_VECTORS; k++)
                    STOREV(d[k * 16 + i * 4 + j], to + i * row + j * channels, k);
        return;
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            if (ty + i < h && tx + j < w) {
                __global float *at = to + i * row + j * channels;
                for (int k = 0; k < LINE_VECTORS; k++) {
                    const floatV v = d[k * 16 + i * 4 + j];
                    STOREV(put == PUT_ADDED ? v + LOADV(at, k) : v, at, k);
                }
            }
}

/* y (+)= A^T M A, finished by the epilogue. Launch: global (tiles of the block), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_output(__global float *y /* (N,H,W,channels) */, __global const float *workspace,
                       uint m_offset /* (36,channels/VEC,block_tiles,VEC) */, int channels, int first_tile,
                       int block_tiles, int h, int w, int tiles_x, int tiles_y, int put, EPILOGUE_PARAMETERS)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global const float *from = workspace + m_offset + local_tile * VEC;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += LINE) {
        floatV d[16 * LINE_VECTORS];
#pragma unroll
        for (int k = 0; k < LINE_VECTORS; k++) {
            const int channel = c + VEC * k;
            floatV m[36];
#pragma unroll
            for (int i = 0; i < 36; i++) m[i] = LOADV(from + channel * block_tiles + i * place, 0);
            output_pixels(d + 16 * k, m, norm_at(EPILOGUE, channel, channels));
        }
        put_pixels(y, d, image, ty, tx, h, w, channels, c, put);
    }
}
#endif

#ifdef WEIGHTS
/* G applied to three values a stride apart, into six. */
static inline void weights_1d(floatV *to, const floatV *from, int to_stride, int from_stride)
{
    const floatV g0 = from[0], g1 = from[from_stride], g2 = from[2 * from_stride];
    const floatV near = g0 + g2, far = g0 + 4.0f * g2;
    to[0] = 0.25f * g0;
    to[to_stride] = (-1.0f / 6.0f) * (near + g1);
    to[2 * to_stride] = (-1.0f / 6.0f) * (near - g1);
    to[3 * to_stride] = (1.0f / 24.0f) * (far + 2.0f * g1);
    to[4 * to_stride] = (1.0f / 24.0f) * (far - 2.0f * g1);
    to[5 * to_stride] = g2;
}

/* u[place,panel,i,c] = (G w G^T) of channels i -> panel * panel_channels + c. flip: the weights of
 * backward-data, w being (T,out,in) then; a work-item takes a whole line of `in`, so that the lines which its
 * columns cross are read once. Launch: global (out / VEC, in / LINE), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_weights(__global const float *w, __global float *workspace, uint u_offset, int panel_channels,
                        int flip)
{
    const int o = get_global_id(0) * VEC, out = get_global_size(0) * VEC, in = get_global_size(1) * LINE;
    const int first = get_global_id(1) * LINE;
    __global float *to =
        workspace + u_offset + (o / panel_channels * in + first) * panel_channels + o % panel_channels;
    for (int i = first; i < first + LINE; i++) {
        floatV g[9], half_way[18], u[36];
#pragma unroll
        for (int t = 0; t < 9; t++)
            g[t] = flip ? GATHERV(w, ((8 - t) * out + o) * in + i, in) : LOADV(w + (t * in + i) * out + o, 0);
#pragma unroll
        for (int j = 0; j < 3; j++) weights_1d(half_way + j, g + j, 3, 3);
#pragma unroll
        for (int k = 0; k < 6; k++) weights_1d(u + 6 * k, half_way + 3 * k, 1, 1);
#pragma unroll
        for (int k = 0; k < 36; k++) STOREV(u[k], to + k * in * out, 0);
        to += panel_channels;
    }
}
#endif

#if defined PRODUCT || defined FUSED
/* M = V U for ROWS tiles and one panel: v at their first channels, b at the panel's, m at their place in M.
 * Moves v and b on. A macro, for the pointers' address spaces differ. */
#if NV == 2
#define CLEAR(r) floatV a##r = 0.0f, e##r = 0.0f;
#define LOAD_B   const floatV b0 = LOADV(b, 0), b1 = LOADV(b, 1);
#define STEP(r)                                                                                              \
    {                                                                                                        \
        const floatV s = v[r * VEC + i];                                                                     \
        a##r = fma(s, b0, a##r);                                                                             \
        e##r = fma(s, b1, e##r);                                                                             \
    }
#define STORE(r)                                                                                             \
    STORE_M(a##r, r, m);                                                                                     \
    STORE_M(e##r, r, m + block_tiles * VEC);
#else
#define CLEAR(r) floatV a##r = 0.0f;
#define LOAD_B   const floatV b0 = LOADV(b, 0);
#define STEP(r)  a##r = fma(SPLATV(v[r * VEC + i]), b0, a##r);
#define STORE(r) STORE_M(a##r, r, m);
#endif
#ifdef FUSED
#define STORE_M(v, i, p) STOREV_LOCAL(v, p, i)
#else
#define STORE_M(v, i, p) STOREV(v, p, i)
#endif
#define REGISTER_TILE                                                                                        \
    EACH_ROW(CLEAR)                                                                                          \
    for (int slice = 0; slice < in; slice += VEC) {                                                          \
        _Pragma("unroll 8") for (int i = 0; i < VEC; i++)                                                    \
        {                                                                                                    \
            LOAD_B                                                                                           \
            EACH_ROW(STEP)                                                                                   \
            b += PANEL;                                                                                      \
        }                                                                                                    \
        v += block_tiles * VEC;                                                                              \
    }                                                                                                        \
    EACH_ROW(STORE)
#endif

#ifdef PRODUCT
/* M[place] = V[place] U[place] for group_tiles tiles and one panel. Rows of V and M exist up to a multiple of
 * ROWS. Launch: global (groups, panels, 36), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_product(__global float *workspace, uint v_offset /* (36,in/VEC,block_tiles,VEC) */,
                        uint u_offset /* (36,panels,in,PANEL) */,
                        uint m_offset /* (36,out/VEC,block_tiles,VEC) */, int in, int out, int tiles,
                        int block_tiles, int group_tiles)
{
    const int panel = get_global_id(1), place = get_global_id(2);
    const int first = (int)get_global_id(0) * group_tiles, end = min(first + group_tiles, tiles);
    __global const float *u = workspace + u_offset + (place * out + panel * PANEL) * in;
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
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_fused(__global const float *x /* (N,H,W,in) */, __global const float *workspace,
                      uint u_offset /* (36,panels,in,PANEL) */, __global float *y /* (N,H,W,out) */, int in,
                      int out, int tiles, int block_tiles, int h, int w, int tiles_x, int tiles_y, int put,
                      EPILOGUE_PARAMETERS,
                      __local float *scratch /* V (36,in/VEC,block_tiles,VEC), M (36,NV,block_tiles,VEC) */)
{
    const int first = (int)get_global_id(0) * block_tiles, count = min(block_tiles, tiles - first);
    __local float *m_tiles = scratch + 36 * in * block_tiles;
    for (int t = 0; t < count; t++) {
        LOCATE(first + t, tiles_x, tiles_y)
        for (int c = 0; c < in; c += VEC) {
            floatV d[36];
            input_tile(d, x + ((image * h + ty) * w + tx) * in + c, ty, tx, h, w, in);
            __local float *to = scratch + c * block_tiles + t * VEC;
#pragma unroll
            for (int i = 0; i < 36; i++, to += in * block_tiles) STOREV_LOCAL(d[i], to, 0);
        }
    }
    for (int o = 0; o < out; o += PANEL) {
        for (int place = 0; place < 36; place++)
            for (int row = 0; row < count; row += ROWS) {
                __local const float *v = scratch + place * in * block_tiles + row * VEC;
                __local float *m = m_tiles + (place * NV * block_tiles + row) * VEC;
                __global const float *b = workspace + u_offset + (place * out + o) * in;
                REGISTER_TILE
            }
        for (int t = 0; t < count; t++) {
            LOCATE(first + t, tiles_x, tiles_y)
            for (int c = 0; c < PANEL; c += LINE) {
                floatV d[16 * LINE_VECTORS];
#pragma unroll
                for (int k = 0; k < LINE_VECTORS; k++) {
                    const int channel = c + VEC * k;
                    floatV m[36];
                    __local const float *from = m_tiles + channel * block_tiles + t * VEC;
#pragma unroll
                    for (int i = 0; i < 36; i++, from += PANEL * block_tiles) m[i] = LOADV(from, 0);
                    output_pixels(d + 16 * k, m, norm_at(EPILOGUE, o + channel, out));
                }
                put_pixels(y, d, image, ty, tx, h, w, out, o + c, put);
            }
        }
    }
}
#endif

#if defined GRADIENT || defined FUSED_GRADIENT
/* --- the weights' gradient
 *
 * Two ways to dU. Where the weights are small, one kernel does it all (FUSED_GRADIENT): a work-item sums a
 * range of tiles for half of the places, three of the six rows of a transformed tile. Its part of dU and the
 * V and Z of a few tiles at a time stay in the core's own cache; only x and dy pass through the cache that
 * all cores share, and the next tiles' pixels are asked for while the products of these run. Otherwise three
 * kernels, in blocks of tiles, each place summed by itself.
 *
 * dU lies in blocks of BLOCK x BLOCK channels (blocks, 36, BLOCK, BLOCK), full size even where the channels
 * do not fill it, blocks of out running fastest. A register tile is ROWS channels of x times NV vectors of
 * dy's. */
#define BLOCK  64
#define SLICES (BLOCK / VEC)
#define HALF   18 /* places */

/* A z of four values a stride apart, into six: the first three or the last (`lower`). The halves have nothing
 * in common that a whole would compute once. */
static inline void gradient_1d(floatV *to, const floatV *from, int to_stride, int from_stride, int lower)
{
    const floatV z0 = from[0], z1 = from[from_stride], z2 = from[2 * from_stride], z3 = from[3 * from_stride];
    if (!lower) {
        const floatV even = z0 + z2, odd = z1 + z3;
        to[0] = z0;
        to[to_stride] = even + odd;
        to[2 * to_stride] = even - odd;
    } else {
        const floatV even = z0 + 4.0f * z2, odd = 2.0f * z1 + 8.0f * z3;
        to[0] = even + odd;
        to[to_stride] = even - odd;
        to[2 * to_stride] = z3;
    }
}

/* Half of Z (three rows of six) of VEC channels; dy points at the tile's first pixel. */
static inline void gradient_tile(floatV *z, __global const float *dy, int ty, int tx, int h, int w,
                                 int channels, int lower)
{
    floatV d[16], half_way[12];
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
            d[i * 4 + j] = ty + i < h && tx + j < w ? LOADV(dy + (i * w + j) * channels, 0) : SPLATV(0.0f);
#pragma unroll
    for (int j = 0; j < 4; j++) gradient_1d(half_way + j, d + j, 4, 4, lower);
#pragma unroll
    for (int i = 0; i < 3; i++) {
        gradient_1d(z + 6 * i, half_way + 4 * i, 1, 1, 0);
        gradient_1d(z + 6 * i + 3, half_way + 4 * i, 1, 1, 1);
    }
}

/* du (+)= V^T Z of ROWS channels from v on and PANEL from z on, `count` tiles; the channels of z's second
 * vector lie z_step floats on. A macro, for the pointers' address spaces differ. */
#if NV == 2
#define LOAD_U(r)                                                                                            \
    floatV a##r = fresh ? SPLATV(0.0f) : LOADV(du + r * BLOCK, 0);                                           \
    floatV e##r = fresh ? SPLATV(0.0f) : LOADV(du + r * BLOCK, 1);
#define STEP_U(r)                                                                                            \
    {                                                                                                        \
        const floatV s = v[t * VEC + r];                                                                     \
        a##r = fma(s, b0, a##r);                                                                             \
        e##r = fma(s, b1, e##r);                                                                             \
    }
#define STORE_U(r)                                                                                           \
    STOREV(a##r, du + r * BLOCK, 0);                                                                         \
    STOREV(e##r, du + r * BLOCK, 1);
#define VECTORS_U const floatV b0 = LOADV(z, t), b1 = LOADV(z + z_step, t);
#else
#define LOAD_U(r)  floatV a##r = fresh ? SPLATV(0.0f) : LOADV(du + r * BLOCK, 0);
#define STEP_U(r)  a##r = fma(SPLATV(v[t * VEC + r]), b0, a##r);
#define STORE_U(r) STOREV(a##r, du + r * BLOCK, 0);
#define VECTORS_U  const floatV b0 = LOADV(z, t);
#endif
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
    __global const float *x, *dy;
    int in, out, i_count, o_count, h, w, tiles_x, tiles_y;
} view;

/* Asks for pixels [from, to) of the tiles from `first` on, 16 a tile. Of x those one down and one right: a
 * tile's upper and left neighbours have been read by then. */
static inline void prefetch_pixels(const view *s, int first, int from, int to)
{
    for (int pixel = from; pixel < to; pixel++) {
        LOCATE(first + pixel / 16, s->tiles_x, s->tiles_y)
        const int py = ty + pixel % 16 / 4, px = tx + pixel % 4, row = image * s->h;
        __global const float *x =
            s->x + ((row + min(py + 1, s->h - 1)) * s->w + min(px + 1, s->w - 1)) * s->in;
        __global const float *dy = s->dy + ((row + min(py, s->h - 1)) * s->w + min(px, s->w - 1)) * s->out;
        for (int c = 0; c < s->i_count; c += 16) PREFETCH(x + c);
        for (int c = 0; c < s->o_count; c += 16) PREFETCH(dy + c);
    }
}

/* parts[range, block] = V^T Z of `range_tiles` tiles, `chunk` at a time.
 * Launch: global (2, blocks, ranges), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_fused_gradient(__global const float *x /* (N,H,W,in) */,
                               __global const float *dy /* (N,H,W,out) */,
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
#pragma unroll
                for (int k = 0; k < HALF; k++) STOREV_LOCAL(tile[k], to + k * place_step, 0);
            }
            for (int c = 0; c < s.o_count; c += VEC) {
                __local float *to = z_tiles + c * chunk + t * VEC;
                gradient_tile(tile, s.dy + pixel * out + c, ty, tx, h, w, out, lower);
#pragma unroll
                for (int k = 0; k < HALF; k++) STOREV_LOCAL(tile[k], to + k * place_step, 0);
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
conv2d_winograd_gradient(__global const float *dy /* (N,H,W,channels) */, __global float *workspace,
                         uint z_offset /* (36,channels/VEC,block_tiles,VEC) */, int channels, int first_tile,
                         int block_tiles, int h, int w, int tiles_x, int tiles_y)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global float *to = workspace + z_offset + local_tile * VEC;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += VEC) {
        floatV z[36];
        __global const float *from = dy + ((image * h + ty) * w + tx) * channels + c;
        gradient_tile(z, from, ty, tx, h, w, channels, 0);
        gradient_tile(z + HALF, from, ty, tx, h, w, channels, 1);
#pragma unroll
        for (int i = 0; i < 36; i++) STOREV(z[i], to + c * block_tiles + i * place, 0);
    }
}

/* dU[place] += V[place]^T Z[place] of a block of channels. `fresh`: dU holds nothing yet.
 * Launch: global (blocks of in, blocks of out, 36), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_accumulate(__global float *workspace, uint v_offset /* (36,in/VEC,block_tiles,VEC) */,
                           uint z_offset /* (36,out/VEC,block_tiles,VEC) */,
                           uint du_offset /* (blocks,36,BLOCK,BLOCK) */, int in, int out, int count,
                           int block_tiles, int fresh)
{
    const int i_block = get_global_id(0), o_block = get_global_id(1), place = get_global_id(2);
    const int i_end = min(BLOCK, in - i_block * BLOCK), o_end = min(BLOCK, out - o_block * BLOCK);
    const int z_step = block_tiles * VEC;
    __global const float *v_tiles = workspace + v_offset + (place * in + i_block * BLOCK) * block_tiles;
    __global const float *z_tiles = workspace + z_offset + (place * out + o_block * BLOCK) * block_tiles;
    __global float *part =
        workspace + du_offset + ((i_block * (int)get_global_size(1) + o_block) * 36 + place) * BLOCK * BLOCK;
    for (int i = 0; i < i_end; i += ROWS)
        for (int o = 0; o < o_end; o += PANEL) {
            __global const float *v = v_tiles + i / VEC * z_step + i % VEC;
            __global const float *z = z_tiles + o / VEC * z_step;
            __global float *du = part + i * BLOCK + o;
            SUM_TILE
        }
}

/* G^T applied to six values a stride apart, into three. */
static inline void gradient_of_weights_1d(floatV *to, const floatV *from, int to_stride, int from_stride)
{
    const floatV u1 = from[from_stride], u2 = from[2 * from_stride], u3 = from[3 * from_stride],
                 u4 = from[4 * from_stride];
    const floatV near = (-1.0f / 6.0f) * (u1 + u2), far = (1.0f / 24.0f) * (u3 + u4);
    to[0] = 0.25f * from[0] + near + far;
    to[to_stride] = (1.0f / 6.0f) * (u2 - u1) + (1.0f / 12.0f) * (u3 - u4);
    to[2 * to_stride] = near + 4.0f * far + from[5 * from_stride];
}

/* dw[t,i,o] += (G^T dU G), dU being the sum of the ranges' parts, in their order.
 * Launch: global (out / VEC, in), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_weights_gradient(__global const float *workspace,
                                 uint du_offset /* (ranges,blocks,36,BLOCK,BLOCK) */, int ranges,
                                 __global float *dw /* (T,in,out) */)
{
    const int o = get_global_id(0) * VEC, i = get_global_id(1), out = get_global_size(0) * VEC,
              in = get_global_size(1);
    const int out_blocks = (out + BLOCK - 1) / BLOCK, blocks = (in + BLOCK - 1) / BLOCK * out_blocks;
    __global const float *du = workspace + du_offset + i % BLOCK * BLOCK + o % BLOCK +
                               (i / BLOCK * out_blocks + o / BLOCK) * 36 * BLOCK * BLOCK;
    floatV u[36], half_way[18], g[9];
#pragma unroll
    for (int k = 0; k < 36; k++) u[k] = LOADV(du + k * BLOCK * BLOCK, 0);
    for (int range = 1; range < ranges; range++) {
        du += blocks * 36 * BLOCK * BLOCK;
#pragma unroll
        for (int k = 0; k < 36; k++) u[k] += LOADV(du + k * BLOCK * BLOCK, 0);
    }
#pragma unroll
    for (int j = 0; j < 6; j++) gradient_of_weights_1d(half_way + j, u + j, 6, 6);
#pragma unroll
    for (int k = 0; k < 3; k++) gradient_of_weights_1d(g + 3 * k, half_way + 6 * k, 1, 1);
#pragma unroll
    for (int t = 0; t < 9; t++) {
        __global float *to = dw + (t * in + i) * out + o;
        STOREV(g[t] + LOADV(to, 0), to, 0);
    }
}
#endif
#endif
