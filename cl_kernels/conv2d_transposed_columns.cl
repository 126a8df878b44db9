/* conv_transpose2d on GPUs: what surrounds its products, which are those of a 1x1 convolution.
 *
 *   forward             cols[p,(t,o)] = sum over i of x[p,i] w[i,(t,o)], then y[q,o] = bias[o] + sum over the
 *                       p and t with q = S p - P + t of cols[p,(t,o)]: gathered, in a fixed order
 *   backward            dcols[p,(t,o)] = dy[S p - P + t, o], zero outside; dx = dcols w', dw = x' dcols
 *
 * A band of whole images at a time, from image `first` on. Device layouts as in conv2d_transposed.cl. Macros:
 * KERNEL, STRIDE, PADDING, VEC (divides O). */

#define TAPS (KERNEL * KERNEL)

/* Launch: global (O / VEC, OW, images * OH). */
__kernel void conv2d_transposed_gather(__global const float *cols /* (images,H,W,T,O) */,
                                       __global const float *bias /* (O); NULL: none */, int biased,
                                       __global storedY *y /* (N,OH,OW,O) */, int first, int h, int w, int oh)
{
    const int v = (int)get_global_id(0), ov = (int)get_global_size(0);
    const int column = (int)get_global_id(1), ow = (int)get_global_size(1);
    const int row = (int)get_global_id(2) % oh, image = (int)get_global_id(2) / oh;
    floatV sum = SPLATV(0.0f);
    if (biased) sum = LOADV(bias, v);
    for (int ky = (row + PADDING) % STRIDE; ky < KERNEL; ky += STRIDE) {
        const int py = (row + PADDING - ky) / STRIDE; /* without a rest */
        if (py < 0 || py >= h) continue;
        for (int kx = (column + PADDING) % STRIDE; kx < KERNEL; kx += STRIDE) {
            const int px = (column + PADDING - kx) / STRIDE;
            if (px >= 0 && px < w)
                sum += LOADV(cols, (((image * h + py) * w + px) * TAPS + ky * KERNEL + kx) * ov + v);
        }
    }
    STOREY(sum, y, (((first + image) * oh + row) * ow + column) * ov + v);
}

/* Launch: global (O / VEC, T, images * H * W). */
__kernel void conv2d_transposed_columns(__global const storedY *dy /* (N,OH,OW,O) */,
                                        __global float *workspace,
                                        uint cols_offset /* in workspace: (images,H,W,T,O) */, int first,
                                        int h, int w, int oh, int ow)
{
    const int v = (int)get_global_id(0), ov = (int)get_global_size(0);
    const int t = (int)get_global_id(1), p = (int)get_global_id(2);
    const int row = p / w % h * STRIDE - PADDING + t / KERNEL, column = p % w * STRIDE - PADDING + t % KERNEL;
    floatV value = SPLATV(0.0f);
    if (row >= 0 && row < oh && column >= 0 && column < ow)
        value = LOADY(dy, (((first + p / w / h) * oh + row) * ow + column) * ov + v);
    STOREV(value, workspace + cols_offset, (p * TAPS + t) * ov + v);
}

/* turned[(t,o),i] = w[i,(t,o)]. Launch: global (I, T * O). */
__kernel void conv2d_transposed_turn(__global const float *w /* (I,T,O) */,
                                     __global float *turned /* (T,O,I), at the beginning of the workspace */)
{
    const uint i = get_global_id(0), in = get_global_size(0), to = get_global_id(1), all = get_global_size(1);
    turned[to * in + i] = w[i * all + to];
}
