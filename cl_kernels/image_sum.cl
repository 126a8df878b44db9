/* Sums over the pixels of each image, and their counterpart: one pixel spread over an image.
 *
 *   sum      y[n,c] = factor sum over p of x[n,p,c]
 *   spread   y[n,p,c] = factor x[n,c]
 *
 * global_average_pool is a sum with factor 1 / P, its backward pass a spread with the same; broadcast is a
 * spread and its backward pass a sum. Pixels are summed in groups, groups in chunks, and chunks in groups
 * again, always the same ones and in order: the same bits on every run, and far fewer roundings in a row than
 * pixels.
 *
 * Macros: VEC, a divisor of the channels C; X16 of what has all pixels. P = pixels of an image. */

/* Launch: global (C / VEC, n * chunks). */
__kernel void image_sum_partial(__global const storedX *restrict x /* (n,P,C) */,
                                __global float *restrict partial /* (n,chunks,C) */, const int pixels,
                                const int chunk_pixels, const int chunks)
{
    const int c = (int)get_global_id(0), cv = (int)get_global_size(0), row = (int)get_global_id(1);
    const int begin = row % chunks * chunk_pixels, end = min(begin + chunk_pixels, pixels);
    const int image = row / chunks * pixels;
    floatV sum = SPLATV(0.0f);
    for (int first = begin; first < end; first += SUM_GROUP) {
        floatV group = SPLATV(0.0f);
        for (int p = first; p < min(first + SUM_GROUP, end); p++) group += LOADX(x, (image + p) * cv + c);
        sum += group;
    }
    STOREV(sum, partial, row * cv + c);
}

/* Launch: global (C / VEC, n). */
__kernel void image_sum_combine(__global const float *restrict partial /* (n,chunks,C) */,
                                __global float *restrict y /* (n,C) */, const int chunks, const float factor,
                                const int put /* of y: PUT_... */)
{
    const int c = (int)get_global_id(0), cv = (int)get_global_size(0), image = (int)get_global_id(1);
    floatV sum = SPLATV(0.0f);
    for (int first = 0; first < chunks; first += SUM_GROUP) {
        floatV group = SPLATV(0.0f);
        for (int k = first; k < min(first + SUM_GROUP, chunks); k++)
            group += LOADV(partial, (image * chunks + k) * cv + c);
        sum += group;
    }
    sum *= SPLATV(factor);
    PUTV(sum, y, image * cv + c, put);
}

/* Launch: global (C / VEC, n * P). */
__kernel void image_sum_spread(__global const float *restrict x /* (n,C) */,
                               __global storedX *restrict y /* (n,P,C) */, const int pixels,
                               const float factor, const int put /* of y: PUT_... */)
{
    const int c = (int)get_global_id(0), cv = (int)get_global_size(0), pixel = (int)get_global_id(1);
    const floatV value = LOADV(x, pixel / pixels * cv + c) * SPLATV(factor);
    PUTX(value, y, pixel * cv + c, put);
}
