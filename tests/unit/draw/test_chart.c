/* Charts: axes, gaps, and the two ways to show them. */
#include <cairo.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "draw/chart.h"
#include "draw/chart_draw.h"
#include "draw/chart_html.h"
#include "draw/tiles.h"
#include "scratch.h"

static void clean_up(void)
{
    sw_tiles_cleanup();
    scratch_remove();
}

TestSuite(chart, .init = scratch_create, .fini = clean_up);

/* ---- axes ---- */

static void expect_axis(double low, double high, int most, bool whole)
{
    sw_axis a = sw_axis_around(low, high, most, whole);
    cr_expect(a.ticks >= 2 && a.ticks <= (most < 3 ? 3 : most), "%g..%g: %d ticks", low, high, a.ticks);
    cr_expect(a.low <= low + a.step * 1e-6 && a.high >= high - a.step * 1e-6, "%g..%g in %g..%g", low, high,
              a.low, a.high);
    cr_expect(fabs(sw_axis_value(&a, a.ticks - 1) - a.high) <= fabs(a.step) * 1e-6, "%g..%g", low, high);
    cr_expect(!whole || a.step == floor(a.step), "step %g", a.step);
}

Test(chart, an_axis_holds_its_values_with_no_more_ticks_than_asked)
{
    static const double spans[][2] = {{0, 1},         {0.58, 0.681}, {-3, 5},       {1e-6, 1e-3},
                                      {0, 20},        {0.3, 0.3},    {0, 0},        {-1, 1e9},
                                      {1e-300, 1},    {0.1, 0.2},    {1e12, 1e12},  {0, 1e-12},
                                      {0.999, 1.001}, {-2, -1},      {1e300, 2e300}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        for (int most = 2; most < 12; most++) expect_axis(spans[i][0], spans[i][1], most, false);
    for (int epochs = 1; epochs < 200; epochs++) expect_axis(0, epochs, 8, true);
}

Test(chart, an_axis_of_no_values_is_an_axis)
{
    sw_axis a = sw_axis_around(INFINITY, -INFINITY, 5, false);
    cr_expect(isfinite(a.low) && isfinite(a.high) && a.high > a.low);
    a = sw_axis_around(NAN, NAN, 5, true);
    cr_expect(isfinite(a.low) && isfinite(a.high) && a.high > a.low);
}

Test(chart, scores_of_0_throughout_have_no_axis_below_0)
{
    const sw_axis a = sw_axis_around(0, 0, 5, false);
    cr_expect(a.low >= 0 && a.high > 0, "%g to %g", a.low, a.high);
}

Test(chart, what_differs_by_roundings_alone_is_a_flat_line_with_room_on_both_sides)
{
    static const double values[] = {0.3, 1e-3, -0.5, 250, 1};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const sw_axis a = sw_axis_around(values[i], values[i] + fabs(values[i]) * 3e-8, 6, false);
        const double place = sw_axis_place(&a, values[i]);
        cr_expect(place > 0.2 && place < 0.8, "%g at %g of %g to %g", values[i], place, a.low, a.high);
    }
}

Test(chart, neighbouring_ticks_never_have_the_same_label)
{
    static const double spans[][2] = {{0.5, 0.5},       {0.5, 0.50000001}, {0.001, 0.0010000001},
                                      {0.001, 0.00101}, {0.97, 0.9702},    {1e7, 1.002e7},
                                      {3e-9, 3.01e-9},  {0.02, 0.020003},  {1, 1}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        const sw_axis a = sw_axis_around(spans[i][0], spans[i][1], 6, false);
        char last[32] = "", label[32];
        for (int t = 0; t < a.ticks; t++) {
            sw_axis_label(label, sizeof label, &a, t);
            cr_expect_str_neq(label, last, "%g to %g", spans[i][0], spans[i][1]);
            memcpy(last, label, sizeof last);
        }
    }
}

static void add(sw_chart *chart, int run, const char *what, const double *y, size_t count);

Test(chart, the_axis_of_a_flat_score_ends_at_1_and_that_of_a_flat_loss_begins_at_0_or_above)
{
    static const double ones[] = {1, 1, 1}, small[] = {0.99, 0.99}, large[] = {3, 3};
    static const struct {
        const double *values;
        size_t count;
        bool is_share;
        double least, most;
    } cases[] = {
        {ones, 3, true, 0.8, 1}, {small, 2, true, 0.8, 1}, {ones, 3, false, 0, 1.5}, {large, 2, false, 0, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_chart chart = {.id = "x", .title = "X", .is_share = cases[i].is_share};
        add(&chart, 0, "", cases[i].values, cases[i].count);
        const sw_axis a = sw_chart_y_axis(&chart, 6);
        cr_expect(a.low >= cases[i].least && a.high <= cases[i].most && a.low < cases[i].values[0] &&
                      a.high >= cases[i].values[0],
                  "%zu: %g to %g", i, a.low, a.high);
        sw_chart_deinit(&chart);
    }
}

Test(chart, ticks_are_labelled_with_the_digits_they_need)
{
    static const struct {
        double low, high;
        const char *first, *second;
    } cases[] = {{0, 1, "0.0", "0.2"},
                 {0.58, 0.68, "0.58", "0.60"},
                 {0, 20, "0", "5"},
                 {0, 1e-7, "0", "2e-08"},
                 {-1, 1, "-1.0", "-0.5"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char label[32];
        sw_axis a = sw_axis_around(cases[i].low, cases[i].high, 6, false);
        sw_axis_label(label, sizeof label, &a, 0);
        cr_expect_str_eq(label, cases[i].first);
        sw_axis_label(label, sizeof label, &a, 1);
        cr_expect_str_eq(label, cases[i].second);
    }
}

Test(chart, a_logarithmic_axis_has_ticks_at_1_2_and_5_or_at_whole_decades)
{
    static const struct {
        double low, high;
        int most;
        const char *labels;
    } cases[] = {{0.7, 2.4, 6, "0.5 1 2 5"},
                 {0.5, 1.5, 6, "0.5 1 2"},
                 {0.3, 14, 6, "0.1 1 10 100"},
                 {0.3, 14, 7, "0.2 0.5 1 2 5 10 20"},
                 {1e-5, 0.01, 5, "1e-05 0.0001 0.001 0.01"},
                 {1, 1, 5, "0.5 1 2"},
                 {3, 3, 5, "2 5"},
                 {1, 1e12, 4, "1 10000 1e+08 1e+12"},
                 {-1, 0, 4, "0.5 1 2"},
                 {INFINITY, -INFINITY, 4, "0.5 1 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sw_axis a = sw_axis_log_around(cases[i].low, cases[i].high, cases[i].most);
        sw_str labels = {0};
        for (int tick = 0; tick < a.ticks; tick++) {
            char label[32];
            sw_axis_label(label, sizeof label, &a, tick);
            sw_str_printf(&labels, "%s%s", tick ? " " : "", label);
        }
        cr_expect_str_eq(labels.text, cases[i].labels, "%g to %g: %s", cases[i].low, cases[i].high,
                         labels.text);
        cr_expect_float_eq(sw_axis_place(&a, a.low), 0, 1e-12);
        cr_expect_float_eq(sw_axis_place(&a, a.high), 1, 1e-12);
        cr_expect_float_eq(sw_axis_place(&a, sqrt(a.low * a.high)), 0.5, 1e-12);
        sw_str_deinit(&labels);
    }
}

/* ---- charts ---- */

static void add(sw_chart *chart, int run, const char *what, const double *y, size_t count)
{
    sw_chart_series *s = sw_chart_add(chart, run, what, SW_CHART_SOLID, count);
    cr_assert_not_null(s);
    for (size_t i = 0; i < count; i++) {
        s->x[i] = (double)i + 1;
        s->y[i] = y[i];
    }
}

static const double gapped[] = {0.5, NAN, 0.25, 0.75, INFINITY, 1.0};

static int occurrences(const char *text, const char *what)
{
    int count = 0;
    for (; (text = strstr(text, what)); text += strlen(what)) count++;
    return count;
}

Test(chart, a_gap_breaks_the_line_and_lonely_points_become_dots)
{
    sw_chart chart = {.id = "x", .title = "X & <Y>"};
    sw_str html = {0};
    add(&chart, 1, "", gapped, 6);
    cr_expect_eq(sw_chart_points(&chart.series[0]), 4);
    sw_chart_html(&html, &chart);
    cr_assert_eq(sw_str_status(&html), SW_OK);
    const char *path = strstr(html.text, "<path class=\"line s1 c1\" d=\"");
    cr_assert_not_null(path, "%s", html.text);
    char line[512];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(path + 28, "\""), path + 28);
    cr_expect_eq(occurrences(line, "M"), 3, "%s", line);
    cr_expect_eq(occurrences(line, "L"), 1, "%s", line);
    cr_expect_eq(occurrences(line, "h0"), 2, "%s", line);
    cr_expect_not_null(strstr(html.text, "\"y\":[0.5,null,0.25,0.75,null,1]"), "%s", html.text);
    cr_expect_not_null(strstr(html.text, "X &amp; &lt;Y&gt;"));
    cr_expect_null(strstr(html.text, "nan"));
    cr_expect_null(strstr(html.text, "inf"));
    sw_str_deinit(&html);
    sw_chart_deinit(&chart);
}

Test(chart, what_is_not_above_0_is_a_gap_of_a_logarithmic_chart_and_limits_make_the_axis)
{
    static const double values[] = {14, 0, 2, -1, 0.5};
    sw_chart chart = {.id = "loss"};
    add(&chart, 0, "", values, 5);
    sw_chart_set_log(&chart);
    cr_expect_eq(sw_chart_points(&chart.series[0]), 3);
    sw_axis a = sw_chart_y_axis(&chart, 9);
    cr_expect(a.is_log && a.low == 0.5 && a.high == 20, "%g to %g", a.low, a.high);
    chart.y_low = 1;
    chart.y_high = 5;
    a = sw_chart_y_axis(&chart, 9);
    cr_expect(a.is_log && a.low == 1 && a.high == 5, "%g to %g", a.low, a.high);
    chart.is_log = false;
    a = sw_chart_y_axis(&chart, 9);
    cr_expect(!a.is_log && a.low == 1 && a.high == 5, "%g to %g", a.low, a.high);
    sw_chart_deinit(&chart);
}

Test(chart, a_single_point_shows_and_none_at_all_is_no_line)
{
    static const double one[] = {0.5}, none[] = {NAN, NAN};
    sw_chart chart = {.id = "x", .title = "X"};
    sw_str html = {0};
    add(&chart, 0, "", one, 1);
    add(&chart, 1, "", none, 2);
    sw_chart_html(&html, &chart);
    cr_expect_not_null(strstr(html.text, "class=\"line dot s0 c0\""), "%s", html.text);
    cr_expect_null(strstr(html.text, "s1 c1"), "%s", html.text);
    sw_str_deinit(&html);
    sw_chart_deinit(&chart);
}

Test(chart, each_kind_of_line_is_described_once)
{
    sw_chart chart = {.id = "x", .title = "X"};
    sw_str lines = {0};
    add(&chart, 0, "", gapped, 6);
    sw_chart_describe_lines(&lines, &chart);
    cr_expect_null(lines.text);
    sw_chart_add(&chart, 0, "training", SW_CHART_DASHED, 0);
    for (int r = 0; r < 2; r++) add(&chart, r, "validation", gapped, 6);
    sw_chart_describe_lines(&lines, &chart);
    cr_expect_str_eq(lines.text, "solid: validation, dashed: training");
    sw_str_deinit(&lines);
    sw_chart_deinit(&chart);
}

/* ---- pictures ---- */

static char *drawn(const char *name, sw_chart_format format, const char *run, size_t *length)
{
    static const double other[] = {0.1, 0.2};
    sw_chart charts[2] = {{.id = "x", .title = "X <&>"}, {.id = "y", .title = "Y"}};
    add(&charts[0], 0, "validation", gapped, 6);
    add(&charts[1], 0, "", other, 2);
    const char *runs[] = {run};
    const sw_chart_page sheet = {
        .charts = charts, .count = 2, .runs = runs, .run_count = 1, .width = 800, .height = 300};
    cr_assert_eq(sw_chart_draw(scratch_path(name), &sheet, format), SW_OK, "%s", sw_error_message());
    sw_chart_deinit(&charts[0]);
    sw_chart_deinit(&charts[1]);
    char *bytes;
    cr_assert_eq(sw_fs_read(&bytes, length, scratch_path(name), 1 << 24), SW_OK);
    return bytes;
}

Test(chart, a_png_has_the_size_asked_for_and_the_runs_colour)
{
    size_t length;
    free(drawn("a.png", SW_CHART_PNG, "run", &length));
    cairo_surface_t *s = cairo_image_surface_create_from_png(scratch_path("a.png"));
    cr_assert_eq(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
    cr_expect(cairo_image_surface_get_width(s) == 800 && cairo_image_surface_get_height(s) == 300);
    int coloured = 0, of_another = 0;
    for (int y = 0; y < 300; y++)
        for (int x = 0; x < 800; x++) {
            uint32_t pixel;
            memcpy(&pixel,
                   cairo_image_surface_get_data(s) + (size_t)y * (size_t)cairo_image_surface_get_stride(s) +
                       4 * (size_t)x,
                   4);
            coloured += (pixel & 0xFFFFFF) == sw_chart_run_rgb(0);
            of_another += (pixel & 0xFFFFFF) == sw_chart_run_rgb(1);
        }
    cairo_surface_destroy(s);
    /* most of a slanting line is mixed with the paper */
    cr_expect_gt(coloured, 20);
    cr_expect_eq(of_another, 0);
}

/* An SVG's surfaces are numbered through a process: tests/e2e/test_plot_command.c compares two processes. */
Test(chart, the_same_sheet_gives_the_same_bytes_whatever_the_run_is_called)
{
    static const char *const names[] = {"plain", "<&>\"'", "\xFF\x01\xC3", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int format = SW_CHART_PNG; format <= SW_CHART_SVG; format++) {
            size_t a, b;
            char *first = drawn("1", (sw_chart_format)format, names[i], &a);
            char *second = drawn("2", (sw_chart_format)format, names[i], &b);
            if (format == SW_CHART_PNG)
                cr_expect(a == b && memcmp(first, second, a) == 0, "run %s", names[i]);
            cr_expect(a > 2000 && b > 2000, "format %d, run %s", format, names[i]);
            cr_expect_eq(strncmp(first, format == SW_CHART_SVG ? "<?xml" : "\x89PNG", 4), 0);
            free(first);
            free(second);
        }
}

Test(chart, a_picture_that_can_not_be_written_is_an_error_with_its_name)
{
    sw_chart chart = {.id = "x", .title = "X"};
    const char *runs[] = {"run"};
    const sw_chart_page sheet = {
        .charts = &chart, .count = 1, .runs = runs, .run_count = 1, .width = 200, .height = 200};
    cr_expect_eq(sw_chart_draw(scratch_path("no/such/a.svg"), &sheet, SW_CHART_SVG), SW_E_IO);
    cr_expect_not_null(strstr(sw_error_message(), "no/such/a.svg"), "%s", sw_error_message());
}
