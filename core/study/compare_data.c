#include "compare_data.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "page/csv.h"
#include "page/json_text.h"
#include "run/run_json.h"

/* Adds a number, or null for NaN. */
static void add_number(cJSON *object, const char *key, double value)
{
    if (isnan(value))
        cJSON_AddNullToObject(object, key);
    else
        cJSON_AddNumberToObject(object, key, value);
}

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text && *text)
        sw_json_add_text(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

static cJSON *add_object(cJSON *list)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToArray(list, object);
    return object;
}

static void add_label(cJSON *list, const char *label)
{
    cJSON_AddItemToArray(list, cJSON_CreateString(label));
}

/* ---- runs ---- */

static void add_figures(cJSON *object, const sw_comparison *c, const contender *of, int row)
{
    for (int f = 0; f < comparison_figures(c, row); f++)
        add_number(object, comparison_key(c, row, f), contender_figure(of, row, f));
}

static cJSON *epoch_json(const sw_comparison *c, const contender *of, int row)
{
    const int epoch = contender_epoch(of, row);
    if (!epoch) return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "epoch", epoch);
    add_figures(object, c, of, row);
    return object;
}

static void add_split(cJSON *data, const char *key, const sw_run_split *split)
{
    cJSON *object = cJSON_AddObjectToObject(data, key);
    add_text(object, "split", split->split);
    add_text(object, "fingerprint", split->fingerprint);
    add_number(object, "images", split->fingerprint && split->images >= 0 ? split->images : (double)NAN);
}

static void add_run(cJSON *list, const sw_comparison *c, const contender *of)
{
    cJSON *object = add_object(list);
    const sw_run_facts *facts = &of->run.facts;
    cJSON_AddStringToObject(object, "label", of->label);
    cJSON_AddStringToObject(object, "column", c->columns[of->column].label);
    sw_json_add_text(object, "path", of->path);
    cJSON_AddStringToObject(object, "experiment", of->judged.x->name);
    cJSON_AddStringToObject(object, "state", contender_state(of));
    add_text(object, "failure", of->run.failure);
    cJSON_AddNumberToObject(object, "seed", (double)of->judged.x->seed);
    cJSON_AddNumberToObject(object, "epochs_done", of->judged.epochs);
    cJSON_AddNumberToObject(object, "epochs_planned", of->judged.x->train.epochs);
    cJSON_AddBoolToObject(object, "comparable", !(of->odd & NOT_COMPARABLE));
    cJSON *data = cJSON_AddObjectToObject(object, "data");
    sw_json_add_size(data, "size", of->judged.x->data.size);
    add_split(data, "train", &facts->train);
    add_split(data, "val", &facts->val);
    add_text(object, "device", facts->device);
    add_text(object, "host", facts->host);
    add_text(object, "revision", facts->revision);
    add_text(object, "started", facts->started);
    add_figures(cJSON_AddObjectToObject(object, "cost"), c, of, ROW_COST);
    cJSON_AddItemToObject(object, "final", epoch_json(c, of, ROW_FINAL));
    cJSON_AddItemToObject(object, "best", epoch_json(c, of, ROW_BEST));
    cJSON *epochs = cJSON_AddArrayToObject(object, "epochs");
    for (int e = 1; e <= of->judged.epochs; e++) cJSON_AddItemToArray(epochs, epoch_json(c, of, e));
}

/* ---- columns ---- */

/* Adds the figures of a row, each to the object of its column. */
static void add_row(cJSON *const *objects, const sw_comparison *c, int row)
{
    mean_figure figures[MAX_CONTENDERS];
    for (int f = 0; f < comparison_figures(c, row); f++) {
        comparison_row(figures, c, row, f);
        for (size_t k = 0; k < c->column_count; k++) {
            const bool differs = figures[k].comparable && k != 0;
            cJSON *object = cJSON_AddObjectToObject(objects[k], comparison_key(c, row, f));
            add_number(object, "mean", figures[k].mean);
            add_number(object, "sd", figures[k].sd);
            cJSON_AddNumberToObject(object, "n", figures[k].count);
            add_number(object, "delta", differs ? figures[k].mean - figures[0].mean : (double)NAN);
            cJSON_AddBoolToObject(object, "best", figures[k].best);
        }
    }
}

static void add_row_as(cJSON *const *columns, const sw_comparison *c, const char *key, int row)
{
    cJSON *objects[MAX_CONTENDERS];
    for (size_t k = 0; k < c->column_count; k++) objects[k] = cJSON_AddObjectToObject(columns[k], key);
    add_row(objects, c, row);
}

/* Adds as many epochs to every column as the longest run has. The figures of missing ones are null. */
static void add_epochs(cJSON *const *columns, const sw_comparison *c)
{
    cJSON *lists[MAX_CONTENDERS], *objects[MAX_CONTENDERS];
    for (size_t k = 0; k < c->column_count; k++) lists[k] = cJSON_AddArrayToObject(columns[k], "epochs");
    for (int e = 1; e <= c->most_epochs; e++) {
        for (size_t k = 0; k < c->column_count; k++) {
            objects[k] = add_object(lists[k]);
            cJSON_AddNumberToObject(objects[k], "epoch", e);
        }
        add_row(objects, c, e);
    }
}

static void add_columns(cJSON *root, const sw_comparison *c)
{
    cJSON *list = cJSON_AddArrayToObject(root, "columns"), *columns[MAX_CONTENDERS];
    for (size_t k = 0; k < c->column_count; k++) {
        const run_column *of = &c->columns[k];
        columns[k] = add_object(list);
        cJSON_AddStringToObject(columns[k], "label", of->label);
        cJSON *runs = cJSON_AddArrayToObject(columns[k], "runs");
        for (size_t i = 0; i < of->count; i++) add_label(runs, c->items[of->members[i]].label);
    }
    add_row_as(columns, c, "cost", ROW_COST);
    add_row_as(columns, c, "final", ROW_FINAL);
    add_row_as(columns, c, "best", ROW_BEST);
    add_epochs(columns, c);
}

/* ---- configuration, notes, ranking ---- */

static void add_key(cJSON *list, const sw_comparison *c, const char *key)
{
    cJSON *object = add_object(list);
    cJSON_AddStringToObject(object, "key", key);
    cJSON *values = cJSON_AddObjectToObject(object, "values");
    for (size_t i = 0; i < c->count; i++) {
        const sw_config_value *found = sw_config_values_find(c->items[i].judged.values, key);
        cJSON *value = cJSON_AddObjectToObject(values, c->items[i].label);
        add_text(value, "value", found ? found->value : NULL);
        add_text(value, "origin", contender_origin(&c->items[i], key));
    }
}

static void add_notes(cJSON *root, const sw_comparison *c)
{
    cJSON *list = cJSON_AddArrayToObject(root, "notes");
    for (const note *n = judge_notes; n < judge_notes + JUDGE_NOTES; n++) {
        char text[160];
        if (!(c->odd & n->flag)) continue;
        cJSON *object = add_object(list);
        cJSON_AddStringToObject(object, "kind", n->kind);
        cJSON_AddBoolToObject(object, "metrics_comparable", !n->forbids);
        cJSON *runs = cJSON_AddArrayToObject(object, "runs");
        for (size_t i = 0; i < c->count; i++)
            if (c->items[i].odd & n->flag) add_label(runs, c->items[i].label);
        snprintf(text, sizeof text, "%s%s%s", n->before, c->columns[0].label, n->after);
        cJSON_AddStringToObject(object, "text", text);
    }
}

static void add_ranking(cJSON *root, const sw_comparison *c)
{
    size_t order[MAX_CONTENDERS], ranked = comparison_ranking(order, c);
    cJSON *list = cJSON_AddArrayToObject(root, "ranking");
    for (size_t r = 0; r < ranked; r++) add_label(list, c->columns[order[r]].label);
}

sw_status comparison_json(sw_str *out, const sw_comparison *c)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "format", "segwork-compare");
    cJSON_AddNumberToObject(root, "version", 1);
    cJSON_AddStringToObject(root, "rank_by", c->layout.list[c->rank].key);
    cJSON *runs = cJSON_AddArrayToObject(root, "runs");
    for (size_t i = 0; i < c->count; i++) add_run(runs, c, &c->items[i]);
    add_columns(root, c);
    cJSON *keys = cJSON_AddArrayToObject(root, "configuration");
    for (size_t k = 0; k < c->differing.count; k++) add_key(keys, c, c->differing.items[k]);
    add_ranking(root, c);
    add_notes(root, c);
    sw_status status = sw_json_document(out, root);
    cJSON_Delete(root);
    return status;
}

/* ---- CSV ---- */

enum { DIGITS = 9 };

static void append_row(sw_str *out, const sw_comparison *c, const contender *of, int epoch)
{
    sw_csv_text(out, of->path);
    sw_str_printf(out, ",%s,%s,", of->label, c->columns[of->column].label);
    sw_csv_text(out, contender_state(of));
    sw_str_printf(out, ",%d", !(of->odd & NOT_COMPARABLE));
    for (size_t k = 0; k < c->differing.count; k++) {
        const sw_config_value *found = sw_config_values_find(of->judged.values, c->differing.items[k]);
        sw_str_append(out, ",");
        sw_csv_text(out, found ? found->value : "");
    }
    for (int f = 0; f <= MEMORY; f++) sw_csv_number(out, of->costs[f], DIGITS);
    if (epoch)
        sw_str_printf(out, ",%d,%d,%d", epoch, epoch == of->best, epoch == of->judged.epochs);
    else
        sw_str_append(out, ",,,");
    for (int m = 0; m < c->layout.count; m++) sw_csv_number(out, contender_figure(of, epoch, m), DIGITS);
    sw_str_append(out, "\r\n");
}

void comparison_csv(sw_str *out, const sw_comparison *c)
{
    sw_str_append(out, "path,label,column,state,comparable");
    for (size_t k = 0; k < c->differing.count; k++) sw_str_printf(out, ",%s", c->differing.items[k]);
    for (int f = 0; f <= MEMORY; f++) sw_str_printf(out, ",%s", comparison_key(c, ROW_COST, f));
    sw_str_append(out, ",epoch,is_best,is_final");
    for (int m = 0; m < c->layout.count; m++) sw_str_printf(out, ",%s", c->layout.list[m].key);
    sw_str_append(out, "\r\n");
    for (size_t i = 0; i < c->count; i++) {
        const contender *of = &c->items[i];
        if (of->judged.epochs == 0) append_row(out, c, of, 0);
        for (int e = 1; e <= of->judged.epochs; e++) append_row(out, c, of, e);
    }
}
