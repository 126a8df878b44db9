/* Weights files of networks for tests, with values that follow from a rule. Without Criterion, so that fuzz
 * targets can use it. */
#ifndef GRAPH_WEIGHTS_H
#define GRAPH_WEIGHTS_H

#include "graph/graph.h"
#include "weights/safetensors.h"

/* Value i of the network's tensor number `tensor`: parameters from 0 on, running statistics from 100 on. All
 * are positive, as a variance must be. */
float graph_weights_value(size_t tensor, size_t i);

/* Writes the graph's tensors, the norms' counters, and what an optimiser and averages keep; without the last
 * parameter where `all` is false. */
sw_status graph_weights_write(const char *path, const sw_graph *g, bool all) SW_NODISCARD;

#endif
