#include "graph_reference.h"

#include <criterion/criterion.h>

#include "check/reference.h"
#include "graph/op.h"
#include "ops/ops.h"

static void *room(graph_reference *r, size_t bytes)
{
    void *memory = sw_arena_alloc(&r->arena, bytes);
    cr_assert(memory, "out of memory");
    return memory;
}

void graph_reference_init(graph_reference *r, const sw_graph *graph, int n)
{
    *r = (graph_reference){.graph = graph, .n = n};
    r->values = room(r, (size_t)graph->value_count * sizeof *r->values);
    r->params = room(r, (size_t)(graph->param_count + 1) * sizeof *r->params);
    for (int v = 0; v < graph->value_count; v++)
        r->values[v] = room(r, sw_shape_elems(graph->values[v].shape) * sizeof(double));
    for (int p = 0; p < graph->param_count; p++)
        r->params[p] = room(r, graph->params[p].elems * sizeof(double));
}

void graph_reference_deinit(graph_reference *r)
{
    sw_arena_deinit(&r->arena);
}

/* --- nodes ------------------------------------------------------------------------------------- */

static sw_shape shape_of(const graph_reference *r, int value)
{
    sw_shape s = r->graph->values[value].shape;
    s.n = r->n;
    return s;
}

static void run_conv2d(graph_reference *r, const sw_node *node, sw_shape x, double *y)
{
    const sw_conv2d_attrs *attrs = node->attrs;
    const sw_reference_conv conv = {.x = x, .out_channels = attrs->out_channels, .kernel = attrs->kernel};
    const double *weight = r->params[node->params[0]],
                 *bias = attrs->bias ? r->params[node->params[1]] : NULL;
    for (int n = 0; n < x.n; n++)
        for (int h = 0; h < x.h; h++)
            for (int w = 0; w < x.w; w++)
                for (int o = 0; o < attrs->out_channels; o++)
                    *y++ = sw_reference_conv2d_y(&conv, r->values[node->inputs[0]], weight, bias, n, h, w, o)
                               .value;
}

static void run_batchnorm(graph_reference *r, const sw_node *node, sw_shape x, double *y)
{
    const sw_batchnorm_attrs *attrs = node->attrs;
    double mean[64], variance[64];
    cr_assert_leq(x.c, 64);
    sw_reference_batchnorm_statistics(mean, variance, r->values[node->inputs[0]], x);
    sw_reference_batchnorm_y(y, r->values[node->inputs[0]], x, mean, variance, r->params[node->params[0]],
                             r->params[node->params[1]], (double)attrs->eps, attrs->relu);
}

static void run_max_pool(graph_reference *r, const sw_node *node, sw_shape x, double *y)
{
    static uint8_t offsets[1 << 16];
    cr_assert_leq(sw_shape_elems(x), sizeof offsets);
    sw_reference_max_pool(y, offsets, r->values[node->inputs[0]], x);
}

static void run_join(graph_reference *r, const sw_node *node, double *y)
{
    const double *x[SW_MAX_INPUTS];
    sw_shape xs[SW_MAX_INPUTS];
    for (int i = 0; i < node->input_count; i++) {
        x[i] = r->values[node->inputs[i]];
        xs[i] = shape_of(r, node->inputs[i]);
    }
    if (node->op == &sw_op_concat)
        sw_reference_concat(y, x, xs, node->input_count);
    else
        sw_reference_add(y, x, node->input_count, sw_shape_elems(xs[0]),
                         ((const sw_add_attrs *)node->attrs)->relu);
}

static void run_loss(graph_reference *r, const sw_node *node, sw_shape x, double *y)
{
    static uint8_t labels[1 << 16];
    const sw_loss_attrs *attrs = node->attrs;
    const sw_reference_loss loss = {.classes = x.c, .ignore_index = attrs->ignore_index};
    cr_assert_leq(sw_shape_pixels(x), sizeof labels);
    for (size_t i = 0; i < sw_shape_pixels(x); i++) labels[i] = (uint8_t)r->values[node->inputs[1]][i];
    y[0] = sw_reference_loss_run(NULL, &loss, r->values[node->inputs[0]], labels, sw_shape_pixels(x));
}

static void run_node(graph_reference *r, const sw_node *node)
{
    const sw_shape x = shape_of(r, node->inputs[0]), ys = shape_of(r, node->outputs[0]);
    const double *from = r->values[node->inputs[0]];
    double *y = r->values[node->outputs[0]];
    if (node->op == &sw_op_conv2d)
        run_conv2d(r, node, x, y);
    else if (node->op == &sw_op_batchnorm)
        run_batchnorm(r, node, x, y);
    else if (node->op == &sw_op_max_pool)
        run_max_pool(r, node, x, y);
    else if (node->op == &sw_op_upsample)
        sw_reference_upsample(y, from, x, ys.h, ys.w);
    else if (node->op == &sw_op_concat || node->op == &sw_op_add)
        run_join(r, node, y);
    else if (node->op == &sw_op_global_average_pool)
        sw_reference_global_average_pool(y, from, x);
    else if (node->op == &sw_op_broadcast)
        sw_reference_broadcast(y, from, ys);
    else if (node->op == &sw_op_scale)
        sw_reference_scale(y, from, r->values[node->inputs[1]], x);
    else if (node->op == &sw_op_cross_entropy)
        run_loss(r, node, x, y);
    else
        cr_assert_fail("graph_reference.c does not know the op '%s'", node->op->name);
}

/* --- loss and slope ---------------------------------------------------------------------------- */

double graph_reference_loss(graph_reference *r)
{
    const sw_node *last = &r->graph->nodes[0];
    for (int n = 0; n < r->graph->node_count; n++) run_node(r, last = &r->graph->nodes[n]);
    return r->values[last->outputs[0]][0];
}

double graph_reference_slope(graph_reference *r, int param, size_t i)
{
    const double h = 0x1p-23, start = r->params[param][i];
    r->params[param][i] = start + h;
    const double above = graph_reference_loss(r);
    r->params[param][i] = start - h;
    const double below = graph_reference_loss(r);
    r->params[param][i] = start;
    return (above - below) / (2 * h);
}
