/* The mean of several predictions with dropout, and how far they lie apart. */
#ifndef APPLY_SAMPLES_H
#define APPLY_SAMPLES_H

#include <stddef.h>

/* Adds a sample's probabilities to the sums of all and of their squares, which begin with 0. */
void sw_samples_add(float *sums, float *squares, const float *probabilities, size_t values);

/* Makes means of the sums (pixels, classes) over `samples` samples, and sets `spread` (pixels) to the root of
 * the classes' mean variance: 0 where all samples agree, at most 0.5. */
void sw_samples_finish(float *sums, float *spread, const float *squares, size_t pixels, int classes,
                       int samples);

#endif
