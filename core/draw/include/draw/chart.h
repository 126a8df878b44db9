/* Curves as data: the series of a panel, the range they span and the ticks of their axes. chart_draw.c draws
 * panels as a picture, chart_html.c writes them into a page. */
#ifndef DRAW_CHART_H
#define DRAW_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { SW_CHART_RUNS = 8, SW_CHART_SERIES = 3 * SW_CHART_RUNS };

typedef enum sw_chart_line {
    SW_CHART_SOLID,
    SW_CHART_DASHED,
    SW_CHART_FAINT, /* thin and pale: many points behind the other lines */
} sw_chart_line;

/* A curve. Where y is not finite is a gap. */
typedef struct sw_chart_series {
    int run;          /* number of the run, which chooses the colour */
    const char *what; /* "validation", "pet"; "" where the panel's title says it */
    sw_chart_line line;
    double *x, *y; /* (count) owned */
    size_t count;
} sw_chart_series;

typedef struct sw_chart {
    const char *id;       /* the metric's name: "loss", "miou" */
    char title[96];       /* "Loss" */
    bool is_share;        /* values lie within 0..1, and so does the axis of a flat line */
    bool is_log;          /* the y axis is logarithmic; see sw_chart_set_log */
    double y_low, y_high; /* what the y axis spans at least, curves being cut there; both 0: every point */
    sw_chart_series series[SW_CHART_SERIES];
    int series_count;
} sw_chart;

void sw_chart_deinit(sw_chart *chart);

/* Adds a series with room for `count` points. NULL when memory is out. */
sw_chart_series *sw_chart_add(sw_chart *chart, int run, const char *what, sw_chart_line line, size_t count);

/* Counts the points that have a value. */
size_t sw_chart_points(const sw_chart_series *series);

/* Whether the line begins or ends at a point that has a value; both: it is alone between gaps. */
bool sw_chart_starts_line(const sw_chart_series *series, size_t point);
bool sw_chart_ends_line(const sw_chart_series *series, size_t point);

/* Makes the y axis logarithmic; values that are not above 0 become gaps. */
void sw_chart_set_log(sw_chart *chart);

/* Appends what each kind of line is: "solid: validation, dashed: training". Nothing where the title says it.
 */
void sw_chart_describe_lines(sw_str *out, const sw_chart *chart);

/* Ticks at low, low + step ... high; of a logarithmic axis at every `stride`-th of 1, 2, 5, 10, 20 ..., 1
 * being number 0 and `first` the number of `low`. */
typedef struct sw_axis {
    double low, high, step;
    int ticks;
    bool is_log;
    int first, stride;
} sw_axis;

/* Makes a range of round numbers around [low, high] with at most `most` ticks (at least 2). `whole`: ticks
 * are whole numbers. Values that are not finite count as 0. Where low and high are the same but for
 * roundings, both sides get room. */
sw_axis sw_axis_around(double low, double high, int most, bool whole);

/* The same of a logarithmic axis. Values that are not above 0 count as 1. */
sw_axis sw_axis_log_around(double low, double high, int most);

double sw_axis_value(const sw_axis *axis, int tick);
/* 0..1 for low..high */
double sw_axis_place(const sw_axis *axis, double value);
/* Writes the tick's number with as many digits as the step needs. */
void sw_axis_label(char *out, size_t size, const sw_axis *axis, int tick);

/* Make axes that hold every point of the chart, or what the chart says; epochs begin at 0. */
sw_axis sw_chart_x_axis(const sw_chart *chart, int most);
sw_axis sw_chart_y_axis(const sw_chart *chart, int most);

#endif
