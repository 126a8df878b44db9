/* The results of segwork tune as a table and for programs. */
#include <cjson/cJSON.h>

#include "page/json_text.h"
#include "page/sheet.h"
#include "setup/engines.h"
#include "setup/open.h"

/* The engines that were tried anywhere, in the order in which they come up. */
static int list_engines(sw_conv_choice engines[SW_CONV_MAX_TRIALS], const sw_conv_table *table)
{
    int count = 0;
    for (int r = 0; r < table->count; r++) {
        for (int p = 0; p < SW_CONV_PASSES; p++) {
            const sw_conv_verdict *verdict = &table->rows[r].pass[p];
            for (int t = 0; t < verdict->trial_count; t++) {
                int i = 0;
                while (i < count && engines[i] != verdict->trials[t].engine) i++;
                if (i == count && count < SW_CONV_MAX_TRIALS) engines[count++] = verdict->trials[t].engine;
            }
        }
    }
    return count;
}

static double image_gflop(const sw_conv_layer *layer)
{
    return 2e-9 * sw_conv_layer_macs(layer);
}

static const sw_conv_trial *trial_of(const sw_conv_verdict *verdict, sw_conv_choice engine)
{
    for (int t = 0; t < verdict->trial_count; t++)
        if (verdict->trials[t].engine == engine) return &verdict->trials[t];
    return NULL;
}

/* Behind the time is room for the mark of the one that is taken. */
static void print_trial(sw_str *rows, const sw_conv_trial *trial, sw_conv_choice choice)
{
    if (!trial)
        sw_str_append(rows, "\t-");
    else if (trial->ms < 0)
        sw_str_append(rows, "\twrong");
    else
        sw_str_printf(rows, "\t%.*f", trial->ms < 10 ? 3 : trial->ms < 100 ? 2 : 1, trial->ms);
    sw_str_append(rows, trial && trial->engine == choice ? "*" : " ");
}

static void print_pass(sw_str *rows, const sw_conv_row *row, sw_conv_pass pass, const sw_conv_choice *engines,
                       int count)
{
    char layer[SW_CONV_LAYER_BYTES] = "";
    const sw_conv_verdict *verdict = &row->pass[pass];
    if (pass == SW_CONV_FORWARD) sw_conv_layer_print(layer, &row->layer);
    sw_str_printf(rows, "%s\t%s", layer, sw_conv_pass_name(pass));
    for (int i = 0; i < count; i++) print_trial(rows, trial_of(verdict, engines[i]), verdict->choice);
    const sw_conv_trial *taken = trial_of(verdict, verdict->choice);
    if (taken && taken->ms > 0)
        sw_str_printf(rows, "\t%.1f\n", image_gflop(&row->layer) / taken->ms * 1e3);
    else
        sw_str_printf(rows, "\t\t%s alone suits it\n", sw_conv_choice_name(verdict->choice));
}

void sw_tuning_print(sw_str *out, const sw_tuning *t)
{
    sw_conv_choice engines[SW_CONV_MAX_TRIALS];
    int count = list_engines(engines, &t->table);
    sw_str rows = {0};
    sw_str_printf(
        out, "%.70s\nms an image of each engine (* taken, - does not suit), and the taken one's rate\n\n",
        t->device.name);
    sw_str_append(&rows, "convolution\tpass");
    for (int i = 0; i < count; i++) sw_str_printf(&rows, "\t%s ", sw_conv_choice_name(engines[i]));
    sw_str_append(&rows, "\tGFLOP/s\t\n");
    for (int r = 0; r < t->table.count; r++)
        for (int p = 0; p < SW_CONV_PASSES; p++)
            print_pass(&rows, &t->table.rows[r], (sw_conv_pass)p, engines, count);
    sw_sheet_columns(out, &rows, 2);
    sw_str_printf(out, "\nkept in %s\n", t->path);
}

static cJSON *pass_json(const sw_conv_row *row, sw_conv_pass pass)
{
    char layer[SW_CONV_LAYER_BYTES];
    const sw_conv_verdict *verdict = &row->pass[pass];
    cJSON *object = cJSON_CreateObject();
    sw_conv_layer_print(layer, &row->layer);
    cJSON_AddStringToObject(object, "convolution", layer);
    cJSON_AddStringToObject(object, "pass", sw_conv_pass_name(pass));
    cJSON_AddStringToObject(object, "engine", sw_conv_choice_name(verdict->choice));
    cJSON *times = cJSON_AddObjectToObject(object, "ms_per_image");
    for (int t = 0; t < verdict->trial_count; t++) {
        const sw_conv_trial *trial = &verdict->trials[t];
        if (trial->ms < 0)
            cJSON_AddNullToObject(times, sw_conv_choice_name(trial->engine));
        else
            cJSON_AddNumberToObject(times, sw_conv_choice_name(trial->engine), trial->ms);
    }
    return object;
}

sw_status sw_tuning_json(sw_str *out, const sw_tuning *t)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddItemToObject(root, "device", sw_device_json(&t->device));
    sw_json_add_text(root, "file", t->path);
    cJSON *passes = cJSON_AddArrayToObject(root, "passes");
    for (int r = 0; r < t->table.count; r++)
        for (int p = 0; p < SW_CONV_PASSES; p++)
            cJSON_AddItemToArray(passes, pass_json(&t->table.rows[r], (sw_conv_pass)p));
    const sw_status status = sw_json_document(out, root);
    cJSON_Delete(root);
    return status;
}
