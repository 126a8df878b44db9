#include "join.h"

#include <stdio.h>
#include <stdlib.h>

#include "storage_options.h"

static sw_status check_input(const sw_graph *graph, const sw_node *node, int i, bool channels)
{
    const sw_value *first = sw_node_input(graph, node, 0), *x = sw_node_input(graph, node, i);
    const sw_shape a = first->shape, b = x->shape;
    const char *remedy;
    if (x->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", x->name);
    if (a.n != b.n)
        remedy = "they must hold the same images";
    else if (a.h != b.h || a.w != b.w)
        remedy = "height and width must agree; where one of them is enlarged, `like:` names the layer whose "
                 "size it "
                 "gets";
    else if (channels && a.c != b.c)
        remedy = "channels must agree; a conv2d with a window of 1 changes them";
    else
        return SW_OK;
    return sw_node_fail(node, "'%s' of shape (%d,%d,%d,%d) and '%s' of shape (%d,%d,%d,%d) do not fit: %s",
                        first->name, a.n, a.h, a.w, a.c, x->name, b.n, b.h, b.w, b.c, remedy);
}

sw_status sw_join_check(const sw_graph *graph, const sw_node *node, bool channels)
{
    for (int i = 0; i < node->input_count; i++) SW_ENSURE(check_input(graph, node, i, channels));
    return SW_OK;
}

static int greatest_common_divisor(int a, int b)
{
    while (b) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

sw_status sw_join_prepare(sw_call *call, const char *options)
{
    const char *op = call->node->op->name;
    int channels = 0;
    sw_join *join = calloc(1, sizeof *join);
    if (!join) return sw_fail_alloc(op, sizeof *join);
    call->prepared = join;
    for (int i = 0; i < call->node->input_count; i++)
        channels = greatest_common_divisor(channels, sw_call_in_shape(call, i).c);
    join->vec = sw_call_vec(call, channels);
    char all[64], name[32], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, false);
    snprintf(all, sizeof all, "-DVEC=%d -DINPUTS=%d%s%s", join->vec, call->node->input_count, options,
             storage);
    snprintf(name, sizeof name, "%s_fwd", op);
    SW_ENSURE(sw_kernel_get(&join->forward, call->cl, op, name, all));
    snprintf(name, sizeof name, "%s_bwd", op);
    return sw_kernel_get(&join->backward, call->cl, op, name, all);
}

sw_ndrange sw_join_ndrange(const sw_call *call, int vectors)
{
    return sw_call_ndrange(call, (size_t)vectors, sw_shape_pixels(sw_call_out_shape(call, 0)), false);
}
