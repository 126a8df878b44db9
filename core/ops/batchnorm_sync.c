#include "batchnorm_sync.h"

#include <stdlib.h>
#include <string.h>

/* What a process sends: the number of its pixels, then two numbers a channel. */
static size_t record_doubles(size_t channels)
{
    return 1 + 2 * channels;
}

/* Reads (2,C) floats and makes of them a record of as many pixels as count; the caller frees *record. */
static sw_status read_record(double **record, const sw_call *call, cl_mem from, size_t pixels,
                             size_t channels)
{
    sw_status status = SW_OK;
    const size_t floats = 2 * channels;
    float *read = malloc(floats * sizeof *read);
    *record = malloc(record_doubles(channels) * sizeof **record);
    if (!read || !*record) SW_TRY(sw_fail_alloc("a norm's statistics", floats * sizeof **record));
    SW_TRY(sw_buffer_read(call->cl, from, 0, read, floats * sizeof *read));
    (*record)[0] = call->counts ? (double)pixels : 0.0;
    for (size_t i = 0; i < floats; i++) (*record)[1 + i] = (double)read[i];
done:
    free(read);
    return status;
}

static sw_status write_floats(const sw_call *call, cl_mem to, const double *values, size_t count)
{
    float *floats = malloc(count * sizeof *floats);
    if (!floats) return sw_fail_alloc("a norm's statistics", count * sizeof *floats);
    for (size_t i = 0; i < count; i++) floats[i] = (float)values[i];
    const sw_status status = sw_buffer_write(call->cl, to, 0, floats, count * sizeof *floats);
    free(floats);
    return status;
}

/* Mean and sum of squares about it of channel c, from the records of all ranks (Chan, Golub and LeVeque,
 * 1979). A variance is 1 / istd^2, 0 where istd is infinite. */
static void merge_channel(double *mean, double *squares, const double *records, int ranks, size_t channels,
                          size_t c)
{
    const size_t stride = record_doubles(channels);
    double pixels = 0.0;
    *mean = *squares = 0.0;
    for (int r = 0; r < ranks; r++) {
        const double *record = records + (size_t)r * stride;
        if (record[0] <= 0.0) continue;
        const double istd = record[1 + channels + c], delta = record[1 + c] - *mean,
                     share = record[0] / (pixels + record[0]);
        *squares += record[0] / (istd * istd) + delta * delta * pixels * share;
        *mean += delta * share;
        pixels += record[0];
    }
}

sw_status batchnorm_sync_moments(size_t *all_pixels, sw_call *call, size_t pixels, size_t channels)
{
    sw_status status = SW_OK;
    const int ranks = sw_comm_size(call->comm);
    const size_t stride = record_doubles(channels);
    double *mine = NULL, *all = malloc((size_t)ranks * stride * sizeof *all), counted = 0.0;
    if (!all) SW_TRY(sw_fail_alloc("the processes' statistics", (size_t)ranks * stride * sizeof *all));
    SW_TRY(read_record(&mine, call, call->saved[0], pixels, channels));
    SW_TRY(sw_comm_gather(call->comm, mine, stride * sizeof *mine, all));
    for (int r = 0; r < ranks; r++) counted += all[(size_t)r * stride];
    for (size_t c = 0; c < channels; c++)
        merge_channel(&mine[c], &mine[channels + c], all, ranks, channels, c);
    *all_pixels = (size_t)counted;
    SW_TRY(write_floats(call, call->workspace, mine, 2 * channels));
done:
    free(mine);
    free(all);
    return status;
}

sw_status batchnorm_sync_means(sw_call *call, size_t pixels, size_t channels)
{
    sw_status status = SW_OK;
    double *sums = NULL;
    SW_TRY(read_record(&sums, call, call->saved[1], pixels, channels));
    for (size_t i = 0; i < 2 * channels; i++) sums[1 + i] *= sums[0];
    SW_TRY(sw_comm_sum(call->comm, sums, record_doubles(channels)));
    /* the statistics do not depend on images that do not count, so no gradient comes to these through them */
    for (size_t i = 0; i < 2 * channels; i++) sums[1 + i] = call->counts ? sums[1 + i] / sums[0] : 0.0;
    SW_TRY(write_floats(call, call->saved[1], sums + 1, 2 * channels));
done:
    free(sums);
    return status;
}
