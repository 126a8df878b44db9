/* average_pool: mean of 2x2 pixels with stride 2. */
#include "ops/call.h"
#include "ops/ops.h"
#include "window.h"

static sw_status average_pool_infer(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    const sw_value *x = sw_node_input(graph, node, 0);
    const sw_shape s = x->shape;
    if (x->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", x->name);
    if (s.h < 2 || s.w < 2)
        return sw_node_fail(node, "an image of %d x %d has no 2x2 window: use fewer stages or a larger image",
                            s.h, s.w);
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){s.n, s.h / 2, s.w / 2, s.c}));
    node->window = 2;
    node->stride = 2;
done:
    return status;
}

static sw_status average_pool_prepare(sw_call *call)
{
    return sw_window_prepare(call, "average_pool", "average_pool_fwd", "average_pool", "average_pool_bwd");
}

static sw_status average_pool_forward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const int vectors = x.c / window->vec;
    const sw_ndrange grid =
        sw_call_ndrange(call, (size_t)y.w * (size_t)vectors, (size_t)y.n * (size_t)y.h, false);
    return SW_LAUNCH(call->cl, window->forward, call->node->name, grid, sw_arg_buffer(call->in[0]),
                     sw_arg_buffer(call->out[0]), sw_arg_i32(y.h), sw_arg_i32(y.w), sw_arg_i32(x.h),
                     sw_arg_i32(x.w), sw_arg_i32(vectors));
}

static sw_status average_pool_backward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const int vectors = x.c / window->vec;
    if (!call->din[0]) return SW_OK;
    const sw_ndrange grid =
        sw_call_ndrange(call, (size_t)x.w * (size_t)vectors, (size_t)x.n * (size_t)x.h, false);
    return SW_LAUNCH(call->cl, window->backward, call->node->name, grid, sw_arg_buffer(call->dout[0]),
                     sw_arg_buffer(call->din[0]), sw_arg_i32(y.h), sw_arg_i32(y.w), sw_arg_i32(x.h),
                     sw_arg_i32(x.w), sw_arg_i32(vectors), sw_arg_i32(call->accumulate[0]));
}

const sw_op sw_op_average_pool = {
    .name = "average_pool",
    .help = "mean of 2x2 pixels with stride 2",
    .input_count = 1,
    .output_count = 1,
    .infer = average_pool_infer,
    .gives_gradient = SW_BIT(0),
    .prepare = average_pool_prepare,
    .forward = average_pool_forward,
    .backward = average_pool_backward,
    .release = sw_window_release,
};
