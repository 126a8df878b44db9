/* max_pool: the maximum of each window, and where it was. Windows of 2x2 that are all inside, which a norm
 * before them can do in its own passes, have kernels of their own; so have those that overlap or lie partly
 * outside. */
#include <stdio.h>

#include "base/field_macros.h"
#include "ops/call.h"
#include "ops/conv_choice.h"
#include "ops/ops.h"
#include "window.h"

enum { WIDE_CHANNELS_A_WORD = 8 }; /* of places at 4 bits, as windows of 3x3 have them */

sw_pool_window sw_max_pool_window(const sw_node *node)
{
    const sw_max_pool_attrs *attrs = node->attrs;
    const int kernel = attrs->kernel ? attrs->kernel : 2;
    return (sw_pool_window){.kernel = kernel,
                            .stride = attrs->stride ? attrs->stride : 2,
                            .padding = kernel == 3 ? attrs->padding : 0,
                            .ceil = attrs->ceil};
}

bool sw_max_pool_is_plain(const sw_node *node)
{
    const sw_pool_window window = sw_max_pool_window(node);
    return window.kernel == 2 && !window.ceil;
}

static sw_status max_pool_infer(sw_graph *graph, sw_node *node)
{
    const sw_pool_window window = sw_max_pool_window(node);
    if (window.kernel != 2 && window.kernel != 3)
        return sw_node_fail(node, "the window side is %d; it must be 2 or 3", window.kernel);
    if (window.kernel == 2 && window.stride != 2)
        return sw_node_fail(node, "the stride is %d; that of a window of 2x2 is 2", window.stride);
    if (window.stride < 1 || window.stride > 3)
        return sw_node_fail(node, "the stride is %d; it must be 1 to 3", window.stride);
    if (window.padding < 0 || window.padding > 1)
        return sw_node_fail(node, "the padding is %d; it must be 0 or 1", window.padding);
    SW_ENSURE(sw_window_infer_pool(graph, node, window));
    sw_shape offsets = graph->values[node->outputs[0]].shape;
    offsets.c =
        window.kernel == 2 ? sw_window_words(offsets.c) : sw_divide_up_int(offsets.c, WIDE_CHANNELS_A_WORD);
    return sw_node_add_output(graph, node, "offsets", SW_U32, offsets);
}

static void max_pool_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_pool_window p = sw_max_pool_window(node);
    char window[SW_CONV_WINDOW_BYTES];
    sw_conv_window_print(window, p.kernel, p.stride, 1);
    snprintf(text, text_bytes, "max_pool%s%s%s", p.kernel > 2 ? " " : "", p.kernel > 2 ? window : "",
             p.ceil ? " ceil" : "");
}

static sw_status max_pool_prepare(sw_call *call)
{
    const sw_pool_window p = sw_max_pool_window(call->node);
    const sw_window_kernel forward = {.file = "max_pool_window", .name = "max_pool_fwd_window"};
    const sw_window_kernel unpool = {.file = "max_unpool", .name = "max_unpool_fwd", .turned = true};
    const sw_window_kernel backward = {.file = "max_pool_window", .name = "max_pool_bwd_window"};
    char options[80];
    if (sw_max_pool_is_plain(call->node)) return sw_window_prepare_with(call, unpool);
    snprintf(options, sizeof options, " -DKERNEL=%d -DSTRIDE=%d -DPADDING=%d -DBITS=%d", p.kernel, p.stride,
             p.padding, p.kernel == 2 ? 2 : 4);
    return sw_window_prepare_kernels(call, forward, p.kernel == 2 ? unpool : backward, options,
                                     p.kernel == 2 ? 16 : WIDE_CHANNELS_A_WORD);
}

static sw_status max_pool_forward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const sw_ndrange range = sw_window_ndrange(call, y, sw_call_out_shape(call, 1).c);
    if (!sw_max_pool_is_plain(call->node))
        return SW_CALL_LAUNCH(call, window->forward, range, SW_ARG(call->in[0]), SW_ARG(call->out[0]),
                              SW_ARG(call->out[1]), SW_SIZE_ARGS(x), SW_SIZE_ARGS(y),
                              SW_ARG(y.c / window->vec));
    return SW_CALL_LAUNCH(call, window->forward, range, SW_ARG(call->in[0]), SW_ARG(call->out[0]),
                          SW_ARG(call->out[1]), SW_SIZE_ARGS(x), SW_SIZE_ARGS(y), SW_ARG(y.c / window->vec),
                          SW_EPILOGUE_ARGS(call->epilogue));
}

static sw_status max_pool_backward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const int vectors = x.c / window->vec;
    if (!call->din[0]) return SW_OK;
    if (sw_max_pool_window(call->node).kernel == 2)
        return sw_window_spread(call, window->backward, call->dout[0], call->out[1], call->din[0], y, x,
                                call->accumulate[0]);
    return SW_CALL_LAUNCH(call, window->backward, sw_window_ndrange(call, x, vectors), SW_ARG(call->dout[0]),
                          SW_ARG(call->out[1]), SW_ARG(call->din[0]), SW_SIZE_ARGS(x), SW_SIZE_ARGS(y),
                          SW_ARG(vectors), SW_ARG(call->accumulate[0]));
}

#define HERE sw_max_pool_attrs
static const sw_field max_pool_fields[] = {
    INT(kernel, "2", 2, 3, "Side of the window"),
    INT(stride, "2", 1, 3, "Pixels from one window to the next; of a window of 2 it is 2"),
    INT(padding, "1", 0, 1, "Rows and columns around the image, of a window of 3; one of 2 has none"),
    BOOL(ceil, "false", "Keeps a last row or column that fills no window, rather than dropping it"),
};
static const sw_field_table max_pool_table = TABLE(max_pool_fields);
#undef HERE

int sw_max_pool_place(const uint32_t *offsets, sw_shape pooled, int y, int x, int channel)
{
    const int pixel = y * pooled.w + x, word = pixel * sw_window_words(pooled.c) + channel / 16;
    return (int)(offsets[word] >> 2 * (channel % 16) & 3);
}

const sw_op sw_op_max_pool = {
    .name = "max_pool",
    .help = "maximum of windows of 2x2 or 3x3, and its place in the window",
    .family = SW_FAMILY_POOL,
    .label = max_pool_label,
    .attr_bytes = sizeof(sw_max_pool_attrs),
    .fields = &max_pool_table,
    .input_count = 1,
    .output_count = 2,
    .infer = max_pool_infer,
    .backward_reads_outputs = SW_BIT(1),
    .gives_gradient = SW_BIT(0),
    .takes_bfloat16 = true,
    .prepare = max_pool_prepare,
    .forward = max_pool_forward,
    .backward = max_pool_backward,
    .release = sw_call_free_prepared,
};
