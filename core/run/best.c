#include "run/best.h"

#include <math.h>

#include "data/dataset.h"

double sw_best_value(const sw_epoch_record *r, sw_best_metric metric)
{
    switch (metric) {
    case SW_BEST_PIXEL_ACCURACY:
        return r->pixel_accuracy;
    case SW_BEST_IOU:
        return r->iou;
    case SW_BEST_CUSTOM_IOU:
        return r->custom_iou;
    case SW_BEST_MIOU:
        return r->miou;
    case SW_BEST_IOU_BORDER:
        return r->class_iou[SW_CLASS_BORDER];
    case SW_BEST_VAL_LOSS:
        return r->val_loss;
    }
    return NAN;
}

bool sw_best_improves(sw_best_metric metric, double value, double best, double delta)
{
    if (isnan(value)) return false;
    if (isnan(best)) return true;
    return metric == SW_BEST_VAL_LOSS ? value < best - delta : value > best + delta;
}

void sw_early_stop_take(sw_early_stop *stop, const sw_early_stop_config *config,
                        const sw_epoch_record *record)
{
    if (config->patience == 0) return;
    const double value = sw_best_value(record, config->metric);
    if (sw_best_improves(config->metric, value, stop->best, (double)config->min_delta)) {
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
