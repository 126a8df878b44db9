/* Walks through a memory plan as the executor would, and judges what every step finds in memory. */
#ifndef PLAN_REPLAY_H
#define PLAN_REPLAY_H

#include "graph/graph.h"
#include "graph/plan.h"

/* The first thing wrong with the plan in words, or "" (valid until the next call).
 *
 * What every place in memory holds is remembered, byte range by byte range. Each step must read exactly the
 * values and complete gradients its op asks for, not yet overwritten, and have a place for everything it
 * writes; a gradient with several writers is written first and then added to; what the options keep is still
 * there after the last step; and tenants alive together do not overlap, lie aligned within their slabs, and
 * no slab exceeds the limit. */
const char *plan_replay_fault(const sw_graph *graph, const sw_plan *plan, const sw_plan_options *options);

#endif
