/* dice and tversky: one implementation; dice is tversky with alpha = beta = 0.5 and half the smooth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "loss_base.h"
#include "ops/chunks.h"

enum {
    MIN_ROUNDS = 16,  /* vectors of pixels summed by one work-item */
    MAX_CHUNKS = 256, /* of an image */
};

typedef struct overlap {
    const sw_kernel *softmax, *sums, *terms, *total, *backward;
    cl_mem weights; /* (K), 0 for the ignored class */
    int vec;
    sw_chunks chunks; /* of one image */
    float alpha, beta, smooth;
} overlap;

static sw_status check_attrs(const sw_node *node)
{
    const sw_loss_attrs *attrs = node->attrs;
    const bool tversky = node->op == &sw_op_tversky;
    if (!(attrs->smooth >= 0.0f && isfinite(attrs->smooth)))
        return sw_node_fail(node, "smooth is %g; it must be a number >= 0", (double)attrs->smooth);
    if (tversky && !(attrs->alpha >= 0.0f && isfinite(attrs->alpha)))
        return sw_node_fail(node, "alpha is %g; it must be a number >= 0", (double)attrs->alpha);
    if (tversky && !(attrs->beta > 0.0f && isfinite(attrs->beta)))
        return sw_node_fail(node, "beta is %g; it must be a number > 0", (double)attrs->beta);
    return SW_OK;
}

/* What the workspace holds, in floats: the terms of the loss first. */
typedef struct layout {
    size_t parts_at; /* the softmax of each pixel, in two parts */
    size_t sums_at;  /* of each chunk */
    size_t elems;
} layout;

static size_t terms_elems(sw_shape x)
{
    return (size_t)x.n * (size_t)x.c * 2;
}

static layout lay_out(const overlap *o, sw_shape x)
{
    enum { ALIGN = 16 }; /* of what is read in vectors */
    layout at = {.parts_at = sw_divide_up(terms_elems(x), ALIGN) * ALIGN};
    at.sums_at = at.parts_at + 2 * sw_shape_pixels(x);
    at.elems = at.sums_at + (size_t)x.n * (size_t)o->chunks.items * (size_t)x.c * 3;
    return at;
}

static sw_status overlap_infer(sw_graph *graph, sw_node *node)
{
    SW_ENSURE(sw_loss_infer(graph, node));
    SW_ENSURE(check_attrs(node));
    const sw_shape x = sw_node_input(graph, node, 0)->shape;
    sw_node_add_saved(graph, node, sizeof(float)); /* 1 / sum of the weights */
    sw_node_add_saved(graph, node, terms_elems(x) * sizeof(float));
    return SW_OK;
}

static sw_status overlap_prepare(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const bool dice = call->node->op == &sw_op_dice;
    const sw_shape x = sw_call_in_shape(call, 0);
    overlap *o = calloc(1, sizeof *o);
    if (!o) return sw_fail_alloc("a loss", sizeof *o);
    call->prepared = o;
    o->vec = sw_call_vec(call, x.h * x.w);
    o->chunks = sw_chunks_deal(call->cl, x.h * x.w / o->vec, MIN_ROUNDS, MAX_CHUNKS);
    o->alpha = dice ? 0.5f : attrs->alpha;
    o->beta = dice ? 0.5f : attrs->beta;
    o->smooth = dice ? 0.5f * attrs->smooth : attrs->smooth;
    call->workspace_bytes = lay_out(o, x).elems * sizeof(float);
    char options[48];
    snprintf(options, sizeof options, "-DVEC=%d -DK=%d", o->vec, x.c);
    SW_ENSURE(sw_kernel_get(&o->softmax, call->cl, "loss_overlap", "loss_overlap_softmax", options));
    SW_ENSURE(sw_kernel_get(&o->sums, call->cl, "loss_overlap", "loss_overlap_sums", options));
    SW_ENSURE(sw_kernel_get(&o->terms, call->cl, "loss_overlap", "loss_overlap_terms", options));
    SW_ENSURE(sw_kernel_get(&o->backward, call->cl, "loss_overlap", "loss_overlap_bwd", options));
    SW_ENSURE(sw_loss_get_sum(&o->total, call->cl));
    return sw_loss_upload_weights(&o->weights, call);
}

static void overlap_release(sw_call *call)
{
    overlap *o = call->prepared;
    sw_buffer_release(&o->weights);
    sw_call_free_prepared(call);
}

static size_t vectors_of(const sw_call *call)
{
    const overlap *o = call->prepared;
    return sw_shape_pixels(sw_call_in_shape(call, 0)) / (size_t)o->vec;
}

static sw_status overlap_forward(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const overlap *o = call->prepared;
    const sw_chunks *c = &o->chunks;
    const sw_shape x = sw_call_in_shape(call, 0);
    const layout at = lay_out(o, x);
    const size_t n = (size_t)x.n, k = (size_t)x.c;
    SW_ENSURE(SW_CALL_LAUNCH(call, o->softmax, sw_call_ndrange(call, vectors_of(call), 1, false),
                             SW_ARG(call->in[0]), SW_ARG(call->workspace), SW_ARG(at.parts_at)));
    SW_ENSURE(SW_CALL_LAUNCH(call, o->sums, sw_call_ndrange(call, (size_t)c->items * k, n, true),
                             SW_ARG(call->in[0]), SW_ARG(call->in[1]), SW_ARG(call->workspace),
                             SW_ARG(at.parts_at), SW_ARG(at.sums_at), SW_ARG(c->vectors), SW_ARG(c->rounds),
                             SW_ARG(c->item_stride), SW_ARG(c->round_stride), SW_ARG(attrs->ignore_index)));
    SW_ENSURE(SW_CALL_LAUNCH(call, o->terms, sw_call_ndrange(call, k, n, true), SW_ARG(call->workspace),
                             SW_ARG(at.sums_at), SW_ARG(o->weights), SW_ARG(call->saved[1]), SW_ARG(c->items),
                             SW_ARG(o->alpha), SW_ARG(o->beta), SW_ARG(o->smooth)));
    return sw_loss_sum(call, o->total, call->workspace, x.n * x.c, call->saved[0]);
}

static sw_status overlap_backward(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const overlap *o = call->prepared;
    if (!call->din[0]) return SW_OK;
    return SW_CALL_LAUNCH(call, o->backward, sw_call_ndrange(call, vectors_of(call), 1, false),
                          SW_ARG(call->in[0]), SW_ARG(call->in[1]), SW_ARG(call->saved[1]),
                          SW_ARG(call->saved[0]), SW_ARG(call->din[0]), SW_ARG(o->chunks.vectors),
                          SW_ARG(attrs->ignore_index), SW_ARG(call->gradient_scale),
                          SW_ARG(call->accumulate[0]));
}

#define HERE sw_loss_attrs
#define SMOOTH_FIELD                                                                                         \
    REAL(smooth, "0", 1e6,                                                                                   \
         "dice, tversky: added to numerator and denominator; evens out the terms of classes of few pixels")
static const sw_field dice_fields[] = {SMOOTH_FIELD, LOSS_FIELDS};
static const sw_field_table dice_table = TABLE(dice_fields);

static const sw_field tversky_fields[] = {
    REAL(alpha, "0.3", 1e6, "tversky: weight of false positives"),
    POSITIVE(beta, "0.7", 1e6, "tversky: weight of false negatives; both 0.5 is dice"),
    SMOOTH_FIELD,
    LOSS_FIELDS,
};
static const sw_field_table tversky_table = TABLE(tversky_fields);
#undef HERE

#define OVERLAP_OP(op_name, op_table, op_help)                                                               \
    {                                                                                                        \
        LOSS_OP_MEMBERS, .name = op_name, .help = op_help, .fields = &op_table, .infer = overlap_infer,      \
                         .weigh = sw_loss_weigh_classes, .prepare = overlap_prepare,                         \
                         .forward = overlap_forward, .backward = overlap_backward,                           \
                         .release = overlap_release,                                                         \
    }

const sw_op sw_op_dice =
    OVERLAP_OP("dice", dice_table,
               "1 - the Dice coefficient of softmax and truth, mean over the classes that "
               "are true in an image and over images");

const sw_op sw_op_tversky = OVERLAP_OP(
    "tversky", tversky_table, "dice that weighs false positives and false negatives each by a number");
