#include "report_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/html.h"
#include "run/judge.h"
#include "study/compare.h"

sw_status report_data_open(report_data *data, const char *const *runs, int count)
{
    const sw_run_reader *readers[SW_CHART_RUNS];
    SW_ENSURE(run_list_open(&data->runs, runs, count));
    for (int r = 0; r < count; r++) SW_ENSURE(sw_gallery_read(&data->galleries[r], data->runs.runs[r].path));
    for (int r = 0; r < count; r++) readers[r] = &data->runs.runs[r];
    SW_ENSURE(comparison_of_runs(&data->compared, readers, (size_t)count));
    for (int r = 0; r < count; r++) {
        const char *letter = count > 1 ? data->compared->items[r].label : "";
        data->names[r] = sw_strf("%s%s%s", letter, count > 1 ? "  " : "", data->runs.labels[r]);
        if (!data->names[r]) return SW_E_MEMORY;
    }
    return SW_OK;
}

void report_data_close(report_data *data)
{
    sw_comparison_close(data->compared);
    for (int r = 0; r < SW_CHART_RUNS; r++) {
        sw_gallery_view_deinit(&data->galleries[r]);
        free(data->names[r]);
    }
    run_list_close(&data->runs);
}

const sw_epoch_record *report_best(const sw_run_reader *run)
{
    return sw_best_epoch(&run->epochs, run->experiment->train.save_best);
}

const sw_columns *report_columns(const run_list *runs)
{
    int first = 0;
    while (first < runs->count - 1 && runs->runs[first].epochs.count == 0) first++;
    return &runs->runs[first].epochs.columns;
}

bool report_shows(const sw_columns *columns, int at)
{
    const sw_column *column = &columns->list[at];
    const bool listed = columns->classes.count <= REPORT_FEW_CLASSES || !column->metric->per_class ||
                        column->c == columns->classes.border;
    /* the article's own measure is shown for its data alone */
    const bool foreign = columns->classes.border < 0 && strcmp(column->metric->key, "custom_iou") == 0;
    return (column->metric->shown & SW_METRIC_IN_REPORT) && listed && !foreign;
}

/* ---- figures ---- */

static const report_text dash = {"\xE2\x80\x93"};

report_text report_number(double value)
{
    report_text out = dash;
    if (!isnan(value)) snprintf(out.text, sizeof out.text, "%.4f", value);
    return out;
}

report_text report_rough(double value, int digits)
{
    report_text out = dash;
    if (!isnan(value)) snprintf(out.text, sizeof out.text, "%.*g", digits, value);
    return out;
}

report_text report_percent(double share)
{
    report_text out = dash;
    if (!isnan(share)) snprintf(out.text, sizeof out.text, "%.1f\xC2\xA0%%", 100 * share);
    return out;
}

/* ---- markup ---- */

void report_open_section(sw_str *out, const char *id, const char *title)
{
    sw_str_printf(out, "<section id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">%s</h2>\n", id,
                  id, id, title);
}

void report_key(sw_str *out, int run)
{
    sw_str_printf(out, "<span class=\"key c%d\"></span>", run);
}

void report_run_name(sw_str *out, const report_data *data, int run)
{
    report_key(out, run);
    sw_str_append(out, data->compared->items[run].label);
}

void report_swatch(sw_str *out, uint32_t rgb)
{
    sw_str_printf(out, "<i class=\"swatch\" style=\"background:#%06x\"></i>", (unsigned)rgb);
}

void report_open_tabs(sw_str *out, const char *label)
{
    sw_str_printf(out, "<div class=\"tabs\" role=\"tablist\" aria-label=\"%s\" hidden>", label);
}

void report_tab(sw_str *out, const char *panel, int run, const char *label)
{
    sw_str_printf(out, "<button type=\"button\" role=\"tab\" id=\"%s-tab\" aria-controls=\"%s\">", panel,
                  panel);
    if (run >= 0) report_key(out, run);
    sw_html_between(out, "", label, "</button>");
}

void report_open_panel(sw_str *out, const char *id)
{
    sw_str_printf(out, "<div role=\"tabpanel\" id=\"%s\" aria-labelledby=\"%s-tab\">\n", id, id);
}
