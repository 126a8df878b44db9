/* Which activations of a network are kept as bfloat16, and how kernels are told (cl_kernels/common.clh). */
#ifndef OPS_STORAGE_H
#define OPS_STORAGE_H

#include "cl/device.h"
#include "graph/graph.h"

/* Makes bfloat16 of what a training graph has of activations, and so of their gradients: values of 16
 * channels or more that only ops make and read which bear it on the device. Others stay float32: inputs of
 * the graph, logits, the `keep` values, which the host reads, and what the losses read. `device` NULL: any
 * CPU. */
void sw_storage_narrow(sw_graph *graph, const int *keep, int keep_count, const sw_device_info *device);

enum { SW_STORAGE_BYTES = 16 };
/* The build options for a kernel that reads activations of one kind, its x, and writes another, its y: "",
 * " -DX16", " -DY16" or " -DX16 -DY16". */
void sw_storage_options(char text[SW_STORAGE_BYTES], sw_dtype x, sw_dtype y);

#endif
