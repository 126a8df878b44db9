/* The SegNet of the article in any width, with the weights that the goldens' rule gives. */
#ifndef GOLDEN_MODEL_H
#define GOLDEN_MODEL_H

#include "nn/config.h"
#include "nn/model.h"

/* The first stage has `width` channels, the others up to 8 times as many; 3 classes. */
sw_model_config golden_model_config(int width);
sw_loss_config golden_model_loss(void); /* cross-entropy of all pixels */

/* `count` numbers in [-1, 1) that depend on the tensor's name alone: rule() of golden/torch_segnet.py. */
void golden_rule(float *out, const char *name, size_t count);

/* Writes every parameter and running statistic of the graph as weights_by_rule() gives them. */
sw_status golden_model_fill(const sw_graph *graph, sw_store *store) SW_NODISCARD;

#endif
