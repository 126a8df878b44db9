/* The learning curves of runs, by the name of the metric. */
#ifndef STUDY_CURVES_H
#define STUDY_CURVES_H

#include "draw/chart.h"
#include "run_list.h"

/* Makes the chart of one metric over all runs:
 *
 * - loss: training (dashed) and validation, mean over an epoch; the loss of each step (pale)
 * - lr: learning rate, step by step
 * - any other column of metrics.jsonl, and the article's figure of it (dashed) where it was measured
 *
 * SW_E_USAGE: no run has such a column; the message lists those there are. `metric` must outlive the chart.
 */
sw_status curves_make(sw_chart *out, const char *metric, const run_list *runs) SW_NODISCARD;

/* Whether there is any value to draw. */
bool curves_has_points(const sw_chart *chart);

#endif
