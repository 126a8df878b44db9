#include "nn/schedule.h"

#include <assert.h>
#include <math.h>

static double scheduled(const sw_schedule_config *config, double base, double epoch, double total)
{
    static const double pi = 3.14159265358979323846;
    double part = fmin(epoch / total, 1.0), floor_lr = (double)config->min_lr;
    switch (config->kind) {
    case SW_SCHED_CONSTANT:
        return base;
    case SW_SCHED_STEP:
        return base * pow((double)config->gamma, floor(epoch / config->step_epochs));
    case SW_SCHED_COSINE:
        return floor_lr + (base - floor_lr) * (1 + cos(pi * part)) / 2;
    case SW_SCHED_POLY:
        return floor_lr + (base - floor_lr) * pow(1 - part, (double)config->power);
    }
    assert(!"every kind has its case");
    return base;
}

float sw_schedule_lr(const sw_schedule_config *config, float base_lr, double epoch_position, int total_epochs)
{
    assert(epoch_position >= 0 && total_epochs > 0);
    assert(config->kind != SW_SCHED_STEP || config->step_epochs > 0);
    double lr = scheduled(config, (double)base_lr, floor(epoch_position), total_epochs);
    double warmup = (double)config->warmup_epochs, start = (double)config->warmup_start;
    if (epoch_position < warmup) lr *= start + (1 - start) * (epoch_position / warmup);
    return (float)lr;
}
