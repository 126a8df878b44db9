/* Which pictures a prediction reads, and which files it writes. */
#ifndef APPLY_PREDICT_INPUTS_H
#define APPLY_PREDICT_INPUTS_H

#include "base/arena.h"
#include "base/status.h"

typedef struct sw_predict_input {
    const char *path;  /* of the picture */
    const char *label; /* of the files written: DIR/<name>.png, .overlay.png, .npy */
    const char *overlay, *logits;
} sw_predict_input;

typedef struct sw_predict_inputs {
    sw_predict_input *items;
    int count;
    sw_arena arena;
} sw_predict_inputs;

/* Lists the files, and of a folder its .jpg, .jpeg and .png files by name. SW_E_USAGE: a folder
 * without any, two pictures that would be written to the same file, or a picture that would be overwritten.
 */
sw_status sw_predict_inputs_init(sw_predict_inputs *inputs, const char *const *paths,
                                 const char *out) SW_NODISCARD;
void sw_predict_inputs_deinit(sw_predict_inputs *inputs);

#endif
