/* Nearest-neighbour upsampling to twice the size: y[r,c] = x[min(r/2, h-1), min(c/2, w-1)]; oh is 2h or 2h+1,
 * ow is 2w or 2w+1, and an odd last row or column repeats its neighbour. Backward: each pixel of x gets the
 * sum over its copies.
 *
 * Macros: VEC, a divisor of the channels; vectors = channels / VEC. */

/* Launch: x = ow * vectors, y = n * oh. */
__kernel void upsample_fwd(__global const storedX *restrict x, /* (n,h,w,channels) */
                           __global storedY *restrict y,       /* (n,oh,ow,channels) */
                           const int h, const int w, const int oh, const int ow, const int vectors)
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int image = (int)get_global_id(1) / oh, row = (int)get_global_id(1) % oh;
    const int from = ((image * h + min(row / 2, h - 1)) * w + min(column / 2, w - 1)) * vectors + v;
    const int to = ((image * oh + row) * ow + column) * vectors + v;
    STOREY(LOADX(x, from), y, to);
}

/* Launch: x = w * vectors, y = n * h. */
__kernel void upsample_bwd(__global const storedY *restrict dy, /* (n,oh,ow,channels) */
                           __global storedX *restrict dx,       /* (n,h,w,channels) */
                           const int h, const int w, const int oh, const int ow, const int vectors,
                           const int accumulate) /* not 0: adds to dx */
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int image = (int)get_global_id(1) / h, row = (int)get_global_id(1) % h;
    const int row_end = row == h - 1 ? oh : 2 * row + 2, column_end = column == w - 1 ? ow : 2 * column + 2;
    const int to = ((image * h + row) * w + column) * vectors + v;
    floatV sum = SPLATV(0.0f);
    for (int r = 2 * row; r < row_end; r++)
        for (int c = 2 * column; c < column_end; c++)
            sum += LOADY(dy, ((image * oh + r) * ow + c) * vectors + v);
    STOREX(accumulate ? LOADX(dx, to) + sum : sum, dx, to);
}
