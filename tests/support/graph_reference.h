/* A whole graph in double precision, node after node with the references of core/check: its loss as a
 * function of its parameters, and by differences of it the gradient of any of them. */
#ifndef GRAPH_REFERENCE_H
#define GRAPH_REFERENCE_H

#include "graph/graph.h"

typedef struct graph_reference {
    const sw_graph *graph;
    int n;           /* images that are run */
    double **values; /* by value; those of the graph's inputs are to be filled */
    double **params; /* by parameter, in the layout of files; to be filled */
    sw_arena arena;
} graph_reference;

/* Makes room for everything. A failure fails the test, and so does an op that is not known here. */
void graph_reference_init(graph_reference *r, const sw_graph *graph, int n);
void graph_reference_deinit(graph_reference *r);

/* The loss, which is the output of the last node. */
double graph_reference_loss(graph_reference *r);

/* The derivative of the loss by one element of a parameter, by central differences. The step is so small that
 * hardly any ReLU or maximum changes sides; what rounding does to the difference is some 1e-8. */
double graph_reference_slope(graph_reference *r, int param, size_t i);

#endif
