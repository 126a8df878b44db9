/* How far a single-precision result may be from the exact one.
 *
 * A sum of K products a_i b_i in any order, with or without fused multiply-adds, makes at most one rounding a
 * product and one an addition. Each is off by at most u = eps/2 of a partial sum, and no partial sum exceeds
 * S = sum |a_i b_i|. Worst case, all in one direction: K u S. But rounding errors are as good as independent
 * with mean zero, and then their sum grows like sqrt(K) (Higham, Mary: "A new approach to probabilistic
 * rounding error analysis", 2019: within lambda sqrt(K) u S but for a probability of 2 exp(-lambda^2/2)
 * each). We ask for
 *
 *     |error| <= c eps sqrt(K) S,   c = 1,  that is lambda = 2
 *
 * which covers the worst case outright up to K = 4. Beyond, a rounding error spreads evenly over +-u at most,
 * so has the deviation u/sqrt(3), and the partial sums of K equal terms, which are the worst, have the mean
 * square S^2/3: together u S sqrt(K)/3. The bound is six such deviations, and ever more as terms differ in
 * sign. One term of average size left out (S/K) still shows up to K^1.5 = 1/eps, K = 41,000. */
#ifndef CHECK_BOUND_H
#define CHECK_BOUND_H

#include <float.h>
#include <math.h>
#include <stddef.h>

#include "check/reference.h"

static const double bound_c = 1.0;
static const double bound_eps = FLT_EPSILON;

static inline double sw_bound_of_sum(size_t terms, double magnitude)
{
    return bound_c * bound_eps * sqrt((double)terms) * magnitude;
}

/* A sum that is then added to what was there: `start` is one more term. */
static inline double sw_bound_of_added_sum(sw_sum sum, double start)
{
    return sw_bound_of_sum(sum.terms + 1, sum.magnitude + fabs(start));
}

#endif
