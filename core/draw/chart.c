#include "draw/chart.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void sw_chart_deinit(sw_chart *chart)
{
    for (int i = 0; i < chart->series_count; i++) free(chart->series[i].x);
    *chart = (sw_chart){0};
}

sw_chart_series *sw_chart_add(sw_chart *chart, int run, const char *what, sw_chart_line line, size_t count)
{
    assert(chart->series_count < SW_CHART_SERIES);
    double *room = malloc((2 * count + 1) * sizeof *room);
    if (!room) {
        sw_fail_alloc("points of a curve", 2 * count * sizeof *room);
        return NULL;
    }
    sw_chart_series *series = &chart->series[chart->series_count++];
    *series = (sw_chart_series){
        .run = run, .what = what, .line = line, .x = room, .y = room + count, .count = count};
    return series;
}

size_t sw_chart_points(const sw_chart_series *series)
{
    size_t points = 0;
    for (size_t i = 0; i < series->count; i++) points += isfinite(series->y[i]) != 0;
    return points;
}

bool sw_chart_starts_line(const sw_chart_series *s, size_t i)
{
    return i == 0 || !isfinite(s->y[i - 1]);
}

bool sw_chart_ends_line(const sw_chart_series *s, size_t i)
{
    return i + 1 == s->count || !isfinite(s->y[i + 1]);
}

void sw_chart_set_log(sw_chart *chart)
{
    chart->is_log = true;
    for (int s = 0; s < chart->series_count; s++) {
        sw_chart_series *series = &chart->series[s];
        for (size_t i = 0; i < series->count; i++)
            if (!(series->y[i] > 0)) series->y[i] = NAN;
    }
}

void sw_chart_describe_lines(sw_str *out, const sw_chart *chart)
{
    static const char *const names[] = {
        [SW_CHART_SOLID] = "solid", [SW_CHART_DASHED] = "dashed", [SW_CHART_FAINT] = "pale"};
    const char *between = "";
    for (int line = SW_CHART_SOLID; line <= SW_CHART_FAINT; line++)
        for (int s = 0; s < chart->series_count; s++) {
            const sw_chart_series *series = &chart->series[s];
            if ((int)series->line != line || !*series->what) continue;
            sw_str_printf(out, "%s%s: %s", between, names[line], series->what);
            between = ", ";
            break;
        }
}

/* ---- axes ---- */

/* Returns the smallest of 1, 2, 5 times a power of ten that is not below `least`. */
static double round_step(double least)
{
    double power = pow(10, floor(log10(least)));
    for (int i = 0; i < 3; i++) {
        static const double factors[] = {1, 2, 5};
        /* a hair below: 0.2 / 0.1 is not exactly 2 */
        if (factors[i] * power >= least * (1 - 1e-9)) return factors[i] * power;
    }
    return 10 * power;
}

/* Whether numbers are so close that their differences are roundings, or too small to be written at an axis.
 */
static bool is_flat(double low, double high)
{
    const double size = fmax(fabs(low), fabs(high));
    return !(high - low > size * 1e-4) || high - low < 1e-300;
}

/* Gives a flat line room: a tenth of its value on both sides, and of 0 one to the top. */
static void make_room(double *low, double *high)
{
    const double room = fmax(fabs(*low), fabs(*high)) * 0.1;
    const bool zero = room < 1e-300; /* such as a score of 0 throughout */
    *low -= zero ? 0 : room;
    *high += zero ? 1 : room;
}

sw_axis sw_axis_around(double low, double high, int most, bool whole)
{
    if (!isfinite(low)) low = 0;
    if (!isfinite(high)) high = low;
    if (most < 2) most = 2;
    if (whole && !(high - low >= 1)) high = low + 1;
    if (is_flat(low, high)) make_room(&low, &high);
    double step = round_step((high - low) / (most - 1));
    for (;; step = round_step(step * 1.5)) {
        if (whole && step < 1) step = 1;
        double first = floor(low / step + 1e-9), last = ceil(high / step - 1e-9);
        int ticks = (int)(last - first) + 1;
        if (ticks <= most || (most == 2 && ticks == 3))
            return (sw_axis){.low = first * step, .high = last * step, .step = step, .ticks = ticks};
    }
}

/* Number i of 1, 2, 5, 10, 20 ...; negative ones go down. */
static double round_number(int i)
{
    static const double factors[] = {1, 2, 5};
    const int decade = (int)floor(i / 3.0);
    return factors[i - 3 * decade] * pow(10, decade);
}

/* The multiple of `stride` at or below i, or at or above. */
static int multiple_below(int i, int stride)
{
    return (int)floor((double)i / stride) * stride;
}

static int multiple_above(int i, int stride)
{
    return (int)ceil((double)i / stride) * stride;
}

sw_axis sw_axis_log_around(double low, double high, int most)
{
    if (!(low > 0) || !isfinite(low)) low = 1;
    if (!(high >= low) || !isfinite(high)) high = low;
    if (most < 2) most = 2;
    int first = (int)floor(log10(low)) * 3, last = first;
    while (round_number(first + 1) <= low * (1 + 1e-9)) first++;
    while (round_number(last) < high * (1 - 1e-9)) last++;
    if (last == first) first--, last++; /* a flat line has room on both sides */
    for (int stride = 1;; stride = stride == 1 ? 3 : stride + 3) {
        const int begin = multiple_below(first, stride), end = multiple_above(last, stride);
        const int ticks = (end - begin) / stride + 1;
        if (ticks <= most || stride > last - first)
            return (sw_axis){.low = round_number(begin),
                             .high = round_number(end),
                             .ticks = ticks,
                             .is_log = true,
                             .first = begin,
                             .stride = stride};
    }
}

double sw_axis_value(const sw_axis *axis, int tick)
{
    if (axis->is_log) return round_number(axis->first + tick * axis->stride);
    double value = axis->low + tick * axis->step;
    return fabs(value) < axis->step * 1e-6 ? 0 : value;
}

double sw_axis_place(const sw_axis *axis, double value)
{
    if (axis->is_log) return log(value / axis->low) / log(axis->high / axis->low);
    return (value - axis->low) / (axis->high - axis->low);
}

/* Digits that tell neighbouring ticks apart, but not more than a double has. */
static int significant(const sw_axis *axis)
{
    const double size = fmax(fabs(axis->low), fabs(axis->high));
    const int digits = (int)ceil(log10(size / axis->step) - 1e-9) + 1;
    return digits < 3 ? 3 : digits > 15 ? 15 : digits;
}

void sw_axis_label(char *out, size_t size, const sw_axis *axis, int tick)
{
    double value = sw_axis_value(axis, tick);
    if (axis->is_log) {
        snprintf(out, size, "%g", value);
        return;
    }
    int decimals = (int)ceil(-log10(axis->step) - 1e-9);
    if (decimals > 5 || axis->step >= 1e6)
        snprintf(out, size, "%.*g", significant(axis), value);
    else
        snprintf(out, size, "%.*f", decimals > 0 ? decimals : 0, value);
}

/* Makes an axis around the x or y of all points that have a value. */
static sw_axis axis_of(const sw_chart *chart, int most, bool of_x)
{
    double low = INFINITY, high = -INFINITY;
    for (int s = 0; s < chart->series_count; s++) {
        const sw_chart_series *series = &chart->series[s];
        for (size_t i = 0; i < series->count; i++) {
            if (!isfinite(series->y[i])) continue;
            const double value = of_x ? series->x[i] : series->y[i];
            low = fmin(low, value);
            high = fmax(high, value);
        }
    }
    if (of_x) return sw_axis_around(0, high > 0 ? high : 1, most, true);
    if (chart->y_high > chart->y_low) low = chart->y_low, high = chart->y_high;
    if (chart->is_log) return sw_axis_log_around(low, high, most);
    if (chart->is_share && low <= high && high <= 1 && is_flat(low, high)) {
        make_room(&low, &high);
        high = fmin(high, 1); /* a score has no room beyond 1 */
    }
    return sw_axis_around(low, high, most, false);
}

sw_axis sw_chart_x_axis(const sw_chart *chart, int most)
{
    return axis_of(chart, most, true);
}

sw_axis sw_chart_y_axis(const sw_chart *chart, int most)
{
    return axis_of(chart, most, false);
}
