/* One layer on the device with random data, where every engine that could compute its passes does so: what
 * conv_tune.c times, and the check of an engine's results against clblast's. */
#ifndef OPS_CONV_BENCH_H
#define OPS_CONV_BENCH_H

#include "base/arena.h"
#include "conv_engine.h"

typedef struct sw_conv_candidate {
    const sw_conv_engine *engine;
    void *plan;
    unsigned passes; /* that it supports */
    bool failed;     /* it could not be prepared */
    /* Of the pass being timed. The times are of an image: the best sample of a few images, and of the whole
     * batch, since whatever else the machine does only slows. */
    bool refused, behind;
    double few_ms, ms;
    int rounds, repeats;
} sw_conv_candidate;

/* x, dy or the weights: as many images as are checked, repeated over the batch. */
typedef struct sw_conv_operand {
    cl_mem *buffer;
    float *values;
    size_t image_elems;
    int images, batch; /* 1 and 1 for weights */
} sw_conv_operand;

/* What a pass computes from the images that are checked. */
typedef struct sw_conv_result {
    cl_mem *buffer;
    size_t elems, terms;     /* terms: of the sum that an element is */
    float *want, *magnitude; /* clblast's results, and the sums of |a||b| */
} sw_conv_result;

enum { SW_CONV_OPERANDS = 3 };

typedef struct sw_conv_bench {
    sw_cl *cl;
    sw_conv_layer layer;
    sw_conv_shape shape;
    sw_graph graph;
    sw_call call;
    int check_n; /* images whose results are checked */
    sw_conv_operand operands[SW_CONV_OPERANDS];
    sw_conv_result results[SW_CONV_PASSES];
    float *scratch; /* for the largest of operands and results */
    sw_arena arena;
    sw_conv_candidate candidates[SW_CONV_MAX_TRIALS];
    int count, reference; /* which candidate is clblast */
} sw_conv_bench;

/* Lists the engines that could compute the layer's passes. Nothing is on the device yet. */
void sw_conv_bench_init(sw_conv_bench *b, sw_cl *cl, const sw_conv_layer *layer,
                        const sw_conv_engine *const *engines);
/* Prepares the candidates, uploads the data and computes clblast's results of the passes. An engine that
 * cannot be prepared is marked `failed` with a line in the log; only clblast's failure is an error. */
sw_status sw_conv_bench_open(sw_conv_bench *b, unsigned passes);
void sw_conv_bench_close(sw_conv_bench *b); /* also of one that was not opened */

/* Computes the pass with the candidate and compares the result with clblast's. One that is further away than
 * rounding explains, or that cannot be run, is marked `refused` with a line in the log. */
void sw_conv_bench_check(sw_conv_bench *b, sw_conv_candidate *c, sw_conv_pass pass);

#endif
