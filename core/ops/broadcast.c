/* broadcast: the one pixel of an image everywhere, in the height and width of another layer. */
#include "image_sum.h"
#include "ops/ops.h"
#include "window.h"

static sw_status broadcast_infer(sw_graph *graph, sw_node *node)
{
    const sw_broadcast_attrs *attrs = node->attrs;
    const sw_value *x = sw_node_input(graph, node, 0);
    const sw_shape s = x->shape;
    SW_ENSURE(sw_window_check_floats(graph, node));
    if (s.h != 1 || s.w != 1)
        return sw_node_fail(node,
                            "'%s' of shape (%d,%d,%d,%d) has more than one pixel an image; broadcast repeats "
                            "the one that a global_average_pool leaves",
                            x->name, s.n, s.h, s.w, s.c);
    if (attrs->height < 1 || attrs->width < 1)
        return sw_node_fail(node,
                            "height and width of the output are %d and %d: `like:` names the layer "
                            "whose size it gets",
                            attrs->height, attrs->width);
    const sw_shape y = {s.n, attrs->height, attrs->width, s.c};
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, y));
    node->workspace_bytes = sw_image_sum_workspace_bytes(y);
    return SW_OK;
}

static void broadcast_resize(void *attrs, int height, int width)
{
    *(sw_broadcast_attrs *)attrs = (sw_broadcast_attrs){.height = height, .width = width};
}

static sw_status broadcast_forward(sw_call *call)
{
    return sw_image_sum_spread(call, call->prepared, call->in[0], call->out[0], sw_call_out_shape(call, 0),
                               1.0f, false);
}

static sw_status broadcast_backward(sw_call *call)
{
    if (!call->din[0]) return SW_OK;
    return sw_image_sum_run(call, call->prepared, call->dout[0], sw_call_out_shape(call, 0), call->din[0],
                            1.0f, call->accumulate[0]);
}

const sw_op sw_op_broadcast = {
    .name = "broadcast",
    .help = "the one pixel of an image everywhere, in the size of another layer",
    .family = SW_FAMILY_UPSAMPLE,
    .attr_bytes = sizeof(sw_broadcast_attrs),
    .resize = broadcast_resize,
    .input_count = 1,
    .output_count = 1,
    .infer = broadcast_infer,
    .gives_gradient = SW_BIT(0),
    .takes_bfloat16 = true,
    .recomputes = SW_BIT(0),
    .prepare = sw_image_sum_prepare,
    .forward = broadcast_forward,
    .recompute = broadcast_forward,
    .backward = broadcast_backward,
    .release = sw_call_free_prepared,
};
