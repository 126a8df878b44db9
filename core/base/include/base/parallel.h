/* The same job for 0..count-1, shared out over threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include "base/status.h"

/* Returns the job's status; a failure stops the run. Called by several threads at once. */
typedef sw_status (*sw_parallel_job)(void *user, int index);

/* Runs the jobs, handed out in ascending order, on `threads` threads (below 1: one a processor). Of several
 * failures the one with the lowest index is returned, so that the message does not depend on chance. */
sw_status sw_parallel_run(int count, int threads, sw_parallel_job job, void *user) SW_NODISCARD;

#endif
