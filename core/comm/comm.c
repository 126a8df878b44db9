/* Who the ranks are, and sums in their order. */
#include "comm/comm.h"

#include <stdlib.h>
#include <string.h>

#include "transport.h"

enum {
    TIME_LIMIT_S = 600,
    /* Of one rank's part in an exchange of gradients, and of all parts: the memory that it takes has a bound,
     * and MPI counts bytes in an int. */
    PART_BYTES = 16 << 20,
    STRETCH_BYTES = 1 << 30,
};

sw_status sw_comm_open(sw_comm **out)
{
    *out = NULL;
    sw_comm *comm = calloc(1, sizeof *comm);
    if (!comm) return sw_fail_alloc("the processes of a run", sizeof *comm);
    comm->time_limit_s = TIME_LIMIT_S;
    const sw_status status = transport_open(comm);
    if (status != SW_OK || comm->size == 1) {
        if (status == SW_OK && comm->transport) comm->transport->close(comm);
        free(comm);
        return status;
    }
    *out = comm;
    return SW_OK;
}

void sw_comm_close(sw_comm *comm)
{
    if (!comm) return;
    comm->transport->close(comm);
    free(comm);
}

void sw_comm_abort(sw_comm *comm, int exit_code)
{
    if (comm) comm->transport->abort(comm, exit_code);
}

int sw_comm_rank(const sw_comm *comm)
{
    return comm ? comm->rank : 0;
}

int sw_comm_size(const sw_comm *comm)
{
    return comm ? comm->size : 1;
}

int sw_comm_local_rank(const sw_comm *comm)
{
    return comm ? comm->local_rank : 0;
}

int sw_comm_local_size(const sw_comm *comm)
{
    return comm ? comm->local_size : 1;
}

void sw_comm_set_time_limit(sw_comm *comm, double seconds)
{
    if (comm) comm->time_limit_s = seconds;
}

sw_status sw_comm_gather(sw_comm *comm, const void *mine, size_t bytes, void *all)
{
    if (comm) return comm->transport->gather(comm, mine, bytes, all);
    if (bytes) memcpy(all, mine, bytes);
    return SW_OK;
}

sw_status sw_comm_broadcast(sw_comm *comm, void *data, size_t bytes)
{
    for (size_t at = 0; comm && at < bytes; at += PART_BYTES) {
        const size_t left = bytes - at;
        SW_ENSURE(comm->transport->broadcast(comm, (char *)data + at, left < PART_BYTES ? left : PART_BYTES));
    }
    return SW_OK;
}

/* Takes what another rank has into what was taken so far. */
typedef void (*taker)(void *into, const void *more, size_t bytes);

static void add_doubles(void *into, const void *more, size_t bytes)
{
    double *sum = into;
    const double *values = more;
    for (size_t i = 0; i < bytes / sizeof *sum; i++) sum[i] += values[i];
}

static void add_counts(void *into, const void *more, size_t bytes)
{
    uint64_t *sum = into;
    const uint64_t *values = more;
    for (size_t i = 0; i < bytes / sizeof *sum; i++) sum[i] += values[i];
}

static void add_bits(void *into, const void *more, size_t bytes)
{
    unsigned char *all = into;
    const unsigned char *values = more;
    for (size_t i = 0; i < bytes; i++) all[i] |= values[i];
}

/* Replaces the data by what all ranks have, taken together in the order of the ranks. */
static sw_status combine(sw_comm *comm, void *data, size_t bytes, taker take)
{
    sw_status status = SW_OK;
    if (!comm || bytes == 0) return SW_OK;
    char *all = malloc((size_t)comm->size * bytes);
    if (!all) return sw_fail_alloc("what the other processes send", (size_t)comm->size * bytes);
    SW_TRY(sw_comm_gather(comm, data, bytes, all));
    memcpy(data, all, bytes);
    for (int r = 1; r < comm->size; r++) take(data, all + (size_t)r * bytes, bytes);
done:
    free(all);
    return status;
}

sw_status sw_comm_sum(sw_comm *comm, double *values, size_t count)
{
    return combine(comm, values, count * sizeof *values, add_doubles);
}

sw_status sw_comm_sum_counts(sw_comm *comm, uint64_t *values, size_t count)
{
    return combine(comm, values, count * sizeof *values, add_counts);
}

sw_status sw_comm_unite(sw_comm *comm, void *data, size_t bytes)
{
    return combine(comm, data, bytes, add_bits);
}

/* One stretch of at most size * PART_BYTES: each rank gets a part of it from all, sums that in place and
 * gives the sum to all. `parts` has room for that part of every rank. */
static sw_status sum_stretch(sw_comm *comm, float *values, size_t count, float *parts)
{
    const size_t size = (size_t)comm->size, part = (count + size - 1) / size, bytes = count * sizeof *values;
    const size_t part_bytes = part * sizeof *values;
    const size_t own = transport_part(bytes, part_bytes, comm->rank) / sizeof *values;
    SW_ENSURE(comm->transport->scatter_parts(comm, values, bytes, part_bytes, parts));
    float *sum = values + (size_t)comm->rank * part;
    if (own) memcpy(sum, parts, own * sizeof *sum);
    for (size_t r = 1; r < size; r++)
        for (size_t i = 0; i < own; i++) sum[i] += parts[r * own + i];
    return comm->transport->gather_parts(comm, values, bytes, part_bytes);
}

sw_status sw_comm_sum_floats(sw_comm *comm, float *values, size_t count)
{
    sw_status status = SW_OK;
    if (!comm || count == 0) return SW_OK;
    const size_t parts_bytes = (size_t)comm->size * PART_BYTES;
    const size_t most = (parts_bytes < STRETCH_BYTES ? parts_bytes : STRETCH_BYTES) / sizeof *values;
    const size_t stretch = count < most ? count : most, room = stretch + (size_t)comm->size;
    float *parts = malloc(room * sizeof *parts);
    if (!parts) return sw_fail_alloc("gradients of the other processes", room * sizeof *parts);
    for (size_t at = 0; at < count && status == SW_OK; at += stretch)
        status = sum_stretch(comm, values + at, count - at < stretch ? count - at : stretch, parts);
    free(parts);
    return status;
}
