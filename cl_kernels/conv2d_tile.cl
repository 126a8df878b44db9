/* conv2d on GPUs: matrix products whose left side is gathered from the image as it is needed (implicit
 * im2col), in tiles that a work-group shares through local memory.
 *
 *   forward             y[p,o]  = sum over k = (t,i) of x[p STRIDE + offset(t), i] w[k,o]     rows p, depth k
 *   backward, data      the same kernel on dy with the weights flipped (conv2d_flip)
 *   backward, weights   dw[k,o] = sum over p of x[p STRIDE + offset(t), i] dy[p,o]            rows k, depth p
 *
 * A group of GROUP x GROUP work-items makes a tile of C, TILE_M rows by TILE_N columns; a work-item keeps TM
 * rows of TN columns in registers, in blocks of four by four that lie a whole group apart: neighbouring
 * work-items read neighbouring vectors of local memory. In steps of DEPTH the group copies a slice of A and
 * one of B there, A with its depth outermost. The next slices are read from global memory into registers
 * while the present ones are multiplied.
 *
 * The sum over pixels is cut into segments, each with partial sums of its own, which are added in order
 * afterwards: the same bits whatever the schedule.
 *
 * Several products of one shape go in one launch (`_step`: floats from one's matrix to the next's): the 36 of
 * Winograd's algorithm (conv2d_winograd_tile.cl), with KERNEL 1.
 *
 * Device layouts: x, y (N,H,W,C), w (T,I,O), T = KERNEL * KERNEL. Macros: those of conv2d.clh; IN and OUT,
 * the channels of the pass (for backward-data those of dy and x); GROUP (8 or 16), TM (4, 8 or 16), TN (1, 2,
 * 4 or 8); SUMS for the products of backward-weights, and not for the others; X16 and Y16 of common.clh. */

#define TAPS   (KERNEL * KERNEL)
#define WINDOW (TAPS * IN) /* rows of w */
#define ITEMS  (GROUP * GROUP)
#define TILE_M (GROUP * TM)
#define TILE_N (GROUP * TN)
#define DEPTH  16
#define ROW_M                                                                                                \
    (TILE_M + 4) /* a row of A in local memory: four more, so that columns fall into different banks */

/* My columns: VECTORS_N vectors of WIDTH_N, GROUP of them apart. */
#if TN <= 4
#define WIDTH_N TN
#else
#define WIDTH_N 4
#endif
#define VECTORS_N (TN / WIDTH_N)
#if WIDTH_N == 1
#define N_LANES /* as LOADX_N has it */
#else
#define N_LANES WIDTH_N
#endif
#define floatN PASTE(float, N_LANES)

/* My row r, and the first column of my vector v, in the tile. */
#define MY_ROW(r)    ((r) / 4 * (4 * GROUP) + (int)get_local_id(1) * 4 + (r) % 4)
#define MY_COLUMN(v) ((v) * (WIDTH_N * GROUP) + (int)get_local_id(0) * WIDTH_N)

/* A vector of x's channels, and one of w's or dy's. */
#if IN % 4 == 0
#define A_WIDTH 4
#define A_LANES 4
#else
#define A_WIDTH 1
#define A_LANES
#endif
#if OUT % 4 == 0
#define B_WIDTH 4
#define B_LANES 4
#else
#define B_WIDTH 1
#define B_LANES
#endif
#define floatA    PASTE(float, A_LANES)
#define floatB    PASTE(float, B_LANES)
#define A_VECTORS (DEPTH * TILE_M / A_WIDTH)
#define B_VECTORS (DEPTH * TILE_N / B_WIDTH)
#define A_LOADS   (A_VECTORS / ITEMS)
#define B_LOADS   ((B_VECTORS + ITEMS - 1) / ITEMS) /* not all work-items take part in the last one */

/* B and C: weights and y, or dy and partial sums. */
#ifdef SUMS
#define storedB          storedY
#define LOAD_B(p)        LOADY_N(p, B_LANES)
#define storedC          float
#define LOAD_C(p)        LOAD_FLOAT_N(p, N_LANES)
#define STORE_C(v, p)    STORE_FLOAT_N(v, p, N_LANES)
#define READ_C(p, i)     ((p)[i])
#define WRITE_C(v, p, i) ((p)[i] = (v))
#else
#define storedB          float
#define LOAD_B(p)        LOAD_FLOAT_N(p, B_LANES)
#define storedC          storedY
#define LOAD_C(p)        LOADY_N(p, N_LANES)
#define STORE_C(v, p)    STOREY_N(v, p, N_LANES)
#define READ_C(p, i)     READY(p, i)
#define WRITE_C(v, p, i) WRITEY(v, p, i)
#endif

/* sum[r,.] += A[., my row r] B[., my columns] over a slice. */
static inline void multiply(__local const float4 *a, __local const float4 *b,
                            floatN *sum /* (TM,VECTORS_N) */)
{
    UNROLL(k, DEPTH) {
        floatN right[VECTORS_N];
        UNROLL(v, VECTORS_N)
            right[v] = *(__local const floatN *)((__local const float *)b + k * TILE_N + MY_COLUMN(v));
#pragma unroll
        for (int r = 0; r < TM; r += 4) {
            const float4 left = a[(k * ROW_M + MY_ROW(r)) / 4];
            UNROLL(v, VECTORS_N) {
                floatN *to = sum + r * VECTORS_N + v;
                to[0] = FMA((floatN)(left.x), right[v], to[0]);
                to[VECTORS_N] = FMA((floatN)(left.y), right[v], to[VECTORS_N]);
                to[2 * VECTORS_N] = FMA((floatN)(left.z), right[v], to[2 * VECTORS_N]);
                to[3 * VECTORS_N] = FMA((floatN)(left.w), right[v], to[3 * VECTORS_N]);
            }
        }
    }
}

/* My part of rows [row, row + DEPTH) and columns [column, column + TILE_N) of b (rows,OUT), zero outside. */
static inline void load_b(floatB *mine, __global const storedB *b, int row, int rows, int column)
{
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0));
    UNROLL(l, B_LOADS) {
        const int v = item + l * ITEMS;
        const int k = row + v / (TILE_N / B_WIDTH), n = column + v % (TILE_N / B_WIDTH) * B_WIDTH;
        mine[l] = (floatB)(0.0f);
        if (k < rows && n < OUT) mine[l] = LOAD_B(b + k * OUT + n);
    }
}

static inline void store_b(__local float4 *b, const floatB *mine)
{
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0));
    UNROLL(l, B_LOADS)
        if (item + l * ITEMS < B_VECTORS) ((__local floatB *)b)[item + l * ITEMS] = mine[l];
}

/* My values of a row of C, whose tile begins at column first_n. */
static inline void store_c(__global storedC *row, int first_n, const floatN *mine, int accumulate)
{
    UNROLL(v, VECTORS_N) {
        const int n = first_n + MY_COLUMN(v);
#if OUT % WIDTH_N == 0
        __global storedC *to = row + n;
        if (n < OUT) STORE_C(accumulate ? LOAD_C(to) + mine[v] : mine[v], to);
#else
        float lanes[WIDTH_N] __attribute__((aligned(16)));
        *(floatN *)lanes = mine[v];
        for (int i = 0; i < WIDTH_N && n + i < OUT; i++)
            WRITE_C(accumulate ? READ_C(row, n + i) + lanes[i] : lanes[i], row, n + i);
#endif
    }
}

/* Of A a work-item copies always the same channels of the slice, of a few pixels. */
#define PIXEL_STEP (ITEMS * A_WIDTH / DEPTH)

#define FAR_OUTSIDE (INT_MIN / 2 / STRIDE) /* a row of no image, wherever a tap is */

/* My part of rows of A, pixels (py, px) apart by PIXEL_STEP from p on, at depth k. */
static inline void load_pixels(floatA *mine, __global const storedX *x, int p, const int *py, const int *px,
                               int k, GRID_PARAMETERS)
{
#if STRIDE == 1
    const int t = k / IN, dy = OFFSET(t / KERNEL), dx = OFFSET(t % KERNEL);
    UNROLL(l, A_LOADS) {
        mine[l] = (floatA)(0.0f);
        if (k < WINDOW && py[l] + dy >= 0 && py[l] + dy < h && px[l] + dx >= 0 && px[l] + dx < w)
            mine[l] = LOADX_N(x + (p + l * PIXEL_STEP + dy * w + dx) * IN + k % IN, A_LANES);
    }
#else
    const int ky = k / IN / KERNEL, kx = k / IN % KERNEL;
    bool meets = k < WINDOW;
#if BACK
    meets = meets && MEETS(phase / STRIDE, ky) && MEETS(phase % STRIDE, kx);
#endif
    UNROLL(l, A_LOADS) {
        const int sy = SOURCE(py[l], phase / STRIDE, ky), sx = SOURCE(px[l], phase % STRIDE, kx);
        const int image = (p + l * PIXEL_STEP) / (h * w);
        mine[l] = (floatA)(0.0f);
        if (meets && sy >= 0 && sy < from_h && sx >= 0 && sx < from_w)
            mine[l] = LOADX_N(x + ((image * from_h + sy) * from_w + sx) * IN + k % IN, A_LANES);
    }
#endif
}

/* The first slice of the depth, k or later, of which a pixel of the phase meets anything. */
static inline int slice_from(int k, int phase)
{
#if BACK
    for (; k < WINDOW; k += DEPTH)
        for (int t = k / IN; t <= (min(k + DEPTH, WINDOW) - 1) / IN; t++)
            if (MEETS(phase / STRIDE, t / KERNEL) && MEETS(phase % STRIDE, t % KERNEL)) return k;
#endif
    return k;
}

/* The pixel of y that pixel p of the grid becomes. */
static inline int result_pixel(int p, GRID_PARAMETERS)
{
#if BACK
    const int image = p / (h * w), py = TARGET(p / w % h, phase / STRIDE), px = TARGET(p % w, phase % STRIDE);
    return (image * to_h + py) * to_w + px;
#else
    return p;
#endif
}

static inline void store_pixels(__local float *to /* at my channel and pixel */, const floatA *mine)
{
#pragma unroll
    for (int l = 0; l < A_LOADS; l++, to += PIXEL_STEP) {
#if A_WIDTH == 4
        to[0] = mine[l].x;
        to[ROW_M] = mine[l].y;
        to[2 * ROW_M] = mine[l].z;
        to[3 * ROW_M] = mine[l].w;
#else
        to[0] = mine[l];
#endif
    }
}

#ifndef SUMS
/* y (+)= the convolution of x. `pixels` are those of the grid. Launch: global (GROUP ceil(OUT / TILE_N),
 * GROUP ceil(pixels / TILE_M), products), local (GROUP, GROUP, 1). */
__attribute__((reqd_work_group_size(GROUP, GROUP, 1))) __kernel void
conv2d_tile_fwd(__global const storedX *x /* (N,from_h,from_w,IN) */, int x_offset, int x_step,
                __global const float *weights /* (T,IN,OUT) */, int weights_step,
                __global storedY *y /* (N,to_h,to_w,OUT) */, int y_offset, int y_step, GRID_PARAMETERS,
                int pixels, int accumulate)
{
    __local float4 a[DEPTH * ROW_M / 4], b[DEPTH * TILE_N / 4];
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0)), product = (int)get_group_id(2);
    const int first_p = (int)get_group_id(1) * TILE_M, first_n = (int)get_group_id(0) * TILE_N;
    const int my_k = item % (DEPTH / A_WIDTH) * A_WIDTH, my_m = item / (DEPTH / A_WIDTH);
    floatA mine_a[A_LOADS];
    floatB mine_b[B_LOADS];
    floatN sum[TM * VECTORS_N];
    int px[A_LOADS], py[A_LOADS];
    x += x_offset + product * x_step;
    weights += product * weights_step;
    y += y_offset + product * y_step;
    UNROLL(l, A_LOADS) {
        const int p = first_p + my_m + l * PIXEL_STEP;
        px[l] = p % w;
        py[l] = p < pixels ? p / w % h : FAR_OUTSIDE;
    }
    UNROLL(r, TM * VECTORS_N) sum[r] = (floatN)(0.0f);

#if BACK
    volatile /* in memory: PoCL 6.0 cannot carry what slice_from gives over a barrier, and aborts */
#endif
        int k0 = slice_from(0, phase);
    load_pixels(mine_a, x, first_p + my_m, py, px, k0 + my_k, GRID);
    load_b(mine_b, weights, k0, WINDOW, first_n);
    while (k0 < WINDOW) {
        const int next = slice_from(k0 + DEPTH, phase);
        store_pixels((__local float *)a + my_k * ROW_M + my_m, mine_a);
        store_b(b, mine_b);
        barrier(CLK_LOCAL_MEM_FENCE);
        if (next < WINDOW) {
            load_pixels(mine_a, x, first_p + my_m, py, px, next + my_k, GRID);
            load_b(mine_b, weights, next, WINDOW, first_n);
        }
        multiply(a, b, sum);
        barrier(CLK_LOCAL_MEM_FENCE); /* these slices have been multiplied */
        k0 = next;
    }
    UNROLL(r, TM) {
        const int p = first_p + MY_ROW(r);
        if (p < pixels) store_c(y + result_pixel(p, GRID) * OUT, first_n, sum + r * VECTORS_N, accumulate);
    }
}
#else

/* Of A transposed it copies always the same channels at the same tap, of a few pixels. */
#define ROW_STEP (ITEMS * A_WIDTH / TILE_M)

/* My part of columns k of A, pixels ROW_STEP apart from p on. */
static inline void load_rows(floatA *mine, __global const storedX *x, int p, int end_p, int k,
                             GRID_PARAMETERS)
{
    const int t = k / IN, dy = OFFSET(t / KERNEL), dx = OFFSET(t % KERNEL);
#pragma unroll
    for (int l = 0; l < A_LOADS; l++, p += ROW_STEP) {
        const int px = p % w * STRIDE + dx, py = p / w % h * STRIDE + dy;
#if STRIDE == 1
        const int from = p + dy * w + dx;
#else
        const int from = (p / (h * w) * from_h + py) * from_w + px;
#endif
        mine[l] = (floatA)(0.0f);
        if (k < WINDOW && p < end_p && py >= 0 && py < from_h && px >= 0 && px < from_w)
            mine[l] = LOADX_N(x + from * IN + k % IN, A_LANES);
    }
}

static inline void store_rows(__local float *to /* at my channel and pixel */, const floatA *mine)
{
    UNROLL(l, A_LOADS) *(__local floatA *)(to + l * ROW_STEP * ROW_M) = mine[l];
}

/* partial[product,segment,k,o] over the segment's pixels. Launch: global (GROUP ceil(OUT / TILE_N), GROUP
 * ceil(WINDOW / TILE_M), products * segments), local (GROUP, GROUP, 1). */
__attribute__((reqd_work_group_size(GROUP, GROUP, 1))) __kernel void
conv2d_tile_bwd_partial(__global const storedX *x /* (N,from_h,from_w,IN) */, int x_offset, int x_step,
                        __global const storedY *dy /* (N,h,w,OUT) */, int dy_offset, int dy_step,
                        __global float *partial /* (products,segments,T,IN,OUT) */, GRID_PARAMETERS,
                        int pixels, int segments, int segment_pixels)
{
    __local float4 a[DEPTH * ROW_M / 4], b[DEPTH * TILE_N / 4];
    const int item = (int)(get_local_id(1) * GROUP + get_local_id(0));
    const int first_k = (int)get_group_id(1) * TILE_M, first_n = (int)get_group_id(0) * TILE_N;
    const int product = (int)get_group_id(2) / segments, segment = (int)get_group_id(2) % segments;
    const int first_p = segment * segment_pixels, end_p = min(first_p + segment_pixels, pixels);
    const int my_m = item % (TILE_M / A_WIDTH) * A_WIDTH, my_p = item / (TILE_M / A_WIDTH);
    const int k = first_k + my_m;
    floatA mine_a[A_LOADS];
    floatB mine_b[B_LOADS];
    floatN sum[TM * VECTORS_N];
    x += x_offset + product * x_step;
    dy += dy_offset + product * dy_step;
    UNROLL(r, TM * VECTORS_N) sum[r] = (floatN)(0.0f);

    load_rows(mine_a, x, first_p + my_p, end_p, k, GRID);
    load_b(mine_b, dy, first_p, end_p, first_n);
    for (int p0 = first_p; p0 < end_p; p0 += DEPTH) {
        store_rows((__local float *)a + my_p * ROW_M + my_m, mine_a);
        store_b(b, mine_b);
        barrier(CLK_LOCAL_MEM_FENCE);
        if (p0 + DEPTH < end_p) {
            load_rows(mine_a, x, p0 + DEPTH + my_p, end_p, k, GRID);
            load_b(mine_b, dy, p0 + DEPTH, end_p, first_n);
        }
        multiply(a, b, sum);
        barrier(CLK_LOCAL_MEM_FENCE); /* these slices have been multiplied */
    }
    partial += get_group_id(2) * (WINDOW * OUT);
    UNROLL(r, TM) {
        const int m = first_k + MY_ROW(r);
        if (m < WINDOW) store_c(partial + m * OUT, first_n, sum + r * VECTORS_N, 0);
    }
}
#endif
