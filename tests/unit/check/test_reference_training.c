/* The references of what trains a network: losses of single pixels against central differences, these,
 * optimisers and metrics against numbers worked out by hand. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "check/reference.h"
#include "finite_difference.h"
#include "reference_case.h"

enum { MOST = 4096 }; /* elements of the largest array here */

/* --- losses ------------------------------------------------------------------------------------ */

typedef struct loss_problem {
    sw_reference_loss loss;
    size_t pixels;
    double logits[MOST];
    uint8_t labels[MOST];
} loss_problem;

static double loss_objective(double *magnitude, const void *context)
{
    const loss_problem *p = context;
    double loss = sw_reference_loss_run(NULL, &p->loss, p->logits, p->labels, p->pixels);
    *magnitude = fabs(loss) + 1; /* log-sum-exp cancels against logits of magnitude 1 */
    return loss;
}

static void expect_loss_gradients(int classes, double gamma, int ignore_index, const double *weights)
{
    static loss_problem p;
    static double dlogits[MOST];
    p.loss = (sw_reference_loss){
        .classes = classes, .gamma = gamma, .ignore_index = ignore_index, .weights = weights};
    p.pixels = 35;
    size_t count = p.pixels * (size_t)classes;
    fill(p.logits, count, 1);
    sw_rng rng = sw_rng_at(2, SW_RNG_TEST, 0);
    for (size_t i = 0; i < p.pixels; i++) p.labels[i] = (uint8_t)sw_rng_below(&rng, (uint32_t)classes);
    p.labels[3] = 255;
    sw_reference_loss_run(dlogits, &p.loss, p.logits, p.labels, p.pixels);
    fd_expect_gradient("dlogits", loss_objective, &p, p.logits, dlogits, count);
    for (int k = 0; k < classes; k++)
        cr_assert_eq(dlogits[3 * classes + k], 0, "an ignored pixel has a gradient");
}

Test(reference, loss_gradients_agree_with_differences)
{
    const double weights[] = {0.5, 2, 1.25, 0.75, 3};
    expect_loss_gradients(3, 0, -1, NULL);
    expect_loss_gradients(3, 0, 1, weights);
    expect_loss_gradients(3, 2, -1, NULL);
    expect_loss_gradients(5, 2, 0, weights);
    expect_loss_gradients(2, 0.5, -1, weights);
    expect_loss_gradients(3, 1, 255, NULL);
    expect_loss_gradients(3, 3.7, -1, weights);
}

static void expect_near(double found, double expected)
{
    cr_assert(fabs(found - expected) <= 8 * DBL_EPSILON * fabs(expected), "%.17g instead of %.17g", found,
              expected);
}

Test(reference, losses_of_simple_logits_are_known)
{
    const double even[] = {7, 7, 7, 7};
    const uint8_t label = 2, ignored = 1;
    sw_reference_loss loss = {.classes = 4, .ignore_index = -1};
    expect_near(sw_reference_loss_run(NULL, &loss, even, &label, 1), log(4));
    loss.gamma = 2; /* (3/4)^2 log 4 */
    expect_near(sw_reference_loss_run(NULL, &loss, even, &label, 1), 0.5625 * log(4));
    loss.gamma = 0;

    const double far[] = {1000, 0, -1000, 0};
    double gradient[4];
    cr_assert_eq(sw_reference_loss_run(gradient, &loss, far, &label, 1), 2000);
    cr_assert(gradient[0] == 1 && gradient[2] == -1);

    loss.ignore_index = 1;
    cr_assert_eq(sw_reference_loss_run(gradient, &loss, far, &ignored, 1), 0, "all ignored");
    for (int k = 0; k < 4; k++) cr_assert_eq(gradient[k], 0);
}

Test(reference, class_weights_divide_by_their_own_sum)
{
    const double logits[] = {0, 0, 1,
                             3}; /* ce: log 2 for the first pixel; label 0 of the second: 2 + log(1+e^-2) */
    const uint8_t labels[] = {1, 0};
    const double weights[] = {3, 1};
    sw_reference_loss loss = {.classes = 2, .ignore_index = -1, .weights = weights};
    expect_near(sw_reference_loss_run(NULL, &loss, logits, labels, 2),
                (log(2) + 3 * (2 + log1p(exp(-2)))) / 4);
}

/* --- optimisers -------------------------------------------------------------------------------- */

static const sw_reference_update adam = {.kind = SW_OPT_ADAM, .beta1 = 0.5, .beta2 = 0.75, .eps = 0.125};

Test(reference, adam_with_a_constant_gradient_always_takes_the_same_step)
{
    /* bias correction makes the mean of a constant that constant: lr g / (|g| + eps) at every step */
    double p = 1, m = 0, v = 0, g = -3;
    for (uint64_t step = 1; step <= 20; step++) {
        double before = p;
        sw_reference_update_run(&p, &m, &v, &g, 1, &adam, 0.25, step, NULL);
        cr_assert(fabs(p - before - 0.25 * 3 / 3.125) < 1e-14, "step %d moved by %.17g", (int)step,
                  p - before);
    }
}

Test(reference, adam_weighs_gradients_by_age)
{
    const double g[] = {1, -2, 4};
    double p = 0, m = 0, v = 0;
    for (uint64_t step = 1; step <= 3; step++)
        sw_reference_update_run(&p, &m, &v, &g[step - 1], 1, &adam, 0, step, NULL);
    cr_assert_eq(m, 0.125 * 1 + 0.25 * -2 + 0.5 * 4);
    cr_assert_eq(v, 0.25 * (0.5625 * 1 + 0.75 * 4 + 16));
}

Test(reference, adam_decays_through_the_gradient_and_adamw_beside_it)
{
    sw_reference_update config = adam;
    config.weight_decay = 0.5;
    double p = 2, q = 2, m[2] = {0}, v[2] = {0}, g = 1, g_with_decay = 1 + 0.5 * 2;
    sw_reference_update_run(&p, &m[0], &v[0], &g, 1, &config, 0.25, 1, NULL);
    sw_reference_update_run(&q, &m[1], &v[1], &g_with_decay, 1, &adam, 0.25, 1, NULL);
    cr_assert_eq(p, q);

    double zero = 0, w = 2, wm = 0, wv = 0;
    config.kind = SW_OPT_ADAMW;
    for (uint64_t step = 1; step <= 3; step++)
        sw_reference_update_run(&w, &wm, &wv, &zero, 1, &config, 0.25, step, NULL);
    cr_assert_eq(w, 2 * 0.875 * 0.875 * 0.875);
}

Test(reference, sgd_with_momentum_and_nesterov)
{
    sw_reference_update config = {.kind = SW_OPT_SGD};
    double p = 1, m = 0, g = 2;
    sw_reference_update_run(&p, NULL, NULL, &g, 1, &config, 0.25, 1, NULL);
    cr_assert_eq(p, 0.5);

    config.momentum = 0.5;
    p = 1;
    for (uint64_t step = 1; step <= 2; step++)
        sw_reference_update_run(&p, &m, NULL, &g, 1, &config, 0.25, step, NULL);
    cr_assert_eq(m, 3); /* 2, then 1 + 2 */
    cr_assert_eq(p, 1 - 0.25 * (2 + 3));

    config.nesterov = true;
    p = 1;
    m = 0;
    for (uint64_t step = 1; step <= 2; step++)
        sw_reference_update_run(&p, &m, NULL, &g, 1, &config, 0.25, step, NULL);
    cr_assert_eq(p, 1 - 0.25 * ((2 + 0.5 * 2) + (2 + 0.5 * 3)));

    config = (sw_reference_update){.kind = SW_OPT_SGD, .weight_decay = 0.5};
    double moved;
    p = -4;
    sw_reference_update_run(&p, NULL, NULL, &g, 1, &config, 0.25, 1, &moved);
    cr_assert_eq(p, -4);           /* decay cancels the gradient */
    cr_assert_eq(moved, 0.25 * 4); /* but not its rounding error */
}

/* --- metrics ----------------------------------------------------------------------------------- */

Test(reference, metrics_of_four_pixels_are_known)
{
    const double logits[] = {0, 0, 0, 1, 1, 0, 0, 0, 5, 2, 9, 9};
    const uint8_t labels[] = {0, 1, 1, 2};
    uint32_t confusion[9];
    const uint32_t expected[] = {1, 0, 0, 1, 0, 1, 0, 1, 0}; /* rows truth, columns prediction */
    uint8_t predictions[4];
    double soft[2];
    sw_reference_metrics(confusion, soft, predictions, logits, labels, 4, 3, -1);
    const uint8_t arg_max[] = {0, 0, 2, 1};
    cr_assert_arr_eq(predictions, arg_max, sizeof arg_max, "the lowest class wins ties");
    cr_assert_arr_eq(confusion, expected, sizeof expected);
    cr_assert(soft[1] > soft[0] && fabs(soft[0] + soft[1] - 8) < 1e-12,
              "truth and softmax each sum to 1 a pixel");

    sw_reference_metrics(confusion, soft, predictions, logits, labels, 4, 3, 1);
    cr_assert_eq(confusion[0] + confusion[7], 2, "pixels of class 1 are left out");
    cr_assert(fabs(soft[0] + soft[1] - 4) < 1e-12);
    expect_near(soft[0], 1.0 / 3 + 1 / (2 + exp(-7)));
}
