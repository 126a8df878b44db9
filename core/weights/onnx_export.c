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
              const char *mode)
{
    const int64_t pads[] = {0, 0, 0, 0, 0, 0, more_rows, more_columns}; /* before N, C, H, W; after them */
    const char *pads_name = onnx_name(e, n, ".pads");
    onnx_whole_numbers(&e->out, pads_name, 8, pads);
    sw_str node = onnx_node_begin("Pad", onnx_output(e, n, 0), input);
    onnx_node_input(&node, pads_name);
    if (strcmp(mode, "constant") == 0) { /* 0 is the default, which not every runtime knows */
        const char *zero = onnx_name(e, n, ".zero");
        onnx_floats(&e->out, zero, 0, NULL, (const float[]){0});
        onnx_node_input(&node, zero);
    }
    onnx_attribute_text(&node, "mode", mode);
    onnx_node_finish(&e->out, &node);
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
