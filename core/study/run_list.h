/* Several runs side by side, under names short enough for a legend. */
#ifndef STUDY_RUN_LIST_H
#define STUDY_RUN_LIST_H

#include "draw/chart.h"
#include "run/reader.h"

typedef struct run_list {
    int count; /* 1..SW_CHART_RUNS */
    sw_run_reader runs[SW_CHART_RUNS];
    sw_step_table steps[SW_CHART_RUNS];
    char *labels[SW_CHART_RUNS]; /* the paths without the folders they share: "segnet_small/001" */
} run_list;

/* Opens all runs. SW_E_USAGE: none or more than SW_CHART_RUNS, one given twice, or a folder that is no run.
 */
sw_status run_list_open(run_list *out, const char *const *paths, int count) SW_NODISCARD;
void run_list_close(run_list *list); /* accepts a zeroed one */

/* Returns the steps an epoch of a run; 0: not known. */
int run_list_steps_per_epoch(const run_list *list, int run);

#endif
