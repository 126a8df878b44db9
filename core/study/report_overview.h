/* The beginning of a report's page: what there is, and which is better. */
#ifndef STUDY_REPORT_OVERVIEW_H
#define STUDY_REPORT_OVERVIEW_H

#include "report_data.h"
#include "report_seeds.h"

/* Appends the section: of several runs the text on top; the state of each run; their figures, of several with
 * differences and the best marked, as compare does; and what can't be compared. */
void report_overview(sw_str *out, const report_data *data, const report_seeds *seeds);

#endif
