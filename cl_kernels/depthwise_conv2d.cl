/* depthwise_conv2d: every channel has its own window.
 *
 *   y[p,c]  = sum over taps t of x[p + offset(t), c] w[t,c]            stride 1, zeros outside
 *   dx[p,c] = sum over taps t of dy[p - offset(t), c] w[t,c]
 *   dw[t,c] = sum over pixels p of dy[p,c] x[p + offset(t), c]
 *
 * Device layouts: x, y (N,H,W,C), weights (KH,KW,C). Macros: KERNEL (odd window side), VEC (divides C). */

#define HALF (KERNEL / 2)

/* Both kernels walk along a row of the image, column by column, for one vector of channels. Of each column
 * they read the KERNEL rows under the window once; slot j of what moves along belongs to the pixel j - HALF
 * columns on, which has the column under tap kx = KERNEL - 1 - j. Neighbouring columns lie C floats apart,
 * too far for a CPU to guess the next: the row that comes under the window next is asked for here. */

/* direction 1: y from x; -1: dx from dy, which are `y` and `x` here then. A work-item: up to item_pixels
 * pixels of a row. Launch: global (C / VEC, ceil(W / item_pixels), N H). */
__kernel void depthwise_conv2d_apply(__global const storedX *x /* (N,H,W,C) */,
                                     __global const float *weights /* (T,C) */,
                                     __global storedY *y /* (N,H,W,C) */, int h, int w, int item_pixels,
                                     int direction, int put)
{
    const uint c = get_global_id(0), cv = get_global_size(0);
    const int row = (int)get_global_id(2), first = (int)get_global_id(1) * item_pixels;
    const int end = min(first + item_pixels, w), py = row % h;
    floatV tap[KERNEL][KERNEL], sum[KERNEL];
    UNROLL(ky, KERNEL)
        UNROLL(kx, KERNEL) {
            const int t = ky * KERNEL + kx;
            tap[ky][kx] = LOADV(weights, (uint)(direction > 0 ? t : KERNEL * KERNEL - 1 - t) * cv + c);
        }
    UNROLL(j, KERNEL) sum[j] = SPLATV(0.0f);
    const int next_row = min(row + HALF + 1, (int)get_global_size(2) - 1);
    for (int column = first - HALF; column < end + HALF; column++) {
        if (column >= 0 && column < w) {
            PREFETCH(x + ((uint)(next_row * w + column) * cv + c) * VEC);
            UNROLL(ky, KERNEL)
                if (py + ky >= HALF && py + ky < h + HALF) {
                    const floatV v = LOADX(x, (uint)((row + ky - HALF) * w + column) * cv + c);
                    UNROLL(j, KERNEL) sum[j] = FMA(v, tap[ky][KERNEL - 1 - j], sum[j]);
                }
        }
        if (column - HALF >= first) {
            const uint i = (uint)(row * w + column - HALF) * cv + c;
            if (put == PUT_STREAM)
                STREAMY(sum[0], y, i);
            else
                STOREY(put == PUT_ADDED ? sum[0] + LOADY(y, i) : sum[0], y, i);
        }
#pragma unroll
        for (int j = 0; j + 1 < KERNEL; j++) sum[j] = sum[j + 1];
        sum[KERNEL - 1] = SPLATV(0.0f);
    }
}

/* partial[chunk,t,c] over the chunk's rows of the image. Launch: global (C / VEC, chunks). */
__kernel void depthwise_conv2d_bwd_partial(__global const storedX *x /* (N,H,W,C) */,
                                           __global const storedY *dy /* (N,H,W,C) */,
                                           __global float *partial /* (chunks,T,C) */, int h, int w,
                                           int image_rows /* N H */, int chunk_rows)
{
    const uint c = get_global_id(0), cv = get_global_size(0);
    const int first = (int)get_global_id(1) * chunk_rows, end = min(first + chunk_rows, image_rows);
    floatV sum[KERNEL][KERNEL];
    UNROLL(ky, KERNEL)
        UNROLL(kx, KERNEL) sum[ky][kx] = SPLATV(0.0f);
    for (int row = first; row < end; row++) {
        const int py = row % h;
        floatV slope[KERNEL];
        UNROLL(j, KERNEL)
            slope[j] = j > HALF && j - HALF - 1 < w ? LOADY(dy, (uint)(row * w + j - HALF - 1) * cv + c)
                                                    : SPLATV(0.0f);
        for (int column = 0; column < w; column++) {
            PREFETCH(x + ((uint)(min(row + HALF + 1, image_rows - 1) * w + column) * cv + c) * VEC);
            PREFETCH(dy + ((uint)(min(row + 1, image_rows - 1) * w + column) * cv + c) * VEC);
#pragma unroll
            for (int j = 0; j + 1 < KERNEL; j++) slope[j] = slope[j + 1];
            slope[KERNEL - 1] = SPLATV(0.0f);
            if (column + HALF < w) slope[KERNEL - 1] = LOADY(dy, (uint)(row * w + column + HALF) * cv + c);
            UNROLL(ky, KERNEL)
                if (py + ky >= HALF && py + ky < h + HALF) {
                    const floatV v = LOADX(x, (uint)((row + ky - HALF) * w + column) * cv + c);
                    UNROLL(j, KERNEL) sum[ky][KERNEL - 1 - j] = FMA(v, slope[j], sum[ky][KERNEL - 1 - j]);
                }
        }
    }
    UNROLL(ky, KERNEL)
        UNROLL(kx, KERNEL)
            STOREV(sum[ky][kx], partial,
                   (uint)(get_global_id(1) * (KERNEL * KERNEL) + ky * KERNEL + kx) * cv + c);
}

/* dw[i] += sum over chunks of partial[chunk,i]. Launch: global (T * C). */
__kernel void depthwise_conv2d_bwd_combine(__global const float *partial /* (chunks,T*C) */,
                                           __global float *dweights /* (T*C) */, uint chunks)
{
    uint i = get_global_id(0), count = get_global_size(0);
    float sum = 0.0f;
    for (uint chunk = 0; chunk < chunks; chunk++) sum += partial[chunk * count + i];
    dweights[i] += sum;
}
