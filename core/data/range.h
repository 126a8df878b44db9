/* Least, median and most of some numbers. */
#ifndef DATA_RANGE_H
#define DATA_RANGE_H

#include "data/stats.h"

/* Sorts the values. All 0 when there are none. */
sw_stats_range range_of(int *values, int count);

#endif
