/* The one function that launches kernels. */
#include "cl/launch.h"

#include <assert.h>
#include <stdio.h>

#include "context.h"

static const char *kind_name(sw_param_kind kind)
{
    static const char *const names[] = {"a buffer", "local memory", "an int or uint", "a float", "anything"};
    return names[kind];
}

static sw_param_kind kind_given(const sw_arg *arg)
{
    static const sw_param_kind kinds[] = {[SW_ARG_BUFFER] = SW_PARAM_BUFFER,
                                          [SW_ARG_I32] = SW_PARAM_INT,
                                          [SW_ARG_U32] = SW_PARAM_INT,
                                          [SW_ARG_F32] = SW_PARAM_FLOAT,
                                          [SW_ARG_LOCAL] = SW_PARAM_LOCAL};
    return kinds[arg->kind];
}

static sw_status check_args(const sw_kernel *kernel, size_t arg_count, const sw_arg *args)
{
    if (arg_count != kernel->arg_count)
        return sw_fail(SW_E_DEVICE, "kernel %s takes %u arguments, it was given %zu", kernel->name,
                       kernel->arg_count, arg_count);
    for (size_t i = 0; i < arg_count; i++) {
        const sw_param *p = &kernel->params[i];
        if (p->kind == SW_PARAM_OTHER || p->kind == kind_given(&args[i])) continue;
        return sw_fail(SW_E_DEVICE, "kernel %s: argument %zu (%s) is %s, it was given %s", kernel->name, i,
                       p->name, kind_name(p->kind), kind_name(kind_given(&args[i])));
    }
    return SW_OK;
}

/* Replaces 0 by 1 where it means that, and returns the number of dimensions. */
static cl_uint normalise_range(sw_ndrange *range)
{
    cl_uint dimensions = 1;
    assert(range->global[0] > 0);
    for (cl_uint i = 1; i < 3; i++) {
        if (range->global[i] > 1) dimensions = i + 1;
    }
    for (cl_uint i = 0; i < 3; i++) {
        assert(range->global[i] > 0 || i >= dimensions);
        if (range->global[i] == 0) range->global[i] = 1;
        if (range->local[0] > 0 && range->local[i] == 0) range->local[i] = 1;
    }
    return dimensions;
}

static size_t items_of(const sw_ndrange *range)
{
    return range->local[0] * range->local[1] * range->local[2];
}

/* Checks against the device only. The launch shows whether the driver can run this kernel in such a group. */
static sw_status check_range(const sw_cl *cl, const sw_kernel *kernel, const sw_ndrange *range)
{
    if (range->local[0] == 0) return SW_OK;
    for (int i = 0; i < 3; i++)
        if (range->global[i] % range->local[i] != 0)
            return sw_fail(SW_E_DEVICE,
                           "kernel %s: dimension %d of the work-group, %zu, does not divide the range's %zu",
                           kernel->name, i, range->local[i], range->global[i]);
    if (items_of(range) > cl->device.max_work_group)
        return sw_fail(SW_E_DEVICE, "kernel %s: a work-group of %zu items, the device allows %zu",
                       kernel->name, items_of(range), cl->device.max_work_group);
    return SW_OK;
}

/* Halves a work-group that may shrink until the driver can run the kernel in it. It still divides the range.
 */
static void shrink_group(const sw_kernel *kernel, sw_ndrange *range)
{
    if (!range->any_local) return;
    for (int i = 2; i >= 0; i--)
        while (items_of(range) > kernel->max_work_group && range->local[i] > 1)
            range->local[i] = range->local[i] % 2 == 0 ? range->local[i] / 2 : 1;
}

static sw_status set_args(const sw_kernel *kernel, size_t arg_count, const sw_arg *args)
{
    for (size_t i = 0; i < arg_count; i++) {
        const void *value = args[i].kind == SW_ARG_LOCAL ? NULL : (const void *)&args[i].value;
        cl_int code = clSetKernelArg(kernel->handle, (cl_uint)i, args[i].bytes, value);
        if (code == CL_SUCCESS) continue;
        return sw_fail_in(sw_cl_status(code, "clSetKernelArg", NULL), "kernel %s: argument %zu (%s)",
                          kernel->name, i, kernel->params[i].name);
    }
    return SW_OK;
}

/* clFinish does not say whether a command failed; its event does. */
static sw_status wait_for(cl_event event, const char *kernel_name)
{
    cl_int code = clWaitForEvents(1, &event), end = CL_COMPLETE;
    if (code == CL_SUCCESS) return SW_OK;
    clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof end, &end, NULL);
    return sw_fail_in(sw_cl_status(end < 0 ? end : code, "running it", NULL), "kernel %s", kernel_name);
}

static sw_status enqueue(sw_cl *cl, const sw_kernel *kernel, const char *node, const sw_ndrange *range,
                         cl_uint dimensions)
{
    sw_status status = SW_OK;
    cl_event event = NULL;
    cl_int code = clEnqueueNDRangeKernel(cl->queue, kernel->handle, dimensions, NULL, range->global,
                                         range->local[0] ? range->local : NULL, 0, NULL,
                                         cl->check || cl->profiling ? &event : NULL);
    if (code != CL_SUCCESS)
        return sw_fail_in(sw_cl_status(code, "clEnqueueNDRangeKernel", NULL),
                          "kernel %s, range %zu x %zu x %zu, work-groups of %zu", kernel->name,
                          range->global[0], range->global[1], range->global[2], items_of(range));
    if (cl->check) SW_TRY(wait_for(event, kernel->name));
    if (cl->profiling) {
        status = sw_timer_record(cl, node, kernel->name, 0.0, NULL, event);
        event = NULL; /* the timer has it now, whatever the status */
    }
done:
    if (event) clReleaseEvent(event);
    return status;
}

sw_status sw_launch(sw_cl *cl, const sw_kernel *kernel, const char *node, sw_ndrange range, size_t arg_count,
                    const sw_arg *args)
{
    sw_status status = SW_OK;
    cl_uint dimensions = normalise_range(&range);
    SW_TRY(check_args(kernel, arg_count, args));
    shrink_group(kernel, &range);
    SW_TRY(check_range(cl, kernel, &range));
    SW_TRY(set_args(kernel, arg_count, args));
    SW_TRY(enqueue(cl, kernel, node, &range, dimensions));
done:
    return node ? sw_fail_in(status, "%s", node) : status;
}
