/* Creates and destroys a context: one OpenCL context, one in-order queue, one program cache. */
#include "context.h"

#include <stdlib.h>

#include "base/log.h"

/* Some drivers (NVIDIA's) report what goes wrong asynchronously here and nowhere else. */
static void CL_CALLBACK pass_on(const char *text, const void *data, size_t bytes, void *user)
{
    (void)data, (void)bytes, (void)user;
    sw_log(SW_LOG_WARNING, "OpenCL driver: %s", text);
}

sw_status sw_cl_create(sw_cl **out, const sw_device_info *device, const sw_cl_options *options)
{
    static const sw_cl_options defaults = {0};
    sw_status status = SW_OK;
    cl_int code;
    if (!options) options = &defaults;
    *out = NULL;
    if (device->obstacle[0])
        return sw_fail(SW_E_DEVICE, "device %s cannot be used: %s; 'segwork devices' lists the others",
                       device->name, device->obstacle);
    sw_cl *cl = calloc(1, sizeof *cl);
    if (!cl) return sw_fail_alloc("the device context", sizeof *cl);
    cl->device = *device;
    cl->check = options->check;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)device->platform,
                                                0};
    cl->context = clCreateContext(properties, 1, &device->device, pass_on, NULL, &code);
    SW_TRY(sw_cl_status(code, "clCreateContext", device->name));
    cl->queue = cl->plain_queue = clCreateCommandQueue(cl->context, device->device, 0, &code);
    SW_TRY(sw_cl_status(code, "clCreateCommandQueue", device->name));
    SW_TRY(sw_gemm_setup(cl, options->gemm_params_file));
    *out = cl;
    cl = NULL;
done:
    sw_cl_destroy(cl);
    return status;
}

void sw_cl_destroy(sw_cl *cl)
{
    if (!cl) return;
    if (cl->queue) clFinish(cl->queue);
    sw_timer_destroy(cl->timer);
    sw_programs_destroy(cl->programs);
    sw_gemm_teardown();
    if (cl->profiled_queue) clReleaseCommandQueue(cl->profiled_queue);
    if (cl->plain_queue) clReleaseCommandQueue(cl->plain_queue);
    if (cl->context) clReleaseContext(cl->context);
    free(cl->gemm_origin);
    free(cl);
}

const sw_device_info *sw_cl_device(const sw_cl *cl)
{
    return &cl->device;
}

int sw_cl_vector_width(const sw_cl *cl)
{
    return cl->device.type & CL_DEVICE_TYPE_CPU ? 16 : 4;
}

int sw_cl_register_width(const sw_cl *cl)
{
    return cl->device.float_vector >= 16 ? 16 : 8;
}
