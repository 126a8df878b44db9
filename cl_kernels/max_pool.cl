/* 2x2 max-pooling with stride 2: y = max of the window, and the place of that maximum at 2 bits.
 *
 * The first maximum in row-major order wins, NaN wins over numbers, and a window of nothing but -infinity
 * still has a valid place, 0: PyTorch's rules. An odd last row or column belongs to no window. The backward
 * pass is max_unpool_fwd.
 *
 * What is pooled may be normalised as it is read: the epilogue of a convolution, before instead of after.
 *
 * Macros: VEC (1, 2, 4, 8, 16), a divisor of the channels; BETWEEN16 where what is pooled would be bfloat16
 * if it were written: it is rounded, so that the same values are equal. Launch: x = ow * words, y = n * oh.
 */

#ifdef BETWEEN16
#define POOLED(v) AS_BFLOAT(finished(v, norm))
#else
#define POOLED(v) finished(v, norm)
#endif

__kernel void max_pool_fwd(__global const storedX *restrict x, /* (n,h,w,channels) */
                           __global storedY *restrict y,       /* (n,oh,ow,channels) */
                           __global uint *restrict offsets,    /* (n,oh,ow,words) */
                           const int h, const int w, const int oh, const int ow, const int vectors,
                           EPILOGUE_PARAMETERS)
{
    const int words = (vectors + VECTORS_A_WORD - 1) / VECTORS_A_WORD;
    const int column = (int)get_global_id(0) / words, word = (int)get_global_id(0) % words;
    const int row = (int)get_global_id(1); /* of all images' output rows */
    const int from = (((row / oh) * h + (row % oh) * 2) * w + column * 2) * vectors;
    const int to = row * ow + column;
    uint packed = 0;
    for (int i = 0; i < VECTORS_A_WORD; i++) {
        const int v = word * VECTORS_A_WORD + i;
        if (v >= vectors) break;
        const normV norm = norm_at(EPILOGUE, v * VEC, vectors * VEC);
        floatV best = POOLED(LOADX(x, from + v));
        intV place = (intV)(0);
        take(&best, &place, POOLED(LOADX(x, from + vectors + v)), 1);
        take(&best, &place, POOLED(LOADX(x, from + w * vectors + v)), 2);
        take(&best, &place, POOLED(LOADX(x, from + (w + 1) * vectors + v)), 3);
        STOREY(best, y, to * vectors + v);
        packed |= pack(place) << (2 * VEC * i);
    }
    offsets[to * words + word] = packed;
}
