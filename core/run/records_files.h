/* What the writer and the reader of a run's numbers share. */
#ifndef RUN_RECORDS_FILES_H
#define RUN_RECORDS_FILES_H

#include "base/str.h"
#include "run/records.h"

static const char steps_name[] = "steps.jsonl", metrics_name[] = "metrics.jsonl", csv_name[] = "metrics.csv";

/* Append the first line of metrics.csv and one of an epoch. */
void append_csv_header(sw_str *out, const sw_columns *columns);
void append_csv_row(sw_str *out, const sw_columns *columns, const sw_epoch_record *record);

#endif
