/* The random numbers of an image's augmentation. */
#ifndef DATA_AUGMENT_DRAW_H
#define DATA_AUGMENT_DRAW_H

#include <stdbool.h>

#include "base/rng.h"
#include "base/size.h"
#include "data/augment.h"
#include "image/image.h"

typedef struct augment_draw {
    bool hflip, vflip;
    float brightness, contrast, saturation; /* factors */
    float hue;                              /* shift, in turns of the colour circle */
    sw_crop crop;                           /* of the output */
    float scale;
    float x, y; /* 0..1: where the frame lies on the scaled picture, see augment_warp.h */
    float degrees;
    float blur_px, noise;                /* standard deviations */
    sw_rect erased[SW_MAX_CUTOUT_COUNT]; /* cutout_count of them, if cutout is above 0 */
} augment_draw;

/* Draws all numbers, needed or not, always in the order of the members: a part that is switched on changes
 * nothing that the others draw. The per-pixel noise comes from the cursor afterwards. */
void augment_draw_numbers(augment_draw *out, const sw_augment_config *config, sw_size size, sw_rng *rng);

#endif
