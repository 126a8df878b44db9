/* depthwise_conv2d: every channel has its own window.
 *
 *   y[p,c]  = sum over taps t of x[p + offset(t), c] w[t,c]            stride 1, zeros outside
 *   dx[p,c] = sum over taps t of dy[p - offset(t), c] w[t,c]
 *   dw[t,c] = sum over pixels p of dy[p,c] x[p + offset(t), c]
 *
 * Device layouts: x, y (N,H,W,C), weights (KH,KW,C). Macros: KERNEL (odd window side), VEC (divides C). */

/* Pixel p moved by (dy, dx), or zero outside its image. */
static inline floatV pixel_at(__global const float *x, int p, int py, int px, int dy, int dx, int h, int w,
                              uint cv, uint c)
{
    bool inside = py + dy >= 0 && py + dy < h && px + dx >= 0 && px + dx < w;
    floatV v = SPLATV(0.0f);
    if (inside) v = LOADV(x, (uint)(p + dy * w + dx) * cv + c);
    return v;
}

/* direction 1: y from x; -1: dx from dy. Launch: global (C / VEC, pixels). */
__kernel void depthwise_conv2d_apply(__global const float *x /* (N,H,W,C) */,
                                     __global const float *weights /* (T,C) */,
                                     __global float *y /* (N,H,W,C) */, int h, int w, int direction,
                                     int accumulate)
{
    uint c = get_global_id(0), cv = get_global_size(0);
    int p = (int)get_global_id(1);
    int px = p % w, py = p / w % h;
    floatV sum = SPLATV(0.0f);
    for (int ky = 0; ky < KERNEL; ky++)
        for (int kx = 0; kx < KERNEL; kx++) {
            int dy = direction * (ky - KERNEL / 2), dx = direction * (kx - KERNEL / 2);
            sum = fma(pixel_at(x, p, py, px, dy, dx, h, w, cv, c),
                      LOADV(weights, (uint)(ky * KERNEL + kx) * cv + c), sum);
        }
    uint i = (uint)p * cv + c;
    if (accumulate) sum += LOADV(y, i);
    STOREV(sum, y, i);
}

/* partial[chunk,t,c] over the chunk's pixels. Launch: global (C / VEC, chunks, T). */
__kernel void depthwise_conv2d_bwd_partial(__global const float *x /* (N,H,W,C) */,
                                           __global const float *dy /* (N,H,W,C) */,
                                           __global float *partial /* (chunks,T,C) */, int h, int w,
                                           uint pixels, uint chunk_pixels)
{
    uint c = get_global_id(0), chunk = get_global_id(1), t = get_global_id(2), cv = get_global_size(0);
    int oy = (int)t / KERNEL - KERNEL / 2, ox = (int)t % KERNEL - KERNEL / 2;
    uint begin = chunk * chunk_pixels, end = min(begin + chunk_pixels, pixels);
    floatV sum = SPLATV(0.0f);
    for (uint p = begin; p < end; p++) {
        int px = (int)p % w, py = (int)p / w % h;
        sum = fma(LOADV(dy, p * cv + c), pixel_at(x, (int)p, py, px, oy, ox, h, w, cv, c), sum);
    }
    STOREV(sum, partial, (chunk * (KERNEL * KERNEL) + t) * cv + c);
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
