/* max_pool: 2x2 with stride 2, and where each maximum was at 2 bits. */
#include "ops/call.h"
#include "ops/ops.h"
#include "window.h"

static sw_status max_pool_infer(sw_graph *graph, sw_node *node)
{
    const sw_shape s = sw_node_input(graph, node, 0)->shape;
    SW_ENSURE(sw_window_infer_half(graph, node));
    return sw_node_add_output(graph, node, "offsets", SW_U32,
                              (sw_shape){s.n, s.h / 2, s.w / 2, sw_window_words(s.c)});
}

static sw_status max_pool_prepare(sw_call *call)
{
    return sw_window_prepare_with(call, "max_unpool", "max_unpool_fwd");
}

static sw_status max_pool_forward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    return SW_CALL_LAUNCH(call, window->forward, sw_window_ndrange(call, y, sw_window_words(y.c)),
                          SW_ARG(call->in[0]), SW_ARG(call->out[0]), SW_ARG(call->out[1]), SW_SIZE_ARGS(x),
                          SW_SIZE_ARGS(y), SW_ARG(y.c / window->vec), SW_EPILOGUE_ARGS(call->epilogue));
}

static sw_status max_pool_backward(sw_call *call)
{
    const sw_window *window = call->prepared;
    if (!call->din[0]) return SW_OK;
    return sw_window_spread(call, window->backward, call->dout[0], call->out[1], call->din[0],
                            sw_call_out_shape(call, 0), sw_call_in_shape(call, 0), call->accumulate[0]);
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
    .release = sw_call_free_prepared,
};
