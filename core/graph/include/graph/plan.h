/* Turns a graph into a list of steps and gives everything they touch a place in memory.
 *
 * A training plan runs every node forward, then walks back. A value that backward reads is kept, unless its
 * op can recompute it: then its memory is free until backward needs it, and a recompute step makes it again.
 * (For SegNet that halves the memory: of convolution, norm and ReLU only the convolution's output is kept.)
 * It is kept all the same where recomputing it would take as much: where its op's inputs would be kept for
 * nothing else, as that of an activation right behind a convolution.
 * An absorbed node, whose work the node before it does as well (sw_op.absorbs), has no steps, and the value
 * between the two has no place.
 *
 * Tenants (a value or a gradient during an interval of steps) are placed largest first at the lowest offset
 * that is free during their interval, in slabs no larger than the device's largest allocation. Behind each
 * large tenant a bit more than a page stays free. Sizes are powers of two, so tenants would otherwise lie
 * whole pages apart; read or written together, they would compete for the same cache sets and memory banks.
 */
#ifndef GRAPH_PLAN_H
#define GRAPH_PLAN_H

#include "graph/graph.h"
#include "graph/op.h"

enum { SW_PLAN_LARGE_BYTES = 1 << 20, SW_PLAN_GAP_BYTES = 4096 + 640 };

typedef enum sw_step_kind { SW_STEP_FORWARD, SW_STEP_RECOMPUTE, SW_STEP_BACKWARD } sw_step_kind;

typedef struct sw_tenant {
    int value;
    bool is_gradient;
    int first_step, last_step; /* inclusive */
    size_t bytes;
    int slab;
    size_t offset_bytes;
} sw_tenant;

/* Indices of tenants; -1 where the step does not touch that thing. */
typedef struct sw_step {
    sw_step_kind kind;
    int node;
    int in[SW_MAX_INPUTS], out[SW_MAX_OUTPUTS];
    int din[SW_MAX_INPUTS], dout[SW_MAX_OUTPUTS];
    bool accumulate[SW_MAX_INPUTS]; /* din[i] holds something already: add to it */
} sw_step;

typedef struct sw_plan_options {
    bool training; /* with backward steps; else forward only */
    bool separate; /* debugging: a slab of its own for every tenant, nothing shared, in place or absorbed */
    size_t max_slab_bytes; /* 0: no limit */
    size_t align_bytes;    /* of every tenant; 0: 128 */
    const int *keep;       /* values that must outlive the last step (to be read by the host) */
    int keep_count;
    const int *seeds; /* values whose gradient the caller writes before the first backward step (tests of a
                         single op); a graph with a loss needs none */
    int seed_count;
    const int *wants; /* values whose gradient the caller reads, though nothing trained may lie upstream */
    int want_count;
    const bool *frozen; /* by parameter: it is not trained, so that no gradient is computed for its sake
                           alone; NULL: all are trained */
} sw_plan_options;

typedef struct sw_plan {
    bool training;
    sw_step *steps;
    int step_count, first_backward; /* first_backward == step_count in a forward-only plan */
    sw_tenant *tenants;
    int tenant_count;
    int *forward_tenant;  /* by value: where its forward instance lives; -1 if it has none */
    int *gradient_tenant; /* by value; -1 if it has none */
    int *next;            /* by node: the node that it absorbs; -1: none */
    int slab_count;
    size_t *slab_bytes;
    size_t lower_bound_bytes; /* the most alive at one step, gaps not counted: no plan needs less */
    int recompute_count;
} sw_plan;

sw_status sw_plan_create(sw_plan **out, const sw_graph *graph, const sw_plan_options *options) SW_NODISCARD;
void sw_plan_destroy(sw_plan *plan); /* accepts NULL */

/* Tells whether the node is absorbed by the one before it, and so has no steps. */
bool sw_plan_absorbed(const sw_plan *plan, const sw_graph *graph, int node);

size_t sw_plan_slab_total_bytes(const sw_plan *plan);

#endif
