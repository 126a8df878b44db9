/* Logits, and the probabilities of classes that they stand for. */
#ifndef NN_PROBABILITIES_H
#define NN_PROBABILITIES_H

#include <stddef.h>

#include "base/size.h"
#include "base/status.h"

/* Turns logits (pixels, classes) into probabilities, in place (softmax). SW_E_NUMERIC: a logit is NaN or
 * infinite. */
sw_status sw_softmax(float *values, size_t pixels, int classes) SW_NODISCARD;

/* Averages probabilities (height, width, classes) with those of the same window seen mirrored. */
void sw_average_mirrored(float *values, const float *mirrored, sw_size window, int classes);

/* Turns probabilities (pixels, classes) into logits with the same softmax, in place. The largest stays the
 * largest, and of equal ones the first. A probability below FLT_MIN counts as FLT_MIN. */
void sw_probabilities_to_logits(float *values, size_t pixels, int classes);

#endif
