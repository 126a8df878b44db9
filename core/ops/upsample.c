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

static sw_status upsample_prepare(sw_run *run)
{
    return sw_window_prepare(run, "upsample", "upsample_fwd", "upsample", "upsample_bwd");
}

static sw_status upsample_forward(sw_run *run)
{
    const sw_window *window = run->prepared;
    const sw_shape x = sw_run_in_shape(run, 0), y = sw_run_out_shape(run, 0);
    const int vectors = x.c / window->vec;
    const sw_grid grid = sw_run_grid(run, (size_t)y.w * (size_t)vectors, (size_t)y.n * (size_t)y.h, false);
    return SW_LAUNCH(run->cl, window->forward, run->node->name, grid, sw_arg_buffer(run->in[0]),
                     sw_arg_buffer(run->out[0]), sw_arg_i32(x.h), sw_arg_i32(x.w), sw_arg_i32(y.h),
                     sw_arg_i32(y.w), sw_arg_i32(vectors));
}

static sw_status upsample_backward(sw_run *run)
{
    const sw_window *window = run->prepared;
    const sw_shape x = sw_run_in_shape(run, 0), y = sw_run_out_shape(run, 0);
    const int vectors = x.c / window->vec;
    if (!run->din[0]) return SW_OK;
    const sw_grid grid = sw_run_grid(run, (size_t)x.w * (size_t)vectors, (size_t)x.n * (size_t)x.h, false);
    return SW_LAUNCH(run->cl, window->backward, run->node->name, grid, sw_arg_buffer(run->dout[0]),
                     sw_arg_buffer(run->din[0]), sw_arg_i32(x.h), sw_arg_i32(x.w), sw_arg_i32(y.h),
                     sw_arg_i32(y.w), sw_arg_i32(vectors), sw_arg_i32(run->accumulate[0]));
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
