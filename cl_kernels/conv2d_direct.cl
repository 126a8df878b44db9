/* conv2d on CPUs where one side has few channels (an image's three, the classes' three): register tiles that
 * are vectors over the thick side only, so that nothing is padded to a vector.
 *
 *   forward             y[p,o]    = sum over t, i of x[p + offset(t), i] w[t,i,o]
 *   backward, data      the same of dy with the weights flipped
 *   backward, weights   dw[t,i,o] = sum over p of x[p + offset(t), i] dy[p,o]
 *
 * Whichever tensor is thin, a pass is one of three:
 *
 *   widen    thin to thick: forward of a thin input, backward-data of a thin output
 *   narrow   thick to thin: forward of a thin output, backward-data of a thin input
 *   weights  thick[p,c] thin[p + offset(t), s] summed over pixels, for both
 *
 * The thin tensor is copied once with a border of zeros (it is small), so widen and weights know no edges and
 * read the K neighbouring pixels of a row as K * THIN neighbouring floats.
 *
 * Device layouts: x, y (N,H,W,C), w (T,I,O), T = KERNEL * KERNEL. Macros: KERNEL; VEC (8 or 16); THIN (1 to
 * 4) and THICK (a multiple of 16), the channels of either side; THIN_IN 1 where the thin side is the op's
 * input; X16 where the thick side is kept as bfloat16 (common.clh), and nothing of Y16. Arrays below are
 * indexed by constants once their loops are unrolled: they are registers. */

#define TAPS     (KERNEL * KERNEL)
#define HALF     (KERNEL / 2)
#define SPAN     (KERNEL * THIN) /* floats of the thin tensor under a row of the window */
#define PITCH(w) (((w) + KERNEL - 1) * THIN)

/* w[t,s,c] in the op's own layout: s a thin channel, c a thick one. */
#if THIN_IN
#define WEIGHT_AT(t, s, c) (((t)*THIN + (s)) * THICK + (c))
#else
#define WEIGHT_AT(t, s, c) (((t)*THICK + (c)) * THIN + (s))
#endif

/* The thin tensor with KERNEL / 2 zeros on each side. Launch: global ((W + KERNEL - 1) * THIN,
 * N * (H + KERNEL - 1)). */
__kernel void conv2d_direct_pad(__global const float *thin /* (N,H,W,THIN) */, __global float *workspace,
                                uint padded_offset /* (N,H+K-1,W+K-1,THIN) */, int h, int w)
{
    int i = (int)get_global_id(0), row = (int)get_global_id(1);
    int x = i / THIN - HALF, y = row % (h + KERNEL - 1) - HALF, n = row / (h + KERNEL - 1);
    float v = 0.0f;
    if (x >= 0 && x < w && y >= 0 && y < h) v = thin[((n * h + y) * w - HALF) * THIN + i];
    workspace[padded_offset + row * PITCH(w) + i] = v;
}

/* packed[t,s,c] = w[t,s,c], or with `flip` that of tap T-1-t; behind them a tap of zeros, for pixels outside
 * an image. Launch: global (THICK, (T + 1) * THIN). */
__kernel void conv2d_direct_pack(__global const float *w,
                                 __global float *workspace /* begins with (T+1,THIN,THICK) */, int flip)
{
    uint c = get_global_id(0), row = get_global_id(1), s = row % THIN, t = row / THIN;
    uint from = flip ? TAPS - 1 - t : t;
    workspace[row * THICK + c] = t < TAPS ? w[WEIGHT_AT(from, s, c)] : 0.0f;
}

/* --- widen ------------------------------------------------------------------------------------ */

/* Pixels and vectors of a tile: as many sums as leave registers for the operands. */
#if VEC == 8
#define WIDE_VECTORS 2
#define WIDE_PIXELS  6
#elif THICK % 64 == 0
#define WIDE_VECTORS 4
#define WIDE_PIXELS  4
#elif THICK % 32 == 0
#define WIDE_VECTORS 2
#define WIDE_PIXELS  8
#else
#define WIDE_VECTORS 1
#define WIDE_PIXELS  12
#endif

/* A tile of WIDE_PIXELS pixels by the WIDE_VECTORS vectors of channels from c on; only the first `count`
 * pixels are written. */
static inline void widen_tile(__global const float *thin, uint pitch, __global const float *weights,
                              __global storedX *y, int c, int count, int put, EPILOGUE_PARAMETERS)
{
    floatV sum[WIDE_PIXELS][WIDE_VECTORS];
    UNROLL(m, WIDE_PIXELS)
        UNROLL(v, WIDE_VECTORS) sum[m][v] = 0.0f;
    for (int ky = 0; ky < KERNEL; ky++) {
        UNROLL(j, SPAN) {
            floatV b[WIDE_VECTORS];
            UNROLL(v, WIDE_VECTORS) b[v] = LOADV(weights + j * THICK, v);
            UNROLL(m, WIDE_PIXELS) {
                const floatV a = thin[m * THIN + j];
                UNROLL(v, WIDE_VECTORS) sum[m][v] = FMA(a, b[v], sum[m][v]);
            }
        }
        thin += pitch;
        weights += SPAN * THICK;
    }
    UNROLL(v, WIDE_VECTORS) {
        const normV norm = norm_at(EPILOGUE, c + VEC * v, THICK);
        UNROLL(m, WIDE_PIXELS) sum[m][v] = finished(sum[m][v], norm);
    }
    UNROLL(m, WIDE_PIXELS)
        if (m < count) {
            UNROLL(v, WIDE_VECTORS) {
                __global storedX *to = y + m * THICK + v * VEC;
                if (put == PUT_STREAM)
                    STREAMX(sum[m][v], to, 0);
                else
                    STOREX(put == PUT_ADDED ? sum[m][v] + LOADX(to, 0) : sum[m][v], to, 0);
            }
        }
}

/* y (+)= the convolution of the padded thin tensor. The last tile of a row reads up to WIDE_PIXELS pixels
 * past its end: of the next row, or of the slack behind the last one. Launch: global (ceil(image_rows /
 * item_rows)), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_direct_widen(__global const float *workspace /* begins with (T+1,THIN,THICK) */,
                    uint padded_offset /* (N,H+K-1,W+K-1,THIN) */, __global storedX *y /* (N,H,W,THICK) */,
                    int h, int w, int image_rows /* N H */, int item_rows, int put, EPILOGUE_PARAMETERS)
{
    const int first = (int)get_global_id(0) * item_rows, end = min(first + item_rows, image_rows);
    const uint pitch = PITCH(w);
    for (int r = first; r < end; r++) {
        __global const float *thin =
            workspace + padded_offset + (uint)(r / h * (h + KERNEL - 1) + r % h) * pitch;
        for (int x = 0; x < w; x += WIDE_PIXELS)
            for (int c = 0; c < THICK; c += VEC * WIDE_VECTORS)
                widen_tile(thin + x * THIN, pitch, workspace + c, y + (uint)(r * w + x) * THICK + c, c, w - x,
                           put, EPILOGUE);
    }
}

/* --- narrow ----------------------------------------------------------------------------------- */

#if VEC == 8
#define NARROW_PIXELS (12 / THIN)
#elif THIN == 4
#define NARROW_PIXELS 4
#elif THIN == 3
#define NARROW_PIXELS 6
#else
#define NARROW_PIXELS 8
#endif

/* y (+)= the convolution of x. Launch: global (ceil(image_rows / item_rows)), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_direct_narrow(__global const storedX *x /* (N,H,W,THICK) */,
                     __global const float *workspace /* begins with (T+1,THIN,THICK) */,
                     __global float *y /* (N,H,W,THIN) */, int h, int w, int image_rows /* N H */,
                     int item_rows, int accumulate)
{
    const int first = (int)get_global_id(0) * item_rows, end = min(first + item_rows, image_rows);
    __global const storedX *zeros = (__global const storedX *)(workspace + TAPS * THIN * THICK);
    for (int r = first; r < end; r++)
        for (int px = 0; px < w; px += NARROW_PIXELS) {
            floatV sum[NARROW_PIXELS][THIN];
            UNROLL(m, NARROW_PIXELS)
                UNROLL(s, THIN) sum[m][s] = 0.0f;
            for (int ky = 0; ky < KERNEL; ky++) {
                const int row = r % h + ky - HALF, first_x = px - HALF;
                if (row < 0 || row >= h) continue;
                __global const storedX *from[NARROW_PIXELS + KERNEL - 1];
                UNROLL(m, NARROW_PIXELS + KERNEL - 1)
                    from[m] = first_x + m >= 0 && first_x + m < w
                                  ? x + ((r + ky - HALF) * w + first_x + m) * THICK
                                  : zeros;
                for (int c = 0; c < THICK; c += VEC) {
                    __global const float *weights = workspace + ky * SPAN * THICK + c;
                    UNROLL(kx, KERNEL) {
                        floatV b[THIN];
                        UNROLL(s, THIN) b[s] = LOADV(weights + (kx * THIN + s) * THICK, 0);
                        UNROLL(m, NARROW_PIXELS) {
                            const floatV a = LOADX(from[m + kx] + c, 0);
                            UNROLL(s, THIN) sum[m][s] = FMA(a, b[s], sum[m][s]);
                        }
                    }
                }
            }
            UNROLL(m, NARROW_PIXELS)
                if (px + m < w) {
                    __global float *to = y + (r * w + px + m) * THIN;
                    UNROLL(s, THIN) to[s] = accumulate ? to[s] + SUMV(sum[m][s]) : SUMV(sum[m][s]);
                }
        }
}

/* --- weights ---------------------------------------------------------------------------------- */

/* All sums of one vector of the thick side and WINDOW_ROWS rows of the window stay in registers, so this is
 * for small windows. */
#if TAPS * THIN <= 28
#if VEC == 8
#define WINDOW_ROWS 1
#else
#define WINDOW_ROWS KERNEL
#endif
/* partial[segment,t,s,c] = sum over the segment's pixels p of thin[p + offset(t), s] thick[p, c].
 * Launch: global (segments), local (1). */
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv2d_direct_bwd_partial(__global const storedX *thick /* (N,H,W,THICK) */,
                          __global float *workspace /* begins with (segments,T,THIN,THICK) */,
                          uint padded_offset /* (N,H+K-1,W+K-1,THIN) */, int h, int w,
                          int image_rows /* N H */, int segment_rows)
{
    const int first = (int)get_global_id(0) * segment_rows, end = min(first + segment_rows, image_rows);
    const int pitch = PITCH(w);
    __global float *sums = workspace + get_global_id(0) * (TAPS * THIN * THICK);
    for (int r = first; r < end; r++)
        for (int c = 0; c < THICK; c += VEC)
            for (int first_ky = 0; first_ky < KERNEL; first_ky += WINDOW_ROWS) {
                __global const float *thin =
                    workspace + padded_offset + (uint)(r / h * (h + KERNEL - 1) + r % h + first_ky) * pitch;
                __global const storedX *row = thick + r * w * THICK + c;
                __global float *partial = sums + first_ky * SPAN * THICK + c;
                floatV sum[WINDOW_ROWS][SPAN];
                UNROLL(ky, WINDOW_ROWS)
                    UNROLL(j, SPAN)
                        sum[ky][j] = r == first ? SPLATV(0.0f) : LOADV(partial + (ky * SPAN + j) * THICK, 0);
                for (int x = 0; x < w; x++) {
                    const floatV b = LOADX(row + x * THICK, 0);
                    UNROLL(ky, WINDOW_ROWS)
                        UNROLL(j, SPAN)
                            sum[ky][j] = FMA(SPLATV(thin[ky * pitch + x * THIN + j]), b, sum[ky][j]);
                }
                UNROLL(ky, WINDOW_ROWS)
                    UNROLL(j, SPAN) STOREV(sum[ky][j], partial + (ky * SPAN + j) * THICK, 0);
            }
}

/* dw[t,.] += sum over segments of partial[segment,t',.]; t' = t where the input is thin, else T-1-t.
 * Launch: global (THICK, T * THIN). */
__kernel void conv2d_direct_bwd_combine(__global const float *workspace, __global float *dw /* (T,IN,OUT) */,
                                        int segments)
{
    uint c = get_global_id(0), row = get_global_id(1), s = row % THIN, t = row / THIN;
    uint at = ((THIN_IN ? t : TAPS - 1 - t) * THIN + s) * THICK + c;
    float sum = 0.0f;
    for (int segment = 0; segment < segments; segment++) {
        sum += workspace[at];
        at += TAPS * THIN * THICK;
    }
    dw[WEIGHT_AT(t, s, c)] += sum;
}
#endif
