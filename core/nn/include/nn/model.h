/* From the model section of an experiment to a graph. The only place that knows what a SegNet is. */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include "base/size.h"
#include "graph/graph.h"
#include "nn/config.h"
#include "ops/conv_choice.h"
#include "ops/executor.h"
#include "ops/ops.h"

typedef struct sw_model {
    sw_graph graph;
    int images;                            /* input value (N,H,W,3) */
    int labels;                            /* input value (N,H,W,1), SW_U8 */
    int logits;                            /* (N,H,W,classes) */
    int losses[SW_MAX_LOSSES], loss_count; /* one float each */
} sw_model;

typedef struct sw_model_options {
    int batch;
    sw_size size; /* of the images */
    sw_conv_choice conv_engine;
    const sw_conv_pins *conv_pins; /* with SW_CONV_AUTO, layer by layer; NULL: none */
    size_t workspace_cap_bytes;    /* of a convolution: sw_conv2d_attrs */
} sw_model_options;

/* Builds encoder, decoder, head and losses. Parameters carry the names of PyTorch's state dict of the
 * reference model: bn_input.*, dc1.seq.0.weight, dc1.seq.1.{weight,bias,running_mean,running_var}, ... uc1.
 * Class weights of kind median_frequency must have been resolved into numbers, else all classes get the same
 * weight. SW_E_CONFIG where stages do not fit. */
sw_status sw_model_build(sw_model *model, const sw_model_config *config, const sw_loss_config *loss,
                         const sw_model_options *options) SW_NODISCARD;
/* Returns the px by which images can be moved so that what the model makes of them moves alike: its stages
 * halve the size that often. No side of its images can be smaller. */
int sw_model_stride(const sw_model_config *config);

void sw_model_deinit(sw_model *model);

/* Initial values, each a function of (seed, number of the parameter): convolutions uniform in
 * +-1/sqrt(fan_in), norms 1 and 0, running statistics 0 and 1. */
sw_status sw_model_init_params(const sw_graph *graph, const sw_store *store, uint64_t seed) SW_NODISCARD;

#endif
