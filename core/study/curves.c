#include "curves.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many points as a curve shows; more steps are averaged over equal stretches. */
enum { MAX_STEP_POINTS = 400 };

bool curves_has_points(const sw_chart *chart)
{
    for (int s = 0; s < chart->series_count; s++)
        if (sw_chart_points(&chart->series[s]) > 0) return true;
    return false;
}

/* ---- a point an epoch ---- */

static sw_status add_column(sw_chart *chart, const run_list *runs, const char *column, const char *what,
                            sw_chart_line line, bool *found)
{
    for (int r = 0; r < runs->count; r++) {
        const sw_epoch_table *epochs = &runs->runs[r].epochs;
        sw_chart_series *series = sw_chart_add(chart, r, what, line, epochs->count);
        if (!series) return SW_E_MEMORY;
        for (size_t i = 0; i < epochs->count; i++) series->x[i] = epochs->rows[i].epoch;
        const int at = sw_columns_find(&epochs->columns, column);
        for (size_t i = 0; i < epochs->count; i++)
            series->y[i] = at < 0 ? (double)NAN : epochs->rows[i].values[at];
        *found = *found || (at >= 0 && epochs->count > 0);
    }
    return SW_OK;
}

static bool was_measured(const run_list *runs, const char *column)
{
    for (int r = 0; r < runs->count; r++) {
        const sw_epoch_table *epochs = &runs->runs[r].epochs;
        const int at = sw_columns_find(&epochs->columns, column);
        for (size_t i = 0; at >= 0 && i < epochs->count; i++)
            if (isfinite(epochs->rows[i].values[at])) return true;
    }
    return false;
}

/* ---- steps ---- */

typedef double (*step_value)(const sw_step_record *step);

static double loss_of(const sw_step_record *step)
{
    return step->loss;
}

static double lr_of(const sw_step_record *step)
{
    return step->lr;
}

/* Where a step stands on the axis of epochs: the last one of epoch 3 at 3. A run whose steps an epoch are not
 * known has them side by side. */
static double position(const sw_step_table *steps, size_t i, int per_epoch)
{
    return per_epoch > 0 ? (double)steps->rows[i].step / per_epoch : steps->rows[i].epoch;
}

static sw_status add_steps(sw_chart *chart, const run_list *runs, int r, const char *what, sw_chart_line line,
                           step_value value)
{
    const sw_step_table *steps = &runs->steps[r];
    int per_epoch = run_list_steps_per_epoch(runs, r);
    size_t stretch = (steps->count + MAX_STEP_POINTS - 1) / MAX_STEP_POINTS;
    if (stretch == 0) stretch = 1;
    size_t count = (steps->count + stretch - 1) / stretch;
    sw_chart_series *series = sw_chart_add(chart, r, what, line, count);
    if (!series) return SW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        size_t first = i * stretch, end = first + stretch < steps->count ? first + stretch : steps->count;
        double sum = 0, at = 0, values = 0;
        for (size_t k = first; k < end; k++) {
            at += position(steps, k, per_epoch);
            if (!isfinite(value(&steps->rows[k]))) continue;
            sum += value(&steps->rows[k]);
            values++;
        }
        series->x[i] = at / (double)(end - first);
        series->y[i] = values > 0 ? sum / values : (double)NAN;
    }
    return SW_OK;
}

static sw_status make_loss(sw_chart *chart, const run_list *runs)
{
    sw_status status = SW_OK;
    bool found;
    SW_TRY(add_column(chart, runs, "train_loss", "training", SW_CHART_DASHED, &found));
    SW_TRY(add_column(chart, runs, "val_loss", "validation", SW_CHART_SOLID, &found));
    for (int r = 0; r < runs->count; r++)
        SW_TRY(add_steps(chart, runs, r, "training steps", SW_CHART_FAINT, loss_of));
done:
    return status;
}

static sw_status make_lr(sw_chart *chart, const run_list *runs)
{
    sw_status status = SW_OK;
    for (int r = 0; r < runs->count; r++) SW_TRY(add_steps(chart, runs, r, "", SW_CHART_SOLID, lr_of));
done:
    return status;
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
    sw_str names = {0};
    for (int i = 0; i < columns->count; i++) sw_str_printf(&names, ", %s", columns->list[i].key);
    sw_status status = sw_fail(SW_E_USAGE, "there is no metric '%s'; there are loss%s", metric,
                               names.text ? names.text : "");
    sw_str_deinit(&names);
    return status;
}

/* "Border IoU": the label of the column, or the name itself, with a capital. */
static void name_chart(sw_chart *chart, const sw_columns *columns)
{
    const int at = sw_columns_find(columns, chart->id);
    snprintf(chart->title, sizeof chart->title, "%s", at < 0 ? chart->id : columns->list[at].label);
    chart->title[0] = (char)toupper((unsigned char)chart->title[0]);
}

sw_status curves_make(sw_chart *chart, const char *metric, const run_list *runs)
{
    sw_status status = SW_OK;
    const sw_columns *columns = most_columns(runs);
    *chart = (sw_chart){.id = metric};
    name_chart(chart, columns);
    if (strcmp(metric, "loss") == 0) {
        SW_TRY(make_loss(chart, runs));
        goto done;
    }
    if (strcmp(metric, "lr") == 0) {
        SW_TRY(make_lr(chart, runs));
        goto done;
    }
    const int at = sw_columns_find(columns, metric), of = at < 0 ? -1 : sw_columns_article_of(columns, at);
    const char *article = of < 0 ? NULL : columns->list[of].key;
    bool found = false, both = article && was_measured(runs, article), ignored;
    SW_TRY(add_column(chart, runs, metric, both ? "clean" : "", SW_CHART_SOLID, &found));
    if (both) SW_TRY(add_column(chart, runs, article, "as the article", SW_CHART_DASHED, &ignored));
    /* without a row nobody knows the classes, and so the columns */
    if (!found && has_epochs(runs)) status = no_column(metric, columns);
done:
    if (status != SW_OK) sw_chart_deinit(chart);
    return status;
}
