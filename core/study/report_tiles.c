#include "report_tiles.h"

#include "page/html.h"

void report_open_tiles(sw_str *out, int windows)
{
    sw_str_printf(out, "<figure class=\"tile\"><div class=\"windows\" style=\"--n:%d\">", windows);
}

/* Appends what stands below a window: "prediction", or the run it is of. */
static void append_below(sw_str *out, const report_data *data, const char *what, int run)
{
    sw_str_append(out, "<span class=\"below\">");
    if (run >= 0 && data->runs.count > 1)
        report_run_name(out, data, run);
    else
        sw_str_append(out, what);
    sw_str_append(out, "</span></div>");
}

/* The position of tile i of n in a row or column, for background-position. */
static double place(int i, int n)
{
    return n > 1 ? 100.0 * i / (n - 1) : 0;
}

void report_window(sw_str *out, const report_data *data, const char *image, const report_tile *t)
{
    sw_str_printf(out,
                  "<div><div class=\"cut %s %s-%s\" style=\"background-position:%.4f%% %.4f%%\" role=\"img\" "
                  "data-tile=\"%d\" aria-label=\"",
                  t->sheet, t->sheet, t->kind, place(t->column, t->columns), place(t->row, t->rows),
                  t->row * t->columns + t->column);
    sw_html_between(out, "", image, ": ");
    sw_str_append(out, t->what);
    if (t->run >= 0 && data->runs.count > 1) sw_html_between(out, " of ", data->runs.labels[t->run], "");
    sw_str_append(out, "\">");
    if (t->over) sw_str_printf(out, "<i class=\"%s-%s\"></i>", t->sheet, t->over);
    sw_str_append(out, "</div>");
    append_below(out, data, t->what, t->run);
}

void report_no_window(sw_str *out, const report_data *data, const char *what, int run)
{
    sw_str_append(out, "<div><div class=\"none\">no picture kept</div>");
    append_below(out, data, what, run);
}

void report_begin_caption(sw_str *out, const char *image)
{
    sw_html_between(out, "</div><figcaption><b>", image, "</b>");
}

/* ---- style ---- */

void report_tile_rule(sw_str *out, const char *sheet, sw_size size, int columns, int rows)
{
    sw_str_printf(out, ".%s{--wide:%.4f;aspect-ratio:%d/%d;background-size:%d%% %d%%}\n", sheet,
                  (double)size.width / size.height, size.width, size.height, 100 * columns, 100 * rows);
}

sw_status report_picture_rule(sw_str *out, const report_data *data, const char *sheet, const char *kind,
                              int run, char *path)
{
    sw_str_printf(out, ".%s-%s{background-image:url(", sheet, kind);
    SW_ENSURE(run < 0 ? report_picture_inside(out, data->pictures, path)
                      : report_picture(out, data->pictures, &data->runs, run, path));
    sw_str_append(out, ")}\n");
    return SW_OK;
}

/* ---- legend ---- */

void report_legend(sw_str *out, const sw_classes *classes)
{
    const bool folded = classes->count > REPORT_FEW_CLASSES;
    if (folded) sw_str_printf(out, "<details><summary>Colours of the %d classes</summary>", classes->count);
    sw_str_append(out, "<p class=\"legend\">");
    for (int c = 0; c < classes->count; c++) {
        sw_str_append(out, "<span>");
        report_swatch(out, classes->list[c].rgb);
        sw_html_between(out, " ", classes->list[c].name, "</span>");
    }
    sw_str_append(out, folded ? "</p></details>\n" : "</p>\n");
}
