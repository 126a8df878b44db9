/* Whether the loader keeps up: training steps with and without it. */
#ifndef MEASURE_BENCH_LOADING_H
#define MEASURE_BENCH_LOADING_H

#include "measure/bench.h"

/* Times training steps with the loader and without it, in turn, in rounds of `steps` steps each. Those
 * without take the network's batch of `images` (N,S,S,3) and `labels` (N,S,S) again and again. SW_E_CONFIG:
 * the training split has fewer images than the batch. */
sw_status sw_bench_measure_loading(sw_bench_loading *out, sw_network *network,
                                   const sw_experiment *experiment, const float *images,
                                   const uint8_t *labels, int steps) SW_NODISCARD;

#endif
