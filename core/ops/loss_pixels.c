/* boundary and ohem: cross-entropy whose pixels have weights of their own, which is all they differ in. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "loss_base.h"
#include "ops/chunks.h"

enum {
    MIN_ROUNDS = 16,   /* vectors of pixels summed by one work-item */
    MAX_CHUNKS = 256,  /* of an image */
    SELECT_ITEMS = 64, /* as in loss_ohem.cl */
    ALIGN = 16,        /* floats, of what is read in vectors */
};

typedef struct pixel_loss {
    const sw_kernel *nll, *sums, *terms, *total, *backward;
    const sw_kernel *prepare_map, *map; /* of boundary: columns and map; of ohem: select and map */
    cl_mem weights;                     /* (K), 0 for the ignored class */
    int vec;
    sw_chunks chunks; /* of one image */
} pixel_loss;

/* What the workspace holds, in floats: the terms of the loss first. */
typedef struct layout {
    size_t nll_at;   /* of each pixel */
    size_t least_at; /* ohem: the least nll that is kept, of each image */
    size_t sums_at;  /* of each chunk */
    size_t bytes_at; /* boundary: three bytes a pixel */
    size_t elems;
} layout;

static size_t aligned(size_t elems)
{
    return sw_divide_up(elems, ALIGN) * ALIGN;
}

static layout lay_out(const pixel_loss *l, sw_shape x)
{
    const size_t n = (size_t)x.n, pixels = sw_shape_pixels(x);
    layout at = {.nll_at = aligned(2 * n)};
    at.least_at = at.nll_at + pixels;
    at.sums_at = at.least_at + n;
    at.bytes_at = at.sums_at + n * (size_t)l->chunks.items * 3;
    at.elems = at.bytes_at + sw_divide_up(3 * pixels, sizeof(float));
    return at;
}

/* In the saved value: a factor of each image, then the weight of each pixel. */
static size_t map_at(sw_shape x)
{
    return aligned((size_t)x.n);
}

/* No pixel farther from the border weighs more for it. */
static int radius_of(const sw_loss_attrs *attrs)
{
    return (int)ceilf(3.0f * attrs->sigma);
}

static sw_status check_attrs(const sw_node *node)
{
    const sw_loss_attrs *attrs = node->attrs;
    if (node->op == &sw_op_ohem) {
        if (!(attrs->share > 0.0f && attrs->share <= 1.0f))
            return sw_node_fail(node, "share is %g; it must be above 0, at most 1", (double)attrs->share);
        if (!(attrs->threshold >= 0.0f && attrs->threshold <= 1.0f))
            return sw_node_fail(node, "threshold is %g; it must be in 0..1", (double)attrs->threshold);
        return SW_OK;
    }
    if (!(attrs->sigma > 0.0f && attrs->sigma <= SW_LOSS_MOST_SIGMA))
        return sw_node_fail(node, "sigma is %g; it must be above 0, at most %d", (double)attrs->sigma,
                            SW_LOSS_MOST_SIGMA);
    if (!(attrs->w0 >= 0.0f && isfinite(attrs->w0)))
        return sw_node_fail(node, "w0 is %g; it must be a number >= 0", (double)attrs->w0);
    return SW_OK;
}

static sw_status pixels_infer(sw_graph *graph, sw_node *node)
{
    SW_ENSURE(sw_loss_infer(graph, node));
    SW_ENSURE(check_attrs(node));
    const sw_shape x = sw_node_input(graph, node, 0)->shape;
    sw_node_add_saved(graph, node, sizeof(float)); /* 1 / sum of the weights */
    sw_node_add_saved(graph, node, (map_at(x) + sw_shape_pixels(x)) * sizeof(float));
    return SW_OK;
}

static sw_status build(pixel_loss *l, sw_call *call, int classes)
{
    const bool ohem = call->node->op == &sw_op_ohem;
    const char *file = ohem ? "loss_ohem" : "loss_boundary";
    char options[48], own[24];
    snprintf(options, sizeof options, "-DVEC=%d -DK=%d", l->vec, classes);
    snprintf(own, sizeof own, "-DK=%d", classes);
    SW_ENSURE(sw_kernel_get(&l->nll, call->cl, "loss_pixels", "loss_pixels_nll", options));
    SW_ENSURE(sw_kernel_get(&l->sums, call->cl, "loss_pixels", "loss_pixels_sums", options));
    SW_ENSURE(sw_kernel_get(&l->terms, call->cl, "loss_pixels", "loss_pixels_terms", options));
    SW_ENSURE(sw_kernel_get(&l->backward, call->cl, "loss_pixels", "loss_pixels_bwd", options));
    SW_ENSURE(sw_kernel_get(&l->prepare_map, call->cl, file,
                            ohem ? "loss_ohem_select" : "loss_boundary_columns", own));
    SW_ENSURE(sw_kernel_get(&l->map, call->cl, file, ohem ? "loss_ohem_map" : "loss_boundary_map", own));
    return sw_loss_get_sum(&l->total, call->cl);
}

static sw_status pixels_prepare(sw_call *call)
{
    const sw_shape x = sw_call_in_shape(call, 0);
    pixel_loss *l = calloc(1, sizeof *l);
    if (!l) return sw_fail_alloc("a loss", sizeof *l);
    call->prepared = l;
    l->vec = sw_call_vec(call, x.h * x.w);
    l->chunks = sw_chunks_deal(call->cl, x.h * x.w / l->vec, MIN_ROUNDS, MAX_CHUNKS);
    call->workspace_bytes = lay_out(l, x).elems * sizeof(float);
    SW_ENSURE(build(l, call, x.c));
    return sw_loss_upload_weights(&l->weights, call);
}

static void pixels_release(sw_call *call)
{
    pixel_loss *l = call->prepared;
    sw_buffer_release(&l->weights);
    sw_call_free_prepared(call);
}

static sw_ndrange each_vector(const sw_call *call)
{
    const pixel_loss *l = call->prepared;
    const size_t vectors = sw_shape_pixels(sw_call_in_shape(call, 0)) / (size_t)l->vec;
    return sw_call_ndrange(call, vectors, 1, false);
}

static sw_ndrange each_pixel(const sw_call *call, sw_shape x)
{
    return sw_call_ndrange(call, (size_t)x.h * (size_t)x.w, (size_t)x.n, false);
}

static sw_status map_boundary(sw_call *call, sw_shape x, const layout *at)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const pixel_loss *l = call->prepared;
    const size_t bytes_at = at->bytes_at * sizeof(float);
    const int radius = radius_of(attrs), most = (int)floorf(9.0f * attrs->sigma * attrs->sigma);
    SW_ENSURE(SW_CALL_LAUNCH(call, l->prepare_map, each_pixel(call, x), SW_ARG(call->in[1]),
                             SW_ARG(call->workspace), SW_ARG(bytes_at), SW_SIZE_ARGS(x),
                             SW_ARG(attrs->ignore_index), SW_ARG(radius)));
    return SW_CALL_LAUNCH(call, l->map, each_pixel(call, x), SW_ARG(call->in[1]), SW_ARG(call->workspace),
                          SW_ARG(bytes_at), SW_ARG(l->weights), SW_ARG(call->saved[1]), SW_ARG(map_at(x)),
                          SW_ARG(x.w), SW_ARG(attrs->ignore_index), SW_ARG(radius), SW_ARG(most),
                          SW_ARG(attrs->w0), SW_ARG(0.5f / (attrs->sigma * attrs->sigma)));
}

static sw_status map_ohem(sw_call *call, sw_shape x, const layout *at)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const pixel_loss *l = call->prepared;
    const float cut = attrs->threshold > 0.0f ? -logf(attrs->threshold) : INFINITY;
    const sw_ndrange images = {.global = {SELECT_ITEMS, (size_t)x.n}, .local = {SELECT_ITEMS, 1}};
    SW_ENSURE(SW_CALL_LAUNCH(call, l->prepare_map, images, SW_ARG(call->workspace), SW_ARG(at->nll_at),
                             SW_ARG(at->least_at), SW_ARG(x.h * x.w), SW_ARG(attrs->share)));
    return SW_CALL_LAUNCH(call, l->map, each_pixel(call, x), SW_ARG(call->workspace), SW_ARG(at->nll_at),
                          SW_ARG(at->least_at), SW_ARG(call->in[1]), SW_ARG(l->weights),
                          SW_ARG(call->saved[1]), SW_ARG(map_at(x)), SW_ARG(cut));
}

static sw_status pixels_forward(sw_call *call)
{
    const pixel_loss *l = call->prepared;
    const sw_chunks *c = &l->chunks;
    const sw_shape x = sw_call_in_shape(call, 0);
    const layout at = lay_out(l, x);
    SW_ENSURE(SW_CALL_LAUNCH(call, l->nll, each_vector(call), SW_ARG(call->in[0]), SW_ARG(call->in[1]),
                             SW_ARG(l->weights), SW_ARG(call->workspace), SW_ARG(at.nll_at)));
    SW_ENSURE(call->node->op == &sw_op_ohem ? map_ohem(call, x, &at) : map_boundary(call, x, &at));
    SW_ENSURE(SW_CALL_LAUNCH(call, l->sums, sw_call_ndrange(call, (size_t)c->items, (size_t)x.n, true),
                             SW_ARG(call->workspace), SW_ARG(at.nll_at), SW_ARG(at.sums_at),
                             SW_ARG(call->saved[1]), SW_ARG(map_at(x)), SW_ARG(call->in[1]),
                             SW_ARG(l->weights), SW_ARG(c->vectors), SW_ARG(c->rounds),
                             SW_ARG(c->item_stride), SW_ARG(c->round_stride)));
    SW_ENSURE(SW_CALL_LAUNCH(call, l->terms, sw_call_ndrange(call, (size_t)x.n, 1, true),
                             SW_ARG(call->workspace), SW_ARG(at.sums_at), SW_ARG(call->saved[1]),
                             SW_ARG(c->items)));
    return sw_loss_sum(call, l->total, call->workspace, x.n, call->saved[0]);
}

static sw_status pixels_backward(sw_call *call)
{
    const pixel_loss *l = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0);
    if (!call->din[0]) return SW_OK;
    return SW_CALL_LAUNCH(call, l->backward, each_vector(call), SW_ARG(call->in[0]), SW_ARG(call->in[1]),
                          SW_ARG(l->weights), SW_ARG(call->saved[1]), SW_ARG(map_at(x)),
                          SW_ARG(call->saved[0]), SW_ARG(call->din[0]), SW_ARG(l->chunks.vectors),
                          SW_ARG(call->gradient_scale), SW_ARG(call->accumulate[0]));
}

#define HERE sw_loss_attrs
static const sw_field boundary_fields[] = {
    REAL(w0, "10", 1e6, "boundary: how much more a pixel at the border weighs; 0 is cross-entropy"),
    POSITIVE(sigma, "5", SW_LOSS_MOST_SIGMA,
             "boundary: how far from the border pixels weigh more, in pixels; from 3 sigma on they do not"),
    LOSS_FIELDS,
};
static const sw_field_table boundary_table = TABLE(boundary_fields);

static const sw_field ohem_fields[] = {
    POSITIVE(share, "0.25", 1,
             "ohem: share of an image's pixels that is kept, the hardest; 1 is cross-entropy"),
    REAL(threshold, "0.7", 1,
         "ohem: pixels whose class has less than this probability are kept too, however many; 0: none, and "
         "the hardest alone may teach nothing"),
    LOSS_FIELDS,
};
static const sw_field_table ohem_table = TABLE(ohem_fields);
#undef HERE

#define PIXELS_OP(op_name, op_table, op_help)                                                                \
    {                                                                                                        \
        LOSS_OP_MEMBERS, .name = op_name, .help = op_help, .fields = &op_table, .infer = pixels_infer,       \
                         .weigh = sw_loss_weigh_pixels, .prepare = pixels_prepare,                           \
                         .forward = pixels_forward, .backward = pixels_backward, .release = pixels_release,  \
    }

const sw_op sw_op_boundary = PIXELS_OP(
    "boundary", boundary_table, "cross-entropy that weighs pixels near the border between classes more");

const sw_op sw_op_ohem = PIXELS_OP(
    "ohem", ohem_table, "cross-entropy of the hardest pixels of each image (online hard example mining)");
