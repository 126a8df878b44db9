/* What a step of a plan has to compute and to move, whatever the algorithm. */
#ifndef EXP_COST_H
#define EXP_COST_H

#include "graph/graph.h"
#include "graph/plan.h"

/* Floating-point operations of one image by the direct algorithm: two a multiply-add, forward once, backward
 * once for the parameters' gradients and once for the input's where it is wanted. */
double sw_step_flop(const sw_graph *graph, const sw_step *step);

/* Bytes of a whole batch of the graph when everything the step touches is read once and written once. */
double sw_step_bytes(const sw_graph *graph, const sw_plan *plan, const sw_step *step);

/* Floating-point operations of one image in all of the plan's steps. */
double sw_plan_flop(const sw_graph *graph, const sw_plan *plan);

#endif
