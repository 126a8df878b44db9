/* local_response_norm: each value divided by a power of the mean square of its neighbours in the channels.
 * Channels-last: x, y and their gradients are (P,C), P = pixels of the batch. With missing channels counting
 * as 0:
 *
 *   s[c] = k + scale sum of x[j]^2, j = c - SIZE/2 .. c + (SIZE-1)/2,  scale = alpha / SIZE
 *   y[c] = x[c] s[c]^-beta
 *   dx[c] = dy[c] s[c]^-beta - 2 scale beta x[c] sum of dy[j] x[j] s[j]^(-beta-1), over the j whose sum has c
 * in it: j = c - (SIZE-1)/2 .. c + SIZE/2
 *
 * (Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks", 2012.)
 * Backward computes s again. A work-item takes BLOCK neighbouring channels and keeps what their windows
 * share, so that each power is computed once and not SIZE times.
 *
 * Macros: SIZE, BLOCK, THREE_QUARTERS (beta is 0.75, whose power is made of square roots). */

/* x[c] of a pixel, 0 where there is no such channel. */
static inline float channel(__global const float *pixel /* (C) */, int c, int channels)
{
    return c >= 0 && c < channels ? pixel[c] : 0.0f;
}

static inline float denominator(const float *window /* (SIZE) */, float scale, float k)
{
    float squares = 0.0f;
    for (int j = 0; j < SIZE; j++) squares = FMA(window[j], window[j], squares);
    return FMA(scale, squares, k);
}

/* s^-beta */
static inline float shrinking(float s, float beta)
{
#ifdef THREE_QUARTERS
    const float root = sqrt(s);
    return 1.0f / (root * sqrt(root));
#else
    return powr(s, -beta);
#endif
}

/* Launch: global (blocks of C, P). */
__kernel void local_response_norm_fwd(__global const float *restrict x /* (P,C) */,
                                      __global float *restrict y /* (P,C) */, int channels, float scale,
                                      float beta, float k)
{
    const int first = (int)get_global_id(0) * BLOCK, at = (int)get_global_id(1) * channels;
    float v[BLOCK + SIZE - 1]; /* from channel first - SIZE/2 on */
    for (int i = 0; i < BLOCK + SIZE - 1; i++) v[i] = channel(x + at, first - SIZE / 2 + i, channels);
    for (int i = 0; i < BLOCK; i++) {
        const float result = v[i + SIZE / 2] * shrinking(denominator(v + i, scale, k), beta);
        if (first + i < channels) y[at + first + i] = result;
    }
}

/* Launch: global (blocks of C, P). */
__kernel void local_response_norm_bwd(__global const float *restrict x /* (P,C) */,
                                      __global const float *restrict dy /* (P,C) */,
                                      __global float *restrict dx /* (P,C) */, int channels, float scale,
                                      float beta, float k, int accumulate /* not 0: adds to dx */)
{
    const int first = (int)get_global_id(0) * BLOCK, at = (int)get_global_id(1) * channels;
    float v[BLOCK + 2 * (SIZE - 1)]; /* from channel first - (SIZE-1) on */
    float
        own[BLOCK + SIZE - 1]; /* dy s^-beta, from channel first - (SIZE-1)/2 on; their windows begin at v */
    float term[BLOCK + SIZE - 1]; /* dy x s^(-beta-1), of the same channels */
    for (int i = 0; i < BLOCK + 2 * (SIZE - 1); i++) v[i] = channel(x + at, first - (SIZE - 1) + i, channels);
    for (int i = 0; i < BLOCK + SIZE - 1; i++)
        own[i] = channel(dy + at, first - (SIZE - 1) / 2 + i, channels);
    for (int i = 0; i < BLOCK + SIZE - 1; i++) {
        const float s = denominator(v + i, scale, k);
        own[i] *= shrinking(s, beta);
        term[i] = own[i] / s * v[i + SIZE / 2];
    }
    for (int i = 0; i < BLOCK; i++) {
        float sum = 0.0f;
        for (int j = 0; j < SIZE; j++) sum += term[i + j];
        const float result = own[i + (SIZE - 1) / 2] - 2.0f * scale * beta * v[i + SIZE - 1] * sum;
        const int to = at + first + i;
        if (first + i < channels) dx[to] = accumulate ? dx[to] + result : result;
    }
}
