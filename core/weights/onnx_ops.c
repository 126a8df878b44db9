/* Which op is written by which function, and the ops that take a few lines. */
#include "onnx_export.h"

static sw_status average_pool(onnx_export *e, const sw_node *n)
{
    sw_str node = onnx_node_begin("AveragePool", onnx_output(e, n, 0), onnx_input(e, n, 0));
    onnx_attribute_ints(&node, "kernel_shape", 2, 2);
    onnx_attribute_ints(&node, "strides", 2, 2);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}

/* Doubles the size, and makes it one more where that is odd: the last row or column repeats. */
static sw_status upsample(onnx_export *e, const sw_node *n)
{
    static const float scales[] = {1, 1, 2, 2};
    sw_shape in = e->graph->values[n->inputs[0]].shape, out = e->graph->values[n->outputs[0]].shape;
    const int more_rows = out.h - 2 * in.h, more_columns = out.w - 2 * in.w;
    const bool odd = more_rows || more_columns;
    const char *doubled = odd ? onnx_name(e, n, ".doubled") : onnx_output(e, n, 0);
    const char *scales_name = onnx_name(e, n, ".scales");
    onnx_floats(&e->out, scales_name, 1, (const int[]){4}, scales);
    sw_str node = onnx_node_begin("Resize", doubled, onnx_input(e, n, 0));
    onnx_node_input(&node, ""); /* no region of interest */
    onnx_node_input(&node, scales_name);
    onnx_attribute_text(&node, "mode", "nearest");
    onnx_attribute_text(&node, "coordinate_transformation_mode", "asymmetric");
    onnx_attribute_text(&node, "nearest_mode", "floor");
    onnx_node_finish(&e->out, &node);
    if (odd) onnx_pad(e, n, doubled, more_rows, more_columns, "edge");
    return SW_OK;
}

static const struct {
    const sw_op *op;
    onnx_mapping *write;
} mappings[] = {
    {&sw_op_average_pool, average_pool}, {&sw_op_batchnorm, onnx_batchnorm},
    {&sw_op_conv2d, onnx_conv2d},        {&sw_op_depthwise_conv2d, onnx_depthwise_conv2d},
    {&sw_op_max_pool, onnx_max_pool},    {&sw_op_max_unpool, onnx_max_unpool},
    {&sw_op_upsample, upsample},
};

sw_status onnx_node(onnx_export *e, const sw_node *n)
{
    if (n->op->is_loss) return SW_OK;
    for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++)
        if (mappings[i].op == n->op) return mappings[i].write(e, n);
    return sw_node_fail(n, "has no counterpart in ONNX here");
}
