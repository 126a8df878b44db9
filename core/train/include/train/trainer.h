/* A run from its first epoch, or from where it was saved, to its last. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include <signal.h>

#include "base/progress.h"
#include "comm/comm.h"
#include "config/experiment.h"

typedef struct sw_trainer_options {
    const char *device; /* overrides runtime.device; NULL: not */
    const char *out;    /* folder of a new run; NULL: runs/<experiment>/<n> */
    const char *resume; /* folder of the run to continue; the experiment is then the one loaded from its
                           config.yaml */
    int profile_steps;  /* profile so many training and validation steps (measure/run_profile.h); 0: none */
    /* Of the processes that train together, all of which call sw_train; NULL: there is one. Borrowed. Rank 0
     * alone writes the folder and shows progress. */
    sw_comm *comm;
    sw_progress_output progress;
    volatile sig_atomic_t
        *stop; /* set by a signal handler: finish the step, save, return SW_E_INTERRUPTED; may be NULL */
} sw_trainer_options;

typedef struct sw_train_result {
    char *folder;  /* the run's folder; NULL: the run did not get that far */
    char *grid;    /* the newest prediction grid; NULL: none was drawn */
    char *profile; /* tables to show; NULL: not asked for, or the run did not get that far */
    bool together; /* all processes ended alike; else those that still run must be ended (sw_comm_abort) */
    bool silent;   /* another process tells why the run failed */
} sw_train_result;

/* Runs the experiment; the result is filled in on failure too, as far as it goes.
 *
 * A run is saved after each epoch, and in the middle of one when it is stopped. Resumed, it ends with the
 * same weights, bit for bit, as if it had never stopped (on the same device and data). */
sw_status sw_train(sw_train_result *result, const sw_experiment *experiment,
                   const sw_trainer_options *options) SW_NODISCARD;
void sw_train_result_deinit(sw_train_result *result);

#endif
