/* What the tests of the references share. */
#ifndef REFERENCE_CASE_H
#define REFERENCE_CASE_H

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

/* Numbers from -1 to 1, the same for a seed every time. */
static inline void fill(double *values, size_t count, uint64_t seed)
{
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 0);
    for (size_t i = 0; i < count; i++) values[i] = sw_rng_uniform(&rng, -1, 1);
}

/* All different, by much more than a difference step: no maximum changes place when one of them moves. */
static inline void fill_apart(double *values, size_t count, uint64_t seed)
{
    uint32_t *order = malloc(count * sizeof *order);
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 1);
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    sw_rng_shuffle(&rng, order, count);
    for (size_t i = 0; i < count; i++) values[i] = 0.05 * ((double)order[i] - 0.5 * (double)count);
    free(order);
}

/* A scalar of y, as differences need one: the sum of r y; *magnitude that of |r y|. */
static inline double project(double *magnitude, const double *y, const double *r, size_t count)
{
    double sum = 0;
    *magnitude = 0;
    for (size_t i = 0; i < count; i++) {
        sum += r[i] * y[i];
        *magnitude += fabs(r[i] * y[i]);
    }
    return sum;
}

#endif
