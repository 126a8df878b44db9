/* A step of several batches: how their gradients and losses become those of one. */
#ifndef NN_STEP_GROUP_H
#define NN_STEP_GROUP_H

#include "nn/network.h"

/* What the pixels of a batch weigh in its loss; 1 for a batch that is a step of its own, which nothing is
 * compared with. */
double sw_step_group_weigh(const sw_network *network, const uint8_t *labels, int n, bool last);

/* Before a batch's backward pass adds to the gradients: makes them zero, or such that the sum is right. */
sw_status sw_step_group_begin(sw_network *network, double weight) SW_NODISCARD;

/* Counts a batch and its loss; returns the mean loss of the group. */
double sw_step_group_add(sw_network *network, double weight, double loss);

/* The update with the mean of the group's gradients, clipped; then the averages. Ends the group. */
sw_status sw_step_group_update(sw_network *network, double lr) SW_NODISCARD;

#endif
