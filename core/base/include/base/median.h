/* The median. */
#ifndef BASE_MEDIAN_H
#define BASE_MEDIAN_H

#include <stddef.h>

/* Sorts `count` > 0 values, none of them NaN, in ascending order and returns their median. For an even count
 * it is the mean of the two in the middle. */
double sw_median(double *values, size_t count);

#endif
