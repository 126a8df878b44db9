#include "draw/chart_html.h"

#include <math.h>

#include "page/html.h"
#include "page/json_text.h"

/* The drawing's own units; the page stretches them. */
static const double wide = 1000, high = 400;

typedef struct axes {
    sw_axis x, y;
} axes;

static void append_rules(sw_str *out, const axes *a)
{
    for (int i = 0; i < a->y.ticks; i++) {
        double y = high * (1 - sw_axis_place(&a->y, sw_axis_value(&a->y, i)));
        sw_str_printf(out, "<path class=\"rule\" d=\"M0 %.1fH1000\"/>", y);
    }
}

static const char *line_class(sw_chart_line line)
{
    return line == SW_CHART_DASHED ? " dashed" : line == SW_CHART_FAINT ? " pale" : "";
}

/* A point between gaps is a line of no length, which round ends make a dot. */
static void append_series(sw_str *out, const axes *a, const sw_chart_series *s)
{
    const size_t points = sw_chart_points(s);
    if (points == 0) return;
    sw_str_printf(out, "<path class=\"line%s s%d c%d\" d=\"", points == 1 ? " dot" : line_class(s->line),
                  s->run, s->run);
    for (size_t i = 0; i < s->count; i++) {
        if (!isfinite(s->y[i])) continue;
        const bool starts = sw_chart_starts_line(s, i);
        sw_str_printf(out, "%c%.1f %.1f", starts ? 'M' : 'L', wide * sw_axis_place(&a->x, s->x[i]),
                      high * (1 - sw_axis_place(&a->y, s->y[i])));
        if (starts && sw_chart_ends_line(s, i)) sw_str_append(out, "h0");
    }
    sw_str_append(out, "\"/>");
}

static void append_labels(sw_str *out, const axes *a)
{
    char label[32];
    for (int i = 0; i < a->y.ticks; i++) {
        sw_axis_label(label, sizeof label, &a->y, i);
        sw_str_printf(out, "<span class=\"yt\" style=\"bottom:%.2f%%\">%s</span>",
                      100 * sw_axis_place(&a->y, sw_axis_value(&a->y, i)), label);
    }
    for (int i = 0; i < a->x.ticks; i++) {
        sw_axis_label(label, sizeof label, &a->x, i);
        sw_str_printf(out, "<span class=\"xt\" style=\"left:%.2f%%\">%s</span>",
                      100 * sw_axis_place(&a->x, sw_axis_value(&a->x, i)), label);
    }
    sw_str_append(out, "<span class=\"xl\">epoch</span>");
}

static void append_numbers(sw_str *out, const char *open, const double *values, size_t count, int digits)
{
    sw_str_append(out, open);
    for (size_t i = 0; i < count; i++) {
        if (i) sw_str_append(out, ",");
        sw_json_number(out, values[i], digits);
    }
    sw_str_append(out, "]");
}

/* Appends what page.js reads the values from. */
static void append_data(sw_str *out, const sw_chart *chart, const axes *a)
{
    sw_str_append(out, "<script type=\"application/json\">{\"low\":");
    sw_json_number(out, a->x.low, 9);
    sw_str_append(out, ",\"high\":");
    sw_json_number(out, a->x.high, 9);
    sw_str_append(out, ",\"series\":[");
    for (int i = 0; i < chart->series_count; i++) {
        const sw_chart_series *s = &chart->series[i];
        sw_str_printf(out, "%s{\"run\":%d,\"what\":", i ? "," : "", s->run);
        sw_json_string(out, s->what);
        sw_str_append(out, s->line == SW_CHART_FAINT ? ",\"pale\":true" : ",\"pale\":false");
        append_numbers(out, ",\"x\":[", s->x, s->count, 6);
        append_numbers(out, ",\"y\":[", s->y, s->count, 5);
        sw_str_append(out, "}");
    }
    sw_str_append(out, "]}</script>");
}

void sw_chart_html(sw_str *out, const sw_chart *chart)
{
    const axes a = {.x = sw_chart_x_axis(chart, 8), .y = sw_chart_y_axis(chart, 6)};
    sw_str lines = {0};
    sw_chart_describe_lines(&lines, chart);
    sw_html_between(out, "<figure class=\"chart\"><figcaption><b>", chart->title, "</b>");
    sw_html_between(out, "", sw_str_part(out, &lines), "</figcaption>");
    sw_str_deinit(&lines);
    sw_html_between(out, "<div class=\"plot\" tabindex=\"0\" role=\"group\" aria-label=\"", chart->title,
                    " by epoch; arrow keys read the values\"><svg viewBox=\"0 0 1000 400\" "
                    "preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    append_rules(out, &a);
    for (int i = 0; i < chart->series_count; i++)
        if (chart->series[i].line == SW_CHART_FAINT) append_series(out, &a, &chart->series[i]);
    for (int i = 0; i < chart->series_count; i++)
        if (chart->series[i].line != SW_CHART_FAINT) append_series(out, &a, &chart->series[i]);
    sw_str_append(out, "</svg><div aria-hidden=\"true\">");
    append_labels(out, &a);
    sw_str_append(out, "</div></div><p class=\"readout\" aria-live=\"polite\"></p>");
    append_data(out, chart, &a);
    sw_str_append(out, "</figure>\n");
}
