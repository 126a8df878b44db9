#include "graph/receptive_field.h"

#include <stdlib.h>

#include "graph/op.h"

enum { MOST_PERIOD = 1024 }; /* fields are compared at so many neighbouring px at least */

/* The px of a value's row (or column) that are read; empty when last < first. */
typedef struct span {
    int64_t first, last;
    bool all; /* the whole row, whatever its length */
} span;

/* How long a value's rows are, where the ends of the image count; NULL: they do not. */
typedef int (*side_length)(sw_shape shape);

static int length_of_rows(sw_shape shape)
{
    return shape.w;
}

static int length_of_columns(sw_shape shape)
{
    return shape.h;
}

/* The px of an input that a node reads to compute `made` of an output. */
static span span_read(const sw_node *node, span made)
{
    return (span){.first = made.first * node->stride / node->upscale - node->padding,
                  .last = made.last * node->stride / node->upscale - node->padding + node->window - 1,
                  .all = made.all || node->window == SW_WINDOW_ALL};
}

static bool span_is_empty(span s)
{
    return s.last < s.first && !s.all;
}

static void span_add(span *to, span more)
{
    more.all |= to->all;
    if (to->last >= to->first) {
        if (to->first < more.first) more.first = to->first;
        if (to->last > more.last) more.last = to->last;
    }
    *to = more;
}

static int64_t inside(int64_t at, int length)
{
    return at < 0 ? 0 : at < length ? at : length - 1;
}

/* What of a span there is. A layer that repeats one pixel (broadcast) reads that pixel from everywhere. */
static span span_inside(span s, int length)
{
    return s.all ? (span){0, length - 1, false}
                 : (span){inside(s.first, length), inside(s.last, length), false};
}

/* What px `at` of a value sees of every value before it, in `spans`, one a value. */
static void see(const sw_graph *graph, int value, int64_t at, side_length length, span *spans)
{
    for (int v = 0; v < graph->value_count; v++) spans[v] = (span){0, -1, false};
    spans[value] = (span){at, at, false};
    for (int n = graph->values[value].producer; n >= 0; n--) {
        const sw_node *node = &graph->nodes[n];
        for (int o = 0; o < node->output_count; o++) {
            const span made = spans[node->outputs[o]];
            if (span_is_empty(made)) continue;
            for (int i = 0; i < node->input_count; i++) {
                const int input = node->inputs[i];
                span read = span_read(node, made);
                if (length) read = span_inside(read, length(graph->values[input].shape));
                span_add(&spans[input], read);
            }
        }
    }
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The most px of an input that px `at` of a value sees. */
static int64_t px_seen(const sw_graph *graph, int value, int64_t at, span *spans)
{
    int64_t seen = 0;
    see(graph, value, at, NULL, spans);
    for (int v = 0; v < graph->value_count; v++) {
        const sw_shape s = graph->values[v].shape;
        if (graph->values[v].producer >= 0) continue;
        seen = larger(seen, spans[v].last - spans[v].first + 1);
        if (spans[v].all) seen = larger(seen, larger(s.h, s.w));
    }
    return seen;
}

static sw_status allocate_spans(span **out, const sw_graph *graph)
{
    const size_t bytes = (size_t)graph->value_count * sizeof **out;
    *out = malloc(bytes);
    return *out ? SW_OK : sw_fail_alloc("receptive fields", bytes);
}

sw_status sw_receptive_field_sides(int *sides, const sw_graph *graph)
{
    span *spans;
    SW_ENSURE(allocate_spans(&spans, graph));
    int period = 1; /* px so far apart see the same, shifted */
    for (int n = 0; n < graph->node_count && period < MOST_PERIOD; n++) period *= graph->nodes[n].upscale;
    for (int v = 0; v < graph->value_count; v++) {
        int64_t most = 0;
        for (int i = 0; i < period; i++) /* far from 0, where no position is negative */
            most = larger(most, px_seen(graph, v, (int64_t)period * 4096 + i, spans));
        sides[v] = (int)most;
    }
    free(spans);
    return SW_OK;
}

sw_status sw_receptive_field_at(sw_receptive_field *out, const sw_graph *graph, int value, int y, int x,
                                int input)
{
    span *spans;
    *out = (sw_receptive_field){0};
    SW_ENSURE(allocate_spans(&spans, graph));
    see(graph, value, y, length_of_columns, spans);
    const span rows = spans[input];
    see(graph, value, x, length_of_rows, spans);
    const span columns = spans[input];
    free(spans);
    if (span_is_empty(rows) || span_is_empty(columns)) return SW_OK;
    *out = (sw_receptive_field){.top = (int)rows.first,
                                .left = (int)columns.first,
                                .height = (int)(rows.last - rows.first + 1),
                                .width = (int)(columns.last - columns.first + 1)};
    return SW_OK;
}
