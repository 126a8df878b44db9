/* The data an experiment names, opened, and what its loss takes from them. */
#ifndef SETUP_OPEN_DATA_H
#define SETUP_OPEN_DATA_H

#include "config/experiment.h"
#include "data/dataset.h"
#include "data/loader.h"

/* Open the experiment's training and validation images at its size, and sum them up in a log line. */
sw_status sw_open_train_data(sw_dataset **out, const sw_data_config *data) SW_NODISCARD;
sw_status sw_open_val_data(sw_dataset **out, const sw_data_config *data) SW_NODISCARD;

/* The list that the validation images stand in: val_split, or with data.holdout train_split. */
const char *sw_val_list_name(const sw_data_config *data);

/* How the experiment's training batches are made. */
sw_loader_options sw_train_loading(const sw_experiment *experiment);

/* The experiment's loss with `median_frequency` turned into the numbers of this training set, which is not
 * looked at otherwise. */
sw_loss_config sw_resolve_loss(const sw_loss_config *loss, const sw_dataset *train);

#endif
