/* Checks a gradient against central differences in double precision.
 *
 * D(h) = (f(v+h) - f(v-h)) / 2h differs from f' by h^2 f'''/6 + O(h^4), so (4 D(h/2) - D(h)) / 3 is off by
 * O(h^4) only, and |D(h) - D(h/2)|, three quarters of D(h)'s error, is a generous measure of what is left.
 * Rounding adds the error of f, at most some 2^-52 of the sum of its terms' magnitudes, divided by h. Both
 * are small beside the gradient, and the check insists on that: a tolerance as large as what it is to judge
 * would prove nothing. */
#ifndef TESTS_FINITE_DIFFERENCE_H
#define TESTS_FINITE_DIFFERENCE_H

#include <criterion/criterion.h>
#include <math.h>
#include <stddef.h>

/* The function under test, which reads the perturbed values through `context`. *magnitude: sum of |term|. */
typedef double (*fd_objective)(double *magnitude, const void *context);

static inline double fd_central(fd_objective f, const void *context, double *value, double h,
                                double *magnitude)
{
    double start = *value;
    *value = start + h;
    double above = f(magnitude, context);
    *value = start - h;
    double below = f(magnitude, context);
    *value = start;
    return (above - below) / (2 * h);
}

static inline void fd_expect_gradient(const char *what, fd_objective f, const void *context, double *values,
                                      const double *gradient, size_t count)
{
    const double h = 0x1p-8;
    double largest = 0, loosest = 0;
    for (size_t i = 0; i < count; i++) {
        double magnitude;
        double coarse = fd_central(f, context, &values[i], h, &magnitude);
        double fine = fd_central(f, context, &values[i], h / 2, &magnitude);
        double tolerance = fabs(coarse - fine) + 0x1p-46 * magnitude / h;
        double found = (4 * fine - coarse) / 3;
        cr_assert(fabs(found - gradient[i]) <= tolerance,
                  "%s[%zu]: differences give %.12g, the reference %.12g (+-%.3g)", what, i, found,
                  gradient[i], tolerance);
        largest = fmax(largest, fabs(gradient[i]));
        loosest = fmax(loosest, tolerance);
    }
    cr_assert(loosest < 1e-3 * largest, "%s: tolerance %.3g is too loose for gradients of %.3g", what,
              loosest, largest);
}

#endif
