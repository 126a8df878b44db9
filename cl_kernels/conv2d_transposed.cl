/* conv_transpose2d on CPUs: torch.nn.ConvTranspose2d with K = KERNEL, S = STRIDE, P = PADDING.
 *
 *   forward             y[q,o] = bias[o] + sum over p, t, i of x[p,i] w[i,t,o]     where q = S p - P + t
 *   backward, data      dx[p,i] = sum over t, o of dy[S p - P + t, o] w[i,t,o]     a convolution of stride S
 *   backward, weights   dw[i,t,o] = sum over p of x[p,i] dy[S p - P + t, o]
 *
 * with 2-dimensional places p, q and taps t, and nothing outside the images. Nothing is scattered: of the
 * pixels of y those S apart read the same taps, K / S of them along each axis, at neighbouring pixels of x.
 * Such a phase of y, one of S S, is a convolution of stride 1 with these taps; its pixels are counted as they
 * lie in a grid of ceil(height / S) by ceil(width / S).
 *
 * Products as in conv2d_gemm.cl: a work-item, alone in its work-group, keeps a tile of ROWS pixels times NV
 * vectors of VEC channels in registers.
 *
 * Device layouts: x (N,H,W,I), y (N,OH,OW,O), w (I,T,O) with T = K K. Macros: KERNEL, STRIDE, PADDING; VEC
 * (8 or 16), NV (1 or 2) and ROWS, the register tile; of forward and backward-data DATA 0 and 1, and RAGGED 1
 * where the channels that are vectors do not fill the last one; of backward-weights SWAP, SCALARS, VECTORS
 * and CHUNK (below). Panels hold PANEL = VEC * NV columns each, padded with zeros. */

#define TAPS  (KERNEL * KERNEL)
#define PANEL (VEC * NV)

#ifdef DATA
/* --- forward, and backward-data ------------------------------------------------------------------ */

/* `in` and `out` are the channels of the pass: for backward-data those of dy and x. */

/* panels[j,t,i,c] = the weight from channel i to j PANEL + c at tap t, zero past `out`. Launch: global
 * (PANEL, number of panels * T * in). */
__kernel void conv2d_transposed_pack(__global const float *w /* (I,T,O) */, __global float *workspace,
                                     uint in, uint out)
{
    uint c = get_global_id(0), row = get_global_id(1);
    uint i = row % in, t = row / in % TAPS, o = row / in / TAPS * PANEL + c;
    float v = 0.0f;
    if (o < out) v = w[DATA ? (o * TAPS + t) * in + i : (i * TAPS + t) * out + o];
    workspace[row * PANEL + c] = v;
}

/* What sums begin with, the bias or zeros to whole panels, and zeros for the pixels outside an image. Launch:
 * global (panels * PANEL + in). */
__kernel void conv2d_transposed_begin(__global const float *bias /* (out); NULL: none */, int biased,
                                      __global float *workspace, uint begin_offset, uint out)
{
    const uint c = get_global_id(0);
    workspace[begin_offset + c] = biased && c < out ? bias[c] : 0.0f;
}

/* Steps of the taps, of the pixels read and of those written. */
#if DATA
#define TAP_STEP  1
#define FROM_STEP STRIDE
#define TO_STEP   1
#else
#define TAP_STEP  STRIDE
#define FROM_STEP 1
#define TO_STEP   STRIDE
#endif

/* The way from the pixel that a pixel of the phase stands for to the one under tap k, along an axis. */
static inline int way(int phase, int k)
{
    return DATA ? k - PADDING : (phase + PADDING - k) / STRIDE; /* without a rest */
}

/* Neighbouring work-items write the same lines and read the same pixels. Launch: global (TO_STEP * TO_STEP *
 * number of panels, number of blocks), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_transposed_apply(__global const storedX *from /* (N,from_h,from_w,in) */,
                        __global const float *workspace, uint begin_offset, uint panels,
                        __global storedY *to /* (N,to_h,to_w,out) */, int in, int out, int from_h, int from_w,
                        int to_h, int to_w, int grid_h, int grid_w, uint pixels /* N grid_h grid_w */,
                        uint block_pixels, int put)
{
    const uint panel = get_global_id(0) % panels, o = panel * PANEL;
    const int phase_y = (int)(get_global_id(0) / panels) / TO_STEP,
              phase_x = (int)(get_global_id(0) / panels) % TO_STEP;
    const int first_y = (phase_y + PADDING) % TAP_STEP, first_x = (phase_x + PADDING) % TAP_STEP;
    __global const float *begin = workspace + begin_offset + o;
    __global const storedX *zeros = (__global const storedX *)(workspace + begin_offset + panels * PANEL);
    const uint block_end = min((uint)(get_global_id(1) + 1) * block_pixels, pixels);
    for (uint p0 = get_global_id(1) * block_pixels; p0 < block_end; p0 += ROWS) {
        const int start_x = (int)(p0 % (uint)grid_w), start_y = (int)(p0 / (uint)grid_w % (uint)grid_h),
                  start_n = (int)(p0 / (uint)grid_w / (uint)grid_h);
#define PLACE(m)                                                                                             \
    int px##m = start_x + m, py##m = start_y, n##m = start_n;                                                \
    while (px##m >= grid_w) {                                                                                \
        px##m -= grid_w;                                                                                     \
        py##m++;                                                                                             \
    }                                                                                                        \
    while (py##m >= grid_h) {                                                                                \
        py##m -= grid_h;                                                                                     \
        n##m++;                                                                                              \
    }
        EACH_ROW(PLACE)
#define BEGIN(m) LOAD_SUMS(m, false, begin)
        EACH_ROW(BEGIN)
        for (int ky = first_y; ky < KERNEL; ky += TAP_STEP)
            for (int kx = first_x; kx < KERNEL; kx += TAP_STEP) {
                const int dy = way(phase_y, ky), dx = way(phase_x, kx);
                __global const float *b = workspace + (panel * TAPS + ky * KERNEL + kx) * in * PANEL;
#define POINT(m)                                                                                             \
    const int fy##m = FROM_STEP * py##m + dy, fx##m = FROM_STEP * px##m + dx;                                \
    __global const storedX *r##m = zeros;                                                                    \
    if (fy##m >= 0 && fy##m < from_h && fx##m >= 0 && fx##m < from_w && p0 + m < pixels)                     \
        r##m = from + ((n##m * from_h + fy##m) * from_w + fx##m) * in;
                EACH_ROW(POINT)
                ADD_CHANNELS(in)
            }
#if NV == 2
#define STORE_ROW(m, q)                                                                                      \
    store_row(to, q, o, out, a##m, put);                                                                     \
    store_row(to, q, o + VEC, out, e##m, put);
#else
#define STORE_ROW(m, q) store_row(to, q, o, out, a##m, put);
#endif
#define STORE(m)                                                                                             \
    {                                                                                                        \
        const int ty = TO_STEP * py##m + phase_y, tx = TO_STEP * px##m + phase_x;                            \
        if (p0 + m < pixels && ty < to_h && tx < to_w) {                                                     \
            STORE_ROW(m, (n##m * to_h + ty) * to_w + tx)                                                     \
        }                                                                                                    \
    }
        EACH_ROW(STORE)
    }
}
#endif

#ifdef SWAP
/* --- backward-weights ----------------------------------------------------------------------------- */

/* Every tap is an outer product summed over the pixels of x: the channels of one tensor, taken as scalars,
 * times those of the other, taken as vectors. SWAP 0: scalars from x, vectors from dy; SWAP 1 (when dy is
 * thin): the reverse.
 *
 * A work-item sums over a segment of the pixels for a SCALARS x VECTORS part of the channels and all taps,
 * and keeps its sums in its own part of `partial`. It walks in chunks of pixels, and multiplies copies of
 * them: (CHUNK,SCALARS), and in slices of a panel (VECTORS/PANEL,CHUNK,PANEL), those of x once and those of
 * dy for each tap. Where the tensors lie, pixels are all channels apart, few of the first cache's sets hold
 * them, and a tile would read a line of each at every pixel from the second; of the copies scalars and a
 * slice stay in the first. Copies have zeros for what lies outside the images and beyond the channels. */
#define ROWS_UP(c)   (((c) + ROWS - 1) / ROWS * ROWS)
#define PANELS_UP(c) (((c) + PANEL - 1) / PANEL * PANEL)

/* to[0 .. padded) = from[0 .. count), then zeros. */
#define COPIER(name, stored, load, read)                                                                     \
    static inline void name(__local float *to, __global const stored *from, int count, int padded)           \
    {                                                                                                        \
        int c = 0;                                                                                           \
        for (; c + VEC <= count; c += VEC) STOREV_LOCAL(load(from + c, 0), to + c, 0);                       \
        for (; c < count; c++) to[c] = read(from, c);                                                        \
        for (; c < padded; c++) to[c] = 0.0f;                                                                \
    }
COPIER(copy_scalar_channels, storedScalar, LOAD_SCALAR, READ_SCALAR)
COPIER(copy_vector_channels, storedVector, LOAD_VECTOR, READ_ONE_VECTOR)

/* The m-th pixel's channels; outside the images `inside` is false. */
static inline void copy_scalars(__local float *copies, int m, __global const storedScalar *from, int count,
                                bool inside)
{
    copy_scalar_channels(copies + m * SCALARS, from, inside ? count : 0, ROWS_UP(count));
}

static inline void copy_vectors(__local float *copies, int m, __global const storedVector *from, int count,
                                bool inside)
{
    for (int c = 0; c < count; c += PANEL)
        copy_vector_channels(copies + CHUNK * SCALARS + (c / PANEL * CHUNK + m) * PANEL, from + c,
                             inside ? min(PANEL, count - c) : 0, PANEL);
}

#if SWAP
#define COPY_X  copy_vectors
#define COPY_DY copy_scalars
#else
#define COPY_X  copy_scalars
#define COPY_DY copy_vectors
#endif

/* A pixel of x. */
typedef struct place {
    int x, y, image;
} place;

static inline void go_on(place *p, int h, int w)
{
    if (++p->x == w) p->x = 0, p->y++;
    if (p->y == h) p->y = 0, p->image++;
}

/* The pixel of dy under tap t, or -1 outside. */
static inline int under_tap(place p, int t, int oh, int ow)
{
    const int y = p.y * STRIDE - PADDING + t / KERNEL, x = p.x * STRIDE - PADDING + t % KERNEL;
    return y >= 0 && y < oh && x >= 0 && x < ow ? (p.image * oh + y) * ow + x : -1;
}

/* Launch: global (segments, ceil(scalar channels / SCALARS) * ceil(vector channels / VECTORS)), local (1, 1).
 * Local: `copies`, CHUNK (SCALARS + VECTORS) floats. */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void conv2d_transposed_bwd_partial(
    __global const storedX *x /* (N,H,W,in) */, __global const storedY *dy /* (N,OH,OW,out) */,
    __global float *workspace /* begins with (segments,T,scalar channels,vector channels), padded */, int in,
    int out, int h, int w, int oh, int ow, int pixels /* N H W */, int segment_pixels, __local float *copies)
{
    const int first = (int)get_global_id(0) * segment_pixels, end = min(first + segment_pixels, pixels);
    const int s_channels = SWAP ? out : in, v_channels = SWAP ? in : out;
    const int block = get_global_id(1), s_blocks = (s_channels + SCALARS - 1) / SCALARS;
    const int s_begin = block % s_blocks * SCALARS, s_count = min(SCALARS, s_channels - s_begin);
    const int v_begin = block / s_blocks * VECTORS, v_count = min(VECTORS, v_channels - v_begin);
    const int x_count = SWAP ? v_count : s_count, dy_count = SWAP ? s_count : v_count;
    const int s_padded = ROWS_UP(s_channels), v_padded = PANELS_UP(v_channels);
    __global float *partial = workspace + (get_global_id(0) * TAPS * s_padded + s_begin) * v_padded + v_begin;
    x += SWAP ? v_begin : s_begin;
    dy += SWAP ? s_begin : v_begin;
    /* Each tile asks for some pixels of what is copied next, all tiles together for all of it. */
    const int tiles = ROWS_UP(s_count) / ROWS * (PANELS_UP(v_count) / PANEL),
              asked = (CHUNK + tiles - 1) / tiles;
    place start = {first % w, first / w % h, first / w / h};
    for (int chunk = first; chunk < end; chunk += CHUNK) {
        const int count = min(CHUNK, end - chunk);
        const bool fresh = chunk == first;
        for (int m = 0; m < count; m++) COPY_X(copies, m, x + (chunk + m) * in, x_count, true);
        place next_start = start;
        for (int t = 0; t < TAPS; t++) {
            place from = start;
            for (int m = 0; m < count; m++, go_on(&from, h, w)) {
                const int pixel = under_tap(from, t, oh, ow);
                COPY_DY(copies, m, dy + max(pixel, 0) * out, dy_count, pixel >= 0);
            }
            const bool last = t == TAPS - 1;
            const int next_tap = last ? 0 : t + 1;
            int next = last ? chunk + CHUNK : chunk;
            const int next_end = min(next + CHUNK, end);
            next_start = from;
            if (!last) from = start;
            for (int v = 0; v < v_count; v += PANEL)
                for (int s = 0; s < s_count; s += ROWS) {
                    for (int k = 0; k < asked && next < next_end; k++, next++, go_on(&from, h, w)) {
                        const int pixel = max(under_tap(from, next_tap, oh, ow), 0);
                        for (int c = 0; c < dy_count; c += LINE) PREFETCH(dy + pixel * out + c);
                        if (last)
                            for (int c = 0; c < x_count; c += LINE) PREFETCH(x + next * in + c);
                    }
                    __local const float *scalars = copies + s, *vectors = copies + CHUNK * (SCALARS + v);
                    __global float *sums = partial + (t * s_padded + s) * v_padded + v;
                    const int sums_step = v_padded, scalars_step = SCALARS;
                    SUM_COPIES
                }
        }
        start = next_start;
    }
}

/* dw[i,t,o] += sum over segments of partial. Launch: global (out, in * T). */
__kernel void conv2d_transposed_bwd_combine(__global const float *workspace,
                                            __global float *dw /* (in,T,out) */, uint in, int segments)
{
    const uint o = get_global_id(0), out = get_global_size(0), row = get_global_id(1);
    const uint i = row / TAPS, t = row % TAPS;
    const uint s_padded = ROWS_UP(SWAP ? out : in), v_padded = PANELS_UP(SWAP ? in : out);
    const uint at = (t * s_padded + (SWAP ? o : i)) * v_padded + (SWAP ? i : o);
    const uint elems = TAPS * s_padded * v_padded;
    float sum = 0.0f;
    for (int segment = 0; segment < segments; segment++) sum += workspace[segment * elems + at];
    dw[row * out + o] += sum;
}
#endif
