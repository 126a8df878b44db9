/* What augmentation does to the sharpness of an image: blur, noise and erased rectangles. In place on
 * (height,width,3) floats 0..1. */
#ifndef DATA_AUGMENT_FILTER_H
#define DATA_AUGMENT_FILTER_H

#include "base/rng.h"
#include "base/size.h"
#include "base/status.h"
#include "image/image.h"

/* Where filter_blur works; kept by the caller from one image to the next. {0} is an empty one. */
typedef struct filter_place {
    float *values;
    size_t count;
} filter_place;

void filter_place_deinit(filter_place *place);

/* Blurs with a Gaussian of that standard deviation in pixels, cut off at ceil(3 sigma), its weights made to
 * sum to 1; beyond the edges the outermost pixels repeat. SW_E_MEMORY. */
sw_status filter_blur(float *rgb, sw_size size, float sigma_px, filter_place *place) SW_NODISCARD;

/* Adds to each value a number of its own with mean 0 and standard deviation sigma, and clamps to 0..1. The
 * number is the sum of the four bytes of one word of `rng`: close enough to a Gaussian here (none is
 * beyond 3.5 sigma), at a tenth of its cost. */
void filter_noise(float *rgb, size_t values, float sigma, sw_rng *rng);

/* Gives a rectangle, which may reach over the edges, one colour. */
void filter_erase(float *rgb, sw_size size, sw_rect rect, const float colour[3]);

#endif
