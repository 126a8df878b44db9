/* Max-pooling of windows that may lie partly outside the image, or overlap: y = max of what is inside, and
 * the place of that maximum in the whole window.
 *
 * The first maximum in row-major order wins, NaN wins over numbers, and where there is nothing but -infinity
 * the place is the first one inside: PyTorch's rules. No window is wholly outside. The backward pass of
 * windows of 2x2, which do not overlap, is max_unpool_fwd.
 *
 * Macros: KERNEL, STRIDE and PADDING of the window; BITS of a place (max.clh); VEC (1, 2, 4, 8, with 2 bits
 * also 16), a divisor of the channels. */

/* Launch: x = ow * words, y = n * oh. */
__kernel void max_pool_fwd_window(__global const storedX *restrict x, /* (n,h,w,channels) */
                                  __global storedY *restrict y,       /* (n,oh,ow,channels) */
                                  __global uint *restrict offsets,    /* (n,oh,ow,words) */
                                  const int h, const int w, const int oh, const int ow, const int vectors)
{
    const int words = (vectors + VECTORS_A_WORD - 1) / VECTORS_A_WORD;
    const int column = (int)get_global_id(0) / words, word = (int)get_global_id(0) % words;
    const int image = (int)get_global_id(1) / oh, row = (int)get_global_id(1) % oh;
    const int top = row * STRIDE - PADDING, left = column * STRIDE - PADDING;
    const int first_row = max(0, -top), first_column = max(0, -left); /* of the window, that are inside */
    const int rows = min(KERNEL, h - top), columns = min(KERNEL, w - left);
    const int to = (image * oh + row) * ow + column;
    uint packed = 0;
    for (int i = 0; i < VECTORS_A_WORD; i++) {
        const int v = word * VECTORS_A_WORD + i;
        if (v >= vectors) break;
        floatV best = SPLATV(-INFINITY);
        intV place = (intV)(first_row * KERNEL + first_column);
        for (int r = first_row; r < rows; r++)
            for (int c = first_column; c < columns; c++) {
                const int from = (image * h + top + r) * w + left + c;
                take(&best, &place, LOADX(x, from * vectors + v), r * KERNEL + c);
            }
        STOREY(best, y, to * vectors + v);
        packed |= pack(place) << (BITS * VEC * i);
    }
    offsets[to * words + word] = packed;
}

#if KERNEL == 3
/* dx = the sum of dy over the windows whose maximum a pixel is, in their order. Launch: x = w * vectors, y =
 * n * h. */
__kernel void max_pool_bwd_window(__global const storedY *restrict dy,   /* (n,oh,ow,channels) */
                                  __global const uint *restrict offsets, /* (n,oh,ow,words) */
                                  __global storedX *restrict dx,         /* (n,h,w,channels) */
                                  const int h, const int w, const int oh, const int ow, const int vectors,
                                  const int accumulate) /* not 0: adds to dx */
{
    const int column = (int)get_global_id(0) / vectors, v = (int)get_global_id(0) % vectors;
    const int image = (int)get_global_id(1) / h, row = (int)get_global_id(1) % h;
    const int to = ((image * h + row) * w + column) * vectors + v;
    /* windows that hold the pixel: their first row is row + PADDING - KERNEL + 1 or later */
    const int first_row = max(0, (row + PADDING - KERNEL + STRIDE) / STRIDE);
    const int first_column = max(0, (column + PADDING - KERNEL + STRIDE) / STRIDE);
    const int last_row = min(oh - 1, (row + PADDING) / STRIDE);
    const int last_column = min(ow - 1, (column + PADDING) / STRIDE);
    floatV sum = SPLATV(0.0f);
    for (int r = first_row; r <= last_row; r++)
        for (int c = first_column; c <= last_column; c++) {
            const int pixel = (image * oh + r) * ow + c;
            const int here = (row + PADDING - r * STRIDE) * KERNEL + column + PADDING - c * STRIDE;
            sum += select(SPLATV(0.0f), LOADY(dy, pixel * vectors + v),
                          places(offsets, pixel, v, vectors) == (intV)(here));
        }
    STOREX(accumulate ? LOADX(dx, to) + sum : sum, dx, to);
}
#endif
