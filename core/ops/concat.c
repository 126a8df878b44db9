/* concat: the channels of several inputs side by side. Its output is made again for the backward pass, so
 * that a skip connection keeps no second copy of what it joins. */
#include <limits.h>

#include "join.h"
#include "ops/ops.h"

static sw_status concat_infer(sw_graph *graph, sw_node *node)
{
    SW_ENSURE(sw_join_check(graph, node, false));
    sw_shape y = sw_node_input(graph, node, 0)->shape;
    for (int i = 1; i < node->input_count; i++) {
        const int more = sw_node_input(graph, node, i)->shape.c;
        if (y.c > INT_MAX - more) return sw_node_fail(node, "has more than %d channels", INT_MAX);
        y.c += more;
    }
    return sw_node_add_output(graph, node, NULL, SW_F32, y);
}

static sw_status concat_prepare(sw_call *call)
{
    return sw_join_prepare(call, "");
}

static sw_status concat_forward(sw_call *call)
{
    const sw_join *join = call->prepared;
    const sw_shape y = sw_call_out_shape(call, 0);
    sw_arg args[2 * SW_MAX_INPUTS + 2];
    size_t count = 0;
    int end = 0;
    for (int i = 0; i < call->node->input_count; i++) {
        end += sw_call_in_shape(call, i).c / join->vec;
        args[count++] = SW_ARG(call->in[i]);
        args[count++] = SW_ARG(end);
    }
    args[count++] = SW_ARG(call->out[0]);
    args[count++] = SW_ARG((int)sw_call_put(call, sw_shape_elems(y), y.c, false));
    return sw_launch(call->cl, join->forward, call->node->name, sw_join_ndrange(call, end), count, args);
}

/* One input after the other: where two are the same value, the second adds to what the first has written. */
static sw_status concat_backward(sw_call *call)
{
    const sw_join *join = call->prepared;
    const int vectors = sw_call_out_shape(call, 0).c / join->vec;
    for (int i = 0, begin = 0; i < call->node->input_count; i++) {
        const sw_shape x = sw_call_in_shape(call, i);
        const sw_put put = sw_call_put(call, sw_shape_elems(x), x.c, call->accumulate[i]);
        if (call->din[i])
            SW_ENSURE(SW_CALL_LAUNCH(call, join->backward, sw_join_ndrange(call, x.c / join->vec),
                                     SW_ARG(call->dout[0]), SW_ARG(call->din[i]), SW_ARG(vectors),
                                     SW_ARG(begin), SW_ARG((int)put)));
        begin += x.c / join->vec;
    }
    return SW_OK;
}

const sw_op sw_op_concat = {
    .name = "concat",
    .help = "the channels of several inputs side by side",
    .family = SW_FAMILY_CONCAT,
    .input_count = 2,
    .most_inputs = SW_MAX_INPUTS,
    .output_count = 1,
    .infer = concat_infer,
    .gives_gradient = SW_BIT(SW_MAX_INPUTS) - 1,
    .recomputes = SW_BIT(0),
    .takes_bfloat16 = true,
    .prepare = concat_prepare,
    .forward = concat_forward,
    .recompute = concat_forward,
    .backward = concat_backward,
    .release = sw_call_free_prepared,
};
