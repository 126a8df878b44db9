/* Augmentation of one image. Pure functions: the numbers come from the cursor the caller passes.
 *
 * The order is: geometry (crop and flips, or all of it at once from the picture as decoded), colours as
 * torchvision's ColorJitter defines them on float images (brightness, contrast, saturation, hue), blur,
 * noise, erased rectangles.
 *
 * The same numbers are drawn whatever is switched on, so that switching a part on does not change what the
 * others draw: flip, brightness, contrast, saturation, hue, size, left and top of the crop; then those of
 * the parts that came later (core/data/augment_draw.h). */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"
#include "data/config.h"

/* Part of an image: a rectangle whose upper left corner lies at (left, top), not whole pixels in general.
 * 0 <= left, top; left + width <= the image's width, top + height <= its height. */
typedef struct sw_crop {
    float left, top, width, height;
} sw_crop;

/* The crop at the image's own size. Output column i has its centre at left + (i + 0.5) width / size.width
 * - 0.5, and rows alike (in pixels of the input, their centres being whole numbers): image by bilinear
 * interpolation between the four neighbours, clamped at the image's edges, out 0..1; labels from the nearest.
 */
void sw_augment_crop(sw_crop crop, sw_size size, const uint8_t *image, const uint8_t *labels,
                     float *out_image, uint8_t *out_labels);

/* Memory in which images are augmented, for one thread at a time; it grows to what they need. */
typedef struct sw_augment_place sw_augment_place;
sw_status sw_augment_place_create(sw_augment_place **out) SW_NODISCARD;
void sw_augment_place_destroy(sw_augment_place *place);

/* Augments one image: image (H,W,3) bytes and labels (H,W) -> out_image (H,W,3) floats 0..1 and out_labels
 * (H,W). Outputs do not overlap inputs. A zeroed configuration only converts. Erased rectangles are gray, and
 * their labels stay: as in Cutout (DeVries, Taylor 2017) and Random Erasing (Zhong et al. 2017) the network
 * is to guess what is hidden from what is around it. SW_E_MEMORY. */
sw_status sw_augment_apply(const sw_augment_config *config, sw_rng *rng, sw_size size, const uint8_t *image,
                           const uint8_t *labels, float *out_image, uint8_t *out_labels,
                           sw_augment_place *place) SW_NODISCARD;

/* Whether the configuration asks for what only the picture as decoded can give (scale, rotation, crop to
 * size); sw_augment_apply leaves these parts out. */
bool sw_augment_needs_pictures(const sw_augment_config *config);

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
