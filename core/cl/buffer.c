/* Device memory. */
#include "cl/buffer.h"

#include <assert.h>

#include "context.h"

static double mib(uint64_t bytes)
{
    return (double)bytes / (1024.0 * 1024.0);
}

static sw_status fail_memory(const sw_cl *cl, size_t bytes, const char *label, const char *cause)
{
    const sw_device_info *d = &cl->device;
    return sw_fail(
        SW_E_MEMORY,
        "%s: %.1f MiB of device memory cannot be had (%s); %s has %.0f MiB in all, at most %.0f MiB a "
        "buffer; a smaller batch or a smaller workspace cap needs less",
        label, mib(bytes), cause, d->name, mib(d->global_bytes), mib(d->max_alloc_bytes));
}

/* Drivers hand out addresses and find the memory at first use: PoCL by page faults (a fill of fresh memory
 * runs at 1 to 3 GB/s, nearly all of it the faults, which the first use would otherwise pay), GPUs in one
 * step. A failure then belongs to this buffer and not to some later kernel. */
static cl_int touch(sw_cl *cl, cl_mem buffer, size_t bytes)
{
    static const cl_uint zeros[16] = {0};
    size_t pattern = sizeof zeros, whole = bytes / pattern * pattern;
    cl_int code = CL_SUCCESS;
    if (whole) code = clEnqueueFillBuffer(cl->queue, buffer, zeros, pattern, 0, whole, 0, NULL, NULL);
    if (code == CL_SUCCESS && bytes > whole)
        code = clEnqueueFillBuffer(cl->queue, buffer, zeros, 1, whole, bytes - whole, 0, NULL, NULL);
    return code == CL_SUCCESS ? clFinish(cl->queue) : code;
}

sw_status sw_buffer_create(cl_mem *out, sw_cl *cl, size_t bytes, const char *label)
{
    assert(bytes > 0);
    *out = NULL;
    if (bytes > cl->device.max_alloc_bytes)
        return fail_memory(cl, bytes, label, "larger than the largest buffer");
    /* On a CPU the touch below would otherwise end in the system killing the process */
    const uint64_t available = sw_host_available_bytes(), left = sw_address_space_left();
    if (cl->device.type & CL_DEVICE_TYPE_CPU &&
        ((available > 0 && bytes > available) || left < SW_COMPILER_BYTES ||
         left - SW_COMPILER_BYTES < bytes))
        return fail_memory(cl, bytes, label, "more than the host has left");
    cl_int code;
    cl_mem buffer = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code == CL_SUCCESS) code = touch(cl, buffer, bytes);
    if (code == CL_SUCCESS) {
        *out = buffer;
        return SW_OK;
    }
    sw_buffer_release(&buffer);
    /* CL_OUT_OF_RESOURCES is how NVIDIA's driver says that memory is out */
    if (code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES ||
        code == CL_OUT_OF_HOST_MEMORY || code == CL_INVALID_BUFFER_SIZE)
        return fail_memory(cl, bytes, label, sw_cl_error_name(code));
    return sw_cl_status(code, "clCreateBuffer", label);
}

sw_status sw_buffer_sub(cl_mem *out, sw_cl *cl, cl_mem slab, size_t origin, size_t bytes)
{
    assert(bytes > 0);
    assert(origin % cl->device.base_align_bytes == 0);
    (void)cl;
    const cl_buffer_region region = {origin, bytes};
    cl_int code;
    *out = clCreateSubBuffer(slab, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    if (code == CL_SUCCESS) return SW_OK;
    *out = NULL;
    return sw_fail_in(sw_cl_status(code, "clCreateSubBuffer", NULL), "sub-buffer of %zu bytes at %zu", bytes,
                      origin);
}

void sw_buffer_release(cl_mem *buffer)
{
    if (*buffer) clReleaseMemObject(*buffer);
    *buffer = NULL;
}

/* The event of a transfer that is timed, else NULL. */
static cl_event *timed(const sw_cl *cl, cl_event *event)
{
    *event = NULL;
    return cl->profiling ? event : NULL;
}

/* Ends each transfer: `code` is the result of enqueuing it, `event` the one that timed() asked for. */
static sw_status enqueued(sw_cl *cl, cl_int code, const char *call, const char *what, size_t bytes,
                          cl_event event)
{
    if (code != CL_SUCCESS) return sw_cl_status(code, call, NULL);
    return cl->profiling ? sw_timer_record(cl, NULL, what, (double)bytes, NULL, event) : SW_OK;
}

sw_status sw_buffer_write(sw_cl *cl, cl_mem buffer, size_t offset, const void *host, size_t bytes)
{
    cl_event event;
    if (bytes == 0) return SW_OK;
    cl_int code =
        clEnqueueWriteBuffer(cl->queue, buffer, CL_TRUE, offset, bytes, host, 0, NULL, timed(cl, &event));
    return enqueued(cl, code, "clEnqueueWriteBuffer", "write", bytes, event);
}

sw_status sw_buffer_read(sw_cl *cl, cl_mem buffer, size_t offset, void *host, size_t bytes)
{
    cl_event event;
    if (bytes == 0) return SW_OK;
    cl_int code =
        clEnqueueReadBuffer(cl->queue, buffer, CL_TRUE, offset, bytes, host, 0, NULL, timed(cl, &event));
    return enqueued(cl, code, "clEnqueueReadBuffer", "read", bytes, event);
}

sw_status sw_buffer_wait(cl_event *event)
{
    if (!*event) return SW_OK;
    cl_int code = clWaitForEvents(1, event);
    clReleaseEvent(*event);
    *event = NULL;
    return sw_cl_status(code, "clWaitForEvents", "a transfer");
}

void sw_buffer_settle(cl_event *event)
{
    if (*event) clWaitForEvents(1, event);
    sw_buffer_forget(event);
}

void sw_buffer_forget(cl_event *event)
{
    if (*event) clReleaseEvent(*event);
    *event = NULL;
}

/* Ends a transfer that was only enqueued: its event goes to the caller, and to the profile if there is one.
 */
static sw_status begun(sw_cl *cl, cl_int code, const char *call, const char *what, size_t bytes,
                       cl_event *event)
{
    if (code == CL_SUCCESS && cl->profiling) code = clRetainEvent(*event);
    if (code == CL_SUCCESS) code = clFlush(cl->queue);
    return enqueued(cl, code, call, what, bytes, *event);
}

sw_status sw_buffer_write_begin(cl_event *done, sw_cl *cl, cl_mem buffer, size_t offset, const void *host,
                                size_t bytes)
{
    assert(bytes > 0);
    *done = NULL;
    cl_int code = clEnqueueWriteBuffer(cl->queue, buffer, CL_FALSE, offset, bytes, host, 0, NULL, done);
    return begun(cl, code, "clEnqueueWriteBuffer", "write", bytes, done);
}

sw_status sw_buffer_read_begin(cl_event *done, sw_cl *cl, cl_mem buffer, size_t offset, void *host,
                               size_t bytes)
{
    assert(bytes > 0);
    *done = NULL;
    cl_int code = clEnqueueReadBuffer(cl->queue, buffer, CL_FALSE, offset, bytes, host, 0, NULL, done);
    return begun(cl, code, "clEnqueueReadBuffer", "read", bytes, done);
}

sw_status sw_buffer_fill(sw_cl *cl, cl_mem buffer, size_t offset, size_t bytes, uint32_t pattern)
{
    cl_event event;
    const bool whole = offset % sizeof pattern == 0 && bytes % sizeof pattern == 0;
    const size_t unit = whole ? sizeof pattern : sizeof pattern / 2;
    assert(offset % unit == 0 && bytes % unit == 0 && (whole || (pattern & 0xffff) == pattern >> 16));
    if (bytes == 0) return SW_OK;
    cl_int code =
        clEnqueueFillBuffer(cl->queue, buffer, &pattern, unit, offset, bytes, 0, NULL, timed(cl, &event));
    return enqueued(cl, code, "clEnqueueFillBuffer", "fill", bytes, event);
}

sw_status sw_buffer_copy(sw_cl *cl, cl_mem to, size_t to_offset, cl_mem from, size_t from_offset,
                         size_t bytes)
{
    cl_event event;
    if (bytes == 0) return SW_OK;
    cl_int code =
        clEnqueueCopyBuffer(cl->queue, from, to, from_offset, to_offset, bytes, 0, NULL, timed(cl, &event));
    return enqueued(cl, code, "clEnqueueCopyBuffer", "copy", 2 * bytes, event);
}
