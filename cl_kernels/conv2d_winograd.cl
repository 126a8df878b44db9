/* conv2d 3x3 on CPUs by Winograd's minimal filtering, F(4x4, 3x3): 36 multiplications where the direct way
 * takes 144.
 *
 *   input tiles    V = B^T d B     d: 6x6 pixels of x, one tile every 4 pixels     V (36, in/16, tiles, 16)
 *   weights        U = G w G^T                                                      U (36, panels, in, PANEL)
 *   products       M = V U         for each of the 36 places                        M (36, out/16, tiles, 16)
 *   output tiles   y = A^T M A     4x4 pixels
 *
 *   backward, data     the same on dy with the weights flipped
 *   backward, weights  conv2d_winograd_dw.cl
 *
 * (Winograd, "Arithmetic complexity of computations", 1980; matrices of Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", 2016, with interpolation points 0, 1, -1, 2, -2.)
 *
 * The host walks over the batch in blocks of tiles, small enough that V and M stay in the last cache. Within
 * a block, tiles lie in slices of 16 channels: a register tile then reads whole cache lines one after the
 * other, whatever the number of channels, and that number need not be known to the compiler.
 *
 * Register tiles as in conv2d_gemm.cl: ROWS tiles (or channels) times NV vectors. Device layouts: x, y
 * (N,H,W,C), w (T,I,O); in and out are multiples of 16. Macros: NV (1 or 2); one of the sections TRANSFORM,
 * WEIGHTS and PRODUCT at a time. */

#define PANEL       (16 * NV)
#define ROWS        8
#define EACH_ROW(R) R(0) R(1) R(2) R(3) R(4) R(5) R(6) R(7)

/* The tile's corner in pixels, and its image. */
#define LOCATE(tile, tiles_x, tiles_y)                                                                       \
    const int tx = (tile) % (tiles_x)*4, ty = (tile) / (tiles_x) % (tiles_y)*4,                              \
              image = (tile) / (tiles_x) / (tiles_y);

#if defined TRANSFORM || defined FUSED
/* B^T v for six values a stride apart. */
static inline void input_1d(float16 *v, int stride)
{
    const float16 d0 = v[0], d1 = v[stride], d2 = v[2 * stride], d3 = v[3 * stride], d4 = v[4 * stride],
                  d5 = v[5 * stride];
    const float16 p = d4 - 4.0f * d2, q = d3 - 4.0f * d1, r = d4 - d2, s = 2.0f * (d3 - d1);
    v[0] = 4.0f * d0 - 5.0f * d2 + d4;
    v[stride] = p + q;
    v[2 * stride] = p - q;
    v[3 * stride] = r + s;
    v[4 * stride] = r - s;
    v[5 * stride] = 4.0f * d1 - 5.0f * d3 + d5;
}

/* B^T d B of the 16 channels from c on, d being the tile whose inner 4x4 pixels begin at (ty, tx). */
static inline void input_tile(float16 *d, __global const float *x, int image, int ty, int tx, int h, int w,
                              int channels, int c)
{
    __global const float *from = x + ((image * h + ty - 1) * w + tx - 1) * channels + c;
    const int row = w * channels;
    if (ty > 0 && tx > 0 && ty + 5 <= h && tx + 5 <= w) {
#pragma unroll
        for (int i = 0; i < 6; i++)
#pragma unroll
            for (int j = 0; j < 6; j++) d[i * 6 + j] = vload16(0, from + i * row + j * channels);
    } else {
#pragma unroll
        for (int i = 0; i < 6; i++)
#pragma unroll
            for (int j = 0; j < 6; j++) {
                const int py = ty + i - 1, px = tx + j - 1;
                d[i * 6 + j] = py >= 0 && py < h && px >= 0 && px < w
                                   ? vload16(0, from + i * row + j * channels)
                                   : (float16)0.0f;
            }
    }
#pragma unroll
    for (int j = 0; j < 6; j++) input_1d(d + j, 6);
#pragma unroll
    for (int i = 0; i < 6; i++) input_1d(d + 6 * i, 1);
}

/* V of tiles first_tile ...: Launch: global (tiles of the block), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_input(__global const float *x /* (N,H,W,channels) */, __global float *workspace,
                      uint v_offset /* (36,channels/16,block_tiles,16) */, int channels, int first_tile,
                      int block_tiles, int h, int w, int tiles_x, int tiles_y)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global float *to = workspace + v_offset + local_tile * 16;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += 16) {
        float16 d[36];
        input_tile(d, x, image, ty, tx, h, w, channels, c);
#pragma unroll
        for (int i = 0; i < 36; i++) STORE16(d[i], 0, to + c * block_tiles + i * place);
    }
}

/* A^T m for six values a stride apart, into four. */
static inline void output_1d(float16 *to, const float16 *from, int to_stride, int from_stride)
{
    const float16 m1 = from[from_stride], m2 = from[2 * from_stride], m3 = from[3 * from_stride],
                  m4 = from[4 * from_stride];
    const float16 sum = m1 + m2, difference = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
    to[0] = from[0] + sum + sum2;
    to[to_stride] = difference + 2.0f * difference2;
    to[2 * to_stride] = sum + 4.0f * sum2;
    to[3 * to_stride] = difference + 8.0f * difference2 + from[5 * from_stride];
}

/* y (+)= A^T m A for the 16 channels from c on of the tile at (ty, tx). */
static inline void output_tile(__global float *y, const float16 *m, int image, int ty, int tx, int h, int w,
                               int channels, int c, int put)
{
    float16 half_way[24], d[16];
#pragma unroll
    for (int j = 0; j < 6; j++) output_1d(half_way + j, m + j, 6, 6);
#pragma unroll
    for (int i = 0; i < 4; i++) output_1d(d + 4 * i, half_way + 6 * i, 1, 1);
    __global float *to = y + ((image * h + ty) * w + tx) * channels + c;
    const int row = w * channels;
    const int whole = ty + 4 <= h && tx + 4 <= w;
    if (whole && put == PUT_STREAM) {
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
            for (int j = 0; j < 4; j++) STREAM16(d[i * 4 + j], 0, to + i * row + j * channels);
        return;
    }
    if (whole && put == PUT_PLAIN) {
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
            for (int j = 0; j < 4; j++) STORE16(d[i * 4 + j], 0, to + i * row + j * channels);
        return;
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            if (ty + i < h && tx + j < w) {
                __global float *at = to + i * row + j * channels;
                STORE16(put == PUT_ADDED ? d[i * 4 + j] + vload16(0, at) : d[i * 4 + j], 0, at);
            }
}

/* y (+)= A^T M A. Launch: global (tiles of the block), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_output(__global float *y /* (N,H,W,channels) */, __global const float *workspace,
                       uint m_offset /* (36,channels/16,block_tiles,16) */, int channels, int first_tile,
                       int block_tiles, int h, int w, int tiles_x, int tiles_y, int put)
{
    const int local_tile = get_global_id(0);
    LOCATE(first_tile + local_tile, tiles_x, tiles_y)
    __global const float *from = workspace + m_offset + local_tile * 16;
    const int place = channels * block_tiles;
    for (int c = 0; c < channels; c += 16) {
        float16 m[36];
#pragma unroll
        for (int i = 0; i < 36; i++) m[i] = vload16(0, from + c * block_tiles + i * place);
        output_tile(y, m, image, ty, tx, h, w, channels, c, put);
    }
}
#endif

#ifdef WEIGHTS
/* G applied to three values a stride apart, into six. */
static inline void weights_1d(float16 *to, const float16 *from, int to_stride, int from_stride)
{
    const float16 g0 = from[0], g1 = from[from_stride], g2 = from[2 * from_stride];
    const float16 near = g0 + g2, far = g0 + 4.0f * g2;
    to[0] = 0.25f * g0;
    to[to_stride] = (-1.0f / 6.0f) * (near + g1);
    to[2 * to_stride] = (-1.0f / 6.0f) * (near - g1);
    to[3 * to_stride] = (1.0f / 24.0f) * (far + 2.0f * g1);
    to[4 * to_stride] = (1.0f / 24.0f) * (far - 2.0f * g1);
    to[5 * to_stride] = g2;
}

/* p[0], p[step], ... p[15 step] */
static inline float16 column(__global const float *p, int step)
{
    return (float16)(p[0], p[step], p[2 * step], p[3 * step], p[4 * step], p[5 * step], p[6 * step],
                     p[7 * step], p[8 * step], p[9 * step], p[10 * step], p[11 * step], p[12 * step],
                     p[13 * step], p[14 * step], p[15 * step]);
}

/* u[place,panel,i,c] = (G w G^T) of channels i -> panel * panel_channels + c. flip: the weights of
 * backward-data, w being (T,out,in) then; a work-item takes 16 x 16 channels, so that the lines which its
 * columns cross are read once. Launch: global (out / 16, in / 16), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_weights(__global const float *w, __global float *workspace, uint u_offset, int panel_channels,
                        int flip)
{
    const int o = get_global_id(0) * 16, out = get_global_size(0) * 16, in = get_global_size(1) * 16;
    const int first = get_global_id(1) * 16;
    __global float *to =
        workspace + u_offset + (o / panel_channels * in + first) * panel_channels + o % panel_channels;
    for (int i = first; i < first + 16; i++) {
        float16 g[9], half_way[18], u[36];
#pragma unroll
        for (int t = 0; t < 9; t++)
            g[t] =
                flip ? column(w + ((8 - t) * out + o) * in + i, in) : vload16(0, w + (t * in + i) * out + o);
#pragma unroll
        for (int j = 0; j < 3; j++) weights_1d(half_way + j, g + j, 3, 3);
#pragma unroll
        for (int k = 0; k < 6; k++) weights_1d(u + 6 * k, half_way + 3 * k, 1, 1);
#pragma unroll
        for (int k = 0; k < 36; k++) STORE16(u[k], 0, to + k * in * out);
        to += panel_channels;
    }
}
#endif

#if defined PRODUCT || defined FUSED
/* M = V U for ROWS tiles and one panel: v at their first channels, b at the panel's, m at their place in M.
 * Moves v and b on. A macro, for the pointers' address spaces differ. */
#if NV == 2
#define CLEAR(r) float16 a##r = 0.0f, e##r = 0.0f;
#define LOAD_B   const float16 b0 = vload16(0, b), b1 = vload16(1, b);
#define STEP(r)                                                                                              \
    {                                                                                                        \
        const float16 s = v[r * 16 + i];                                                                     \
        a##r = fma(s, b0, a##r);                                                                             \
        e##r = fma(s, b1, e##r);                                                                             \
    }
#define STORE(r)                                                                                             \
    STORE_M(a##r, r, m);                                                                                     \
    STORE_M(e##r, r, m + block_tiles * 16);
#else
#define CLEAR(r) float16 a##r = 0.0f;
#define LOAD_B   const float16 b0 = vload16(0, b);
#define STEP(r)  a##r = fma((float16)(v[r * 16 + i]), b0, a##r);
#define STORE(r) STORE_M(a##r, r, m);
#endif
#ifdef FUSED
#define STORE_M(v, i, p) STORE16_LOCAL(v, i, p)
#else
#define STORE_M(v, i, p) STORE16(v, i, p)
#endif
#define REGISTER_TILE                                                                                        \
    EACH_ROW(CLEAR)                                                                                          \
    for (int slice = 0; slice < in; slice += 16) {                                                           \
        _Pragma("unroll 8") for (int i = 0; i < 16; i++)                                                     \
        {                                                                                                    \
            LOAD_B                                                                                           \
            EACH_ROW(STEP)                                                                                   \
            b += PANEL;                                                                                      \
        }                                                                                                    \
        v += block_tiles * 16;                                                                               \
    }                                                                                                        \
    EACH_ROW(STORE)
#endif

#ifdef PRODUCT
/* M[place] = V[place] U[place] for group_tiles tiles and one panel. Rows of V and M exist up to a multiple of
 * ROWS. Launch: global (groups, panels, 36), local (1, 1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_winograd_product(__global float *workspace, uint v_offset /* (36,in/16,block_tiles,16) */,
                        uint u_offset /* (36,panels,in,PANEL) */,
                        uint m_offset /* (36,out/16,block_tiles,16) */, int in, int out, int tiles,
                        int block_tiles, int group_tiles)
{
    const int panel = get_global_id(1), place = get_global_id(2);
    const int first = (int)get_global_id(0) * group_tiles, end = min(first + group_tiles, tiles);
    __global const float *u = workspace + u_offset + (place * out + panel * PANEL) * in;
    for (int row = first; row < end; row += ROWS) {
        __global const float *v = workspace + v_offset + place * in * block_tiles + row * 16;
        __global float *m = workspace + m_offset + (place * out + panel * PANEL) * block_tiles + row * 16;
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
                      __local float *scratch /* V (36,in/16,block_tiles,16), M (36,NV,block_tiles,16) */)
{
    const int first = (int)get_global_id(0) * block_tiles, count = min(block_tiles, tiles - first);
    __local float *m_tiles = scratch + 36 * in * block_tiles;
    for (int t = 0; t < count; t++) {
        LOCATE(first + t, tiles_x, tiles_y)
        for (int c = 0; c < in; c += 16) {
            float16 d[36];
            input_tile(d, x, image, ty, tx, h, w, in, c);
            __local float *to = scratch + c * block_tiles + t * 16;
#pragma unroll
            for (int i = 0; i < 36; i++, to += in * block_tiles) STORE16_LOCAL(d[i], 0, to);
        }
    }
    for (int o = 0; o < out; o += PANEL) {
        for (int place = 0; place < 36; place++)
            for (int row = 0; row < count; row += ROWS) {
                __local const float *v = scratch + place * in * block_tiles + row * 16;
                __local float *m = m_tiles + (place * NV * block_tiles + row) * 16;
                __global const float *b = workspace + u_offset + (place * out + o) * in;
                REGISTER_TILE
            }
        for (int t = 0; t < count; t++) {
            LOCATE(first + t, tiles_x, tiles_y)
#pragma unroll
            for (int k = 0; k < NV; k++) {
                float16 m[36];
                __local const float *from = m_tiles + (k * block_tiles + t) * 16;
#pragma unroll
                for (int i = 0; i < 36; i++, from += NV * block_tiles * 16) m[i] = vload16(0, from);
                output_tile(y, m, image, ty, tx, h, w, out, o + 16 * k, put);
            }
        }
    }
}
#endif
