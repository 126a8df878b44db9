/* Learning-rate schedules as a pure function of the epoch: nothing to save, nothing to restore. */
#ifndef NN_SCHEDULE_H
#define NN_SCHEDULE_H

#include "nn/config.h"

/* Returns the rate of the step that begins at `epoch_position`, counted in epochs from 0 with fractions
 * (epoch + step / steps_per_epoch), in a run of `total_epochs` (> 0) with the optimiser's `base_lr`.
 *
 * Schedules move once an epoch, as PyTorch's do when stepped per epoch; with e = whole epochs and
 * T = total_epochs:
 *
 * - constant: base
 * - step: base * gamma^floor(e / step_epochs)
 * - cosine: min_lr + (base - min_lr) * (1 + cos(pi e / T)) / 2, CosineAnnealingLR with T_max = T
 * - poly: min_lr + (base - min_lr) * (1 - e / T)^power, PolynomialLR where min_lr = 0
 *
 * During the first warmup_epochs the scheduled rate is multiplied by a factor that grows linearly, step by
 * step, from warmup_start to 1. Past T, cosine and poly stay at min_lr. */
float sw_schedule_lr(const sw_schedule_config *config, float base_lr, double epoch_position,
                     int total_epochs);

#endif
