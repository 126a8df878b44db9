/* Rows of a profile as tables and as JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/passes.h"
#include "page/json_text.h"
#include "page/sheet.h"

static double rate(double amount, double ms)
{
    return ms > 0.0 ? amount / ms * 1e-6 : 0.0; /* per ms to giga per second */
}

/* Passes of training and of evaluation are shares of different steps. */
double sw_pass_list_ms(const sw_pass_list *list, bool infer)
{
    double sum = 0.0;
    for (int i = 0; i < list->count; i++)
        if (list->rows[i].infer == infer) sum += list->rows[i].best_ms;
    return sum;
}

static bool same_kind(const sw_pass_row *a, const sw_pass_row *b)
{
    return a->infer == b->infer && strcmp(a->op, b->op) == 0 && strcmp(a->algorithm, b->algorithm) == 0 &&
           strcmp(a->pass, b->pass) == 0;
}

/* One row an op, algorithm and pass, in order of first appearance. *out has *count rows, freed by the
 * caller. */
static sw_status total_by_op(sw_pass_row **out, int *count, const sw_pass_list *list)
{
    sw_pass_row *totals = calloc((size_t)list->count + 1, sizeof *totals);
    *out = totals;
    *count = 0;
    if (!totals) return sw_fail_alloc("totals", (size_t)list->count * sizeof *totals);
    for (int i = 0; i < list->count; i++) {
        const sw_pass_row *row = &list->rows[i];
        int k = 0;
        while (k < *count && !same_kind(&totals[k], row)) k++;
        if (k == *count) {
            totals[(*count)++] = *row;
            totals[k].layer = "";
            continue;
        }
        totals[k].best_ms += row->best_ms;
        totals[k].median_ms += row->median_ms;
        totals[k].launches += row->launches;
        totals[k].flop += row->flop;
        totals[k].bytes += row->bytes;
    }
    return SW_OK;
}

/* --- text ------------------------------------------------------------------------------------ */

/* "winograd 3x3" says more than "conv2d 3x3", and columns are few. */
static void op_in_few_letters(char text[64], const sw_pass_row *pass)
{
    const char *window = strchr(pass->op, ' ');
    if (pass->algorithm[0])
        snprintf(text, 64, "%s%s", pass->algorithm, window ? window : "");
    else
        snprintf(text, 64, "%s", pass->op);
}

/* "bwd-weights" for "backward-weights". */
static void pass_in_few_letters(char text[32], const char *pass)
{
    const char *detail = strstr(pass, "backward-");
    snprintf(text, 32, "%s%s", detail ? "bwd-" : "", detail ? pass + strlen("backward-") : pass);
}

/* Names are cut so that the table has 80 columns at most. */
static void print_pass(sw_str *rows, double peak_gflops, const sw_pass_row *pass, double all_ms)
{
    char op[64], name[32];
    op_in_few_letters(op, pass);
    pass_in_few_letters(name, pass->pass);
    sw_str_printf(rows, "%.18s\t%.13s\t%.11s\t%.2f\t%.1f%%", pass->layer, op, name, pass->best_ms,
                  100.0 * pass->best_ms / all_ms);
    double gflops = rate(pass->flop, pass->best_ms);
    if (pass->flop > 0.0)
        sw_str_printf(rows, "\t%.1f\t%.0f%%", gflops, 100.0 * gflops / peak_gflops);
    else
        sw_str_append(rows, "\t\t");
    if (pass->bytes > 0.0 && pass->best_ms > 0.0)
        sw_str_printf(rows, "\t%.1f", rate(pass->bytes, pass->best_ms));
    sw_str_append(rows, "\n");
}

/* A table of training and one of evaluation, where there are passes of them. */
static void print_passes(sw_str *out, const sw_pass_list *list, double peak_gflops, const char *what,
                         const sw_pass_row *passes, int count)
{
    const double all_ms[] = {sw_pass_list_ms(list, false), sw_pass_list_ms(list, true)};
    for (int infer = 0; infer < 2; infer++) {
        sw_str rows = {0};
        sw_str_printf(&rows, "%s\top\tpass\tms\ttime\tGFLOP/s\tpeak\tGB/s\n", what);
        const size_t heads = rows.length;
        for (int i = 0; i < count; i++)
            if (passes[i].infer == (infer == 1)) print_pass(&rows, peak_gflops, &passes[i], all_ms[infer]);
        if (rows.length > heads) {
            sw_str_append(out, "\n");
            sw_sheet_columns(out, &rows, 3);
        }
        sw_str_deinit(&rows);
    }
}

void sw_pass_list_print(sw_str *out, const sw_pass_list *list, double peak_gflops, bool layers)
{
    sw_pass_row *totals = NULL;
    int count;
    if (!list->count) return;
    if (layers) print_passes(out, list, peak_gflops, "layer", list->rows, list->count);
    if (total_by_op(&totals, &count, list) != SW_OK)
        out->failed = true;
    else
        print_passes(out, list, peak_gflops, "all layers", totals, count);
    free(totals);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static cJSON *pass_json(const sw_pass_list *list, double peak_gflops, const sw_pass_row *pass)
{
    cJSON *object = cJSON_CreateObject();
    double gflops = rate(pass->flop, pass->best_ms);
    if (pass->layer[0]) cJSON_AddStringToObject(object, "layer", pass->layer);
    cJSON_AddStringToObject(object, "op", pass->op);
    if (pass->algorithm[0]) cJSON_AddStringToObject(object, "algorithm", pass->algorithm);
    cJSON_AddStringToObject(object, "pass", pass->pass);
    cJSON_AddStringToObject(object, "step", pass->infer ? "infer" : "train");
    SW_JSON_ADD_NUMBERS(object, {"ms", pass->best_ms}, {"median_ms", pass->median_ms},
                        {"launches", pass->launches}, {"gflop", pass->flop * 1e-9}, {"gflops", gflops},
                        {"share_of_peak", gflops / peak_gflops}, {"bytes", pass->bytes},
                        {"gbytes_per_second", rate(pass->bytes, pass->best_ms)},
                        {"share_of_time", pass->best_ms / sw_pass_list_ms(list, pass->infer)});
    return object;
}

static void add_passes(cJSON *root, const char *key, const sw_pass_list *list, double peak_gflops,
                       const sw_pass_row *passes, int count)
{
    cJSON *array = cJSON_AddArrayToObject(root, key);
    for (int i = 0; i < count; i++) cJSON_AddItemToArray(array, pass_json(list, peak_gflops, &passes[i]));
}

sw_status sw_pass_list_json(cJSON *root, const sw_pass_list *list, double peak_gflops)
{
    sw_pass_row *totals = NULL;
    int count = 0;
    SW_ENSURE(total_by_op(&totals, &count, list));
    add_passes(root, "layers", list, peak_gflops, list->rows, list->count);
    add_passes(root, "totals", list, peak_gflops, totals, count);
    free(totals);
    return SW_OK;
}
