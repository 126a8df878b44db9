/* A network as a list of layers, connected by name: what every model is before it is a graph.
 *
 * model.layers of an experiment is read into such a list (config/layers.h), and the stages of model.encoder
 * and model.decoder are written out as one (sw_stages_write). nn/model.h makes the graph. */
#ifndef NN_LAYERS_H
#define NN_LAYERS_H

#include "base/yaml.h"
#include "graph/op.h"

enum { SW_MAX_LAYERS = 1024 };

/* What a layer may name besides other layers: the network's images, after model.input_norm. */
#define SW_LAYER_IMAGES "images"

/* Texts are borrowed, from an arena. */
typedef struct sw_layer {
    const char *name; /* of the node and of its parameters: "e1.0" */
    const sw_op *op;
    const void *attrs; /* op->attr_bytes of them, as they are before sw_op.adopt and resize; NULL: all 0 */
    int from_count;
    const char
        *from[SW_MAX_INPUTS]; /* layers, SW_LAYER_IMAGES, or a further output of a layer: "p1.offsets" */
    const char *like; /* layer whose height and width the output takes (sw_op.resize); NULL: as the op does */
    sw_yaml_place place; /* where it was written, for messages; source NULL: nowhere */
} sw_layer;

typedef struct sw_layer_list {
    int count;
    sw_layer *list; /* in the order in which they are computed; the last one gives the classes */
} sw_layer_list;

struct sw_model_config;

/* Writes the stages of encoder and decoder out as layers, with the names of PyTorch's state dict of the
 * reference model: dc1.seq.0, dc1.seq.1, dc1.mp, ... uc1.mup, uc1.seq.0. The list is in the arena.
 * SW_E_CONFIG where a decoder stage names an encoder stage that does not exist or has no offsets, or a stage
 * that has none asks for them; what does not fit otherwise shows when the graph is made. */
sw_status sw_stages_write(sw_layer_list *out, sw_arena *arena,
                          const struct sw_model_config *config) SW_NODISCARD;

#endif
