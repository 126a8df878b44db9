/* Kernels and the one function that launches them. */
#ifndef CL_LAUNCH_H
#define CL_LAUNCH_H

#include "cl/device.h"

/* A kernel of a built program; owned by the sw_cl, valid until sw_cl_destroy. */
typedef struct sw_kernel sw_kernel;

/* Gets the kernel `name` of cl_kernels/<file>.cl, built with `options` (for example "-DVEC=16"; "" for none).
 * A program is built once per (file, options) and kept. SEGWORK_KERNEL_DIR, when set, names a folder the
 * sources are read from instead of the embedded ones. A build failure carries the compiler's log. */
sw_status sw_kernel_get(const sw_kernel **out, sw_cl *cl, const char *file, const char *name,
                        const char *options) SW_NODISCARD;

/* Gives a hash of all kernel sources as they would be built now: 16 hexadecimal digits. */
enum { SW_FINGERPRINT_BYTES = 17 };
sw_status sw_kernel_fingerprint(char out[SW_FINGERPRINT_BYTES]) SW_NODISCARD;

/* Returns the largest work-group in which the driver says it can run this kernel. Some say less than they
 * can: Mesa 22.3's rusticl names the width of its vectors. */
size_t sw_kernel_max_work_group(const sw_kernel *kernel);

typedef enum sw_arg_kind { SW_ARG_BUFFER, SW_ARG_I32, SW_ARG_U32, SW_ARG_F32, SW_ARG_LOCAL } sw_arg_kind;

typedef struct sw_arg {
    sw_arg_kind kind;
    size_t bytes; /* of the value; SW_ARG_LOCAL: of local memory, and no value */
    union {
        cl_mem buffer;
        int32_t i32;
        uint32_t u32;
        float f32;
    } value;
} sw_arg;

static inline sw_arg sw_arg_buffer(cl_mem v)
{
    return (sw_arg){SW_ARG_BUFFER, sizeof v, {.buffer = v}};
}

static inline sw_arg sw_arg_i32(int32_t v)
{
    return (sw_arg){SW_ARG_I32, sizeof v, {.i32 = v}};
}

static inline sw_arg sw_arg_u32(uint32_t v)
{
    return (sw_arg){SW_ARG_U32, sizeof v, {.u32 = v}};
}

static inline sw_arg sw_arg_f32(float v)
{
    return (sw_arg){SW_ARG_F32, sizeof v, {.f32 = v}};
}

/* A count, or an offset in floats, as kernels take them. */
static inline sw_arg sw_arg_count(size_t v)
{
    return sw_arg_u32((uint32_t)v);
}

/* The argument that the value's type makes; a size_t becomes a uint, a bool an int. */
/* clang-format off */
#define SW_ARG(v)                                                                                            \
    _Generic((v), cl_mem: sw_arg_buffer, float: sw_arg_f32, int: sw_arg_i32, bool: sw_arg_i32,              \
             unsigned: sw_arg_u32, unsigned long: sw_arg_count)(v)
/* clang-format on */

static inline sw_arg sw_arg_local(size_t bytes)
{
    return (sw_arg){SW_ARG_LOCAL, bytes, {.u32 = 0}};
}

/* Up to three dimensions; trailing ones 0 or 1. local[0] == 0 leaves the work-group size to the driver;
 * otherwise every local must divide its global. A dimension of global size 0 is a programming error. */
typedef struct sw_ndrange {
    size_t global[3], local[3];
    bool any_local; /* local may shrink, where the driver runs the kernel in smaller work-groups only */
} sw_ndrange;

/* Checks the argument count and kinds against the kernel (SW_E_DEVICE names the argument), validates the
 * range against the device, sets the arguments and enqueues. In check mode it waits, and a failure names the
 * kernel and `node` (the graph node or other place this belongs to; may be NULL). */
sw_status sw_launch(sw_cl *cl, const sw_kernel *kernel, const char *node, sw_ndrange range, size_t arg_count,
                    const sw_arg *args) SW_NODISCARD;

#define SW_ARG_COUNT(...) (sizeof((sw_arg[]){__VA_ARGS__}) / sizeof(sw_arg))
/* sw_launch with the arguments written in place:
 * SW_LAUNCH(cl, kernel, node, range, SW_ARG(x), SW_ARG(n)) */
#define SW_LAUNCH(cl, kernel, node, range, ...)                                                              \
    sw_launch(cl, kernel, node, range, SW_ARG_COUNT(__VA_ARGS__), (const sw_arg[]){__VA_ARGS__})

#endif
