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
    bool drawing = false, only = sw_chart_points(s) == 1;
    if (sw_chart_points(s) == 0) return;
    sw_str_printf(out, "<path class=\"line%s%s s%d c%d\" d=\"", only ? "" : line_class(s->line),
                  only ? " dot" : "", s->run, s->run);
    for (size_t i = 0; i < s->count; i++) {
        if (!isfinite(s->y[i])) {
            drawing = false;
            continue;
        }
        bool last = i + 1 == s->count || !isfinite(s->y[i + 1]);
        sw_str_printf(out, "%c%.1f %.1f", drawing ? 'L' : 'M', wide * sw_axis_place(&a->x, s->x[i]),
                      high * (1 - sw_axis_place(&a->y, s->y[i])));
        if (!drawing && last) sw_str_append(out, "h0");
        drawing = true;
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

static void append_numbers(sw_str *out, const double *values, size_t count, int digits)
{
    sw_str_append(out, "[");
    for (size_t i = 0; i < count; i++) {
        if (i) sw_str_append(out, ",");
        sw_json_number(out, values[i], digits);
    }
    sw_str_append(out, "]");
}

/* What page.js reads the values from. */
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
        sw_str_printf(out, ",\"pale\":%s,\"x\":", s->line == SW_CHART_FAINT ? "true" : "false");
        append_numbers(out, s->x, s->count, 6);
        sw_str_append(out, ",\"y\":");
        append_numbers(out, s->y, s->count, 5);
        sw_str_append(out, "}");
    }
    sw_str_append(out, "]}</script>");
}

static void append_caption(sw_str *out, const sw_chart *chart)
{
    static const char *const names[] = {
        [SW_CHART_SOLID] = "solid", [SW_CHART_DASHED] = "dashed", [SW_CHART_FAINT] = "pale"};
    bool described[3] = {false}, any = false;
    sw_str_append(out, "<figcaption><b>");
    sw_html_text(out, chart->title);
    sw_str_append(out, "</b>");
    for (int i = 0; i < chart->series_count; i++) {
        const sw_chart_series *s = &chart->series[i];
        if (!*s->what || described[s->line]) continue;
        sw_str_printf(out, "%s%s: ", any ? ", " : "", names[s->line]);
        sw_html_text(out, s->what);
        described[s->line] = any = true;
    }
    sw_str_append(out, "</figcaption>");
}

void sw_chart_html(sw_str *out, const sw_chart *chart)
{
    const axes a = {.x = sw_chart_x_axis(chart, 8), .y = sw_chart_y_axis(chart, 6)};
    sw_str_append(out, "<figure class=\"chart\">");
    append_caption(out, chart);
    sw_str_append(out, "<div class=\"plot\" tabindex=\"0\" role=\"group\" aria-label=\"");
    sw_html_text(out, chart->title);
    sw_str_append(out, " by epoch; arrow keys read the values\"><svg viewBox=\"0 0 1000 400\" "
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
