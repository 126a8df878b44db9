#include "ops/call.h"

#include <stdlib.h>

void sw_call_free_prepared(sw_call *call)
{
    free(call->prepared);
    call->prepared = NULL;
}

static sw_shape shape_as_run(const sw_call *call, int value)
{
    sw_shape shape = call->graph->values[value].shape;
    shape.n = call->n;
    return shape;
}

sw_shape sw_call_in_shape(const sw_call *call, int i)
{
    return shape_as_run(call, call->node->inputs[i]);
}

sw_shape sw_call_out_shape(const sw_call *call, int i)
{
    return shape_as_run(call, call->node->outputs[i]);
}

sw_shape sw_call_next_shape(const sw_call *call, int i)
{
    return shape_as_run(call, call->next->outputs[i]);
}

/* The largest power of two that divides n, up to `most`. */
static size_t power_of_two_divisor(size_t n, size_t most)
{
    size_t divisor = 1;
    while (divisor * 2 <= most && n % (divisor * 2) == 0) divisor *= 2;
    return divisor;
}

int sw_call_vec(const sw_call *call, int channels)
{
    return (int)power_of_two_divisor((size_t)channels, (size_t)sw_cl_vector_width(call->cl));
}

static size_t largest_divisor(size_t n, size_t most)
{
    size_t divisor = most < n ? most : n;
    while (n % divisor) divisor--;
    return divisor;
}

sw_ndrange sw_call_ndrange(const sw_call *call, size_t x, size_t y, bool heavy)
{
    const sw_device_info *device = sw_cl_device(call->cl);
    bool cpu = device->type == CL_DEVICE_TYPE_CPU;
    size_t items = cpu ? (heavy ? 1 : 64) : 128;
    if (items > device->max_work_group) items = device->max_work_group;
    /* a CPU does a group's items one after the other: whole rows lie together in memory */
    size_t local_x = cpu ? largest_divisor(x, items) : power_of_two_divisor(x, items);
    size_t local_y = power_of_two_divisor(y, items / local_x);
    return (sw_ndrange){.global = {x, y, 1}, .local = {local_x, local_y, 1}, .any_local = true};
}

bool sw_call_streams(const sw_call *call, size_t elems)
{
    const sw_device_info *device = sw_cl_device(call->cl);
    return device->type == CL_DEVICE_TYPE_CPU && elems * sizeof(float) > device->cache_bytes / 2;
}

sw_put sw_call_put(const sw_call *call, size_t elems, int side_by_side, bool accumulate)
{
    enum { LINE = 16 }; /* floats of a cache line */
    if (accumulate) return SW_PUT_ADDED;
    return side_by_side >= LINE && sw_call_streams(call, elems) ? SW_PUT_STREAM : SW_PUT_PLAIN;
}
