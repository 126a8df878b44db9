/* One job for each of the numbers 0..count-1, on several threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "base/status.h"

/* Does the job of one number; a failure stops the run. Called by several threads at once. */
typedef sw_status (*sw_parallel_job)(void *user, int index);

/* Runs the jobs in ascending order on `threads` threads (below 1: one for each processor). Of several
 * failures it returns the one with the lowest index, so that the message does not depend on timing. */
sw_status sw_parallel_run(int count, int threads, sw_parallel_job job, void *user) SW_NODISCARD;

#endif
