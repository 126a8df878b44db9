/* The validation images that are worth a look, chosen during a validation and written into the run's gallery
 * (run/gallery_format.h says what its files hold). */
#ifndef TRAIN_GALLERY_H
#define TRAIN_GALLERY_H

#include "data/dataset.h"
#include "run/gallery_format.h"
#include "train/evaluate.h"

typedef struct sw_gallery_slot {
    int image;
    double score;
    uint8_t *prediction, *confidence; /* (S,S) */
} sw_gallery_slot;

typedef struct sw_gallery {
    const sw_dataset *dataset; /* borrowed */
    sw_gallery_figures *figures;
    double border_median;
    int length; /* of a list at most; less than SW_GALLERY_LENGTH where the sheet would be too large */
    sw_gallery_slot slots[SW_GALLERY_LISTS][SW_GALLERY_LENGTH];
    int used[SW_GALLERY_LISTS];
    uint8_t *maps; /* what the slots point into */
} sw_gallery;

sw_status sw_gallery_init(sw_gallery *gallery, const sw_dataset *dataset) SW_NODISCARD;
void sw_gallery_deinit(sw_gallery *gallery); /* accepts a zeroed one */

/* Starts a validation, which the processes share where `comm` has several; afterwards call sw_gallery_take
 * for every image, as sw_evaluate_options.on_image with the gallery as its user and with confidence. */
void sw_gallery_begin(sw_gallery *gallery, const sw_comm *comm);
void sw_gallery_take(void *gallery, const sw_image_evaluation *figures);

/* Brings together what the processes have chosen. The result is that of one process that has taken all images
 * in the order of the data set. */
sw_status sw_gallery_unite(sw_gallery *gallery, sw_comm *comm) SW_NODISCARD;

/* Writes the epoch's three files into RUN/gallery, making it. */
sw_status sw_gallery_write(const sw_gallery *gallery, const char *run, int epoch,
                           const sw_evaluation *evaluation) SW_NODISCARD;

/* Removes the files of all other epochs. Does nothing if there is no folder. */
sw_status sw_gallery_keep_only(const char *run, int epoch) SW_NODISCARD;

#endif
