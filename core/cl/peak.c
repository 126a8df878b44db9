/* Measures the device's limits: fused multiply-adds without memory, a copy without arithmetic. */
#include <stdio.h>

#include "base/clock.h"
#include "cl/buffer.h"
#include "cl/launch.h"
#include "cl/profile.h"
#include "context.h"

enum {
    REPEATS = 40,            /* short runs, of which the best counts: other work on the machine only slows */
    ENOUGH_SECONDS = 2,      /* of them, where each is long */
    ACCUMULATORS = 12,       /* as in peak.cl */
    GPU_GROUP = 256,         /* work-items of a GPU's work-group */
    GPU_ITEMS_A_UNIT = 2048, /* enough to hide every latency */
    CPU_ITEMS_A_UNIT = 4,    /* a few a core, so that an uneven start evens out */
    CPU_COPY_RUN = 4096,     /* vectors that one work-item copies */
    COPY_BYTES = 64 << 20,   /* larger than the caches */
};

static sw_status timed_launch(double *seconds, sw_cl *cl, const sw_kernel *kernel, sw_ndrange grid,
                              size_t arg_count, const sw_arg *args)
{
    SW_ENSURE(sw_cl_finish(cl));
    double start = sw_clock_s();
    SW_ENSURE(sw_launch(cl, kernel, "peak", grid, arg_count, args));
    SW_ENSURE(sw_cl_finish(cl));
    *seconds = sw_clock_s() - start;
    return SW_OK;
}

static sw_status best_launch(double *seconds, sw_cl *cl, const sw_kernel *kernel, sw_ndrange grid,
                             size_t arg_count, const sw_arg *args)
{
    double spent = 0.0;
    *seconds = 0.0;
    for (int i = 0; i < REPEATS && spent < ENOUGH_SECONDS; i++) {
        double s;
        SW_ENSURE(timed_launch(&s, cl, kernel, grid, arg_count, args));
        if (i == 0 || s < *seconds) *seconds = s;
        spent += s;
    }
    return SW_OK;
}

static bool is_cpu(const sw_cl *cl)
{
    return cl->device.type & CL_DEVICE_TYPE_CPU;
}

/* The widest vector that is one register: wider ones would spill the accumulators. */
static int peak_width(const sw_cl *cl)
{
    int width = 1;
    while (width < 16 && 2 * (unsigned)width <= cl->device.float_vector) width *= 2;
    return is_cpu(cl) ? width : 4;
}

static sw_status measure_fma(double *gflops, sw_cl *cl, int width, const char *options)
{
    sw_status status = SW_OK;
    cl_mem sink = NULL;
    const sw_kernel *kernel;
    size_t items = cl->device.compute_units * (size_t)(is_cpu(cl) ? CPU_ITEMS_A_UNIT : GPU_ITEMS_A_UNIT);
    sw_ndrange grid = {.global = {items}, .local = {is_cpu(cl) ? 1 : GPU_GROUP}, .any_local = true};
    double seconds;
    SW_TRY(sw_kernel_get(&kernel, cl, "peak", "peak_fma", options));
    SW_TRY(sw_buffer_create(&sink, cl, items * sizeof(float), "the peak measurement"));
    sw_arg args[] = {sw_arg_buffer(sink), sw_arg_f32(0.5f), sw_arg_i32(1 << 4)}; /* little for the slowest */
    int32_t *rounds = &args[2].value.i32;
    SW_TRY(timed_launch(&seconds, cl, kernel, grid, 3, args)); /* the first may build the kernel */
    for (;; *rounds *= 2) { /* until it takes so long that the launch itself does not count */
        SW_TRY(timed_launch(&seconds, cl, kernel, grid, 3, args));
        if (seconds > 0.004 || *rounds >= 1 << 26) break;
    }
    SW_TRY(best_launch(&seconds, cl, kernel, grid, 3, args));
    *gflops = 2.0 * ACCUMULATORS * width * (double)*rounds * (double)items / seconds * 1e-9;
done:
    sw_buffer_release(&sink);
    return status;
}

static sw_status measure_copy(double *gbytes_per_s, sw_cl *cl, int width, const char *options)
{
    sw_status status = SW_OK;
    cl_mem from = NULL, to = NULL;
    const sw_kernel *kernel;
    size_t bytes = COPY_BYTES;
    while (bytes > cl->device.max_alloc_bytes / 4) bytes /= 2;
    size_t vectors = bytes / ((size_t)width * sizeof(float));
    int32_t run = is_cpu(cl) && vectors >= CPU_COPY_RUN ? CPU_COPY_RUN : 1;
    sw_ndrange grid = {.global = {vectors / (size_t)run}};
    double seconds;
    SW_TRY(sw_kernel_get(&kernel, cl, "peak", "peak_copy", options));
    SW_TRY(sw_buffer_create(&from, cl, bytes, "the bandwidth measurement"));
    SW_TRY(sw_buffer_create(&to, cl, bytes, "the bandwidth measurement"));
    const sw_arg args[] = {sw_arg_buffer(from), sw_arg_buffer(to), sw_arg_i32(run)};
    SW_TRY(best_launch(&seconds, cl, kernel, grid, 3, args));
    *gbytes_per_s = 2.0 * (double)bytes / seconds * 1e-9;
done:
    sw_buffer_release(&from);
    sw_buffer_release(&to);
    return status;
}

sw_status sw_profile_peak(double *gflops, double *gbytes_per_s, sw_cl *cl)
{
    char options[16];
    int width = peak_width(cl);
    snprintf(options, sizeof options, "-DVEC=%d", width);
    SW_ENSURE(measure_fma(gflops, cl, width, options));
    return measure_copy(gbytes_per_s, cl, width, options);
}
