/* Trained models that come with segwork, found by their names. */
#ifndef CONFIG_SHIPPED_H
#define CONFIG_SHIPPED_H

#include "base/status.h"
#include "base/str.h"

/* The model of those who name no weights. */
#define SW_SHIPPED_MODEL "pets"

/* Finds the weights of the model `name`, NAME.safetensors. Its places are configs/models below the current
 * folder (that of the sources), configs/models and models below SEGWORK_CONFIG_DIR, and models below the
 * installed share folder. *out is on the heap, or NULL when it is in none of them. Appends the places to
 * `looked_at`, separated by commas. */
sw_status sw_shipped_model_find(char **out, const char *name, sw_str *looked_at) SW_NODISCARD;

/* Finds the weights that `text` means: a path, or the name of a model that comes with segwork ("pets") where
 * no file and no run has that name. *out is on the heap. What is neither is returned as it is. */
sw_status sw_shipped_weights_path(char **out, const char *text) SW_NODISCARD;

#endif
