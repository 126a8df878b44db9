/* OpenCL devices, and the context on one of them that everything on the device goes through. */
#ifndef CL_DEVICE_H
#define CL_DEVICE_H

#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A CPU's unit for products of bfloat16 matrices that kernels may use. Emulated: by loops, far slower; never
 * found, set by tests and checks. */
typedef enum sw_matrix_unit { SW_MATRIX_NONE, SW_MATRIX_AMX, SW_MATRIX_EMULATED } sw_matrix_unit;

typedef struct sw_device_info {
    cl_platform_id platform;
    cl_device_id device;
    int platform_index, device_index; /* what "--device 0:1" means */
    char name[256], vendor[256], platform_name[256], driver[256], version[256];
    cl_device_type type;
    const char *type_name; /* "cpu", "gpu", "accelerator", "other" */
    uint32_t compute_units, clock_mhz;
    uint64_t global_bytes; /* of a CPU at least what the host has available now */
    uint64_t max_alloc_bytes, local_bytes;
    uint64_t cache_bytes;    /* the cache before global memory; 0: none, or unknown */
    size_t base_align_bytes; /* alignment of a sub-buffer's origin */
    size_t max_work_group;
    uint32_t float_vector; /* native vector width of float */
    bool has_fma;          /* an instruction for a b + c in single precision; else kernels get NO_FMA */
    bool has_fp64;
    sw_matrix_unit matrix_unit;
    char obstacle[128];  /* why segwork cannot use it; "" where it can */
    char chosen_by[320]; /* set by sw_device_choose: why this one ("the GPU with the most compute units") */
} sw_device_info;

/* Lists every device of every platform, including those that cannot be used (`obstacle`). The caller frees
 * *out. A platform or device that cannot be queried is left out with a warning. No platform or no device at
 * all is an error that names the packages with drivers. */
sw_status sw_device_list(sw_device_info **out, size_t *count) SW_NODISCARD;

/* Chooses the device named by `spec`: "platform:device" numbers, or a part of a device's or platform's name
 * (case ignored; more than one match is an error that lists them). NULL or "" takes SEGWORK_DEVICE. When that
 * is unset too, the GPU with the most compute units is taken, else the first CPU, else the first device, of
 * those that can be used. SW_E_CONFIG with the list when nothing matches: never another device instead. */
sw_status sw_device_choose(sw_device_info *out, const char *spec) SW_NODISCARD;

/* Chooses among given devices (count > 0) in the same way, without the environment. Messages say that the
 * spec comes from `origin`. */
sw_status sw_device_pick(sw_device_info *out, const sw_device_info *devices, size_t count, const char *spec,
                         const char *origin) SW_NODISCARD;

/* A context with one in-order queue on one device, its program cache and its launch settings. */
typedef struct sw_cl sw_cl;

/* CLBlast keeps its parameters by device in the whole process: the context created last decides. */
typedef struct sw_cl_options {
    bool check;                   /* wait after each launch and report errors with kernel and node */
    const char *gemm_params_file; /* written by tools/tune_gemm; NULL: SEGWORK_GEMM_PARAMS, then built in */
} sw_cl_options;

/* Creates a context. SW_E_DEVICE: the device has an obstacle, which the message names. */
sw_status sw_cl_create(sw_cl **out, const sw_device_info *device, const sw_cl_options *options) SW_NODISCARD;
void sw_cl_destroy(sw_cl *cl); /* accepts NULL */

const sw_device_info *sw_cl_device(const sw_cl *cl);
/* Returns the width of the channel vectors that kernels are built for (macro VEC) where the channel count is
 * a multiple of it: 16 on CPUs (a cache line, a 512-bit register), else 4. */
int sw_cl_vector_width(const sw_cl *cl);
/* Returns the width of the vectors in kernels that keep a tile of sums in a CPU's registers: 16 where
 * registers have 512 bits, else 8, since wider vectors would take two registers and leave none for the
 * operands. */
int sw_cl_register_width(const sw_cl *cl);

/* Hands everything enqueued to the device; a driver may otherwise delay it until the host waits. */
sw_status sw_cl_flush(sw_cl *cl) SW_NODISCARD;
/* Waits until everything enqueued is done; reports an asynchronous failure. */
sw_status sw_cl_finish(sw_cl *cl) SW_NODISCARD;

/* "CL_OUT_OF_RESOURCES" for -5, and so on. */
const char *sw_cl_error_name(cl_int code);

/* SW_E_DEVICE (SW_E_MEMORY for allocation failures) with symbolic name, call and context; SW_OK for
 * CL_SUCCESS. */
sw_status sw_cl_status(cl_int code, const char *call, const char *context);

#endif
