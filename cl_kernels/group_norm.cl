/* group_norm, with ReLU when RELU is 1. Channels-last: x (N,P,C), P = pixels of an image. Of image n, group g
 * is the D = C/G neighbouring channels from g D on, with M = P D values:
 *
 *   mean, var over the group's values (biased), istd = 1/sqrt(var + eps)
 *   y = max(0, (x - mean) istd gamma + beta), gamma and beta of the channel
 *   backward   g = dy where y > 0, xh = (x - mean) istd
 *              dbeta = sum g, dgamma = sum g xh, over images and pixels of a channel
 *              dx = istd (gamma g - sum(gamma g)/M - xh sum(gamma g xh)/M), sums over the group's values
 *
 * (Wu and He, "Group normalization", 2018; the reductions after Chan, Golub and LeVeque, 1979.)
 *
 * Reductions go over fixed chunks of an image's pixels, then over chunks, then over channels, in order: the
 * same bits on every run and in every batch. Within a chunk the mean comes first and the squares are summed
 * about it, so that a large mean costs no digits; the chunk is in the cache then.
 *
 * What belongs to a group is stored once a channel, so that vectors of channels read it as they read gamma.
 *
 * Macros: VEC (divides C), RELU, COLUMNS (divides C / VEC). `stat` holds mean (C), then istd (C), of each
 * image. The workspace holds `partial` (N,chunks,2,C), then `sums` (N,2,C) from sums_at on, then `means`
 * (N,2,C) from means_at on. */

/* Per chunk and channel: mean and sum of squares about it. A work-item takes COLUMNS neighbouring vectors of
 * channels, so that it reads whole stretches of memory. Launch: global (C / VEC / COLUMNS, N chunks). */
__kernel void group_norm_stats_partial(__global const storedX *x /* (N,P,C) */,
                                       __global float *partial /* (N,chunks,2,C): mean, squares */,
                                       uint pixels, uint chunk_pixels, uint chunks)
{
    const uint c = get_global_id(0) * COLUMNS, cv = get_global_size(0) * COLUMNS;
    const uint image = get_global_id(1) / chunks, chunk = get_global_id(1) % chunks;
    const uint begin = image * pixels + chunk * chunk_pixels;
    const uint count = min(chunk_pixels, pixels - chunk * chunk_pixels), end = begin + count;
    floatV mean[COLUMNS], squares[COLUMNS], drift[COLUMNS]; /* drift: what rounding left in the mean */
    UNROLL(k, COLUMNS) mean[k] = squares[k] = drift[k] = SPLATV(0.0f);
    for (uint p = begin; p < end; p++)
        UNROLL(k, COLUMNS) mean[k] += LOADX(x, p * cv + c + k);
    UNROLL(k, COLUMNS) mean[k] /= SPLATV((float)count);
    for (uint p = begin; p < end; p++)
        UNROLL(k, COLUMNS) {
            const floatV d = LOADX(x, p * cv + c + k) - mean[k];
            squares[k] = FMA(d, d, squares[k]);
            drift[k] += d;
        }
    UNROLL(k, COLUMNS) {
        STOREV(mean[k] + drift[k] / SPLATV((float)count), partial, get_global_id(1) * 2 * cv + c + k);
        STOREV(squares[k], partial, (get_global_id(1) * 2 + 1) * cv + c + k);
    }
}

/* Mean and sum of squares about it, of so many values. */
typedef struct moments {
    float count, mean, squares;
} moments;

static inline moments merged(moments m, float count, float mean, float squares)
{
    const float total = m.count + count, delta = mean - m.mean, share = count / total;
    const moments both = {total, m.mean + delta * share,
                          m.squares + squares + delta * delta * (m.count * share)};
    return both;
}

/* Makes one of the chunks of an image's channel. Launch: global (C, N). */
__kernel void group_norm_stats_channel(__global float *workspace, uint sums_at, uint pixels,
                                       uint chunk_pixels, uint chunks)
{
    const uint c = get_global_id(0), channels = get_global_size(0), image = get_global_id(1);
    __global const float *from = workspace + image * chunks * 2 * channels + c;
    moments m = {(float)min(chunk_pixels, pixels), from[0], from[channels]};
    for (uint chunk = 1; chunk < chunks; chunk++)
        m = merged(m, (float)min(chunk_pixels, pixels - chunk * chunk_pixels), from[chunk * 2 * channels],
                   from[(chunk * 2 + 1) * channels]);
    __global float *sums = workspace + sums_at + image * 2 * channels + c;
    sums[0] = m.mean;
    sums[channels] = m.squares;
}

/* Makes one of a group's channels. Launch: global (G, N). */
__kernel void group_norm_stats_group(__global const float *workspace, uint sums_at,
                                     __global float *stat /* (N,2,C) */, uint pixels, uint group_channels,
                                     float eps)
{
    __global const float *sums = workspace + sums_at;
    const uint channels = get_global_size(0) * group_channels;
    const uint first = get_global_id(1) * 2 * channels + get_global_id(0) * group_channels;
    moments m = {(float)pixels, sums[first], sums[first + channels]};
    for (uint c = first + 1; c < first + group_channels; c++)
        m = merged(m, (float)pixels, sums[c], sums[c + channels]);
    const float istd = 1.0f / sqrt(m.squares / m.count + eps);
    for (uint c = first; c < first + group_channels; c++) {
        stat[c] = m.mean;
        stat[c + channels] = istd;
    }
}

/* Launch: global (C / VEC, N P). y may be x. */
__kernel void group_norm_apply(__global const storedX *x /* (N,P,C) */, __global storedY *y /* (N,P,C) */,
                               __global const float *stat /* (N,2,C) */,
                               __global const float *gamma /* (C) */, __global const float *beta /* (C) */,
                               uint pixels, int stream /* y is too large for a cache */)
{
    const uint c = get_global_id(0), cv = get_global_size(0), i = get_global_id(1) * cv + c;
    const uint s = get_global_id(1) / pixels * 2 * cv + c;
    floatV v =
        AFFINE(NORMALISED(LOADX(x, i), LOADV(stat, s), LOADV(stat, s + cv)), LOADV(gamma, c), LOADV(beta, c));
#if RELU
    v = RECTIFIED(v, SPLATV(0.0f));
#endif
    if (stream)
        STREAMY(v, y, i);
    else
        STOREY(v, y, i);
}

/* Per chunk and channel: sums of g and of g xh. Launch: global (C / VEC / COLUMNS, N chunks). */
__kernel void group_norm_bwd_partial(__global const storedX *x /* (N,P,C) */,
                                     __global const storedY *dy /* (N,P,C) */,
                                     __global const float *stat /* (N,2,C) */,
                                     __global const float *gamma /* (C) */,
                                     __global const float *beta /* (C) */,
                                     __global float *partial /* (N,chunks,2,C): sum g, sum g xh */,
                                     uint pixels, uint chunk_pixels, uint chunks)
{
    const uint c = get_global_id(0) * COLUMNS, cv = get_global_size(0) * COLUMNS;
    const uint image = get_global_id(1) / chunks, chunk = get_global_id(1) % chunks;
    const uint begin = image * pixels + chunk * chunk_pixels;
    const uint end = begin + min(chunk_pixels, pixels - chunk * chunk_pixels), s = image * 2 * cv + c;
    floatV mean[COLUMNS], istd[COLUMNS], scale[COLUMNS], shift[COLUMNS], sum_g[COLUMNS], sum_gx[COLUMNS];
    UNROLL(k, COLUMNS) {
        mean[k] = LOADV(stat, s + k), istd[k] = LOADV(stat, s + cv + k);
        scale[k] = LOADV(gamma, c + k), shift[k] = LOADV(beta, c + k);
        sum_g[k] = sum_gx[k] = SPLATV(0.0f);
    }
    for (uint p = begin; p < end; p++)
        UNROLL(k, COLUMNS) {
            const floatV xh = NORMALISED(LOADX(x, p * cv + c + k), mean[k], istd[k]);
            const floatV g = THROUGH_RELU(RELU, LOADY(dy, p * cv + c + k), AFFINE(xh, scale[k], shift[k]));
            sum_g[k] += g;
            sum_gx[k] = FMA(g, xh, sum_gx[k]);
        }
    UNROLL(k, COLUMNS) {
        STOREV(sum_g[k], partial, get_global_id(1) * 2 * cv + c + k);
        STOREV(sum_gx[k], partial, (get_global_id(1) * 2 + 1) * cv + c + k);
    }
}

/* A sum and what its roundings lost (Kahan: there may be thousands of terms). */
typedef struct kahan {
    float sum, lost;
} kahan;

static inline kahan added(kahan k, float value)
{
    const float term = value - k.lost, next = k.sum + term;
    const kahan more = {next, (next - k.sum) - term};
    return more;
}

/* Sums the chunks of an image's channel. Launch: global (C, N). */
__kernel void group_norm_bwd_channel(__global float *workspace, uint sums_at, uint chunks)
{
    const uint c = get_global_id(0), channels = get_global_size(0), image = get_global_id(1);
    __global const float *from = workspace + image * chunks * 2 * channels + c;
    kahan g = {0.0f, 0.0f}, gx = {0.0f, 0.0f};
    for (uint chunk = 0; chunk < chunks; chunk++) {
        g = added(g, from[chunk * 2 * channels]);
        gx = added(gx, from[(chunk * 2 + 1) * channels]);
    }
    __global float *sums = workspace + sums_at + image * 2 * channels + c;
    sums[0] = g.sum;
    sums[channels] = gx.sum;
}

/* Sums the images of a channel; adds to dgamma and dbeta. Launch: global (C). */
__kernel void group_norm_bwd_params(__global const float *workspace, uint sums_at,
                                    __global float *dgamma /* (C) */, __global float *dbeta /* (C) */,
                                    uint images)
{
    __global const float *sums = workspace + sums_at;
    const uint c = get_global_id(0), channels = get_global_size(0);
    kahan g = {0.0f, 0.0f}, gx = {0.0f, 0.0f};
    for (uint image = 0; image < images; image++) {
        g = added(g, sums[image * 2 * channels + c]);
        gx = added(gx, sums[(image * 2 + 1) * channels + c]);
    }
    dbeta[c] += g.sum;
    dgamma[c] += gx.sum;
}

/* The means over a group that dx needs: of gamma g and of gamma g xh. Launch: global (G, N). */
__kernel void group_norm_bwd_group(__global float *workspace, uint sums_at, uint means_at,
                                   __global const float *gamma /* (C) */, uint pixels, uint group_channels)
{
    __global const float *sums = workspace + sums_at;
    __global float *means = workspace + means_at;
    const uint channels = get_global_size(0) * group_channels,
               first_channel = get_global_id(0) * group_channels;
    const uint first = get_global_id(1) * 2 * channels + first_channel;
    const float count = (float)pixels * (float)group_channels;
    kahan g = {0.0f, 0.0f}, gx = {0.0f, 0.0f};
    for (uint k = 0; k < group_channels; k++) {
        g = added(g, gamma[first_channel + k] * sums[first + k]);
        gx = added(gx, gamma[first_channel + k] * sums[first + channels + k]);
    }
    for (uint c = first; c < first + group_channels; c++) {
        means[c] = g.sum / count;
        means[c + channels] = gx.sum / count;
    }
}

/* Launch: global (C / VEC, N P). dx may be dy. */
__kernel void
group_norm_bwd_apply(__global const storedX *x /* (N,P,C) */, __global const storedY *dy /* (N,P,C) */,
                     __global storedX *dx /* (N,P,C) */, __global const float *stat /* (N,2,C) */,
                     __global const float *gamma /* (C) */, __global const float *beta /* (C) */,
                     __global const float *workspace, uint means_at, uint pixels, int accumulate)
{
    __global const float *means = workspace + means_at;
    const uint c = get_global_id(0), cv = get_global_size(0), i = get_global_id(1) * cv + c;
    const uint s = get_global_id(1) / pixels * 2 * cv + c;
    const floatV istd = LOADV(stat, s + cv), scale = LOADV(gamma, c);
    const floatV xh = NORMALISED(LOADX(x, i), LOADV(stat, s), istd);
    const floatV g = THROUGH_RELU(RELU, LOADY(dy, i), AFFINE(xh, scale, LOADV(beta, c)));
    floatV v = (g * scale - LOADV(means, s) - xh * LOADV(means, s + cv)) * istd;
    if (accumulate) v += LOADX(dx, i);
    STOREX(v, dx, i);
}
