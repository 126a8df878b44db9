/* The numbers of a run: steps.jsonl (a line a step), metrics.jsonl and metrics.csv (a line an epoch).
 *
 * Lines are appended with one write each, so that a killed process leaves whole lines but for the last.
 * sw_records_rewind brings the files back to a resume point. Numbers are written in the shortest form that
 * reads back as the same float; what is absent (NaN) or not finite is null in JSON and empty in CSV. */
#ifndef RUN_RECORDS_H
#define RUN_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "nn/metric_table.h"

typedef struct sw_step_record {
    int64_t step; /* 1 = first of the run */
    int epoch;    /* 1 = first */
    double loss, lr;
} sw_step_record;

/* A row of the metrics. */
typedef struct sw_epoch_record {
    int epoch;      /* 1 = first; 0 = before training */
    double *values; /* by the places of a sw_columns (nn/metric_table.h); NaN: absent; owned */
} sw_epoch_record;

/* Makes a record of that epoch, with a value a column and all of them absent. */
sw_status sw_epoch_record_init(sw_epoch_record *out, int epoch, const sw_columns *columns) SW_NODISCARD;
void sw_epoch_record_deinit(sw_epoch_record *record); /* accepts a zeroed one */

typedef struct sw_records sw_records;

/* Opens or creates the three files in a run's folder for appending. To continue a run, rewind first. */
sw_status sw_records_open(sw_records **out, const char *folder, const sw_classes *classes,
                          const sw_loss_names *losses) SW_NODISCARD;
sw_status sw_records_append_step(sw_records *records, const sw_step_record *step) SW_NODISCARD;
sw_status sw_records_append_epoch(sw_records *records, const sw_epoch_record *epoch) SW_NODISCARD;
/* Waits until all lines are on the disk. */
sw_status sw_records_flush(const sw_records *records) SW_NODISCARD;
void sw_records_close(sw_records *records);

/* The columns of the files after "epoch", in their order; borrowed. */
const sw_columns *sw_records_columns(const sw_records *records);

/* Drops the rows of steps past `last_step` and of epochs past `last_epoch`, and a torn last line; metrics.csv
 * is made anew from metrics.jsonl, with the columns that this version writes. Files that are not there are
 * not needed. SW_E_DATA: a line that is no record in the middle of a file, with its number. */
sw_status sw_records_rewind(const char *folder, const sw_classes *classes, const sw_loss_names *losses,
                            int last_epoch, int64_t last_step) SW_NODISCARD;

/* How far the numbers of a run go. */
typedef struct sw_records_extent {
    int epochs;     /* rows of metrics.jsonl; an epoch 0 does not count */
    int64_t steps;  /* rows of steps.jsonl */
    int step_epoch; /* of the last of these; 0: none */
} sw_records_extent;

/* Finds it, for a run that is to be continued, and changes nothing. A torn last line does not count, nor does
 * a file that is not there. SW_E_DATA: rows that do not follow each other from 1 on, with the line; SW_E_IO:
 * a file cannot be appended to, or whether it is there cannot be known. */
sw_status sw_records_measure(sw_records_extent *out, const char *folder) SW_NODISCARD;

/* All epochs of a metrics.jsonl. */
typedef struct sw_epoch_table {
    sw_columns columns;    /* places of the rows' values; without classes before the first epoch */
    sw_epoch_record *rows; /* each owns its values */
    size_t count;
    sw_str unknown; /* columns that are none here, of the first row that has such: "a, b" */
} sw_epoch_table;

/* Reads metrics.jsonl; a torn last line is left out. Classes and losses are those of the first row. */
sw_status sw_epoch_table_read(sw_epoch_table *out, const char *path) SW_NODISCARD;
void sw_epoch_table_deinit(sw_epoch_table *table);

/* All steps of a steps.jsonl. A loss that was not finite is NaN. */
typedef struct sw_step_table {
    sw_step_record *rows;
    size_t count;
} sw_step_table;

/* Reads steps.jsonl; a torn last line is left out. SW_E_DATA: a line that is no step, or steps that do not
 * follow each other, with its number. */
sw_status sw_step_table_read(sw_step_table *out, const char *path) SW_NODISCARD;
void sw_step_table_deinit(sw_step_table *table);

#endif
