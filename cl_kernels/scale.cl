/* scale: y[n,p,c] = x[n,p,c] s[n,c], a factor for each channel of each image. Backward:
 *
 *   dx[n,p,c] = dy[n,p,c] s[n,c],   ds[n,c] = sum over p of dy[n,p,c] x[n,p,c]
 *
 * The sums go over fixed chunks in order, as in image_sum.cl, whose image_sum_combine adds the chunks up.
 *
 * Macros: VEC, a divisor of the channels C. P = pixels of an image. */

/* Launch: global (C / VEC, n * P). y may be x. */
__kernel void scale_fwd(__global const storedX *x /* (n,P,C) */, __global const float *s /* (n,C) */,
                        __global storedY *y /* (n,P,C) */, const int pixels,
                        const int put /* of y: PUT_... */)
{
    const int c = (int)get_global_id(0), cv = (int)get_global_size(0), pixel = (int)get_global_id(1);
    const floatV value = LOADX(x, pixel * cv + c) * LOADV(s, pixel / pixels * cv + c);
    PUTY(value, y, pixel * cv + c, put);
}

/* dx, and each chunk's part of ds. Launch: global (C / VEC, n * chunks). dx may be dy. */
__kernel void scale_bwd(__global const storedX *x /* (n,P,C) */, __global const float *s /* (n,C) */,
                        __global const storedY *dy /* (n,P,C) */, __global storedX *dx /* (n,P,C) */,
                        __global float *partial /* (n,chunks,C) */, const int pixels, const int chunk_pixels,
                        const int chunks, const int put /* of dx: PUT_... */)
{
    const int c = (int)get_global_id(0), cv = (int)get_global_size(0), row = (int)get_global_id(1);
    const int begin = row % chunks * chunk_pixels, end = min(begin + chunk_pixels, pixels);
    const int image = row / chunks;
    const floatV factor = LOADV(s, image * cv + c);
    floatV sum = SPLATV(0.0f);
    for (int first = begin; first < end; first += SUM_GROUP) {
        floatV group = SPLATV(0.0f);
        for (int p = first; p < min(first + SUM_GROUP, end); p++) {
            const int at = (image * pixels + p) * cv + c;
            const floatV g = LOADY(dy, at);
            group = FMA(g, LOADX(x, at), group);
            PUTX(g * factor, dx, at, put);
        }
        sum += group;
    }
    STOREV(sum, partial, row * cv + c);
}
