/* The processes that mpirun started for one run: who they are, and what they exchange.
 *
 * Process number r of n is "rank r". Where a process is alone there is no sw_comm: NULL stands for one
 * process, which is rank 0 of 1, and with NULL every exchange leaves the data as they are. So a run of one
 * process is the same code with nothing to send.
 *
 * Every function that exchanges something is collective: all ranks call it, in the same order, with the same
 * sizes. Sums are taken in the order of the ranks, so that the same number of processes gives the same bits,
 * and all ranks get the same ones. A rank that does not hear from the others for the time limit fails with
 * SW_E_DEVICE. Call from one thread only. */
#ifndef COMM_COMM_H
#define COMM_COMM_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sw_comm sw_comm;

/* Returns how many processes a starter says it has started, by the variables of Open MPI's mpirun, MPICH's
 * and Slurm's; 1 where none says anything. */
int sw_comm_started(void);

/* Joins the other processes; *out is NULL where this is the only one. SW_E_USAGE where there are others and
 * segwork was built without MPI: each of them would do the whole work. */
sw_status sw_comm_open(sw_comm **out) SW_NODISCARD;

/* Waits until all ranks close, then leaves. Accepts NULL. Not after a failure: see sw_comm_abort. */
void sw_comm_close(sw_comm *comm);

/* Ends all processes of the run at once, with this exit code. Does not return unless `comm` is NULL. */
void sw_comm_abort(sw_comm *comm, int exit_code);

int sw_comm_rank(const sw_comm *comm); /* 0 with NULL */
int sw_comm_size(const sw_comm *comm); /* 1 with NULL */
/* The same among the processes of this machine. */
int sw_comm_local_rank(const sw_comm *comm);
int sw_comm_local_size(const sw_comm *comm);

/* Whether this process leads: rank 0, which alone writes the run folder and reports progress. */
static inline int sw_comm_leads(const sw_comm *comm)
{
    return sw_comm_rank(comm) == 0;
}

/* Sets the seconds without a word from the others after which an exchange fails; at first 600. */
void sw_comm_set_time_limit(sw_comm *comm, double seconds);

/* Collects the `bytes` that each rank has at `mine` in `all`, (size, bytes), in the order of the ranks. With
 * NULL `all` is a copy of `mine`. */
sw_status sw_comm_gather(sw_comm *comm, const void *mine, size_t bytes, void *all) SW_NODISCARD;

/* Gives all ranks what rank 0 has at `data`. */
sw_status sw_comm_broadcast(sw_comm *comm, void *data, size_t bytes) SW_NODISCARD;

/* Replace each value by its sum over the ranks. */
sw_status sw_comm_sum(sw_comm *comm, double *values, size_t count) SW_NODISCARD;
sw_status sw_comm_sum_counts(sw_comm *comm, uint64_t *values, size_t count) SW_NODISCARD;

/* The same for gradients: many values, of which each rank sums a part. Every rank sends and receives
 * 2 (size - 1) / size times their bytes. */
sw_status sw_comm_sum_floats(sw_comm *comm, float *values, size_t count) SW_NODISCARD;

/* Brings together what each rank has a part of: all other bytes are zero in it. Bit by bit the or of all. */
sw_status sw_comm_unite(sw_comm *comm, void *data, size_t bytes) SW_NODISCARD;

#endif
