/* Augmentation of one image: cut-out brought back to full size, horizontal flip, then colour jitter as
 * torchvision defines it on float images, in the fixed order brightness, contrast, saturation, hue. Pure
 * functions: the numbers come from the cursor the caller passes.
 *
 * Always eight numbers are drawn, in the order flip, brightness, contrast, saturation, hue, size, left and
 * top of the cut-out, also for parts that are switched off, so that switching one on does not change what the
 * others draw. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "data/config.h"

/* Augments one image: image (H,W,3) bytes and labels (H,W) -> out_image (H,W,3) floats 0..1 and out_labels
 * (H,W). Outputs do not overlap inputs. A zeroed configuration only converts. */
void sw_augment_apply(const sw_augment_config *config, sw_rng *rng, sw_size size, const uint8_t *image,
                      const uint8_t *labels, float *out_image, uint8_t *out_labels);

/* Part of an image: a rectangle whose upper left corner lies at (left, top), not whole pixels in general.
 * 0 <= left, top; left + width <= the image's width, top + height <= its height. */
typedef struct sw_cutout {
    float left, top, width, height;
} sw_cutout;

/* The cut-out at the image's own size. Output column i has its centre at left + (i + 0.5) width / size.width
 * - 0.5, and rows alike (in pixels of the input, their centres being whole numbers): image by bilinear
 * interpolation between the four neighbours, clamped at the image's edges, out 0..1; labels from the nearest.
 */
void sw_augment_cut_out(sw_cutout cutout, sw_size size, const uint8_t *image, const uint8_t *labels,
                        float *out_image, uint8_t *out_labels);

/* No augmentation: byte / 255 */
void sw_augment_to_float(float *out, const uint8_t *bytes, size_t count);

/* In place on `pixels` RGB pixels (pixels, 3), values 0..1. gray = 0.2989 R + 0.587 G + 0.114 B. */
void sw_augment_adjust_brightness(float *rgb, size_t pixels, float factor); /* f x, clamped to 0..1 */
void sw_augment_adjust_contrast(float *rgb, size_t pixels,
                                float factor); /* f x + (1-f) mean(gray), clamped */
void sw_augment_adjust_saturation(float *rgb, size_t pixels, float factor); /* f x + (1-f) gray, clamped */
void sw_augment_adjust_hue(float *rgb, size_t pixels,
                           float shift); /* HSV hue + shift, -0.5..0.5 of the circle */

#endif
