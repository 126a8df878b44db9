/* What a network loses when a part of its picture is covered: a gray patch is moved over the image, and for
 * each place the score of a class is computed again (after Zeiler and Fergus, "Visualizing and understanding
 * convolutional networks", 2014). */
#ifndef INSPECT_OCCLUSION_H
#define INSPECT_OCCLUSION_H

#include "data/config.h"
#include "inspect/probe.h"

/* What is asked of the network; the score is the probability of the class, after softmax. */
typedef struct sw_occlusion_rule {
    int class_number;
    int y, x;               /* a pixel */
    const uint8_t *region;  /* (H,W): not 0 for the pixels over which the class's mean is taken */
    int patch_px, step_px;  /* side of the patch; px from one place to the next, at most patch_px */
    sw_normalize normalize; /* of what the network sees; the patch is (0.5, 0.5, 0.5) before it */
} sw_occlusion_rule;

typedef struct sw_occlusion {
    int rows, columns; /* places of the patch, whose centres lie (i + 0.5) * step_px from the edges */
    double at_pixel, in_region;      /* the scores without a patch */
    float *pixel_loss, *region_loss; /* (rows, columns) owned: what the patch at that place takes from them */
} sw_occlusion;

/* Covers an image (H,W,3), which is as the network sees it, at every place. */
sw_status sw_occlusion_find(sw_occlusion *out, sw_probe *probe, const float *image,
                            const sw_occlusion_rule *rule) SW_NODISCARD;
void sw_occlusion_deinit(sw_occlusion *occlusion); /* accepts a zeroed one */

#endif
