#include "draw/chart_draw.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "lettering.h"
#include "page/html.h"

static const uint32_t rule_rgb = 0xD8DEE4;

/* Okabe and Ito's colours without the yellow, which does not show on white. */
static const uint32_t run_colours[SW_CHART_RUNS] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                                    0x56B4E9, 0xE69F00, 0x4D4D4D, 0x8C510A};

uint32_t sw_chart_run_rgb(int run)
{
    return run_colours[run % SW_CHART_RUNS];
}

/* ---- a panel ---- */

typedef struct plot_area {
    double left, top, width, height, type_px;
    sw_axis x, y;
} plot_area;

static double at_x(const plot_area *a, double x)
{
    return a->left + sw_axis_place(&a->x, x) * a->width;
}

static double at_y(const plot_area *a, double y)
{
    return a->top + (1 - sw_axis_place(&a->y, y)) * a->height;
}

static void draw_axes(cairo_t *cr, const plot_area *a)
{
    char label[32];
    sw_lettering_type(cr, a->type_px * 0.85, false);
    cairo_set_line_width(cr, a->type_px / 14);
    for (int i = 0; i < a->y.ticks; i++) {
        double y = at_y(a, sw_axis_value(&a->y, i));
        sw_lettering_colour(cr, rule_rgb, 1);
        cairo_move_to(cr, a->left, y);
        cairo_line_to(cr, a->left + a->width, y);
        cairo_stroke(cr);
        sw_axis_label(label, sizeof label, &a->y, i);
        sw_lettering_colour(cr, SW_FAINT_INK_RGB, 1);
        sw_lettering_draw(cr, label, a->left - a->type_px * 0.4, y + a->type_px * 0.3, 1);
    }
    for (int i = 0; i < a->x.ticks; i++) {
        double x = at_x(a, sw_axis_value(&a->x, i));
        sw_axis_label(label, sizeof label, &a->x, i);
        sw_lettering_colour(cr, SW_FAINT_INK_RGB, 1);
        sw_lettering_draw(cr, label, x, a->top + a->height + a->type_px * 1.2, 0.5);
    }
}

static void set_line(cairo_t *cr, const plot_area *a, const sw_chart_series *series)
{
    double width = a->type_px / 7, dash[] = {width * 3, width * 2};
    bool faint = series->line == SW_CHART_FAINT;
    cairo_set_dash(cr, dash, series->line == SW_CHART_DASHED ? 2 : 0, 0);
    cairo_set_line_width(cr, faint ? width / 2 : width);
    sw_lettering_colour(cr, sw_chart_run_rgb(series->run), faint ? 0.35 : 1);
}

static void draw_series(cairo_t *cr, const plot_area *a, const sw_chart_series *series)
{
    set_line(cr, a, series);
    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->y[i])) continue;
        const double x = at_x(a, series->x[i]), y = at_y(a, series->y[i]);
        if (sw_chart_starts_line(series, i))
            cairo_move_to(cr, x, y);
        else
            cairo_line_to(cr, x, y);
    }
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->y[i]) || !sw_chart_starts_line(series, i) || !sw_chart_ends_line(series, i))
            continue; /* only a point alone would not show as a line */
        cairo_arc(cr, at_x(a, series->x[i]), at_y(a, series->y[i]), a->type_px / 5, 0, 2 * 3.14159265358979);
        cairo_fill(cr);
    }
}

static void draw_heading(cairo_t *cr, const sw_chart *chart, double x, double baseline, double type_px)
{
    sw_str lines = {0};
    sw_chart_describe_lines(&lines, chart);
    sw_lettering_colour(cr, SW_INK_RGB, 1);
    sw_lettering_type(cr, type_px, true);
    sw_lettering_draw(cr, chart->title, x, baseline, 0);
    double after = x + sw_lettering_width(cr, chart->title) + type_px;
    sw_lettering_type(cr, type_px * 0.85, false);
    sw_lettering_colour(cr, SW_FAINT_INK_RGB, 1);
    if (lines.text) sw_lettering_draw(cr, lines.text, after, baseline, 0);
    sw_str_deinit(&lines);
}

static double widest_label(cairo_t *cr, const sw_axis *axis)
{
    double widest = 0;
    char label[32];
    for (int i = 0; i < axis->ticks; i++) {
        sw_axis_label(label, sizeof label, axis, i);
        widest = fmax(widest, sw_lettering_width(cr, label));
    }
    return widest;
}

static void draw_panel(cairo_t *cr, const sw_chart *chart, double left, double top, double width,
                       double height, double type_px)
{
    plot_area a = {.type_px = type_px};
    double heading = type_px * 2, foot = type_px * 2.8;
    a.height = fmax(height - heading - foot, type_px);
    a.y = sw_chart_y_axis(chart, (int)fmax(3, a.height / (type_px * 2.5)));
    sw_lettering_type(cr, type_px * 0.85, false);
    double labels = widest_label(cr, &a.y) + type_px * 0.8;
    a.left = left + labels;
    a.top = top + heading;
    a.width = fmax(width - labels - type_px * 1.5, type_px);
    a.x = sw_chart_x_axis(chart, (int)fmax(2, a.width / (type_px * 4)));
    draw_heading(cr, chart, left + type_px * 0.4, top + type_px * 1.1, type_px);
    draw_axes(cr, &a);
    sw_lettering_colour(cr, SW_FAINT_INK_RGB, 1);
    sw_lettering_draw(cr, "epoch", a.left + a.width / 2, a.top + a.height + type_px * 2.4, 0.5);
    cairo_save(cr);
    if (chart->y_high > chart->y_low) {
        cairo_rectangle(cr, a.left, a.top, a.width, a.height);
        cairo_clip(cr);
    }
    /* pale ones first: they lie behind the others */
    for (int s = 0; s < chart->series_count; s++)
        if (chart->series[s].line == SW_CHART_FAINT) draw_series(cr, &a, &chart->series[s]);
    for (int s = 0; s < chart->series_count; s++)
        if (chart->series[s].line != SW_CHART_FAINT) draw_series(cr, &a, &chart->series[s]);
    cairo_restore(cr);
}

/* ---- the page ---- */

void sw_chart_arrange(int *columns, int *rows, int count, int width)
{
    int most = width < 700 ? 1 : width < 1500 ? 2 : 3;
    *columns = count < most ? count : most;
    *rows = (count + *columns - 1) / *columns;
}

/* Draws the runs' names from `top` on, or with `measure` only finds the lines they take. */
static int draw_legend(cairo_t *cr, const sw_chart_page *page, char *const *names, double top, double type_px,
                       bool measure)
{
    double x = type_px, baseline = top + type_px;
    int lines = 1;
    sw_lettering_type(cr, type_px * 0.9, false);
    for (int i = 0; i < page->run_count; i++) {
        double entry = type_px * 2.2 + sw_lettering_width(cr, names[i]);
        if (x > type_px && x + entry > page->width - type_px) {
            x = type_px;
            baseline += type_px * 1.5;
            lines++;
        }
        if (!measure) {
            sw_lettering_colour(cr, sw_chart_run_rgb(i), 1);
            cairo_rectangle(cr, x, baseline - type_px * 0.45, type_px * 1.6, type_px * 0.25);
            cairo_fill(cr);
            sw_lettering_colour(cr, SW_INK_RGB, 1);
            sw_lettering_draw(cr, names[i], x + type_px * 2.2, baseline, 0);
        }
        x += entry + type_px * 1.5;
    }
    return lines;
}

static void draw_page(cairo_t *cr, const sw_chart_page *page, char *const *names)
{
    int columns, rows;
    sw_chart_arrange(&columns, &rows, page->count, page->width);
    double width = (double)page->width / columns;
    double type_px = fmin(fmin(width / 38, (double)page->height / rows / 15), 64);
    int legend_lines = draw_legend(cr, page, names, 0, type_px, true);
    double legend_top = page->height - type_px * (1.5 * legend_lines + 0.3);
    double height = fmax((legend_top - type_px * 0.5) / rows, type_px);
    sw_lettering_colour(cr, SW_PAPER_RGB, 1);
    cairo_paint(cr);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (int i = 0; i < page->count; i++)
        draw_panel(cr, &page->charts[i], i % columns * width + type_px * 0.6,
                   (double)(i / columns) * height + type_px * 0.4, width - type_px * 0.6, height, type_px);
    draw_legend(cr, page, names, legend_top, type_px, false);
}

/* ---- files ---- */

static cairo_status_t draw_to(sw_fs_writer *to, const sw_chart_page *page, char *const *names,
                              sw_chart_format format)
{
    cairo_surface_t *surface =
        format == SW_CHART_SVG
            ? cairo_svg_surface_create_for_stream(sw_lettering_write, to, page->width, page->height)
            : cairo_image_surface_create(CAIRO_FORMAT_RGB24, page->width, page->height);
    cairo_t *cr = cairo_create(surface);
    if (format == SW_CHART_SVG && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
        cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    sw_lettering_hint(cr, CAIRO_HINT_STYLE_NONE, CAIRO_HINT_METRICS_OFF);
    draw_page(cr, page, names);
    cairo_status_t result = cairo_status(cr);
    if (result == CAIRO_STATUS_SUCCESS && format == SW_CHART_PNG)
        result = cairo_surface_write_to_png_stream(surface, sw_lettering_write, to);
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    if (result == CAIRO_STATUS_SUCCESS) result = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return result;
}

static sw_status write_page(const char *path, const sw_chart_page *page, char *const *names,
                            sw_chart_format format)
{
    sw_fs_writer writer;
    SW_ENSURE(sw_fs_writer_open(&writer, path));
    return sw_lettering_finish(&writer, draw_to(&writer, page, names, format),
                               (size_t)page->width * (size_t)page->height * 4);
}

sw_status sw_chart_draw(const char *path, const sw_chart_page *page, sw_chart_format format)
{
    sw_status status = SW_OK;
    char **names = calloc((size_t)page->run_count + 1, sizeof *names);
    if (!names) return sw_fail_alloc("names of the runs", 0);
    for (int i = 0; i < page->run_count; i++) {
        names[i] = sw_html_clean(page->runs[i]);
        if (!names[i]) status = SW_E_MEMORY;
    }
    if (status == SW_OK) status = write_page(path, page, names, format);
    for (int i = 0; i < page->run_count; i++) free(names[i]);
    free(names);
    return status;
}
