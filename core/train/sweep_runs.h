/* The folders of a sweep's runs: what they hold already, and whether it belongs to this sweep. */
#ifndef TRAIN_SWEEP_RUNS_H
#define TRAIN_SWEEP_RUNS_H

#include "train/sweep.h"

/* Sets run->state and run->epochs_done from its folder. SW_E_USAGE: it holds something that is no run, or a
 * run of another configuration. */
sw_status sweep_look_at(sw_sweep_run *run) SW_NODISCARD;

/* Empties the folder of a run that starts over; does nothing for any other. */
sw_status sweep_clear_folder(const sw_sweep_run *run) SW_NODISCARD;

#endif
