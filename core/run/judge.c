#include "run/judge.h"

#include <math.h>

double sw_epoch_figure(const sw_epoch_record *record, const sw_columns *columns, const char *key)
{
    const int at = sw_columns_find(columns, key);
    return at < 0 ? (double)NAN : record->values[at];
}

bool sw_figure_improves(sw_better better, double value, double best, double delta)
{
    if (isnan(value)) return false;
    if (isnan(best)) return true;
    return better == SW_BETTER_LOWER ? value < best - delta : value > best + delta;
}

const sw_epoch_record *sw_best_epoch(const sw_epoch_table *table, const char *key)
{
    const sw_epoch_record *best = NULL;
    const int at = sw_columns_find(&table->columns, key);
    for (size_t i = 0; at >= 0 && i < table->count; i++) {
        const sw_epoch_record *row = &table->rows[i];
        const double before = best ? best->values[at] : (double)NAN;
        if (row->epoch > 0 &&
            sw_figure_improves(table->columns.list[at].metric->better, row->values[at], before, 0.0))
            best = row;
    }
    return best;
}

void sw_early_stop_take(sw_early_stop *stop, const sw_early_stop_config *config,
                        const sw_epoch_record *record, const sw_columns *columns)
{
    if (config->patience == 0) return;
    const int at = sw_columns_find(columns, config->metric);
    const double value = at < 0 ? (double)NAN : record->values[at];
    const sw_better better = at < 0 ? SW_BETTER_HIGHER : columns->list[at].metric->better;
    if (sw_figure_improves(better, value, stop->best, (double)config->min_delta)) {
        stop->best = value;
        stop->waited = 0;
    } else {
        stop->waited++;
    }
}

bool sw_early_stop_is_due(const sw_early_stop *stop, const sw_early_stop_config *config)
{
    return config->patience > 0 && stop->waited >= config->patience;
}
