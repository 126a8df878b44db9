/* Augmentation that works on the picture as decoded, where sw_augment_needs_pictures says so. */
#ifndef DATA_AUGMENT_PICTURE_H
#define DATA_AUGMENT_PICTURE_H

#include "augment_warp.h"
#include "data/augment.h"

/* Augments one picture; out_image and out_labels are those of sw_augment_apply, and so are the parts that
 * don't need the picture. The geometry (crop and flips too) is one interpolation. `fit` leads from the
 * picture to the output. */
sw_status augment_picture(const sw_augment_config *config, sw_rng *rng, const sw_fit *fit,
                          const warp_source *source, float *out_image, uint8_t *out_labels,
                          sw_augment_place *place) SW_NODISCARD;

/* Returns the step with which the picture may be kept; see warp_finest_step. */
double augment_finest_step(const sw_augment_config *config, const sw_fit *fit);

#endif
