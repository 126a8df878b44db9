/* lovasz: sorts the errors of every image and class, some of them at a time. */
#include <stdio.h>
#include <stdlib.h>

#include "loss_base.h"

enum {
    KEY_BITS = 30,         /* of the errors, which are at most 1 */
    SORT_BYTES = 64 << 20, /* of the segments that are sorted at a time */
    ALIGN = 16,            /* floats, of what is read in vectors */
};

/* How a segment is sorted. A CPU's items take long parts and digits of many bits, which fit its caches; those
 * of a GPU share a tile, and count in local memory. */
typedef struct sorting {
    int items, per, digit;
} sorting;

static const sorting on_cpu = {.items = 1, .per = 4096, .digit = 10};
static const sorting on_gpu = {.items = 64, .per = 16, .digit = 5};

typedef struct lovasz {
    const sw_kernel *softmax, *keys, *count, *scan, *scatter, *trues, *slopes, *terms, *total, *backward;
    cl_mem weights; /* (K), 0 for the ignored class */
    int vec;
    sorting sort;
    int tiles, segments; /* of a segment; sorted at a time */
} lovasz;

/* What the workspace holds, in floats: the terms of the loss first. */
typedef struct layout {
    size_t parts_at; /* the softmax of each pixel, in two parts */
    size_t sums_at;  /* of each tile of each segment */
    size_t trues_at; /* of each segment */
    size_t counts_at;
    size_t keys_at[2], places_at[2]; /* from one of these to the other with each pass of the sort */
    size_t elems;
} layout;

static int counts_stride(const lovasz *l)
{
    return (1 << l->sort.digit) * l->tiles + 1;
}

static layout lay_out(const lovasz *l, sw_shape x)
{
    const size_t all = (size_t)x.n * (size_t)x.c, image = (size_t)x.h * (size_t)x.w;
    const size_t sorted = (size_t)l->segments * image;
    layout at = {.parts_at = sw_divide_up(2 * all, ALIGN) * ALIGN};
    at.sums_at = at.parts_at + 2 * sw_shape_pixels(x);
    at.trues_at = at.sums_at + all * (size_t)l->tiles;
    at.counts_at = at.trues_at + all;
    at.keys_at[0] = at.counts_at + (size_t)l->segments * (size_t)counts_stride(l);
    at.keys_at[1] = at.keys_at[0] + sorted;
    at.places_at[0] = at.keys_at[1] + sorted;
    at.places_at[1] = at.places_at[0] + sorted;
    at.elems = at.places_at[1] + sorted;
    return at;
}

static sw_status lovasz_infer(sw_graph *graph, sw_node *node)
{
    SW_ENSURE(sw_loss_infer(graph, node));
    const sw_shape x = sw_node_input(graph, node, 0)->shape;
    sw_node_add_saved(graph, node, sizeof(float)); /* 1 / sum of the weights */
    return sw_node_add_output(graph, node, "slopes", SW_F32, x);
}

static sw_status build(lovasz *l, sw_call *call, int classes)
{
    char options[96], softmax[32];
    sw_cl *cl = call->cl;
    snprintf(options, sizeof options, "-DVEC=%d -DK=%d -DITEMS=%d -DPER=%d -DDIGIT=%d", l->vec, classes,
             l->sort.items, l->sort.per, l->sort.digit);
    snprintf(softmax, sizeof softmax, "-DVEC=%d -DK=%d", l->vec, classes);
    SW_ENSURE(sw_kernel_get(&l->softmax, cl, "loss_overlap", "loss_overlap_softmax", softmax));
    SW_ENSURE(sw_kernel_get(&l->keys, cl, "loss_lovasz", "loss_lovasz_keys", options));
    SW_ENSURE(sw_kernel_get(&l->count, cl, "loss_lovasz", "loss_lovasz_count", options));
    SW_ENSURE(sw_kernel_get(&l->scan, cl, "loss_lovasz", "loss_lovasz_scan", options));
    SW_ENSURE(sw_kernel_get(&l->scatter, cl, "loss_lovasz", "loss_lovasz_scatter", options));
    SW_ENSURE(sw_kernel_get(&l->trues, cl, "loss_lovasz", "loss_lovasz_true", options));
    SW_ENSURE(sw_kernel_get(&l->slopes, cl, "loss_lovasz", "loss_lovasz_slopes", options));
    SW_ENSURE(sw_kernel_get(&l->terms, cl, "loss_lovasz", "loss_lovasz_terms", options));
    SW_ENSURE(sw_kernel_get(&l->backward, cl, "loss_lovasz", "loss_lovasz_bwd", options));
    return sw_loss_get_sum(&l->total, cl);
}

/* As many segments at a time as fit, at least one, at most all. */
static int segments_at_a_time(sw_shape x)
{
    const size_t all = (size_t)x.n * (size_t)x.c, bytes = (size_t)x.h * (size_t)x.w * 4 * sizeof(uint32_t);
    size_t fit = SORT_BYTES / bytes;
    if (fit < 1) fit = 1;
    return (int)(fit < all ? fit : all);
}

static sw_status lovasz_prepare(sw_call *call)
{
    const sw_shape x = sw_call_in_shape(call, 0);
    lovasz *l = calloc(1, sizeof *l);
    if (!l) return sw_fail_alloc("a loss", sizeof *l);
    call->prepared = l;
    l->vec = sw_call_vec(call, x.h * x.w);
    l->sort = sw_cl_device(call->cl)->type == CL_DEVICE_TYPE_CPU ? on_cpu : on_gpu;
    l->tiles = sw_divide_up_int(x.h * x.w, l->sort.items * l->sort.per);
    l->segments = segments_at_a_time(x);
    call->workspace_bytes = lay_out(l, x).elems * sizeof(float);
    SW_ENSURE(build(l, call, x.c));
    return sw_loss_upload_weights(&l->weights, call);
}

static void lovasz_release(sw_call *call)
{
    lovasz *l = call->prepared;
    sw_buffer_release(&l->weights);
    sw_call_free_prepared(call);
}

static sw_ndrange each_tile(const lovasz *l, int segments)
{
    const size_t items = (size_t)l->sort.items;
    return (sw_ndrange){.global = {(size_t)l->tiles * items, (size_t)segments}, .local = {items, 1}};
}

/* Replaces the first `count` counts of each segment by their sums. */
static sw_status scan(const sw_call *call, const layout *at, int count, int segments)
{
    const lovasz *l = call->prepared;
    const size_t items = (size_t)l->sort.items;
    return SW_CALL_LAUNCH(
        call, l->scan, ((sw_ndrange){.global = {items, (size_t)segments}, .local = {items, 1}}),
        SW_ARG(call->workspace), SW_ARG(at->counts_at), SW_ARG(counts_stride(l)), SW_ARG(count));
}

/* Sorts the keys and places of some segments; *side: which of the two they are in then. */
static sw_status sort(int *side, const sw_call *call, const layout *at, int pixels, int segments)
{
    const lovasz *l = call->prepared;
    const sw_ndrange range = each_tile(l, segments);
    int from = 0;
    for (int shift = 0; shift < KEY_BITS; shift += l->sort.digit, from = !from) {
        SW_ENSURE(SW_CALL_LAUNCH(call, l->count, range, SW_ARG(call->workspace), SW_ARG(at->keys_at[from]),
                                 SW_ARG(at->counts_at), SW_ARG(pixels), SW_ARG(shift)));
        SW_ENSURE(scan(call, at, counts_stride(l) - 1, segments));
        SW_ENSURE(SW_CALL_LAUNCH(call, l->scatter, range, SW_ARG(call->workspace), SW_ARG(at->keys_at[from]),
                                 SW_ARG(at->places_at[from]), SW_ARG(at->keys_at[!from]),
                                 SW_ARG(at->places_at[!from]), SW_ARG(at->counts_at), SW_ARG(pixels),
                                 SW_ARG(shift)));
    }
    *side = from;
    return SW_OK;
}

/* Errors of some segments from `first` on, sorted, to sums and slopes. */
static sw_status take_segments(sw_call *call, const layout *at, sw_shape x, int first, int segments)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const lovasz *l = call->prepared;
    const sw_ndrange range = each_tile(l, segments);
    const int pixels = x.h * x.w;
    int side;
    SW_ENSURE(SW_CALL_LAUNCH(call, l->keys, sw_call_ndrange(call, (size_t)pixels, (size_t)segments, false),
                             SW_ARG(call->in[0]), SW_ARG(call->in[1]), SW_ARG(call->workspace),
                             SW_ARG(at->parts_at), SW_ARG(at->keys_at[0]), SW_ARG(at->places_at[0]),
                             SW_ARG(x.n * pixels), SW_ARG(first), SW_ARG(attrs->ignore_index)));
    SW_ENSURE(sort(&side, call, at, pixels, segments));
    SW_ENSURE(SW_CALL_LAUNCH(call, l->trues, range, SW_ARG(call->workspace), SW_ARG(at->places_at[side]),
                             SW_ARG(at->counts_at), SW_ARG(pixels)));
    SW_ENSURE(scan(call, at, l->tiles, segments));
    return SW_CALL_LAUNCH(call, l->slopes, range, SW_ARG(call->workspace), SW_ARG(at->keys_at[side]),
                          SW_ARG(at->places_at[side]), SW_ARG(at->counts_at), SW_ARG(at->sums_at),
                          SW_ARG(at->trues_at), SW_ARG(l->weights), SW_ARG(call->out[1]), SW_ARG(pixels),
                          SW_ARG(first));
}

static sw_ndrange each_vector(const sw_call *call)
{
    const lovasz *l = call->prepared;
    const size_t vectors = sw_shape_pixels(sw_call_in_shape(call, 0)) / (size_t)l->vec;
    return sw_call_ndrange(call, vectors, 1, false);
}

static sw_status lovasz_forward(sw_call *call)
{
    const lovasz *l = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0);
    const layout at = lay_out(l, x);
    const int all = x.n * x.c;
    SW_ENSURE(SW_CALL_LAUNCH(call, l->softmax, each_vector(call), SW_ARG(call->in[0]),
                             SW_ARG(call->workspace), SW_ARG(at.parts_at)));
    for (int first = 0; first < all; first += l->segments)
        SW_ENSURE(take_segments(call, &at, x, first, all - first < l->segments ? all - first : l->segments));
    SW_ENSURE(SW_CALL_LAUNCH(call, l->terms, sw_call_ndrange(call, (size_t)x.c, (size_t)x.n, true),
                             SW_ARG(call->workspace), SW_ARG(at.sums_at), SW_ARG(at.trues_at),
                             SW_ARG(l->weights), SW_ARG(l->tiles)));
    return sw_loss_sum(call, l->total, call->workspace, all, call->saved[0]);
}

static sw_status lovasz_backward(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const lovasz *l = call->prepared;
    if (!call->din[0]) return SW_OK;
    return SW_CALL_LAUNCH(call, l->backward, each_vector(call), SW_ARG(call->in[0]), SW_ARG(call->in[1]),
                          SW_ARG(call->out[1]), SW_ARG(call->saved[0]), SW_ARG(call->din[0]),
                          SW_ARG(attrs->ignore_index), SW_ARG(call->gradient_scale),
                          SW_ARG(call->accumulate[0]));
}

#define HERE sw_loss_attrs
static const sw_field lovasz_fields[] = {LOSS_FIELDS};
static const sw_field_table lovasz_table = TABLE(lovasz_fields);
#undef HERE

const sw_op sw_op_lovasz = {
    .name = "lovasz",
    .help =
        "Lovasz-softmax: a surrogate of 1 - IoU, mean over the classes that are true in an image and over "
        "images",
    .attr_bytes = sizeof(sw_loss_attrs),
    .input_count = 2,
    .output_count = 2,
    .fields = &lovasz_table,
    .infer = lovasz_infer,
    .backward_reads_inputs = SW_BIT(0) | SW_BIT(1),
    .backward_reads_outputs = SW_BIT(1),
    .gives_gradient = SW_BIT(0),
    .is_loss = true,
    .weigh = sw_loss_weigh_classes,
    .prepare = lovasz_prepare,
    .forward = lovasz_forward,
    .backward = lovasz_backward,
    .release = lovasz_release,
};
