#include "study/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "curves.h"
#include "draw/chart_html.h"
#include "page/html.h"
#include "page/json_text.h"
#include "report_parts.h"
#include "run/folder.h"
#include "run/judge.h"

extern const char *const report_page_css[], *const report_page_js[]; /* report/page.css, page.js */

static void append_lines(sw_str *out, const char *const *lines)
{
    for (; *lines; lines++) sw_str_append(out, *lines);
}

/* ---- what the sections share ---- */

const sw_epoch_record *report_best(const sw_run_reader *run)
{
    return sw_best_epoch(&run->epochs, run->experiment->train.save_best);
}

const sw_columns *report_columns(const sw_run_list *runs)
{
    int first = 0;
    while (first < runs->count - 1 && runs->runs[first].epochs.count == 0) first++;
    return &runs->runs[first].epochs.columns;
}

void report_number(sw_str *out, double value)
{
    if (isnan(value))
        sw_str_append(out, "\xE2\x80\x93");
    else
        sw_str_printf(out, "%.4f", value);
}

void report_percent(sw_str *out, double share)
{
    if (isnan(share))
        sw_str_append(out, "\xE2\x80\x93");
    else
        sw_str_printf(out, "%.1f\xC2\xA0%%", 100 * share);
}

/* ---- learning curves ---- */

static sw_status add_chart(sw_str *out, const char *metric, const sw_run_list *runs, int *drawn)
{
    sw_chart *chart = malloc(sizeof *chart);
    if (!chart) return sw_fail_alloc("a chart", sizeof *chart);
    sw_status status = sw_curves_make(chart, metric, runs);
    if (status == SW_OK) {
        if (sw_curves_has_points(chart)) {
            sw_chart_html(out, chart);
            ++*drawn;
        }
        sw_chart_deinit(chart);
    }
    free(chart);
    return status;
}

static void append_run_choice(sw_str *out, const sw_run_list *runs)
{
    if (runs->count < 2) return;
    sw_str_append(out, "<fieldset class=\"runs\"><legend>Runs shown</legend>");
    for (int r = 0; r < runs->count; r++) {
        sw_str_printf(out,
                      "<label class=\"c%d\"><input type=\"checkbox\" checked disabled value=\"%d\"> "
                      "<span class=\"key\"></span>",
                      r, r);
        sw_html_text(out, runs->labels[r]);
        sw_str_append(out, "</label>");
    }
    sw_str_append(out, "</fieldset>");
}

static sw_status append_curves(sw_str *out, const sw_run_list *runs)
{
    sw_status status = SW_OK;
    const sw_columns *columns = report_columns(runs);
    int drawn = 0;
    sw_str_append(out,
                  "<section id=\"curves\" aria-labelledby=\"curves-title\"><h2 id=\"curves-title\">Learning "
                  "curves</h2>\n");
    append_run_choice(out, runs);
    sw_str_append(out, "<div class=\"charts\">\n");
    SW_TRY(add_chart(out, "loss", runs, &drawn));
    for (int i = 0; i < columns->count; i++)
        if (sw_column_is_score(&columns->list[i]) && (columns->list[i].metric->shown & SW_METRIC_IN_REPORT))
            SW_TRY(add_chart(out, columns->list[i].key, runs, &drawn));
    SW_TRY(add_chart(out, "lr", runs, &drawn));
    sw_str_append(out, "</div>");
    sw_str_append(out,
                  drawn ? "<p class=\"note\">Values under the pointer; with the keyboard, focus a chart and "
                          "use the arrow keys.</p>"
                        : "<p>No training step is recorded yet.</p>");
    sw_str_append(out, "</section>\n");
done:
    return status;
}

/* ---- runs ---- */

static void append_run_tabs(sw_str *out, const sw_run_list *runs)
{
    if (runs->count < 2) return;
    sw_str_append(out, "<div class=\"tabs\" role=\"tablist\" aria-label=\"Runs\" hidden>");
    for (int r = 0; r < runs->count; r++) {
        sw_str_printf(out,
                      "<button type=\"button\" role=\"tab\" class=\"c%d\" id=\"run-%d-tab\" "
                      "aria-controls=\"run-%d\"><span class=\"key\"></span>",
                      r, r, r);
        sw_html_text(out, runs->labels[r]);
        sw_str_append(out, "</button>");
    }
    sw_str_append(out, "</div>\n");
}

static sw_status append_runs(sw_str *out, const report_data *data)
{
    sw_status status = SW_OK;
    const sw_run_list *runs = &data->runs;
    bool tabs = runs->count > 1;
    sw_str_printf(
        out, "<section id=\"results\" aria-labelledby=\"results-title\"><h2 id=\"results-title\">%s</h2>\n",
        tabs ? "Run by run" : "Results");
    append_run_tabs(out, runs);
    for (int r = 0; r < runs->count; r++) {
        if (tabs) {
            sw_str_printf(out, "<div role=\"tabpanel\" id=\"run-%d\" aria-labelledby=\"run-%d-tab\">\n<h3>",
                          r, r);
            sw_html_text(out, runs->labels[r]);
            sw_str_append(out, "</h3>\n");
        }
        report_figures(out, data, r);
        SW_TRY(report_grid(out, data, r));
        report_gallery(out, data, r);
        report_epochs(out, &runs->runs[r]);
        if (tabs) sw_str_append(out, "</div>\n");
    }
    sw_str_append(out, "</section>\n");
done:
    return status;
}

/* ---- the page ---- */

static void append_title(sw_str *out, const sw_run_list *runs)
{
    for (int r = 0; r < runs->count; r++) {
        if (r) sw_str_append(out, ", ");
        sw_html_text(out, runs->labels[r]);
    }
}

static void append_head(sw_str *out, const sw_run_list *runs)
{
    sw_str_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    append_title(out, runs);
    sw_str_append(out, " \xC2\xB7 segwork report</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n");
    append_lines(out, report_page_css);
    sw_str_append(out,
                  "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#overview\">Skip to the overview</a>\n"
                  "<header><h1>");
    append_title(out, runs);
    sw_str_append(out,
                  "</h1></header>\n<nav class=\"menu\" aria-label=\"Sections\"><ul>"
                  "<li><a href=\"#overview\">Overview</a></li><li><a href=\"#curves\">Curves</a></li>"
                  "<li><a href=\"#results\">Results</a></li><li><a href=\"#config\">Configuration</a></li>"
                  "<li><a href=\"#environment\">Environment</a></li></ul></nav>\n<main>\n");
}

static void append_foot(sw_str *out, const sw_run_list *runs)
{
    sw_str_printf(out, "</main>\n<footer>Made by segwork %s, revision ", sw_build_version());
    sw_html_text(out, sw_build_revision());
    sw_str_append(
        out, ", from the runs' folders alone.</footer>\n<script type=\"application/json\" id=\"runs\">[");
    for (int r = 0; r < runs->count; r++) {
        if (r) sw_str_append(out, ",");
        sw_json_string(out, runs->labels[r]);
    }
    sw_str_append(out, "]</script>\n<script>\n");
    append_lines(out, report_page_js);
    sw_str_append(out, "</script>\n</body>\n</html>\n");
}

static sw_status append_page(sw_str *out, const report_data *data)
{
    sw_status status = SW_OK;
    append_head(out, &data->runs);
    report_overview(out, data);
    SW_TRY(append_curves(out, &data->runs));
    SW_TRY(append_runs(out, data));
    SW_TRY(report_configs(out, data));
    report_environment(out, data);
    append_foot(out, &data->runs);
    status = sw_str_status(out);
done:
    return status;
}

sw_status sw_report(const char *const *runs, int count, const char *out)
{
    sw_status status = SW_OK;
    sw_str page = {0};
    report_data *data = calloc(1, sizeof *data);
    if (!data) return sw_fail_alloc("the report", sizeof *data);
    SW_TRY(sw_run_list_open(&data->runs, runs, count));
    for (int r = 0; r < count; r++) SW_TRY(sw_gallery_read(&data->galleries[r], data->runs.runs[r].path));
    SW_TRY(append_page(&page, data));
    SW_TRY(sw_fs_write(out, page.text, page.length));
done:
    for (int r = 0; r < SW_CHART_RUNS; r++) sw_gallery_view_deinit(&data->galleries[r]);
    sw_run_list_close(&data->runs);
    sw_str_deinit(&page);
    free(data);
    return status;
}
