/* A pool and its unpool, looked at through one channel. */
#ifndef INSPECT_POOLING_H
#define INSPECT_POOLING_H

#include <stdint.h>

#include "graph/graph.h"

/* Returns where in its window of 2x2 the maximum of a channel lay at px (y, x) of the pool's output: 0 to 3
 * in reading order. `offsets` are one image's packed words, those of max_pool (ops/ops.h), for an output
 * (H,W,C) of this shape. */
int sw_pool_place(const uint32_t *offsets, sw_shape pooled, int y, int x, int channel);

#endif
