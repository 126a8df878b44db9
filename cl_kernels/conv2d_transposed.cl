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
 * (8 or 16), NV (1 or 2) and ROWS, the register tile; RAGGED 1 where the channels that are vectors do not
 * fill the last one; of forward and backward-data DATA 0 and 1; of backward-weights SWAP and BLOCK (below).
 * Panels hold PANEL = VEC * NV columns each, padded with zeros. */

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
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void conv2d_transposed_apply(
    __global const float *from /* (N,from_h,from_w,in) */, __global const float *workspace, uint begin_offset,
    uint panels, __global float *to /* (N,to_h,to_w,out) */, int in, int out, int from_h, int from_w,
    int to_h, int to_w, int grid_h, int grid_w, uint pixels /* N grid_h grid_w */, uint block_pixels, int put)
{
    const uint panel = get_global_id(0) % panels, o = panel * PANEL;
    const int phase_y = (int)(get_global_id(0) / panels) / TO_STEP,
              phase_x = (int)(get_global_id(0) / panels) % TO_STEP;
    const int first_y = (phase_y + PADDING) % TAP_STEP, first_x = (phase_x + PADDING) % TAP_STEP;
    __global const float *begin = workspace + begin_offset + o,
                         *zeros = workspace + begin_offset + panels * PANEL;
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
    __global const float *r##m = zeros;                                                                      \
    if (fy##m >= 0 && fy##m < from_h && fx##m >= 0 && fx##m < from_w && p0 + m < pixels)                     \
        r##m = from + ((n##m * from_h + fy##m) * from_w + fx##m) * in;
                EACH_ROW(POINT)
#define STEP(m) ADD_PRODUCT(m, r##m[i])
#define CHANNEL                                                                                              \
    {                                                                                                        \
        OPERANDS(b, b + VEC) EACH_ROW(STEP) b += PANEL;                                                      \
        i++;                                                                                                 \
    }
                int i = 0;
                while (i + 4 <= in) { /* by hand: the compiler does not unroll a loop of unknown length */
                    CHANNEL CHANNEL CHANNEL CHANNEL
                }
                while (i < in) CHANNEL
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
 * thin): the reverse. Segments, chunks, blocks and what is done at ragged edges: see conv2d_gemm.cl.
 *
 * Launch: global (segments, ceil(scalar channels / BLOCK) * ceil(vector channels / BLOCK)), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void conv2d_transposed_bwd_partial(
    __global const float *x /* (N,H,W,in) */, __global const float *dy /* (N,OH,OW,out) */,
    __global float *workspace /* begins with (segments,T,scalar channels,padded) */, int in, int out, int h,
    int w, int oh, int ow, int image_rows /* N H */, int segment_rows, int chunk_rows)
{
    const int first = (int)get_global_id(0) * segment_rows, end = min(first + segment_rows, image_rows);
    const int s_channels = SWAP ? out : in, v_channels = SWAP ? in : out;
    const int s_step = SWAP ? STRIDE * out : in, v_step = SWAP ? in : STRIDE * out;
    const int block = get_global_id(1), s_blocks = (s_channels + BLOCK - 1) / BLOCK;
    const int s_begin = block % s_blocks * BLOCK, s_end = min(s_begin + BLOCK, s_channels);
    const int v_begin = block / s_blocks * BLOCK, v_end = min(v_begin + BLOCK, v_channels);
    const int padded = (v_channels + PANEL - 1) / PANEL * PANEL; /* vector channels, in whole panels */
    __global float *partial = workspace + get_global_id(0) * (TAPS * s_channels * padded);
    for (int chunk = first; chunk < end; chunk += chunk_rows)
        for (int t = 0; t < TAPS; t++) {
            const int oy = t / KERNEL - PADDING, ox = t % KERNEL - PADDING;
            /* the columns of x whose pixel of dy lies inside */
            const int lo = ox < 0 ? (STRIDE - 1 - ox) / STRIDE : 0;
            const int hi = ox < ow ? min(w, (ow - 1 - ox) / STRIDE + 1) : 0;
            for (int row = s_begin; row < s_end; row += ROWS)
                for (int v0 = v_begin; v0 < v_end; v0 += PANEL) {
                    const int s0 = min(row, s_channels - ROWS), done = row - s0;
                    __global float *sums = partial + (t * s_channels + s0) * padded + v0;
                    const bool fresh = chunk == first;
                    EACH_ROW(LOAD_W)
                    const int rows_end = min(chunk + chunk_rows, end);
                    for (int r = chunk; r < rows_end; r++) {
                        const int row_dy = r % h * STRIDE + oy;
                        if (row_dy < 0 || row_dy >= oh) continue;
                        const int from_x = (r * w + lo) * in,
                                  from_dy = ((r / h * oh + row_dy) * ow + lo * STRIDE + ox) * out;
#if SWAP
                        __global const float *scalars = dy + from_dy + s0, *vectors = x + from_x + v0;
#else
                        __global const float *scalars = x + from_x + s0, *vectors = dy + from_dy + v0;
#endif
#if RAGGED
                        const int all_v = SWAP ? image_rows * w : image_rows / h * oh * ow;
                        const int end_v = all_v * v_channels - PANEL - v0, at_v = SWAP ? from_x : from_dy;
                        const int whole = end_v < at_v ? lo : min(hi, lo + (end_v - at_v) / v_step + 1);
#else
                        const int whole = hi;
#endif
                        int p = lo;
                        PIXELS_W()
                    }
                    EACH_ROW(STORE_W)
                }
        }
}

/* dw[i,t,o] += sum over segments of partial. Launch: global (out, in * T). */
__kernel void conv2d_transposed_bwd_combine(__global const float *workspace,
                                            __global float *dw /* (in,T,out) */, uint in, int segments,
                                            uint padded)
{
    const uint o = get_global_id(0), out = get_global_size(0), row = get_global_id(1);
    const uint i = row / TAPS, t = row % TAPS;
    const uint at = SWAP ? (t * out + o) * padded + i : (t * in + i) * padded + o;
    const uint elems = TAPS * (SWAP ? out : in) * padded;
    float sum = 0.0f;
    for (int segment = 0; segment < segments; segment++) sum += workspace[segment * elems + at];
    dw[row * out + o] += sum;
}
#endif
