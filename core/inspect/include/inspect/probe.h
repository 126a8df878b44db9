/* A network opened to look into: what its layers give for an image, and what a pixel of its output depends
 * on. */
#ifndef INSPECT_PROBE_H
#define INSPECT_PROBE_H

#include "exec/executor.h"
#include "inspect/levels.h"
#include "nn/network.h"

typedef struct sw_probe {
    sw_cl *cl; /* borrowed */
    int batch;
    uint64_t seed;             /* of dropout's samples */
    sw_model model, one_image; /* in batches of `batch`, and of one image */
    sw_levels levels;          /* of both graphs, which differ in the batch alone */
    sw_store store;            /* the weights */
    sw_slabs slabs;
    sw_executor *evaluator, *differentiator;
} sw_probe;

/* Plans and allocates the network that `options` describe, for evaluation in batches of options->eval_batch.
 * Its weights are undefined: they go into `store` as the parameters of `model.graph`. */
sw_status sw_probe_open(sw_probe *probe, sw_cl *cl, const sw_network_options *options) SW_NODISCARD;
void sw_probe_close(sw_probe *probe); /* accepts a zeroed one, and one half open */

/* Says whether dropout drops from now on, each `sample` other values (see sw_network_set_sampling). */
void sw_probe_set_sampling(sw_probe *probe, bool sampling, uint64_t sample);

/* Computes n <= batch images (n,H,W,3), as the network sees them. */
sw_status sw_probe_forward(sw_probe *probe, const float *images, int n) SW_NODISCARD;

/* Reads a value of the last n images, (n,H,W,C) of its shape: one of those of sw_levels_values. Packed
 * offsets are 32-bit words. */
sw_status sw_probe_read(sw_probe *probe, int value, void *out, int n) SW_NODISCARD;

/* Computes the gradient (H,W,3) of logit c at pixel (y, x), a class's score before softmax, by the image
 * (H,W,3) as the network sees it. Norms keep to their running statistics, and dropout passes all. The values
 * of images computed before are lost: both share memory. */
sw_status sw_probe_gradient(sw_probe *probe, float *gradient, const float *image, int y, int x,
                            int c) SW_NODISCARD;

#endif
