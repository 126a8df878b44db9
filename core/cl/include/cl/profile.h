/* Times of launches and transfers by the device's own clock (OpenCL's profiling events), by node, pass and
 * kernel. Profiling adds no waiting, but a queue with events is slower on some drivers, so it is used only
 * between sw_profile_start and sw_profile_stop. */
#ifndef CL_PROFILE_H
#define CL_PROFILE_H

#include "cl/device.h"

typedef struct sw_profile_row {
    char node[96],
        kernel[64];   /* node "": none; GEMM calls are "gemm", transfers "write", "read", "fill", "copy" */
    const char *pass; /* as last set by sw_profile_pass; "": never */
    uint64_t launches;
    double total_ms;
    double bytes; /* moved, of transfers alone */
} sw_profile_row;

/* One command on the device, in seconds of the host's steady clock (CLOCK_MONOTONIC). The device's clock is
 * aligned to it when the profile starts, to some microseconds. */
typedef struct sw_profile_span {
    const char *node, *pass, *kernel; /* as in a row; valid during the call */
    double start_s, end_s;
} sw_profile_span;

typedef void (*sw_profile_sink)(void *user, const sw_profile_span *span);

/* Times everything enqueued from start to stop; both wait for the queue. Rows stay until a reset. */
sw_status sw_profile_start(sw_cl *cl) SW_NODISCARD;
sw_status sw_profile_stop(sw_cl *cl) SW_NODISCARD; /* does nothing when not started */

/* Sets the pass that the commands after it belong to: "forward". The text must stay; NULL: none. */
void sw_profile_pass(sw_cl *cl, const char *pass);

/* Sets a sink for every span as its time becomes known, in the order of the queue, called in the thread that
 * enqueues, reads rows or stops. NULL: none. To be called after the first start. */
void sw_profile_set_sink(sw_cl *cl, sw_profile_sink sink, void *user);

/* Waits for the queue, then gives all rows since creation or the last reset, in order of first launch;
 * *rows is freed by the caller. */
sw_status sw_profile_rows(sw_profile_row **rows, size_t *count, sw_cl *cl) SW_NODISCARD;
void sw_profile_reset(sw_cl *cl);

/* Measures the device's fused multiply-add peak and its copy bandwidth (a fraction of a second). */
sw_status sw_profile_peak(double *gflops, double *gbytes_per_s, sw_cl *cl) SW_NODISCARD;

#endif
