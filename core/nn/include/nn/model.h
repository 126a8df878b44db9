/* From the model section of an experiment to a graph. */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include "base/size.h"
#include "exec/executor.h"
#include "graph/graph.h"
#include "nn/config.h"
#include "ops/conv_choice.h"
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
    bool exact_places;             /* for inference: sw_conv2d_attrs */
    size_t workspace_cap_bytes;    /* of a convolution: sw_conv2d_attrs */
} sw_model_options;

/* Builds the layers and the losses. Parameters carry their layer's name; those of encoder and decoder stages
 * have the names of PyTorch's state dict of the reference model (nn/layers.h), and model.input_norm is
 * bn_input. Class weights of kind median_frequency must have been resolved into numbers, else all classes get
 * the same weight. loss NULL: without any.
 *
 * SW_E_CONFIG where layers do not fit; *culprit (may be NULL) is then the place where the layer was written
 * that is wrong, with source NULL where there is none. */
sw_status sw_model_build(sw_model *model, const sw_model_config *config, const sw_loss_config *loss,
                         const sw_model_options *options, sw_yaml_place *culprit) SW_NODISCARD;

/* How a network sees pixels. */
typedef struct sw_model_view {
    int stride; /* px by which images can be moved so that what the network makes of them moves alike; no side
                   of its images can be smaller */
    bool whole_image; /* a layer looks at the whole image: a part of a picture gives another result */
} sw_model_view;

sw_status sw_model_look(sw_model_view *view, const sw_model *model) SW_NODISCARD; /* SW_E_MEMORY */

void sw_model_deinit(sw_model *model);

/* Initial values, each a function of (seed, number of the parameter): convolutions uniform in
 * +-1/sqrt(fan_in), norms 1 and 0, running statistics 0 and 1. */
sw_status sw_model_init_params(const sw_graph *graph, sw_store *store, uint64_t seed) SW_NODISCARD;

#endif
