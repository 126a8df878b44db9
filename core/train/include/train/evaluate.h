/* One pass over a validation set. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include <signal.h>

#include "base/progress.h"
#include "comm/comm.h"
#include "data/loader.h"
#include "nn/metrics.h"
#include "nn/network.h"

/* The metrics and predictions of one image. */
typedef struct sw_image_evaluation {
    int image; /* number in the data set */
    const sw_evaluation
        *figures;         /* of the image alone, while the call lasts; without loss and figures by batch */
    const uint8_t *truth; /* (H,W) labels, likewise */
    const uint8_t *prediction; /* (H,W) likewise */
    const uint8_t *confidence; /* (H,W) likewise, see sw_batch_results; NULL unless asked for */
} sw_image_evaluation;

typedef struct sw_evaluate_options {
    const sw_classes *classes;
    int epoch;                /* of the loader's shuffle and augmentation */
    bool boundary;            /* boundary F1 too: costs host time */
    bool flip;                /* evaluates the mean with the prediction of the mirrored images (nn/flip.h) */
    const int *slot_of_image; /* by image number: place in `captured`, or -1; NULL: capture nothing */
    uint8_t *const *captured; /* predictions (S,S) of the captured images */
    uint8_t *const *captured_confidence; /* and how sure they are (S,S), see sw_batch_results; NULL: not */
    /* called for each image, in the order they come; NULL: not */
    void (*on_image)(void *user, const sw_image_evaluation *figures);
    void *on_image_user;
    bool confidence;                /* on_image gets it */
    sw_progress *progress;          /* NULL: none */
    int progress_done;              /* validation steps of this epoch that came before */
    struct sw_run_profile *profile; /* NULL: none */
    /* Of processes that each evaluate some of the batches: the figures of all come together in each. What is
     * captured, and on_image, are of this process's images. NULL: it evaluates all. */
    sw_comm *comm;
    volatile sig_atomic_t *stop; /* SW_E_INTERRUPTED when it becomes non-zero; NULL: never */
} sw_evaluate_options;

/* The figures of a batch are made while the device has the next one, so that two must stay valid: `hold` of
 * the loader is this. */
enum { SW_EVALUATE_HOLD = 2 };

/* Makes *out, which the caller frees with sw_evaluation_deinit. What fails leaves nothing to be freed. */
sw_status sw_evaluate(sw_evaluation *out, sw_network *network, sw_loader *loader,
                      const sw_evaluate_options *options) SW_NODISCARD;

#endif
