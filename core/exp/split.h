/* The data an experiment names, opened, and what its loss takes from them. */
#ifndef EXP_SPLIT_H
#define EXP_SPLIT_H

#include "data/dataset.h"
#include "data/loader.h"
#include "exp/experiment.h"

/* Opens a split (the first `limit` images; 0: all) at the experiment's size and sums it up in a log line. */
sw_status sw_split_open(sw_dataset **out, const sw_data_config *data, const char *split,
                        int limit) SW_NODISCARD;

/* How the experiment's training batches are made. */
sw_loader_options sw_split_train_loading(const sw_experiment *experiment);

/* The experiment's loss with `median_frequency` turned into the numbers of this training set, which is not
 * looked at otherwise. */
sw_loss_config sw_split_loss(const sw_loss_config *loss, const sw_dataset *train);

#endif
