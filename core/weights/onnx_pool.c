/* Pooling; what max unpooling needs of it is in onnx_unpool.c. */
#include "onnx_export.h"

/* Padding behind one axis: as much as before, if that leaves as many windows as there are, else what the last
 * of them needs to lie inside. */
static int padding_behind(const sw_node *pool, int in, int out)
{
    const int windows = (in + 2 * pool->padding - pool->window) / pool->stride + 1;
    const int more = (out - 1) * pool->stride + pool->window - in - pool->padding;
    if (windows == out) return pool->padding;
    return more > 0 ? more : 0;
}

void onnx_pool_attributes(const onnx_export *e, const sw_node *pool, sw_str *node)
{
    const sw_shape in = onnx_input_shape(e, pool, 0), out = onnx_output_shape(e, pool, 0);
    const int pads[] = {pool->padding, pool->padding, padding_behind(pool, in.h, out.h),
                        padding_behind(pool, in.w, out.w)};
    onnx_attribute_same(node, "kernel_shape", 2, pool->window);
    onnx_attribute_same(node, "strides", 2, pool->stride);
    if (pads[0] || pads[2] || pads[3]) onnx_attribute_ints(node, "pads", 4, pads);
}

/* A window that lies partly outside has the mean of what is inside: the same as with the last row and column
 * twice. (Padding on one side alone is not known to all runtimes in an AveragePool.) */
sw_status onnx_average_pool(onnx_export *e, const sw_node *n)
{
    const sw_shape in = onnx_input_shape(e, n, 0), out = onnx_output_shape(e, n, 0);
    const int rows = 2 * out.h > in.h, columns = 2 * out.w > in.w;
    const char *input = onnx_input(e, n, 0);
    if (rows || columns) {
        const char *padded = onnx_name(e, n, ".padded");
        onnx_pad(e, n, input, rows, columns, "edge", padded);
        input = padded;
    }
    sw_str node = onnx_node_begin("AveragePool", onnx_output(e, n, 0), input);
    onnx_attribute_same(&node, "kernel_shape", 2, 2);
    onnx_attribute_same(&node, "strides", 2, 2);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}

sw_status onnx_max_pool(onnx_export *e, const sw_node *n)
{
    if (onnx_readers(e, n->outputs[1])) return onnx_max_pool_with_offsets(e, n);
    sw_str node = onnx_node_begin("MaxPool", onnx_output(e, n, 0), onnx_input(e, n, 0));
    onnx_pool_attributes(e, n, &node);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}
