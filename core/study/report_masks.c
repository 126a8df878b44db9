#include "report_masks.h"

#include <stdio.h>
#include <stdlib.h>

#include "nn/losses.h"
#include "page/html.h"
#include "page/json_text.h"
#include "run/epoch_files.h"
#include "run/judge.h"

/* ---- names ---- */

report_sheet_name report_grid_sheet_name(int first)
{
    report_sheet_name name;
    snprintf(name.text, sizeof name.text, "m%d", first);
    return name;
}

report_sheet_name report_grid_kind(int run)
{
    report_sheet_name name;
    snprintf(name.text, sizeof name.text, "run%d", run);
    return name;
}

/* "A, B" of the runs with the same images as the first of them. */
static void append_names(sw_str *out, const report_data *data, const report_grids *grids, int first)
{
    const char *between = "";
    for (int r = first; r < grids->count; r++) {
        if (grids->runs[r].first != first) continue;
        sw_str_append(out, between);
        report_run_name(out, data, r);
        between = ", ";
    }
}

static int count_same(const report_grids *grids, int first)
{
    int count = 0;
    for (int r = 0; r < grids->count; r++) count += grids->runs[r].first == first;
    return count;
}

static bool has_sheets(const report_grids *grids, int first)
{
    bool has = false;
    for (int r = first; r < grids->count; r++)
        has |= grids->runs[r].first == first && grids->runs[r].sheet_count > 0;
    return has;
}

/* ---- the slider: all runs step together ---- */

static void append_text(sw_str *out, const sw_run_reader *run, int epoch)
{
    const sw_epoch_record *row = NULL;
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    for (size_t i = 0; i < run->epochs.count; i++)
        if (run->epochs.rows[i].epoch == epoch) row = &run->epochs.rows[i];
    const int count = row ? sw_metrics_captioned(metrics, NULL, &run->epochs.columns.classes) : 0;
    sw_str_printf(out, "\"epoch %d", epoch);
    for (int i = 0; i < count; i++) {
        const double value = sw_epoch_figure(row, &run->epochs.columns, metrics[i]->key);
        sw_str_printf(out, "%s%s %s", i ? ", " : ": ", metrics[i]->label, report_number(value).text);
    }
    sw_str_append(out, !row && epoch == 0 ? ": before training\"" : "\"");
}

static sw_status append_sheet(sw_str *out, const report_data *data, int r, const report_grid *g, int epoch)
{
    const sw_run_reader *run = &data->runs.runs[r];
    sw_str_append(out, "{\"text\":");
    append_text(out, run, epoch);
    if (g->has_masks) {
        sw_str_append(out, ",\"prediction\":\"");
        SW_ENSURE(report_picture_inside(out, data->pictures, sw_masks_epoch_file(run->path, epoch, false)));
        sw_str_append(out, "\",\"confidence\":\"");
        SW_ENSURE(
            report_picture(out, data->pictures, &data->runs, r, sw_masks_epoch_file(run->path, epoch, true)));
    } else {
        sw_str_append(out, ",\"whole\":\"");
        SW_ENSURE(report_picture(out, data->pictures, &data->runs, r,
                                 sw_epoch_file(run->path, "grids", epoch, ".png")));
    }
    sw_str_append(out, "\"}");
    return SW_OK;
}

/* What the script must know to find an image in a sheet, and the colours in the truth that are no mistake
 * whatever was predicted. */
static void append_geometry(sw_str *out, const sw_run_reader *run, const report_grid *g)
{
    const sw_mask_images *images = &g->store.images;
    const int ignored = sw_losses_ignored(&run->experiment->loss);
    int columns, rows;
    sw_masks_shape(&columns, &rows, images);
    sw_str_printf(out, ",\"sheet\":\"m%d\",\"columns\":%d,\"rows\":%d,\"count\":%d,\"ignored\":[\"#%06x\"",
                  g->first, columns, rows, images->count,
                  (unsigned)sw_class_rgb(&images->classes, SW_NO_CLASS));
    if (ignored >= 0 && ignored < images->classes.count)
        sw_str_printf(out, ",\"#%06x\"", (unsigned)images->classes.list[ignored].rgb);
    sw_str_append(out, "]");
}

static sw_status append_data(sw_str *out, const report_data *data, const report_grids *grids)
{
    const char *between = "";
    sw_str_append(out, "<script type=\"application/json\" id=\"epochs\">{\"stops\":[");
    for (int i = 0; i < grids->stop_count; i++) sw_str_printf(out, "%s%d", i ? "," : "", grids->stops[i]);
    sw_str_append(out, "],\"runs\":[");
    for (int r = 0; r < grids->count; r++) {
        const report_grid *g = &grids->runs[r];
        if (g->sheet_count == 0) continue;
        sw_str_printf(out, "%s\n{\"run\":%d,\"name\":\"%s\",\"at\":[", between, r,
                      data->compared->items[r].label);
        for (int i = 0; i < grids->stop_count; i++)
            sw_str_printf(out, "%s%d", i ? "," : "", report_grid_sheet(g, grids->stops[i]));
        sw_str_append(out, "]");
        if (g->has_masks) append_geometry(out, &data->runs.runs[r], g);
        sw_str_append(out, ",\"sheets\":[");
        for (int i = 0; i < g->sheet_count; i++) {
            sw_str_append(out, i ? ",\n" : "\n");
            SW_ENSURE(append_sheet(out, data, r, g, g->sheets[i]));
        }
        sw_str_append(out, "]}");
        between = ",";
    }
    sw_str_append(out, "]}</script>\n");
    return SW_OK;
}

static void append_views(sw_str *out, bool several)
{
    static const struct {
        const char *value, *label;
        bool of_several;
    } views[] = {{"prediction", "prediction", false},
                 {"outline", "outline over the picture", false},
                 {"errors-truth", "errors in the colour of the truth", false},
                 {"errors-prediction", "errors in the colour of the prediction", false},
                 {"confidence", "confidence (white: sure)", true}};
    sw_str_append(out, "<fieldset class=\"switch\" id=\"view\" hidden><legend>Shown of each run</legend>");
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (several || !views[i].of_several)
            sw_str_printf(out, "<label><input type=\"radio\" name=\"view\" value=\"%s\"%s> %s</label>",
                          views[i].value, i ? "" : " checked", views[i].label);
    sw_str_append(out, "</fieldset>\n");
}

static void append_slider(sw_str *out, const report_grids *grids, bool views)
{
    const int last = grids->stop_count - 1;
    sw_str_printf(out,
                  "<div class=\"slider\" hidden><label for=\"epoch\">Epoch</label><input type=\"range\" "
                  "id=\"epoch\" min=\"0\" max=\"%d\" value=\"%d\" aria-controls=\"grid\">"
                  "<button type=\"button\">Play</button><output for=\"epoch\" aria-live=\"off\"></output>",
                  last, last);
    if (views) append_views(out, grids->count > 1);
    sw_str_append(out, "</div>\n");
}

/* ---- images ---- */

/* Appends the rules for the sheets of the runs with the same images. What the slider exchanges has an element
 * of its own for each run. */
static sw_status append_rules(sw_str *out, const report_data *data, const report_grids *grids, int first)
{
    const report_grid *g = &grids->runs[first];
    const report_sheet_name sheet = report_grid_sheet_name(first);
    const char *path = data->runs.runs[first].path;
    int columns, rows;
    sw_masks_shape(&columns, &rows, &g->store.images);
    sw_str_append(out, "<style>");
    report_tile_rule(out, sheet.text, g->store.images.size, columns, rows);
    SW_ENSURE(report_picture_rule(out, data, sheet.text, "input", first, sw_masks_file(path, "inputs.png")));
    SW_ENSURE(report_picture_rule(out, data, sheet.text, "truth", -1, sw_masks_file(path, "truth.png")));
    sw_str_append(out, "</style>\n");
    for (int r = first; r < grids->count; r++) {
        const report_grid *of = &grids->runs[r];
        if (of->first != first || of->sheet_count == 0) continue;
        const int last = of->sheets[of->sheet_count - 1];
        sw_str_printf(out, "<style id=\"shown-%d\">", r);
        SW_ENSURE(report_picture_rule(out, data, sheet.text, report_grid_kind(r).text, -1,
                                      sw_masks_epoch_file(data->runs.runs[r].path, last, false)));
        sw_str_append(out, "</style>\n");
        if (grids->count > 1) continue;
        sw_str_append(out, "<style id=\"sure\">");
        SW_ENSURE(report_picture_rule(out, data, sheet.text, "confidence", r,
                                      sw_masks_epoch_file(data->runs.runs[r].path, last, true)));
        sw_str_append(out, "</style>\n");
    }
    return SW_OK;
}

report_tile report_grid_tile(const report_grids *grids, int run, const char *sheet, int image)
{
    report_tile tile = {.sheet = sheet, .kind = "input", .what = "input", .run = -1};
    sw_masks_shape(&tile.columns, &tile.rows, &grids->runs[run].store.images);
    tile.column = image % tile.columns;
    tile.row = image / tile.columns;
    return tile;
}

static void append_image(sw_str *out, const report_data *data, const report_grids *grids, int first, int i)
{
    const char *image = grids->runs[first].store.images.names[i];
    const report_sheet_name sheet = report_grid_sheet_name(first);
    report_tile tile = report_grid_tile(grids, first, sheet.text, i);
    report_open_tiles(out, 2 + count_same(grids, first) + (grids->count == 1));
    report_window(out, data, image, &tile);
    tile.kind = tile.what = "truth";
    report_window(out, data, image, &tile);
    for (int r = first; r < grids->count; r++) {
        if (grids->runs[r].first != first) continue;
        if (grids->runs[r].sheet_count == 0) { /* its masks have no epoch yet */
            report_no_window(out, data, "", r);
            continue;
        }
        const report_sheet_name over = report_grid_kind(r);
        tile = report_grid_tile(grids, first, sheet.text, i);
        tile.over = over.text;
        tile.what = "prediction";
        tile.run = r;
        report_window(out, data, image, &tile);
    }
    if (grids->count == 1) {
        tile = report_grid_tile(grids, first, sheet.text, i);
        tile.kind = tile.what = "confidence";
        report_window(out, data, image, &tile);
    }
    report_begin_caption(out, image);
    sw_str_append(out, "</figcaption></figure>\n");
}

/* Appends the images that a run shows, and all others that show the same ones. */
static sw_status append_group(sw_str *out, const report_data *data, const report_grids *grids, int first)
{
    const sw_mask_images *images = &grids->runs[first].store.images;
    SW_ENSURE(append_rules(out, data, grids, first));
    report_legend(out, &images->classes);
    sw_str_printf(out, "<div class=\"tiles%s\">\n", count_same(grids, first) > 2 ? " wide" : "");
    for (int i = 0; i < images->count; i++) append_image(out, data, grids, first, i);
    sw_str_append(out, "</div>\n");
    return SW_OK;
}

/* Appends the picture of a run that keeps no masks. */
static sw_status append_whole(sw_str *out, const report_data *data, int r, const report_grid *g)
{
    const int last = g->sheets[g->sheet_count - 1];
    sw_str_printf(out,
                  "<img class=\"whole\" id=\"whole-%d\" data-alt=\"Inputs, truth and prediction of "
                  "validation images\" alt=\"Inputs, truth and prediction of validation images, epoch %d\" "
                  "src=\"",
                  r, last);
    SW_ENSURE(report_picture(out, data->pictures, &data->runs, r,
                             sw_epoch_file(data->runs.runs[r].path, "grids", last, ".png")));
    sw_str_append(out, "\">\n");
    return SW_OK;
}

static sw_status append_grid(sw_str *out, const report_data *data, const report_grids *grids, int r)
{
    const report_grid *g = &grids->runs[r];
    if (grids->count > 1 && count_same(grids, r) < grids->count) {
        sw_str_append(out, "<h4>");
        append_names(out, data, grids, r);
        sw_str_append(out, "</h4>\n");
    }
    if (has_sheets(grids, r))
        return g->has_masks ? append_group(out, data, grids, r) : append_whole(out, data, r, g);
    sw_str_append(out, g->has_masks ? "<p>No epoch's predictions are kept yet.</p>\n"
                                    : "<p>The run has no pictures yet.</p>\n");
    return SW_OK;
}

sw_status report_masks(sw_str *out, const report_data *data, const report_grids *grids)
{
    int groups = 0;
    bool masks = false;
    for (int r = 0; r < grids->count; r++) {
        groups += grids->runs[r].first == r;
        masks |= grids->runs[r].has_masks && grids->runs[r].sheet_count > 0;
    }
    sw_str_append(out, "<h3>The same validation images, epoch by epoch</h3>\n");
    if (groups > 1)
        sw_str_append(out, "<p class=\"note\">Only runs that chose the same images stand side by side: the "
                           "seed chooses them, unless grid.names does.</p>\n");
    if (grids->stop_count < grids->epoch_count)
        sw_str_printf(out, "<p class=\"note\">%d of %d epochs, evenly chosen.</p>\n", grids->stop_count,
                      grids->epoch_count);
    if (grids->stop_count > 0) {
        append_slider(out, grids, masks);
        SW_ENSURE(append_data(out, data, grids));
    }
    sw_str_append(out, "<div id=\"grid\">\n");
    for (int r = 0; r < grids->count; r++)
        if (grids->runs[r].first == r) SW_ENSURE(append_grid(out, data, grids, r));
    sw_str_append(out, "</div>\n");
    return SW_OK;
}
