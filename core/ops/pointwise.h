/* What ops share whose output is made of its input value by value, in vectors of an image's values. */
#ifndef OPS_POINTWISE_H
#define OPS_POINTWISE_H

#include "ops/call.h"

/* Declares output 0 as a tensor of floats of input 0's shape. */
sw_status sw_pointwise_infer(sw_graph *graph, sw_node *node) SW_NODISCARD;

/* The vector width for the values of an image, whatever its channels. */
int sw_pointwise_vec(const sw_call *call);

/* A launch of a work-item for each vector of so many floats: those of an image along x, images along y. */
sw_ndrange sw_pointwise_ndrange(const sw_call *call, int vec);

/* Whether output 0 is better written past the caches. */
bool sw_pointwise_streams(const sw_call *call);

#endif
