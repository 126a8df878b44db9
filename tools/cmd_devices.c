/* segwork devices: what OpenCL offers here, and which device a run would take. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "cl/gemm.h"
#include "cl/profile.h"
#include "options.h"
#include "page/json_text.h"
#include "print.h"
#include "setup/open.h"

enum { COLUMNS = 80, INDENT = 16 };

static char *device_spec;
static int measure_peak, json;

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
                 "native vectors of %" PRIu32 " floats, %s fused multiply-add, %s double precision%s",
                 d->float_vector, d->has_fma ? "with" : "without", d->has_fp64 ? "with" : "without",
                 d->matrix_unit == SW_MATRIX_NONE ? "" : ", with a matrix unit (AMX)");
    if (d->obstacle[0]) append_field(out, "not usable", "%s", d->obstacle);
    sw_str_append(out, "\n");
}

static cJSON *device_json(const sw_device_info *d)
{
    cJSON *object = sw_device_json(d);
    char place[32];
    snprintf(place, sizeof place, "%d:%d", d->platform_index, d->device_index);
    cJSON_AddStringToObject(object, "device", place);
    sw_json_add_text(object, "vendor", d->vendor);
    SW_JSON_ADD_NUMBERS(object, {"clock_mhz", d->clock_mhz}, {"memory_bytes", (double)d->global_bytes},
                        {"max_buffer_bytes", (double)d->max_alloc_bytes},
                        {"local_bytes", (double)d->local_bytes}, {"cache_bytes", (double)d->cache_bytes});
    if (d->obstacle[0]) sw_json_add_text(object, "not_usable", d->obstacle);
    return object;
}

/* What is known of a device that was opened. */
typedef struct opened {
    char gemm[256];              /* where the parameters of its products come from */
    double gflops, gbytes_per_s; /* with --peak */
} opened;

/* Opens the device, which shows that kernels can be built. */
static sw_status open_device(opened *out, const sw_device_info *device)
{
    sw_status status = SW_OK;
    sw_cl *cl = NULL;
    SW_TRY(sw_cl_create(&cl, device, NULL));
    snprintf(out->gemm, sizeof out->gemm, "%s", sw_gemm_params_origin(cl));
    if (measure_peak) SW_TRY(sw_profile_peak(&out->gflops, &out->gbytes_per_s, cl));
done:
    sw_cl_destroy(cl);
    return status;
}

static sw_status print_devices_json(const sw_device_info *devices, size_t count, const sw_device_info *chosen,
                                    const opened *figures)
{
    cJSON *root = cJSON_CreateObject();
    char place[32];
    snprintf(place, sizeof place, "%d:%d", chosen->platform_index, chosen->device_index);
    cJSON *list = cJSON_AddArrayToObject(root, "devices");
    for (size_t i = 0; i < count; i++) cJSON_AddItemToArray(list, device_json(&devices[i]));
    cJSON_AddStringToObject(root, "chosen", place);
    sw_json_add_text(root, "chosen_by", chosen->chosen_by);
    sw_json_add_text(root, "gemm", figures->gemm);
    if (measure_peak)
        SW_JSON_ADD_NUMBERS(root, {"peak_gflops", figures->gflops},
                            {"copy_gbytes_per_second", figures->gbytes_per_s});
    return print_json(root);
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
    opened figures = {0};
    if (json) {
        SW_TRY(open_device(&figures, &chosen));
        status = print_devices_json(devices, count, &chosen, &figures);
        goto done;
    }
    for (size_t i = 0; i < count; i++) append_device(out, &devices[i], devices[i].device == chosen.device);
    sw_str_printf(out, "A run takes %d:%d\n", chosen.platform_index, chosen.device_index);
    append_field(out, "because", "%s", chosen.chosen_by);
    SW_TRY(open_device(&figures, &chosen));
    append_field(out, "gemm", "%s", figures.gemm);
    if (measure_peak)
        append_field(out, "measured", "%.*f GFLOP/s fused multiply-add, %.1f GB/s copy",
                     figures.gflops < 10.0 ? 2 : 0, figures.gflops, figures.gbytes_per_s);
done:
    free(devices);
    const sw_status printed = print_text(out);
    return status == SW_OK ? printed : status;
}

static const struct poptOption OPTIONS[] = {
    OPTION_DEVICE(device_spec),
    OPTION_FLAG("peak", 'p', measure_peak, "Measure the arithmetic and memory speed of the chosen device"),
    OPTION_JSON(json), POPT_TABLEEND};

const sw_command sw_cmd_devices = {
    .name = "devices",
    .arguments = "",
    .summary = "Show the OpenCL devices and which one a run takes",
    .details = "A run takes the device that --device names, else the one that the environment\n"
               "variable SEGWORK_DEVICE names, else the GPU with the most compute units, else\n"
               "the first CPU. If you name a device that does not exist, that is an error;\n"
               "segwork never takes another one instead.\n\n"
               "Examples:\n"
               "  segwork devices\n"
               "  segwork devices --device 0:0 --json\n"
               "  SEGWORK_DEVICE=nvidia segwork devices --peak",
    .options = OPTIONS,
    .run = run,
};
