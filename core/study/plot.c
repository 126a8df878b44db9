#include "study/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "curves.h"
#include "draw/chart_draw.h"
#include "run/out_file.h"
#include "run_list.h"

typedef struct plot {
    char *names; /* the list of metrics, cut at its commas */
    const char *metrics[SW_PLOT_METRICS];
    int count;
    sw_chart charts[SW_PLOT_METRICS];
    int width, height;
    sw_chart_format format;
} plot;

static sw_status read_format(plot *p, const char *out)
{
    const char *dot = strrchr(out, '.');
    if (dot && strcasecmp(dot, ".svg") == 0)
        p->format = SW_CHART_SVG;
    else if (dot && strcasecmp(dot, ".png") == 0)
        p->format = SW_CHART_PNG;
    else
        return sw_fail(SW_E_USAGE, "%s: the file's name must end in .svg or .png", out);
    return SW_OK;
}

/* Splits a list of metrics. NULL: the loss, and the scores of the trainer's line. */
static sw_status read_metrics(plot *p, const char *text, const sw_columns *columns)
{
    sw_str names = {0};
    sw_str_append(&names, text ? text : "loss");
    for (int i = 0; !text && i < columns->count; i++)
        if (columns->list[i].metric->line && sw_column_is_headline(columns, &columns->list[i]))
            sw_str_printf(&names, ",%s", columns->list[i].key);
    SW_ENSURE(sw_str_take(&p->names, &names));
    for (char *name = p->names; name;) {
        char *comma = strchr(name, ',');
        if (comma) *comma = '\0';
        if (!*name) return sw_fail(SW_E_USAGE, "--metrics %s: a name is missing", text);
        for (int i = 0; i < p->count; i++)
            if (strcmp(p->metrics[i], name) == 0)
                return sw_fail(SW_E_USAGE, "--metrics %s: '%s' stands there twice", text, name);
        if (p->count == SW_PLOT_METRICS)
            return sw_fail(SW_E_USAGE, "--metrics: more than %d", SW_PLOT_METRICS);
        p->metrics[p->count++] = name;
        name = comma ? comma + 1 : NULL;
    }
    return SW_OK;
}

static sw_status read_size(plot *p, const char *text)
{
    int columns, rows;
    p->width = p->count == 1 ? 640 : p->count > 4 ? 1500 : 1000;
    sw_chart_arrange(&columns, &rows, p->count, p->width);
    p->height = rows * (p->count == 1 ? 420 : 320) + 40;
    if (!text) return SW_OK;
    long width, height;
    int end = 0;
    if (sscanf(text, "%ldx%ld%n", &width, &height, &end) != 2 || text[end] != '\0')
        return sw_fail(SW_E_USAGE, "--size %s: expected WIDTHxHEIGHT in pixels, such as 1000x640", text);
    if (width < SW_PLOT_MIN_PX || width > SW_PLOT_MAX_PX || height < SW_PLOT_MIN_PX ||
        height > SW_PLOT_MAX_PX)
        return sw_fail(SW_E_USAGE, "--size %s: each side must be within %d..%d pixels", text, SW_PLOT_MIN_PX,
                       SW_PLOT_MAX_PX);
    p->width = (int)width;
    p->height = (int)height;
    return SW_OK;
}

static sw_status nothing_to_draw(const plot *p, const run_list *runs)
{
    const char *first = runs->runs[0].path, *others = runs->count > 1 ? " and the others" : "";
    bool epochs = false, article = true;
    for (int r = 0; r < runs->count; r++) epochs |= sw_run_reader_epochs_done(&runs->runs[r]) > 0;
    for (int i = 0; i < p->count; i++) article &= strncmp(p->metrics[i], "article_", 8) == 0;
    if (!epochs)
        return sw_fail(SW_E_DATA, "%s%s: nothing to draw, no epoch has been completed yet", first, others);
    return sw_fail(SW_E_DATA, "%s%s: nothing to draw, %s%s has no value in any epoch%s", first, others,
                   p->metrics[0], p->count > 1 ? " and what else is asked for" : "",
                   article ? ": the article's validation is made every train.article_every epochs (0: never)"
                           : "");
}

static sw_status make_charts(plot *p, const run_list *runs)
{
    bool any = false;
    for (int i = 0; i < p->count; i++) {
        SW_ENSURE(curves_make(&p->charts[i], p->metrics[i], runs));
        any = any || curves_has_points(&p->charts[i]);
    }
    return any ? SW_OK : nothing_to_draw(p, runs);
}

static sw_status bad_limits(const char *text)
{
    return sw_fail(SW_E_USAGE,
                   "--ylim %s: expected LOW,HIGH with LOW below HIGH, or METRIC=LOW,HIGH, such as loss=0,2",
                   text);
}

/* Limits of an axis, of one metric or of all. */
static sw_status take_limits(plot *p, const char *text)
{
    const char *equals = strchr(text, '='), *numbers = equals ? equals + 1 : text;
    const size_t name_bytes = equals ? (size_t)(equals - text) : 0;
    double low, high;
    int end = 0, found = 0;
    if (sscanf(numbers, "%lf,%lf%n", &low, &high, &end) != 2 || numbers[end] != '\0') return bad_limits(text);
    if (!isfinite(high - low) || low >= high) return bad_limits(text);
    for (int i = 0; i < p->count; i++) {
        sw_chart *chart = &p->charts[i];
        if (equals && (strlen(chart->id) != name_bytes || strncmp(chart->id, text, name_bytes) != 0))
            continue;
        if (chart->is_log && low <= 0)
            return sw_fail(SW_E_USAGE, "--ylim %s: a logarithmic axis begins above 0", text);
        chart->y_low = low;
        chart->y_high = high;
        found++;
    }
    if (found == 0)
        return sw_fail(SW_E_USAGE, "--ylim %s: '%.*s' is none of the metrics that are drawn", text,
                       (int)name_bytes, text);
    return SW_OK;
}

static sw_status set_axes(plot *p, const sw_plot_options *options)
{
    for (int i = 0; i < p->count; i++) {
        sw_chart *chart = &p->charts[i];
        if (!options->log || chart->is_share) continue;
        sw_chart_set_log(chart);
        size_t length = strlen(chart->title);
        snprintf(chart->title + length, sizeof chart->title - length, ", logarithmic");
    }
    for (const char *const *limits = options->limits; limits && *limits; limits++)
        SW_ENSURE(take_limits(p, *limits));
    return SW_OK;
}

sw_status sw_plot(const char *const *paths, int count, const sw_plot_options *options)
{
    sw_status status = SW_OK;
    plot p = {0};
    run_list *runs = calloc(1, sizeof *runs);
    if (!runs) return sw_fail_alloc("the runs", sizeof *runs);
    SW_TRY(read_format(&p, options->out));
    SW_TRY(run_list_open(runs, paths, count));
    SW_TRY(read_metrics(&p, options->metrics, &runs->runs[0].epochs.columns));
    SW_TRY(read_size(&p, options->size));
    SW_TRY(make_charts(&p, runs));
    SW_TRY(set_axes(&p, options));
    SW_TRY(sw_out_file_check(options->out, NULL, NULL));
    const sw_chart_page page = {.charts = p.charts,
                                .count = p.count,
                                .runs = (const char *const *)runs->labels,
                                .run_count = runs->count,
                                .width = p.width,
                                .height = p.height};
    SW_TRY(sw_chart_draw(options->out, &page, p.format));
done:
    for (int i = 0; i < p.count; i++) sw_chart_deinit(&p.charts[i]);
    free(p.names);
    run_list_close(runs);
    free(runs);
    return status;
}
