/* Pooling; what max unpooling needs of it is in onnx_unpool.c. */
#include "onnx_export.h"

/* What an axis lacks for its last window, which with `ceil` may lie partly outside. */
static int lacking(const sw_node *pool, int in, int out)
{
    const int more = (out - 1) * pool->stride + pool->window - in - 2 * pool->padding;
    return more > 0 ? more : 0;
}

sw_shape onnx_pool_padded_shape(const onnx_export *e, const sw_node *pool)
{
    const sw_shape out = onnx_output_shape(e, pool, 0);
    sw_shape x = onnx_input_shape(e, pool, 0);
    x.h += lacking(pool, x.h, out.h);
    x.w += lacking(pool, x.w, out.w);
    return x;
}

const char *onnx_pool_input(onnx_export *e, const sw_node *pool)
{
    const sw_shape in = onnx_input_shape(e, pool, 0), whole = onnx_pool_padded_shape(e, pool);
    if (whole.h == in.h && whole.w == in.w) return onnx_input(e, pool, 0);
    const char *padded = onnx_name(e, pool, ".padded");
    onnx_pad(e, pool, onnx_input(e, pool, 0), whole.h - in.h, whole.w - in.w, "edge", padded);
    return padded;
}

static void add_pool(onnx_export *e, const sw_node *n, const char *op)
{
    const char *input = onnx_pool_input(e, n);
    sw_str node = onnx_node_begin(op, onnx_output(e, n, 0), input);
    onnx_pool_attributes(n, &node);
    onnx_node_finish(&e->out, &node);
}

sw_status onnx_average_pool(onnx_export *e, const sw_node *n)
{
    add_pool(e, n, "AveragePool");
    return SW_OK;
}

sw_status onnx_plain_max_pool(onnx_export *e, const sw_node *n)
{
    add_pool(e, n, "MaxPool");
    return SW_OK;
}
