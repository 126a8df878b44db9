/* The operations and memory traffic of a step of a plan, whatever the algorithm. */
#ifndef MEASURE_COST_H
#define MEASURE_COST_H

#include "graph/graph.h"
#include "graph/plan.h"

/* A part of a step that a profile lists by itself. */
typedef struct sw_step_pass {
    const char *name; /* as launches are labelled: SW_PASS_... of ops/call.h */
    sw_way way;       /* whose algorithm computes it */
    bool reads_inputs, data_gradient,
        weight_gradient; /* what it reads or writes besides outputs and their gradients */
} sw_step_pass;

enum { SW_STEP_PASSES = 2 };

/* Lists the passes of a step and returns their number: one, but two for the backward step of a convolution
 * whose input wants a gradient. */
int sw_step_passes(sw_step_pass out[SW_STEP_PASSES], const sw_graph *graph, const sw_plan *plan,
                   const sw_step *step);

/* Returns the floating-point operations of one image in one pass by the direct algorithm: two a multiply-add.
 */
static inline double sw_pass_flop(const sw_graph *graph, const sw_step *step)
{
    return 2.0 * (double)graph->nodes[step->node].macs;
}

/* Returns the bytes of a pass when every tensor that its result depends on is read once and every result
 * written once (read too, where it is added to): activations for `share` of the graph's batch, and
 * parameters. Backward data reads dy and the weights and writes dx; backward weights reads x and dy and adds
 * to dw. */
double sw_pass_bytes(const sw_graph *graph, const sw_plan *plan, const sw_step *step,
                     const sw_step_pass *pass, double share);

/* Returns the bytes that a node still moves when another node computes it: its running statistics are read,
 * and what the other node takes from them is written. */
double sw_merged_bytes(const sw_graph *graph, int node);

/* Returns the floating-point operations of one image in all of the plan's steps. */
double sw_plan_flop(const sw_graph *graph, const sw_plan *plan);

#endif
