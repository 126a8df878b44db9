/* Panels of curves as a picture for a paper. */
#ifndef DRAW_CHART_DRAW_H
#define DRAW_CHART_DRAW_H

#include <stdint.h>

#include "draw/chart.h"

typedef enum sw_chart_format { SW_CHART_PNG, SW_CHART_SVG } sw_chart_format;

typedef struct sw_chart_page {
    const sw_chart *charts; /* (count), at least 1 */
    int count;
    const char *const *runs; /* (run_count) for the legend */
    int run_count;
    int width, height; /* px */
} sw_chart_page;

/* Returns the colour of a run on white as 0xRRGGBB. Colour-blind eyes can tell them apart. */
uint32_t sw_chart_run_rgb(int run);

/* Chooses panels a row and rows for so many panels on a page of that width. */
void sw_chart_arrange(int *columns, int *rows, int count, int width);

/* Draws the page, written aside and renamed. The same page gives the same bytes on one machine; An SVG
 * does only as the first of a process, since cairo numbers its parts. In SVG type becomes outlines, so that
 * it looks the same everywhere. SW_E_IO: the file can't be written. */
sw_status sw_chart_draw(const char *path, const sw_chart_page *page, sw_chart_format format) SW_NODISCARD;

#endif
