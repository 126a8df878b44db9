/* The text on top of a report of several runs: what differs, what it did, and whether seeds explain it. */
#ifndef STUDY_REPORT_SUMMARY_H
#define STUDY_REPORT_SUMMARY_H

#include "report_data.h"
#include "report_seeds.h"

void report_summary(sw_str *out, const report_data *data, const report_seeds *seeds);

#endif
