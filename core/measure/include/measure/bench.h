/* Measures how fast an experiment's network runs on a device: whole steps, and layer by layer. */
#ifndef MEASURE_BENCH_H
#define MEASURE_BENCH_H

#include "base/progress.h"
#include "base/str.h"
#include "cl/device.h"
#include "config/experiment.h"
#include "measure/passes.h"

typedef struct sw_bench_options {
    const char *device;                 /* overrides runtime.device; NULL: not */
    int batch;                          /* images a step; 0: train.batch_size */
    int steps;                          /* whole steps timed, after one that is not; at least 1 */
    bool train, infer;                  /* what to measure; at least one */
    bool layers;                        /* every layer's passes too */
    bool data;                          /* steps with the loader too: needs the experiment's data */
    const sw_progress_output *progress; /* of timing the convolutions' engines; NULL: none */
} sw_bench_options;

/* Whole steps as a run takes them: upload, passes, update (or the masks read back), with no wait but those of
 * a run. */
typedef struct sw_bench_steps {
    int batch, count; /* count 0: not measured */
    double *seconds;  /* of each step, in the order they ran */
    double median_images_per_second, best_images_per_second;
    double flop; /* of one step */
} sw_bench_steps;

/* Training steps on one batch in memory and on batches from the loader, in turn. */
typedef struct sw_bench_loading {
    int rounds, steps;    /* of each kind a round; rounds 0: not measured */
    double off_ms, on_ms; /* a step without and with the loader: medians of the rounds */
    double wait_ms;       /* of the latter, in the wait for a batch */
    double alone_ms;      /* a batch from the loader, while the device does nothing */
    int threads;          /* of the loader */
} sw_bench_loading;

typedef struct sw_bench {
    char experiment[128];
    sw_device_info device;
    double peak_gflops, copy_gbytes_per_s; /* the best of before and after */
    sw_bench_steps train, infer;
    sw_bench_loading loading;
    sw_pass_list passes;        /* training in the graph's order, then evaluation */
    size_t peak_resident_bytes; /* of the whole process */
    size_t device_bytes;        /* planned, of training and inference the larger */
    double first_step_seconds;  /* from opening the device to the end of the first step: kernels built, memory
                                   taken, the peak's measurement not counted */
} sw_bench;

/* Measures, and logs its progress. A batch that does not fit is SW_E_MEMORY with a hint. */
sw_status sw_bench_run(sw_bench *bench, const sw_experiment *experiment,
                       const sw_bench_options *options) SW_NODISCARD;
void sw_bench_deinit(sw_bench *bench); /* accepts a zeroed one */

/* Appends the figures as tables of 80 columns. */
void sw_bench_print(sw_str *out, const sw_bench *bench);
/* Appends them as one JSON document: train.images_per_second, infer.images_per_second, peak_gflops, ... */
sw_status sw_bench_json(sw_str *out, const sw_bench *bench) SW_NODISCARD;

#endif
