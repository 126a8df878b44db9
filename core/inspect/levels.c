#include "inspect/levels.h"

#include "ops/ops.h"

static bool same_size(sw_shape a, sw_shape b)
{
    return a.h == b.h && a.w == b.w;
}

/* What the layer that makes a channel a class reads: behind it may come a norm, or an enlargement. */
static int find_features(const sw_graph *graph, int logits)
{
    int value = logits;
    while (graph->values[value].producer >= 0 &&
           graph->values[value].shape.c == graph->values[logits].shape.c)
        value = graph->nodes[graph->values[value].producer].inputs[0];
    return value;
}

/* Ends a level whose last value is this one. */
static void close_level(sw_levels *levels, const sw_graph *graph, int value, int logits)
{
    const sw_shape shape = graph->values[value].shape;
    if (value == logits) value = find_features(graph, logits);
    if (!same_size(graph->values[value].shape, shape) || graph->values[value].producer < 0) return;
    if ((shape.h == 1 && shape.w == 1) || levels->count == SW_MAX_LEVELS) return;
    levels->list[levels->count++] = (sw_level){value, graph->values[value].producer};
}

static void find_unpooling(sw_levels *levels, const sw_graph *graph, int n)
{
    const sw_node *node = &graph->nodes[n];
    const int pool = node->op == &sw_op_max_unpool ? graph->values[node->inputs[1]].producer : -1;
    if (pool < 0 || graph->nodes[pool].op != &sw_op_max_pool || levels->unpooling_count == SW_MAX_UNPOOLS)
        return;
    levels->unpoolings[levels->unpooling_count++] = (sw_unpooling){pool, n};
}

void sw_levels_find(sw_levels *out, const sw_graph *graph, int logits)
{
    int last = -1;
    *out = (sw_levels){0};
    for (int n = 0; n < graph->node_count; n++) {
        const int value = graph->nodes[n].outputs[0];
        find_unpooling(out, graph, n);
        if (last >= 0 && !same_size(graph->values[last].shape, graph->values[value].shape))
            close_level(out, graph, last, logits);
        last = value;
    }
    if (last >= 0) close_level(out, graph, last, logits);
}

static int add(int *values, int count, int value)
{
    for (int i = 0; i < count; i++)
        if (values[i] == value) return count;
    values[count] = value;
    return count + 1;
}

int sw_levels_values(int *out, const sw_levels *levels, const sw_graph *graph, int logits)
{
    int count = add(out, 0, logits);
    for (int i = 0; i < levels->count; i++) count = add(out, count, levels->list[i].value);
    for (int i = 0; i < levels->unpooling_count; i++) {
        const sw_node *pool = &graph->nodes[levels->unpoolings[i].pool],
                      *unpool = &graph->nodes[levels->unpoolings[i].unpool];
        const int values[] = {pool->inputs[0], pool->outputs[0], pool->outputs[1], unpool->inputs[0],
                              unpool->outputs[0]};
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) count = add(out, count, values[v]);
    }
    return count;
}
