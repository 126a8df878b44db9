/* What the parts of the ONNX export share: the graph being written, and what every op's mapping needs.
 * onnx_ops.c says which op is written by which function. */
#ifndef WEIGHTS_ONNX_EXPORT_H
#define WEIGHTS_ONNX_EXPORT_H

#include "base/arena.h"
#include "onnx_message.h"
#include "weights/export.h"

typedef struct onnx_export {
    const sw_graph *graph;
    const sw_safetensors_reader *weights;
    bool fold_norms;
    sw_onnx_unpool unpool;
    const char **names; /* of each value */
    sw_arena arena;     /* of the names made here */
    sw_str out;         /* GraphProto */
} onnx_export;

/* Writes one node of the graph as nodes and initializers of ONNX. */
typedef sw_status onnx_mapping(onnx_export *e, const sw_node *n);

/* Returns the name "<node><suffix>", which lives as long as the export. Where memory runs out it is "", and
 * the export fails in the end. */
const char *onnx_name(onnx_export *e, const sw_node *n, const char *suffix);
const char *onnx_input(const onnx_export *e, const sw_node *n, int i);
const char *onnx_output(const onnx_export *e, const sw_node *n, int i);

/* Add a node without attributes that reads one value, or two. */
void onnx_simple(onnx_export *e, const char *op, const char *input, const char *output);
void onnx_binary(onnx_export *e, const char *op, const char *first, const char *second, const char *output);

/* Adds the node's output 0: `input` with so many rows and columns more, below and to the right. Mode:
 * "constant" with zeros, or "edge", which repeats the last ones. */
void onnx_pad(onnx_export *e, const sw_node *n, const char *input, int more_rows, int more_columns,
              const char *mode);

/* Reads a parameter's or running statistic's values, which the caller frees. */
sw_status onnx_read_param(float **out, const onnx_export *e, const sw_param *param) SW_NODISCARD;
/* Adds a parameter or running statistic to the initializers, under its own name. */
sw_status onnx_param(onnx_export *e, const sw_param *param) SW_NODISCARD;

/* Writes one node of the graph; a loss is left out. SW_E_CONFIG: the op has no counterpart in ONNX here. */
sw_status onnx_node(onnx_export *e, const sw_node *n) SW_NODISCARD;

/* Mappings that have a file of their own. */
onnx_mapping onnx_conv2d, onnx_depthwise_conv2d, onnx_batchnorm; /* onnx_conv.c */
onnx_mapping onnx_max_pool, onnx_max_unpool;                     /* onnx_unpool.c */

#endif
