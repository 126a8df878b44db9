/* The messages that an ONNX graph is made of: nodes with their attributes, and tensors. Texts are copied;
 * memory that runs out makes the message `failed`, and with it the graph. */
#ifndef WEIGHTS_ONNX_MESSAGE_H
#define WEIGHTS_ONNX_MESSAGE_H

#include <stdint.h>

#include "base/str.h"

enum { ONNX_FLOAT = 1 }; /* data type */

/* Begins a node, named after its first output. The caller adds attributes and further inputs and outputs
 * before onnx_node_finish. `input` NULL: the caller adds them all. */
sw_str onnx_node_begin(const char *op, const char *output, const char *input);
void onnx_node_input(sw_str *node, const char *name); /* "": an optional one that is left out */
void onnx_node_output(sw_str *node, const char *name);

void onnx_attribute_int(sw_str *node, const char *name, int64_t value);
void onnx_attribute_float(sw_str *node, const char *name, float value);
void onnx_attribute_text(sw_str *node, const char *name, const char *value);
void onnx_attribute_ints(sw_str *node, const char *name, int count, const int *values);
/* The same number `count` times: all windows are square. */
void onnx_attribute_same(sw_str *node, const char *name, int count, int value);

/* Appends the node to a GraphProto and frees it. */
void onnx_node_finish(sw_str *graph, sw_str *node);

/* Append a tensor of float32 or int64 to a GraphProto's initializers. */
void onnx_floats(sw_str *graph, const char *name, int rank, const int *dims, const float *data);
void onnx_whole_numbers(sw_str *graph, const char *name, int count, const int64_t *numbers);

#endif
