/* The tuning parameters that CLBlast's GEMM is built with. Private to the room; knows nothing of CLBlast
 * itself. */
#ifndef CL_GEMM_PARAMS_H
#define CL_GEMM_PARAMS_H

#include "cl/device.h"

enum { SW_GEMM_KERNELS = 7, SW_GEMM_MAX_PARAMS = 16 };

/* Parameters of one of CLBlast's kernels. count 0: not given, CLBlast's own stay. */
typedef struct sw_gemm_kernel_params {
    const char *kernel; /* "Xgemm" */
    size_t count;
    const char *names[SW_GEMM_MAX_PARAMS];
    size_t values[SW_GEMM_MAX_PARAMS];
} sw_gemm_kernel_params;

typedef struct sw_gemm_params {
    sw_gemm_kernel_params kernels[SW_GEMM_KERNELS];
} sw_gemm_params;

/* The measured parameters shipped for this class of device, and the class's name; NULL when there are none.
 */
const char *sw_gemm_params_builtin(sw_gemm_params *out, const sw_device_info *device);

/* Reads what tools/tune_gemm writes: {"kernels": {"Xgemm": {"GEMMK": 0, ...}, ...}, ...}. Each kernel named
 * must give all its parameters. Unknown names and values that are no small non-negative integers are
 * SW_E_CONFIG.
 */
sw_status sw_gemm_params_read(sw_gemm_params *out, const char *path) SW_NODISCARD;

/* How many rows of C the kernel finishes before it starts on the next ones, reading all of B for each such
 * block; 0 when unknown (CLBlast's own parameters, or its first kernel). */
size_t sw_gemm_params_row_block(const sw_gemm_params *params);

#endif
