/* The figures of a bench as tables and as JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "measure/bench.h"
#include "page/json_text.h"
#include "page/sheet.h"
#include "setup/open.h"

/* The least share of a step that its kernels and transfers take. A driver that does not time its kernels
 * reports nanoseconds for each, together less than a thousandth of a step; even a device that mostly waits
 * for the host is far above this share. */
static const double PASSES_AT_LEAST = 0.1;

/* A wait for the loader that is noise: a share of a step. */
static const double WAIT_AT_MOST = 0.01;

/* --- text ------------------------------------------------------------------------------------ */

static void print_steps(sw_str *rows, const sw_bench *b, const char *what, const sw_bench_steps *steps)
{
    if (!steps->count) return;
    double gflops = steps->flop / steps->batch * steps->median_images_per_second * 1e-9;
    sw_str_printf(rows, "%s\t%d\t%d\t%.2f\t%.2f\t%.1f\t%.0f%%\n", what, steps->batch, steps->count,
                  steps->median_images_per_second, steps->best_images_per_second, gflops,
                  100.0 * gflops / b->peak_gflops);
}

static void print_header(sw_str *out, const sw_bench *b)
{
    double gib = 1.0 / 1073741824.0;
    sw_str rows = {0};
    sw_str_printf(out, "%s on %.60s\n", b->experiment, b->device.name);
    sw_str_printf(out, "device's peak %.1f GFLOP/s, copy %.1f GB/s: the best of before and after\n\n",
                  b->peak_gflops, b->copy_gbytes_per_s);
    sw_str_append(&rows, "whole steps\tbatch\tsteps\timages/s\tbest\tGFLOP/s\tof peak\n");
    print_steps(&rows, b, "training", &b->train);
    print_steps(&rows, b, "inference", &b->infer);
    sw_sheet_columns(out, &rows, 1);
    sw_str_printf(out,
                  "\npeak resident memory %.2f GiB, of it planned on the device %.2f GiB\n"
                  "first step done %.2f s after the device was opened\n",
                  (double)b->peak_resident_bytes * gib, (double)b->device_bytes * gib, b->first_step_seconds);
}

static const char *verdict(const sw_bench_loading *l)
{
    if (l->wait_ms < WAIT_AT_MOST * l->off_ms) return "the device does not wait";
    if (l->alone_ms < l->off_ms)
        return "the device waits at times, though the loader is faster: they share the cores, or a larger\n"
               "  data.prefetch evens it out";
    return "the device waits: more data.loader_threads or data.cache_mb, or less augmentation";
}

/* Compares training steps on batches from the loader with steps on one batch in memory. */
static void print_loading(sw_str *out, const sw_bench *b)
{
    const sw_bench_loading *l = &b->loading;
    if (!l->rounds) return;
    sw_str_printf(
        out,
        "\ntraining step, batch %d, %d in a row each, medians of %d rounds in turn\n"
        "  one batch over and over     %10.1f ms\n  batches from the loader     %10.1f ms\n"
        "  difference                  %+10.1f %%\n  of it waiting for a batch   %10.2f ms a step\n",
        b->train.batch, l->steps, l->rounds, l->off_ms, l->on_ms, 100.0 * (l->on_ms / l->off_ms - 1.0),
        l->wait_ms);
    sw_str_printf(out,
                  "  the loader alone, %2d thread%s %9.0f images/s, the device takes %.0f\n"
                  "  %s\n",
                  l->threads, l->threads == 1 ? " " : "s", 1e3 * b->train.batch / l->alone_ms,
                  1e3 * b->train.batch / l->off_ms, verdict(l));
}

static void add_loading(cJSON *root, const sw_bench *b)
{
    const sw_bench_loading *l = &b->loading;
    if (!l->rounds) return;
    SW_JSON_ADD_NUMBERS(cJSON_AddObjectToObject(root, "loading"), {"rounds", l->rounds}, {"steps", l->steps},
                        {"step_ms_without_loader", l->off_ms}, {"step_ms_with_loader", l->on_ms},
                        {"wait_ms", l->wait_ms}, {"batch_ms_of_loader_alone", l->alone_ms},
                        {"loader_threads", l->threads});
}

/* Compares the time of all passes with the whole step: the rest is the host, and gaps between launches. */
static void print_rest(sw_str *out, const sw_bench *b, const char *what, const sw_bench_steps *steps,
                       bool infer)
{
    double of_passes = sw_pass_list_ms(&b->passes, infer);
    if (!steps->count) return;
    double step_ms = 1e3 * steps->batch / steps->best_images_per_second;
    sw_str_printf(out, "%s: kernels and transfers %.1f ms of the best whole step's %.1f ms\n", what,
                  of_passes, step_ms);
    if (of_passes < PASSES_AT_LEAST * step_ms)
        sw_str_append(out,
                      "  note: so little that this driver cannot be timing its kernels (Mesa 22.3's rusticl\n"
                      "  does not); the rows above mean nothing, whole steps do\n");
}

void sw_bench_print(sw_str *out, const sw_bench *b)
{
    print_header(out, b);
    print_loading(out, b);
    if (!b->passes.count) return;
    sw_pass_list_print(out, &b->passes, b->peak_gflops, true);
    sw_str_append(out, "\n");
    print_rest(out, b, "training", &b->train, false);
    print_rest(out, b, "inference", &b->infer, true);
    sw_str_append(out, "\nTimes are those of the device's clock, the best of a few steps. GFLOP/s count\n"
                       "the operations of the direct algorithm whatever the algorithm, so that more than\n"
                       "the peak is possible; GB/s count every value read and written once. A merged\n"
                       "norm is done by the convolution before it; norm+max_pool is both at once.\n");
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_steps(cJSON *root, const char *key, const sw_bench *b, const sw_bench_steps *steps)
{
    if (!steps->count) return;
    cJSON *object = cJSON_AddObjectToObject(root, key);
    double gflops = steps->flop / steps->batch * steps->median_images_per_second * 1e-9;
    SW_JSON_ADD_NUMBERS(object, {"batch", steps->batch}, {"steps", steps->count},
                        {"images_per_second", steps->median_images_per_second},
                        {"best_images_per_second", steps->best_images_per_second});
    cJSON_AddItemToObject(object, "step_seconds", cJSON_CreateDoubleArray(steps->seconds, steps->count));
    SW_JSON_ADD_NUMBERS(object, {"gflop_per_image", steps->flop / steps->batch * 1e-9}, {"gflops", gflops},
                        {"share_of_peak", gflops / b->peak_gflops});
}

sw_status sw_bench_json(sw_str *out, const sw_bench *b)
{
    sw_status status = SW_OK;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "experiment", b->experiment);
    cJSON_AddItemToObject(root, "device", sw_device_json(&b->device));
    SW_JSON_ADD_NUMBERS(root, {"peak_gflops", b->peak_gflops},
                        {"copy_gbytes_per_second", b->copy_gbytes_per_s});
    add_steps(root, "train", b, &b->train);
    add_steps(root, "infer", b, &b->infer);
    SW_JSON_ADD_NUMBERS(root, {"first_step_seconds", b->first_step_seconds},
                        {"peak_resident_bytes", (double)b->peak_resident_bytes},
                        {"device_bytes", (double)b->device_bytes});
    add_loading(root, b);
    if (b->passes.count) SW_TRY(sw_pass_list_json(root, &b->passes, b->peak_gflops));
    SW_TRY(sw_json_document(out, root));
done:
    cJSON_Delete(root);
    return status;
}
