/* Max pooling and unpooling, in one of two ways.
 *
 * max: ONNX' MaxPool with indices, and MaxUnpool. Few runtimes have MaxUnpool; onnxruntime does.
 *
 * basic: ops that every runtime has. With a, b, c, d the four places of each 2x2 window in rows, and m =
 * MaxPool their maximum, the pool leaves three arrays of its output's size that are 1 where a place is not
 * the maximum:
 *
 *     not_a = Cast(Less(a, m))     not_b = Cast(Less(b, m))     not_c = Cast(Less(c, m))
 *
 * a, b, c are slices of step 2. Of several equal maxima the first in rows counts, as in segwork, because the
 * unpooling asks them in that order. Its input v goes to the first place that is the maximum:
 *
 *     after_a = v not_a            at_a = v - after_a           what is placed, and what is left to place
 *     after_b = after_a not_b      at_b = after_a - after_b
 *     after_c = after_b not_c      at_c = after_b - after_c     at_d = after_c
 *
 * Every value is v or 0, so nothing is rounded. The four are joined in channels, and DepthToSpace puts them
 * back into their windows. A row or column that the pool dropped is padded with zeros. Everything but
 * MaxPool, DepthToSpace and the padding runs on a quarter of the elements; Resize with a mask of the full
 * size would take more passes over memory. The batch stays free, because no op needs to know it.
 *
 * Differs from segwork only where a value is not finite: v infinite gives NaN, and a NaN in a window counts
 * in whatever place the runtime's MaxPool and Less make of it. */
#include "onnx_export.h"

enum { PLACES_ASKED = 3 }; /* a value that is at none of them is at the fourth place */

/* Suffixes of names; all but the first belong to the unpooling. */
static const char *const not_at[PLACES_ASKED] = {".not_a", ".not_b", ".not_c"};
static const char *const after[PLACES_ASKED] = {".after_a", ".after_b", ".after_c"};
static const char *const at[PLACES_ASKED] = {".at_a", ".at_b", ".at_c"};

static void attributes_2x2(sw_str *node)
{
    onnx_attribute_ints(node, "kernel_shape", 2, 2);
    onnx_attribute_ints(node, "strides", 2, 2);
}

static const sw_node *pool_of(const onnx_export *e, const sw_node *unpool)
{
    return &e->graph->nodes[e->graph->values[unpool->inputs[1]].producer];
}

static sw_shape shape_of(const onnx_export *e, int value)
{
    return e->graph->values[value].shape;
}

/* --- max --------------------------------------------------------------------------------- */

/* Indices count through the whole batch, and the unpooling that takes them counts in the same way. It also
 * takes the input's shape, so that any batch size will do. */
static void add_pool_with_indices(onnx_export *e, const sw_node *n)
{
    const char *input = onnx_input(e, n, 0);
    sw_str node = onnx_node_begin("MaxPool", onnx_output(e, n, 0), NULL);
    onnx_node_output(&node, onnx_output(e, n, 1));
    onnx_node_input(&node, input);
    attributes_2x2(&node);
    onnx_node_finish(&e->out, &node);
    onnx_simple(e, "Shape", input, onnx_name(e, n, ".shape"));
}

static void add_unpool_of_indices(onnx_export *e, const sw_node *n)
{
    sw_str node = onnx_node_begin("MaxUnpool", onnx_output(e, n, 0), onnx_input(e, n, 0));
    onnx_node_input(&node, onnx_input(e, n, 1));
    onnx_node_input(&node, onnx_name(e, pool_of(e, n), ".shape"));
    attributes_2x2(&node);
    onnx_node_finish(&e->out, &node);
}

/* --- basic ------------------------------------------------------------------------------- */

/* One place of every window: rows and columns from (place / 2, place % 2) in steps of 2. */
static const char *add_place(onnx_export *e, const sw_node *pool, int place)
{
    static const char *const suffixes[] = {".a", ".b", ".c"};
    static const char *const first[] = {".first_a", ".first_b", ".first_c"};
    const sw_shape out = shape_of(e, pool->outputs[0]);
    const int64_t begin[] = {place / 2, place % 2}, end[] = {2 * out.h, 2 * out.w};
    const char *begin_name = onnx_name(e, pool, first[place]), *end_name = onnx_name(e, pool, ".end");
    const char *axes_name = onnx_name(e, pool, ".axes"), *steps_name = onnx_name(e, pool, ".steps");
    const char *output = onnx_name(e, pool, suffixes[place]);
    onnx_whole_numbers(&e->out, begin_name, 2, begin);
    if (place == 0) {
        onnx_whole_numbers(&e->out, end_name, 2, end);
        onnx_whole_numbers(&e->out, axes_name, 2, (const int64_t[]){2, 3});
        onnx_whole_numbers(&e->out, steps_name, 2, (const int64_t[]){2, 2});
    }
    sw_str node = onnx_node_begin("Slice", output, onnx_input(e, pool, 0));
    onnx_node_input(&node, begin_name);
    onnx_node_input(&node, end_name);
    onnx_node_input(&node, axes_name);
    onnx_node_input(&node, steps_name);
    onnx_node_finish(&e->out, &node);
    return output;
}

static void add_pool_with_masks(onnx_export *e, const sw_node *n)
{
    static const char *const less[PLACES_ASKED] = {".less_a", ".less_b", ".less_c"};
    const char *maximum = onnx_output(e, n, 0);
    sw_str node = onnx_node_begin("MaxPool", maximum, onnx_input(e, n, 0));
    attributes_2x2(&node);
    onnx_node_finish(&e->out, &node);
    for (int place = 0; place < PLACES_ASKED; place++) {
        const char *is_less = onnx_name(e, n, less[place]);
        onnx_binary(e, "Less", add_place(e, n, place), maximum, is_less);
        node = onnx_node_begin("Cast", onnx_name(e, n, not_at[place]), is_less);
        onnx_attribute_int(&node, "to", ONNX_FLOAT);
        onnx_node_finish(&e->out, &node);
    }
}

/* Places the input's values; joined[] are the four arrays in the order of their places. */
static void add_placed(onnx_export *e, const sw_node *n, const char *joined[PLACES_ASKED + 1])
{
    const sw_node *pool = pool_of(e, n);
    const char *left = onnx_input(e, n, 0);
    for (int place = 0; place < PLACES_ASKED; place++) {
        const char *rest = onnx_name(e, n, after[place]);
        joined[place] = onnx_name(e, n, at[place]);
        onnx_binary(e, "Mul", left, onnx_name(e, pool, not_at[place]), rest);
        onnx_binary(e, "Sub", left, rest, joined[place]);
        left = rest;
    }
    joined[PLACES_ASKED] = left;
}

static void add_unpool_of_masks(onnx_export *e, const sw_node *n)
{
    const sw_shape in = shape_of(e, n->inputs[0]), out = shape_of(e, n->outputs[0]);
    const int more_rows = out.h - 2 * in.h, more_columns = out.w - 2 * in.w;
    const bool odd = more_rows || more_columns;
    const char *output = onnx_output(e, n, 0), *doubled = odd ? onnx_name(e, n, ".doubled") : output;
    const char *joined[PLACES_ASKED + 1], *together = onnx_name(e, n, ".together");
    add_placed(e, n, joined);
    sw_str node = onnx_node_begin("Concat", together, joined[0]);
    for (int place = 1; place <= PLACES_ASKED; place++) onnx_node_input(&node, joined[place]);
    onnx_attribute_int(&node, "axis", 1);
    onnx_node_finish(&e->out, &node);
    node = onnx_node_begin("DepthToSpace", doubled, together);
    onnx_attribute_int(&node, "blocksize", 2);
    onnx_attribute_text(&node, "mode", "DCR"); /* the place in the window before the channel */
    onnx_node_finish(&e->out, &node);
    if (odd) onnx_pad(e, n, doubled, more_rows, more_columns, "constant");
}

/* --- both -------------------------------------------------------------------------------- */

sw_status onnx_max_pool(onnx_export *e, const sw_node *n)
{
    if (e->unpool == SW_ONNX_UNPOOL_BASIC)
        add_pool_with_masks(e, n);
    else
        add_pool_with_indices(e, n);
    return SW_OK;
}

sw_status onnx_max_unpool(onnx_export *e, const sw_node *n)
{
    if (e->unpool == SW_ONNX_UNPOOL_BASIC)
        add_unpool_of_masks(e, n);
    else
        add_unpool_of_indices(e, n);
    return SW_OK;
}
