/* Tries everything that a run does, once, to find mistakes before the run is started. */
#ifndef TRAIN_DRY_RUN_H
#define TRAIN_DRY_RUN_H

#include "train/trainer.h"

typedef struct sw_dry_run {
    int train_images, val_images; /* a pass over each */
    int epochs, steps_per_epoch;
    int step_images, batch_images; /* of the step and of the validation batch that were made */
    double step_loss, batch_loss;
    double step_s, batch_s; /* the first ones: preparing the data and warming up are in it */
} sw_dry_run;

/* Opens device and data, plans and takes the memory, loads initial weights, makes one step and validates one
 * batch, as the run would; makes no run folder, and keeps nothing but what it timed to choose the
 * convolutions' engines (setup/engines.h). `resume` and `profile_steps` are ignored. */
sw_status sw_dry_run_do(sw_dry_run *out, const sw_experiment *experiment,
                        const sw_trainer_options *options) SW_NODISCARD;

#endif
