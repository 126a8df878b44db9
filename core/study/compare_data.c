/* A comparison for programs: JSON, whose keys stay as docs/compare.md says, and CSV. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "comparison.h"
#include "page/csv.h"
#include "page/json_text.h"

/* NaN becomes null. */
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

/* ---- runs ---- */

static cJSON *epoch_json(const sw_comparison *c, const contender *of, int row)
{
    int epoch = row == ROW_FINAL ? of->epochs : row == ROW_BEST ? of->best + 1 : row;
    if (epoch < 1) return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "epoch", epoch);
    for (int m = 0; m < c->layout->count; m++)
        add_number(object, c->layout->list[m].key, contender_figure(c, of, epoch, m));
    return object;
}

static cJSON *split_json(const sw_run_split *split)
{
    cJSON *object = cJSON_CreateObject();
    add_text(object, "split", split->split);
    add_text(object, "fingerprint", split->fingerprint);
    add_number(object, "images", split->fingerprint && split->images >= 0 ? split->images : (double)NAN);
    return object;
}

static cJSON *cost_json(const contender *of)
{
    cJSON *object = cJSON_CreateObject();
    for (int i = 0; i < COSTS; i++) add_number(object, cost_key(i), of->costs[i]);
    return object;
}

static cJSON *run_json(const sw_comparison *c, const contender *of)
{
    cJSON *object = cJSON_CreateObject(), *data = cJSON_CreateObject();
    const sw_run_facts *facts = &of->run.facts;
    cJSON_AddStringToObject(object, "label", of->label);
    cJSON_AddStringToObject(object, "column", c->columns[of->column].label);
    sw_json_add_text(object, "path", of->path);
    cJSON_AddStringToObject(object, "experiment", of->x->name);
    cJSON_AddStringToObject(object, "state", of->is_run ? sw_run_state_name(of->run.state) : "not run");
    add_text(object, "failure", of->run.failure);
    cJSON_AddNumberToObject(object, "seed", (double)of->x->seed);
    cJSON_AddNumberToObject(object, "epochs_done", of->epochs);
    cJSON_AddNumberToObject(object, "epochs_planned", of->x->train.epochs);
    cJSON_AddBoolToObject(object, "comparable", !(of->odd & NOT_COMPARABLE));
    cJSON_AddNumberToObject(data, "size", of->x->data.size);
    cJSON_AddItemToObject(data, "train", split_json(&facts->train));
    cJSON_AddItemToObject(data, "val", split_json(&facts->val));
    cJSON_AddItemToObject(object, "data", data);
    add_text(object, "device", facts->device);
    add_text(object, "host", facts->host);
    add_text(object, "revision", facts->revision);
    add_text(object, "started", facts->started);
    cJSON_AddItemToObject(object, "cost", cost_json(of));
    cJSON_AddItemToObject(object, "final", epoch_json(c, of, ROW_FINAL));
    cJSON_AddItemToObject(object, "best", epoch_json(c, of, ROW_BEST));
    cJSON *epochs = cJSON_AddArrayToObject(object, "epochs");
    for (int e = 1; e <= of->epochs; e++) cJSON_AddItemToArray(epochs, epoch_json(c, of, e));
    return object;
}

/* ---- columns ---- */

typedef figure (*figure_reader)(const sw_comparison *c, size_t col, int row, int what);
typedef bool (*comparable_reader)(const sw_comparison *c, size_t col, int what);

static figure read_cost(const sw_comparison *c, size_t col, int row, int what)
{
    (void)row;
    return column_cost(c, col, what);
}

/* One figure of every column, each into that column's object. */
static void add_figures(cJSON *const *objects, const sw_comparison *c, const char *key, int row, int what,
                        int sense, figure_reader reader, comparable_reader comparable)
{
    figure figures[MAX_CONTENDERS];
    bool allowed[MAX_CONTENDERS], best[MAX_CONTENDERS];
    for (size_t k = 0; k < c->column_count; k++) {
        figures[k] = reader(c, k, row, what);
        allowed[k] = comparable(c, k, what);
    }
    mark_best(best, figures, allowed, c->column_count, sense);
    for (size_t k = 0; k < c->column_count; k++) {
        const bool differs = allowed[k] && k != 0;
        cJSON *object = cJSON_AddObjectToObject(objects[k], key);
        add_number(object, "mean", figures[k].mean);
        add_number(object, "sd", figures[k].sd);
        cJSON_AddNumberToObject(object, "n", figures[k].count);
        add_number(object, "delta", differs ? figures[k].mean - figures[0].mean : (double)NAN);
        cJSON_AddBoolToObject(object, "best", best[k]);
    }
}

static void add_all_metrics(cJSON *const *objects, const sw_comparison *c, int row)
{
    for (int m = 0; m < c->layout->count; m++)
        add_figures(objects, c, c->layout->list[m].key, row, m, c->layout->list[m].metric->better,
                    column_figure, column_metric_comparable);
}

static void add_metrics(const cJSON *columns, const sw_comparison *c, const char *key, int row)
{
    cJSON *objects[MAX_CONTENDERS] = {NULL}, *item;
    size_t k = 0;
    cJSON_ArrayForEach(item, columns) objects[k++] = cJSON_AddObjectToObject(item, key);
    add_all_metrics(objects, c, row);
}

/* As many for every column as the longest run has; those of shorter ones are null. */
static void add_epochs(const cJSON *columns, const sw_comparison *c)
{
    cJSON *lists[MAX_CONTENDERS] = {NULL}, *item;
    size_t k = 0;
    int most = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].epochs > most) most = c->items[i].epochs;
    cJSON_ArrayForEach(item, columns) lists[k++] = cJSON_AddArrayToObject(item, "epochs");
    for (int e = 1; e <= most; e++) {
        cJSON *objects[MAX_CONTENDERS] = {NULL};
        for (k = 0; k < c->column_count; k++) {
            objects[k] = cJSON_CreateObject();
            cJSON_AddItemToArray(lists[k], objects[k]);
            cJSON_AddNumberToObject(objects[k], "epoch", e);
        }
        add_all_metrics(objects, c, e);
    }
}

static void add_costs(const cJSON *columns, const sw_comparison *c)
{
    cJSON *objects[MAX_CONTENDERS] = {NULL}, *item;
    size_t k = 0;
    cJSON_ArrayForEach(item, columns) objects[k++] = cJSON_AddObjectToObject(item, "cost");
    for (int i = 0; i < COSTS; i++)
        add_figures(objects, c, cost_key(i), 0, i, cost_sense(i), read_cost, column_cost_comparable);
}

static void add_columns(cJSON *root, const sw_comparison *c)
{
    cJSON *columns = cJSON_AddArrayToObject(root, "columns");
    for (size_t k = 0; k < c->column_count; k++) {
        const column *of = &c->columns[k];
        cJSON *object = cJSON_CreateObject();
        cJSON_AddItemToArray(columns, object);
        cJSON_AddStringToObject(object, "label", of->label);
        cJSON *runs = cJSON_AddArrayToObject(object, "runs");
        for (size_t i = 0; i < of->count; i++)
            cJSON_AddItemToArray(runs, cJSON_CreateString(c->items[of->members[i]].label));
    }
    add_costs(columns, c);
    add_metrics(columns, c, "final", ROW_FINAL);
    add_metrics(columns, c, "best", ROW_BEST);
    add_epochs(columns, c);
}

/* ---- configuration, notes, ranking ---- */

static cJSON *labels_json(const sw_comparison *c, const bool *chosen)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < c->count; i++)
        if (chosen[i]) cJSON_AddItemToArray(list, cJSON_CreateString(c->items[i].label));
    return list;
}

static cJSON *key_json(const sw_comparison *c, const char *key)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "key", key);
    cJSON *values = cJSON_AddObjectToObject(object, "values");
    for (size_t i = 0; i < c->count; i++) {
        const sw_config_value *found = sw_config_values_find(c->items[i].v, key);
        cJSON *value = cJSON_CreateObject();
        add_text(value, "value", found ? found->value : NULL);
        add_text(value, "origin", !found ? NULL : found->origin ? found->origin : "default");
        cJSON_AddItemToObject(values, c->items[i].label, value);
    }
    return object;
}

static void add_notes(cJSON *root, const sw_comparison *c)
{
    note notes[COMPARISON_NOTES];
    cJSON *list = cJSON_AddArrayToObject(root, "notes");
    int count = comparison_notes(notes, comparison_odd(c));
    for (int n = 0; n < count; n++) {
        bool chosen[MAX_CONTENDERS];
        for (size_t i = 0; i < c->count; i++) chosen[i] = (c->items[i].odd & notes[n].flag) != 0;
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "kind", notes[n].kind);
        cJSON_AddBoolToObject(object, "metrics_comparable", !notes[n].forbids);
        cJSON_AddItemToObject(object, "runs", labels_json(c, chosen));
        char text[160];
        snprintf(text, sizeof text, "%s%s%s", notes[n].before, c->columns[0].label, notes[n].after);
        cJSON_AddStringToObject(object, "text", text);
        cJSON_AddItemToArray(list, object);
    }
}

static void add_ranking(cJSON *root, const sw_comparison *c)
{
    size_t order[MAX_CONTENDERS], ranked = comparison_ranking(order, c);
    cJSON *list = cJSON_AddArrayToObject(root, "ranking");
    for (size_t r = 0; r < ranked; r++)
        cJSON_AddItemToArray(list, cJSON_CreateString(c->columns[order[r]].label));
}

sw_status comparison_json(sw_str *out, const sw_comparison *c)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "format", "segwork-compare");
    cJSON_AddNumberToObject(root, "version", 1);
    cJSON_AddStringToObject(root, "rank_by", c->layout->list[c->rank].key);
    cJSON *runs = cJSON_AddArrayToObject(root, "runs");
    for (size_t i = 0; i < c->count; i++) cJSON_AddItemToArray(runs, run_json(c, &c->items[i]));
    add_columns(root, c);
    cJSON *keys = cJSON_AddArrayToObject(root, "configuration");
    for (size_t k = 0; k < c->differing.count; k++)
        cJSON_AddItemToArray(keys, key_json(c, c->differing.items[k]));
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
    sw_csv_text(out, of->is_run ? sw_run_state_name(of->run.state) : "not run");
    sw_str_printf(out, ",%d", !(of->odd & NOT_COMPARABLE));
    for (size_t k = 0; k < c->differing.count; k++) {
        const sw_config_value *found = sw_config_values_find(of->v, c->differing.items[k]);
        sw_str_append(out, ",");
        sw_csv_text(out, found ? found->value : "");
    }
    for (int i = 0; i <= MEMORY; i++) sw_csv_number(out, of->costs[i], DIGITS);
    if (epoch)
        sw_str_printf(out, ",%d,%d,%d", epoch, epoch == of->best + 1, epoch == of->epochs);
    else
        sw_str_append(out, ",,,");
    for (int m = 0; m < c->layout->count; m++) sw_csv_number(out, contender_figure(c, of, epoch, m), DIGITS);
    sw_str_append(out, "\r\n");
}

void comparison_csv(sw_str *out, const sw_comparison *c)
{
    sw_str_append(out, "path,label,column,state,comparable");
    for (size_t k = 0; k < c->differing.count; k++) sw_str_printf(out, ",%s", c->differing.items[k]);
    for (int i = 0; i <= MEMORY; i++) sw_str_printf(out, ",%s", cost_key(i));
    sw_str_append(out, ",epoch,is_best,is_final");
    for (int m = 0; m < c->layout->count; m++) sw_str_printf(out, ",%s", c->layout->list[m].key);
    sw_str_append(out, "\r\n");
    for (size_t i = 0; i < c->count; i++) {
        const contender *of = &c->items[i];
        if (of->epochs == 0) append_row(out, c, of, 0);
        for (int e = 1; e <= of->epochs; e++) append_row(out, c, of, e);
    }
}
