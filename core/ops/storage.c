#include "ops/storage.h"

#include <stdio.h>

#include "conv/conv_engine.h"
#include "ops/ops.h"

/* Below that a value is small beside the others, and an image or a result. */
enum { LEAST_CHANNELS = 16 };

static bool takes_bfloat16(const sw_graph *graph, const sw_node *node, const sw_device_info *device)
{
    if (node->op == &sw_op_conv2d) return sw_conv2d_takes_bfloat16(graph, node, device);
    return node->op->takes_bfloat16;
}

static bool is_kept(const int *keep, int keep_count, int value)
{
    for (int i = 0; i < keep_count; i++)
        if (keep[i] == value) return true;
    return false;
}

/* Whether all ops that read the value bear it. */
static bool readers_take(const sw_graph *graph, int value, const sw_device_info *device)
{
    for (int n = 0; n < graph->node_count; n++) {
        const sw_node *node = &graph->nodes[n];
        for (int i = 0; i < node->input_count; i++)
            if (node->inputs[i] == value && !takes_bfloat16(graph, node, device)) return false;
    }
    return true;
}

void sw_storage_narrow(sw_graph *graph, const int *keep, int keep_count, const sw_device_info *device)
{
    for (int v = 0; v < graph->value_count; v++) {
        const sw_value *value = &graph->values[v];
        if (value->dtype != SW_F32 || value->producer < 0 || value->shape.c < LEAST_CHANNELS) continue;
        if (is_kept(keep, keep_count, v)) continue;
        if (!takes_bfloat16(graph, &graph->nodes[value->producer], device)) continue;
        if (readers_take(graph, v, device)) sw_graph_narrow(graph, v);
    }
}

void sw_storage_options(char text[SW_STORAGE_BYTES], sw_dtype x, sw_dtype y)
{
    snprintf(text, SW_STORAGE_BYTES, "%s%s", x == SW_BF16 ? " -DX16" : "", y == SW_BF16 ? " -DY16" : "");
}
