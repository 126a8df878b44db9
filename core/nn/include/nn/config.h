/* The configuration of network, loss, optimiser and schedule. Plain values, filled
 * from YAML by config/schema; the YAML key of each field is its path here (model.encoder[].convs ...). */
#ifndef NN_CONFIG_H
#define NN_CONFIG_H

#include <stdbool.h>

#include "base/classes.h"
#include "exec/optimizer.h"
#include "nn/layers.h"
#include "ops/ops.h"

enum { SW_MAX_STAGES = 8 };

typedef enum sw_conv_kind { SW_CONV_DENSE, SW_CONV_SEPARABLE } sw_conv_kind; /* dense, separable */
typedef enum sw_pool_kind { SW_POOL_MAX, SW_POOL_AVERAGE } sw_pool_kind;     /* max, average */
/* unpool, nearest, bilinear, transposed */
typedef enum sw_up_kind { SW_UP_UNPOOL, SW_UP_NEAREST, SW_UP_BILINEAR, SW_UP_TRANSPOSED } sw_up_kind;
typedef enum sw_skip_kind { SW_SKIP_NONE, SW_SKIP_CONCAT, SW_SKIP_ADD } sw_skip_kind; /* none, concat, add */
typedef enum sw_block_kind { SW_BLOCK_PLAIN, SW_BLOCK_RESIDUAL } sw_block_kind;       /* plain, residual */
typedef enum sw_head_kind { SW_HEAD_NORM_RELU, SW_HEAD_PLAIN } sw_head_kind;          /* norm_relu, plain */

/* Encoder stage: `convs` convolutions (the first changes the width), each with norm and ReLU, then a 2x2
 * pool.
 *
 * Decoder stage: 2x2 upsampling, a join with what its encoder stage pooled (skip), then `convs` convolutions,
 * of which the last changes the width. The others keep that of what comes in; behind a concatenation they
 * have the encoder stage's.
 *
 * A residual stage adds what came into its convolutions, through a 1x1 convolution and a norm where the
 * widths differ, to the norm of its last one, before the ReLU. Dropout comes last, in an encoder stage after
 * the pool. */
typedef struct sw_encoder_stage {
    int convs, width, kernel;
    sw_conv_kind conv;
    sw_pool_kind pool;
    sw_block_kind block;
    float dropout; /* share of the channels' values that are dropped; 0: none */
} sw_encoder_stage;

typedef struct sw_decoder_stage {
    int unpool_from;  /* number (1 = first) of the encoder stage whose offsets place the values; names the
                         stage uc<n> */
    int convs, width; /* width 0: as many as there are classes (the last stage only) */
    int kernel;
    sw_conv_kind conv;
    sw_up_kind up;
    sw_skip_kind skip;
    sw_block_kind block;
    float dropout;
} sw_decoder_stage;

typedef struct sw_model_config {
    const char *name;
    int classes;
    bool input_norm; /* batch norm over the input channels */
    bool bias;       /* convolutions before a norm have a bias (the paper's SegNet: yes, the article's: no) */
    float norm_eps, norm_momentum;
    sw_head_kind head; /* norm_relu: the last convolution too is followed by norm and ReLU; plain: it has a
                          bias instead */
    int encoder_count, decoder_count;
    sw_encoder_stage encoder[SW_MAX_STAGES];
    sw_decoder_stage decoder[SW_MAX_STAGES];
    sw_layer_list layers; /* instead of the stages, which have count 0 then */
    const sw_yaml_node *blocks_written,
        *layers_written; /* `blocks` and `layers` as they were given; or NULL */
} sw_model_config;

/* How names of a file become names of the network: the first pattern that a name fits gives the new one. */
typedef struct sw_name_map {
    const char *const *from, *const *to; /* patterns of base/pattern.h, at most one '*' in each */
    int count;                           /* 0: names stay as they are */
} sw_name_map;

typedef struct sw_init_config {
    const char *from;         /* safetensors file the parameters start from; "": drawn by the seed */
    const char *const *strip; /* prefixes that its names lose */
    int strip_count;
    sw_name_map map;
    bool partial;              /* the file need not hold all of the network, nor the head in its shape */
    const char *const *freeze; /* patterns of parameters that are not trained */
    int freeze_count;
} sw_init_config;

enum { SW_MAX_LOSSES = 8 };

typedef struct sw_loss_item {
    sw_loss_kind kind;
    float weight; /* in the sum */
    sw_loss_attrs attrs;
} sw_loss_item;

/* What training minimises: the sum of the items by their weights. */
typedef struct sw_loss_config {
    int count;
    sw_loss_item items[SW_MAX_LOSSES];
} sw_loss_config;

/* A configuration of one loss: SW_ONE_LOSS(FOCAL, .gamma = 2, .ignore_index = -1). */
#define SW_ONE_LOSS(kind_, ...)                                                                              \
    {                                                                                                        \
        .count = 1, .items = { {.kind = SW_LOSS_##kind_, .weight = 1.0f, .attrs = {__VA_ARGS__}} }           \
    }

typedef enum sw_schedule_kind {
    SW_SCHED_CONSTANT,
    SW_SCHED_STEP,
    SW_SCHED_COSINE,
    SW_SCHED_POLY
} sw_schedule_kind;

typedef struct sw_schedule_config {
    sw_schedule_kind kind; /* constant, step, cosine, poly */
    int step_epochs;       /* step: every so many epochs ... */
    float gamma;           /* ... the rate is multiplied by this */
    float power;           /* poly */
    float min_lr;          /* cosine and poly end here */
    float warmup_epochs;   /* linear from warmup_start * lr; 0: none; fractions of an epoch are fine */
    float warmup_start;
} sw_schedule_config;

#endif
