/* What training and evaluation share. */
#ifndef NN_NETWORK_PARTS_H
#define NN_NETWORK_PARTS_H

#include "nn/network.h"

static inline size_t batch_pixels(const sw_network *network, int n)
{
    return (size_t)n * (size_t)network->options.size_px * (size_t)network->options.size_px;
}

/* Fails with the message for a loss that is not finite: where in this batch it began. SW_OK where the batch
 * shows nothing and is not the `last` one that may have given it. */
sw_status explain_nan(sw_network *network, sw_executor *executor, const sw_model *model, const float *images,
                      const uint8_t *labels, int n, bool last, double loss) SW_NODISCARD;

#endif
