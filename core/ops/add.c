/* add: the sum of several inputs, with ReLU in the same pass over memory. */
#include <stdio.h>

#include "base/field_macros.h"
#include "join.h"
#include "ops/ops.h"

static sw_status add_infer(sw_graph *graph, sw_node *node)
{
    const sw_add_attrs *attrs = node->attrs;
    SW_ENSURE(sw_join_check(graph, node, true));
    if (!attrs->relu) node->reads_outputs = 0; /* the gradient of a plain sum depends on nothing */
    return sw_node_add_output(graph, node, NULL, SW_F32, sw_node_input(graph, node, 0)->shape);
}

static void add_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_add_attrs *attrs = node->attrs;
    snprintf(text, text_bytes, attrs->relu ? "add+relu" : "add");
}

static sw_status add_prepare(sw_call *call)
{
    const sw_add_attrs *attrs = call->node->attrs;
    return sw_join_prepare(call, attrs->relu ? " -DRELU=1" : " -DRELU=0");
}

static sw_status add_forward(sw_call *call)
{
    const sw_join *join = call->prepared;
    const sw_shape y = sw_call_out_shape(call, 0);
    sw_put put = sw_call_put(call, sw_shape_elems(y), y.c, false);
    if (call->out[0] == call->in[0]) put = SW_PUT_PLAIN; /* the caches have it */
    sw_arg args[SW_MAX_INPUTS + 2];
    size_t count = 0;
    for (int i = 0; i < call->node->input_count; i++) args[count++] = SW_ARG(call->in[i]);
    args[count++] = SW_ARG(call->out[0]);
    args[count++] = SW_ARG((int)put);
    return sw_launch(call->cl, join->forward, call->node->name, sw_join_ndrange(call, y.c / join->vec), count,
                     args);
}

/* How the gradient of input i is written. */
static sw_put gradient_put(const sw_call *call, int i)
{
    const sw_add_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, i);
    const bool in_place = call->din[i] == call->dout[0] && !call->accumulate[i];
    if (!call->din[i]) return SW_PUT_NOT;
    if (in_place) return attrs->relu ? SW_PUT_PLAIN : SW_PUT_NOT; /* without ReLU it is there already */
    return sw_call_put(call, sw_shape_elems(x), x.c, call->accumulate[i]);
}

static sw_status add_backward(sw_call *call)
{
    const sw_add_attrs *attrs = call->node->attrs;
    const sw_join *join = call->prepared;
    sw_arg args[2 * SW_MAX_INPUTS + 2];
    size_t count = 0;
    bool any = false;
    for (int i = 0; i < call->node->input_count; i++) {
        const sw_put put = gradient_put(call, i);
        any |= put != SW_PUT_NOT;
        args[count++] = SW_ARG(call->din[i] ? call->din[i] : call->dout[0]); /* not written to, with NOT */
        args[count++] = SW_ARG((int)put);
    }
    args[count++] = SW_ARG(call->dout[0]);
    args[count++] = SW_ARG(attrs->relu ? call->out[0] : call->dout[0]);
    if (!any) return SW_OK;
    return sw_launch(call->cl, join->backward, call->node->name,
                     sw_join_ndrange(call, sw_call_out_shape(call, 0).c / join->vec), count, args);
}

#define HERE sw_add_attrs
static const sw_field add_fields[] = {
    BOOL(relu, "false", "Applies ReLU to the sum, in the same pass over memory"),
};
static const sw_field_table add_table = TABLE(add_fields);
#undef HERE

const sw_op sw_op_add = {
    .name = "add",
    .help = "the sum of several inputs, with ReLU if asked",
    .family = SW_FAMILY_SUM,
    .label = add_label,
    .attr_bytes = sizeof(sw_add_attrs),
    .fields = &add_table,
    .input_count = 2,
    .most_inputs = SW_MAX_INPUTS,
    .output_count = 1,
    .infer = add_infer,
    .backward_reads_outputs = SW_BIT(0),
    .gives_gradient = SW_BIT(SW_MAX_INPUTS) - 1,
    .recomputes = SW_BIT(0),
    .takes_bfloat16 = true,
    .gradient_in_place = true,
    .forward_in_place = true,
    .prepare = add_prepare,
    .forward = add_forward,
    .recompute = add_forward,
    .backward = add_backward,
    .release = sw_call_free_prepared,
};
