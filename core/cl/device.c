/* Listing the OpenCL devices. */
#include "cl/device.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "context.h"
#include "matrix_unit.h"

static const char NO_DEVICE_REMEDY[] =
    "install the driver of a device, for example pocl-opencl-icd (runs on any CPU), nvidia-opencl-icd "
    "(NVIDIA), intel-opencl-icd (Intel graphics) or mesa-opencl-icd (AMD; wants RUSTICL_ENABLE=radeonsi); "
    "'clinfo -l' lists what OpenCL sees";

typedef struct device_list {
    sw_device_info *items;
    size_t count;
} device_list;

static const char *type_name(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU) return "gpu";
    if (type & CL_DEVICE_TYPE_CPU) return "cpu";
    if (type & CL_DEVICE_TYPE_ACCELERATOR) return "accelerator";
    return "other";
}

static sw_status device_info(cl_device_id device, cl_device_info what, size_t bytes, void *value)
{
    return sw_cl_status(clGetDeviceInfo(device, what, bytes, value, NULL), "clGetDeviceInfo", NULL);
}

/* Frees `text`. Drivers pad names with spaces. Names may be longer than `out`, for which OpenCL would give
 * nothing, so the whole text is read first. */
static sw_status tidy_text(char *out, size_t bytes, char *text)
{
    if (!text) return sw_fail_alloc("a device's name", bytes);
    const char *start = text;
    while (isspace((unsigned char)*start)) start++;
    size_t length = strlen(start);
    while (length && isspace((unsigned char)start[length - 1])) length--;
    snprintf(out, bytes, "%.*s", (int)length, start);
    free(text);
    return SW_OK;
}

static sw_status device_text(char out[256], cl_device_id device, cl_device_info what)
{
    size_t bytes = 0;
    SW_ENSURE(sw_cl_status(clGetDeviceInfo(device, what, 0, NULL, &bytes), "clGetDeviceInfo", NULL));
    char *text = calloc(1, bytes + 1);
    if (text) clGetDeviceInfo(device, what, bytes, text, NULL);
    return tidy_text(out, 256, text);
}

static sw_status platform_name(char out[256], cl_platform_id platform)
{
    size_t bytes = 0;
    SW_ENSURE(sw_cl_status(clGetPlatformInfo(platform, CL_PLATFORM_NAME, 0, NULL, &bytes),
                           "clGetPlatformInfo", NULL));
    char *text = calloc(1, bytes + 1);
    if (text) clGetPlatformInfo(platform, CL_PLATFORM_NAME, bytes, text, NULL);
    return tidy_text(out, 256, text);
}

uint64_t sw_host_available_bytes(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file) return 0;
    char line[256];
    unsigned long long kib = 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1) break;
    fclose(file);
    return (uint64_t)kib * 1024;
}

/* Kernels are OpenCL C 1.2, and built from source. */
static void find_obstacle(sw_device_info *info)
{
    int major, minor;
    cl_bool compiles = CL_TRUE, available = CL_TRUE;
    clGetDeviceInfo(info->device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiles, &compiles, NULL);
    clGetDeviceInfo(info->device, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
    if (!available)
        snprintf(info->obstacle, sizeof info->obstacle, "the driver says that it is not available");
    else if (!compiles)
        snprintf(info->obstacle, sizeof info->obstacle, "its driver has no compiler");
    else if (sscanf(info->version, "OpenCL %d.%d", &major, &minor) == 2 && major * 10 + minor < 12)
        snprintf(info->obstacle, sizeof info->obstacle,
                 "its driver has OpenCL %d.%d, 1.2 is needed; another driver for it may have that", major,
                 minor);
}

/* Fills everything but the platform's fields and the indices. */
static sw_status describe_device(sw_device_info *info, cl_device_id device)
{
    cl_uint align_bits = 0;
    cl_device_fp_config fp32 = 0, fp64 = 0;
    info->device = device;
    SW_ENSURE(device_text(info->name, device, CL_DEVICE_NAME));
    SW_ENSURE(device_text(info->vendor, device, CL_DEVICE_VENDOR));
    SW_ENSURE(device_text(info->driver, device, CL_DRIVER_VERSION));
    SW_ENSURE(device_text(info->version, device, CL_DEVICE_VERSION));
    SW_ENSURE(device_info(device, CL_DEVICE_TYPE, sizeof info->type, &info->type));
    SW_ENSURE(
        device_info(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof info->compute_units, &info->compute_units));
    SW_ENSURE(device_info(device, CL_DEVICE_MAX_CLOCK_FREQUENCY, sizeof info->clock_mhz, &info->clock_mhz));
    SW_ENSURE(device_info(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof info->global_bytes, &info->global_bytes));
    SW_ENSURE(device_info(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof info->max_alloc_bytes,
                          &info->max_alloc_bytes));
    SW_ENSURE(device_info(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof info->local_bytes, &info->local_bytes));
    SW_ENSURE(
        device_info(device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof info->cache_bytes, &info->cache_bytes));
    SW_ENSURE(device_info(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof align_bits, &align_bits));
    SW_ENSURE(device_info(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof info->max_work_group,
                          &info->max_work_group));
    SW_ENSURE(device_info(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof info->float_vector,
                          &info->float_vector));
    info->type_name = type_name(info->type);
    find_obstacle(info);
    /* PoCL reports a share of the free memory and takes the page cache for used, so that its figure falls by
     * reading files; it does not hold to it either */
    uint64_t available = sw_host_available_bytes();
    if (info->type & CL_DEVICE_TYPE_CPU && available > info->global_bytes) info->global_bytes = available;
    if (info->type & CL_DEVICE_TYPE_CPU && sw_address_space_left() < info->global_bytes)
        info->global_bytes = sw_address_space_left();
    info->base_align_bytes = align_bits / 8;
    SW_ENSURE(device_info(device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof fp32, &fp32));
    info->has_fma = (fp32 & CL_FP_FMA) != 0;
    /* a device without double precision may also refuse the question */
    info->has_fp64 =
        clGetDeviceInfo(device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof fp64, &fp64, NULL) == CL_SUCCESS &&
        fp64 != 0;
    info->matrix_unit = sw_matrix_unit_of(info);
    return SW_OK;
}

/* What PoCL wants before it is first asked for its devices. */
static sw_status prepare_pocl(void)
{
    static bool prepared;
    if (prepared) return SW_OK;
    SW_ENSURE(sw_address_space_ensure(SW_DRIVER_BYTES, "opening PoCL's device"));
    SW_ENSURE(sw_pocl_prepare_cache());
    prepared = true;
    return SW_OK;
}

static sw_status add_platform(device_list *list, cl_platform_id platform, int platform_index)
{
    sw_status status = SW_OK;
    cl_device_id *devices = NULL;
    char name[256];
    cl_uint count = 0;
    SW_TRY(platform_name(name, platform));
    if (strcmp(name, SW_POCL_NAME) == 0) SW_TRY(prepare_pocl());
    cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
    if (code == CL_DEVICE_NOT_FOUND || count == 0) return SW_OK; /* a driver without its hardware */
    SW_TRY(sw_cl_status(code, "clGetDeviceIDs", name));
    devices = calloc(count, sizeof *devices);
    if (!devices) SW_TRY(sw_fail_alloc("the list of devices", count * sizeof *devices));
    SW_TRY(sw_cl_status(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices, NULL), "clGetDeviceIDs",
                        name));
    for (cl_uint i = 0; i < count; i++) {
        SW_TRY(SW_ARRAY_GROW(list->items, list->count, "the list of devices"));
        sw_device_info *info = &list->items[list->count];
        *info =
            (sw_device_info){.platform = platform, .platform_index = platform_index, .device_index = (int)i};
        memcpy(info->platform_name, name, sizeof name);
        if (describe_device(info, devices[i]) == SW_OK)
            list->count++;
        else
            sw_log(SW_LOG_WARNING, "OpenCL device %d:%u (%s) is left out: %s", platform_index, i, name,
                   sw_error_message());
    }
done:
    free(devices);
    return status;
}

sw_status sw_device_list(sw_device_info **out, size_t *count)
{
    sw_status status = SW_OK, failed = SW_OK;
    cl_platform_id *platforms = NULL;
    device_list list = {NULL, 0};
    cl_uint platform_count = 0;
    *out = NULL;
    *count = 0;
    cl_int code = clGetPlatformIDs(0, NULL, &platform_count);
    if (code != CL_SUCCESS || platform_count == 0) {
        SW_ENSURE(sw_address_space_ensure(SW_LIBRARY_BYTES + SW_DRIVER_BYTES,
                                          "no OpenCL driver could be loaded; PoCL"));
        return sw_fail(SW_E_DEVICE, "no OpenCL platform found: %s", NO_DEVICE_REMEDY);
    }
    platforms = calloc(platform_count, sizeof *platforms);
    if (!platforms) return sw_fail_alloc("the list of platforms", platform_count * sizeof *platforms);
    SW_TRY(sw_cl_status(clGetPlatformIDs(platform_count, platforms, NULL), "clGetPlatformIDs", NULL));
    for (cl_uint i = 0; i < platform_count; i++) {
        const sw_status added = add_platform(&list, platforms[i], (int)i);
        if (added == SW_OK) continue;
        failed = added;
        sw_log(SW_LOG_WARNING, "OpenCL platform %u is left out: %s", i, sw_error_message());
    }
    if (list.count == 0 && failed != SW_OK) SW_TRY(sw_fail_in(failed, "no OpenCL device can be used"));
    if (list.count == 0)
        SW_TRY(
            sw_fail(SW_E_DEVICE, "there are OpenCL platforms, but none has a device: %s", NO_DEVICE_REMEDY));
    *out = list.items;
    *count = list.count;
    list.items = NULL;
done:
    free(list.items);
    free(platforms);
    return status;
}
