/* depthwise_conv2d: direct; a memory-bound op, nothing to gain from matrix products. */
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "ops/call.h"
#include "ops/ops.h"

enum {
    CHUNK_PIXELS = 512, /* of one partial sum of the weight gradient, at least one row */
    ITEM_PIXELS = 16    /* of a work-item of y or dx: few, so that neighbours in memory are read soon after */
};

typedef struct depthwise_kernels {
    const sw_kernel *apply, *bwd_partial, *bwd_combine;
} depthwise_kernels;

/* Whole rows, so that no chunk begins within one. */
static size_t chunk_rows(sw_shape x)
{
    return sw_divide_up(CHUNK_PIXELS, (size_t)x.w);
}

static size_t chunk_count(sw_shape x)
{
    return sw_divide_up((size_t)x.n * (size_t)x.h, chunk_rows(x));
}

static sw_status depthwise_infer(sw_graph *graph, sw_node *node)
{
    const sw_depthwise_conv2d_attrs *attrs = node->attrs;
    sw_shape x = sw_node_input(graph, node, 0)->shape;
    int k = attrs->kernel;
    if (k < 1 || k > 7 || k % 2 == 0)
        return sw_node_fail(node, "the window side is %d; it must be 1, 3, 5 or 7", k);
    const int dims[] = {x.c, 1, k, k};
    SW_ENSURE(
        sw_node_add_param(graph, node, "weight", SW_LAYOUT_CONV, 4, dims, SW_INIT_FAN_IN_UNIFORM, k * k));
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, x));
    size_t taps = (size_t)k * (size_t)k;
    node->workspace_bytes = chunk_count(x) * taps * (size_t)x.c * sizeof(float);
    node->macs = (uint64_t)x.h * (uint64_t)x.w * taps * (uint64_t)x.c;
    node->window = k;
    return SW_OK;
}

static void depthwise_label(char *text, size_t text_bytes, const sw_node *node)
{
    snprintf(text, text_bytes, "depthwise %dx%d", node->window, node->window);
}

static sw_status depthwise_prepare(sw_call *call)
{
    const sw_depthwise_conv2d_attrs *attrs = call->node->attrs;
    depthwise_kernels *k = calloc(1, sizeof *k);
    if (!k) return sw_fail_alloc("a depthwise convolution", sizeof *k);
    call->prepared = k;
    char options[64];
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d", attrs->kernel,
             sw_call_vec(call, sw_call_in_shape(call, 0).c));
    SW_ENSURE(sw_kernel_get(&k->apply, call->cl, "depthwise_conv2d", "depthwise_conv2d_apply", options));
    SW_ENSURE(sw_kernel_get(&k->bwd_partial, call->cl, "depthwise_conv2d", "depthwise_conv2d_bwd_partial",
                            options));
    return sw_kernel_get(&k->bwd_combine, call->cl, "depthwise_conv2d", "depthwise_conv2d_bwd_combine",
                         options);
}

/* y from x (direction 1), or dx from dy (-1). */
static sw_status apply(sw_call *call, cl_mem from, cl_mem to, int direction, bool accumulate)
{
    const depthwise_kernels *k = call->prepared;
    sw_shape x = sw_call_in_shape(call, 0);
    int vec = sw_call_vec(call, x.c);
    size_t cv = (size_t)x.c / (size_t)vec;
    sw_ndrange range = sw_call_ndrange(call, cv, sw_divide_up((size_t)x.w, ITEM_PIXELS), false);
    range.global[2] = (size_t)x.n * (size_t)x.h;
    return SW_CALL_LAUNCH(call, k->apply, range, SW_ARG(from), SW_ARG(call->param[0]), SW_ARG(to),
                          SW_SIZE_ARGS(x), SW_ARG(ITEM_PIXELS), SW_ARG(direction),
                          SW_ARG((int)sw_call_put(call, sw_shape_elems(x), vec, accumulate)));
}

static sw_status depthwise_forward(sw_call *call)
{
    return apply(call, call->in[0], call->out[0], 1, false);
}

static sw_status backward_weights(sw_call *call)
{
    const depthwise_kernels *k = call->prepared;
    const sw_depthwise_conv2d_attrs *attrs = call->node->attrs;
    sw_shape x = sw_call_in_shape(call, 0);
    size_t cv = (size_t)x.c / (size_t)sw_call_vec(call, x.c), chunks = chunk_count(x);
    size_t taps = (size_t)attrs->kernel * (size_t)attrs->kernel;
    SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_partial, sw_call_ndrange(call, cv, chunks, true),
                             SW_ARG(call->in[0]), SW_ARG(call->dout[0]), SW_ARG(call->workspace),
                             SW_SIZE_ARGS(x), SW_ARG(x.n * x.h), SW_ARG((int)chunk_rows(x))));
    return SW_CALL_LAUNCH(call, k->bwd_combine, sw_call_ndrange(call, taps * (size_t)x.c, 1, true),
                          SW_ARG(call->workspace), SW_ARG(call->dparam[0]), SW_ARG(chunks));
}

static sw_status depthwise_backward(sw_call *call)
{
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_WEIGHTS);
    SW_ENSURE(backward_weights(call));
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_DATA);
    if (call->din[0]) SW_ENSURE(apply(call, call->dout[0], call->din[0], -1, call->accumulate[0]));
    return SW_OK;
}

#define HERE sw_depthwise_conv2d_attrs
static const sw_field depthwise_fields[] = {
    INT(kernel, "3", 1, 7, "Side of the window, odd; padding keeps the image size"),
};
static const sw_field_table depthwise_table = TABLE(depthwise_fields);
#undef HERE

const sw_op sw_op_depthwise_conv2d = {
    .name = "depthwise_conv2d",
    .help = "convolution of each channel with its own odd window, stride 1, same size",
    .label = depthwise_label,
    .attr_bytes = sizeof(sw_depthwise_conv2d_attrs),
    .fields = &depthwise_table,
    .input_count = 1,
    .output_count = 1,
    .infer = depthwise_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .prepare = depthwise_prepare,
    .forward = depthwise_forward,
    .backward = depthwise_backward,
    .release = sw_call_free_prepared,
};
