/* A panel of curves as a figure of a page: it stretches with the page, shows its values to the pointer and
 * to the keyboard (report/page.js), and is there without scripts too. */
#ifndef DRAW_CHART_HTML_H
#define DRAW_CHART_HTML_H

#include "draw/chart.h"

void sw_chart_html(sw_str *out, const sw_chart *chart);

#endif
