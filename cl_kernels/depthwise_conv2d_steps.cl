/* depthwise_conv2d with a stride or a dilation.
 *
 *   y[p,c]  = sum over taps t of x[p STRIDE + offset(t), c] w[t,c]            zeros outside
 *   dx[p,c] = sum over taps t of dy[(p - offset(t)) / STRIDE, c] w[t,c]       where the division leaves no
 * rest dw[t,c] = sum over pixels p of dy[p,c] x[p STRIDE + offset(t), c]
 *
 * Device layouts: x (N,H,W,C), y (N,OH,OW,C), weights (KH,KW,C). Macros: KERNEL (odd window side), STRIDE,
 * DILATION, VEC (divides C). */

#define OFFSET(k) (((k)-KERNEL / 2) * DILATION) /* of tap k of a side from the middle */

/* A work-item: one pixel of y. Launch: global (C / VEC, OW, N OH). */
__kernel void depthwise_conv2d_fwd_steps(__global const storedX *x /* (N,H,W,C) */,
                                         __global const float *weights /* (T,C) */,
                                         __global storedY *y /* (N,OH,OW,C) */, int h, int w, int oh, int ow,
                                         int put)
{
    const uint c = get_global_id(0), cv = get_global_size(0);
    const int column = (int)get_global_id(1), row = (int)get_global_id(2), image = row / oh;
    floatV sum = SPLATV(0.0f);
    UNROLL(ky, KERNEL) {
        const int py = row % oh * STRIDE + OFFSET(ky);
        if (py < 0 || py >= h) continue;
        UNROLL(kx, KERNEL) {
            const int px = column * STRIDE + OFFSET(kx);
            if (px >= 0 && px < w)
                sum = FMA(LOADX(x, (uint)((image * h + py) * w + px) * cv + c),
                          LOADV(weights, (uint)(ky * KERNEL + kx) * cv + c), sum);
        }
    }
    const uint i = (uint)(row * ow + column) * cv + c;
    if (put == PUT_STREAM)
        STREAMY(sum, y, i);
    else
        STOREY(sum, y, i);
}

/* A work-item: one pixel of dx. Launch: global (C / VEC, W, N H). */
__kernel void depthwise_conv2d_bwd_steps(__global const storedY *dy /* (N,OH,OW,C) */,
                                         __global const float *weights /* (T,C) */,
                                         __global storedX *dx /* (N,H,W,C) */, int h, int w, int oh, int ow,
                                         int put)
{
    const uint c = get_global_id(0), cv = get_global_size(0);
    const int column = (int)get_global_id(1), row = (int)get_global_id(2), image = row / h;
    floatV sum = SPLATV(0.0f);
    UNROLL(ky, KERNEL) {
        const int py = row % h - OFFSET(ky);
        if (py < 0 || py % STRIDE || py / STRIDE >= oh) continue;
        UNROLL(kx, KERNEL) {
            const int px = column - OFFSET(kx);
            if (px >= 0 && px % STRIDE == 0 && px / STRIDE < ow)
                sum = FMA(LOADY(dy, (uint)((image * oh + py / STRIDE) * ow + px / STRIDE) * cv + c),
                          LOADV(weights, (uint)(ky * KERNEL + kx) * cv + c), sum);
        }
    }
    const uint i = (uint)(row * w + column) * cv + c;
    if (put == PUT_STREAM)
        STREAMX(sum, dx, i);
    else
        STOREX(put == PUT_ADDED ? sum + LOADX(dx, i) : sum, dx, i);
}

/* partial[chunk,t,c] over the chunk's rows of y. Launch: global (C / VEC, chunks). */
__kernel void depthwise_conv2d_bwd_partial_steps(__global const storedX *x /* (N,H,W,C) */,
                                                 __global const storedY *dy /* (N,OH,OW,C) */,
                                                 __global float *partial /* (chunks,T,C) */, int h, int w,
                                                 int oh, int ow, int image_rows /* N OH */, int chunk_rows)
{
    const uint c = get_global_id(0), cv = get_global_size(0);
    const int first = (int)get_global_id(1) * chunk_rows, end = min(first + chunk_rows, image_rows);
    floatV sum[KERNEL][KERNEL];
    UNROLL(ky, KERNEL)
        UNROLL(kx, KERNEL) sum[ky][kx] = SPLATV(0.0f);
    for (int row = first; row < end; row++)
        for (int column = 0; column < ow; column++) {
            const floatV slope = LOADY(dy, (uint)(row * ow + column) * cv + c);
            UNROLL(ky, KERNEL) {
                const int py = row % oh * STRIDE + OFFSET(ky);
                UNROLL(kx, KERNEL) {
                    const int px = column * STRIDE + OFFSET(kx);
                    if (py >= 0 && py < h && px >= 0 && px < w)
                        sum[ky][kx] =
                            FMA(LOADX(x, (uint)((row / oh * h + py) * w + px) * cv + c), slope, sum[ky][kx]);
                }
            }
        }
    UNROLL(ky, KERNEL)
        UNROLL(kx, KERNEL)
            STOREV(sum[ky][kx], partial,
                   (uint)(get_global_id(1) * (KERNEL * KERNEL) + ky * KERNEL + kx) * cv + c);
}
