#include "report_differ.h"

#include <math.h>
#include <string.h>

#include "page/html.h"
#include "report_gallery.h"
#include "run/gallery_scores.h"

enum { LENGTH = 12 };

typedef struct scores {
    const sw_metric *metric;               /* by which images are compared */
    sw_gallery_scores runs[SW_CHART_RUNS]; /* empty for a run that can't be compared with the first */
    int count, compared;
} scores;

typedef struct image {
    const char *name;
    double apart; /* between the best and the worst run */
} image;

/* ---- figures ---- */

static sw_status open_scores(scores *s, const report_data *data)
{
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    *s = (scores){.count = data->runs.count};
    sw_metrics_captioned(metrics, NULL, &report_columns(&data->runs)->classes);
    s->metric = metrics[0];
    for (int r = 0; r < s->count; r++) {
        if (data->galleries[r].epoch == 0 || (data->compared->items[r].odd & NOT_COMPARABLE)) continue;
        SW_ENSURE(sw_gallery_scores_read(&s->runs[r], data->runs.runs[r].path, data->galleries[r].epoch,
                                         s->metric->key));
        s->compared += s->runs[r].count > 0;
    }
    return SW_OK;
}

static void close_scores(scores *s)
{
    for (int r = 0; r < s->count; r++) sw_gallery_scores_deinit(&s->runs[r]);
}

/* NaN: not two of the runs have a figure of it. */
static double how_far_apart(const scores *s, const char *name)
{
    double low = INFINITY, high = -INFINITY;
    int known = 0;
    for (int r = 0; r < s->count; r++) {
        const double value = sw_gallery_score_of(&s->runs[r], name);
        if (isnan(value)) continue;
        low = fmin(low, value);
        high = fmax(high, value);
        known++;
    }
    return known < 2 ? (double)NAN : high - low;
}

/* Puts the images with the largest differences into `list`, the largest first. */
static int choose(image list[LENGTH], const scores *s)
{
    int count = 0, first = 0;
    while (s->runs[first].count == 0) first++;
    for (size_t i = 0; i < s->runs[first].count; i++) {
        const image new = {s->runs[first].items[i].name, how_far_apart(s, s->runs[first].items[i].name)};
        if (!(new.apart > 0) || (count == LENGTH && !(new.apart > list[LENGTH - 1].apart))) continue;
        int at = count < LENGTH ? count++ : LENGTH - 1;
        for (; at > 0 && new.apart > list[at - 1].apart; at--) list[at] = list[at - 1];
        list[at] = new;
    }
    return count;
}

/* ---- pictures ---- */

/* The row of an image in a run's gallery; -1: it is not in one of the lists. */
static int row_in(const sw_gallery_view *g, const char *name)
{
    for (int l = 0; l < SW_GALLERY_LISTS; l++)
        for (int i = 0; i < g->counts[l]; i++)
            if (strcmp(g->items[l][i].name, name) == 0) return g->items[l][i].row;
    return -1;
}

static int grid_image(const report_grid *g, const char *name)
{
    for (int i = 0; g->has_masks && g->sheet_count > 0 && i < g->store.images.count; i++)
        if (strcmp(g->store.images.names[i], name) == 0) return i;
    return -1;
}

/* Appends input or truth, of the first run that keeps it. */
static void append_common(sw_str *out, const report_data *data, const scores *s, const report_grids *grids,
                          const char *name, int part)
{
    static const char *const kinds[] = {"input", "truth"};
    for (int r = 0; r < s->count; r++) {
        const int row = s->runs[r].count ? row_in(&data->galleries[r], name) : -1;
        if (row < 0) continue;
        const report_sheet_name sheet = report_gallery_sheet(r);
        const report_tile tile = report_gallery_tile(data, r, &sheet, row, part);
        report_window(out, data, name, &tile);
        return;
    }
    for (int r = 0; r < s->count; r++) {
        const int at = s->runs[r].count ? grid_image(&grids->runs[r], name) : -1;
        if (at < 0) continue;
        const report_sheet_name sheet = report_grid_sheet_name(grids->runs[r].first);
        report_tile tile = report_grid_tile(grids, r, sheet.text, at);
        tile.kind = tile.what = kinds[part];
        report_window(out, data, name, &tile);
        return;
    }
    report_no_window(out, data, kinds[part], -1);
}

/* Appends a run's prediction: of its gallery, whose epoch the figures are of, or else of the slider's. */
static void append_prediction(sw_str *out, const report_data *data, const report_grids *grids,
                              const char *name, int r)
{
    const int row = row_in(&data->galleries[r], name), at = grid_image(&grids->runs[r], name);
    if (row >= 0) {
        const report_sheet_name sheet = report_gallery_sheet(r);
        report_tile tile = report_gallery_tile(data, r, &sheet, row, 2);
        tile.run = r;
        report_window(out, data, name, &tile);
    } else if (at >= 0) {
        const report_sheet_name sheet = report_grid_sheet_name(grids->runs[r].first);
        const report_sheet_name over = report_grid_kind(r);
        report_tile tile = report_grid_tile(grids, r, sheet.text, at);
        tile.over = over.text;
        tile.what = "prediction";
        tile.run = r;
        report_window(out, data, name, &tile);
    } else {
        report_no_window(out, data, "", r);
    }
}

static bool has_pictures(const report_data *data, const scores *s, const report_grids *grids,
                         const char *name)
{
    for (int r = 0; r < s->count; r++)
        if (s->runs[r].count > 0 &&
            (row_in(&data->galleries[r], name) >= 0 || grid_image(&grids->runs[r], name) >= 0))
            return true;
    return false;
}

/* "A 93.0 %, B 71.2 %: 21.8 points apart", the best bold. */
static void append_scores(sw_str *out, const report_data *data, const scores *s, const image *of)
{
    const char *between = "";
    double best = (double)NAN;
    for (int r = 0; r < s->count; r++) best = fmax(best, sw_gallery_score_of(&s->runs[r], of->name));
    for (int r = 0; r < s->count; r++) {
        if (s->runs[r].count == 0) continue;
        const double value = sw_gallery_score_of(&s->runs[r], of->name);
        sw_str_append(out, between);
        report_run_name(out, data, r);
        sw_str_printf(out, value == best ? " <b>%s</b>" : " %s", report_percent(value).text);
        between = ", ";
    }
    sw_str_printf(out, ": %.1f points apart", 100 * of->apart);
}

static void append_image(sw_str *out, const report_data *data, const scores *s, const report_grids *grids,
                         const image *of)
{
    report_open_tiles(out, 2 + s->compared);
    for (int part = 0; part < 2; part++) append_common(out, data, s, grids, of->name, part);
    for (int r = 0; r < s->count; r++)
        if (s->runs[r].count > 0) append_prediction(out, data, grids, of->name, r);
    report_begin_caption(out, of->name);
    sw_str_append(out, "<br>");
    append_scores(out, data, s, of);
    sw_str_append(out, "</figcaption></figure>\n");
}

/* Appends those of the list that have a picture, or the others, as a list of names. */
static void append_list(sw_str *out, const report_data *data, const scores *s, const report_grids *grids,
                        const image *list, int count)
{
    const char *open = "<p class=\"note\">No run keeps a picture of these:</p>\n<ul class=\"note\">";
    sw_str_printf(out, "<div class=\"tiles%s\" id=\"differ\">\n", s->compared > 2 ? " wide" : "");
    for (int i = 0; i < count; i++)
        if (has_pictures(data, s, grids, list[i].name)) append_image(out, data, s, grids, &list[i]);
    sw_str_append(out, "</div>\n");
    for (int i = 0; i < count; i++) {
        if (has_pictures(data, s, grids, list[i].name)) continue;
        sw_str_append(out, open);
        sw_html_between(out, "<li><b>", list[i].name, "</b> ");
        append_scores(out, data, s, &list[i]);
        sw_str_append(out, "</li>\n");
        open = "";
    }
    if (!*open) sw_str_append(out, "</ul>\n");
}

sw_status report_differ(sw_str *out, const report_data *data, const report_grids *grids)
{
    sw_status status = SW_OK;
    scores s;
    image list[LENGTH];
    SW_TRY(open_scores(&s, data));
    const int count = s.compared > 1 ? choose(list, &s) : 0;
    if (count == 0) goto done;
    sw_str_append(out, "<h3>Images where the runs differ most</h3>\n<p class=\"note\">By ");
    sw_html_between(out, "", s.metric->label,
                    " at the best epoch of each run, over all validation images. A run keeps pictures of the "
                    "images in its gallery and in its grid alone; those of the grid follow the "
                    "slider.</p>\n");
    append_list(out, data, &s, grids, list, count);
done:
    close_scores(&s);
    return status;
}
