/* Which pictures a prediction reads, and which files it writes. */
#ifndef APPLY_PREDICT_INPUTS_H
#define APPLY_PREDICT_INPUTS_H

#include "base/arena.h"
#include "base/status.h"
#include "data/config.h"

/* What may be written for a picture; the sets of them are bits. */
typedef enum sw_predict_file {
    SW_PREDICT_MASK,
    SW_PREDICT_OVERLAY,
    SW_PREDICT_OUTLINE,
    SW_PREDICT_PROBABILITIES,
    SW_PREDICT_LOGITS,
    SW_PREDICT_UNCERTAINTY,
    SW_PREDICT_FILES
} sw_predict_file;

/* ".png", ".overlay.png", ... behind a picture's name */
extern const char *const sw_predict_suffixes[SW_PREDICT_FILES];

typedef struct sw_predict_input {
    const char *path;   /* of the picture */
    const char *target; /* of its files, without the suffix: DIR/sub/name */
} sw_predict_input;

typedef struct sw_predict_inputs {
    sw_predict_input *items;
    int count;
    sw_arena arena;
} sw_predict_inputs;

/* Lists the files, and of a folder its .jpg, .jpeg and .png files by name, those in its folders too, which
 * are kept: FOLDER/sub/name.jpg becomes DIR/sub/name. The folder DIR itself, if it lies in one of them, is
 * passed over, and so are masks of the run's data (`data`): files that its description names, and where it
 * keeps them beside pictures, those of that name. SW_E_USAGE: a folder without any picture. */
sw_status sw_predict_inputs_init(sw_predict_inputs *inputs, const char *const *paths, const char *out,
                                 const sw_data_config *data) SW_NODISCARD;
void sw_predict_inputs_deinit(sw_predict_inputs *inputs);

/* Returns the path of one of the files on the heap (the caller frees it); NULL when memory is out. */
char *sw_predict_file_path(const sw_predict_input *input, sw_predict_file file);

#endif
