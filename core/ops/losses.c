/* cross_entropy and focal: one implementation, the second with the kernels' FOCAL switched on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "few_classes.h"
#include "loss_base.h"
#include "ops/chunks.h"

enum {
    MIN_ROUNDS = 16,  /* vectors of pixels summed by one work-item */
    MAX_ITEMS = 4096, /* partial sums */
};

typedef struct loss {
    const sw_kernel *forward, *sum, *backward;
    cl_mem weights; /* (K), 0 for the ignored class */
    int vec;
} loss;

static sw_status check_attrs(const sw_node *node)
{
    const sw_loss_attrs *attrs = node->attrs;
    if (node->op == &sw_op_focal && !(attrs->gamma >= 0.0f && isfinite(attrs->gamma)))
        return sw_node_fail(node, "gamma is %g; it must be a number >= 0", (double)attrs->gamma);
    if (node->op == &sw_op_cross_entropy &&
        !(attrs->label_smoothing >= 0.0f && attrs->label_smoothing <= 1.0f))
        return sw_node_fail(node, "label_smoothing is %g; it must be in 0..1",
                            (double)attrs->label_smoothing);
    return SW_OK;
}

static sw_status loss_infer(sw_graph *graph, sw_node *node)
{
    SW_ENSURE(sw_loss_infer(graph, node));
    SW_ENSURE(check_attrs(node));
    sw_node_add_saved(graph, node, sizeof(float)); /* 1 / sum of the weights */
    node->workspace_bytes = MAX_ITEMS * 2 * sizeof(float);
    return SW_OK;
}

static sw_status loss_prepare(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, 0);
    const bool entropy = call->node->op == &sw_op_cross_entropy;
    /* without gamma the focal loss is the cross-entropy, to the bit */
    const bool focal = !entropy && attrs->gamma > 0.0f, smooth = entropy && attrs->label_smoothing > 0.0f;
    loss *l = calloc(1, sizeof *l);
    if (!l) return sw_fail_alloc("a loss", sizeof *l);
    call->prepared = l;
    l->vec = sw_call_vec(call, x.h * x.w);
    char options[80];
    snprintf(options, sizeof options, "-DVEC=%d -DK=%d%s%s%s", l->vec, x.c,
             x.c > SW_FEW_CLASSES ? " -DMANY" : "", focal ? " -DFOCAL" : "", smooth ? " -DSMOOTH" : "");
    SW_ENSURE(sw_kernel_get(&l->forward, call->cl, "losses", "losses_fwd", options));
    SW_ENSURE(sw_kernel_get(&l->backward, call->cl, "losses", "losses_bwd", options));
    SW_ENSURE(sw_loss_get_sum(&l->sum, call->cl));
    return sw_loss_upload_weights(&l->weights, call);
}

static void loss_release(sw_call *call)
{
    loss *l = call->prepared;
    sw_buffer_release(&l->weights);
    free(l);
    call->prepared = NULL;
}

static sw_chunks deal_pixels(const sw_call *call)
{
    const loss *l = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0);
    return sw_chunks_deal(call->cl, x.n * (x.h * x.w / l->vec), MIN_ROUNDS, MAX_ITEMS);
}

static sw_status loss_forward(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const loss *l = call->prepared;
    const sw_chunks chunks = deal_pixels(call);
    SW_ENSURE(SW_LAUNCH(call->cl, l->forward, call->node->name,
                        sw_call_ndrange(call, (size_t)chunks.items, 1, true), sw_arg_buffer(call->in[0]),
                        sw_arg_buffer(call->in[1]), sw_arg_buffer(l->weights), sw_arg_buffer(call->workspace),
                        sw_arg_i32(chunks.vectors), sw_arg_i32(chunks.rounds), sw_arg_i32(chunks.item_stride),
                        sw_arg_i32(chunks.round_stride), sw_arg_f32(attrs->gamma),
                        sw_arg_f32(attrs->label_smoothing)));
    return sw_loss_sum(call, l->sum, call->workspace, chunks.items, call->saved[0]);
}

static sw_status loss_backward(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const loss *l = call->prepared;
    const sw_chunks chunks = deal_pixels(call);
    if (!call->din[0]) return SW_OK;
    return SW_LAUNCH(call->cl, l->backward, call->node->name,
                     sw_call_ndrange(call, (size_t)chunks.items, 1, true), sw_arg_buffer(call->in[0]),
                     sw_arg_buffer(call->in[1]), sw_arg_buffer(l->weights), sw_arg_buffer(call->saved[0]),
                     sw_arg_buffer(call->din[0]), sw_arg_i32(chunks.vectors), sw_arg_i32(chunks.rounds),
                     sw_arg_i32(chunks.item_stride), sw_arg_i32(chunks.round_stride),
                     sw_arg_f32(attrs->gamma), sw_arg_f32(attrs->label_smoothing),
                     sw_arg_f32(call->gradient_scale), sw_arg_i32(call->accumulate[0]));
}

#define HERE sw_loss_attrs
static const sw_field cross_entropy_fields[] = {
    REAL(label_smoothing, "0", 1,
         "cross_entropy: share of the target that is spread evenly over all classes"),
    LOSS_FIELDS,
};
static const sw_field_table cross_entropy_table = TABLE(cross_entropy_fields);

static const sw_field focal_fields[] = {
    REAL(gamma, "2", 10, "focal: its exponent; 0 is cross-entropy"),
    LOSS_FIELDS,
};
static const sw_field_table focal_table = TABLE(focal_fields);
#undef HERE

#define LOSS_OP(op_name, op_table, op_help)                                                                  \
    {                                                                                                        \
        LOSS_OP_MEMBERS, .name = op_name, .help = op_help, .fields = &op_table, .infer = loss_infer,         \
                         .weigh = sw_loss_weigh_pixels, .prepare = loss_prepare, .forward = loss_forward,    \
                         .backward = loss_backward, .release = loss_release,                                 \
    }

const sw_op sw_op_cross_entropy =
    LOSS_OP("cross_entropy", cross_entropy_table,
            "mean cross-entropy of softmax against labels, with class weights and an ignored label");

const sw_op sw_op_focal =
    LOSS_OP("focal", focal_table, "cross-entropy with less weight on confident pixels: times (1-p)^gamma");
