/* segwork devices: what OpenCL offers here, and which device a run would take. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "cl/gemm.h"
#include "cl/profile.h"
#include "options.h"
#include "print.h"

enum { COLUMNS = 80, INDENT = 16 };

static char *device_spec;
static int measure_peak;

/* Appends "     label     text", wrapped to the columns. */
static void append_field(sw_str *out, const char *label, const char *fmt, ...) SW_PRINTF(3, 4);

static void append_field(sw_str *out, const char *label, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    sw_str_printf(out, "     %-*s", INDENT - 5, label);
    sw_str_wrap(out, text, INDENT, INDENT, COLUMNS);
    sw_str_append(out, "\n");
}

/* "4.5 GiB", "512 KiB". */
static const char *size_text(char out[32], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < sizeof units / sizeof units[0]) value /= 1024.0, unit++;
    snprintf(out, 32, value < 10.0 && unit > 0 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

static void append_device(sw_str *out, const sw_device_info *d, bool chosen)
{
    char all[32], buffer[32], local[32], cache[32], place[32];
    snprintf(place, sizeof place, "%d:%d", d->platform_index, d->device_index);
    sw_str_printf(out, "%-4s %.*s%s\n", place, COLUMNS - 5 - 9, d->name, chosen ? " (chosen)" : "");
    append_field(out, "platform", "%s", d->platform_name);
    append_field(out, "version", "%s", d->version);
    append_field(out, "driver", "%s, vendor %s", d->driver, d->vendor);
    append_field(out, "type", "%s, %" PRIu32 " compute units at %" PRIu32 " MHz, work-groups of up to %zu",
                 d->type_name, d->compute_units, d->clock_mhz, d->max_work_group);
    append_field(out, "memory", "%s, at most %s a buffer; %s local, %s cache",
                 size_text(all, d->global_bytes), size_text(buffer, d->max_alloc_bytes),
                 size_text(local, d->local_bytes), size_text(cache, d->cache_bytes));
    append_field(out, "arithmetic",
                 "native vectors of %" PRIu32 " floats, %s fused multiply-add, %s double precision",
                 d->float_vector, d->has_fma ? "with" : "without", d->has_fp64 ? "with" : "without");
    if (d->obstacle[0]) append_field(out, "not usable", "%s", d->obstacle);
    sw_str_append(out, "\n");
}

/* Opens the device, which shows that kernels can be built, and appends its GEMM parameters. */
static sw_status append_measured(sw_str *out, const sw_device_info *chosen)
{
    sw_status status = SW_OK;
    sw_cl *cl = NULL;
    double gflops, gbytes_per_s;
    SW_TRY(sw_cl_create(&cl, chosen, NULL));
    append_field(out, "gemm", "%s", sw_gemm_params_origin(cl));
    if (measure_peak) {
        SW_TRY(sw_profile_peak(&gflops, &gbytes_per_s, cl));
        append_field(out, "measured", "%.*f GFLOP/s fused multiply-add, %.1f GB/s copy",
                     gflops < 10.0 ? 2 : 0, gflops, gbytes_per_s);
    }
done:
    sw_cl_destroy(cl);
    return status;
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_device_info *devices = NULL, chosen;
    sw_str text = {0}, *out = &text;
    size_t count;
    if (argc > 0) return sw_fail(SW_E_USAGE, "devices takes no arguments, it was given '%s'", argv[0]);
    SW_TRY(sw_device_choose(&chosen, device_spec));
    SW_TRY(sw_device_list(&devices, &count));
    for (size_t i = 0; i < count; i++) append_device(out, &devices[i], devices[i].device == chosen.device);
    sw_str_printf(out, "A run takes %d:%d\n", chosen.platform_index, chosen.device_index);
    append_field(out, "because", "%s", chosen.chosen_by);
    SW_TRY(append_measured(out, &chosen));
done:
    free(devices);
    const sw_status printed = print_text(out);
    return status == SW_OK ? printed : status;
}

static const struct poptOption OPTIONS[] = {
    OPTION_DEVICE(device_spec),
    OPTION_FLAG("peak", 'p', measure_peak, "Measure the chosen device's arithmetic and memory"),
    POPT_TABLEEND};

const sw_command sw_cmd_devices = {
    .name = "devices",
    .arguments = "",
    .summary = "Show the OpenCL devices and which one a run takes",
    .details = "Without --device, the environment variable SEGWORK_DEVICE decides. Without that,\n"
               "it is the GPU with the most compute units, else the first CPU. Asking for a\n"
               "device that is not there is an error: no other is taken instead.\n\n"
               "Examples:\n"
               "  segwork devices --device 0:0\n"
               "  SEGWORK_DEVICE=nvidia segwork devices --peak",
    .options = OPTIONS,
    .run = run,
};
