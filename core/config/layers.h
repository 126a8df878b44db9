/* model.layers and model.blocks: from YAML to a list of layers (nn/layers.h). */
#ifndef CONFIG_LAYERS_H
#define CONFIG_LAYERS_H

#include "base/fields.h"
#include "nn/config.h"

/* Reads model->layers_written, with model->blocks_written, into model->layers, every block written out. Texts
 * and attributes are put into the arena. What is wrong goes to `problems`, with its place. SW_E_MEMORY. */
sw_status layers_read(sw_model_config *model, sw_arena *arena, sw_problems *problems) SW_NODISCARD;

/* The op that a layer may name; NULL: there is none. Losses are no layers. */
const sw_op *layers_op(const char *name);

/* Keys of a layer that are not options of its op. */
extern const char *const layers_keys[]; /* ends in NULL */

#endif
