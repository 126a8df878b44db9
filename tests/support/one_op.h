/* One op alone in a graph, driven by the real planner and executor, with all it computes read back. */
#ifndef ONE_OP_H
#define ONE_OP_H

#include "exec/executor.h"
#include "graph/op.h"

typedef struct one_op_input {
    sw_dtype dtype;
    sw_shape shape;
    const void *data; /* as the device has it */
} one_op_input;

typedef struct one_op {
    sw_cl *cl;
    sw_graph graph;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    const sw_node *node;
    sw_arena arena; /* of what is read back */
} one_op;

/* Builds the graph and uploads the inputs; those that the op gives a gradient get one when
 * training. A failure fails the test.
 */
void one_op_open(one_op *o, sw_cl *cl, const sw_op *op, const void *attrs, int input_count,
                 const one_op_input *inputs, bool training);
void one_op_close(one_op *o);

void one_op_set_param(one_op *o, int i, const float *values); /* layout of the file */
void one_op_set_state(one_op *o, int i, const float *values);

void one_op_forward(one_op *o);
/* dy: gradient of output 0; NULL for a loss. Parameter gradients start from zero. */
void one_op_backward(one_op *o, const float *dy);

/* Read back; valid until one_op_close. */
const void *one_op_output(one_op *o, int i);
const float *one_op_dx(one_op *o);         /* of input 0 */
const float *one_op_din(one_op *o, int i); /* of input i */
const float *one_op_dparam(one_op *o, int i);
const float *one_op_state(one_op *o, int i);

#endif
