/* The device's side of one case: a graph with the op in it, its executor, and what goes up and comes down. */
#ifndef CHECK_RIG_H
#define CHECK_RIG_H

#include "base/str.h"
#include "exec/executor.h"
#include "problem.h"

typedef enum sw_rig_kind {
    SW_RIG_ALONE,     /* the op and nothing else */
    SW_RIG_TWIN,      /* twice on the same inputs, so that the second backward pass adds to the first one's
                         gradient */
    SW_RIG_FOLLOWED,  /* behind one 1x1 convolution, or one and a norm, and before two: its output is made
                        again  for the backward pass, and its gradients and, in evaluation, its output may take
                        their sources' places
                      */
    SW_RIG_ABSORBING, /* before the op whose work it does too (sw_op.absorbs) */
    SW_RIG_SAME,      /* alone, with one value for all inputs */
    SW_RIG_SAME_FOLLOWED, /* between convolutions, with the first one's output for all inputs */
} sw_rig_kind;

typedef struct sw_rig {
    sw_cl *cl;
    bool training;
    sw_graph graph;
    const sw_node *node, *twin;             /* the op under test, and its twin or NULL */
    int inputs[SW_MAX_INPUTS], input_count; /* of the graph; of one value for all, that value each time */
    int wants[SW_MAX_INPUTS], want_count;   /* those of them that get a gradient */
    int last;                               /* first output of the last node */
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
} sw_rig;

/* Whether the op of the case can have one value for all its inputs, of which several have a gradient. */
bool sw_rig_suits_same(const sw_op_case *c, const sw_expectation *expectation);

/* The graph alone: shapes are known from here on. */
sw_status sw_rig_init(sw_rig *rig, sw_rig_kind kind, const sw_op_case *c,
                      const sw_expectation *expectation) SW_NODISCARD;
/* Executor and memory. `apart`: every value in a buffer of its own, poisoned before each run. */
sw_status sw_rig_bind(sw_rig *rig, sw_cl *cl, bool apart) SW_NODISCARD;
void sw_rig_deinit(sw_rig *rig); /* accepts a zeroed one */

/* What the twin's output gradient is, in units of the first one's: a power of two, so that its results are
 * exactly so much of the first one's. */
#define SW_TWIN_SCALE 0.5

/* Uploads everything given, poisons the workspace, and runs forward and, in training, backward. */
sw_status sw_rig_run(double *ms, sw_rig *rig, const sw_problem *p) SW_NODISCARD;

/* Reads a tensor from where the rig has it: a value, a gradient, or a parameter slab. */
sw_status sw_rig_read_value(sw_rig *rig, sw_tensor *t, cl_mem buffer) SW_NODISCARD;
sw_status sw_rig_read_param(sw_rig *rig, sw_tensor *t, cl_mem slab, const sw_param *param) SW_NODISCARD;

/* Appends everything that the host may look at after a run, byte by byte: last output, input gradients,
 * parameter gradients, running statistics; with `all` every output of the op under test too. */
sw_status sw_rig_snapshot(sw_str *bytes, sw_rig *rig, bool all) SW_NODISCARD;

/* Flaws: bytes beyond the images run, inputs, parameters or gaps between parameters that are not as they
 * were. */
sw_status sw_rig_find_trespass(sw_check_result *result, sw_rig *rig, const sw_problem *p) SW_NODISCARD;

#endif
