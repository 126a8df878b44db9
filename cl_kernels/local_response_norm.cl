/* local_response_norm: each value divided by a power of the mean square of its neighbours in the channels.
 * Channels-last: x, y and their gradients are (P,C), P = pixels of the batch. With missing channels counting as 0:
 *
 *   s[c] = k + scale sum of x[j]^2, j = c - SIZE/2 .. c + (SIZE-1)/2,  scale = alpha / SIZE
 *   y[c] = x[c] s[c]^-beta
 *   dx[c] = dy[c] s[c]^-beta - 2 scale beta x[c] sum of dy[j] x[j] s[j]^(-beta-1), over the j whose sum has c in
 *           it: j = c - (SIZE-1)/2 .. c + SIZE/2
 *
 * (Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks", 2012.)
 * Backward computes s again: SIZE squares each, from the cache.
 *
 * Macros: SIZE. */

/* x[c] of a pixel, 0 where there is no such channel. */
static inline float channel(__global const float *pixel /* (C) */, int c, int channels)
{
    return c >= 0 && c < channels ? pixel[c] : 0.0f;
}

static inline float denominator(__global const float *pixel /* (C) */, int c, int channels, float scale, float k)
{
    float squares = 0.0f;
    UNROLL(j, SIZE) {
        const float x = channel(pixel, c - SIZE / 2 + j, channels);
        squares = FMA(x, x, squares);
    }
    return FMA(scale, squares, k);
}

/* Launch: global (C, P). */
__kernel void local_response_norm_fwd(__global const float *restrict x /* (P,C) */,
                                      __global float *restrict y /* (P,C) */, float scale, float beta, float k)
{
    const int c = get_global_id(0), channels = get_global_size(0), at = (int)get_global_id(1) * channels;
    y[at + c] = x[at + c] * powr(denominator(x + at, c, channels, scale, k), -beta);
}

/* Launch: global (C, P). */
__kernel void local_response_norm_bwd(__global const float *restrict x /* (P,C) */,
                                      __global const float *restrict dy /* (P,C) */,
                                      __global float *restrict dx /* (P,C) */, float scale, float beta, float k,
                                      int accumulate /* not 0: adds to dx */)
{
    const int c = get_global_id(0), channels = get_global_size(0), at = (int)get_global_id(1) * channels;
    float sum = 0.0f, own = 0.0f;
    for (int i = 0; i < SIZE; i++) {
        const int j = c - (SIZE - 1) / 2 + i;
        const float g = channel(dy + at, j, channels), s = denominator(x + at, j, channels, scale, k);
        const float through = g * powr(s, -beta);
        if (j == c) own = through;
        sum = FMA(through / s, channel(x + at, j, channels), sum);
    }
    const float v = own - 2.0f * scale * beta * x[at + c] * sum;
    dx[at + c] = accumulate ? dx[at + c] + v : v;
}
