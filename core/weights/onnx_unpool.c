/* Max unpooling, and the pooling whose offsets it reads, in one of two ways.
 *
 * max: ONNX' MaxPool with indices, and MaxUnpool. Few runtimes have MaxUnpool; onnxruntime does.
 *
 * basic: ops that every runtime has, none of which needs to know the batch. With a, b, c, d the four places
 * of each 2x2 window in rows, and m = MaxPool their maximum, the pool leaves three arrays of its output's
 * size that are 1 where a place is not the maximum:
 *
 *     not_a = Sign(m - a)          not_b = Sign(m - b)          not_c = Sign(m - c)
 *
 * a, b and c are what MaxPool with a window of one pixel and stride 2 takes from the input, from that place
 * on (Slice; not every runtime has one with steps). Of several equal maxima the first in rows counts, as in
 * segwork, because the unpooling asks them in that order (of a row that is there twice, the first one). It
 * takes v to the first place that is the maximum:
 *
 *     after_a = v not_a            at_a = v - after_a           what is left to place, and what is placed
 *     after_b = after_a not_b      at_b = after_a - after_b
 *     after_c = after_b not_c      at_c = after_b - after_c     at_d = after_c
 *
 * Every value is v or 0: nothing is rounded. Then at_a and at_b alternate in the upper rows, and at_c and
 * at_d in the lower ones: both are joined along a last dimension of their own (Reshape, Concat), which
 * Reshape then takes for columns. Upper and lower rows joined along the columns are, by another Reshape, rows
 * in turn. What an odd size has more is padded with zeros, and what it has less (`ceil`) is cut off.
 *
 * Most steps work on a quarter of the elements. What else was tried: enlarging v and a mask with Resize takes
 * more passes over memory, and OpenVINO 2026.4 computes it wrongly; slices with steps and DepthToSpace cost
 * the same, but ncnn has neither; Unsqueeze instead of the first Reshape is wrong in OpenCV 4.14 for more
 * than one image.
 *
 * Differs from segwork where values are not finite: v infinite gives NaN, and what NaN in a window does is up
 * to the runtime. Where a runtime takes denormal numbers for 0, maxima that differ by less than 1e-38 count
 * as equal. */
#include "onnx_export.h"

enum { PLACES_ASKED = 3 }; /* a value that is at none of them is at the fourth place */

/* Suffixes of names; all but the first belong to the unpooling. */
static const char *const not_at[PLACES_ASKED] = {".not_a", ".not_b", ".not_c"};
static const char *const after[PLACES_ASKED] = {".after_a", ".after_b", ".after_c"};
static const char *const at[PLACES_ASKED] = {".at_a", ".at_b", ".at_c"};

static const sw_node *pool_of(const onnx_export *e, const sw_node *unpool)
{
    return &e->graph->nodes[e->graph->values[unpool->inputs[1]].producer];
}

/* Adds the unpooling's output: `input`, which has the height and width of `have`, with zeros below and to the
 * right, or with rows and columns less. A layer may be unpooled to another size than what was pooled. */
static void add_fitted(onnx_export *e, const sw_node *n, const char *input, sw_shape have)
{
    const sw_shape want = onnx_output_shape(e, n, 0);
    const int rows = want.h - have.h, columns = want.w - have.w;
    const bool cut = rows < 0 || columns<0, more = rows> 0 || columns > 0;
    if (more) {
        const char *padded = cut ? onnx_name(e, n, ".padded") : onnx_output(e, n, 0);
        onnx_pad(e, n, input, rows > 0 ? rows : 0, columns > 0 ? columns : 0, "constant", padded);
        input = padded;
    }
    if (!cut) return;
    const char *begin = onnx_name(e, n, ".begin"), *end = onnx_name(e, n, ".end");
    const char *axes = onnx_name(e, n, ".axes");
    onnx_whole_numbers(&e->out, begin, 2, (const int64_t[]){0, 0});
    onnx_whole_numbers(&e->out, end, 2, (const int64_t[]){want.h, want.w});
    onnx_whole_numbers(&e->out, axes, 2, (const int64_t[]){2, 3});
    sw_str node = onnx_node_begin("Slice", onnx_output(e, n, 0), input);
    onnx_node_input(&node, begin);
    onnx_node_input(&node, end);
    onnx_node_input(&node, axes);
    onnx_node_finish(&e->out, &node);
}

static bool is_same_size(sw_shape a, sw_shape b)
{
    return a.h == b.h && a.w == b.w;
}

/* --- max --------------------------------------------------------------------------------- */

/* Indices count through the whole batch, and the unpooling that takes them counts in the same way. It also
 * takes the pooled shape, so that any batch size will do. */
static void add_pool_with_indices(onnx_export *e, const sw_node *n)
{
    const char *input = onnx_pool_input(e, n);
    sw_str node = onnx_node_begin("MaxPool", onnx_output(e, n, 0), NULL);
    onnx_node_output(&node, onnx_output(e, n, 1));
    onnx_node_input(&node, input);
    onnx_pool_attributes(n, &node);
    onnx_node_finish(&e->out, &node);
    onnx_simple(e, "Shape", input, onnx_name(e, n, ".shape"));
}

static void add_unpool_of_indices(onnx_export *e, const sw_node *n)
{
    const sw_node *pool = pool_of(e, n);
    const sw_shape pooled = onnx_pool_padded_shape(e, pool);
    const bool fits = is_same_size(pooled, onnx_output_shape(e, n, 0));
    const char *output = fits ? onnx_output(e, n, 0) : onnx_name(e, n, ".unpooled");
    sw_str node = onnx_node_begin("MaxUnpool", output, onnx_input(e, n, 0));
    onnx_node_input(&node, onnx_input(e, n, 1));
    onnx_node_input(&node, onnx_name(e, pool, ".shape"));
    onnx_pool_attributes(pool, &node);
    onnx_node_finish(&e->out, &node);
    if (!fits) add_fitted(e, n, output, pooled);
}

/* --- basic ------------------------------------------------------------------------------- */

/* What the slices of a pool share: they end where its windows do. */
static void add_slice_constants(onnx_export *e, const sw_node *pool)
{
    const sw_shape out = onnx_output_shape(e, pool, 0);
    onnx_whole_numbers(&e->out, onnx_name(e, pool, ".axes"), 2, (const int64_t[]){2, 3});
    onnx_whole_numbers(&e->out, onnx_name(e, pool, ".end"), 2, (const int64_t[]){2 * out.h, 2 * out.w});
}

/* One place of every window: every second row and column of `input` from (place / 2, place % 2). */
static const char *add_place(onnx_export *e, const sw_node *pool, const char *input, int place)
{
    static const char *const taken[] = {".a", ".b", ".c"}, *const cut[] = {".from_a", ".from_b", ".from_c"};
    static const char *const begins[] = {".begin_a", ".begin_b", ".begin_c"};
    const char *output = onnx_name(e, pool, taken[place]), *from = onnx_name(e, pool, cut[place]);
    const char *begin = onnx_name(e, pool, begins[place]);
    onnx_whole_numbers(&e->out, begin, 2, (const int64_t[]){place / 2, place % 2});
    sw_str node = onnx_node_begin("Slice", from, input);
    onnx_node_input(&node, begin);
    onnx_node_input(&node, onnx_name(e, pool, ".end"));
    onnx_node_input(&node, onnx_name(e, pool, ".axes"));
    onnx_node_finish(&e->out, &node);
    node = onnx_node_begin("MaxPool", output, from);
    onnx_attribute_same(&node, "kernel_shape", 2, 1);
    onnx_attribute_same(&node, "strides", 2, 2);
    onnx_node_finish(&e->out, &node);
    return output;
}

static void add_pool_with_masks(onnx_export *e, const sw_node *n)
{
    static const char *const below[PLACES_ASKED] = {".below_a", ".below_b", ".below_c"};
    const char *maximum = onnx_output(e, n, 0), *input = onnx_pool_input(e, n);
    sw_str node = onnx_node_begin("MaxPool", maximum, input);
    onnx_pool_attributes(n, &node);
    onnx_node_finish(&e->out, &node);
    add_slice_constants(e, n);
    for (int place = 0; place < PLACES_ASKED; place++) {
        const char *difference = onnx_name(e, n, below[place]);
        onnx_binary(e, "Sub", maximum, add_place(e, n, input, place), difference);
        onnx_simple(e, "Sign", difference, onnx_name(e, n, not_at[place]));
    }
}

/* Places the input's values; placed[] are the four arrays in the order of their places. */
static void add_placed(onnx_export *e, const sw_node *n, const char *placed[PLACES_ASKED + 1])
{
    const sw_node *pool = pool_of(e, n);
    const char *left = onnx_input(e, n, 0);
    for (int place = 0; place < PLACES_ASKED; place++) {
        const char *rest = onnx_name(e, n, after[place]);
        placed[place] = onnx_name(e, n, at[place]);
        onnx_binary(e, "Mul", left, onnx_name(e, pool, not_at[place]), rest);
        onnx_binary(e, "Sub", left, rest, placed[place]);
        left = rest;
    }
    placed[PLACES_ASKED] = left;
}

static void add_joined(onnx_export *e, const char *first, const char *second, int axis, const char *output)
{
    sw_str node = onnx_node_begin("Concat", output, first);
    onnx_node_input(&node, second);
    onnx_attribute_int(&node, "axis", axis);
    onnx_node_finish(&e->out, &node);
}

/* Two arrays as the even and odd columns of one. `column_shape` names (batch,C,H,W,1). */
static void add_columns_in_turn(onnx_export *e, const sw_node *n, bool upper, const char *column_shape,
                                const char *const both[2], const char *output)
{
    const char *pairs = onnx_name(e, n, upper ? ".pairs_ab" : ".pairs_cd");
    const char *even = onnx_name(e, n, upper ? ".column_a" : ".column_c");
    const char *odd = onnx_name(e, n, upper ? ".column_b" : ".column_d");
    const sw_shape in = onnx_input_shape(e, n, 0), rows = {.h = in.h, .w = 2 * in.w, .c = in.c};
    onnx_binary(e, "Reshape", both[0], column_shape, even);
    onnx_binary(e, "Reshape", both[1], column_shape, odd);
    add_joined(e, even, odd, 4, pairs);
    onnx_reshape(e, pairs, onnx_name(e, n, upper ? ".shape_ab" : ".shape_cd"), rows, output);
}

static void add_unpool_of_masks(onnx_export *e, const sw_node *n)
{
    const sw_shape in = onnx_input_shape(e, n, 0);
    const sw_shape doubled_shape = {.h = 2 * in.h, .w = 2 * in.w, .c = in.c};
    const bool fits = is_same_size(doubled_shape, onnx_output_shape(e, n, 0));
    const char *doubled = fits ? onnx_output(e, n, 0) : onnx_name(e, n, ".doubled");
    const char *upper = onnx_name(e, n, ".upper"), *lower = onnx_name(e, n, ".lower");
    const char *placed[PLACES_ASKED + 1], *rows = onnx_name(e, n, ".rows");
    const char *columns = onnx_name(e, n, ".shape_columns");
    add_placed(e, n, placed);
    onnx_whole_numbers(&e->out, columns, 5, (const int64_t[]){-1, in.c, in.h, in.w, 1});
    add_columns_in_turn(e, n, true, columns, &placed[0], upper);
    add_columns_in_turn(e, n, false, columns, &placed[2], lower);
    add_joined(e, upper, lower, 3, rows);
    onnx_reshape(e, rows, onnx_name(e, n, ".shape"), doubled_shape, doubled);
    if (!fits) add_fitted(e, n, doubled, doubled_shape);
}

/* --- both -------------------------------------------------------------------------------- */

sw_status onnx_max_pool(onnx_export *e, const sw_node *n)
{
    if (!onnx_readers(e, n->outputs[1])) return onnx_plain_max_pool(e, n);
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
