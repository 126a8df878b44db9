/* The figures of a bench as tables and as JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exp/bench.h"

/* A table that no wider terminal is needed for. */
#define ROW_FORMAT "%-20.20s %-13.13s %-9s"

static double rate(double amount, double ms)
{
    return ms > 0.0 ? amount / ms * 1e-6 : 0.0; /* per ms to giga per second */
}

/* Passes of training and of evaluation are shares of different steps. */
static bool is_infer(const sw_bench_pass *pass)
{
    return strcmp(pass->pass, "infer") == 0;
}

static double sum_ms(const sw_bench *b, bool infer)
{
    double sum = 0.0;
    for (int i = 0; i < b->pass_count; i++)
        if (is_infer(&b->passes[i]) == infer) sum += b->passes[i].best_ms;
    return sum;
}

static bool same_kind(const sw_bench_pass *a, const sw_bench_pass *b)
{
    return strcmp(a->op, b->op) == 0 && strcmp(a->algorithm, b->algorithm) == 0 &&
           strcmp(a->pass, b->pass) == 0;
}

/* One figure an op, algorithm and pass, in order of first appearance. *out has *count rows, freed by the
 * caller. */
static sw_status total_by_op(sw_bench_pass **out, int *count, const sw_bench *b)
{
    sw_bench_pass *totals = calloc((size_t)b->pass_count + 1, sizeof *totals);
    *out = totals;
    *count = 0;
    if (!totals) return sw_fail_alloc("totals", (size_t)b->pass_count * sizeof *totals);
    for (int i = 0; i < b->pass_count; i++) {
        const sw_bench_pass *pass = &b->passes[i];
        int k = 0;
        while (k < *count && !same_kind(&totals[k], pass)) k++;
        if (k == *count) {
            totals[k] = (sw_bench_pass){.layer = "", .pass = pass->pass, .rounds = pass->rounds};
            memcpy(totals[k].op, pass->op, sizeof totals[k].op);
            memcpy(totals[k].algorithm, pass->algorithm, sizeof totals[k].algorithm);
            (*count)++;
        }
        totals[k].best_ms += pass->best_ms;
        totals[k].median_ms += pass->median_ms;
        totals[k].flop += pass->flop;
        totals[k].bytes += pass->bytes;
    }
    return SW_OK;
}

/* --- text ------------------------------------------------------------------------------------ */

static void print_steps(sw_str *out, const sw_bench *b, const char *what, const sw_bench_steps *steps)
{
    if (!steps->count) return;
    double gflops = steps->flop / steps->batch * steps->median_images_per_second * 1e-9;
    sw_str_printf(out, "%-12s %6d %6d %10.2f %8.2f %10.1f %6.0f%%\n", what, steps->batch, steps->count,
                  steps->median_images_per_second, steps->best_images_per_second, gflops,
                  100.0 * gflops / b->peak_gflops);
}

static void print_header(sw_str *out, const sw_bench *b)
{
    double gib = 1.0 / 1073741824.0;
    sw_str_printf(out, "%s on %.60s\n", b->experiment, b->device.name);
    sw_str_printf(out, "device's peak %.1f GFLOP/s, copy %.1f GB/s: the best of before and after\n\n",
                  b->peak_gflops, b->copy_gbytes_per_s);
    sw_str_printf(out, "%-12s %6s %6s %10s %8s %10s %7s\n", "whole steps", "batch", "steps", "images/s",
                  "best", "GFLOP/s", "of peak");
    print_steps(out, b, "training", &b->train);
    print_steps(out, b, "inference", &b->infer);
    sw_str_printf(out,
                  "\npeak resident memory %.2f GiB, of it planned on the device %.2f GiB\n"
                  "first step done %.2f s after the device was opened\n",
                  (double)b->peak_resident_bytes * gib, (double)b->device_bytes * gib, b->first_step_seconds);
}

/* "winograd 3x3" says more than "conv2d 3x3", and columns are few. */
static void op_in_few_letters(char text[64], const sw_bench_pass *pass)
{
    const char *window = strchr(pass->op, ' ');
    if (pass->algorithm[0])
        snprintf(text, 64, "%s%s", pass->algorithm, window ? window : "");
    else
        snprintf(text, 64, "%s", pass->op);
}

static void print_pass(sw_str *out, const sw_bench *b, const sw_bench_pass *pass, double all_ms)
{
    char op[64];
    op_in_few_letters(op, pass);
    sw_str_printf(out, ROW_FORMAT " %8.2f %5.1f%%", pass->layer, op, pass->pass, pass->best_ms,
                  100.0 * pass->best_ms / all_ms);
    if (pass->flop > 0.0) {
        double gflops = rate(pass->flop, pass->best_ms);
        sw_str_printf(out, " %7.1f %4.0f%%", gflops, 100.0 * gflops / b->peak_gflops);
    } else {
        sw_str_printf(out, " %7s %5s", "", "");
    }
    sw_str_printf(out, " %5.1f\n", rate(pass->bytes, pass->best_ms));
}

/* Rows of training and of evaluation, each with its columns' names. */
static void print_passes(sw_str *out, const sw_bench *b, const char *what, const sw_bench_pass *passes,
                         int count)
{
    const double all_ms[] = {sum_ms(b, false), sum_ms(b, true)};
    for (int infer = 0; infer < 2; infer++) {
        bool any = false;
        for (int i = 0; i < count; i++) {
            if (is_infer(&passes[i]) != (infer == 1)) continue;
            if (!any)
                sw_str_printf(out, "\n" ROW_FORMAT " %8s %6s %7s %5s %5s\n", what, "op", "pass", "ms", "time",
                              "GFLOP/s", "peak", "GB/s");
            any = true;
            print_pass(out, b, &passes[i], all_ms[infer]);
        }
    }
}

void sw_bench_print(sw_str *out, const sw_bench *b)
{
    sw_bench_pass *totals = NULL;
    int count;
    print_header(out, b);
    if (!b->pass_count) return;
    print_passes(out, b, "layer", b->passes, b->pass_count);
    if (total_by_op(&totals, &count, b) != SW_OK)
        out->failed = true;
    else
        print_passes(out, b, "all layers", totals, count);
    free(totals);
    sw_str_append(out, "\nEach pass alone, the best of its rounds. GFLOP/s count the operations of the\n"
                       "direct algorithm whatever the algorithm, so that more than the peak is possible;\n"
                       "GB/s count every value read and written once.\n");
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_steps(cJSON *root, const char *key, const sw_bench *b, const sw_bench_steps *steps)
{
    if (!steps->count) return;
    cJSON *object = cJSON_AddObjectToObject(root, key);
    double gflops = steps->flop / steps->batch * steps->median_images_per_second * 1e-9;
    cJSON_AddNumberToObject(object, "batch", steps->batch);
    cJSON_AddNumberToObject(object, "steps", steps->count);
    cJSON_AddNumberToObject(object, "images_per_second", steps->median_images_per_second);
    cJSON_AddNumberToObject(object, "best_images_per_second", steps->best_images_per_second);
    cJSON_AddItemToObject(object, "step_seconds", cJSON_CreateDoubleArray(steps->seconds, steps->count));
    cJSON_AddNumberToObject(object, "gflop_per_image", steps->flop / steps->batch * 1e-9);
    cJSON_AddNumberToObject(object, "gflops", gflops);
    cJSON_AddNumberToObject(object, "share_of_peak", gflops / b->peak_gflops);
}

static cJSON *pass_json(const sw_bench *b, const sw_bench_pass *pass)
{
    cJSON *object = cJSON_CreateObject();
    double gflops = rate(pass->flop, pass->best_ms);
    if (pass->layer[0]) cJSON_AddStringToObject(object, "layer", pass->layer);
    cJSON_AddStringToObject(object, "op", pass->op);
    if (pass->algorithm[0]) cJSON_AddStringToObject(object, "algorithm", pass->algorithm);
    cJSON_AddStringToObject(object, "pass", pass->pass);
    cJSON_AddNumberToObject(object, "ms", pass->best_ms);
    cJSON_AddNumberToObject(object, "median_ms", pass->median_ms);
    cJSON_AddNumberToObject(object, "gflop", pass->flop * 1e-9);
    cJSON_AddNumberToObject(object, "gflops", gflops);
    cJSON_AddNumberToObject(object, "share_of_peak", gflops / b->peak_gflops);
    cJSON_AddNumberToObject(object, "bytes", pass->bytes);
    cJSON_AddNumberToObject(object, "gbytes_per_second", rate(pass->bytes, pass->best_ms));
    cJSON_AddNumberToObject(object, "share_of_time", pass->best_ms / sum_ms(b, is_infer(pass)));
    return object;
}

static void add_passes(cJSON *root, const char *key, const sw_bench *b, const sw_bench_pass *passes,
                       int count)
{
    cJSON *array = cJSON_AddArrayToObject(root, key);
    for (int i = 0; i < count; i++) cJSON_AddItemToArray(array, pass_json(b, &passes[i]));
}

static void add_device(cJSON *root, const sw_device_info *device)
{
    cJSON *object = cJSON_AddObjectToObject(root, "device");
    cJSON_AddStringToObject(object, "name", device->name);
    cJSON_AddStringToObject(object, "type", device->type_name);
    cJSON_AddStringToObject(object, "platform", device->platform_name);
    cJSON_AddStringToObject(object, "version", device->version);
    cJSON_AddStringToObject(object, "driver", device->driver);
    cJSON_AddNumberToObject(object, "compute_units", device->compute_units);
}

sw_status sw_bench_json(sw_str *out, const sw_bench *b)
{
    sw_status status = SW_OK;
    sw_bench_pass *totals = NULL;
    int count = 0;
    char *text = NULL;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "experiment", b->experiment);
    add_device(root, &b->device);
    cJSON_AddNumberToObject(root, "peak_gflops", b->peak_gflops);
    cJSON_AddNumberToObject(root, "copy_gbytes_per_second", b->copy_gbytes_per_s);
    add_steps(root, "train", b, &b->train);
    add_steps(root, "infer", b, &b->infer);
    cJSON_AddNumberToObject(root, "first_step_seconds", b->first_step_seconds);
    cJSON_AddNumberToObject(root, "peak_resident_bytes", (double)b->peak_resident_bytes);
    cJSON_AddNumberToObject(root, "device_bytes", (double)b->device_bytes);
    if (b->pass_count) {
        SW_TRY(total_by_op(&totals, &count, b));
        add_passes(root, "layers", b, b->passes, b->pass_count);
        add_passes(root, "totals", b, totals, count);
    }
    text = cJSON_Print(root);
    if (!text) {
        status = sw_fail(SW_E_MEMORY, "no memory for the figures as JSON");
        goto done;
    }
    sw_str_append(out, text);
    sw_str_append(out, "\n");
    SW_TRY(sw_str_status(out));
done:
    cJSON_free(text);
    cJSON_Delete(root);
    free(totals);
    return status;
}
