/* conv2d on CPUs: matrix products whose left side is read where it lies (implicit im2col), in register tiles.
 *
 * A work-item (alone in its work-group) keeps a tile of C in registers: ROWS rows times NV vectors of VEC
 * floats. Each step of the inner loop loads NV vectors and multiplies them with ROWS broadcast scalars: ROWS
 * * NV fused multiply-adds for ROWS + NV loads, which is what lets both multiply-add units run without
 * waiting for memory. With NV = 2 and 8 rows of 512-bit vectors the 16 accumulators also cover the latency of
 * the units, and with the operands they fill half of the 32 registers; of 256-bit vectors, which have 16
 * registers, 6 rows do and leave four for the operands. (The idea of packed panels and register tiles: Goto
 * and van de Geijn, 2008; Van Zee and van de Geijn, BLIS, 2015.)
 *
 *   forward             y[p,o] = sum over t, i of x[p STRIDE + offset(t), i] w[t,i,o]
 *                       rows are pixels, vectors are o
 *   backward, data      the same kernel on dy with the weights flipped (packed so)
 *   backward, weights   dw[t,i,o] = sum over p of x[p STRIDE + offset(t), i] dy[p,o]
 *                       rows are channels, summed over pixels
 *
 * Device layouts: x, y (N,H,W,C), w (T,I,O), T = KERNEL * KERNEL taps. Macros: those of conv2d.clh; VEC (8 or
 * 16), NV (1 or 2) and ROWS, the register tile; RAGGED 1 where the channels that are vectors do not fill the
 * last one; SWAP, BLOCK, PACKED and CHUNK of backward-weights (below). Panels hold PANEL = VEC * NV columns
 * each, padded with zeros. `in` and `out` are the channels of the pass, for backward-data those of dy and x:
 * no macros, so that one program serves all layers. */

#define TAPS  (KERNEL * KERNEL)
#define PANEL (VEC * NV)

/* --- packing
 * ----------------------------------------------------------------------------------------------------------
 */

/* panels[j,t,i,c] = w[t, i, j PANEL + c], zero past `out`; with `flip`: w[T-1-t, j PANEL + c, i], the weights
 * of backward-data, where w is (T,out,in). Launch: global (PANEL, number of panels * T * in). */
__kernel void conv2d_gemm_pack(__global const float *w, __global float *workspace, uint in, uint out,
                               int flip)
{
    uint c = get_global_id(0), row = get_global_id(1);
    uint i = row % in, t = row / in % TAPS, o = row / in / TAPS * PANEL + c;
    float v = 0.0f;
    if (o < out) v = w[flip ? ((TAPS - 1 - t) * out + o) * in + i : (t * in + i) * out + o];
    workspace[row * PANEL + c] = v;
}

/* Zeros for the pixels outside an image. Launch: global (in). */
__kernel void conv2d_gemm_zero(__global float *workspace, uint zeros_offset)
{
    workspace[zeros_offset + get_global_id(0)] = 0.0f;
}

/* --- forward, and backward-data
 * --------------------------------------------------------------------------------------- */

/* Where x is read for row m at tap t, or the zeros; and the pixel of y that it becomes. */
#if STRIDE == 1
#define POINT(m)                                                                                             \
    __global const storedX *r##m = zeros;                                                                    \
    if (py##m + dy >= 0 && py##m + dy < h && px##m + dx >= 0 && px##m + dx < w && p0 + m < pixels)           \
        r##m = x + ((int)p0 + m + dy * w + dx) * in;
#define RESULT(m) (p0 + m)
#else
#define POINT(m)                                                                                             \
    __global const storedX *r##m = zeros;                                                                    \
    {                                                                                                        \
        const int sy = SOURCE(py##m, row_rest, t / KERNEL), sx = SOURCE(px##m, column_rest, t % KERNEL);     \
        if (sy >= 0 && sy < from_h && sx >= 0 && sx < from_w && p0 + m < pixels)                             \
            r##m = x + ((image##m * from_h + sy) * from_w + sx) * in;                                        \
    }
#define RESULT(m) ((image##m * to_h + TARGET(py##m, row_rest)) * to_w + TARGET(px##m, column_rest))
#endif

/* Neighbouring work-items share what costs more to fetch again: a panel of weights, or with windows of one
 * pixel, where a panel is small and x is read but once, the block of x. `pixels` are those of the grid.
 * Launch: global (number of blocks, number of panels), or with KERNEL 1 (panels, blocks); local (1, 1). */
#define BLOCK_ID (KERNEL == 1 ? get_global_id(1) : get_global_id(0))
#define PANEL_ID (KERNEL == 1 ? get_global_id(0) : get_global_id(1))
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_gemm_fwd(__global const storedX *x /* (N,from_h,from_w,in) */, __global const float *workspace,
                uint zeros_offset, __global storedY *y /* (N,to_h,to_w,out) */, int in, int out,
                GRID_PARAMETERS, uint pixels, uint block_pixels, int put, EPILOGUE_PARAMETERS)
{
    const uint panel = PANEL_ID;
    const int row_rest = phase / STRIDE, column_rest = phase % STRIDE;
    __global const storedX *zeros = (__global const storedX *)(workspace + zeros_offset);
    uint block_end = min((uint)(BLOCK_ID + 1) * block_pixels, pixels);
    for (uint p0 = BLOCK_ID * block_pixels; p0 < block_end; p0 += ROWS) {
        __global const float *b = workspace + panel * (TAPS * in * PANEL);
        int start_x = (int)(p0 % (uint)w), start_y = (int)(p0 / (uint)w % (uint)h);
        int start_image = (int)(p0 / (uint)w / (uint)h); /* not used with STRIDE 1 */
#define PLACE(m)                                                                                             \
    int px##m = start_x + m, py##m = start_y, image##m = start_image;                                        \
    while (px##m >= w) {                                                                                     \
        px##m -= w;                                                                                          \
        py##m++;                                                                                             \
    }                                                                                                        \
    while (py##m >= h) {                                                                                     \
        py##m -= h;                                                                                          \
        image##m++;                                                                                          \
    }
        EACH_ROW(PLACE)
        EACH_ROW(CLEAR_SUMS)
        for (int t = 0; t < TAPS; t++) {
            const int dy = OFFSET(t / KERNEL), dx = OFFSET(t % KERNEL);
#if BACK
            if (!MEETS(row_rest, t / KERNEL) || !MEETS(column_rest, t % KERNEL)) {
                b += in * PANEL;
                continue;
            }
#endif
            EACH_ROW(POINT)
            ADD_CHANNELS(in)
        }
        const uint o = panel * PANEL;
#if !RAGGED
        const normV norm = norm_at(EPILOGUE, o, out);
#define FINISH(m) a##m = finished(a##m, norm);
        EACH_ROW(FINISH)
#if NV == 2
        const normV norm1 = norm_at(EPILOGUE, o + VEC, out);
#define FINISH1(m) e##m = finished(e##m, norm1);
        EACH_ROW(FINISH1)
#endif
#endif
#if NV == 2
#define STORE(m)                                                                                             \
    if (p0 + m < pixels) {                                                                                   \
        const uint to = RESULT(m);                                                                           \
        store_row(y, to, o, out, a##m, put);                                                                 \
        store_row(y, to, o + VEC, out, e##m, put);                                                           \
    }
#else
#define STORE(m)                                                                                             \
    if (p0 + m < pixels) store_row(y, RESULT(m), o, out, a##m, put);
#endif
        EACH_ROW(STORE)
    }
}

/* --- backward-weights
 * ------------------------------------------------------------------------------------------------- */

#ifdef SWAP
#define FLAT (KERNEL == 1 && STRIDE == 1) /* no taps, no edges: rows of the image are one row */

/* Every tap is an outer product summed over pixels: one tensor's channels, taken as scalars, times the
 * other's, taken as vectors. SWAP 0: scalars from x, vectors from dy; SWAP 1 (when dy is thin): the reverse.
 *
 * Where tiles do not divide the channels, the last one begins early, and rows that the one before has had are
 * not stored again. Vectors that are not whole (RAGGED) read on into the next pixel, and what their last
 * lanes sum up lies in `partial` beyond the channels, where nothing reads it; behind the tensor's last pixel
 * nothing is read.
 *
 * A work-item sums over a segment of image rows for a BLOCK x BLOCK part of the channels and all taps, and
 * keeps its sums in its own part of `partial`. It walks in chunks of a few rows, so that x and dy stay in the
 * cache while all taps and tiles pass over them. */

/* Launch: global (segments, ceil(scalar channels / BLOCK) * ceil(vector channels / BLOCK)), local (1, 1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void conv2d_gemm_bwd_partial(
    __global const storedX *x /* (N,from_h,from_w,in) */, __global const storedY *dy /* (N,h,w,out) */,
    __global float *workspace /* begins with (segments,T,scalar channels,padded) */, int in, int out,
    GRID_PARAMETERS, int image_rows /* N h */, int segment_rows, int chunk_rows)
{
    const int first = (int)get_global_id(0) * segment_rows, end = min(first + segment_rows, image_rows);
    const int s_channels = SWAP ? out : in, v_channels = SWAP ? in : out;
    const int block = get_global_id(1), s_blocks = (s_channels + BLOCK - 1) / BLOCK;
    const int s_begin = block % s_blocks * BLOCK, s_end = min(s_begin + BLOCK, s_channels);
    const int v_begin = block / s_blocks * BLOCK, v_end = min(v_begin + BLOCK, v_channels);
    const int s_step = s_channels * (SWAP ? 1 : STRIDE), v_step = v_channels * (SWAP ? STRIDE : 1);
    const int padded = (v_channels + PANEL - 1) / PANEL * PANEL; /* vector channels, in whole panels */
    const int v_floats = (SWAP ? image_rows / h * from_h * from_w : image_rows * w) * v_channels;
    __global float *partial = workspace + get_global_id(0) * (TAPS * s_channels * padded);
    for (int chunk = first; chunk < end; chunk += chunk_rows)
        for (int t = 0; t < TAPS; t++) {
            const int oy = OFFSET(t / KERNEL), ox = OFFSET(t % KERNEL);
#if FLAT
#define ROWS_AT_ONCE chunk_rows
#else
#define ROWS_AT_ONCE 1 /* of which pixels lo .. hi - 1 meet something at this tap */
            const int lo = max(0, (STRIDE - 1 - ox) / STRIDE),
                      hi = min(w, (from_w - ox + STRIDE - 1) / STRIDE);
#endif
            for (int row = s_begin; row < s_end; row += ROWS)
                for (int v0 = v_begin; v0 < v_end; v0 += PANEL) {
                    const int s0 = min(row, s_channels - ROWS), done = row - s0;
                    __global float *sums = partial + (t * s_channels + s0) * padded + v0;
                    const bool fresh = chunk == first;
                    EACH_ROW(LOAD_W)
                    const int rows_end = min(chunk + chunk_rows, end);
                    for (int r = chunk; r < rows_end; r += ROWS_AT_ONCE) {
#if FLAT
                        const int lo = 0, hi = (rows_end - r) * w;
#else
                        const int x_row = r % h * STRIDE + oy;
                        if (x_row < 0 || x_row >= from_h) continue;
#endif
#if STRIDE == 1
                        const int from_x = ((r + oy) * w + ox + lo) * in;
#else
                        const int from_x = ((r / h * from_h + x_row) * from_w + ox + lo * STRIDE) * in;
#endif
                        const int from_dy = (r * w + lo) * out;
#if SWAP
                        __global const storedScalar *scalars = dy + from_dy + s0;
                        __global const storedVector *vectors = x + from_x + v0;
#else
                        __global const storedScalar *scalars = x + from_x + s0;
                        __global const storedVector *vectors = dy + from_dy + v0;
#endif
                        int p = lo;
#if FLAT
                        /* This chunk is in the cache while tile after tile passes over it; the next one would
                         * have to be waited for. Each tile asks for one line of one pixel in four, of x and
                         * of dy: with 16 tiles all of a chunk. */
                        const int tile = (row - s_begin) / ROWS * (BLOCK / PANEL) + (v0 - v_begin) / PANEL;
                        const int pixel = (rows_end + chunk_rows <= end ? chunk_rows * w : 0) + tile % 4;
                        const int line = tile / 4 % (BLOCK / LINE) * LINE;
                        __global const storedScalar *next_s =
                            scalars - s0 + s_begin + pixel * s_channels + line;
                        __global const storedVector *next_v =
                            vectors - v0 + v_begin + pixel * v_channels + line;
#define ASK                                                                                                  \
    PREFETCH(next_s);                                                                                        \
    PREFETCH(next_v);                                                                                        \
    next_s += 4 * s_channels;                                                                                \
    next_v += 4 * v_channels;
#else
#define ASK
#endif
#if RAGGED
                        const int end_v = v_floats - PANEL - v0, at_v = SWAP ? from_x : from_dy;
                        const int whole = end_v < at_v ? lo : min(hi, lo + (end_v - at_v) / v_step + 1);
#else
                        const int whole = hi;
#endif
                        PIXELS_W(ASK)
                    }
                    EACH_ROW(STORE_W)
                }
        }
}

#if PACKED
/* The same for KERNEL 1, STRIDE 1 and SWAP 0, from copies: CHUNK pixels of a block's channels of x,
 * (CHUNK,BLOCK), and of dy in slices of a panel, (BLOCK/PANEL,CHUNK,PANEL). Where they lie, pixels are all
 * channels apart, few of the first cache's sets hold them, and a tile reads a line of dy and one of x at
 * every pixel from the second; of the copies x and a slice of dy stay in the first. Both channels are
 * multiples of PANEL.
 *
 * Launch: as above. Local: `packed`, 2 CHUNK BLOCK floats. */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_gemm_bwd_packed(__global const storedX *x /* (P,in) */, __global const storedY *dy /* (P,out) */,
                       __global float *workspace /* begins with (segments,in,out) */, int in, int out,
                       int pixels, int segment_pixels, __local float *packed)
{
    const int first = (int)get_global_id(0) * segment_pixels, end = min(first + segment_pixels, pixels);
    const int block = get_global_id(1), in_blocks = (in + BLOCK - 1) / BLOCK;
    const int i_begin = block % in_blocks * BLOCK, i_count = min(BLOCK, in - i_begin);
    const int o_begin = block / in_blocks * BLOCK, o_count = min(BLOCK, out - o_begin);
    __global float *partial = workspace + (get_global_id(0) * in + i_begin) * out + o_begin;
    __local float *packed_x = packed, *packed_dy = packed + CHUNK * BLOCK;
    x += i_begin;
    dy += o_begin;
    const int tiles = i_count / ROWS * (o_count / PANEL);
    for (int chunk = first; chunk < end; chunk += CHUNK) {
        const int count = min(CHUNK, end - chunk);
        for (int p = 0; p < count; p++) {
            for (int c = 0; c < i_count; c += VEC)
                STOREV_LOCAL(LOADX(x + (chunk + p) * in + c, 0), packed_x + p * BLOCK + c, 0);
            for (int c = 0; c < o_count; c += VEC)
                STOREV_LOCAL(LOADY(dy + (chunk + p) * out + c, 0),
                             packed_dy + (c / PANEL * CHUNK + p) * PANEL + c % PANEL, 0);
        }
        /* Each tile asks for some pixels of the next chunk, all tiles together for all of it. */
        const int asked = (CHUNK + tiles - 1) / tiles;
        int next = chunk + CHUNK;
        for (int o = 0; o < o_count; o += PANEL)
            for (int i = 0; i < i_count; i += ROWS) {
                for (int k = 0; k < asked && next < end; k++, next++) {
                    for (int c = 0; c < i_count; c += LINE) PREFETCH(x + next * in + c);
                    for (int c = 0; c < o_count; c += LINE) PREFETCH(dy + next * out + c);
                }
                __local const float *scalars = packed_x + i, *vectors = packed_dy + o * CHUNK;
                __global float *sums = partial + i * out + o;
                const bool fresh = chunk == first;
                const int sums_step = out, scalars_step = BLOCK;
                SUM_COPIES
            }
    }
}
#endif

/* dw[t,i,o] += sum over segments of partial. Launch: global (out, T * in). */
__kernel void conv2d_gemm_bwd_combine(__global const float *workspace, __global float *dw /* (T,in,out) */,
                                      uint in, int segments, uint padded)
{
    uint o = get_global_id(0), out = get_global_size(0), row = get_global_id(1);
    uint at = SWAP ? (row / in * out + o) * padded + row % in : row * padded + o;
    uint elems = (SWAP ? get_global_size(1) / in * out : get_global_size(1)) * padded;
    float sum = 0.0f;
    for (int segment = 0; segment < segments; segment++) sum += workspace[segment * elems + at];
    dw[row * out + o] += sum;
}
#endif
