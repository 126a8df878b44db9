/* global_average_pool: the mean over all pixels of an image, channel by channel. */
#include "image_sum.h"
#include "ops/ops.h"
#include "window.h"

static sw_status global_average_pool_infer(sw_graph *graph, sw_node *node)
{
    const sw_shape x = sw_node_input(graph, node, 0)->shape;
    SW_ENSURE(sw_window_check_floats(graph, node));
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){x.n, 1, 1, x.c}));
    node->workspace_bytes = sw_image_sum_workspace_bytes(x);
    node->window = SW_WINDOW_ALL;
    return SW_OK;
}

static float share_of_a_pixel(sw_shape x)
{
    return (float)(1.0 / (double)(x.h * x.w));
}

static sw_status global_average_pool_forward(sw_call *call)
{
    const sw_shape x = sw_call_in_shape(call, 0);
    return sw_image_sum_run(call, call->prepared, call->in[0], x, call->out[0], share_of_a_pixel(x), false);
}

static sw_status global_average_pool_backward(sw_call *call)
{
    const sw_shape x = sw_call_in_shape(call, 0);
    if (!call->din[0]) return SW_OK;
    return sw_image_sum_spread(call, call->prepared, call->dout[0], call->din[0], x, share_of_a_pixel(x),
                               call->accumulate[0]);
}

const sw_op sw_op_global_average_pool = {
    .name = "global_average_pool",
    .help = "the mean over all pixels of an image",
    .family = SW_FAMILY_POOL,
    .input_count = 1,
    .output_count = 1,
    .infer = global_average_pool_infer,
    .gives_gradient = SW_BIT(0),
    .takes_bfloat16 = true,
    .prepare = sw_image_sum_prepare,
    .forward = global_average_pool_forward,
    .backward = global_average_pool_backward,
    .release = sw_call_free_prepared,
};
