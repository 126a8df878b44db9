/* Ops that compute nothing, with every mix of the traits that decide about memory, and graphs of them. */
#ifndef MADE_UP_OPS_H
#define MADE_UP_OPS_H

#include "graph/op.h"

/* Those of which the tests build graphs by hand; a norm may do the work of a pool behind it. */
extern const sw_op op_filter, op_norm, op_bend, op_pool, op_add, op_product, op_loss;

/* A node of an op with one or two inputs, `second` being -1 where it has one; its first output. */
int made_up_node(sw_graph *graph, const sw_op *op, int first, int second);

/* An input of the graph. */
int made_up_input(sw_graph *graph, const char *name, sw_dtype dtype, sw_shape shape);

/* A random graph that ends in a loss; *last is what the loss reads. The same for a seed every time. */
void made_up_graph(sw_graph *graph, int *labels, int *last, uint64_t seed);

#endif
