/* The reference of batch norm against central differences and against numbers worked out by hand. */
#include <criterion/criterion.h>

#include "check/reference.h"
#include "finite_difference.h"
#include "reference_case.h"

enum { MOST = 4096 }; /* elements of the largest array here */

typedef struct norm_problem {
    sw_shape s;
    double x[MOST], r[MOST], gamma[8], beta[8];
    const uint8_t *passed; /* held fixed, so that the objective is smooth */
} norm_problem;

static const double norm_eps = 1e-3;

static double norm_objective(double *magnitude, const void *context)
{
    const norm_problem *p = context;
    static double y[MOST], masked[MOST];
    double mean[8], variance[8];
    sw_reference_batchnorm_statistics(mean, variance, p->x, p->s);
    sw_reference_batchnorm_y(y, p->x, p->s, mean, variance, p->gamma, p->beta, norm_eps, false);
    for (size_t i = 0; i < sw_shape_elems(p->s); i++) masked[i] = p->passed && !p->passed[i] ? 0 : y[i];
    return project(magnitude, masked, p->r, sw_shape_elems(p->s));
}

static void expect_norm_gradients(sw_shape s, bool relu)
{
    static norm_problem p;
    static double y[MOST], dx[MOST];
    static uint8_t passed[MOST];
    double mean[8], variance[8], dgamma[8], dbeta[8];
    p.s = s;
    fill(p.x, sw_shape_elems(s), 1);
    fill(p.r, sw_shape_elems(s), 2);
    fill(p.gamma, (size_t)s.c, 3);
    for (int c = 0; c < s.c; c++) p.beta[c] = 0.1 * (c + 1); /* ReLU cuts some, not all */
    sw_reference_batchnorm_statistics(mean, variance, p.x, s);
    sw_reference_batchnorm_y(y, p.x, s, mean, variance, p.gamma, p.beta, norm_eps, relu);
    size_t cut = 0;
    for (size_t i = 0; i < sw_shape_elems(s); i++) {
        passed[i] = y[i] > 0;
        cut += !passed[i];
    }
    p.passed = relu ? passed : NULL;
    cr_assert(!relu || (cut > 0 && cut < sw_shape_elems(s)));
    sw_reference_batchnorm_backward(dx, dgamma, dbeta, p.x, p.r, s, mean, variance, p.gamma, norm_eps,
                                    p.passed);
    fd_expect_gradient("dx", norm_objective, &p, p.x, dx, sw_shape_elems(s));
    fd_expect_gradient("dgamma", norm_objective, &p, p.gamma, dgamma, (size_t)s.c);
    fd_expect_gradient("dbeta", norm_objective, &p, p.beta, dbeta, (size_t)s.c);
}

Test(reference, batch_norm_gradients_agree_with_differences)
{
    expect_norm_gradients((sw_shape){2, 3, 5, 3}, false);
    expect_norm_gradients((sw_shape){2, 3, 5, 3}, true);
    expect_norm_gradients((sw_shape){1, 7, 7, 1}, true);
    expect_norm_gradients((sw_shape){7, 1, 1, 2}, false);
}

Test(reference, running_variance_is_unbiased_and_the_normalising_one_is_not)
{
    const double x[] = {1, 3}; /* mean 2, biased variance 1, unbiased 2 */
    double mean, variance, running_mean = 10, running_variance = 20, y[2], one = 1, zero = 0;
    sw_shape s = {2, 1, 1, 1};
    sw_reference_batchnorm_statistics(&mean, &variance, x, s);
    cr_assert_eq(mean, 2);
    cr_assert_eq(variance, 1);
    sw_reference_batchnorm_running(&running_mean, &running_variance, &mean, &variance, 0.25, s);
    cr_assert_eq(running_mean, 8);
    cr_assert_eq(running_variance, 15.5);
    sw_reference_batchnorm_y(y, x, s, &mean, &variance, &one, &zero, 0, true);
    cr_assert_eq(y[0], 0); /* -1 cut by ReLU */
    cr_assert_eq(y[1], 1);
}
