/* The device memory that executors share: what they need together, and its parts. */
#ifndef EXEC_SLABS_H
#define EXEC_SLABS_H

#include "exec/executor.h"

/* Adds what a plan needs. */
sw_status sw_slabs_grow(sw_slabs *slabs, const sw_plan *plan, size_t workspace_bytes) SW_NODISCARD;
/* Makes the slabs and all parts of them, once. */
sw_status sw_slabs_allocate(sw_slabs *slabs) SW_NODISCARD;
/* The part that a tenant of a plan given to sw_slabs_grow lives in, or a larger one that begins there; stays
 * the slabs's. */
cl_mem sw_slabs_view(const sw_slabs *slabs, const sw_tenant *tenant);

#endif
