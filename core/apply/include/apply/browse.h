/* Shows the augmented images of a training batch. */
#ifndef APPLY_BROWSE_H
#define APPLY_BROWSE_H

#include "config/experiment.h"

/* Draws the first training batch of an epoch (1 = first), bit for bit what training gets: its first `count`
 * images (0: all) with their masks and names. SW_E_USAGE: the experiment has no such epoch, or the batch
 * fewer images; SW_E_CONFIG, SW_E_DATA as sw_dataset_open; SW_E_IO. *drawn: how many. */
sw_status sw_browse(int *drawn, const char *path, const sw_experiment *experiment, int epoch,
                    int count) SW_NODISCARD;

#endif
