/* max_pool: 2x2 with stride 2, and where each maximum was at 2 bits. */
#include "ops/call.h"
#include "ops/ops.h"
#include "window.h"

static sw_status max_pool_infer(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    const sw_value *x = sw_node_input(graph, node, 0);
    const sw_shape s = x->shape;
    if (x->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", x->name);
    if (s.h < 2 || s.w < 2)
        return sw_node_fail(node, "an image of %d x %d has no 2x2 window: use fewer stages or a larger image",
                            s.h, s.w);
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){s.n, s.h / 2, s.w / 2, s.c}));
    SW_TRY(sw_node_add_output(graph, node, "offsets", SW_U32,
                              (sw_shape){s.n, s.h / 2, s.w / 2, sw_window_words(s.c)}));
    node->window = 2;
    node->stride = 2;
done:
    return status;
}

static sw_status max_pool_prepare(sw_run *run)
{
    return sw_window_prepare(run, "max_pool", "max_pool_fwd", "max_unpool", "max_unpool_fwd");
}

static sw_status max_pool_forward(sw_run *run)
{
    const sw_window *window = run->prepared;
    const sw_shape x = sw_run_in_shape(run, 0), y = sw_run_out_shape(run, 0);
    const size_t words = (size_t)sw_window_words(y.c);
    const sw_grid grid = sw_run_grid(run, (size_t)y.w * words, (size_t)y.n * (size_t)y.h, false);
    return SW_LAUNCH(run->cl, window->forward, run->node->name, grid, sw_arg_buffer(run->in[0]),
                     sw_arg_buffer(run->out[0]), sw_arg_buffer(run->out[1]), sw_arg_i32(x.h), sw_arg_i32(x.w),
                     sw_arg_i32(y.h), sw_arg_i32(y.w), sw_arg_i32(y.c / window->vec),
                     SW_EPILOGUE_ARGS(run->epilogue));
}

static sw_status max_pool_backward(sw_run *run)
{
    const sw_window *window = run->prepared;
    if (!run->din[0]) return SW_OK;
    return sw_window_spread(run, window->backward, run->dout[0], run->out[1], run->din[0],
                            sw_run_out_shape(run, 0), sw_run_in_shape(run, 0), run->accumulate[0]);
}

const sw_op sw_op_max_pool = {
    .name = "max_pool",
    .help = "2x2 maximum with stride 2, and its place in the window at 2 bits",
    .input_count = 1,
    .output_count = 2,
    .infer = max_pool_infer,
    .backward_reads_outputs = SW_BIT(1),
    .gives_gradient = SW_BIT(0),
    .prepare = max_pool_prepare,
    .forward = max_pool_forward,
    .backward = max_pool_backward,
    .release = sw_window_release,
};
