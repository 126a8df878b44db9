/* The geometry of augmentation: one affine map from the pixels of the output to the picture as decoded, so
 * that fit, scale, rotation, flips and cut-out cost one interpolation together. */
#ifndef DATA_AUGMENT_WARP_H
#define DATA_AUGMENT_WARP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/size.h"
#include "base/status.h"
#include "image/fit.h"

/* What was drawn for an image. Applied to the fitted picture in this order: scaled, moved, rotated, cut out,
 * flipped. {.scale = 1, .x = 0.5, .y = 0.5, .cut = {0, 0, 1}} changes nothing. */
typedef struct warp_draw {
    bool own_pixels; /* scale 1 shows the picture at its own pixels, and not as it is fitted */
    double scale;    /* 2: everything twice as large */
    double x, y;    /* 0..1: where the frame of the output lies on a picture that is larger, or a picture that
                       is smaller lies in the frame: 0 at one end, 0.5 in the middle, 1 at the other end */
    double radians; /* about the middle of the frame, counterclockwise as seen */
    struct {
        double left, top, side; /* of the frame, as shares of its sides */
    } cut;
    bool hflip, vflip;
} warp_draw;

/* The point (x, y) of the output, its first pixel being the square from 0 to 1, shows the picture's point
 * (u, v) = (u[0] x + u[1] y + u[2], v[0] x + v[1] y + v[2]). */
typedef struct warp_map {
    double u[3], v[3];
} warp_map;

/* `fit`: how the picture is fitted without augmentation; its sizes are those of the picture and the output.
 */
warp_map warp_compose(const sw_fit *fit, const warp_draw *draw);

/* A picture and its labels (SW_NO_CLASS: ignored), which may be kept more coarsely than they were taken: one
 * pixel of `image` stands for `image_step` pixels of the picture a side, of `labels` for `label_step`. Where
 * the picture's sides are no multiples, the last pixels stand for less. */
typedef struct warp_source {
    sw_size size; /* of the picture */
    sw_image image, labels;
    int image_step, label_step;
} warp_source;

/* Returns the pixels of the picture that lie between two neighbouring pixels of the output where it is
 * magnified most, along the axis where they are fewer: pictures kept with a step up to that lose nothing. */
double warp_finest_step(const sw_fit *fit, bool own_pixels, double highest_scale, double smallest_cut);

/* Where warp_apply works; kept by the caller from one picture to the next. {0} is an empty one. */
typedef struct warp_place {
    uint8_t *reduced;
    size_t reduced_bytes;
    uint16_t *sums;
    size_t sum_count;
    int *inside; /* (height,2) first column that shows the picture, first one after it that does not */
    size_t inside_count;
} warp_place;

void warp_place_deinit(warp_place *place);

/* Fills out_image (height,width,3), 0..1, and out_labels (height,width).
 *
 * Image: where the output shrinks the picture, blocks of pixels are averaged first, as many along each axis
 * as lie between two neighbouring pixels of the output, so that fine patterns do not turn into coarse ones (a
 * box filter; it reads each pixel in sight once). Then the four neighbours are interpolated, clamped at the
 * picture's edges. Labels: the nearest. A pixel of the output whose centre lies outside the picture is black
 * and SW_NO_CLASS. SW_E_MEMORY. */
sw_status warp_apply(float *out_image, uint8_t *out_labels, sw_size size, const warp_map *map,
                     const warp_source *source, warp_place *place) SW_NODISCARD;

/* Makes the pixels that showed no picture in the last warp_apply black again, after colours changed. */
void warp_blacken_outside(float *image, sw_size size, const warp_place *place);

#endif
