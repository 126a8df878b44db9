/* 2x2 average-pooling with stride 2: y = (a + b + c + d) / 4 over the window; an odd last row or column
 * belongs to no window. Backward: each pixel of a window gets dy / 4, the rest zero. With CEIL 1 an odd last
 * row or column is a window too, of as many pixels as there are inside: 2 or 1 in the place of 4.
 *
 * Macros: CEIL; VEC, a divisor of the channels; vectors = channels / VEC. */

/* 1 / pixels of the window of that row and column. */
static inline float part(int row, int column, int oh, int ow)
{
#if CEIL
    return (2 * row + 1 < oh ? 0.5f : 1.0f) * (2 * column + 1 < ow ? 0.5f : 1.0f);
#else
    return 0.25f;
#endif
}

/* Launch: x = w * vectors, y = n * h. */
__kernel void average_pool_fwd(__global const storedX *restrict x, /* (n,oh,ow,channels) */
                               __global storedY *restrict y,       /* (n,h,w,channels) */
                               const int h, const int w, const int oh, const int ow, const int vectors)
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int row = (int)get_global_id(1); /* of all images' rows of y */
    const int from = (((row / h) * oh + (row % h) * 2) * ow + column * 2) * vectors + v;
    const int to = (row * w + column) * vectors + v;
#if CEIL
    const bool right = 2 * column + 1 < ow, below = 2 * (row % h) + 1 < oh;
    floatV upper = LOADX(x, from), lower = SPLATV(0.0f);
    if (right) upper += LOADX(x, from + vectors);
    if (below) lower = LOADX(x, from + ow * vectors);
    if (below && right) lower += LOADX(x, from + (ow + 1) * vectors);
#else
    const floatV upper = LOADX(x, from) + LOADX(x, from + vectors);
    const floatV lower = LOADX(x, from + ow * vectors) + LOADX(x, from + (ow + 1) * vectors);
#endif
    const floatV mean = (upper + lower) * SPLATV(part(row % h, column, oh, ow));
    STOREY(mean, y, to);
}

/* Launch: x = ow * vectors, y = n * oh. */
__kernel void average_pool_bwd(__global const storedY *restrict dy, /* (n,h,w,channels) */
                               __global storedX *restrict dx,       /* (n,oh,ow,channels) */
                               const int h, const int w, const int oh, const int ow, const int vectors,
                               const int accumulate) /* not 0: adds to dx */
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int image = (int)get_global_id(1) / oh, row = (int)get_global_id(1) % oh;
    const int to = ((image * oh + row) * ow + column) * vectors + v;
    floatV share = SPLATV(0.0f);
    if (row / 2 < h && column / 2 < w)
        share = LOADY(dy, ((image * h + row / 2) * w + column / 2) * vectors + v) *
                SPLATV(part(row / 2, column / 2, oh, ow));
    STOREX(accumulate ? LOADX(dx, to) + share : share, dx, to);
}
