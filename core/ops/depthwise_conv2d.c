/* depthwise_conv2d: direct; a memory-bound op, nothing to gain from matrix products. */
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "ops/call.h"
#include "ops/conv_choice.h"
#include "ops/ops.h"
#include "storage_options.h"
#include "window.h"

enum {
    CHUNK_PIXELS = 512, /* of one partial sum of the weight gradient, at least one row */
    ITEM_PIXELS = 16    /* of a work-item of y or dx: few, so that neighbours in memory are read soon after */
};

typedef struct depthwise_kernels {
    bool stepped; /* with a stride or a dilation: in kernels of their own */
    const sw_kernel *fwd, *bwd;
    const sw_kernel *bwd_partial, *bwd_combine;
} depthwise_kernels;

/* The attributes with no 0 in them. */
static sw_depthwise_conv2d_attrs attrs_of(const sw_node *node)
{
    sw_depthwise_conv2d_attrs attrs = *(const sw_depthwise_conv2d_attrs *)node->attrs;
    if (!attrs.stride) attrs.stride = 1;
    if (!attrs.dilation || attrs.kernel == 1) attrs.dilation = 1;
    return attrs;
}

/* Rows of y. Whole ones, so that no chunk begins within one. */
static size_t chunk_rows(sw_shape y)
{
    return sw_divide_up(CHUNK_PIXELS, (size_t)y.w);
}

static size_t chunk_count(sw_shape y)
{
    return sw_divide_up((size_t)y.n * (size_t)y.h, chunk_rows(y));
}

static sw_status depthwise_infer(sw_graph *graph, sw_node *node)
{
    const sw_depthwise_conv2d_attrs attrs = attrs_of(node);
    sw_shape x = sw_node_input(graph, node, 0)->shape;
    int k = attrs.kernel;
    if (k < 1 || k > 7 || k % 2 == 0)
        return sw_node_fail(node, "the window side is %d; it must be 1, 3, 5 or 7", k);
    SW_ENSURE(sw_window_check_steps(node, attrs.stride, attrs.dilation));
    const sw_shape y = {x.n, sw_divide_up_int(x.h, attrs.stride), sw_divide_up_int(x.w, attrs.stride), x.c};
    const int dims[] = {x.c, 1, k, k};
    SW_ENSURE(
        sw_node_add_param(graph, node, "weight", SW_LAYOUT_CONV, 4, dims, SW_INIT_FAN_IN_UNIFORM, k * k));
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, y));
    size_t taps = (size_t)k * (size_t)k;
    node->workspace_bytes = chunk_count(y) * taps * (size_t)y.c * sizeof(float);
    node->macs = (uint64_t)y.h * (uint64_t)y.w * taps * (uint64_t)y.c;
    node->window = attrs.dilation * (k - 1) + 1;
    node->stride = attrs.stride;
    node->padding = node->window / 2;
    return SW_OK;
}

static void depthwise_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_depthwise_conv2d_attrs attrs = attrs_of(node);
    char window[SW_CONV_WINDOW_BYTES];
    sw_conv_window_print(window, attrs.kernel, attrs.stride, attrs.dilation);
    snprintf(text, text_bytes, "depthwise %s", window);
}

static sw_status prepare_stepped(depthwise_kernels *k, sw_call *call, sw_depthwise_conv2d_attrs attrs,
                                 int vec)
{
    static const char *const file = "depthwise_conv2d_steps";
    char options[96], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DKERNEL=%d -DSTRIDE=%d -DDILATION=%d -DVEC=%d%s", attrs.kernel,
             attrs.stride, attrs.dilation, vec, storage);
    SW_ENSURE(sw_kernel_get(&k->fwd, call->cl, file, "depthwise_conv2d_fwd_steps", options));
    SW_ENSURE(sw_kernel_get(&k->bwd, call->cl, file, "depthwise_conv2d_bwd_steps", options));
    return sw_kernel_get(&k->bwd_partial, call->cl, file, "depthwise_conv2d_bwd_partial_steps", options);
}

static sw_status depthwise_prepare(sw_call *call)
{
    const sw_depthwise_conv2d_attrs attrs = attrs_of(call->node);
    const int vec = sw_call_vec(call, sw_call_in_shape(call, 0).c);
    depthwise_kernels *k = calloc(1, sizeof *k);
    if (!k) return sw_fail_alloc("a depthwise convolution", sizeof *k);
    call->prepared = k;
    char options[64], turned[64], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, true);
    snprintf(turned, sizeof turned, "-DKERNEL=%d -DVEC=%d%s", attrs.kernel, vec, storage);
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DKERNEL=%d -DVEC=%d%s", attrs.kernel, vec, storage);
    SW_ENSURE(sw_kernel_get(&k->bwd_combine, call->cl, "depthwise_conv2d", "depthwise_conv2d_bwd_combine",
                            options));
    k->stepped = attrs.stride > 1 || attrs.dilation > 1;
    if (k->stepped) return prepare_stepped(k, call, attrs, vec);
    SW_ENSURE(sw_kernel_get(&k->fwd, call->cl, "depthwise_conv2d", "depthwise_conv2d_apply", options));
    SW_ENSURE(sw_kernel_get(&k->bwd, call->cl, "depthwise_conv2d", "depthwise_conv2d_apply", turned));
    return sw_kernel_get(&k->bwd_partial, call->cl, "depthwise_conv2d", "depthwise_conv2d_bwd_partial",
                         options);
}

/* y from x (direction 1), or dx from dy (-1). */
static sw_status apply(sw_call *call, const sw_kernel *kernel, cl_mem from, cl_mem to, int direction,
                       bool accumulate)
{
    sw_shape x = sw_call_in_shape(call, 0);
    int vec = sw_call_vec(call, x.c);
    size_t cv = (size_t)x.c / (size_t)vec;
    sw_ndrange range = sw_call_ndrange(call, cv, sw_divide_up((size_t)x.w, ITEM_PIXELS), false);
    range.global[2] = (size_t)x.n * (size_t)x.h;
    return SW_CALL_LAUNCH(call, kernel, range, SW_ARG(from), SW_ARG(call->param[0]), SW_ARG(to),
                          SW_SIZE_ARGS(x), SW_ARG(ITEM_PIXELS), SW_ARG(direction),
                          SW_ARG((int)sw_call_put(call, sw_shape_elems(x), vec, accumulate)));
}

/* y from x, or dx from dy, of the other size: with a stride or a dilation. */
static sw_status apply_stepped(sw_call *call, const sw_kernel *kernel, cl_mem from, cl_mem to,
                               sw_shape written, bool accumulate)
{
    sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    int vec = sw_call_vec(call, x.c);
    sw_ndrange range = sw_call_ndrange(call, (size_t)(x.c / vec), (size_t)written.w, false);
    range.global[2] = (size_t)written.n * (size_t)written.h;
    return SW_CALL_LAUNCH(call, kernel, range, SW_ARG(from), SW_ARG(call->param[0]), SW_ARG(to),
                          SW_SIZE_ARGS(x), SW_SIZE_ARGS(y),
                          SW_ARG((int)sw_call_put(call, sw_shape_elems(written), vec, accumulate)));
}

static sw_status depthwise_forward(sw_call *call)
{
    const depthwise_kernels *k = call->prepared;
    if (!k->stepped) return apply(call, k->fwd, call->in[0], call->out[0], 1, false);
    return apply_stepped(call, k->fwd, call->in[0], call->out[0], sw_call_out_shape(call, 0), false);
}

static sw_status backward_data(sw_call *call)
{
    const depthwise_kernels *k = call->prepared;
    if (!k->stepped) return apply(call, k->bwd, call->dout[0], call->din[0], -1, call->accumulate[0]);
    return apply_stepped(call, k->bwd, call->dout[0], call->din[0], sw_call_in_shape(call, 0),
                         call->accumulate[0]);
}

static sw_status backward_weights(sw_call *call)
{
    const depthwise_kernels *k = call->prepared;
    const sw_depthwise_conv2d_attrs attrs = attrs_of(call->node);
    sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    size_t cv = (size_t)x.c / (size_t)sw_call_vec(call, x.c), chunks = chunk_count(y);
    size_t taps = (size_t)attrs.kernel * (size_t)attrs.kernel;
    sw_ndrange range = sw_call_ndrange(call, cv, chunks, true);
    if (!k->stepped)
        SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_partial, range, SW_ARG(call->in[0]), SW_ARG(call->dout[0]),
                                 SW_ARG(call->workspace), SW_SIZE_ARGS(x), SW_ARG(x.n * x.h),
                                 SW_ARG((int)chunk_rows(y))));
    else
        SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_partial, range, SW_ARG(call->in[0]), SW_ARG(call->dout[0]),
                                 SW_ARG(call->workspace), SW_SIZE_ARGS(x), SW_SIZE_ARGS(y), SW_ARG(y.n * y.h),
                                 SW_ARG((int)chunk_rows(y))));
    return SW_CALL_LAUNCH(call, k->bwd_combine, sw_call_ndrange(call, taps * (size_t)x.c, 1, true),
                          SW_ARG(call->workspace), SW_ARG(call->dparam[0]), SW_ARG(chunks));
}

static sw_status depthwise_backward(sw_call *call)
{
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_WEIGHTS);
    if (call->in[0]) SW_ENSURE(backward_weights(call));
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_DATA);
    if (call->din[0]) SW_ENSURE(backward_data(call));
    return SW_OK;
}

#define HERE sw_depthwise_conv2d_attrs
static const sw_field depthwise_fields[] = {
    INT(kernel, "3", 1, 7, "Side of the window, odd; padding keeps the image size, but for the stride"),
    INT(stride, "1", 1, 8, "Computes every n-th pixel of every n-th row: 2 halves the image"),
    INT(dilation, "1", 1, 64, "Pixels from one tap of the window to the next; padding grows with it"),
};
static const sw_field_table depthwise_table = TABLE(depthwise_fields);
#undef HERE

const sw_op sw_op_depthwise_conv2d = {
    .name = "depthwise_conv2d",
    .help = "convolution of each channel with its own odd window, strided and dilated if asked",
    .family = SW_FAMILY_DEPTHWISE,
    .label = depthwise_label,
    .attr_bytes = sizeof(sw_depthwise_conv2d_attrs),
    .fields = &depthwise_table,
    .input_count = 1,
    .output_count = 1,
    .infer = depthwise_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .takes_bfloat16 = true,
    .weights_apart = true,
    .prepare = depthwise_prepare,
    .forward = depthwise_forward,
    .backward = depthwise_backward,
    .release = sw_call_free_prepared,
};
