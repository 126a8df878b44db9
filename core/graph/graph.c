#include "graph/graph.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "graph/op.h"

size_t sw_shape_pixels(sw_shape s)
{
    return (size_t)s.n * (size_t)s.h * (size_t)s.w;
}

size_t sw_shape_elems(sw_shape s)
{
    return sw_shape_pixels(s) * (size_t)s.c;
}

bool sw_shape_equal(sw_shape a, sw_shape b)
{
    return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}

size_t sw_dtype_bytes(sw_dtype dtype)
{
    return dtype == SW_U8 ? 1 : dtype == SW_BF16 ? 2 : 4;
}

bool sw_dtype_is_float(sw_dtype dtype)
{
    return dtype == SW_F32 || dtype == SW_BF16;
}

void sw_graph_init(sw_graph *graph)
{
    *graph = (sw_graph){0};
}

void sw_graph_deinit(sw_graph *graph)
{
    free(graph->values);
    free(graph->nodes);
    free(graph->params);
    free(graph->states);
    sw_arena_deinit(&graph->arena);
    *graph = (sw_graph){0};
}

static sw_status add_value(int *out, sw_graph *graph, const char *name, sw_dtype dtype, sw_shape shape)
{
    if (shape.n < 1 || shape.h < 1 || shape.w < 1 || shape.c < 1)
        return sw_fail(SW_E_CONFIG, "value '%s' has the empty shape (%d,%d,%d,%d)", name, shape.n, shape.h,
                       shape.w, shape.c);
    double elems = (double)shape.n * shape.h * shape.w * shape.c;
    /* kernels index with 32 bits */
    if (elems > (double)INT_MAX)
        return sw_fail(
            SW_E_CONFIG,
            "value '%s' of shape (%d,%d,%d,%d) has %.0f elements, more than the %d a kernel can index: use a "
            "smaller batch or image",
            name, shape.n, shape.h, shape.w, shape.c, elems, INT_MAX);
    SW_ENSURE(SW_ARRAY_GROW(graph->values, graph->value_count, "the graph"));
    char *copy = sw_arena_strdup(&graph->arena, name);
    if (!copy) return SW_E_MEMORY;
    *out = graph->value_count++;
    graph->values[*out] = (sw_value){.name = copy,
                                     .dtype = dtype,
                                     .shape = shape,
                                     .bytes = sw_shape_elems(shape) * sw_dtype_bytes(dtype),
                                     .producer = -1};
    return SW_OK;
}

sw_status sw_graph_input(int *out, sw_graph *graph, const char *name, sw_dtype dtype, sw_shape shape)
{
    return add_value(out, graph, name, dtype, shape);
}

sw_status sw_node_fail(const sw_node *node, const char *fmt, ...)
{
    char message[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return sw_fail(SW_E_CONFIG, "%s '%s': %s", node->op->name, node->name, message);
}

/* A value carries a gradient when something trained lies upstream of it. */
static bool wants_gradient(const sw_graph *graph, const sw_node *node)
{
    if (node->param_count > 0) return true;
    for (int i = 0; i < node->input_count; i++)
        if ((node->op->gives_gradient & SW_BIT(i)) && graph->values[node->inputs[i]].needs_grad) return true;
    return false;
}

static sw_status check_input_count(const sw_node *node)
{
    const int least = node->op->input_count, most = node->op->most_inputs ? node->op->most_inputs : least;
    if (node->input_count >= least && node->input_count <= most) return SW_OK;
    if (most > least)
        return sw_node_fail(node, "takes %d to %d inputs, got %d", least, most, node->input_count);
    return sw_node_fail(node, "takes %d input%s, got %d", least, least == 1 ? "" : "s", node->input_count);
}

/* The node whose result a value is, and all before it. */
static void mark_deciding(sw_graph *graph, int value)
{
    const int producer = graph->values[value].producer;
    if (producer < 0 || graph->nodes[producer].decides_places) return;
    sw_node *node = &graph->nodes[producer];
    node->decides_places = true;
    for (int i = 0; i < node->input_count; i++) mark_deciding(graph, node->inputs[i]);
}

sw_status sw_graph_add(int *outputs, sw_graph *graph, const sw_op *op, const char *name, const void *attrs,
                       int input_count, const int *inputs)
{
    sw_node node = {.op = op,
                    .input_count = input_count,
                    .reads_inputs = op->backward_reads_inputs,
                    .reads_outputs = op->backward_reads_outputs,
                    .window = 1,
                    .stride = 1,
                    .upscale = 1,
                    .padding = -1};
    node.name = sw_arena_strdup(&graph->arena, name);
    if (!node.name) return SW_E_MEMORY;
    SW_ENSURE(check_input_count(&node));
    for (int i = 0; i < input_count; i++) {
        assert(inputs[i] >= 0 && inputs[i] < graph->value_count);
        node.inputs[i] = inputs[i];
    }
    if (op->attr_bytes) {
        void *copy = sw_arena_alloc(&graph->arena, op->attr_bytes);
        if (!copy) return SW_E_MEMORY;
        if (attrs) memcpy(copy, attrs, op->attr_bytes);
        node.attrs = copy;
    }
    SW_ENSURE(SW_ARRAY_GROW(graph->nodes, graph->node_count, "the graph"));
    SW_ENSURE(op->infer(graph, &node));
    assert(node.output_count == op->output_count);
    if (node.padding < 0) node.padding = node.stride > 1 ? 0 : node.window / 2;
    for (int i = 0; i < node.output_count; i++) {
        sw_value *value = &graph->values[node.outputs[i]];
        value->producer = graph->node_count;
        value->producer_output = i;
        /* packed offsets and labels have no gradient */
        value->needs_grad = value->dtype == SW_F32 && wants_gradient(graph, &node);
        if (outputs) outputs[i] = node.outputs[i];
    }
    for (int i = 0; i < input_count; i++)
        if (graph->values[inputs[i]].dtype != SW_F32) mark_deciding(graph, inputs[i]);
    graph->nodes[graph->node_count++] = node;
    return SW_OK;
}

bool sw_graph_has_op(const sw_graph *graph, const sw_op *op)
{
    for (int n = 0; n < graph->node_count; n++)
        if (graph->nodes[n].op == op) return true;
    return false;
}

size_t sw_graph_trained_elems(const sw_graph *graph)
{
    size_t total = 0;
    for (int i = 0; i < graph->param_count; i++) total += graph->params[i].elems;
    return total;
}

void sw_graph_narrow(sw_graph *graph, int value)
{
    sw_value *v = &graph->values[value];
    v->dtype = SW_BF16;
    v->bytes = sw_shape_elems(v->shape) * sw_dtype_bytes(v->dtype);
}

uint64_t sw_graph_macs(const sw_graph *graph)
{
    uint64_t total = 0;
    for (int i = 0; i < graph->node_count; i++) total += graph->nodes[i].macs;
    return total;
}

const sw_value *sw_node_input(const sw_graph *graph, const sw_node *node, int i)
{
    assert(i < node->input_count);
    return &graph->values[node->inputs[i]];
}

sw_status sw_node_add_output(sw_graph *graph, sw_node *node, const char *suffix, sw_dtype dtype,
                             sw_shape shape)
{
    assert(node->output_count < SW_MAX_OUTPUTS);
    char name[256];
    if (suffix)
        snprintf(name, sizeof name, "%s.%s", node->name, suffix);
    else
        snprintf(name, sizeof name, "%s", node->name);
    int value = -1;
    sw_status status = add_value(&value, graph, name, dtype, shape);
    if (status == SW_OK) node->outputs[node->output_count++] = value;
    return status;
}

static size_t align_elems(size_t elems)
{
    return (elems + SW_PARAM_ALIGN_ELEMS - 1) / SW_PARAM_ALIGN_ELEMS * SW_PARAM_ALIGN_ELEMS;
}

sw_status sw_node_add_param(sw_graph *graph, sw_node *node, const char *suffix, sw_param_layout layout,
                            int rank, const int *dims, sw_init_kind init, int fan_in)
{
    assert(node->param_count < SW_MAX_PARAMS && rank >= 1 && rank <= 4);
    SW_ENSURE(SW_ARRAY_GROW(graph->params, graph->param_count, "the graph"));
    sw_param param = {.layout = layout, .rank = rank, .init = init, .fan_in = fan_in, .elems = 1};
    param.name = sw_arena_printf(&graph->arena, "%s.%s", node->name, suffix);
    if (!param.name) return SW_E_MEMORY;
    for (int i = 0; i < rank; i++) {
        param.dims[i] = dims[i];
        param.elems *= (size_t)dims[i];
    }
    param.offset_elems = graph->param_elems;
    graph->param_elems += align_elems(param.elems);
    node->params[node->param_count++] = graph->param_count;
    graph->params[graph->param_count++] = param;
    return SW_OK;
}

sw_status sw_node_add_state(sw_graph *graph, sw_node *node, const char *suffix, int elems, sw_init_kind init)
{
    assert(node->state_count < SW_MAX_STATES);
    SW_ENSURE(SW_ARRAY_GROW(graph->states, graph->state_count, "the graph"));
    sw_param state = {
        .layout = SW_LAYOUT_PLAIN, .rank = 1, .dims = {elems}, .init = init, .elems = (size_t)elems};
    state.name = sw_arena_printf(&graph->arena, "%s.%s", node->name, suffix);
    if (!state.name) return SW_E_MEMORY;
    state.offset_elems = graph->state_elems;
    graph->state_elems += align_elems(state.elems);
    node->states[node->state_count++] = graph->state_count;
    graph->states[graph->state_count++] = state;
    return SW_OK;
}

void sw_node_add_saved(sw_graph *graph, sw_node *node, size_t bytes)
{
    assert(node->saved_count < SW_MAX_SAVED);
    int i = node->saved_count++;
    node->saved_bytes[i] = bytes;
    node->saved_offset[i] = graph->saved_bytes;
    graph->saved_bytes += align_elems((bytes + 3) / 4) * 4;
}

void sw_node_label(char *text, size_t text_bytes, const sw_node *node)
{
    if (node->op->label)
        node->op->label(text, text_bytes, node);
    else if (node->window > 1 && node->stride == 1)
        snprintf(text, text_bytes, "%s %dx%d", node->op->name, node->window, node->window);
    else
        snprintf(text, text_bytes, "%s", node->op->name);
}

sw_status sw_graph_dot(char **out, const sw_graph *graph)
{
    sw_str s = {0};
    sw_str_append(
        &s, "digraph segwork {\n  rankdir=TB;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n"
            "  edge [fontname=\"sans-serif\", fontsize=9];\n");
    for (int i = 0; i < graph->value_count; i++)
        if (graph->values[i].producer < 0)
            sw_str_printf(&s, "  v%d [label=\"%s\", shape=ellipse];\n", i, graph->values[i].name);
    for (int i = 0; i < graph->node_count; i++) {
        const sw_node *node = &graph->nodes[i];
        char label[32];
        sw_node_label(label, sizeof label, node);
        sw_str_printf(&s, "  n%d [label=\"%s\\n%s\"];\n", i, node->name, label);
        for (int k = 0; k < node->input_count; k++) {
            const sw_value *value = &graph->values[node->inputs[k]];
            bool is_input = value->producer < 0;
            sw_str_printf(&s, "  %c%d -> n%d [label=\"%dx%dx%d\"%s];\n", is_input ? 'v' : 'n',
                          is_input ? node->inputs[k] : value->producer, i, value->shape.h, value->shape.w,
                          value->shape.c, value->dtype == SW_U32 ? ", style=dashed" : "");
        }
    }
    sw_str_append(&s, "}\n");
    return sw_str_take(out, &s);
}
