/* The figures of a run in a report's page. */
#ifndef STUDY_REPORT_FIGURES_H
#define STUDY_REPORT_FIGURES_H

#include "report_data.h"

/* Appends what run number `run` reached at its best epoch: the confusion matrix, as numbers for a few classes
 * and else as a picture with the largest mistakes beside it, and the figures of each class. */
void report_figures(sw_str *out, const report_data *data, int run);

/* Appends the metrics of every epoch of a run; nothing before the first. */
void report_epochs(sw_str *out, const sw_run_reader *run);

#endif
