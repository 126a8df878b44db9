/* The middle of some values. */
#ifndef BASE_MEDIAN_H
#define BASE_MEDIAN_H

#include <stddef.h>

/* The median of `count` > 0 values, none of them NaN, which end up sorted, the least first. Of an even count
 * it is the mean of the two in the middle. */
double sw_median(double *values, size_t count);

#endif
