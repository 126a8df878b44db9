#include "report_figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "page/html.h"
#include "page/sheet.h"

enum {
    BAR_CLASSES = 4,    /* at most so many have a bar a figure; more make a table */
    MISTAKES = 20,      /* listed beside the picture of a confusion matrix */
    NAMED_CLASSES = 40, /* at most so many have their names in the picture */
    NAME_ROOM = 9,      /* for these, in cells of the picture */
    NAME_LETTERS = 16,  /* that this is room for */
    LEAST_PERMILLE = 5, /* of a class's pixels that a cell of the picture shows */
};

static double share_of(const sw_confusion *m, int truth, uint64_t pixels)
{
    return m->truths[truth] ? (double)pixels / (double)m->truths[truth] : (double)NAN;
}

/* ---- confusion matrix: numbers ---- */

static void append_matrix(sw_str *out, const sw_gallery_view *g)
{
    const sw_confusion *m = &g->confusion;
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Confusion matrix", m->classes + 1, m->classes);
    table->remark = "Rows: truth, columns: prediction; shade: share of the row";
    table->figures = true;
    sw_sheet_head(&s, table, 0, "truth");
    for (int p = 0; p < m->classes; p++) sw_sheet_head(&s, table, p + 1, g->classes.list[p].name);
    for (int t = 0; t < m->classes; t++) {
        sw_sheet_put(&s, table, t, 0, g->classes.list[t].name);
        for (int p = 0; p < m->classes; p++) {
            const double share = share_of(m, t, sw_confusion_at(m, t, p));
            char pixels[24];
            snprintf(pixels, sizeof pixels, "%" PRIu64, sw_confusion_at(m, t, p));
            sw_sheet_put(&s, table, t, p + 1, report_percent(share).text)->shade = isnan(share) ? 0.0 : share;
            sw_sheet_put_delta(&s, table, t, p + 1, pixels);
        }
    }
    sw_sheet_elements(out, &s);
}

/* ---- confusion matrix: a picture ---- */

/* "car taken for road: 3.1 %, 1234 pixels" */
static void append_cell(sw_str *out, const sw_gallery_view *g, int t, int p, uint64_t most)
{
    const uint64_t pixels = sw_confusion_at(&g->confusion, t, p);
    const double share = share_of(&g->confusion, t, pixels);
    if (!(1000 * share >= LEAST_PERMILLE)) return;
    sw_str_printf(out,
                  "<rect x=\"%d\" y=\"%d\" width=\"1\" height=\"1\" "
                  "style=\"--share:%.2f;--pixels:%.2f\"><title>",
                  p, t, 0.1 + 0.9 * share, 0.1 + 0.9 * log1p((double)pixels) / log1p((double)most));
    sw_html_text(out, g->classes.list[t].name);
    if (p != t) sw_html_between(out, " taken for ", g->classes.list[p].name, "");
    sw_str_printf(out, ": %s, %" PRIu64 " pixels</title></rect>\n", report_percent(share).text, pixels);
}

/* Names have letters, digits, '_' and '-' alone, so that they may be cut anywhere. */
static void append_names(sw_str *out, const sw_classes *classes)
{
    for (int c = 0; c < classes->count; c++) {
        const char *name = classes->list[c].name, *end = strlen(name) > NAME_LETTERS ? "\xE2\x80\xA6" : "";
        sw_str_printf(out, "<text x=\"-0.3\" y=\"%d.75\" text-anchor=\"end\">%.*s%s</text>", c, NAME_LETTERS,
                      name, end);
        sw_str_printf(out, "<text x=\"0.3\" y=\"%d.75\" transform=\"rotate(-90)\">%.*s%s</text>\n", c,
                      NAME_LETTERS, name, end);
    }
}

static void append_picture(sw_str *out, const sw_gallery_view *g)
{
    uint64_t most = 1;
    for (int t = 0; t < g->confusion.classes; t++)
        for (int p = 0; p < g->confusion.classes; p++) {
            const uint64_t pixels = sw_confusion_at(&g->confusion, t, p);
            if (pixels > most) most = pixels;
        }
    const int classes = g->confusion.classes, room = classes <= NAMED_CLASSES ? NAME_ROOM : 0;
    sw_str_printf(
        out,
        "<p class=\"note\">Rows: truth, columns: prediction%s; the stronger a cell, the larger its share "
        "of the row, or its pixels on a scale of logarithms. Shares below %.1f %% are left out.</p>\n<svg "
        "class=\"heat\" viewBox=\"%d %d %d %d\" "
        "role=\"img\" aria-label=\"Confusion matrix of %d classes as a picture; its largest mistakes "
        "are listed beside it\">\n",
        room ? "" : ", in the order of the classes below; names under the pointer", LEAST_PERMILLE / 10.0,
        -room, -room, classes + room, classes + room, classes);
    sw_str_printf(out, "<path class=\"frame\" d=\"M0 0h%dv%dh-%dz\"/>", classes, classes, classes);
    if (room) append_names(out, &g->classes);
    for (int t = 0; t < classes; t++)
        for (int p = 0; p < classes; p++) append_cell(out, g, t, p, most);
    sw_str_append(out, "</svg>\n");
}

static void append_mistakes(sw_str *out, const sw_gallery_view *g)
{
    static const char *const heads[] = {"truth", "taken for", "share of the truth", "pixels"};
    sw_mistake mistakes[MISTAKES];
    const int count = sw_confusion_mistakes(mistakes, MISTAKES, &g->confusion);
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Largest mistakes", 4, count);
    table->remark = "By pixels";
    table->figures = true;
    sw_sheet_heads(&s, table, heads);
    for (int i = 0; i < count; i++) {
        const sw_mistake *m = &mistakes[i];
        sw_sheet_put(&s, table, i, 0, g->classes.list[m->truth].name);
        sw_sheet_put(&s, table, i, 1, g->classes.list[m->prediction].name);
        sw_sheet_put(&s, table, i, 2, report_percent(share_of(&g->confusion, m->truth, m->pixels)).text);
        sw_sheet_printf(&s, table, i, 3, "%" PRIu64, m->pixels);
    }
    sw_str_append(out, "<div class=\"mistakes\"><h3>Largest mistakes</h3>");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</div>\n");
}

static void append_confusion(sw_str *out, const sw_gallery_view *g, int run)
{
    const bool few = g->confusion.classes <= REPORT_FEW_CLASSES;
    sw_str_printf(out,
                  "<div class=\"confusion\"><h3>Confusion matrix</h3><fieldset class=\"switch\" "
                  "hidden><legend>Cells show</legend><label><input type=\"radio\" name=\"confusion-%d\" "
                  "value=\"shares\" checked> shares of the row</label><label><input type=\"radio\" "
                  "name=\"confusion-%d\" value=\"pixels\"> pixels</label></fieldset>\n",
                  run, run);
    if (few)
        append_matrix(out, g);
    else
        append_picture(out, g);
    sw_str_append(out, "</div>\n");
    if (!few) append_mistakes(out, g);
}

/* ---- figures by class ---- */

static void append_bar(sw_str *out, const char *what, double value)
{
    sw_str_printf(out,
                  "<span>%s</span><span class=\"bar\" aria-hidden=\"true\"><i style=\"width:%.1f%%\"></i>"
                  "</span><span>%s</span>",
                  what, isnan(value) ? 0.0 : 100 * value, report_number(value).text);
}

static void append_bars(sw_str *out, const sw_columns *columns, const sw_epoch_record *best)
{
    sw_str_append(out, "<div><h3>Figures by class</h3><div class=\"bars\">");
    for (int c = 0; c < columns->classes.count; c++) {
        sw_str_append(out, "<b>");
        report_swatch(out, columns->classes.list[c].rgb);
        sw_html_between(out, "", columns->classes.list[c].name, "</b>");
        for (int i = 0; i < columns->count; i++)
            if (columns->list[i].c == c && columns->list[i].metric->per_class)
                append_bar(out, columns->list[i].metric->label, best->values[i]);
    }
    sw_str_append(out, "</div></div>\n");
}

/* What the confusion matrix says of a class: its share of all pixels, and what it is mostly taken for. */
static void put_confusion(sw_sheet *s, sw_sheet_table *table, int c, int column, const sw_gallery_view *g)
{
    const sw_confusion *m = &g->confusion;
    const int other = sw_confusion_taken_for(m, c);
    const uint64_t all = sw_confusion_pixels(m);
    sw_sheet_put(s, table, c, column,
                 report_percent(all ? (double)m->truths[c] / (double)all : (double)NAN).text);
    if (other >= 0)
        sw_sheet_printf(s, table, c, column + 1, "%s %s", g->classes.list[other].name,
                        report_percent(share_of(m, c, sw_confusion_at(m, c, other))).text);
}

/* A row a class. Columns of a metric are in the order of the classes, one after another. */
static void append_classes(sw_str *out, const sw_columns *columns, const sw_epoch_record *best,
                           const sw_gallery_view *g)
{
    const int classes = columns->classes.count;
    const bool counted = g->epoch == best->epoch && g->confusion.classes == classes;
    int metrics = 0, at = 1;
    for (int m = 0; m < sw_metric_count; m++) metrics += sw_metric_table[m].per_class;
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Figures by class", 1 + metrics + (counted ? 2 : 0), classes);
    table->figures = true;
    sw_sheet_head(&s, table, 0, "class");
    for (int c = 0; c < classes; c++) sw_sheet_put(&s, table, c, 0, columns->classes.list[c].name);
    for (int i = 0; i < columns->count; i++) {
        const sw_column *of = &columns->list[i];
        if (!of->metric->per_class) continue;
        const double value = best->values[i];
        sw_sheet_put(&s, table, of->c, at, report_number(value).text)->shade = isnan(value) ? 0.0 : value;
        if (of->c < classes - 1) continue;
        sw_sheet_head(&s, table, at++, of->metric->label);
    }
    if (counted) {
        sw_sheet_head(&s, table, at, "share of pixels");
        sw_sheet_head(&s, table, at + 1, "else mostly taken for");
        for (int c = 0; c < classes; c++) put_confusion(&s, table, c, at, g);
    }
    sw_str_printf(out, "<div class=\"classes%s\"><h3>Figures by class</h3>", counted ? " counted" : "");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</div>\n");
}

/* ---- results of a run ---- */

void report_figures(sw_str *out, const report_data *data, int r)
{
    const sw_run_reader *run = &data->runs.runs[r];
    const sw_gallery_view *g = &data->galleries[r];
    const sw_columns *columns = &run->epochs.columns;
    const sw_epoch_record *best = report_best(run);
    const bool bars = columns->classes.count <= BAR_CLASSES;
    if (!best) {
        sw_str_append(out, "<p>No epoch has been completed yet.</p>\n");
        return;
    }
    sw_str_printf(out, "<p>Best epoch: %d of %d, by ", best->epoch, run->experiment->train.epochs);
    sw_html_between(out, "", run->experiment->train.save_best,
                    ". Clean validation.</p>\n<div class=\"pair\">");
    if (g->epoch > 0) append_confusion(out, g, r);
    if (bars) append_bars(out, columns, best);
    sw_str_append(out, "</div>\n");
    if (!bars) append_classes(out, columns, best, g);
    if (g->epoch == 0)
        sw_str_append(out, "<p class=\"note\">The run keeps no confusion matrix: it was made by an earlier "
                           "version.</p>\n");
    else if (g->epoch != best->epoch)
        sw_str_printf(out, "<p class=\"note\">The confusion matrix is that of epoch %d.</p>\n", g->epoch);
}

/* ---- every epoch ---- */

/* Rates and times have no fixed size: significant digits instead of four behind the point. */
static report_text shown(const sw_metric *metric, double value)
{
    if (metric->group == SW_METRIC_TIME) return report_rough(value, 4);
    return metric->better == SW_BETTER_NEITHER ? report_rough(value, 3) : report_number(value);
}

static void put_epochs(sw_sheet *s, sw_sheet_table *table, int at, const sw_run_reader *run, int column)
{
    const sw_epoch_table *epochs = &run->epochs;
    const sw_column *of = &epochs->columns.list[column];
    const sw_epoch_record *best = report_best(run);
    sw_sheet_head(s, table, at, of->label);
    for (int row = 0; row < (int)epochs->count; row++) {
        const sw_epoch_record *r = &epochs->rows[row];
        sw_sheet_put(s, table, row, at, shown(of->metric, r->values[column]).text)->best = r == best;
    }
}

void report_epochs(sw_str *out, const sw_run_reader *run)
{
    const sw_epoch_table *epochs = &run->epochs;
    int count = 0, at = 1;
    if (epochs->count == 0) return;
    for (int i = 0; i < epochs->columns.count; i++) count += report_shows(&epochs->columns, i);
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Figures of every epoch", count + 1, (int)epochs->count);
    table->remark = "The best epoch is bold";
    table->figures = true;
    sw_sheet_head(&s, table, 0, "epoch");
    for (int row = 0; row < (int)epochs->count; row++)
        sw_sheet_printf(&s, table, row, 0, "%d", epochs->rows[row].epoch);
    for (int i = 0; i < epochs->columns.count; i++)
        if (report_shows(&epochs->columns, i)) put_epochs(&s, table, at++, run, i);
    sw_str_append(out, "<details><summary>Figures of every epoch</summary>");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</details>\n");
}
