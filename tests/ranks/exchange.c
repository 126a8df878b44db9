/* What processes exchange: mpirun -n N ranks_exchange, N > 1. With the argument "limit": a wait that is too
 * long, after which rank 0 ends all, since they are no longer in step. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"

static sw_comm *comm;

#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (condition) break;                                                                                \
        printf("%s:%d: rank %d: not so: %s\n", __FILE__, __LINE__, sw_comm_rank(comm), #condition);          \
        fflush(stdout);                                                                                      \
        sw_comm_abort(comm, 1);                                                                              \
        exit(1);                                                                                             \
    } while (0)

static void must(sw_status status)
{
    if (status != SW_OK) printf("%s\n", sw_error_message());
    EXPECT(status == SW_OK);
}

/* Value i of a rank: any that rounds when it is added. */
static float value_of(int rank, size_t i)
{
    const uint32_t mixed = (uint32_t)(i + 1) * 2654435761u ^ (uint32_t)(rank + 1) * 2246822519u;
    const double uniform = (double)mixed * 0x1p-31 - 1.0;
    return (float)(uniform * uniform * uniform);
}

/* The sum in the order of the ranks, which no other order gives for all values. */
static void sums_are_taken_in_the_order_of_the_ranks(size_t count)
{
    const int size = sw_comm_size(comm);
    float *values = malloc((count + 1) * sizeof *values);
    EXPECT(values);
    for (size_t i = 0; i < count; i++) values[i] = value_of(sw_comm_rank(comm), i);
    values[count] = 42;
    must(sw_comm_sum_floats(comm, values, count));
    size_t other_order = 0;
    for (size_t i = 0; i < count; i++) {
        float sum = value_of(0, i), backwards = value_of(size - 1, i);
        for (int r = 1; r < size; r++) sum += value_of(r, i);
        for (int r = size - 2; r >= 0; r--) backwards += value_of(r, i);
        EXPECT(values[i] == sum);
        other_order += backwards != sum;
    }
    EXPECT(values[count] == 42);
    EXPECT(size < 3 || count < 1000 || other_order > 0);
    free(values);
}

static void small_sums(void)
{
    const int size = sw_comm_size(comm), rank = sw_comm_rank(comm);
    double doubles[3] = {0.1 * (rank + 1), rank == 1 ? 1e300 : 0, NAN};
    uint64_t counts[2] = {(uint64_t)rank, UINT64_C(1) << 60};
    double expected = 0;
    for (int r = 0; r < size; r++) expected += 0.1 * (r + 1);
    must(sw_comm_sum(comm, doubles, 3));
    must(sw_comm_sum_counts(comm, counts, 2));
    EXPECT(doubles[0] == expected && doubles[1] == 1e300 && isnan(doubles[2]));
    EXPECT(counts[0] == (uint64_t)(size * (size - 1) / 2) && counts[1] == (uint64_t)size << 60);
}

static void bytes_come_together(void)
{
    const int size = sw_comm_size(comm), rank = sw_comm_rank(comm);
    enum { BYTES = 7 };
    unsigned char mine[BYTES], *all = calloc((size_t)size, BYTES), parts[64] = {0};
    EXPECT(all && size <= 64);
    memset(mine, 'a' + rank, sizeof mine);
    must(sw_comm_gather(comm, mine, sizeof mine, all));
    for (int i = 0; i < size * BYTES; i++) EXPECT(all[i] == 'a' + i / BYTES);
    must(sw_comm_broadcast(comm, mine, sizeof mine));
    for (int i = 0; i < BYTES; i++) EXPECT(mine[i] == 'a');
    parts[rank] = (unsigned char)(rank + 1);
    must(sw_comm_unite(comm, parts, sizeof parts));
    for (int i = 0; i < 64; i++) EXPECT(parts[i] == (i < size ? i + 1 : 0));
    must(sw_comm_broadcast(comm, mine, 0));
    must(sw_comm_unite(comm, parts, 0));
    free(all);
}

/* One that is larger than what is sent at a time. */
static void a_large_broadcast(void)
{
    const size_t count = (size_t)9 << 20;
    uint32_t *values = malloc(count * sizeof *values);
    EXPECT(values);
    for (size_t i = 0; i < count; i++) values[i] = (uint32_t)i * 2654435761u + (uint32_t)sw_comm_rank(comm);
    must(sw_comm_broadcast(comm, values, count * sizeof *values));
    for (size_t i = 0; i < count; i++) EXPECT(values[i] == (uint32_t)i * 2654435761u);
    free(values);
}

static void wait_too_long(void)
{
    double value = 1;
    if (sw_comm_rank(comm) > 0) return;
    sw_comm_set_time_limit(comm, 0.2);
    EXPECT(sw_comm_sum(comm, &value, 1) == SW_E_DEVICE);
    printf("%s\n", sw_error_message());
    fflush(stdout);
    sw_comm_abort(comm, 3);
}

int main(int argc, char **argv)
{
    EXPECT(sw_comm_size(NULL) == 1 && sw_comm_rank(NULL) == 0 && sw_comm_leads(NULL));
    must(sw_comm_open(&comm));
    EXPECT(comm && sw_comm_size(comm) > 1 && sw_comm_size(comm) == sw_comm_started());
    EXPECT(sw_comm_local_rank(comm) == sw_comm_rank(comm) && sw_comm_local_size(comm) == sw_comm_size(comm));
    EXPECT(sw_comm_leads(comm) == (sw_comm_rank(comm) == 0));
    if (argc > 1 && strcmp(argv[1], "limit") == 0) {
        wait_too_long();
        sw_comm_close(comm); /* waits for rank 0, which ends this process */
        return 0;
    }
    static const size_t counts[] = {0, 1, 2, 3, 1000, 100003, ((size_t)4 << 20) * 3 + 5};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        sums_are_taken_in_the_order_of_the_ranks(counts[i]);
    small_sums();
    bytes_come_together();
    a_large_broadcast();
    if (sw_comm_rank(comm) == 0) printf("all exchanges are as they should be\n");
    fflush(stdout);
    sw_comm_close(comm);
    return 0;
}
