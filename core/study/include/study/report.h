/* Runs as one page for a browser. */
#ifndef STUDY_REPORT_H
#define STUDY_REPORT_H

#include "base/status.h"

/* Writes a page about the runs (folders of runs, finished or not) that needs nothing but itself: styles,
 * scripts and pictures are inside. What it shows: docs/report.md. SW_E_USAGE: none or too many runs, one
 * given twice, a folder that is no run. SW_E_DATA, SW_E_IO: a damaged run, or the page can't be written. */
sw_status sw_report(const char *const *runs, int count, const char *out) SW_NODISCARD;

#endif
