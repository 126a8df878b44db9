/* What moves the bytes: comm_mpi.c, or comm_none.c in a build without MPI. */
#ifndef COMM_TRANSPORT_H
#define COMM_TRANSPORT_H

#include "comm/comm.h"

/* The operations of a transport, all collective. Counts are of bytes and below 2^31. */
typedef struct sw_transport {
    /* `bytes` of each rank to all, in the order of the ranks. */
    sw_status (*gather)(sw_comm *comm, const void *mine, size_t bytes, void *all);
    sw_status (*broadcast)(sw_comm *comm, void *data, size_t bytes);
    /* `data` is cut into a part a rank, each of `part` bytes, but the last ones, which may be shorter or
     * empty. */
    /* Part r goes to rank r; `to` gets this rank's part of every rank, one behind the other. */
    sw_status (*scatter_parts)(sw_comm *comm, const void *data, size_t bytes, size_t part, void *to);
    /* Each rank gives its own part of `data` to all others. */
    sw_status (*gather_parts)(sw_comm *comm, void *data, size_t bytes, size_t part);
    void (*close)(sw_comm *comm);
    void (*abort)(sw_comm *comm, int exit_code);
} sw_transport;

struct sw_comm {
    const sw_transport *transport;
    int rank, size, local_rank, local_size;
    double time_limit_s;
};

/* Returns the bytes of a rank's part. */
static inline size_t transport_part(size_t bytes, size_t part, int rank)
{
    const size_t before = (size_t)rank * part;
    return before >= bytes ? 0 : bytes - before < part ? bytes - before : part;
}

/* Fills in all but the time limit; size 1 where this process is alone. */
sw_status transport_open(sw_comm *comm) SW_NODISCARD;

#endif
