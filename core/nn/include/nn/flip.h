/* A prediction averaged with that of the mirrored images, which is turned back ("test-time augmentation"). */
#ifndef NN_FLIP_H
#define NN_FLIP_H

#include "nn/network.h"

/* Room for a batch on the host. */
typedef struct sw_flip {
    float *images;       /* (eval_batch,H,W,3) mirrored */
    float *here, *there; /* (eval_batch,H,W,classes) of the images, and of the mirrored ones */
} sw_flip;

sw_status sw_flip_init(sw_flip *flip, const sw_network *network) SW_NODISCARD;
void sw_flip_deinit(sw_flip *flip); /* accepts a zeroed one */

/* As sw_network_enqueue_evaluation, but what is evaluated is the mean of the probabilities of the images and
 * of the mirrored images. Waits for both predictions. SW_E_NUMERIC: a logit is not finite. */
sw_status sw_flip_enqueue_evaluation(sw_flip *flip, sw_network *network, const float *images,
                                     const uint8_t *labels, int n) SW_NODISCARD;

#endif
