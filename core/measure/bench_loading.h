/* Whether the loader keeps up: training steps with and without it. */
#ifndef MEASURE_BENCH_LOADING_H
#define MEASURE_BENCH_LOADING_H

#include "measure/bench.h"

/* Rounds of `steps` steps each, the two kinds in turn, on the trained network. SW_E_CONFIG: the training
 * split has fewer images than the batch. */
sw_status sw_bench_measure_loading(sw_bench_loading *out, sw_network *network,
                                   const sw_experiment *experiment, int steps) SW_NODISCARD;

#endif
