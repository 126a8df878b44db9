/* What a sw_cl holds. Private to the room. */
#ifndef CL_CONTEXT_H
#define CL_CONTEXT_H

#include "cl/device.h"
#include "cl/profile.h"

struct sw_program; /* program.c */
struct sw_timer;   /* profile.c */

struct sw_cl {
    sw_device_info device;
    cl_context context;
    cl_command_queue queue;                       /* the one in use, of the two that follow */
    cl_command_queue plain_queue, profiled_queue; /* the second NULL before it is needed */
    bool check;
    bool profiling;              /* what is enqueued is timed */
    const char *pass;            /* see sw_profile_pass */
    struct sw_program *programs; /* a list, newest first */
    struct sw_timer *timer;      /* NULL before profiling */
    char *gemm_origin;
    uint64_t gemm_fingerprint; /* of the parameters' names and values */
    size_t gemm_row_block;     /* see gemm_params.h */
};

/* program.c */
struct sw_kernel {
    struct sw_kernel *next; /* of the same program */
    cl_kernel handle;
    char *name;
    cl_uint arg_count;
    struct sw_param *params; /* arg_count of them; launch.c checks arguments against them */
    size_t max_work_group;   /* of this kernel on this device */
};

typedef enum sw_param_kind {
    SW_PARAM_BUFFER, /* __global or __constant pointer */
    SW_PARAM_LOCAL,  /* __local pointer */
    SW_PARAM_INT,    /* int or uint: the same four bytes */
    SW_PARAM_FLOAT,
    SW_PARAM_OTHER, /* left to the driver's own check */
} sw_param_kind;

typedef struct sw_param {
    sw_param_kind kind;
    char name[64];
} sw_param;

/* device.c: what the host can still hand out without swapping; 0 where the system does not say. */
uint64_t sw_host_available_bytes(void);

/* The name of PoCL's platform. */
#define SW_POCL_NAME "Portable Computing Language"

/* What PoCL takes of the address space: its libraries, then to open its device and compile (with room for the
 * loader's threads), and to compile alone. Measured with PoCL 3.1 and LLVM 14: 233, 330 and 110 MiB. */
#define SW_LIBRARY_BYTES  (240ull << 20)
#define SW_DRIVER_BYTES   (400ull << 20)
#define SW_COMPILER_BYTES (128ull << 20)

/* address_space.c: what the limit of the address space (ulimit -v) leaves to this process; UINT64_MAX: there
 * is none. */
uint64_t sw_address_space_left(void);
/* SW_E_MEMORY: less than `bytes` are left; the message begins with `what`. */
sw_status sw_address_space_ensure(uint64_t bytes, const char *what) SW_NODISCARD;

/* pocl_cache.c: sees to it that PoCL, which looks for its folder when it is first asked for devices, has one
 * that can be written. Else it gets a temporary one of this process's own, removed at its end, with a
 * warning. SW_E_IO: there is neither. */
sw_status sw_pocl_prepare_cache(void) SW_NODISCARD;

void sw_programs_destroy(struct sw_program *programs);

/* gemm.c: chooses and sets CLBlast's parameters for the device. */
sw_status sw_gemm_setup(sw_cl *cl, const char *params_file) SW_NODISCARD;
/* Makes CLBlast release its cached programs. Left to the end of the process, the cache may outlive the
 * driver. */
void sw_gemm_teardown(void);

/* profile.c. `bytes` are those of a transfer. A record takes over the events: `from` may be NULL (then `to`
 * is one command and times itself), else the time from the end of `from` to the end of `to` counts. Only
 * while cl->profiling. */
void sw_timer_destroy(struct sw_timer *timer);
sw_status sw_timer_record(sw_cl *cl, const char *node, const char *kernel, double bytes, cl_event from,
                          cl_event to) SW_NODISCARD;

#endif
