/* max_unpool: each value back to the place its maximum had, zero elsewhere. */
#include "ops/call.h"
#include "ops/ops.h"
#include "window.h"

/* The max_pool that the offsets come from; NULL: they are an input of the graph. */
static const sw_node *pool_of(const sw_graph *graph, const sw_value *offsets)
{
    const sw_node *node = offsets->producer >= 0 ? &graph->nodes[offsets->producer] : NULL;
    return node && node->op == &sw_op_max_pool ? node : NULL;
}

static sw_status max_unpool_infer(sw_graph *graph, sw_node *node)
{
    const sw_value *x = sw_node_input(graph, node, 0), *offsets = sw_node_input(graph, node, 1);
    const sw_shape s = x->shape, o = offsets->shape;
    const sw_node *pool = pool_of(graph, offsets);
    SW_ENSURE(sw_window_check_floats(graph, node));
    if (pool && sw_max_pool_window(pool).kernel != 2)
        return sw_node_fail(
            node,
            "takes the places of windows of 2x2, and '%s' has windows of 3x3: give it a kernel "
            "of 2",
            pool->name);
    if (offsets->dtype != SW_U32)
        return sw_node_fail(node, "'%s' does not hold packed offsets of a max_pool", offsets->name);
    if (!sw_shape_equal(o, (sw_shape){s.n, s.h, s.w, sw_window_words(s.c)}))
        return sw_node_fail(
            node,
            "offsets '%s' of shape (%d,%d,%d,%d) do not fit '%s' of shape (%d,%d,%d,%d): the stage they "
            "come from must have the same size and channels (16 to a word)",
            offsets->name, o.n, o.h, o.w, o.c, x->name, s.n, s.h, s.w, s.c);
    const sw_doubled_attrs *attrs = node->attrs;
    const bool ceil = pool && sw_max_pool_window(pool).ceil;
    sw_size size = {attrs->height, attrs->width};
    if (!attrs->height && pool) {
        const sw_shape before = sw_node_input(graph, pool, 0)->shape;
        size = (sw_size){before.h, before.w};
    }
    /* A rest that fills no window is one less than two rows (or columns) with such a pool, one more without.
     */
    return sw_window_infer_back(graph, node, size, !pool || ceil, !ceil);
}

static sw_status max_unpool_forward(sw_call *call)
{
    const sw_window *window = call->prepared;
    return sw_window_spread(call, window->forward, call->in[0], call->in[1], call->out[0],
                            sw_call_in_shape(call, 0), sw_call_out_shape(call, 0), false);
}

static sw_status max_unpool_backward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const int vectors = x.c / window->vec;
    if (!call->din[0]) return SW_OK;
    return SW_CALL_LAUNCH(call, window->backward, sw_window_ndrange(call, x, vectors), SW_ARG(call->dout[0]),
                          SW_ARG(call->in[1]), SW_ARG(call->din[0]), SW_SIZE_ARGS(x), SW_SIZE_ARGS(y),
                          SW_ARG(vectors), SW_ARG(call->accumulate[0]));
}

const sw_op sw_op_max_unpool = {
    .name = "max_unpool",
    .help = "puts each value where its maximum was before 2x2 pooling, zero elsewhere",
    .family = SW_FAMILY_UNPOOL,
    .attr_bytes = sizeof(sw_doubled_attrs),
    .resize = sw_window_resize,
    .input_count = 2,
    .output_count = 1,
    .infer = max_unpool_infer,
    .backward_reads_inputs = SW_BIT(1),
    .gives_gradient = SW_BIT(0),
    .recomputes = SW_BIT(0),
    .takes_bfloat16 = true,
    .prepare = sw_window_prepare,
    .forward = max_unpool_forward,
    .recompute = max_unpool_forward,
    .backward = max_unpool_backward,
    .release = sw_call_free_prepared,
};
