/* batchnorm, with ReLU when RELU is 1. Channels-last: x (P,C), P = pixels of the batch.
 *
 *   training   mean, var over the batch (biased), istd = 1/sqrt(var + eps)
 *              y = max(0, (x - mean) istd gamma + beta)
 *   running    r = (1-m) r + m stat, with the unbiased variance var P/(P-1)
 *   backward   g = dy where y > 0, xh = (x - mean) istd
 *              dbeta = sum g, dgamma = sum g xh
 *              dx = gamma istd (g - dbeta/P - xh dgamma/P)
 *
 * (Ioffe and Szegedy, 2015; the reductions after Chan, Golub and LeVeque, 1979.)
 *
 * Reductions go over fixed chunks of pixels and combine them in order: the same bits on every run. Within a
 * chunk the mean comes first and the squares are summed about it, so that a large mean costs no digits; the
 * chunk is in the cache then.
 *
 * Macros: VEC (divides C), RELU, COLUMNS (divides C / VEC). `stat` holds mean (C) then istd (C). */

/* Per chunk: mean and sum of squares about it. A work-item takes COLUMNS neighbouring vectors of channels, so
 * that it reads whole stretches of memory. Launch: global (C / VEC / COLUMNS, chunks). */
__kernel void batchnorm_stats_partial(__global const storedX *x /* (P,C) */,
                                      __global float *partial /* (chunks,2,C): mean, squares */, uint pixels,
                                      uint chunk_pixels)
{
    uint c = get_global_id(0) * COLUMNS, chunk = get_global_id(1), cv = get_global_size(0) * COLUMNS;
    uint begin = chunk * chunk_pixels, end = min(begin + chunk_pixels, pixels);
    floatV mean[COLUMNS], squares[COLUMNS], drift[COLUMNS]; /* drift: what rounding left in the mean */
    UNROLL(k, COLUMNS) mean[k] = squares[k] = drift[k] = SPLATV(0.0f);
    for (uint p = begin; p < end; p++)
        UNROLL(k, COLUMNS) mean[k] += LOADX(x, p * cv + c + k);
    UNROLL(k, COLUMNS) mean[k] /= SPLATV((float)(end - begin));
    for (uint p = begin; p < end; p++)
        UNROLL(k, COLUMNS) {
            floatV d = LOADX(x, p * cv + c + k) - mean[k];
            squares[k] = FMA(d, d, squares[k]);
            drift[k] += d;
        }
    UNROLL(k, COLUMNS) {
        STOREV(mean[k] + drift[k] / SPLATV((float)(end - begin)), partial, (chunk * 2) * cv + c + k);
        STOREV(squares[k], partial, (chunk * 2 + 1) * cv + c + k);
    }
}

/* Mean and sum of squares about it, of so many pixels. */
typedef struct moments {
    float count, mean, squares;
} moments;

/* Those of chunks [first, end) of channel c. */
static inline moments moments_of(__global const float *partial, uint first, uint end, uint c, uint channels,
                                 uint pixels, uint chunk_pixels)
{
    moments m = {(float)min(chunk_pixels, pixels - first * chunk_pixels), partial[first * 2 * channels + c],
                 partial[(first * 2 + 1) * channels + c]};
    for (uint chunk = first + 1; chunk < end; chunk++) {
        float more = (float)min(chunk_pixels, pixels - chunk * chunk_pixels);
        float delta = partial[chunk * 2 * channels + c] - m.mean;
        float total = m.count + more;
        m.mean += delta * (more / total);
        m.squares += partial[(chunk * 2 + 1) * channels + c] + delta * delta * (m.count * (more / total));
        m.count = total;
    }
    return m;
}

/* Where merged chunk m begins, at channel c: behind the chunks that merged ones are made of. */
static inline __global float *merged_at(__global float *partial, uint chunks, uint m, uint c, uint channels)
{
    return partial + (chunks + m) * 2 * channels + c;
}

/* Makes one chunk of so many neighbours: many work-items do then what one a channel would take long for.
 * Launch: global (C, merged chunks). */
__kernel void batchnorm_stats_merge(__global float *partial /* (chunks,2,C), then (merged chunks,2,C) */,
                                    uint pixels, uint chunk_pixels, uint neighbours)
{
    uint c = get_global_id(0), channels = get_global_size(0), merged = get_global_id(1);
    uint chunks = (pixels + chunk_pixels - 1) / chunk_pixels, first = merged * neighbours;
    moments m =
        moments_of(partial, first, min(first + neighbours, chunks), c, channels, pixels, chunk_pixels);
    __global float *to = merged_at(partial, chunks, merged, c, channels);
    to[0] = m.mean;
    to[channels] = m.squares;
}

/* Combines the chunks of one channel, of which there are `chunks` of chunk_pixels at partial + offset; writes
 * stat and updates the running statistics. Launch: global (C). */
__kernel void batchnorm_stats_combine(__global const float *partial, uint offset /* (chunks,2,C) */,
                                      __global float *stat /* (2,C) */,
                                      __global float *running_mean /* (C) */,
                                      __global float *running_var /* (C) */, uint pixels, uint chunk_pixels,
                                      float eps, float momentum)
{
    uint c = get_global_id(0), channels = get_global_size(0);
    uint chunks = (pixels + chunk_pixels - 1) / chunk_pixels;
    moments m = moments_of(partial + offset, 0, chunks, c, channels, pixels, chunk_pixels);
    float mean = m.mean, squares = m.squares;
    float var = squares / (float)pixels;
    stat[c] = mean;
    stat[channels + c] = 1.0f / sqrt(var + eps);
    /* one pixel has no unbiased variance: PyTorch divides by zero there, we take the biased one */
    float unbiased = pixels > 1 ? squares / (float)(pixels - 1) : var;
    running_mean[c] += momentum * (mean - running_mean[c]);
    running_var[c] += momentum * (unbiased - running_var[c]);
}

/* Evaluation: stat from the running statistics. Launch: global (C). */
__kernel void batchnorm_stats_running(__global const float *running_mean /* (C) */,
                                      __global const float *running_var /* (C) */,
                                      __global float *stat /* (2,C) */, float eps)
{
    uint c = get_global_id(0), channels = get_global_size(0);
    stat[c] = running_mean[c];
    stat[channels + c] = 1.0f / sqrt(running_var[c] + eps);
}

/* Launch: global (C / VEC, P). y may be x. */
__kernel void batchnorm_apply(__global const storedX *x /* (P,C) */, __global storedY *y /* (P,C) */,
                              __global const float *stat /* (2,C) */, __global const float *gamma /* (C) */,
                              __global const float *beta /* (C) */,
                              int stream /* y is too large for a cache */)
{
    uint c = get_global_id(0), cv = get_global_size(0), i = get_global_id(1) * cv + c;
    floatV v =
        AFFINE(NORMALISED(LOADX(x, i), LOADV(stat, c), LOADV(stat, cv + c)), LOADV(gamma, c), LOADV(beta, c));
#if RELU
    v = RECTIFIED(v, SPLATV(0.0f));
#endif
    if (stream)
        STREAMY(v, y, i);
    else
        STOREY(v, y, i);
}

/* Pixels lie C floats apart, too far for a CPU to guess the next of two tensors: those so many on are asked
 * for here. */
#define AHEAD 8

/* Per chunk: sums of g and of g xh. Launch: global (C / VEC / COLUMNS, chunks). */
__kernel void batchnorm_bwd_partial(__global const storedX *x /* (P,C) */,
                                    __global const storedY *dy /* (P,C) */,
                                    __global const float *stat /* (2,C) */,
                                    __global const float *gamma /* (C) */,
                                    __global const float *beta /* (C) */,
                                    __global float *partial /* (chunks,2,C): sum g, sum g xh */, uint pixels,
                                    uint chunk_pixels)
{
    uint c = get_global_id(0) * COLUMNS, chunk = get_global_id(1), cv = get_global_size(0) * COLUMNS;
    uint begin = chunk * chunk_pixels, end = min(begin + chunk_pixels, pixels);
    floatV mean[COLUMNS], istd[COLUMNS], scale[COLUMNS], shift[COLUMNS], sum_g[COLUMNS], sum_gx[COLUMNS];
    UNROLL(k, COLUMNS) {
        mean[k] = LOADV(stat, c + k), istd[k] = LOADV(stat, cv + c + k);
        scale[k] = LOADV(gamma, c + k), shift[k] = LOADV(beta, c + k);
        sum_g[k] = sum_gx[k] = SPLATV(0.0f);
    }
    for (uint p = begin; p < end; p++)
        UNROLL(k, COLUMNS) {
            const uint ahead = (min(p + AHEAD, end - 1) * cv + c + k) * VEC;
            PREFETCH(x + ahead);
            PREFETCH(dy + ahead);
            floatV xh = NORMALISED(LOADX(x, p * cv + c + k), mean[k], istd[k]);
            floatV g = THROUGH_RELU(RELU, LOADY(dy, p * cv + c + k), AFFINE(xh, scale[k], shift[k]));
            sum_g[k] += g;
            sum_gx[k] = FMA(g, xh, sum_gx[k]);
        }
    UNROLL(k, COLUMNS) {
        STOREV(sum_g[k], partial, (chunk * 2) * cv + c + k);
        STOREV(sum_gx[k], partial, (chunk * 2 + 1) * cv + c + k);
    }
}

/* The two sums over chunks [first, end) of channel c (Kahan: thousands of terms). */
static inline float2 sums_of(__global const float *partial, uint first, uint end, uint c, uint channels)
{
    float sum[2] = {0.0f, 0.0f}, lost[2] = {0.0f, 0.0f};
    for (uint chunk = first; chunk < end; chunk++) {
        for (uint i = 0; i < 2; i++) {
            float term = partial[(chunk * 2 + i) * channels + c] - lost[i];
            float next = sum[i] + term;
            lost[i] = (next - sum[i]) - term;
            sum[i] = next;
        }
    }
    return (float2)(sum[0], sum[1]);
}

/* As batchnorm_stats_merge. Launch: global (C, merged chunks). */
__kernel void batchnorm_bwd_merge(__global float *partial /* (chunks,2,C), then (merged chunks,2,C) */,
                                  uint chunks, uint neighbours)
{
    uint c = get_global_id(0), channels = get_global_size(0), merged = get_global_id(1);
    uint first = merged * neighbours;
    float2 sum = sums_of(partial, first, min(first + neighbours, chunks), c, channels);
    __global float *to = merged_at(partial, chunks, merged, c, channels);
    to[0] = sum.x;
    to[channels] = sum.y;
}

/* Sums the chunks of one channel, at partial + offset; adds to dgamma and dbeta, and leaves the two means
 * that dx needs. Launch: global (C). */
__kernel void batchnorm_bwd_combine(__global const float *partial, uint offset /* (chunks,2,C) */,
                                    __global float *dgamma /* (C) */, __global float *dbeta /* (C) */,
                                    __global float *means /* (2,C) */, uint pixels, uint chunks)
{
    uint c = get_global_id(0), channels = get_global_size(0);
    float2 sum = sums_of(partial + offset, 0, chunks, c, channels);
    dbeta[c] += sum.x;
    dgamma[c] += sum.y;
    means[c] = sum.x / (float)pixels;
    means[channels + c] = sum.y / (float)pixels;
}

/* Launch: global (C / VEC, P). dx may be dy. */
__kernel void batchnorm_bwd_apply(__global const storedX *x /* (P,C) */,
                                  __global const storedY *dy /* (P,C) */, __global storedX *dx /* (P,C) */,
                                  __global const float *stat /* (2,C) */,
                                  __global const float *gamma /* (C) */, __global const float *beta /* (C) */,
                                  __global const float *means /* (2,C) */, int accumulate)
{
    uint c = get_global_id(0), cv = get_global_size(0), i = get_global_id(1) * cv + c;
    floatV istd = LOADV(stat, cv + c), scale = LOADV(gamma, c);
    floatV xh = NORMALISED(LOADX(x, i), LOADV(stat, c), istd);
    floatV g = THROUGH_RELU(RELU, LOADY(dy, i), AFFINE(xh, scale, LOADV(beta, c)));
    floatV v = NORM_DX(g, xh, LOADV(means, c), LOADV(means, cv + c), scale, istd);
    if (accumulate) v += LOADX(dx, i);
    STOREX(v, dx, i);
}
