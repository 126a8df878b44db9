#include "onnx_export.h"

#include <stdlib.h>
#include <string.h>

#include "export_tensors.h"

const char *onnx_name(onnx_export *e, const sw_node *n, const char *suffix)
{
    const char *kept = sw_arena_printf(&e->arena, "%s%s", n->name, suffix);
    if (!kept) e->out.failed = true; /* reported when the graph is complete */
    return kept ? kept : "";
}

const char *onnx_input(const onnx_export *e, const sw_node *n, int i)
{
    return e->names[n->inputs[i]];
}

const char *onnx_output(const onnx_export *e, const sw_node *n, int i)
{
    return e->names[n->outputs[i]];
}

sw_shape onnx_input_shape(const onnx_export *e, const sw_node *n, int i)
{
    return e->graph->values[n->inputs[i]].shape;
}

sw_shape onnx_output_shape(const onnx_export *e, const sw_node *n, int i)
{
    return e->graph->values[n->outputs[i]].shape;
}

int onnx_readers(const onnx_export *e, int value)
{
    int readers = 0;
    for (int i = 0; i < e->graph->node_count; i++)
        for (int j = 0; j < e->graph->nodes[i].input_count; j++)
            readers += e->graph->nodes[i].inputs[j] == value;
    return readers;
}

void onnx_simple(onnx_export *e, const char *op, const char *input, const char *output)
{
    sw_str node = onnx_node_begin(op, output, input);
    onnx_node_finish(&e->out, &node);
}

void onnx_binary(onnx_export *e, const char *op, const char *first, const char *second, const char *output)
{
    sw_str node = onnx_node_begin(op, output, first);
    onnx_node_input(&node, second);
    onnx_node_finish(&e->out, &node);
}

void onnx_pad(onnx_export *e, const sw_node *n, const char *input, int more_rows, int more_columns,
              const char *mode, const char *output)
{
    const int64_t pads[] = {0, 0, 0, 0, 0, 0, more_rows, more_columns}; /* before N, C, H, W; after them */
    const char *pads_name = onnx_name(e, n, ".pads");
    onnx_whole_numbers(&e->out, pads_name, 8, pads);
    sw_str node = onnx_node_begin("Pad", output, input);
    onnx_node_input(&node, pads_name);
    if (strcmp(mode, "constant") == 0) { /* 0 is the default, which not every runtime knows */
        const char *zero = onnx_name(e, n, ".zero");
        onnx_floats(&e->out, zero, 0, NULL, (const float[]){0});
        onnx_node_input(&node, zero);
    }
    onnx_attribute_text(&node, "mode", mode);
    onnx_node_finish(&e->out, &node);
}

void onnx_reshape(onnx_export *e, const char *input, const char *shape_name, sw_shape shape,
                  const char *output)
{
    onnx_whole_numbers(&e->out, shape_name, 4, (const int64_t[]){-1, shape.c, shape.h, shape.w});
    onnx_binary(e, "Reshape", input, shape_name, output);
}

sw_status onnx_read_param(float **out, const onnx_export *e, const sw_param *param)
{
    const sw_safetensors_tensor *tensor = sw_safetensors_reader_find(e->weights, param->name);
    *out = malloc((param->elems + 1) * sizeof(float));
    if (!*out) return sw_fail_alloc(param->name, (param->elems + 1) * sizeof(float));
    sw_status status = sw_safetensors_reader_read_floats(e->weights, tensor, *out);
    if (status != SW_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

sw_status onnx_param(onnx_export *e, const sw_param *param)
{
    float *data = NULL;
    SW_ENSURE(onnx_read_param(&data, e, param));
    onnx_floats(&e->out, param->name, param->rank, param->dims, data);
    free(data);
    return SW_OK;
}

void onnx_pool_attributes(const sw_node *pool, sw_str *node)
{
    onnx_attribute_same(node, "kernel_shape", 2, pool->window);
    onnx_attribute_same(node, "strides", 2, pool->stride);
    if (pool->padding) onnx_attribute_same(node, "pads", 4, pool->padding);
}
