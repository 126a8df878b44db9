/* The losses of a network: their nodes in the graph, their names, and the sum that training minimises. */
#ifndef NN_LOSSES_H
#define NN_LOSSES_H

#include "nn/config.h"
#include "nn/metrics.h"
#include "nn/model.h"

/* Appends a node for each loss to the model, whose logits and labels are there. */
sw_status sw_model_add_losses(sw_model *model, const sw_loss_config *config) SW_NODISCARD;

/* Lists the values that outlive the steps: the losses, which the host reads, and in evaluation logits and
 * labels, which the metrics read. Returns their number. */
enum { SW_MODEL_KEPT = SW_MAX_LOSSES + 2 };
int sw_model_kept(int keep[SW_MODEL_KEPT], const sw_model *model, bool training);

/* Names the losses: by their kinds, of which a second one is "dice_2". One loss alone needs no name: the list
 * is then empty. */
sw_loss_names sw_losses_name(const sw_loss_config *config);

/* Returns the label that all losses, and the metrics, ignore; -1: none. */
int sw_losses_ignored(const sw_loss_config *config);

/* Returns the sum of the losses by their weights. */
double sw_losses_total(const sw_loss_config *config, const double of[SW_MAX_LOSSES]);

/* Adds to weights[i] what images weigh in loss i, of `pixels` pixels each. The loss of several batches is the
 * mean of theirs by these weights. */
void sw_losses_weigh(double weights[SW_MAX_LOSSES], const sw_loss_config *config, int classes,
                     const uint8_t *labels, int images, size_t pixels);

#endif
