/* 2x2 max-unpooling: y is zero but where an offset says a maximum was; there it is the value of x.
 * This spreading is also max-pooling's backward pass, and collecting from the same places is the backward
 * pass of this.
 *
 * oh is 2h or 2h+1, ow is 2w or 2w+1; a last odd row or column belongs to no window and gets zeros. Or the
 * last windows lie partly outside, and oh is 2h-1 or ow 2w-1; no place is outside.
 *
 * Macros: VEC (1, 2, 4, 8, 16), a divisor of the channels. */

/* Launch: x = ceil(ow / 2) * vectors, y = n * ceil(oh / 2). */
__kernel void max_unpool_fwd(__global const storedX *restrict x,    /* (n,h,w,channels) */
                             __global const uint *restrict offsets, /* (n,h,w,words) */
                             __global storedY *restrict y,          /* (n,oh,ow,channels) */
                             const int h, const int w, const int oh, const int ow, const int vectors,
                             const int put) /* of y: PUT_... */
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int windows = (oh + 1) / 2;
    const int image = (int)get_global_id(1) / windows, row = (int)get_global_id(1) % windows;
    const windowV from = window_atX(x, offsets, image, row, column, h, w, v, vectors);
    for (int k = 0; k < 4; k++) {
        const int to_row = 2 * row + k / 2, to_column = 2 * column + k % 2;
        if (to_row >= oh || to_column >= ow) continue;
        const int to = ((image * oh + to_row) * ow + to_column) * vectors + v;
        const floatV value = spread(from, k);
        if (put == PUT_STREAM)
            STREAMY(value, y, to);
        else
            STOREY(put == PUT_ADDED ? LOADY(y, to) + value : value, y, to);
    }
}

/* Launch: x = w * vectors, y = n * h. */
__kernel void max_unpool_bwd(__global const storedY *restrict dy,   /* (n,oh,ow,channels) */
                             __global const uint *restrict offsets, /* (n,h,w,words) */
                             __global storedX *restrict dx,         /* (n,h,w,channels) */
                             const int h, const int w, const int oh, const int ow, const int vectors,
                             const int accumulate) /* not 0: adds to dx */
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int row = (int)get_global_id(1); /* of all images' rows of x */
    const int pixel = row * w + column, to = pixel * vectors + v;
    const int from = (((row / h) * oh + (row % h) * 2) * ow + column * 2) * vectors + v;
    const intV place = places(offsets, pixel, v, vectors);
    /* all four loaded, then chosen from: selecting after each load is half as fast on PoCL. Where there is no
     * second row or column, the first once more. */
    const int right = column * 2 + 1 < ow ? vectors : 0, below = row % h * 2 + 1 < oh ? ow * vectors : 0;
    const floatV a = LOADY(dy, from), b = LOADY(dy, from + right);
    const floatV c = LOADY(dy, from + below), d = LOADY(dy, from + below + right);
    const floatV upper = select(a, b, place == (intV)(1)), lower = select(c, d, place == (intV)(3));
    const floatV value = select(upper, lower, place > (intV)(1));
    STOREX(accumulate ? LOADX(dx, to) + value : value, dx, to);
}
