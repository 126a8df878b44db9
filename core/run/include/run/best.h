/* Which epochs count as better: for the weights that are kept, and for when to give up. */
#ifndef RUN_BEST_H
#define RUN_BEST_H

#include <stdbool.h>

#include "config/experiment.h"
#include "run/records.h"

/* The metric's figure in a row of the metrics. */
double sw_best_value(const sw_epoch_record *record, sw_best_metric metric);

/* Whether `value` is better than `best` by more than `delta`. NaN is never better, and anything else is
 * better than a `best` of NaN (none yet). */
bool sw_best_improves(sw_best_metric metric, double value, double best, double delta);

/* What train.early_stop has seen. */
typedef struct sw_early_stop {
    double best; /* NaN: nothing yet */
    int waited;  /* epochs since then */
} sw_early_stop;

/* Takes a finished epoch into account; nothing without patience. */
void sw_early_stop_take(sw_early_stop *stop, const sw_early_stop_config *config,
                        const sw_epoch_record *record);
bool sw_early_stop_is_due(const sw_early_stop *stop, const sw_early_stop_config *config);

#endif
