/* How a picture of any size is brought to the size a network sees, and what the network found back to the
 * picture. Whole pixels on both sides, so that there and back agree. */
#ifndef IMAGE_FIT_H
#define IMAGE_FIT_H

#include "base/size.h"
#include "image/image.h"

typedef enum sw_fit_kind {
    SW_FIT_STRETCH, /* the whole picture over the whole target: the aspect ratio is not kept */
    SW_FIT_PAD,     /* the whole picture, as large as fits, in the middle; the rest is not picture */
    SW_FIT_CROP,    /* the whole target covered by the picture's middle; its ends are left out */
} sw_fit_kind;

/* `part` of a picture of size `from` stands at `place` in a picture of size `to`. */
typedef struct sw_fit {
    sw_size from, to;
    sw_rect part, place;
} sw_fit;

/* Finds the fit of pictures of size `from`. Stretch: both whole. Pad: `place` is the largest rectangle of the
 * picture's aspect ratio, its other side rounded to whole pixels, at least 1. Crop: so is `part`, of the
 * target's aspect ratio. Centred; an odd pixel left over goes to the right or below. */
sw_fit sw_fit_find(sw_fit_kind kind, sw_size from, sw_size to);

/* The way back: what stands at `place` to the `part` of the picture it came from. */
sw_fit sw_fit_inverse(const sw_fit *fit);

/* Resizes by a fit into `out` (to.height, to.width, channels): `part` of the picture, which has size `from`,
 * at `place`, and `fill` in every channel around it. Pictures are filled with 0, labels with SW_NO_CLASS, so
 * that what is no picture counts for nothing. Masks and labels: always SW_RESIZE_NEAREST. */
void sw_fit_apply(uint8_t *out, const sw_fit *fit, const sw_image *picture, sw_resize_kind kind,
                  uint8_t fill);

#endif
