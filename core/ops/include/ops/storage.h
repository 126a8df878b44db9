/* Which activations of a network are kept as bfloat16. */
#ifndef OPS_STORAGE_H
#define OPS_STORAGE_H

#include "cl/device.h"
#include "graph/graph.h"

/* A value of fewer is small beside the others, and an image or a result: it stays float32. */
enum { SW_STORAGE_LEAST_CHANNELS = 16 };

/* Makes bfloat16 of what a training graph has of activations, and so of their gradients: values of 16
 * channels or more and several pixels that only ops make and read which bear it on the device. Others stay
 * float32: inputs of the graph, logits, the `keep` values, which the host reads, and what the losses read.
 * `device` NULL: any CPU. */
sw_status sw_storage_narrow(sw_graph *graph, const int *keep, int keep_count,
                            const sw_device_info *device) SW_NODISCARD;

#endif
