#include "range.h"

#include <stdlib.h>

static int compare_ints(const void *a, const void *b)
{
    const int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

sw_stats_range range_of(int *values, int count)
{
    if (count == 0) return (sw_stats_range){0};
    qsort(values, (size_t)count, sizeof *values, compare_ints);
    return (sw_stats_range){values[0], values[count / 2], values[count - 1]};
}
