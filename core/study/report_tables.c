#include "report_tables.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "page/html.h"
#include "page/sheet.h"

/* Adds a table with a column a run after a first one. */
static sw_sheet_table *add_by_run(sw_sheet *s, const char *title, const char *corner, const report_data *data,
                                  int rows)
{
    const run_list *runs = &data->runs;
    sw_sheet_table *table = sw_sheet_add(s, title, runs->count + 1, rows);
    if (runs->count > 1) table->keys = SW_SHEET_COLUMN_KEYS;
    sw_sheet_head(s, table, 0, corner);
    for (int r = 0; r < runs->count; r++) sw_sheet_head(s, table, r + 1, data->names[r]);
    return table;
}

/* ---- configuration ---- */

static void append_differences(sw_str *out, const report_data *data)
{
    const sw_comparison *c = data->compared;
    sw_sheet s = {0};
    if (c->differing.count == 0) {
        sw_str_append(out, "<p>The runs have the same configuration.</p>\n");
    } else {
        sw_sheet_table *table = add_by_run(&s, "Differences", "key", data, (int)c->differing.count);
        table->remark = "Keys whose values differ";
        for (int i = 0; i < (int)c->differing.count; i++) {
            sw_sheet_put(&s, table, i, 0, c->differing.items[i]);
            for (int r = 0; r < data->runs.count; r++)
                sw_sheet_put(&s, table, i, r + 1, comparison_value(c, (size_t)r, c->differing.items[i]));
        }
    }
    sw_sheet_elements(out, &s);
}

static void append_given(sw_str *out, const run_list *runs, int r)
{
    static const char *const heads[] = {"key", "value", "from"};
    const sw_config_values *values = &runs->runs[r].values;
    sw_str_append(out, "<details><summary>Every value");
    if (runs->count > 1) sw_html_between(out, " of ", runs->labels[r], "");
    sw_str_append(out, ", and where it came from</summary>");
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Configuration", 3, (int)values->count);
    sw_sheet_heads(&s, table, heads);
    for (int i = 0; i < (int)values->count; i++) {
        const sw_config_value *v = &values->items[i];
        const char *const texts[] = {v->key, v->value, v->origin ? v->origin : "default"};
        sw_sheet_row(&s, table, i, texts);
    }
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</details>\n");
}

void report_configs(sw_str *out, const report_data *data)
{
    report_open_section(out, "config", "Configuration");
    if (data->runs.count > 1) append_differences(out, data);
    for (int r = 0; r < data->runs.count; r++) append_given(out, &data->runs, r);
    sw_str_append(out, "</section>\n");
}

/* ---- environment ---- */

static const cJSON *part_of(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_of(const cJSON *object, const char *key, const char *fallback)
{
    const char *text = cJSON_GetStringValue(part_of(object, key));
    return text ? text : fallback;
}

/* Appends a text that is not empty, behind what is there already. */
static void append_part(sw_str *out, const char *between, const char *text)
{
    if (*text) sw_str_printf(out, "%s%s", out->length ? between : "", text);
}

static void append_split(sw_str *out, const sw_run_split *split)
{
    sw_str_append(out, split->split);
    if (split->images >= 0) sw_str_printf(out, ", %d image%s", split->images, split->images == 1 ? "" : "s");
    if (split->skipped > 0) sw_str_printf(out, ", %d skipped", split->skipped);
    sw_str_printf(out, ", fingerprint %s", split->fingerprint);
}

enum { FOLDER, DEVICE, DRIVER, HOST, PROGRAM, LIBRARIES, TRAIN, VAL, MODEL, PLANNED, SEED, PROCESSES, FACTS };

/* Appends what ran: hardware and software. */
static void append_machine(sw_str out[FACTS], const sw_run_reader *run)
{
    const sw_run_facts *facts = &run->facts;
    const cJSON *host = part_of(run->manifest, "host"), *item;
    sw_str_append(&out[DEVICE], facts->device);
    if (*facts->device_type) sw_str_printf(&out[DEVICE], " (%s)", facts->device_type);
    append_part(&out[DRIVER], "", text_of(part_of(run->manifest, "device"), "version", ""));
    append_part(&out[DRIVER], ", driver ", facts->driver);
    append_part(&out[HOST], "", text_of(host, "name", ""));
    append_part(&out[HOST], ", ", text_of(host, "system", ""));
    append_part(&out[HOST], ", ", text_of(host, "machine", ""));
    sw_str_printf(&out[PROGRAM], "%s, revision %s", facts->version, facts->revision);
    cJSON_ArrayForEach(item, part_of(run->manifest, "libraries"))
    {
        if (!cJSON_IsString(item)) continue;
        append_part(&out[LIBRARIES], ", ", item->string);
        append_part(&out[LIBRARIES], " ", item->valuestring);
    }
}

/* Appends what was run, and each process that wrote it with the way it ended. */
static void append_work(sw_str out[FACTS], const sw_run_reader *run)
{
    const sw_run_facts *facts = &run->facts;
    const cJSON *item;
    sw_str_append(&out[FOLDER], run->path);
    append_split(&out[TRAIN], &facts->train);
    append_split(&out[VAL], &facts->val);
    if (facts->parameters >= 0) sw_str_printf(&out[MODEL], "%.0f parameters", facts->parameters);
    if (facts->macs >= 0) sw_str_printf(&out[MODEL], ", %.3g GMAC an image", facts->macs * 1e-9);
    if (facts->device_memory_bytes >= 0)
        sw_str_printf(&out[PLANNED], "%.1f MiB", facts->device_memory_bytes / (1 << 20));
    sw_str_printf(&out[SEED], "%llu", (unsigned long long)run->experiment->seed);
    cJSON_ArrayForEach(item, part_of(run->manifest, "sessions"))
    {
        append_part(&out[PROCESSES], "; ", text_of(item, "started", "?"));
        sw_str_printf(&out[PROCESSES], " to %s: %s", text_of(item, "ended", "?"),
                      text_of(item, "outcome", "no word of its end"));
    }
}

void report_environment(sw_str *out, const report_data *data)
{
    static const char *const names[FACTS] = {"folder",  "device",        "driver",        "host",
                                             "segwork", "libraries",     "training data", "validation data",
                                             "model",   "device memory", "seed",          "processes"};
    const run_list *runs = &data->runs;
    sw_sheet s = {0};
    sw_sheet_table *table = add_by_run(&s, "Environment", "what", data, FACTS);
    for (int f = 0; f < FACTS; f++) sw_sheet_put(&s, table, f, 0, names[f]);
    for (int r = 0; r < runs->count; r++) {
        sw_str texts[FACTS] = {{0}};
        append_machine(texts, &runs->runs[r]);
        append_work(texts, &runs->runs[r]);
        for (int f = 0; f < FACTS; f++) sw_sheet_take(&s, table, f, r + 1, &texts[f]);
    }
    report_open_section(out, "environment", "Environment");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</section>\n");
}
