/* conv2d on CPUs: matrix products whose left side is read where it lies (implicit im2col), in register tiles.
 *
 * A work-item (alone in its work-group) keeps a tile of C in registers: ROWS rows times NV vectors of 16
 * floats. Each step of the inner loop loads NV vectors and multiplies them with ROWS broadcast scalars: ROWS
 * * NV fused multiply-adds for ROWS + NV loads, which is what lets both multiply-add units run without
 * waiting for memory. With ROWS = 8 and NV = 2 the 16 accumulators also cover the latency of the units, and
 * with the operands they fill half of 32 vector registers. (The idea of packed panels and register tiles:
 * Goto and van de Geijn, 2008; Van Zee and van de Geijn, BLIS, 2015.)
 *
 *   forward             y[p,o] = sum over t, i of x[p + offset(t), i] w[t,i,o]
 *                       rows are pixels, vectors are o
 *   backward, data      the same kernel on dy with the weights flipped (pack with FLIP)
 *   backward, weights   dw[t,i,o] = sum over p of x[p + offset(t), i] dy[p,o]
 *                       rows are channels, summed over pixels
 *
 * Device layouts: x, y (N,H,W,C), w (T,I,O), T = KERNEL * KERNEL taps. Macros: KERNEL; IN and OUT, the
 * channels of the pass (for backward-data those of dy and x); NV (1 or 2), vectors a row; FLIP (packing).
 * Panels hold PANEL = 16 * NV columns each, padded with zeros. Backward-weights: SWAP, ROWS_W, SCALARS,
 * VECTORS, BLOCK (below). */

#define TAPS  (KERNEL * KERNEL)
#define PANEL (16 * NV)

/* The code of a tile is written once a row: R(0) R(1) ... so that every accumulator is a named register. */
#define ROWS        8
#define EACH_ROW(R) R(0) R(1) R(2) R(3) R(4) R(5) R(6) R(7)

/* --- packing
 * ----------------------------------------------------------------------------------------------------------
 */

/* panels[j,t,i,c] = w[t, i, j PANEL + c], zero past OUT; with FLIP: w[T-1-t, j PANEL + c, i], the weights of
 * backward-data, where w is (T,OUT,IN). Launch: global (PANEL, IN, T * number of panels). */
__kernel void conv2d_gemm_pack(__global const float *w, __global float *workspace, uint panels_offset)
{
    uint c = get_global_id(0), i = get_global_id(1), t = get_global_id(2) % TAPS, j = get_global_id(2) / TAPS;
    uint o = j * PANEL + c;
#if FLIP
    float v = o < OUT ? w[((TAPS - 1 - t) * OUT + o) * IN + i] : 0.0f;
#else
    float v = o < OUT ? w[(t * IN + i) * OUT + o] : 0.0f;
#endif
    workspace[panels_offset + ((j * TAPS + t) * IN + i) * PANEL + c] = v;
}

/* Zeros for the pixels outside an image. Launch: global (IN). */
__kernel void conv2d_gemm_zero(__global float *workspace, uint zeros_offset)
{
    workspace[zeros_offset + get_global_id(0)] = 0.0f;
}

/* --- forward, and backward-data
 * --------------------------------------------------------------------------------------- */

/* One row of the result: 16 NV values of pixel p from the accumulators. */
static inline void store_row(__global float *y, uint p, uint o, float16 a, int put)
{
#if OUT % 16 == 0
    __global float *to = y + p * OUT + o;
    if (put == PUT_STREAM)
        STREAM16(a, 0, to);
    else
        STORE16(put == PUT_ADDED ? a + vload16(0, to) : a, 0, to);
#else
    float lanes[16];
    vstore16(a, 0, lanes);
    for (uint c = 0; c < 16 && o + c < OUT; c++)
        y[p * OUT + o + c] = put == PUT_ADDED ? y[p * OUT + o + c] + lanes[c] : lanes[c];
#endif
}

/* Neighbouring work-items share what costs more to fetch again: a panel of weights, or with windows of one
 * pixel, where a panel is small and x is read but once, the block of x. Launch: global (number of blocks,
 * number of panels), or with KERNEL 1 (panels, blocks); local (1, 1). */
#define BLOCK_ID (KERNEL == 1 ? get_global_id(1) : get_global_id(0))
#define PANEL_ID (KERNEL == 1 ? get_global_id(0) : get_global_id(1))
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_gemm_fwd(__global const float *x /* (N,H,W,IN) */, __global const float *workspace, uint panels_offset,
                uint zeros_offset, __global float *y /* (N,H,W,OUT) */, int h, int w, uint pixels,
                uint block_pixels, int put, EPILOGUE_PARAMETERS)
{
    const uint panel = PANEL_ID;
    __global const float *zeros = workspace + zeros_offset;
    uint block_end = min((uint)(BLOCK_ID + 1) * block_pixels, pixels);
    for (uint p0 = BLOCK_ID * block_pixels; p0 < block_end; p0 += ROWS) {
        __global const float *b = workspace + panels_offset + panel * (TAPS * IN * PANEL);
        int start_x = (int)(p0 % (uint)w), start_y = (int)(p0 / (uint)w % (uint)h);
#define PLACE(m)                                                                                             \
    int px##m = start_x + m, py##m = start_y;                                                                \
    while (px##m >= w) {                                                                                     \
        px##m -= w;                                                                                          \
        py##m++;                                                                                             \
    }                                                                                                        \
    while (py##m >= h) py##m -= h;
        EACH_ROW(PLACE)
#define CLEAR(m) float16 a##m = 0.0f, e##m = 0.0f;
        EACH_ROW(CLEAR)
        for (int t = 0; t < TAPS; t++) {
            const int dy = t / KERNEL - KERNEL / 2, dx = t % KERNEL - KERNEL / 2;
#define POINT(m)                                                                                             \
    __global const float *r##m = zeros;                                                                      \
    if (py##m + dy >= 0 && py##m + dy < h && px##m + dx >= 0 && px##m + dx < w && p0 + m < pixels)           \
        r##m = x + ((int)p0 + m + dy * w + dx) * IN;
            EACH_ROW(POINT)
#pragma unroll 4
            for (int i = 0; i < IN; i++) {
                const float16 b0 = vload16(0, b);
#if NV == 2
                const float16 b1 = vload16(1, b);
#define STEP(m)                                                                                              \
    {                                                                                                        \
        const float16 s = r##m[i];                                                                           \
        a##m = fma(s, b0, a##m);                                                                             \
        e##m = fma(s, b1, e##m);                                                                             \
    }
#else
#define STEP(m) a##m = fma((float16)(r##m[i]), b0, a##m);
#endif
                EACH_ROW(STEP)
                b += PANEL;
            }
        }
        const uint o = panel * PANEL;
#if OUT % 16 == 0
        const norm16 norm = norm_at(EPILOGUE, o, OUT);
#define FINISH(m) a##m = finished(a##m, norm);
        EACH_ROW(FINISH)
#if NV == 2
        const norm16 norm1 = norm_at(EPILOGUE, o + 16, OUT);
#define FINISH1(m) e##m = finished(e##m, norm1);
        EACH_ROW(FINISH1)
#endif
#endif
#if NV == 2
#define STORE(m)                                                                                             \
    if (p0 + m < pixels) {                                                                                   \
        store_row(y, p0 + m, o, a##m, put);                                                                  \
        store_row(y, p0 + m, o + 16, e##m, put);                                                             \
    }
#else
#define STORE(m)                                                                                             \
    if (p0 + m < pixels) store_row(y, p0 + m, o, a##m, put);
#endif
        EACH_ROW(STORE)
    }
}

/* --- backward-weights
 * ------------------------------------------------------------------------------------------------- */

#ifdef SWAP
/* Every tap is an outer product summed over pixels: SCALARS channels of one tensor times VECTORS channels of
 * the other, the latter a multiple of 16. SWAP 0: scalars from x, vectors from dy; SWAP 1 (when dy is thin):
 * the reverse.
 *
 * A work-item sums over a segment of image rows for a BLOCK x BLOCK part of the channels and all taps, and
 * keeps its sums in its own part of `partial`. It walks in chunks of a few rows, so that x and dy stay in the
 * cache while all taps and tiles pass over them. */
#if ROWS_W == 8
#define EACH_ROW_W(R) EACH_ROW(R)
#elif ROWS_W == 4
#define EACH_ROW_W(R) R(0) R(1) R(2) R(3)
#elif ROWS_W == 3
#define EACH_ROW_W(R) R(0) R(1) R(2)
#elif ROWS_W == 2
#define EACH_ROW_W(R) R(0) R(1)
#else
#define EACH_ROW_W(R) R(0)
#endif
#define BLOCKS_S ((SCALARS + BLOCK - 1) / BLOCK)

/* Launch: global (segments, BLOCKS_S * ceil(VECTORS / BLOCK)), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_gemm_bwd_partial(__global const float *x /* (N,H,W,IN) */, __global const float *dy /* (N,H,W,OUT) */,
                        __global float *workspace, uint partial_offset /* (segments,T,SCALARS,VECTORS) */,
                        int h, int w, int image_rows /* N H */, int segment_rows, int chunk_rows)
{
    const int first = (int)get_global_id(0) * segment_rows, end = min(first + segment_rows, image_rows);
    const int s_begin = (int)(get_global_id(1) % BLOCKS_S) * BLOCK, s_end = min(s_begin + BLOCK, SCALARS);
    const int v_begin = (int)(get_global_id(1) / BLOCKS_S) * BLOCK, v_end = min(v_begin + BLOCK, VECTORS);
    __global float *partial = workspace + partial_offset + get_global_id(0) * (TAPS * SCALARS * VECTORS);
    for (int chunk = first; chunk < end; chunk += chunk_rows)
        for (int t = 0; t < TAPS; t++) {
            const int oy = t / KERNEL - KERNEL / 2, ox = t % KERNEL - KERNEL / 2;
#if KERNEL == 1
#define ROWS_AT_ONCE chunk_rows
#else
#define ROWS_AT_ONCE 1
            const int lo = max(0, -ox), hi = min(w, w - ox);
#endif
            for (int s0 = s_begin; s0 < s_end; s0 += ROWS_W)
                for (int v0 = v_begin; v0 < v_end; v0 += PANEL) {
                    __global float *sums = partial + (t * SCALARS + s0) * VECTORS + v0;
                    const bool fresh = chunk == first;
#if NV == 2
#define LOAD_W(m)                                                                                            \
    float16 a##m = fresh ? (float16)0.0f : vload16(0, sums + m * VECTORS);                                   \
    float16 e##m = fresh ? (float16)0.0f : vload16(1, sums + m * VECTORS);
#define STEP_W(m)                                                                                            \
    {                                                                                                        \
        const float16 s = scalars[m];                                                                        \
        a##m = fma(s, b0, a##m);                                                                             \
        e##m = fma(s, b1, e##m);                                                                             \
    }
#define STORE_W(m)                                                                                           \
    STORE16(a##m, 0, sums + m * VECTORS);                                                                    \
    STORE16(e##m, 1, sums + m * VECTORS);
#define VECTORS_W const float16 b0 = vload16(0, vectors), b1 = vload16(1, vectors);
#else
#define LOAD_W(m)  float16 a##m = fresh ? (float16)0.0f : vload16(0, sums + m * VECTORS);
#define STEP_W(m)  a##m = fma((float16)(scalars[m]), b0, a##m);
#define STORE_W(m) STORE16(a##m, 0, sums + m * VECTORS);
#define VECTORS_W  const float16 b0 = vload16(0, vectors);
#endif
#define PIXEL_W                                                                                              \
    {                                                                                                        \
        VECTORS_W EACH_ROW_W(STEP_W) scalars += SCALARS;                                                     \
        vectors += VECTORS;                                                                                  \
    }
                    EACH_ROW_W(LOAD_W)
                    const int rows_end = min(chunk + chunk_rows, end);
                    for (int r = chunk; r < rows_end; r += ROWS_AT_ONCE) {
#if KERNEL == 1 /* no taps, no edges: the rows are one row */
                        const int lo = 0, hi = (rows_end - r) * w;
#else
                        if (r % h + oy < 0 || r % h + oy >= h) continue;
#endif
                        const int from_x = ((r + oy) * w + ox + lo) * IN, from_dy = (r * w + lo) * OUT;
#if SWAP
                        __global const float *scalars = dy + from_dy + s0, *vectors = x + from_x + v0;
#else
                        __global const float *scalars = x + from_x + s0, *vectors = dy + from_dy + v0;
#endif
                        int p = lo;
#if KERNEL == 1
                        /* This chunk is in the cache while tile after tile passes over it; the next one would
                         * have to be waited for. Each tile asks for one line of one pixel in four, of x and
                         * of dy: with 16 tiles all of a chunk. */
                        const int tile = (s0 - s_begin) / ROWS_W * (BLOCK / PANEL) + (v0 - v_begin) / PANEL;
                        const int pixel = (rows_end + chunk_rows <= end ? chunk_rows * w : 0) + tile % 4;
                        const int line = tile / 4 % (BLOCK / 16) * 16;
                        __global const float *next_s = scalars - s0 + s_begin + pixel * SCALARS + line;
                        __global const float *next_v = vectors - v0 + v_begin + pixel * VECTORS + line;
#define ASK                                                                                                  \
    PREFETCH(next_s);                                                                                        \
    PREFETCH(next_v);                                                                                        \
    next_s += 4 * SCALARS;                                                                                   \
    next_v += 4 * VECTORS;
#else
#define ASK
#endif
                        for (; p + 4 <= hi; p += 4) { /* by hand: the compiler does not unroll such a loop */
                            ASK PIXEL_W PIXEL_W PIXEL_W PIXEL_W
                        }
                        for (; p < hi; p++) {
                            PIXEL_W
                        }
                    }
                    EACH_ROW_W(STORE_W)
                }
        }
}

/* dw[t,i,o] += sum over segments of partial. Launch: global (OUT, IN, T). */
__kernel void conv2d_gemm_bwd_combine(__global const float *workspace, uint partial_offset,
                                      __global float *dw /* (T,IN,OUT) */, int segments)
{
    uint o = get_global_id(0), i = get_global_id(1), t = get_global_id(2);
#if SWAP
    uint at = (t * OUT + o) * IN + i;
#else
    uint at = (t * IN + i) * OUT + o;
#endif
    float sum = 0.0f;
    for (int segment = 0; segment < segments; segment++) {
        sum += workspace[partial_offset + at];
        at += TAPS * IN * OUT;
    }
    dw[(t * IN + i) * OUT + o] += sum;
}
#endif
