#include "ops/storage.h"

#include <stdlib.h>

#include "conv/conv_engine.h"
#include "ops/ops.h"

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

/* A bias is added to what the convolution has written, which would be rounded twice. */
static bool rounds_once(const sw_node *producer)
{
    return producer->op != &sw_op_conv2d || producer->param_count == 1;
}

/* Whether the value may be bfloat16 for its own sake. */
static bool is_candidate(const sw_graph *graph, int value, const int *keep, int keep_count,
                         const sw_device_info *device)
{
    const sw_value *v = &graph->values[value];
    if (v->dtype != SW_F32 || v->producer < 0 || is_kept(keep, keep_count, value)) return false;
    if (v->shape.c < SW_STORAGE_LEAST_CHANNELS || v->shape.h * v->shape.w == 1) return false;
    const sw_node *producer = &graph->nodes[v->producer];
    return rounds_once(producer) && takes_bfloat16(graph, producer, device) &&
           readers_take(graph, value, device);
}

/* Of an op with a variable number of inputs, whose kernels read them all in one way, one input that stays
 * float32 keeps the others so. Returns whether it did. */
static bool make_alike(bool *narrow, const sw_node *node)
{
    bool all = true, changed = false;
    if (node->op->most_inputs == 0) return false;
    for (int i = 0; i < node->input_count; i++) all &= narrow[node->inputs[i]];
    for (int i = 0; i < node->input_count && !all; i++) {
        changed |= narrow[node->inputs[i]];
        narrow[node->inputs[i]] = false;
    }
    return changed;
}

sw_status sw_storage_narrow(sw_graph *graph, const int *keep, int keep_count, const sw_device_info *device)
{
    bool *narrow = calloc((size_t)graph->value_count, sizeof *narrow), changed = true;
    if (!narrow) return sw_fail_alloc("how activations are kept", (size_t)graph->value_count);
    for (int v = 0; v < graph->value_count; v++) narrow[v] = is_candidate(graph, v, keep, keep_count, device);
    while (changed) {
        changed = false;
        for (int n = 0; n < graph->node_count; n++) changed |= make_alike(narrow, &graph->nodes[n]);
    }
    for (int v = 0; v < graph->value_count; v++)
        if (narrow[v]) sw_graph_narrow(graph, v);
    free(narrow);
    return SW_OK;
}
