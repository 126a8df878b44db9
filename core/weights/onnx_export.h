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
    int logits;         /* the value that is the file's output */
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

sw_shape onnx_input_shape(const onnx_export *e, const sw_node *n, int i);
sw_shape onnx_output_shape(const onnx_export *e, const sw_node *n, int i);
/* How many inputs of nodes the value is. */
int onnx_readers(const onnx_export *e, int value);

/* Add a node without attributes that reads one value, or two. */
void onnx_simple(onnx_export *e, const char *op, const char *input, const char *output);
void onnx_binary(onnx_export *e, const char *op, const char *first, const char *second, const char *output);

/* Adds "<node>.pads" and, named `output`, the input with so many rows and columns more, below and to the
 * right. Mode: "constant" with zeros, or "edge", which repeats the last ones. */
void onnx_pad(onnx_export *e, const sw_node *n, const char *input, int more_rows, int more_columns,
              const char *mode, const char *output);

/* Adds `shape_name` and, named `output`, the input in that shape; shape.n does not matter, as any batch will
 * do. */
void onnx_reshape(onnx_export *e, const char *input, const char *shape_name, sw_shape shape,
                  const char *output);

/* Reads a parameter's or running statistic's values, which the caller frees. */
sw_status onnx_read_param(float **out, const onnx_export *e, const sw_param *param) SW_NODISCARD;
/* Adds a parameter or running statistic to the initializers, under its own name. */
sw_status onnx_param(onnx_export *e, const sw_param *param) SW_NODISCARD;

/* Writes one node of the graph; a loss is left out. SW_E_CONFIG: the op has no counterpart in ONNX here. */
sw_status onnx_node(onnx_export *e, const sw_node *n) SW_NODISCARD;

/* What a pool's windows are of, and its shape: the pool's input, or where a last window lies partly outside,
 * the input with its last rows and columns repeated, which changes no maximum, and no mean of two of them.
 * (About ceil_mode, and about padding on one side alone, runtimes differ.) Adds the nodes that it needs. */
const char *onnx_pool_input(onnx_export *e, const sw_node *pool);
sw_shape onnx_pool_padded_shape(const onnx_export *e, const sw_node *pool);
/* Sets the window, stride and padding of a pool. */
void onnx_pool_attributes(const sw_node *pool, sw_str *node);

/* A max_pool whose offsets nothing reads. */
onnx_mapping onnx_plain_max_pool;

/* Mappings that have a file of their own. */
onnx_mapping onnx_conv2d, onnx_depthwise_conv2d, onnx_conv_transpose2d; /* onnx_conv.c */
onnx_mapping onnx_batchnorm;                                            /* onnx_conv.c */
onnx_mapping onnx_group_norm, onnx_local_response_norm;                 /* onnx_norm.c */
onnx_mapping onnx_average_pool;                                         /* onnx_pool.c */
onnx_mapping onnx_bilinear, onnx_broadcast, onnx_upsample;              /* onnx_resize.c */
onnx_mapping onnx_max_pool, onnx_max_unpool;                            /* onnx_unpool.c */

#endif
