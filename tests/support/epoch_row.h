/* Rows of metrics for tests, by the names of their columns. */
#ifndef EPOCH_ROW_H
#define EPOCH_ROW_H

#include "run/records.h"

/* A list of classes with these names. */
sw_classes epoch_row_classes(const char *const *names, int count);

/* A row of a run on pets without figures; the caller frees it with sw_epoch_record_deinit. */
sw_epoch_record epoch_row_empty(int epoch);

/* The figure of that column in a row of a run on pets. */
double *epoch_row_figure(sw_epoch_record *row, const char *key);

/* The same of a row that was read. */
double epoch_row_read(const sw_epoch_table *table, size_t row, const char *key);

#endif
