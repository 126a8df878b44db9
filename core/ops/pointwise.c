#include "pointwise.h"

sw_status sw_pointwise_infer(sw_graph *graph, sw_node *node)
{
    const sw_value *x = sw_node_input(graph, node, 0);
    if (x->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", x->name);
    return sw_node_add_output(graph, node, NULL, SW_F32, x->shape);
}

static int values_of_image(const sw_call *call)
{
    const sw_shape x = sw_call_in_shape(call, 0);
    return x.h * x.w * x.c;
}

int sw_pointwise_vec(const sw_call *call)
{
    return sw_call_vec(call, values_of_image(call));
}

sw_ndrange sw_pointwise_ndrange(const sw_call *call, int vec)
{
    return sw_call_ndrange(call, (size_t)(values_of_image(call) / vec), (size_t)call->n, false);
}

bool sw_pointwise_streams(const sw_call *call)
{
    return call->out[0] != call->in[0] && sw_call_streams(call, sw_shape_elems(sw_call_in_shape(call, 0)));
}
