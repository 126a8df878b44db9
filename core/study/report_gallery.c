#include "report_gallery.h"

#include <math.h>
#include <stdio.h>

#include "report_tiles.h"

static const struct {
    const char *title, *note;
} lists[SW_GALLERY_LISTS] = {
    {"Worst", "Lowest pixel accuracy first."},
    {"Least certain", "Lowest mean confidence first: the softmax of the predicted class, over all pixels."},
    {"Doubtful truth",
     "Where the truth itself may be wrong: most pixels first that are wrong although the network is sure "
     "(0.9 or more). Look before you believe the figures."}};

/* ---- the sheets ---- */

report_sheet_name report_gallery_sheet(int run)
{
    report_sheet_name name;
    snprintf(name.text, sizeof name.text, "g%d", run);
    return name;
}

static bool has_pictures(const sw_gallery_view *g)
{
    return g->epoch > 0 && g->rows > 0;
}

sw_status report_gallery_rules(sw_str *out, const report_data *data)
{
    sw_str_append(out, "<style>\n");
    for (int r = 0; r < data->runs.count; r++) {
        const sw_gallery_view *g = &data->galleries[r];
        const report_sheet_name sheet = report_gallery_sheet(r);
        if (!has_pictures(g)) continue;
        report_tile_rule(out, sheet.text, g->size, SW_GALLERY_TILES, g->rows);
        SW_ENSURE(report_picture_rule(
            out, data, sheet.text, "all", r,
            sw_epoch_file(data->runs.runs[r].path, sw_gallery_files.folder, g->epoch, ".png")));
    }
    sw_str_append(out, "</style>\n");
    return SW_OK;
}

report_tile report_gallery_tile(const report_data *data, int run, const report_sheet_name *sheet, int row,
                                int part)
{
    static const char *const parts[SW_GALLERY_TILES] = {"input", "truth", "prediction", "confidence"};
    return (report_tile){.sheet = sheet->text,
                         .kind = "all",
                         .column = part,
                         .columns = SW_GALLERY_TILES,
                         .row = row,
                         .rows = data->galleries[run].rows,
                         .what = parts[part],
                         .run = -1};
}

/* ---- the lists of a run ---- */

typedef struct panel_id {
    char text[48];
} panel_id;

static panel_id id_of(int run, int list)
{
    panel_id id;
    snprintf(id.text, sizeof id.text, "gallery-%d-%s", run, sw_gallery_list_name((sw_gallery_list)list));
    return id;
}

static void append_item(sw_str *out, const report_data *data, int run, const sw_gallery_item *item)
{
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int count = sw_gallery_list_figures(figures, &data->galleries[run].classes);
    const report_sheet_name sheet = report_gallery_sheet(run);
    report_open_tiles(out, SW_GALLERY_TILES);
    for (int k = 0; k < SW_GALLERY_TILES; k++) {
        const report_tile tile = report_gallery_tile(data, run, &sheet, item->row, k);
        report_window(out, data, item->name, &tile);
    }
    report_begin_caption(out, item->name);
    for (int f = 0; f < count; f++)
        sw_str_printf(out, "%s%s %s", f ? ", " : "<br>", figures[f].label,
                      report_percent(item->figures.values[figures[f].at]).text);
    sw_str_append(out, "</figcaption></figure>\n");
}

static void append_list(sw_str *out, const report_data *data, int run, int list)
{
    const sw_gallery_view *g = &data->galleries[run];
    report_open_panel(out, id_of(run, list).text);
    sw_str_printf(out, "<h4>%s</h4><p class=\"note\">%s", lists[list].title, lists[list].note);
    if (list == SW_GALLERY_DOUBTFUL && g->classes.border >= 0 && !isnan(g->border_median))
        sw_str_printf(out, " What the truth has of border beyond the usual, %s, counts too.",
                      report_percent(g->border_median).text);
    sw_str_append(out, "</p><div class=\"tiles\">\n");
    for (int i = 0; i < g->counts[list]; i++) append_item(out, data, run, &g->items[list][i]);
    sw_str_append(out, "</div></div>\n");
}

void report_gallery(sw_str *out, const report_data *data, int r)
{
    const sw_gallery_view *g = &data->galleries[r];
    if (!has_pictures(g)) return;
    sw_str_printf(
        out,
        "<h3>Images worth a look</h3><p>Out of %d validation images, with the weights of epoch %d.</p>\n",
        g->images, g->epoch);
    report_legend(out, &g->classes);
    report_open_tabs(out, "Images worth a look");
    for (int l = 0; l < SW_GALLERY_LISTS; l++) report_tab(out, id_of(r, l).text, -1, lists[l].title);
    sw_str_append(out, "</div>\n");
    for (int l = 0; l < SW_GALLERY_LISTS; l++) append_list(out, data, r, l);
}
