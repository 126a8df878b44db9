/* Time of every launch of a session created with options.profile, by (node, kernel). */
#ifndef CL_PROFILE_H
#define CL_PROFILE_H

#include "cl/device.h"

typedef struct sw_profile_row {
    char node[96], kernel[64];
    uint64_t launches;
    double total_ms;
} sw_profile_row;

/* Waits for the queue, then gives all rows since creation or the last reset, in order of first launch;
 * *rows is freed by the caller. GEMM calls appear under the kernel name "gemm". */
sw_status sw_profile_rows(sw_profile_row **rows, size_t *count, sw_cl *cl) SW_NODISCARD;
void sw_profile_reset(sw_cl *cl);

/* Measures the device's fused multiply-add peak and its copy bandwidth (a fraction of a second). */
sw_status sw_profile_peak(double *gflops, double *gbytes_per_s, sw_cl *cl) SW_NODISCARD;

#endif
