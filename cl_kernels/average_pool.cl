/* 2x2 average-pooling with stride 2: y = (a + b + c + d) / 4 over the window; an odd last row or column
 * belongs to no window. Backward: each pixel of a window gets dy / 4, the rest zero.
 *
 * Macros: VEC, a divisor of the channels; vectors = channels / VEC. */

/* Launch: x = w * vectors, y = n * h. */
__kernel void average_pool_fwd(__global const float *restrict x, /* (n,oh,ow,channels) */
                               __global float *restrict y,       /* (n,h,w,channels) */
                               const int h, const int w, const int oh, const int ow, const int vectors)
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int row = (int)get_global_id(1); /* of all images' rows of y */
    const int from = (((row / h) * oh + (row % h) * 2) * ow + column * 2) * vectors + v;
    const int to = (row * w + column) * vectors + v;
    const floatV upper = LOADV(x, from) + LOADV(x, from + vectors);
    const floatV lower = LOADV(x, from + ow * vectors) + LOADV(x, from + (ow + 1) * vectors);
    const floatV mean = (upper + lower) * SPLATV(0.25f);
    STOREV(mean, y, to);
}

/* Launch: x = ow * vectors, y = n * oh. */
__kernel void average_pool_bwd(__global const float *restrict dy, /* (n,h,w,channels) */
                               __global float *restrict dx,       /* (n,oh,ow,channels) */
                               const int h, const int w, const int oh, const int ow, const int vectors,
                               const int accumulate) /* not 0: adds to dx */
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int image = (int)get_global_id(1) / oh, row = (int)get_global_id(1) % oh;
    const int to = ((image * oh + row) * ow + column) * vectors + v;
    floatV share = SPLATV(0.0f);
    if (row / 2 < h && column / 2 < w)
        share = LOADV(dy, ((image * h + row / 2) * w + column / 2) * vectors + v) * SPLATV(0.25f);
    STOREV(accumulate ? LOADV(dx, to) + share : share, dx, to);
}
