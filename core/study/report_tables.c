#include "report_tables.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "judge.h"
#include "page/html.h"
#include "page/sheet.h"
#include "run/best.h"

static const char dash[] = "\xE2\x80\x93";

/* Adds a table with a column a run after a first one. */
static sw_sheet_table *add_by_run(sw_sheet *s, const char *title, const char *corner, const run_list *runs,
                                  int rows)
{
    sw_sheet_table *table = sw_sheet_add(s, title, runs->count + 1, rows);
    if (runs->count > 1) table->keys = SW_SHEET_COLUMN_KEYS;
    sw_sheet_head(s, table, 0, corner);
    for (int r = 0; r < runs->count; r++) sw_sheet_head(s, table, r + 1, runs->labels[r]);
    return table;
}

/* ---- overview ---- */

enum { RUN, STATE, EPOCHS, BEST, SCORES };

/* Whether the overview has the column: scores without a class and the border's, and the loss. */
static bool in_overview(const sw_columns *columns, int at)
{
    const sw_column *of = &columns->list[at];
    return of->metric->group == SW_METRIC_VAL && (of->metric->shown & SW_METRIC_IN_REPORT) &&
           (of->c < 0 || of->c == columns->classes.border);
}

static void put_run(sw_sheet *s, sw_sheet_table *table, const run_list *runs, int r)
{
    const sw_run_reader *run = &runs->runs[r];
    const sw_epoch_record *best = report_best(run);
    sw_sheet_put(s, table, r, RUN, runs->labels[r]);
    sw_sheet_put(s, table, r, STATE, sw_run_state_name(run->state));
    sw_sheet_printf(s, table, r, EPOCHS, "%d of %d", sw_run_reader_epochs_done(run),
                    run->experiment->train.epochs);
    sw_sheet_put(s, table, r, BEST, dash);
    if (best) sw_sheet_printf(s, table, r, BEST, "%d", best->epoch);
}

static void append_scores(sw_str *out, const run_list *runs)
{
    static const char *const heads[SCORES] = {"run", "state", "epochs", "best"};
    const sw_columns *columns = report_columns(runs);
    int count = 0, at = SCORES;
    for (int i = 0; i < columns->count; i++) count += in_overview(columns, i);
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Overview", SCORES + count, runs->count);
    table->remark = "Figures of the best epoch, clean validation";
    table->figures = true;
    if (runs->count > 1) table->keys = SW_SHEET_ROW_KEYS;
    for (int i = 0; i < SCORES; i++) sw_sheet_head(&s, table, i, heads[i]);
    for (int r = 0; r < runs->count; r++) put_run(&s, table, runs, r);
    for (int i = 0; i < columns->count; i++) {
        if (!in_overview(columns, i)) continue;
        sw_sheet_head(&s, table, at, columns->list[i].label);
        for (int r = 0; r < runs->count; r++) {
            const sw_epoch_table *epochs = &runs->runs[r].epochs;
            const sw_epoch_record *best = report_best(&runs->runs[r]);
            const double value =
                best ? sw_epoch_figure(best, &epochs->columns, columns->list[i].key) : (double)NAN;
            sw_sheet_put(&s, table, r, at, report_number(value).text);
        }
        at++;
    }
    sw_sheet_elements(out, &s);
}

/* Appends the labels of the runs that a note is about, and what it says. */
static void append_note(sw_str *out, const run_list *runs, const unsigned *odd, const note *n)
{
    const char *between = "<p><strong>";
    for (int r = 1; r < runs->count; r++) {
        if (!(odd[r] & n->flag)) continue;
        sw_str_append(out, between);
        sw_html_text(out, runs->labels[r]);
        between = ", ";
    }
    sw_str_printf(out, "</strong>: %s", n->before);
    sw_html_text(out, runs->labels[0]);
    sw_str_printf(out, "%s</p>\n", n->after);
}

/* Appends why figures do not compare with the first run's, as compare judges it. */
static void append_notes(sw_str *out, const run_list *runs)
{
    note notes[JUDGE_NOTES];
    unsigned odd[SW_CHART_RUNS] = {0}, any = 0;
    const judged first = judge_run(&runs->runs[0]);
    for (int r = 1; r < runs->count; r++) {
        const judged other = judge_run(&runs->runs[r]);
        odd[r] = judge_oddities(&first, &other);
        any |= odd[r];
    }
    const int count = judge_notes(notes, any);
    for (int n = 0; n < count; n++) append_note(out, runs, odd, &notes[n]);
}

void report_overview(sw_str *out, const report_data *data)
{
    const run_list *runs = &data->runs;
    report_open_section(out, "overview", "Overview");
    append_scores(out, runs);
    for (int r = 0; r < runs->count; r++) {
        if (!*runs->runs[r].failure) continue;
        sw_str_append(out, "<p><strong>");
        sw_html_text(out, runs->labels[r]);
        sw_str_append(out, "</strong> failed: ");
        sw_html_text(out, runs->runs[r].failure);
        sw_str_append(out, "</p>\n");
    }
    append_notes(out, runs);
    sw_str_append(out, "</section>\n");
}

/* ---- configuration ---- */

static sw_status append_differences(sw_str *out, const run_list *runs)
{
    const sw_config_values *sets[SW_CHART_RUNS];
    sw_config_keys keys;
    for (int r = 0; r < runs->count; r++) sets[r] = &runs->runs[r].values;
    SW_ENSURE(sw_config_differing(&keys, sets, (size_t)runs->count));
    sw_sheet s = {0};
    if (keys.count == 0) {
        sw_str_append(out, "<p>The runs have the same configuration.</p>\n");
    } else {
        sw_sheet_table *table = add_by_run(&s, "Differences", "key", runs, (int)keys.count);
        table->remark = "Keys whose values differ";
        for (int i = 0; i < (int)keys.count; i++) {
            sw_sheet_put(&s, table, i, 0, keys.items[i]);
            for (int r = 0; r < runs->count; r++) {
                const sw_config_value *value = sw_config_values_find(sets[r], keys.items[i]);
                sw_sheet_put(&s, table, i, r + 1, value ? value->value : dash);
            }
        }
    }
    sw_sheet_elements(out, &s);
    free(keys.items);
    return SW_OK;
}

static void append_given(sw_str *out, const run_list *runs, int r)
{
    static const char *const heads[] = {"key", "value", "from"};
    const sw_config_values *values = &runs->runs[r].values;
    sw_str_append(out, "<details><summary>Every value");
    if (runs->count > 1) {
        sw_str_append(out, " of ");
        sw_html_text(out, runs->labels[r]);
    }
    sw_str_append(out, ", and where it came from</summary>");
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Configuration", 3, (int)values->count);
    sw_sheet_heads(&s, table, heads);
    for (int i = 0; i < (int)values->count; i++) {
        const sw_config_value *v = &values->items[i];
        sw_sheet_put(&s, table, i, 0, v->key);
        sw_sheet_put(&s, table, i, 1, v->value);
        sw_sheet_put(&s, table, i, 2, v->origin ? v->origin : "default");
    }
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</details>\n");
}

sw_status report_configs(sw_str *out, const report_data *data)
{
    report_open_section(out, "config", "Configuration");
    if (data->runs.count > 1) SW_ENSURE(append_differences(out, &data->runs));
    for (int r = 0; r < data->runs.count; r++) append_given(out, &data->runs, r);
    sw_str_append(out, "</section>\n");
    return SW_OK;
}

/* ---- environment ---- */

/* Appends a text that is not empty, behind what is there already. */
static void append_part(sw_str *out, const char *between, const char *text)
{
    if (*text) sw_str_printf(out, "%s%s", out->length ? between : "", text);
}

static const char *text_of(const cJSON *object, const char *key, const char *fallback)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : fallback;
}

static void add_folder(sw_str *out, const sw_run_reader *run)
{
    sw_str_append(out, run->path);
}

static void add_device(sw_str *out, const sw_run_reader *run)
{
    sw_str_append(out, run->facts.device);
    if (*run->facts.device_type) sw_str_printf(out, " (%s)", run->facts.device_type);
}

static void add_driver(sw_str *out, const sw_run_reader *run)
{
    append_part(out, "", text_of(cJSON_GetObjectItemCaseSensitive(run->manifest, "device"), "version", ""));
    append_part(out, ", driver ", run->facts.driver);
}

static void add_host(sw_str *out, const sw_run_reader *run)
{
    const cJSON *host = cJSON_GetObjectItemCaseSensitive(run->manifest, "host");
    append_part(out, "", text_of(host, "name", ""));
    append_part(out, ", ", text_of(host, "system", ""));
    append_part(out, ", ", text_of(host, "machine", ""));
}

static void add_program(sw_str *out, const sw_run_reader *run)
{
    sw_str_printf(out, "%s, revision %s", run->facts.version, run->facts.revision);
}

static void add_libraries(sw_str *out, const sw_run_reader *run)
{
    const cJSON *l;
    cJSON_ArrayForEach(l, cJSON_GetObjectItemCaseSensitive(run->manifest, "libraries"))
    {
        if (!cJSON_IsString(l)) continue;
        append_part(out, ", ", l->string);
        append_part(out, " ", l->valuestring);
    }
}

static void add_split(sw_str *out, const sw_run_split *split)
{
    sw_str_append(out, split->split);
    if (split->images >= 0) sw_str_printf(out, ", %d images", split->images);
    if (split->skipped > 0) sw_str_printf(out, ", %d skipped", split->skipped);
    sw_str_printf(out, ", fingerprint %s", split->fingerprint);
}

static void add_train(sw_str *out, const sw_run_reader *run)
{
    add_split(out, &run->facts.train);
}

static void add_val(sw_str *out, const sw_run_reader *run)
{
    add_split(out, &run->facts.val);
}

static void add_model(sw_str *out, const sw_run_reader *run)
{
    if (run->facts.parameters >= 0) sw_str_printf(out, "%.0f parameters", run->facts.parameters);
    if (run->facts.macs >= 0) sw_str_printf(out, ", %.3g GMAC an image", run->facts.macs * 1e-9);
}

static void add_memory(sw_str *out, const sw_run_reader *run)
{
    if (run->facts.device_memory_bytes >= 0)
        sw_str_printf(out, "%.1f MiB", run->facts.device_memory_bytes / (1 << 20));
}

static void add_seed(sw_str *out, const sw_run_reader *run)
{
    sw_str_printf(out, "%llu", (unsigned long long)run->experiment->seed);
}

/* Each process that wrote the run, with the way it ended. */
static void add_processes(sw_str *out, const sw_run_reader *run)
{
    const cJSON *s;
    cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(run->manifest, "sessions"))
    {
        append_part(out, "; ", text_of(s, "started", "?"));
        sw_str_printf(out, " to %s: %s", text_of(s, "ended", "?"),
                      text_of(s, "outcome", "no word of its end"));
    }
}

void report_environment(sw_str *out, const report_data *data)
{
    static const struct {
        const char *what;
        void (*append)(sw_str *out, const sw_run_reader *run);
    } facts[] = {{"folder", add_folder},       {"device", add_device},
                 {"driver", add_driver},       {"host", add_host},
                 {"segwork", add_program},     {"libraries", add_libraries},
                 {"training data", add_train}, {"validation data", add_val},
                 {"model", add_model},         {"device memory", add_memory},
                 {"seed", add_seed},           {"processes", add_processes}};
    enum { FACTS = sizeof facts / sizeof *facts };
    const run_list *runs = &data->runs;
    sw_sheet s = {0};
    sw_sheet_table *table = add_by_run(&s, "Environment", "what", runs, FACTS);
    for (int f = 0; f < FACTS; f++) {
        sw_sheet_put(&s, table, f, 0, facts[f].what);
        for (int r = 0; r < runs->count; r++) {
            sw_str text = {0};
            facts[f].append(&text, &runs->runs[r]);
            sw_sheet_take(&s, table, f, r + 1, &text);
        }
    }
    report_open_section(out, "environment", "Environment");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</section>\n");
}

/* ---- epochs ---- */

/* Rates and times have no fixed size: significant digits instead of four behind the point. */
static report_text shown(const sw_metric *metric, double value)
{
    if (metric->group == SW_METRIC_TIME) return report_rough(value, 4);
    return metric->better == SW_BETTER_NEITHER ? report_rough(value, 3) : report_number(value);
}

void report_epochs(sw_str *out, const sw_run_reader *run)
{
    const sw_epoch_table *epochs = &run->epochs;
    const sw_epoch_record *best = report_best(run);
    int columns[SW_MAX_COLUMNS], count = 0;
    if (epochs->count == 0) return;
    for (int c = 0; c < epochs->columns.count; c++)
        if (epochs->columns.list[c].metric->shown & SW_METRIC_IN_REPORT) columns[count++] = c;
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Figures of every epoch", count + 1, (int)epochs->count);
    table->remark = "The best epoch is bold";
    table->figures = true;
    sw_sheet_head(&s, table, 0, "epoch");
    for (int i = 0; i < count; i++) sw_sheet_head(&s, table, i + 1, epochs->columns.list[columns[i]].label);
    for (int row = 0; row < (int)epochs->count; row++) {
        const sw_epoch_record *r = &epochs->rows[row];
        sw_sheet_printf(&s, table, row, 0, "%d", r->epoch);
        for (int i = 0; i < count; i++) {
            const report_text text = shown(epochs->columns.list[columns[i]].metric, r->values[columns[i]]);
            sw_sheet_put(&s, table, row, i + 1, text.text)->best = r == best;
        }
    }
    sw_str_append(out, "<details><summary>Figures of every epoch</summary>");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</details>\n");
}
