/* The state of a run, saved in checkpoints/resume.safetensors and loaded from it. */
#ifndef TRAIN_TRAINER_STATE_H
#define TRAIN_TRAINER_STATE_H

#include <stdint.h>

#include "nn/config.h"
#include "run/judge.h"

typedef struct sw_trainer_state {
    int epochs_done;    /* whole epochs, validated and recorded */
    int steps_in_epoch; /* steps taken of the epoch after those */
    int64_t steps;      /* of the whole run */
    int64_t batches;    /* these were made of; what norms count */
    /* over the steps of the unfinished epoch, of each loss: loss times weight, and the weights, in images */
    double loss_sums[SW_MAX_LOSSES], loss_weights[SW_MAX_LOSSES];
    double seconds;       /* spent in the unfinished epoch */
    double train_seconds; /* of these, training */
    double best;          /* value of train.save_best at best_epoch; NaN: none yet */
    int best_epoch;
    sw_early_stop early_stop;
} sw_trainer_state;

struct sw_run_session;

sw_trainer_state sw_trainer_state_fresh(void);

/* Writes checkpoints/resume.safetensors: weights, moments, averages, the state, and the names of device and
 * data. */
sw_status sw_trainer_state_save(struct sw_run_session *session) SW_NODISCARD;

/* Reads it back into the session's state and network; a run that was killed before its first save starts
 * afresh. SW_E_CONFIG when the data differ from those the run began with; another device is a warning. */
sw_status sw_trainer_state_load(struct sw_run_session *session) SW_NODISCARD;

/* Writes checkpoints/<name>.safetensors with the weights alone. */
sw_status sw_trainer_save_weights(struct sw_run_session *session, const char *name) SW_NODISCARD;

#endif
