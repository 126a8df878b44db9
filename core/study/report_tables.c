/* Tables of the page: overview, configuration, environment, epochs. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "page/html.h"
#include "report_parts.h"
#include "run/judge.h"

static void open_section(sw_str *out, const char *id, const char *title)
{
    sw_str_printf(out, "<section id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">%s</h2>\n", id,
                  id, id, title);
}

/* A table that is too wide scrolls by itself, with the keyboard too. */
static void open_table(sw_str *out, const char *label)
{
    sw_str_printf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><table>",
                  label);
}

static void append_cell(sw_str *out, const char *text)
{
    sw_str_append(out, "<td class=\"long\">");
    sw_html_text(out, text);
    sw_str_append(out, "</td>");
}

static void append_head(sw_str *out, const char *text)
{
    sw_str_append(out, "<th scope=\"col\" class=\"n\">");
    sw_html_text(out, text);
    sw_str_append(out, "</th>");
}

static void append_figure(sw_str *out, double value)
{
    sw_str_append(out, "<td class=\"n\">");
    report_number(out, value);
    sw_str_append(out, "</td>");
}

/* A number of so many significant digits; a dash where there is none. */
static void append_rough(sw_str *out, int digits, double value)
{
    char text[32] = "\xE2\x80\x93";
    if (!isnan(value)) snprintf(text, sizeof text, "%.*g", digits, value);
    sw_str_printf(out, "<td class=\"n\">%s</td>", text);
}

static void append_run_name(sw_str *out, const sw_run_list *runs, int r, const char *scope)
{
    sw_str_printf(out, "<th scope=\"%s\" class=\"c%d\">", scope, r);
    if (runs->count > 1) sw_str_append(out, "<span class=\"key\"></span>");
    sw_html_text(out, runs->labels[r]);
    sw_str_append(out, "</th>");
}

/* ---- overview ---- */

/* Whether the overview has the column: scores without a class and the border's, and the loss. */
static bool in_overview(const sw_columns *columns, int at)
{
    const sw_column *of = &columns->list[at];
    return of->metric->group == SW_METRIC_VAL && (of->metric->shown & SW_METRIC_IN_REPORT) &&
           (of->c < 0 || of->c == columns->classes.border);
}

static void append_overview_row(sw_str *out, const sw_run_list *runs, int r, const sw_columns *columns)
{
    const sw_run_reader *run = &runs->runs[r];
    const sw_epoch_record *best = report_best(run);
    sw_str_append(out, "<tr>");
    append_run_name(out, runs, r, "row");
    sw_str_append(out, "<td>");
    sw_html_text(out, sw_run_state_name(run->state));
    sw_str_printf(out, "</td><td class=\"n\">%d of %d</td><td class=\"n\">", sw_run_reader_epochs_done(run),
                  run->experiment->train.epochs);
    if (best)
        sw_str_printf(out, "%d", best->epoch);
    else
        sw_str_append(out, "\xE2\x80\x93");
    sw_str_append(out, "</td>");
    for (int i = 0; i < columns->count; i++)
        if (in_overview(columns, i))
            append_figure(out, best ? sw_epoch_figure(best, &run->epochs.columns, columns->list[i].key)
                                    : (double)NAN);
    sw_str_append(out, "</tr>\n");
}

/* The labels of the runs that a note is about, and what it says. */
static void append_note(sw_str *out, const sw_run_list *runs, const unsigned *odd, const note *n)
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

/* Why figures do not compare with the first run's, as compare judges it. */
static void append_notes(sw_str *out, const sw_run_list *runs)
{
    note notes[COMPARISON_NOTES];
    unsigned odd[SW_CHART_RUNS] = {0}, any = 0;
    const judged first = comparison_judged_run(&runs->runs[0]);
    for (int r = 1; r < runs->count; r++) {
        const judged other = comparison_judged_run(&runs->runs[r]);
        odd[r] = comparison_oddities(&first, &other);
        any |= odd[r];
    }
    int count = comparison_notes(notes, any);
    for (int n = 0; n < count; n++) append_note(out, runs, odd, &notes[n]);
}

void report_overview(sw_str *out, const report_data *data)
{
    const sw_run_list *runs = &data->runs;
    const sw_columns *columns = report_columns(runs);
    open_section(out, "overview", "Overview");
    open_table(out, "Overview");
    sw_str_append(out, "<caption>Figures of the best epoch, clean validation</caption>"
                       "<thead><tr><th scope=\"col\">run</th><th scope=\"col\">state</th>"
                       "<th scope=\"col\" class=\"n\">epochs</th><th scope=\"col\" class=\"n\">best</th>");
    for (int i = 0; i < columns->count; i++)
        if (in_overview(columns, i)) append_head(out, columns->list[i].label);
    sw_str_append(out, "</tr></thead><tbody>\n");
    for (int r = 0; r < runs->count; r++) append_overview_row(out, runs, r, columns);
    sw_str_append(out, "</tbody></table></div>\n");
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

static const char *value_of(const sw_run_reader *run, const char *key)
{
    const sw_config_value *value = sw_config_values_find(&run->values, key);
    return value ? value->value : NULL;
}

static void append_difference(sw_str *out, const sw_run_list *runs, const char *key)
{
    sw_str_append(out, "<tr><th scope=\"row\">");
    sw_html_text(out, key);
    sw_str_append(out, "</th>");
    for (int r = 0; r < runs->count; r++) {
        const char *value = value_of(&runs->runs[r], key);
        append_cell(out, value ? value : "\xE2\x80\x93");
    }
    sw_str_append(out, "</tr>\n");
}

static sw_status append_differences(sw_str *out, const sw_run_list *runs)
{
    const sw_config_values *sets[SW_CHART_RUNS];
    sw_config_keys keys;
    for (int r = 0; r < runs->count; r++) sets[r] = &runs->runs[r].values;
    sw_status status = sw_config_differing(&keys, sets, (size_t)runs->count);
    if (status != SW_OK) return status;
    if (keys.count == 0) {
        sw_str_append(out, "<p>The runs have the same configuration.</p>\n");
    } else {
        open_table(out, "Differences");
        sw_str_append(out,
                      "<caption>Keys whose values differ</caption><thead><tr><th scope=\"col\">key</th>");
        for (int r = 0; r < runs->count; r++) append_run_name(out, runs, r, "col");
        sw_str_append(out, "</tr></thead><tbody>\n");
        for (size_t i = 0; i < keys.count; i++) append_difference(out, runs, keys.items[i]);
        sw_str_append(out, "</tbody></table></div>\n");
    }
    free(keys.items);
    return SW_OK;
}

static void append_given(sw_str *out, const sw_run_list *runs, int r)
{
    const sw_config_values *values = &runs->runs[r].values;
    sw_str_append(out, "<details><summary>Every value");
    if (runs->count > 1) {
        sw_str_append(out, " of ");
        sw_html_text(out, runs->labels[r]);
    }
    sw_str_append(out, ", and where it came from</summary>");
    open_table(out, "Configuration");
    sw_str_append(
        out,
        "<thead><tr><th scope=\"col\">key</th><th scope=\"col\">value</th><th scope=\"col\">from</th></tr>"
        "</thead><tbody>\n");
    for (size_t i = 0; i < values->count; i++) {
        const sw_config_value *v = &values->items[i];
        sw_str_append(out, "<tr><th scope=\"row\">");
        sw_html_text(out, v->key);
        sw_str_append(out, "</th>");
        append_cell(out, v->value);
        append_cell(out, v->origin ? v->origin : "default");
        sw_str_append(out, "</tr>\n");
    }
    sw_str_append(out, "</tbody></table></div></details>\n");
}

sw_status report_configs(sw_str *out, const report_data *data)
{
    sw_status status = SW_OK;
    open_section(out, "config", "Configuration");
    if (data->runs.count > 1) SW_TRY(append_differences(out, &data->runs));
    for (int r = 0; r < data->runs.count; r++) append_given(out, &data->runs, r);
    sw_str_append(out, "</section>\n");
done:
    return status;
}

/* ---- environment ---- */

typedef void (*append_fact)(sw_str *out, const sw_run_reader *run);

static const char *manifest_text(const sw_run_reader *run, const char *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(run->manifest, object);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));
    return text ? text : "";
}

static void add_folder(sw_str *out, const sw_run_reader *run)
{
    sw_html_text(out, run->path);
}

static void add_device(sw_str *out, const sw_run_reader *run)
{
    sw_html_text(out, run->facts.device);
    if (*run->facts.device_type) sw_str_append(out, " (");
    sw_html_text(out, run->facts.device_type);
    if (*run->facts.device_type) sw_str_append(out, ")");
}

static void add_driver(sw_str *out, const sw_run_reader *run)
{
    sw_html_text(out, manifest_text(run, "device", "version"));
    if (*manifest_text(run, "device", "version") && *run->facts.driver) sw_str_append(out, ", driver ");
    sw_html_text(out, run->facts.driver);
}

static void add_host(sw_str *out, const sw_run_reader *run)
{
    static const char *const keys[] = {"name", "system", "machine"};
    bool any = false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = manifest_text(run, "host", keys[i]);
        if (!*text) continue;
        if (any) sw_str_append(out, ", ");
        sw_html_text(out, text);
        any = true;
    }
}

static void add_program(sw_str *out, const sw_run_reader *run)
{
    sw_html_text(out, run->facts.version);
    sw_str_append(out, ", revision ");
    sw_html_text(out, run->facts.revision);
}

static void add_libraries(sw_str *out, const sw_run_reader *run)
{
    const cJSON *libraries = cJSON_GetObjectItemCaseSensitive(run->manifest, "libraries");
    for (const cJSON *l = libraries ? libraries->child : NULL; l; l = l->next) {
        if (!cJSON_IsString(l)) continue;
        sw_html_text(out, l->string);
        sw_str_append(out, " ");
        sw_html_text(out, l->valuestring);
        if (l->next) sw_str_append(out, ", ");
    }
}

static void add_split(sw_str *out, const sw_run_split *split)
{
    sw_html_text(out, split->split);
    if (split->images >= 0) sw_str_printf(out, ", %d images", split->images);
    if (split->skipped > 0) sw_str_printf(out, ", %d skipped", split->skipped);
    sw_str_append(out, ", fingerprint ");
    sw_html_text(out, split->fingerprint);
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
    const cJSON *sessions = cJSON_GetObjectItemCaseSensitive(run->manifest, "sessions"), *s;
    bool any = false;
    cJSON_ArrayForEach(s, sessions)
    {
        const char *started = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s, "started"));
        const char *ended = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s, "ended"));
        const char *outcome = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s, "outcome"));
        if (any) sw_str_append(out, "<br>");
        any = true;
        sw_html_text(out, started ? started : "?");
        sw_str_append(out, " to ");
        sw_html_text(out, ended ? ended : "?");
        sw_str_append(out, ": ");
        sw_html_text(out, outcome ? outcome : "no word of its end");
    }
}

void report_environment(sw_str *out, const report_data *data)
{
    static const struct {
        const char *what;
        append_fact append;
    } facts[] = {{"folder", add_folder},       {"device", add_device},
                 {"driver", add_driver},       {"host", add_host},
                 {"segwork", add_program},     {"libraries", add_libraries},
                 {"training data", add_train}, {"validation data", add_val},
                 {"model", add_model},         {"device memory", add_memory},
                 {"seed", add_seed},           {"processes", add_processes}};
    const sw_run_list *runs = &data->runs;
    open_section(out, "environment", "Environment");
    open_table(out, "Environment");
    sw_str_append(out, "<thead><tr><th scope=\"col\">what</th>");
    for (int r = 0; r < runs->count; r++) append_run_name(out, runs, r, "col");
    sw_str_append(out, "</tr></thead><tbody>\n");
    for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
        sw_str_printf(out, "<tr><th scope=\"row\">%s</th>", facts[f].what);
        for (int r = 0; r < runs->count; r++) {
            sw_str_append(out, "<td class=\"long\">");
            facts[f].append(out, &runs->runs[r]);
            sw_str_append(out, "</td>");
        }
        sw_str_append(out, "</tr>\n");
    }
    sw_str_append(out, "</tbody></table></div></section>\n");
}

/* ---- epochs ---- */

/* Rates and times have no fixed size: significant digits instead of four behind the point. */
static void append_shown(sw_str *out, const sw_column *of, double value)
{
    if (!(of->metric->shown & SW_METRIC_IN_REPORT)) return;
    if (of->metric->group == SW_METRIC_TIME)
        append_rough(out, 4, value);
    else if (of->metric->better == SW_BETTER_NEITHER)
        append_rough(out, 3, value);
    else
        append_figure(out, value);
}

void report_epochs(sw_str *out, const sw_run_reader *run)
{
    const sw_epoch_table *epochs = &run->epochs;
    const sw_columns *columns = &epochs->columns;
    const sw_epoch_record *best = report_best(run);
    if (epochs->count == 0) return;
    sw_str_append(out, "<details><summary>Figures of every epoch</summary>");
    open_table(out, "Figures of every epoch");
    sw_str_append(out, "<caption>The best epoch is bold</caption><thead><tr>");
    append_head(out, "epoch");
    for (int c = 0; c < columns->count; c++)
        if (columns->list[c].metric->shown & SW_METRIC_IN_REPORT) append_head(out, columns->list[c].label);
    sw_str_append(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < epochs->count; i++) {
        const sw_epoch_record *r = &epochs->rows[i];
        sw_str_printf(out, "<tr%s><th scope=\"row\" class=\"n\">%d</th>", r == best ? " class=\"best\"" : "",
                      r->epoch);
        for (int c = 0; c < columns->count; c++) append_shown(out, &columns->list[c], r->values[c]);
        sw_str_append(out, "</tr>\n");
    }
    sw_str_append(out, "</tbody></table></div></details>\n");
}
