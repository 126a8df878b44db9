/* How vectors of pixels are dealt out to work-items that each sum over many of them.
 *
 * Vector r of item i is number i * item_stride + r * round_stride, r < rounds, where that is below `vectors`.
 * On a CPU an item has neighbours, one after another; elsewhere neighbouring items have neighbouring vectors,
 * so that a work-group reads memory in order. Either way the same batch on the same device is summed in the
 * same order. */
#ifndef OPS_CHUNKS_H
#define OPS_CHUNKS_H

#include "ops/call.h"

typedef struct sw_chunks {
    int vectors, items, rounds, item_stride, round_stride;
} sw_chunks;

/* At least min_rounds vectors an item, and more where that would make more than max_items. All > 0. */
sw_chunks sw_chunks_deal(const sw_cl *cl, int vectors, int min_rounds, int max_items);

#endif
