/* Describes an experiment's network without a device: layers, sizes, work, memory. */
#ifndef MEASURE_DESCRIBE_H
#define MEASURE_DESCRIBE_H

#include "base/str.h"
#include "config/experiment.h"
#include "graph/graph.h"
#include "graph/plan.h"
#include "nn/memory_table.h"
#include "nn/model.h"

/* A slab's limit where no device is asked: what PoCL allows, and no device we know allows less. */
enum { SW_DESCRIBE_MAX_SLAB_MIB = 2048 };

typedef struct sw_described_layer {
    const char *name; /* the node's, in the description's graph */
    char op[32];      /* "conv2d 3x3", "norm+relu", ... */
    sw_shape output;  /* of the training graph */
    size_t parameters;
    uint64_t macs; /* of one image's forward pass */
    int field_px;  /* side of the square of input px that one output px sees; 0: a loss sees everything */
} sw_described_layer;

typedef struct sw_description {
    const sw_experiment *experiment;  /* borrowed */
    sw_model train_model, eval_model; /* at train.batch_size and train.val_batch_size */
    sw_plan *train_plan, *eval_plan;  /* slabs of at most SW_DESCRIBE_MAX_SLAB_MIB */
    sw_memory_table memory;
    sw_described_layer *layers;
    int layer_count;
    size_t parameters;
    uint64_t macs;
    double train_flop; /* of one image in a whole training step; forward: 2 macs */
} sw_description;

/* SW_E_CONFIG where stages do not fit, SW_E_MEMORY where one activation exceeds a slab. */
sw_status sw_description_init(sw_description *description, const sw_experiment *experiment) SW_NODISCARD;
void sw_description_deinit(sw_description *description); /* accepts a zeroed one */

/* Appends the table of layers, the totals and the memory plan, in 80 columns. */
void sw_description_print(sw_str *out, const sw_description *description);
struct cJSON;
/* Appends the same as one JSON document, and `more`, NULL or an item that becomes its `more_key`; it is taken
 * over. */
sw_status sw_description_json(sw_str *out, const sw_description *description, const char *more_key,
                              struct cJSON *more) SW_NODISCARD;

#endif
