/* What the best epoch's weights confuse, and the figures of each class. */
#ifndef STUDY_REPORT_FIGURES_H
#define STUDY_REPORT_FIGURES_H

#include "report_data.h"

/* Appends the confusion matrix and the classes' bars of run number `run`. */
void report_figures(sw_str *out, const report_data *data, int run);

#endif
