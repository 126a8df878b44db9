#include "curves.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The most points of a curve of steps. More steps are averaged over equal stretches. */
enum { MAX_STEP_POINTS = 400 };

bool curves_has_points(const sw_chart *chart)
{
    for (int s = 0; s < chart->series_count; s++)
        if (sw_chart_points(&chart->series[s]) > 0) return true;
    return false;
}

/* ---- a point an epoch ---- */

static sw_status add_column(sw_chart *chart, const run_list *runs, const char *column, const char *what,
                            sw_chart_line line)
{
    for (int r = 0; r < runs->count; r++) {
        const sw_epoch_table *epochs = &runs->runs[r].epochs;
        const int at = sw_columns_find(&epochs->columns, column);
        sw_chart_series *series = sw_chart_add(chart, r, what, line, epochs->count);
        if (!series) return SW_E_MEMORY;
        for (size_t i = 0; i < epochs->count; i++) {
            series->x[i] = epochs->rows[i].epoch;
            series->y[i] = at < 0 ? (double)NAN : epochs->rows[i].values[at];
        }
    }
    return SW_OK;
}

typedef enum presence { ABSENT, NO_VALUES, MEASURED } presence;

/* Whether any run has the column, and a value in it. */
static presence look_for(const run_list *runs, const char *column)
{
    presence found = ABSENT;
    for (int r = 0; r < runs->count; r++) {
        const sw_epoch_table *epochs = &runs->runs[r].epochs;
        const int at = sw_columns_find(&epochs->columns, column);
        for (size_t i = 0; at >= 0 && i < epochs->count; i++) {
            if (isfinite(epochs->rows[i].values[at])) return MEASURED;
            found = NO_VALUES;
        }
    }
    return found;
}

/* ---- steps ---- */

/* The place of a step on the axis of epochs: the last one of epoch 3 is at 3. Where the number of steps an
 * epoch is not known, all steps of an epoch are at its place. */
static double position(const sw_step_table *steps, size_t i, int per_epoch)
{
    return per_epoch > 0 ? (double)steps->rows[i].step / per_epoch : steps->rows[i].epoch;
}

/* Adds the learning rate of each step of a run, or its loss. */
static sw_status add_steps(sw_chart *chart, const run_list *runs, int r, const char *what, sw_chart_line line,
                           bool lr)
{
    const sw_step_table *steps = &runs->steps[r];
    const int per_epoch = run_list_steps_per_epoch(runs, r);
    const size_t stretch = steps->count ? (steps->count - 1) / MAX_STEP_POINTS + 1 : 1;
    const size_t count = (steps->count + stretch - 1) / stretch;
    sw_chart_series *series = sw_chart_add(chart, r, what, line, count);
    if (!series) return SW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const size_t first = i * stretch,
                     end = first + stretch < steps->count ? first + stretch : steps->count;
        double sum = 0, at = 0, values = 0;
        for (size_t k = first; k < end; k++) {
            const double value = lr ? steps->rows[k].lr : steps->rows[k].loss;
            at += position(steps, k, per_epoch);
            if (!isfinite(value)) continue;
            sum += value;
            values++;
        }
        series->x[i] = at / (double)(end - first);
        series->y[i] = values > 0 ? sum / values : (double)NAN;
    }
    return SW_OK;
}

/* ---- by name ---- */

static bool has_epochs(const run_list *runs)
{
    for (int r = 0; r < runs->count; r++)
        if (runs->runs[r].epochs.count > 0) return true;
    return false;
}

static const sw_columns *most_columns(const run_list *runs)
{
    int widest = 0;
    for (int r = 0; r < runs->count; r++)
        if (runs->runs[r].epochs.columns.count > runs->runs[widest].epochs.columns.count) widest = r;
    return &runs->runs[widest].epochs.columns;
}

static sw_status no_column(const char *metric, const sw_columns *columns)
{
    const char *nearest = sw_columns_nearest(columns, metric);
    sw_str names = {0};
    for (int i = 0; i < columns->count; i++) sw_str_printf(&names, ", %s", columns->list[i].key);
    sw_status status =
        sw_fail(SW_E_USAGE, "there is no metric '%s'%s%s; there are loss%s", metric,
                nearest ? ", did you mean " : "", nearest ? nearest : "", names.text ? names.text : "");
    sw_str_deinit(&names);
    return status;
}

/* Sets the title to the column's label, or else to its name, with a capital: "Border IoU". */
static void name_chart(sw_chart *chart, const sw_columns *columns)
{
    const int at = sw_columns_find(columns, chart->id);
    snprintf(chart->title, sizeof chart->title, "%s", at < 0 ? chart->id : columns->list[at].label);
    chart->title[0] = (char)toupper((unsigned char)chart->title[0]);
    chart->is_share = at >= 0 && columns->list[at].metric->better == SW_BETTER_HIGHER &&
                      columns->list[at].metric->group != SW_METRIC_TIME;
}

static sw_status add_loss(sw_chart *chart, const run_list *runs)
{
    SW_ENSURE(add_column(chart, runs, "train_loss", "training", SW_CHART_DASHED));
    SW_ENSURE(add_column(chart, runs, "val_loss", "validation", SW_CHART_SOLID));
    for (int r = 0; r < runs->count; r++)
        SW_ENSURE(add_steps(chart, runs, r, "training steps", SW_CHART_FAINT, false));
    return SW_OK;
}

/* Adds a column, and the article's figure of it where that was measured. */
static sw_status add_metric(sw_chart *chart, const run_list *runs, const sw_columns *columns)
{
    const int at = sw_columns_find(columns, chart->id), of = at < 0 ? -1 : columns->list[at].article;
    const char *article = of < 0 ? NULL : columns->list[of].key;
    const bool both = article && look_for(runs, article) == MEASURED;
    /* before the first epoch the classes are not known, and so neither are the columns */
    if (look_for(runs, chart->id) == ABSENT && has_epochs(runs)) return no_column(chart->id, columns);
    SW_ENSURE(add_column(chart, runs, chart->id, both ? "clean" : "", SW_CHART_SOLID));
    return both ? add_column(chart, runs, article, "as the article", SW_CHART_DASHED) : SW_OK;
}

sw_status curves_make(sw_chart *chart, const char *metric, const run_list *runs)
{
    sw_status status = SW_OK;
    const sw_columns *columns = most_columns(runs);
    *chart = (sw_chart){.id = metric};
    name_chart(chart, columns);
    if (strcmp(metric, "loss") == 0)
        status = add_loss(chart, runs);
    else if (strcmp(metric, "lr") != 0)
        status = add_metric(chart, runs, columns);
    else
        for (int r = 0; r < runs->count && status == SW_OK; r++)
            status = add_steps(chart, runs, r, "", SW_CHART_SOLID, true);
    if (status != SW_OK) sw_chart_deinit(chart);
    return status;
}
