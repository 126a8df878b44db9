/* Which epochs count as better, for the weights that are kept and for early stopping. */
#ifndef RUN_JUDGE_H
#define RUN_JUDGE_H

#include <stdbool.h>

#include "config/experiment.h"
#include "run/records.h"

/* The figure of that column in a row of the metrics; NaN where there is no such column. */
double sw_epoch_figure(const sw_epoch_record *record, const sw_columns *columns, const char *key);

/* Whether `value` is better than `best` by more than `delta`. NaN is never better, and anything else is
 * better than a `best` of NaN (none yet). */
bool sw_figure_improves(sw_better better, double value, double best, double delta);

/* The first row with the best figure of a column; epoch 0, before training, does not count. NULL: no row has
 * one. */
const sw_epoch_record *sw_best_epoch(const sw_epoch_table *table, const char *key);

/* The state of train.early_stop. */
typedef struct sw_early_stop {
    double best; /* NaN: nothing yet */
    int waited;  /* epochs since then */
} sw_early_stop;

/* Counts a finished epoch; does nothing if the patience is 0. */
void sw_early_stop_take(sw_early_stop *stop, const sw_early_stop_config *config,
                        const sw_epoch_record *record, const sw_columns *columns);
bool sw_early_stop_is_due(const sw_early_stop *stop, const sw_early_stop_config *config);

#endif
