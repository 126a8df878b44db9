/* conv2d on GPUs: matrix products whose left side is gathered from the image as it is needed (implicit
 * im2col), in tiles that a work-group shares through local memory.
 *
 *   forward             y[p,o]  = sum over k = (t,i) of x[p + offset(t), i] w[k,o]        rows p, depth k
 *   backward, data      the same kernel on dy with the weights flipped (conv2d_flip)
 *   backward, weights   dw[k,o] = sum over p of x[p + offset(t), i] dy[p,o]               rows k, depth p
 *
 * A group of GROUP x GROUP work-items makes a tile of C, TILE_M rows by TILE_N columns; a work-item keeps TM
 * rows of TN neighbouring columns in registers. In steps of DEPTH the group copies a slice of A and one of B
 * to local memory, A with its depth outermost, so that a work-item's TM rows lie together. The next slices
 * are read from global memory into registers while the present ones are multiplied. Neighbouring work-items
 * read neighbouring channels, in vectors of four where the channels are a multiple of four.
 *
 * The sum over pixels is cut into segments, each with partial sums of its own, which are added in order: the
 * same bits whatever the schedule.
 *
 * Device layouts: x, y (N,H,W,C), w (T,I,O), T = KERNEL * KERNEL. Macros: KERNEL; IN and OUT, the channels of
 * the pass (for backward-data those of dy and x); GROUP (8 or 16), TM (4 or 8), TN (1, 2 or 4). */

#define TAPS   (KERNEL * KERNEL)
#define WINDOW (TAPS * IN) /* rows of w */
#define ITEMS  (GROUP * GROUP)
#define TILE_M (GROUP * TM)
#define TILE_N (GROUP * TN)
#define DEPTH  16
#define ROW_M                                                                                                \
    (TILE_M + 4) /* a row of A in local memory: four more, so that columns fall into different banks */

#if TN == 1
#define floatN float
#else
#define floatN PASTE(float, TN)
#endif

/* A vector of x's channels, and one of w's or dy's. */
#if IN % 4 == 0
#define A_WIDTH 4
#define floatA  float4
#else
#define A_WIDTH 1
#define floatA  float
#endif
#if OUT % 4 == 0
#define B_WIDTH 4
#define floatB  float4
#else
#define B_WIDTH 1
#define floatB  float
#endif
#define A_VECTORS (DEPTH * TILE_M / A_WIDTH)
#define B_VECTORS (DEPTH * TILE_N / B_WIDTH)
#define A_LOADS   (A_VECTORS / ITEMS)
#define B_LOADS   ((B_VECTORS + ITEMS - 1) / ITEMS) /* not all work-items take part in the last one */

/* sum[r,.] += A[., my row r] B[., my columns] over a slice. */
static inline void multiply(__local const float4 *a, __local const float4 *b, floatN *sum)
{
    const int first_m = (int)get_local_id(1) * TM, first_n = (int)get_local_id(0) * TN;
#pragma unroll 4
    for (int k = 0; k < DEPTH; k++) {
        const floatN right = *(__local const floatN *)((__local const float *)b + k * TILE_N + first_n);
#pragma unroll
        for (int r = 0; r < TM; r += 4) {
            const float4 left = a[(k * ROW_M + first_m + r) / 4];
            sum[r] = FMA((floatN)(left.x), right, sum[r]);
            sum[r + 1] = FMA((floatN)(left.y), right, sum[r + 1]);
            sum[r + 2] = FMA((floatN)(left.z), right, sum[r + 2]);
            sum[r + 3] = FMA((floatN)(left.w), right, sum[r + 3]);
        }
    }
}

/* My part of rows [row, row + DEPTH) and columns [column, column + TILE_N) of b (rows,OUT), zero outside. */
static inline void load_b(floatB *mine, __global const float *b, int row, int rows, int column)
{
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0));
#pragma unroll
    for (int l = 0; l < B_LOADS; l++) {
        const int v = item + l * ITEMS;
        const int k = row + v / (TILE_N / B_WIDTH), n = column + v % (TILE_N / B_WIDTH) * B_WIDTH;
        mine[l] = (floatB)(0.0f);
        if (k < rows && n < OUT) mine[l] = *(__global const floatB *)(b + k * OUT + n);
    }
}

static inline void store_b(__local float4 *b, const floatB *mine)
{
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0));
#pragma unroll
    for (int l = 0; l < B_LOADS; l++)
        if (item + l * ITEMS < B_VECTORS) ((__local floatB *)b)[item + l * ITEMS] = mine[l];
}

/* TN values of a row of C at column n. */
static inline void store_c(__global float *row, int n, floatN v, int accumulate)
{
#if OUT % TN == 0
    __global floatN *to = (__global floatN *)(row + n);
    if (n < OUT) *to = accumulate ? *to + v : v;
#else
    float lanes[TN] __attribute__((aligned(16)));
    *(floatN *)lanes = v;
    for (int i = 0; i < TN && n + i < OUT; i++) row[n + i] = accumulate ? row[n + i] + lanes[i] : lanes[i];
#endif
}

/* y (+)= the convolution of x. Launch: global (GROUP ceil(OUT / TILE_N), GROUP ceil(pixels / TILE_M)), local
 * (GROUP, GROUP). */
__attribute__((reqd_work_group_size(GROUP, GROUP, 1))) __kernel void
conv2d_tile_fwd(__global const float *x /* (N,H,W,IN) */, __global const float *weights /* (T,IN,OUT) */,
                __global float *y /* (N,H,W,OUT) */, int h, int w, int pixels, int accumulate)
{
    __local float4 a[DEPTH * ROW_M / 4], b[DEPTH * TILE_N / 4];
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0));
    const int first_p = (int)get_group_id(1) * TILE_M, first_n = (int)get_group_id(0) * TILE_N;
    /* of A this work-item copies always the same channels of the slice, of a few pixels */
    const int my_k = item % (DEPTH / A_WIDTH) * A_WIDTH, my_m = item / (DEPTH / A_WIDTH);
    floatA mine_a[A_LOADS];
    floatB mine_b[B_LOADS];
    floatN sum[TM];
    int px[A_LOADS], py[A_LOADS];
#pragma unroll
    for (int l = 0; l < A_LOADS; l++) {
        const int p = first_p + my_m + l * (ITEMS * A_WIDTH / DEPTH);
        px[l] = p % w;
        py[l] = p < pixels ? p / w % h : INT_MIN / 2; /* far outside */
    }
#pragma unroll
    for (int r = 0; r < TM; r++) sum[r] = (floatN)(0.0f);

    for (int k0 = -DEPTH; k0 < WINDOW; k0 += DEPTH) {
        if (k0 >= 0) {
            barrier(CLK_LOCAL_MEM_FENCE); /* the slices before have been multiplied */
#pragma unroll
            for (int l = 0; l < A_LOADS; l++) {
                __local float *to = (__local float *)a + my_k * ROW_M + my_m + l * (ITEMS * A_WIDTH / DEPTH);
#if A_WIDTH == 4
                to[0] = mine_a[l].x;
                to[ROW_M] = mine_a[l].y;
                to[2 * ROW_M] = mine_a[l].z;
                to[3 * ROW_M] = mine_a[l].w;
#else
                to[0] = mine_a[l];
#endif
            }
            store_b(b, mine_b);
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        if (k0 + DEPTH < WINDOW) {
            const int k = k0 + DEPTH + my_k, t = k / IN, dy = t / KERNEL - KERNEL / 2,
                      dx = t % KERNEL - KERNEL / 2;
#pragma unroll
            for (int l = 0; l < A_LOADS; l++) {
                const int p = first_p + my_m + l * (ITEMS * A_WIDTH / DEPTH) + dy * w + dx;
                mine_a[l] = (floatA)(0.0f);
                if (k < WINDOW && py[l] + dy >= 0 && py[l] + dy < h && px[l] + dx >= 0 && px[l] + dx < w)
                    mine_a[l] = *(__global const floatA *)(x + p * IN + k % IN);
            }
            load_b(mine_b, weights, k0 + DEPTH, WINDOW, first_n);
        }
        if (k0 >= 0) multiply(a, b, sum);
    }
#pragma unroll
    for (int r = 0; r < TM; r++) {
        const int p = first_p + (int)get_local_id(1) * TM + r;
        if (p < pixels) store_c(y + p * OUT, first_n + (int)get_local_id(0) * TN, sum[r], accumulate);
    }
}

/* partial[segment,k,o] over the segment's pixels. Launch: global (GROUP ceil(OUT / TILE_N), GROUP ceil(WINDOW
 * / TILE_M), segments), local (GROUP, GROUP, 1). */
__attribute__((reqd_work_group_size(GROUP, GROUP, 1))) __kernel void
conv2d_tile_bwd_partial(__global const float *x /* (N,H,W,IN) */, __global const float *dy /* (N,H,W,OUT) */,
                        __global float *partial /* (segments,T,IN,OUT) */, int h, int w, int pixels,
                        int segment_pixels)
{
    __local float4 a[DEPTH * ROW_M / 4], b[DEPTH * TILE_N / 4];
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0));
    const int first_k = (int)get_group_id(1) * TILE_M, first_n = (int)get_group_id(0) * TILE_N;
    const int first_p = (int)get_group_id(2) * segment_pixels, end_p = min(first_p + segment_pixels, pixels);
    /* of A this work-item copies always the same channels at the same tap, of a few pixels */
    const int my_m = item % (TILE_M / A_WIDTH) * A_WIDTH, my_p = item / (TILE_M / A_WIDTH);
    const int k = first_k + my_m, t = k / IN, oy = t / KERNEL - KERNEL / 2, ox = t % KERNEL - KERNEL / 2;
    floatA mine_a[A_LOADS];
    floatB mine_b[B_LOADS];
    floatN sum[TM];
#pragma unroll
    for (int r = 0; r < TM; r++) sum[r] = (floatN)(0.0f);

    for (int p0 = first_p - DEPTH; p0 < end_p; p0 += DEPTH) {
        if (p0 >= first_p) {
            barrier(CLK_LOCAL_MEM_FENCE); /* the slices before have been multiplied */
#pragma unroll
            for (int l = 0; l < A_LOADS; l++)
                *(__local floatA *)((__local float *)a + (my_p + l * (ITEMS * A_WIDTH / TILE_M)) * ROW_M +
                                    my_m) = mine_a[l];
            store_b(b, mine_b);
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        if (p0 + DEPTH < end_p) {
#pragma unroll
            for (int l = 0; l < A_LOADS; l++) {
                const int p = p0 + DEPTH + my_p + l * (ITEMS * A_WIDTH / TILE_M);
                const int px = p % w + ox, py = p / w % h + oy;
                mine_a[l] = (floatA)(0.0f);
                if (k < WINDOW && p < end_p && py >= 0 && py < h && px >= 0 && px < w)
                    mine_a[l] = *(__global const floatA *)(x + (p + oy * w + ox) * IN + k % IN);
            }
            load_b(mine_b, dy, p0 + DEPTH, end_p, first_n);
        }
        if (p0 >= first_p) multiply(a, b, sum);
    }
    partial += get_group_id(2) * (WINDOW * OUT);
#pragma unroll
    for (int r = 0; r < TM; r++) {
        const int m = first_k + (int)get_local_id(1) * TM + r;
        if (m < WINDOW) store_c(partial + m * OUT, first_n + (int)get_local_id(0) * TN, sum[r], 0);
    }
}

/* dw[i] += sum over segments of partial[segment,i]. Launch: global (T IN OUT). */
__kernel void conv2d_tile_bwd_combine(__global const float *partial, __global float *dw, int segments)
{
    uint i = get_global_id(0);
    float sum = 0.0f;
    for (int segment = 0; segment < segments; segment++) sum += partial[(uint)segment * (WINDOW * OUT) + i];
    dw[i] += sum;
}
