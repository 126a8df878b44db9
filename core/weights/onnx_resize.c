/* What enlarges without weights. Sizes are given as factors, which say nothing about the batch. */
#include <math.h>

#include "onnx_export.h"

/* The factor from `in` to `out` px, rounded up: runtimes round the product with `in` down, to `out`. */
static float factor(int in, int out)
{
    float f = (float)out / (float)in;
    while ((double)f * in < out) f = nextafterf(f, INFINITY);
    return f;
}

/* Begins a Resize from the node's input; the caller adds how, and finishes it. */
static sw_str begin_resize(onnx_export *e, const sw_node *n, float rows, float columns, const char *output)
{
    const char *scales = onnx_name(e, n, ".scales");
    onnx_floats(&e->out, scales, 1, (const int[]){4}, (const float[]){1, 1, rows, columns});
    sw_str node = onnx_node_begin("Resize", output, onnx_input(e, n, 0));
    onnx_node_input(&node, ""); /* no region of interest */
    onnx_node_input(&node, scales);
    return node;
}

/* Each pixel `rows` times `columns` times. */
static void add_repeated(onnx_export *e, const sw_node *n, int rows, int columns, const char *output)
{
    sw_str node = begin_resize(e, n, (float)rows, (float)columns, output);
    onnx_attribute_text(&node, "mode", "nearest");
    onnx_attribute_text(&node, "coordinate_transformation_mode", "asymmetric");
    onnx_attribute_text(&node, "nearest_mode", "floor");
    onnx_node_finish(&e->out, &node);
}

/* Doubles the size, and makes it one more where that is odd: the last row or column repeats. */
sw_status onnx_upsample(onnx_export *e, const sw_node *n)
{
    const sw_shape in = onnx_input_shape(e, n, 0), out = onnx_output_shape(e, n, 0);
    const int more_rows = out.h - 2 * in.h, more_columns = out.w - 2 * in.w;
    const bool odd = more_rows || more_columns;
    const char *output = onnx_output(e, n, 0), *doubled = odd ? onnx_name(e, n, ".doubled") : output;
    add_repeated(e, n, 2, 2, doubled);
    if (odd) onnx_pad(e, n, doubled, more_rows, more_columns, "edge", output);
    return SW_OK;
}

sw_status onnx_broadcast(onnx_export *e, const sw_node *n)
{
    const sw_shape out = onnx_output_shape(e, n, 0);
    add_repeated(e, n, out.h, out.w, onnx_output(e, n, 0));
    return SW_OK;
}

sw_status onnx_bilinear(onnx_export *e, const sw_node *n)
{
    const sw_bilinear_attrs *attrs = n->attrs;
    const sw_shape in = onnx_input_shape(e, n, 0), out = onnx_output_shape(e, n, 0);
    sw_str node = begin_resize(e, n, factor(in.h, out.h), factor(in.w, out.w), onnx_output(e, n, 0));
    onnx_attribute_text(&node, "mode", "linear");
    onnx_attribute_text(&node, "coordinate_transformation_mode",
                        attrs->align_corners ? "align_corners" : "half_pixel");
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}
