/* Backward pass of norm, ReLU (when RELU is 1) and 2x2 max-pooling at once; max_pool_fwd is the forward pass.
 * The gradient between the two, as large as x, is never written. Formulas, and the order of all sums, are
 * those of batchnorm.cl and max_unpool.cl, whose bits these give.
 *
 * Channels-last: x (n,h,w,C), the pool's y (n,oh,ow,C), P = n h w pixels. An odd last row or column of x
 * belongs to no window: its gradient from the pool is zero.
 *
 * Macros: VEC (divides C), RELU, COLUMNS (divides C / VEC). `stat` holds mean (C) then istd (C). */

/* Pixels lie C floats apart, too far for a CPU to guess the next: those so many on are asked for here. */
#define AHEAD 8

/* Per chunk of x's pixels: sums of g and of g xh, g being the pool's gradient where a pixel was its window's
 * maximum and ReLU passed it on. Launch: global (C / VEC / COLUMNS, chunks). */
__kernel void
max_pool_norm_bwd_partial(__global const storedX *x /* (P,C) */, __global const storedY *dy /* (n,oh,ow,C) */,
                          __global const uint *offsets /* (n,oh,ow,words) */,
                          __global const float *stat /* (2,C) */, __global const float *gamma /* (C) */,
                          __global const float *beta /* (C) */,
                          __global float *partial /* (chunks,2,C): sum g, sum g xh */, const uint pixels,
                          const uint chunk_pixels, const int h, const int w, const int oh, const int ow)
{
    const int c = (int)get_global_id(0) * COLUMNS, cv = (int)get_global_size(0) * COLUMNS;
    const uint chunk = get_global_id(1);
    const int begin = (int)(chunk * chunk_pixels),
              end = (int)min(chunk * chunk_pixels + chunk_pixels, pixels);
    floatV mean[COLUMNS], istd[COLUMNS], scale[COLUMNS], shift[COLUMNS], sum_g[COLUMNS], sum_gx[COLUMNS];
    UNROLL(k, COLUMNS) {
        mean[k] = LOADV(stat, c + k), istd[k] = LOADV(stat, cv + c + k);
        scale[k] = LOADV(gamma, c + k), shift[k] = LOADV(beta, c + k);
        sum_g[k] = sum_gx[k] = SPLATV(0.0f);
    }
    int column = begin % w, row = begin / w % h, image = begin / w / h;
    for (int p = begin; p < end; p++) {
        const bool inside = row / 2 < oh && column / 2 < ow;
        const int window = inside ? (image * oh + row / 2) * ow + column / 2 : 0;
        const intV here = (intV)(inside ? row % 2 * 2 + column % 2 : -1);
        UNROLL(k, COLUMNS) {
            PREFETCH(x + (min(p + AHEAD, end - 1) * cv + c + k) * VEC);
            PREFETCH(dy + ((window + AHEAD / 2) * cv + c + k) * VEC);
            const floatV xh = NORMALISED(LOADX(x, p * cv + c + k), mean[k], istd[k]);
            const floatV mine = select(SPLATV(0.0f), LOADY(dy, window * cv + c + k),
                                       places(offsets, window, c + k, cv) == here);
            const floatV g = THROUGH_RELU(RELU, mine, AFFINE(xh, scale[k], shift[k]));
            sum_g[k] += g;
            sum_gx[k] = FMA(g, xh, sum_gx[k]);
        }
        if (++column < w) continue;
        column = 0;
        if (++row == h) row = 0, image++;
    }
    UNROLL(k, COLUMNS) {
        STOREV(sum_g[k], partial, ((int)chunk * 2) * cv + c + k);
        STOREV(sum_gx[k], partial, ((int)chunk * 2 + 1) * cv + c + k);
    }
}

/* Launch: x = ceil(w / 2) * vectors, y = n * ceil(h / 2). */
__kernel void max_pool_norm_bwd_apply(
    __global const storedX *x /* (n,h,w,C) */, __global const storedY *dy /* (n,oh,ow,C) */,
    __global const uint *offsets /* (n,oh,ow,words) */, __global storedX *dx /* (n,h,w,C) */,
    __global const float *stat /* (2,C) */, __global const float *gamma /* (C) */,
    __global const float *beta /* (C) */, __global const float *means /* (2,C) */, const int h, const int w,
    const int oh, const int ow, const int vectors, const int put) /* of dx: PUT_... */
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int windows = (h + 1) / 2;
    const int image = (int)get_global_id(1) / windows, row = (int)get_global_id(1) % windows;
    const floatV mean = LOADV(stat, v), istd = LOADV(stat, vectors + v);
    const floatV scale = LOADV(gamma, v), shift = LOADV(beta, v);
    const floatV mean_g = LOADV(means, v), mean_gx = LOADV(means, vectors + v);
    const windowV from = window_atY(dy, offsets, image, row, column, oh, ow, v, vectors);
    for (int k = 0; k < 4; k++) {
        const int x_row = 2 * row + k / 2, x_column = 2 * column + k % 2;
        if (x_row >= h || x_column >= w) continue;
        const int at = ((image * h + x_row) * w + x_column) * vectors + v;
        const floatV xh = NORMALISED(LOADX(x, at), mean, istd);
        const floatV g = THROUGH_RELU(RELU, spread(from, k), AFFINE(xh, scale, shift));
        const floatV d = NORM_DX(g, xh, mean_g, mean_gx, scale, istd);
        if (put == PUT_STREAM)
            STREAMX(d, dx, at);
        else
            STOREX(put == PUT_ADDED ? LOADX(dx, at) + d : d, dx, at);
    }
}
