/* conv2d by matrix products: what surrounds the GEMM.
 *
 *   y[p,o] = sum over taps t and channels i of x[p STRIDE + offset(t), i] w[t,i,o]        zeros outside
 *
 * Device layouts: x (N,H,W,C), weights (KH,KW,I,O). im2col writes a band of `count` pixels, counted over the
 * whole batch, as rows of a matrix cols (count, KERNEL*KERNEL*C); then y = cols w. The gradient of x is the
 * same convolution of dy with the weights flipped, so one im2col serves both; no scattering, so no atomics.
 *
 * Macros: those of conv2d.clh; VEC (divides C). Y16 is of the bias's gradient alone: CLBlast multiplies
 * floats, and what gets a bias is float32. */

/* cols[r, t, c] = x (for backward-data dy) as pixel first + r of the result sees it at tap t: all pixels in
 * their order, of whatever phase, so that `to_h`, `to_w` and `phase` are not used. One work-item: VEC
 * channels of one pixel, all taps. Launch: global (C / VEC, count). */
__kernel void conv2d_im2col(__global const float *x /* (N,from_h,from_w,C) */, __global float *workspace,
                            uint cols_offset /* in workspace: (count,KERNEL,KERNEL,C) */, uint first,
                            GRID_PARAMETERS, uint cv /* C / VEC */)
{
    __global float *cols = workspace + cols_offset;
    uint c = get_global_id(0);
    uint row = get_global_id(1);
    uint p = first + row;
    int px = (int)(p % (uint)w);
    int py = (int)((p / (uint)w) % (uint)h);
    uint out = row * (KERNEL * KERNEL) * cv + c;
    UNROLL(ky, KERNEL) {
        UNROLL(kx, KERNEL) {
            floatV v = SPLATV(0.0f);
#if STRIDE == 1
            int dy = OFFSET(ky), dx = OFFSET(kx);
            bool inside = py + dy >= 0 && py + dy < h && px + dx >= 0 && px + dx < w;
            if (inside) v = LOADV(x, (uint)((int)p + dy * w + dx) * cv + c);
#else
#if BACK /* a pixel's own row and column, as the rest of a phase of one pixel */
            bool inside = MEETS(py, ky) && MEETS(px, kx);
            int sy = SOURCE(0, py, ky), sx = SOURCE(0, px, kx);
#else
            bool inside = true;
            int sy = SOURCE(py, 0, ky), sx = SOURCE(px, 0, kx);
#endif
            inside = inside && sy >= 0 && sy < from_h && sx >= 0 && sx < from_w;
            if (inside) v = LOADV(x, (uint)(((int)(p / (uint)(h * w)) * from_h + sy) * from_w + sx) * cv + c);
#endif
            STOREV(v, cols, out);
            out += cv;
        }
    }
}

/* flipped[t,o,i] = w[T-1-t,i,o]: the weights of the convolution that takes dy to dx.
 * Launch: global (I, T * O). */
__kernel void conv2d_flip(__global const float *w /* (T,I,O) */, __global float *workspace,
                          uint flipped_offset /* in workspace: (T,O,I) */, uint out_channels)
{
    __global float *flipped = workspace + flipped_offset;
    uint i = get_global_id(0), in_channels = get_global_size(0);
    uint row = get_global_id(1), o = row % out_channels, t = row / out_channels;
    flipped[row * in_channels + i] = w[((KERNEL * KERNEL - 1 - t) * in_channels + i) * out_channels + o];
}

/* y[p,o] += bias[o]. Launch: global (O / VEC, pixels). */
__kernel void conv2d_bias_fwd(__global float *y /* (P,O) */, __global const float *bias /* (O) */)
{
    uint o = get_global_id(0), p = get_global_id(1), ov = get_global_size(0);
    STOREV(LOADV(y, p * ov + o) + LOADV(bias, o), y, p * ov + o);
}

/* partial[chunk,o] = sum of dy over the chunk's pixels. Launch: global (O / VEC, chunks). */
__kernel void conv2d_bias_bwd_partial(__global const storedY *dy /* (P,O) */,
                                      __global float *partial /* (chunks,O) */, uint pixels,
                                      uint chunk_pixels)
{
    uint o = get_global_id(0), chunk = get_global_id(1), ov = get_global_size(0);
    uint begin = chunk * chunk_pixels, end = min(begin + chunk_pixels, pixels);
    floatV sum = SPLATV(0.0f);
    for (uint p = begin; p < end; p++) sum += LOADY(dy, p * ov + o);
    STOREV(sum, partial, chunk * ov + o);
}

/* d[i] += sum over chunks of partial[chunk,i]: of the bias, or of weights. Launch: global (elements of d). */
__kernel void conv2d_combine(__global const float *partial /* (chunks,elements) */, __global float *d,
                             uint chunks)
{
    uint i = get_global_id(0), elements = get_global_size(0);
    float sum = 0.0f;
    for (uint chunk = 0; chunk < chunks; chunk++) sum += partial[chunk * elements + i];
    d[i] += sum;
}
