/* Exponential moving averages of the parameters, and of the running statistics that belong to them.
 *
 * Statistics are averaged as the parameters are: the current ones were measured with the current
 * weights, and with averaged weights the layers before a norm give something in between. The same weighting
 * for both keeps them together at no cost, where measuring anew would take a pass over the training images.
 */
#ifndef EXEC_AVERAGES_H
#define EXEC_AVERAGES_H

#include "exec/optimizer.h"

typedef struct sw_averages {
    sw_store *store; /* borrowed */
    float decay;
    cl_mem params, states; /* slabs like the store's; states NULL if there are none */
    const void *update, *swap;
} sw_averages;

/* `decay` in 0..1, neither included. */
sw_status sw_averages_init(sw_averages *averages, sw_store *store, float decay) SW_NODISCARD;
void sw_averages_deinit(sw_averages *averages); /* accepts a zeroed one */

/* The decay after `updates` updates (1: the first): 0 after the first, whose values are taken as they are,
 * then (1 + n) / (10 + n) with n = updates - 1, so that the beginning is forgotten sooner, until that exceeds
 * `decay`. */
double sw_averages_decay(float decay, uint64_t updates);

/* Takes the store's values into the averages after an update of the optimiser (enqueued); nothing once that
 * is halted. */
sw_status sw_averages_update(sw_averages *averages, const sw_optimizer *optimizer) SW_NODISCARD;

/* Exchanges the averages and the store's values (enqueued), bit for bit: what evaluates and saves the store
 * then sees the averages. A second call brings everything back. */
sw_status sw_averages_swap(sw_averages *averages) SW_NODISCARD;

#endif
