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

/* What a pass computes, and the operand of the same shape: y with dy, dx with x, the gradient with the
 * weights. */
typedef struct sw_conv_pair {
    cl_mem *result, *operand;
    size_t image_elems;
    int checked, batch; /* images whose results are checked, and all; 1 and 1 for weights */
    size_t elems;       /* of the images that are checked */
    size_t terms;       /* of the sum that an element of the result is */
    float *values;      /* the operand, of the checked images; repeated over the batch */
    float *want;        /* clblast's result */
    float *magnitude;   /* the sums of |a||b| of its elements */
} sw_conv_pair;

typedef struct sw_conv_bench {
    sw_cl *cl;
    sw_conv_layer layer;
    sw_conv_shape shape;
    sw_graph graph;
    sw_call call;
    int check_n;                        /* images whose results are checked */
    sw_conv_pair pairs[SW_CONV_PASSES]; /* by pass */
    float *scratch;                     /* for the largest of them */
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
