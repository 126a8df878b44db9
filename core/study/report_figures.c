#include "report_figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "page/html.h"
#include "page/sheet.h"

static void append_confusion(sw_str *out, const sw_gallery_view *g)
{
    const sw_confusion *m = &g->confusion;
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Confusion matrix", m->classes + 1, m->classes);
    table->remark = "Rows: truth, columns: prediction; share of the row, and pixels";
    table->figures = true;
    sw_sheet_head(&s, table, 0, "truth");
    for (int p = 0; p < m->classes; p++) sw_sheet_head(&s, table, p + 1, g->classes.list[p].name);
    for (int t = 0; t < m->classes; t++) {
        const uint64_t row = sw_confusion_row(m, t);
        sw_sheet_put(&s, table, t, 0, g->classes.list[t].name);
        for (int p = 0; p < m->classes; p++) {
            const double share = row ? (double)m->counts[t][p] / (double)row : (double)NAN;
            char pixels[24];
            snprintf(pixels, sizeof pixels, "%" PRIu64, m->counts[t][p]);
            sw_sheet_put(&s, table, t, p + 1, report_percent(share).text)->shade = isnan(share) ? 0.0 : share;
            sw_sheet_put_delta(&s, table, t, p + 1, pixels);
        }
    }
    sw_str_append(out, "<div class=\"confusion\"><h3>Confusion matrix</h3>");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</div>\n");
}

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
        sw_html_text(out, columns->classes.list[c].name);
        sw_str_append(out, "</b>");
        for (int i = 0; i < columns->count; i++)
            if (columns->list[i].c == c && columns->list[i].metric->per_class)
                append_bar(out, columns->list[i].metric->label, best->values[i]);
    }
    sw_str_append(out, "</div></div>\n");
}

void report_figures(sw_str *out, const report_data *data, int r)
{
    const sw_run_reader *run = &data->runs.runs[r];
    const sw_gallery_view *g = &data->galleries[r];
    const sw_epoch_record *best = report_best(run);
    if (!best) {
        sw_str_append(out, "<p>No epoch has been completed yet.</p>\n");
        return;
    }
    sw_str_printf(out, "<p>Best epoch: %d of %d, by ", best->epoch, run->experiment->train.epochs);
    sw_html_text(out, run->experiment->train.save_best);
    sw_str_append(out, ". Clean validation.</p>\n<div class=\"pair\">");
    if (g->epoch > 0) append_confusion(out, g);
    append_bars(out, &run->epochs.columns, best);
    sw_str_append(out, "</div>\n");
    if (g->epoch == 0)
        sw_str_append(out, "<p class=\"note\">The run keeps no confusion matrix: it was made by an earlier "
                           "version.</p>\n");
    else if (g->epoch != best->epoch)
        sw_str_printf(out, "<p class=\"note\">The confusion matrix is that of epoch %d.</p>\n", g->epoch);
}
