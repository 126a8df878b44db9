/* What the writer and the reader of a run's numbers share. */
#ifndef RUN_RECORDS_FILES_H
#define RUN_RECORDS_FILES_H

#include "base/str.h"
#include "run/records.h"

static const char steps_name[] = "steps.jsonl", metrics_name[] = "metrics.jsonl", csv_name[] = "metrics.csv";

/* Appends the first line of metrics.csv. */
void append_csv_header(sw_str *out, const sw_columns *columns);

/* Appends the shortest digits that read back as the same float; `absent` for NaN and what is not finite. */
void append_number(sw_str *s, double value, const char *absent);

#endif
