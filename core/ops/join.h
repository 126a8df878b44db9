/* What the ops with a variable number of inputs share: concat and add. */
#ifndef OPS_JOIN_H
#define OPS_JOIN_H

#include "ops/call.h"

typedef struct sw_join {
    const sw_kernel *forward, *backward;
    int vec; /* divides the channels of all inputs */
} sw_join;

/* Fails where an input does not hold floats, or differs from the first one in its images or its size, or with
 * `channels` in its channels. */
sw_status sw_join_check(const sw_graph *graph, const sw_node *node, bool channels) SW_NODISCARD;

/* An op's prepare: builds the kernels <op>_fwd and <op>_bwd of the op's file for the channels and the number
 * of inputs, with `options` as well (it may be ""), and leaves a sw_join in call->prepared. */
sw_status sw_join_prepare(sw_call *call, const char *options) SW_NODISCARD;

/* A launch of one work-item for each of `vectors` vectors of every pixel. */
sw_ndrange sw_join_ndrange(const sw_call *call, int vectors);

#endif
