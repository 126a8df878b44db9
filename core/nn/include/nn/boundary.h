/* Boundary F1 (Csurka et al., "What is a good evaluation measure for semantic segmentation?", 2013).
 *
 * Per image and class: a pixel of the class is on its boundary when one of its 4 neighbours inside the image
 * has another label; the frame of the image is no boundary. Precision is the share of predicted boundary
 * pixels that have a true one of the class within the tolerance (Euclidean, between pixel centres), recall
 * the reverse, F1 = 2PR / (P + R), 0 where both are 0. A class with neither a true nor a predicted boundary
 * in an image is left out, as is an ignored one; with only one of the two its F1 is 0. The tolerance is
 * 0.0075 of the image's diagonal, at least 1 px.
 *
 * Where the truth is ignored (or no class), a contour may run that it does not show: between pet and
 * background lies the ignored border. So an ignored pixel takes the label of the nearest pixel that counts
 * (of equally near ones the leftmost, then the uppermost), if that is at most 4 tolerances away; farther off
 * it has none, and makes no boundary. In a band between two classes the contour is then its middle line, in a
 * hole there is none. As the contour may be anywhere in the band, a true boundary pixel that is ignored has
 * its distance from that nearest pixel added to its tolerance. A prediction inside the band may be right, but
 * not wrong: a predicted boundary pixel without a true one in reach counts only if it and a neighbour of
 * another label are both at pixels that count. Without ignored pixels all this changes nothing. */
#ifndef NN_BOUNDARY_H
#define NN_BOUNDARY_H

#include <stdint.h>

#include "base/status.h"

typedef struct sw_boundary {
    int classes;
    int ignored;         /* label that counts for nothing; -1: none */
    double *f1_sum;      /* (classes), over the images where the class counts; owned */
    uint64_t *f1_images; /* (classes), in the same memory */
    double mean_sum;     /* over images, of the mean over the classes that count */
    uint64_t mean_images;
} sw_boundary;

/* Begins with no image, for 1..SW_MAX_CLASSES classes (asserted). */
sw_status sw_boundary_init(sw_boundary *out, int classes, int ignored) SW_NODISCARD;
void sw_boundary_deinit(sw_boundary *boundary); /* accepts a zeroed one */
void sw_boundary_clear(sw_boundary *boundary);  /* as after init */

double sw_boundary_tolerance_px(int width, int height);

/* Adds one image of label maps (height, width); predictions are classes (asserted). SW_E_MEMORY when the
 * working memory (12 bytes a pixel) is not to be had. */
sw_status sw_boundary_add(sw_boundary *boundary, const uint8_t *truth, const uint8_t *prediction, int width,
                          int height) SW_NODISCARD;
void sw_boundary_merge(sw_boundary *into, const sw_boundary *from); /* same number of classes (asserted) */

double sw_boundary_class_f1(const sw_boundary *boundary, int c); /* mean over images; NaN: in no image */
double sw_boundary_mean_f1(const sw_boundary *boundary); /* mean over images of the mean over classes */

#endif
