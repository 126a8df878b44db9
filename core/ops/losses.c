/* cross_entropy and focal: one implementation, the second with the kernels' FOCAL switched on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "chunks.h"
#include "few_classes.h"
#include "ops/call.h"
#include "ops/ops.h"

enum {
    MAX_CLASSES = sizeof((sw_loss_attrs *)0)->class_weights / sizeof(float),
    SUM_ITEMS = 64,   /* as in losses.cl */
    MIN_ROUNDS = 16,  /* vectors of pixels summed by one work-item */
    MAX_ITEMS = 4096, /* partial sums */
};

typedef struct loss {
    const sw_kernel *forward, *sum, *backward;
    cl_mem weights; /* (K), 0 for the ignored class */
    int vec;
} loss;

static sw_status check_attrs(const sw_node *node, int classes)
{
    const sw_loss_attrs *attrs = node->attrs;
    if (node->op == &sw_op_focal && !(attrs->gamma >= 0.0f && isfinite(attrs->gamma)))
        return sw_node_fail(node, "gamma is %g; it must be a number >= 0", (double)attrs->gamma);
    for (int k = 0; attrs->class_weight_count && k < classes; k++)
        if (!(attrs->class_weights[k] >= 0.0f && isfinite(attrs->class_weights[k])))
            return sw_node_fail(node, "the weight of class %d is %g; it must be a number >= 0", k,
                                (double)attrs->class_weights[k]);
    return SW_OK;
}

static sw_status loss_infer(sw_graph *graph, sw_node *node)
{
    const sw_value *logits = sw_node_input(graph, node, 0), *labels = sw_node_input(graph, node, 1);
    const sw_shape x = logits->shape, t = labels->shape;
    if (logits->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", logits->name);
    if (x.c < 2 || x.c > MAX_CLASSES)
        return sw_node_fail(node, "'%s' has %d channels; as classes there must be 2 to %d", logits->name, x.c,
                            (int)MAX_CLASSES);
    if (labels->dtype != SW_U8 || !sw_shape_equal(t, (sw_shape){x.n, x.h, x.w, 1}))
        return sw_node_fail(
            node, "labels '%s' of shape (%d,%d,%d,%d) must be bytes of shape (%d,%d,%d,1), as '%s' is",
            labels->name, t.n, t.h, t.w, t.c, x.n, x.h, x.w, logits->name);
    SW_ENSURE(check_attrs(node, x.c));
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){1, 1, 1, 1}));
    sw_node_add_saved(graph, node, sizeof(float)); /* 1 / sum of the weights */
    node->workspace_bytes = MAX_ITEMS * 2 * sizeof(float);
    return SW_OK;
}

static sw_status upload_weights(loss *l, sw_cl *cl, const sw_loss_attrs *attrs, int classes)
{
    float weights[MAX_CLASSES];
    for (int k = 0; k < classes; k++)
        weights[k] = k == attrs->ignore_index    ? 0.0f
                     : attrs->class_weight_count ? attrs->class_weights[k]
                                                 : 1.0f;
    const size_t bytes = (size_t)classes * sizeof *weights;
    SW_ENSURE(sw_buffer_create(&l->weights, cl, bytes, "class weights"));
    return sw_buffer_write(cl, l->weights, 0, weights, bytes);
}

static sw_status loss_prepare(sw_call *call)
{
    const sw_loss_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, 0);
    /* without gamma the focal loss is the cross-entropy, to the bit */
    const bool focal = call->node->op == &sw_op_focal && attrs->gamma > 0.0f;
    loss *l = calloc(1, sizeof *l);
    if (!l) return sw_fail_alloc("a loss", sizeof *l);
    call->prepared = l;
    l->vec = sw_call_vec(call, x.h * x.w);
    char options[64];
    snprintf(options, sizeof options, "-DVEC=%d -DK=%d%s%s", l->vec, x.c,
             x.c > SW_FEW_CLASSES ? " -DMANY" : "", focal ? " -DFOCAL" : "");
    SW_ENSURE(sw_kernel_get(&l->forward, call->cl, "losses", "losses_fwd", options));
    SW_ENSURE(sw_kernel_get(&l->sum, call->cl, "losses", "losses_sum", options));
    SW_ENSURE(sw_kernel_get(&l->backward, call->cl, "losses", "losses_bwd", options));
    return upload_weights(l, call->cl, attrs, x.c);
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
                        sw_arg_i32(chunks.round_stride), sw_arg_f32(attrs->gamma)));
    return SW_LAUNCH(call->cl, l->sum, call->node->name,
                     ((sw_ndrange){.global = {SUM_ITEMS}, .local = {SUM_ITEMS}}),
                     sw_arg_buffer(call->workspace), sw_arg_i32(chunks.items), sw_arg_buffer(call->out[0]),
                     sw_arg_buffer(call->saved[0]));
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
                     sw_arg_f32(attrs->gamma), sw_arg_i32(call->accumulate[0]));
}

#define LOSS_OP(op_name, op_help)                                                                            \
    {                                                                                                        \
        .name = op_name, .help = op_help, .attr_bytes = sizeof(sw_loss_attrs), .input_count = 2,             \
        .output_count = 1, .infer = loss_infer, .backward_reads_inputs = SW_BIT(0) | SW_BIT(1),              \
        .gives_gradient = SW_BIT(0), .is_loss = true, .prepare = loss_prepare, .forward = loss_forward,      \
        .backward = loss_backward, .release = loss_release,                                                  \
    }

const sw_op sw_op_cross_entropy = LOSS_OP(
    "cross_entropy", "mean cross-entropy of softmax against labels, with class weights and an ignored label");

const sw_op sw_op_focal =
    LOSS_OP("focal", "cross-entropy that counts a pixel the less the surer it is: times (1-p)^gamma");
