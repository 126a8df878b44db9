/* Gradients that several processes sum while the backward pass goes on.
 *
 * A backward pass finishes the gradients of the last layers first. They lie at the end of the slab, so that
 * the slab falls into buckets, from its end to its beginning, that are finished one after the other. The host
 * exchanges a bucket while the device computes the next ones; sums are taken value by value in the order of
 * the ranks, so the buckets' size does not change a bit. */
#ifndef EXEC_BUCKETS_H
#define EXEC_BUCKETS_H

#include "comm/comm.h"
#include "exec/executor.h"

typedef struct sw_bucket {
    size_t first, count; /* its values in the slab of gradients */
    int end_step;        /* of the plan; the steps before it finish these gradients */
    cl_event transfer;   /* the latest, to the host or back; NULL: none so far */
} sw_bucket;

typedef struct sw_buckets {
    sw_executor *executor; /* borrowed, like the next two */
    sw_store *store;
    sw_comm *comm;
    float *host; /* the slab's values on the host */
    sw_bucket *buckets;
    int count;
} sw_buckets;

/* Returns the least bytes of a bucket that suit so many processes. */
size_t sw_buckets_bytes(int ranks);

/* Cut the gradients of a graph and its training plan into buckets of at least `bytes`, but the last: next
 * makes `bucket` the one that is finished after it, and tells whether there is one; begin is what stands
 * before the first. */
sw_bucket sw_buckets_begin(const sw_plan *plan, const sw_graph *graph);
bool sw_buckets_next(sw_bucket *bucket, const sw_plan *plan, const sw_graph *graph, size_t bytes);

/* Cuts the gradients of a training executor and its graph into buckets of at least `bytes`, but the last. The
 * store must have its slabs, and `comm` several processes. SW_E_MEMORY where the host has no room for the
 * gradients. */
sw_status sw_buckets_init(sw_buckets *buckets, sw_executor *executor, const sw_graph *graph, sw_store *store,
                          sw_comm *comm, size_t bytes) SW_NODISCARD;
void sw_buckets_deinit(sw_buckets *buckets); /* accepts a zeroed one; waits for transfers under way */

/* As sw_executor_backward, of the last batch of a step, and begins to take the gradients to the host. */
sw_status sw_buckets_backward(sw_buckets *buckets, int n) SW_NODISCARD;

/* Replaces the gradients of sw_buckets_backward by their sums over the processes: waits for each bucket,
 * exchanges it and enqueues its way back. */
sw_status sw_buckets_sum(sw_buckets *buckets) SW_NODISCARD;

#endif
