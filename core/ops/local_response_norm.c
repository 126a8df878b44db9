/* local_response_norm: normalisation across neighbouring channels, as AlexNet and SegNet-Basic have it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "ops/ops.h"
#include "pointwise.h"

typedef struct response_norm {
    const sw_kernel *forward, *backward;
    int block; /* channels of a work-item */
} response_norm;

static sw_status response_norm_infer(sw_graph *graph, sw_node *node)
{
    const sw_local_response_norm_attrs *a = node->attrs;
    if (a->size < 1) return sw_node_fail(node, "size is %d; it must be 1 or more channels", a->size);
    if (!(a->k > 0.0f && isfinite(a->k)))
        return sw_node_fail(node, "k is %g; it must be a number above 0", (double)a->k);
    if (!(a->alpha >= 0.0f && isfinite(a->alpha)) || !(a->beta >= 0.0f && isfinite(a->beta)))
        return sw_node_fail(node, "alpha is %g and beta %g; they must be numbers >= 0", (double)a->alpha,
                            (double)a->beta);
    return sw_pointwise_infer(graph, node);
}

static void response_norm_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_local_response_norm_attrs *attrs = node->attrs;
    snprintf(text, text_bytes, "local_response_norm %d", attrs->size);
}

static sw_status response_norm_prepare(sw_call *call)
{
    const sw_local_response_norm_attrs *attrs = call->node->attrs;
    response_norm *n = calloc(1, sizeof *n);
    if (!n) return sw_fail_alloc("a local response norm", sizeof *n);
    call->prepared = n;
    const int channels = sw_call_in_shape(call, 0).c, width = sw_cl_vector_width(call->cl);
    n->block = channels < width ? channels : width;
    char options[64];
    snprintf(options, sizeof options, "-DSIZE=%d -DBLOCK=%d%s", attrs->size, n->block,
             attrs->beta == 0.75f ? " -DTHREE_QUARTERS" : "");
    SW_ENSURE(
        sw_kernel_get(&n->forward, call->cl, "local_response_norm", "local_response_norm_fwd", options));
    return sw_kernel_get(&n->backward, call->cl, "local_response_norm", "local_response_norm_bwd", options);
}

static sw_ndrange blocks_and_pixels(const sw_call *call)
{
    const response_norm *n = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0);
    return sw_call_ndrange(call, (size_t)sw_divide_up_int(x.c, n->block), sw_shape_pixels(x), false);
}

/* Channels, alpha / size, beta and k, as the kernels take them. */
#define RESPONSE_ARGS(call, a)                                                                               \
    SW_ARG(sw_call_in_shape(call, 0).c), SW_ARG((a)->alpha / (float)(a)->size), SW_ARG((a)->beta),           \
        SW_ARG((a)->k)

static sw_status response_norm_forward(sw_call *call)
{
    const sw_local_response_norm_attrs *attrs = call->node->attrs;
    const response_norm *n = call->prepared;
    return SW_CALL_LAUNCH(call, n->forward, blocks_and_pixels(call), SW_ARG(call->in[0]),
                          SW_ARG(call->out[0]), RESPONSE_ARGS(call, attrs));
}

static sw_status response_norm_backward(sw_call *call)
{
    const sw_local_response_norm_attrs *attrs = call->node->attrs;
    const response_norm *n = call->prepared;
    if (!call->din[0]) return SW_OK;
    return SW_CALL_LAUNCH(call, n->backward, blocks_and_pixels(call), SW_ARG(call->in[0]),
                          SW_ARG(call->dout[0]), SW_ARG(call->din[0]), RESPONSE_ARGS(call, attrs),
                          SW_ARG(call->accumulate[0]));
}

#define HERE sw_local_response_norm_attrs
static const sw_field response_norm_fields[] = {
    INT(size, "5", 1, 63, "Neighbouring channels whose squares are summed"),
    REAL(alpha, "0.0001", 1e6, "Weight of the mean square"),
    REAL(beta, "0.75", 100, "Exponent of the denominator"),
    POSITIVE(k, "1", 1e6, "Added to the weighted mean square"),
};
static const sw_field_table response_norm_table = TABLE(response_norm_fields);
#undef HERE

const sw_op sw_op_local_response_norm = {
    .name = "local_response_norm",
    .help = "normalisation across neighbouring channels, as in AlexNet",
    .family = SW_FAMILY_NORM,
    .label = response_norm_label,
    .attr_bytes = sizeof(sw_local_response_norm_attrs),
    .fields = &response_norm_table,
    .input_count = 1,
    .output_count = 1,
    .infer = response_norm_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .recomputes = SW_BIT(0),
    .prepare = response_norm_prepare,
    .forward = response_norm_forward,
    .recompute = response_norm_forward,
    .backward = response_norm_backward,
    .release = sw_call_free_prepared,
};
