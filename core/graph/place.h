#ifndef GRAPH_PLACE_PRIVATE_H
#define GRAPH_PLACE_PRIVATE_H

#include "graph/plan.h"

/* Gives every tenant of the plan a slab and an offset; fills in slab_count, slab_bytes and lower_bound_bytes.
 */
sw_status sw_place_tenants(sw_plan *plan, const sw_plan_options *options) SW_NODISCARD;

#endif
