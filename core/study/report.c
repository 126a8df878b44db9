#include "study/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "curves.h"
#include "draw/chart_html.h"
#include "page/html.h"
#include "page/json_text.h"
#include "report_architecture.h"
#include "report_differ.h"
#include "report_figures.h"
#include "report_gallery.h"
#include "report_masks.h"
#include "report_overview.h"
#include "report_tables.h"
#include "run/folder.h"
#include "run/judge.h"

/* report/page.css, pictures.css, page.js, pictures.js */
extern const char *const report_page_css[], *const report_pictures_css[], *const report_page_js[],
                                                                              *const report_pictures_js[];

static void append_lines(sw_str *out, const char *const *lines)
{
    for (; *lines; lines++) sw_str_append(out, *lines);
}

/* ---- learning curves ---- */

static sw_status add_chart(sw_str *out, const char *metric, const run_list *runs, int *drawn)
{
    sw_chart chart;
    SW_ENSURE(curves_make(&chart, metric, runs));
    if (curves_has_points(&chart)) {
        sw_chart_html(out, &chart);
        ++*drawn;
    }
    sw_chart_deinit(&chart);
    return SW_OK;
}

static void append_run_choice(sw_str *out, const report_data *data)
{
    const run_list *runs = &data->runs;
    if (runs->count < 2) return;
    sw_str_append(out, "<fieldset class=\"runs\"><legend>Runs shown</legend>");
    for (int r = 0; r < runs->count; r++) {
        sw_str_printf(out, "<label><input type=\"checkbox\" checked disabled value=\"%d\"> ", r);
        report_run_name(out, data, r);
        sw_html_between(out, " ", runs->labels[r], "</label>");
    }
    sw_str_append(out, "</fieldset>");
}

static sw_status append_curves(sw_str *out, const report_data *data)
{
    const run_list *runs = &data->runs;
    const sw_columns *columns = report_columns(runs);
    int drawn = 0;
    report_open_section(out, "curves", "Learning curves");
    append_run_choice(out, data);
    sw_str_append(out, "<div class=\"charts\">\n");
    SW_ENSURE(add_chart(out, "loss", runs, &drawn));
    for (int i = 0; i < columns->count; i++)
        if (sw_column_is_score(&columns->list[i]) && report_shows(columns, i))
            SW_ENSURE(add_chart(out, columns->list[i].key, runs, &drawn));
    SW_ENSURE(add_chart(out, "lr", runs, &drawn));
    sw_str_append(out, "</div>");
    sw_str_append(out,
                  drawn ? "<p class=\"note\">Values under the pointer; with the keyboard, focus a chart and "
                          "use the arrow keys.</p>"
                        : "<p>No training step is recorded yet.</p>");
    if (columns->classes.count > REPORT_FEW_CLASSES)
        sw_str_append(out, "<p class=\"note\">Of single classes: segwork plot RUN --metrics iou_CLASS.</p>");
    sw_str_append(out, "</section>\n");
    return SW_OK;
}

/* ---- images of all runs ---- */

static sw_status append_images(sw_str *out, const report_data *data)
{
    sw_status status = SW_OK;
    report_grids *grids = calloc(1, sizeof *grids);
    if (!grids) return sw_fail_alloc("the runs' grid images", sizeof *grids);
    report_open_section(out, "images", "Images");
    SW_TRY(report_gallery_rules(out, data));
    SW_TRY(report_grids_open(grids, &data->runs));
    SW_TRY(report_masks(out, data, grids));
    if (data->runs.count > 1) SW_TRY(report_differ(out, data, grids));
    sw_str_append(out, "</section>\n");
done:
    report_grids_close(grids);
    free(grids);
    return status;
}

/* ---- run by run ---- */

static void append_run(sw_str *out, const report_data *data, int r)
{
    report_figures(out, data, r);
    report_gallery(out, data, r);
    report_epochs(out, &data->runs.runs[r]);
}

static void append_panels(sw_str *out, const report_data *data)
{
    const run_list *runs = &data->runs;
    char ids[SW_CHART_RUNS][16];
    report_open_tabs(out, "Runs");
    for (int r = 0; r < runs->count; r++) {
        snprintf(ids[r], sizeof ids[r], "run-%d", r);
        report_tab(out, ids[r], r, data->names[r]);
    }
    sw_str_append(out, "</div>\n");
    for (int r = 0; r < runs->count; r++) {
        report_open_panel(out, ids[r]);
        sw_html_between(out, "<h3>", data->names[r], "</h3>\n");
        append_run(out, data, r);
        sw_str_append(out, "</div>\n");
    }
}

static void append_runs(sw_str *out, const report_data *data)
{
    const bool several = data->runs.count > 1;
    report_open_section(out, "results", several ? "Run by run" : "Results");
    if (several)
        append_panels(out, data);
    else
        append_run(out, data, 0);
    sw_str_append(out, "</section>\n");
}

/* ---- the page ---- */

static void append_title(sw_str *out, const run_list *runs)
{
    for (int r = 0; r < runs->count; r++) sw_html_between(out, r ? ", " : "", runs->labels[r], "");
}

static void append_head(sw_str *out, const run_list *runs)
{
    sw_str_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    append_title(out, runs);
    sw_str_append(out, " \xC2\xB7 segwork report</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n");
    append_lines(out, report_page_css);
    append_lines(out, report_pictures_css);
    sw_str_append(out,
                  "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#overview\">Skip to the overview</a>\n"
                  "<header><h1>");
    append_title(out, runs);
    sw_str_append(out, "</h1></header>\n<nav class=\"menu\" aria-label=\"Sections\"><ul>"
                       "<li><a href=\"#overview\">Overview</a></li><li><a href=\"#curves\">Curves</a></li>"
                       "<li><a href=\"#images\">Images</a></li><li><a "
                       "href=\"#results\">Results</a></li><li><a href=\"#architecture\">Architecture</a></li>"
                       "<li><a href=\"#config\">Configuration</a></li>"
                       "<li><a href=\"#environment\">Environment</a></li></ul></nav>\n<main>\n");
}

static void append_foot(sw_str *out, const run_list *runs)
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
    append_lines(out, report_pictures_js);
    sw_str_append(out, "</script>\n</body>\n</html>\n");
}

static sw_status append_page(sw_str *out, const report_data *data, const report_seeds *seeds)
{
    append_head(out, &data->runs);
    report_overview(out, data, seeds);
    SW_ENSURE(append_curves(out, data));
    SW_ENSURE(append_images(out, data));
    append_runs(out, data);
    SW_ENSURE(report_architecture(out, data));
    report_configs(out, data);
    report_environment(out, data);
    append_foot(out, &data->runs);
    return sw_str_status(out);
}

/* What a page may hold of pictures before the larger ones become links: what most mail takes. */
enum { EMBED_BYTES = 20 << 20 };

/* Makes the page, and once more where it turned out too large for its pictures. */
static sw_status make_page(sw_str *out, report_data *data, const report_seeds *seeds, sw_report_images images)
{
    report_pictures *pictures = data->pictures;
    pictures->linked = images == SW_REPORT_LINK;
    pictures->limit = images == SW_REPORT_BY_SIZE ? EMBED_BYTES : 0;
    SW_ENSURE(append_page(out, data, seeds));
    if (!report_pictures_too_many(pictures)) return SW_OK;
    sw_str_deinit(out);
    pictures->linked = true;
    return append_page(out, data, seeds);
}

sw_status sw_report(sw_report_page *written, const char *const *runs, int count, const char *out,
                    sw_report_images images)
{
    sw_status status = SW_OK;
    sw_str page = {0};
    report_pictures pictures = {0};
    report_seeds seeds = {0};
    report_data *data = calloc(1, sizeof *data);
    if (!data) return sw_fail_alloc("the report", sizeof *data);
    data->pictures = &pictures;
    SW_TRY(report_data_open(data, runs, count));
    SW_TRY(report_pictures_open(&pictures, &data->runs, out));
    if (count > 1) SW_TRY(report_seeds_open(&seeds, &data->runs));
    SW_TRY(make_page(&page, data, &seeds, images));
    SW_TRY(sw_fs_write(out, page.text, page.length));
    *written = (sw_report_page){.bytes = page.length, .linked = pictures.linked};
done:
    report_seeds_close(&seeds);
    report_pictures_close(&pictures);
    report_data_close(data);
    sw_str_deinit(&page);
    free(data);
    return status;
}
