/* upsample: nearest neighbour, twice the size. */
#include "ops/call.h"
#include "ops/ops.h"
#include "window.h"

static sw_status upsample_infer(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    const sw_upsample_attrs *attrs = node->attrs;
    const sw_value *x = sw_node_input(graph, node, 0);
    const sw_shape s = x->shape;
    if (x->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", x->name);
    SW_TRY(sw_window_check_double(node, s, attrs->height, attrs->width));
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){s.n, attrs->height, attrs->width, s.c}));
    node->upscale = 2;
done:
    return status;
}

static sw_status upsample_prepare(sw_call *call)
{
    return sw_window_prepare(call, "upsample", "upsample_fwd", "upsample", "upsample_bwd");
}

static sw_status upsample_forward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const int vectors = x.c / window->vec;
    const sw_ndrange grid =
        sw_call_ndrange(call, (size_t)y.w * (size_t)vectors, (size_t)y.n * (size_t)y.h, false);
    return SW_LAUNCH(call->cl, window->forward, call->node->name, grid, sw_arg_buffer(call->in[0]),
                     sw_arg_buffer(call->out[0]), sw_arg_i32(x.h), sw_arg_i32(x.w), sw_arg_i32(y.h),
                     sw_arg_i32(y.w), sw_arg_i32(vectors));
}

static sw_status upsample_backward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const int vectors = x.c / window->vec;
    if (!call->din[0]) return SW_OK;
    const sw_ndrange grid =
        sw_call_ndrange(call, (size_t)x.w * (size_t)vectors, (size_t)x.n * (size_t)x.h, false);
    return SW_LAUNCH(call->cl, window->backward, call->node->name, grid, sw_arg_buffer(call->dout[0]),
                     sw_arg_buffer(call->din[0]), sw_arg_i32(x.h), sw_arg_i32(x.w), sw_arg_i32(y.h),
                     sw_arg_i32(y.w), sw_arg_i32(vectors), sw_arg_i32(call->accumulate[0]));
}

const sw_op sw_op_upsample = {
    .name = "upsample",
    .help = "twice the size, by the nearest neighbour",
    .attr_bytes = sizeof(sw_upsample_attrs),
    .input_count = 1,
    .output_count = 1,
    .infer = upsample_infer,
    .gives_gradient = SW_BIT(0),
    .recomputes = SW_BIT(0),
    .prepare = upsample_prepare,
    .forward = upsample_forward,
    .recompute = upsample_forward,
    .backward = upsample_backward,
    .release = sw_window_release,
};
