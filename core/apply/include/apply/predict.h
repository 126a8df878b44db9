/* Predicts the class of every pixel of pictures. */
#ifndef APPLY_PREDICT_H
#define APPLY_PREDICT_H

#include "base/progress.h"
#include "setup/trained.h"

typedef struct sw_predict_options {
    const char *out;    /* folder, made where it is missing */
    const char *shares; /* CSV file: the share of each class in each picture's map; NULL: none */
    const char *device; /* overrides the experiment's; NULL: not */
    bool overlay, outline, probabilities, logits; /* also written */
    bool
        network_size; /* maps of the size in which the network sees a picture, instead of the picture's own */
    bool flip;        /* averages the probabilities with those of the mirrored picture */
    int samples;      /* predictions with dropout whose mean is taken; 0: one without */
    int tile;    /* side of the squares in which pictures are seen at their own size; 0: they are scaled */
    int overlap; /* px that neighbouring tiles have in common at least; below 0: a quarter of the tile */
    int batch;   /* images that the device gets at once; 0: as many as validation gives it */
    const sw_progress_output *progress; /* NULL: none */
} sw_predict_options;

typedef struct sw_predict_result {
    int predicted, failed; /* pictures */
} sw_predict_result;

/* Predicts every picture of `paths` (files, and folders with all their folders; ended by NULL) with an opened
 * network, which it starts, and writes for NAME.jpg
 *
 * - NAME.png: the mask. Pixels have the values that the data set's masks have for the classes, and the
 * palette shows their colours;
 * - NAME.overlay.png: the picture half covered by the classes' colours;
 * - NAME.outline.png: the picture with the outlines of its regions;
 * - NAME.probabilities.npy: float32 (classes, height, width), of the mask's size; the mask is the largest;
 * - NAME.npy: the logits, float32 (classes, height, width), always of the network's size;
 * - NAME.uncertainty.png, with samples: 8-bit gray, the standard deviation of the probabilities over the
 * samples (the root of the variances' mean over the classes) times 510: 255 is 0.5, the most there can be.
 *
 * The network sees a picture as in validation: scaled by data.fit, and with `fit: crop`, which leaves ends
 * out, in several windows. Its probabilities are enlarged bilinearly to the picture's size. Files are read
 * and written by threads while the device computes; what they hold, and the order of messages and of the
 * CSV's rows, depends on neither.
 *
 * A picture that can't be read or written gets an error line in the log and the others go on; the status is
 * then SW_E_DATA at the end. SW_E_USAGE: options that contradict each other or the network. */
sw_status sw_predict(sw_predict_result *result, sw_trained *saved, const char *const *paths,
                     const sw_predict_options *options) SW_NODISCARD;

#endif
