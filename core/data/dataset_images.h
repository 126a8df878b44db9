/* The images of a data set as the loader takes them. */
#ifndef DATA_DATASET_IMAGES_H
#define DATA_DATASET_IMAGES_H

#include "data/dataset.h"
#include "dataset_store.h"

/* Points to an image and its labels at the set's size: where they are kept, or in `place` (room for 4 bytes a
 * pixel), where they are read again. */
sw_status dataset_borrow(const uint8_t **image, const uint8_t **labels, const sw_dataset *dataset, int i,
                         uint8_t *place) SW_NODISCARD;

/* Gives an image's picture for this augmentation, and how it is fitted; see dataset_store_picture. */
sw_status dataset_borrow_picture(stored_picture *out, sw_fit *fit, const sw_dataset *dataset, int i,
                                 const sw_augment_config *augment) SW_NODISCARD;

#endif
