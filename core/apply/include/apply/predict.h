/* Predicts the class of every pixel of pictures. */
#ifndef APPLY_PREDICT_H
#define APPLY_PREDICT_H

#include "setup/trained.h"

typedef struct sw_predict_options {
    const char *out;    /* folder, made where it is missing */
    const char *device; /* overrides the experiment's; NULL: not */
    bool logits, overlay;
    bool original_size; /* maps and overlays of the picture's size instead of the network's */
} sw_predict_options;

typedef struct sw_predict_result {
    int predicted, failed; /* pictures */
} sw_predict_result;

/* Predicts every picture of `paths` (files and folders, ended by NULL) with an opened network, which it
 * starts, and writes for NAME.jpg
 *
 *   NAME.png          gray, (S,S): each pixel has the value that the data set's masks have for its class
 *   NAME.overlay.png  the picture half covered by the classes' colours
 *   NAME.npy          the logits, float32 (C,H,W), always of the network's size
 *
 * A picture that can't be read or written gets an error line in the log and the others go on; the status is
 * then SW_E_DATA at the end. */
sw_status sw_predict(sw_predict_result *result, sw_trained *saved, const char *const *paths,
                     const sw_predict_options *options) SW_NODISCARD;

#endif
