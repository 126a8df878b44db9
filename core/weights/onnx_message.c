#include "onnx_message.h"

#include "base/protobuf.h"

/* Field numbers and enumerations of onnx.proto. */
enum { GRAPH_NODE = 1, GRAPH_INITIALIZER = 5 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_F = 2, ATTRIBUTE_I = 3, ATTRIBUTE_S = 4, ATTRIBUTE_INTS = 8 };
enum { ATTRIBUTE_TYPE = 20, TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_INTS = 7 };
enum { TENSOR_DIMS = 1, TENSOR_DATA_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW_DATA = 9 };
enum { DATA_INT64 = 7 };

/* --- attributes and nodes ---------------------------------------------------------------- */

static void attribute(sw_str *node, const char *name, int type, sw_str *value)
{
    sw_str message = {0};
    sw_protobuf_text(&message, ATTRIBUTE_NAME, name);
    sw_str_append_bytes(&message, value->text, value->length);
    message.failed |= value->failed;
    sw_str_deinit(value);
    sw_protobuf_int(&message, ATTRIBUTE_TYPE, type);
    sw_protobuf_message(node, NODE_ATTRIBUTE, &message);
}

void onnx_attribute_int(sw_str *node, const char *name, int64_t value)
{
    sw_str field = {0};
    sw_protobuf_int(&field, ATTRIBUTE_I, value);
    attribute(node, name, TYPE_INT, &field);
}

void onnx_attribute_float(sw_str *node, const char *name, float value)
{
    sw_str field = {0};
    sw_protobuf_float(&field, ATTRIBUTE_F, value);
    attribute(node, name, TYPE_FLOAT, &field);
}

void onnx_attribute_text(sw_str *node, const char *name, const char *value)
{
    sw_str field = {0};
    sw_protobuf_text(&field, ATTRIBUTE_S, value);
    attribute(node, name, TYPE_STRING, &field);
}

void onnx_attribute_ints(sw_str *node, const char *name, int count, const int *values)
{
    sw_str field = {0};
    for (int i = 0; i < count; i++) sw_protobuf_int(&field, ATTRIBUTE_INTS, values[i]);
    attribute(node, name, TYPE_INTS, &field);
}

void onnx_attribute_same(sw_str *node, const char *name, int count, int value)
{
    sw_str field = {0};
    for (int i = 0; i < count; i++) sw_protobuf_int(&field, ATTRIBUTE_INTS, value);
    attribute(node, name, TYPE_INTS, &field);
}

sw_str onnx_node_begin(const char *op, const char *output, const char *input)
{
    sw_str node = {0};
    sw_protobuf_text(&node, NODE_OP_TYPE, op);
    sw_protobuf_text(&node, NODE_NAME, output);
    sw_protobuf_text(&node, NODE_OUTPUT, output);
    if (input) sw_protobuf_text(&node, NODE_INPUT, input);
    return node;
}

void onnx_node_input(sw_str *node, const char *name)
{
    sw_protobuf_text(node, NODE_INPUT, name);
}

void onnx_node_output(sw_str *node, const char *name)
{
    sw_protobuf_text(node, NODE_OUTPUT, name);
}

void onnx_node_finish(sw_str *graph, sw_str *node)
{
    sw_protobuf_message(graph, GRAPH_NODE, node);
}

/* --- tensors ----------------------------------------------------------------------------- */

void onnx_floats(sw_str *graph, const char *name, int rank, const int *dims, const float *data)
{
    sw_str tensor = {0};
    size_t elems = 1;
    for (int i = 0; i < rank; i++) {
        sw_protobuf_int(&tensor, TENSOR_DIMS, dims[i]);
        elems *= (size_t)dims[i];
    }
    sw_protobuf_int(&tensor, TENSOR_DATA_TYPE, ONNX_FLOAT);
    sw_protobuf_text(&tensor, TENSOR_NAME, name);
    sw_protobuf_bytes(&tensor, TENSOR_RAW_DATA, data, elems * sizeof *data);
    sw_protobuf_message(graph, GRAPH_INITIALIZER, &tensor);
}

void onnx_whole_numbers(sw_str *graph, const char *name, int count, const int64_t *numbers)
{
    sw_str tensor = {0};
    sw_protobuf_int(&tensor, TENSOR_DIMS, count);
    sw_protobuf_int(&tensor, TENSOR_DATA_TYPE, DATA_INT64);
    sw_protobuf_text(&tensor, TENSOR_NAME, name);
    sw_protobuf_bytes(&tensor, TENSOR_RAW_DATA, numbers, (size_t)count * sizeof *numbers);
    sw_protobuf_message(graph, GRAPH_INITIALIZER, &tensor);
}
