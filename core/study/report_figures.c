/* What the best epoch's weights confuse, and the figures of each class. */
#include <inttypes.h>
#include <math.h>

#include "page/html.h"
#include "report_parts.h"

static void append_confusion(sw_str *out, const sw_gallery_view *g)
{
    const sw_confusion *m = &g->confusion;
    sw_str_append(out, "<div><h3>Confusion matrix</h3><div class=\"scroll\" tabindex=\"0\" role=\"group\" "
                       "aria-label=\"Confusion matrix\"><table class=\"confusion\"><caption>"
                       "Rows: truth, columns: prediction; share of the row, and pixels</caption><thead><tr>"
                       "<th scope=\"col\">truth</th>");
    for (int p = 0; p < m->classes; p++) {
        sw_str_append(out, "<th scope=\"col\" class=\"n\">");
        sw_html_text(out, g->classes.list[p].name);
        sw_str_append(out, "</th>");
    }
    sw_str_append(out, "</tr></thead><tbody>");
    for (int t = 0; t < m->classes; t++) {
        uint64_t row = sw_confusion_row(m, t);
        sw_str_append(out, "<tr><th scope=\"row\">");
        sw_html_text(out, g->classes.list[t].name);
        sw_str_append(out, "</th>");
        for (int p = 0; p < m->classes; p++) {
            double share = row ? (double)m->counts[t][p] / (double)row : (double)NAN;
            sw_str_printf(out, "<td style=\"--p:%.3f\">", isnan(share) ? 0.0 : share);
            report_percent(out, share);
            sw_str_printf(out, "<small>%" PRIu64 "</small></td>", m->counts[t][p]);
        }
        sw_str_append(out, "</tr>");
    }
    sw_str_append(out, "</tbody></table></div></div>\n");
}

static void append_swatch(sw_str *out, uint32_t rgb)
{
    sw_str_printf(out, "<i class=\"swatch\" style=\"background:#%06x\"></i>", (unsigned)rgb);
}

static void append_bar(sw_str *out, const char *what, double value)
{
    sw_str_printf(out,
                  "<span>%s</span><span class=\"bar\" aria-hidden=\"true\"><i style=\"width:%.1f%%\"></i>"
                  "</span><span>",
                  what, isnan(value) ? 0.0 : 100 * value);
    report_number(out, value);
    sw_str_append(out, "</span>");
}

static void append_bars(sw_str *out, const sw_run_reader *run, const sw_epoch_record *best)
{
    sw_str_append(out, "<div><h3>Figures by class</h3><div class=\"bars\">");
    const sw_columns *columns = &run->epochs.columns;
    for (int c = 0; c < columns->classes.count; c++) {
        sw_str_append(out, "<b>");
        append_swatch(out, columns->classes.list[c].rgb);
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
    sw_html_text(out, sw_config_values_find(&run->values, "train.save_best")->value);
    sw_str_append(out, ". Clean validation.</p>\n<div class=\"pair\">");
    if (g->epoch > 0) append_confusion(out, g);
    append_bars(out, run, best);
    sw_str_append(out, "</div>\n");
    if (g->epoch == 0)
        sw_str_append(out, "<p class=\"note\">The run keeps no confusion matrix: it was made by an earlier "
                           "version.</p>\n");
    else if (g->epoch != best->epoch)
        sw_str_printf(out, "<p class=\"note\">The confusion matrix is that of epoch %d.</p>\n", g->epoch);
}
