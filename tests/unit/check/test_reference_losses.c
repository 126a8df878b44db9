/* The references of the losses over images: gradients against differences, values against cases worked out by
 * hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check/reference.h"
#include "finite_difference.h"

enum { HEIGHT = 3, WIDTH = 4, PIXELS = HEIGHT * WIDTH, IMAGES = 2, MOST_CLASSES = 5, ALL = IMAGES * PIXELS };

typedef struct problem {
    sw_reference_loss loss;
    double (*run)(double *dlogits, const struct problem *p);
    double logits[ALL * MOST_CLASSES];
    uint8_t labels[ALL];
} problem;

static double run_overlap(double *dlogits, const problem *p)
{
    return sw_reference_overlap_run(dlogits, &p->loss, p->logits, p->labels, IMAGES, PIXELS);
}

static double run_lovasz(double *dlogits, const problem *p)
{
    return sw_reference_lovasz_run(dlogits, &p->loss, p->logits, p->labels, IMAGES, PIXELS);
}

static double sum_of_weights(const problem *p)
{
    double sum = 0;
    for (int i = 0; i < ALL; i++) sum += sw_reference_label_weight(&p->loss, p->labels[i]);
    return sum;
}

static double run_pixels(double *dlogits, const problem *p, bool ohem)
{
    const size_t values = (size_t)(PIXELS * p->loss.classes);
    double f[PIXELS], loss = 0;
    for (size_t n = 0; n < IMAGES; n++) {
        const double *logits = p->logits + n * values;
        const uint8_t *labels = p->labels + n * PIXELS;
        if (ohem)
            sw_reference_ohem_map(f, &p->loss, logits, labels, PIXELS);
        else
            sw_reference_boundary_map(f, &p->loss, labels, HEIGHT, WIDTH);
        loss += sw_reference_pixels_image(dlogits ? dlogits + n * values : NULL, &p->loss, f,
                                          sum_of_weights(p), logits, labels, PIXELS);
    }
    return loss;
}

static double run_ohem(double *dlogits, const problem *p)
{
    return run_pixels(dlogits, p, true);
}

static double run_boundary(double *dlogits, const problem *p)
{
    return run_pixels(dlogits, p, false);
}

static double objective(double *magnitude, const void *context)
{
    const problem *p = context;
    const double loss = p->run(NULL, p);
    *magnitude = fabs(loss) + 1;
    return loss;
}

/* How near two different errors of Lovasz, or values of cross-entropy, of an image are: within this distance
 * their order changes, and differences say nothing. */
static double least_gap(const problem *p)
{
    double least = INFINITY, a[MOST_CLASSES], b[MOST_CLASSES];
    const int classes = p->loss.classes;
    for (int i = 0; i < ALL; i++)
        for (int j = i / PIXELS * PIXELS; j < i; j++) {
            sw_reference_softmax(a, p->logits + i * classes, classes);
            sw_reference_softmax(b, p->logits + j * classes, classes);
            for (int k = 0; k < classes; k++) {
                const double e = p->labels[i] == k ? 1 - a[k] : a[k], f = p->labels[j] == k ? 1 - b[k] : b[k];
                least = fmin(least, fabs(e - f));
            }
            const uint8_t s = p->labels[i], t = p->labels[j];
            if (s < classes && t < classes) least = fmin(least, fabs(a[s] - b[t]));
        }
    return least;
}

static void draw(problem *p, double gap)
{
    for (uint64_t seed = 0;; seed++) {
        sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 0);
        for (int i = 0; i < ALL * p->loss.classes; i++) p->logits[i] = (double)sw_rng_uniform(&rng, -2, 2);
        for (int i = 0; i < ALL; i++) p->labels[i] = (uint8_t)sw_rng_below(&rng, (uint32_t)p->loss.classes);
        p->labels[3] = 255;
        p->labels[PIXELS] = p->labels[PIXELS + 1] = 0;
        if (least_gap(p) > gap) return;
        cr_assert_lt(seed, 1000000);
    }
}

static void expect_gradients(double (*run)(double *, const problem *), sw_reference_loss loss, double gap)
{
    static problem p;
    static double dlogits[ALL * MOST_CLASSES];
    p = (problem){.loss = loss, .run = run};
    draw(&p, gap);
    run(dlogits, &p);
    fd_expect_gradient("dlogits", objective, &p, p.logits, dlogits, (size_t)(ALL * loss.classes));
    for (int k = 0; k < loss.classes; k++)
        cr_assert_eq(dlogits[3 * loss.classes + k], 0, "an ignored pixel has a gradient");
}

static const double weights[] = {0.5, 2, 1.25, 0.75, 3};

Test(reference_losses, gradients_of_dice_and_tversky_agree_with_differences)
{
    expect_gradients(run_overlap,
                     (sw_reference_loss){.classes = 3, .ignore_index = -1, .alpha = 0.5, .beta = 0.5}, 0);
    expect_gradients(
        run_overlap,
        (sw_reference_loss){
            .classes = 5, .ignore_index = 1, .weights = weights, .alpha = 0.3, .beta = 0.7, .smooth = 1},
        0);
    expect_gradients(run_overlap,
                     (sw_reference_loss){.classes = 2, .ignore_index = 255, .alpha = 2, .beta = 0.25}, 0);
}

Test(reference_losses, gradients_of_lovasz_agree_with_differences_where_the_order_holds)
{
    /* a step of 2^-8 moves a p by a quarter of that at most, and two of them */
    expect_gradients(run_lovasz, (sw_reference_loss){.classes = 2, .ignore_index = -1}, 0x1p-9);
    expect_gradients(run_lovasz, (sw_reference_loss){.classes = 3, .ignore_index = 1, .weights = weights},
                     0x1p-9);
}

Test(reference_losses, gradients_of_boundary_and_ohem_agree_with_differences)
{
    expect_gradients(run_boundary,
                     (sw_reference_loss){.classes = 3, .ignore_index = -1, .w0 = 10, .sigma = 0.8}, 0);
    expect_gradients(
        run_boundary,
        (sw_reference_loss){.classes = 5, .ignore_index = 2, .weights = weights, .w0 = 3, .sigma = 2}, 0);
    expect_gradients(run_ohem, (sw_reference_loss){.classes = 2, .ignore_index = -1, .share = 0.3}, 0x1p-9);
    expect_gradients(run_ohem,
                     (sw_reference_loss){
                         .classes = 3, .ignore_index = 1, .weights = weights, .share = 0.2, .threshold = 0.3},
                     0x1p-9);
}

Test(reference_losses, label_smoothing_has_the_gradient_of_its_differences)
{
    static problem p = {.loss = {.classes = 3, .ignore_index = 1, .weights = weights, .smoothing = 0.1}};
    static double dlogits[ALL * MOST_CLASSES];
    draw(&p, 0);
    const double loss = sw_reference_loss_run(dlogits, &p.loss, p.logits, p.labels, ALL);
    /* by its definition: the cross-entropy of (1-s) [k = t] + s / K */
    double sum = 0, weight_sum = 0, q[MOST_CLASSES];
    for (int i = 0; i < ALL; i++) {
        const double weight = sw_reference_label_weight(&p.loss, p.labels[i]);
        if (weight == 0) continue;
        sw_reference_softmax(q, p.logits + 3 * i, 3);
        weight_sum += weight;
        for (int k = 0; k < 3; k++) sum -= weight * (0.9 * (k == p.labels[i]) + 0.1 / 3) * log(q[k]);
    }
    cr_expect_float_eq(loss, sum / weight_sum, 1e-14, "%.17g and %.17g", loss, sum / weight_sum);
    for (int i = 0; i < ALL; i++) {
        const double weight = sw_reference_label_weight(&p.loss, p.labels[i]);
        sw_reference_softmax(q, p.logits + 3 * i, 3);
        for (int k = 0; k < 3; k++) {
            const double want = weight / weight_sum * (q[k] - 0.9 * (k == p.labels[i]) - 0.1 / 3);
            cr_expect_float_eq(dlogits[3 * i + k], want, 1e-15);
        }
    }
}

/* p of 0.5 everywhere, two pixels of class 0 and two of class 1, in an image of 1 x 4. */
static const double even[8] = {0};
static const uint8_t halves[] = {0, 0, 1, 1};

Test(reference_losses, simple_losses_are_known)
{
    sw_reference_loss loss = {.classes = 2, .ignore_index = -1, .alpha = 0.5, .beta = 0.5};
    /* of either class I = 1, P = 2, T = 2: Dice 2 / 4 */
    cr_expect_float_eq(sw_reference_overlap_run(NULL, &loss, even, halves, 1, 4), 0.5, 1e-15);
    loss.alpha = 0.25, loss.beta = 0.75, loss.smooth = 1; /* 1 - 2 / (1 + 0.25 + 0.75 + 1) */
    cr_expect_float_eq(sw_reference_overlap_run(NULL, &loss, even, halves, 1, 4), 1.0 / 3, 1e-15);
    /* all errors are 0.5: half of the Jaccard loss of all pixels wrong, which is 1 */
    cr_expect_float_eq(sw_reference_lovasz_run(NULL, &loss, even, halves, 1, 4), 0.5, 1e-15);
    /* a class that is true nowhere has no term */
    const uint8_t zeros[] = {0, 0, 0, 0};
    cr_expect_float_eq(sw_reference_overlap_run(NULL, &loss, even, zeros, 1, 4), 1 - 3.0 / 4.5, 1e-15);
    cr_expect_float_eq(sw_reference_lovasz_run(NULL, &loss, even, zeros, 1, 4), 0.5, 1e-15);
}

Test(reference_losses, lovasz_of_certain_pixels_is_one_minus_their_iou)
{
    const double sure = 1000, logits[] = {sure, 0, sure, 0, sure, 0, 0, sure}; /* taken for 0, 0, 0, 1 */
    sw_reference_loss loss = {.classes = 2, .ignore_index = -1};
    /* IoU 2/3 and 1/2 */
    cr_expect_float_eq(sw_reference_lovasz_run(NULL, &loss, logits, halves, 1, 4), 1 - (2.0 / 3 + 0.5) / 2,
                       1e-15);
}

Test(reference_losses, distances_to_the_border_are_euclidean_and_end_at_three_sigma)
{
    const sw_reference_loss loss = {.classes = 3, .ignore_index = 2, .w0 = 10, .sigma = 1};
    const uint8_t labels[3 * 5] = {0, 0,   0, 0, 0, /* the only pixel of class 1 is below in the middle */
                                   0, 255, 2, 0, 0, /* ignored pixels are no border */
                                   0, 0,   1, 0, 0};
    cr_expect_eq(sw_reference_boundary_distance(&loss, labels, 3, 5, 0, 2), 4);
    cr_expect_eq(sw_reference_boundary_distance(&loss, labels, 3, 5, 0, 0), 8);
    cr_expect_eq(sw_reference_boundary_distance(&loss, labels, 3, 5, 1, 3), 2);
    cr_expect_eq(sw_reference_boundary_distance(&loss, labels, 3, 5, 2, 2), 1);
    const sw_reference_loss narrow = {.classes = 3, .ignore_index = 2, .w0 = 10, .sigma = 0.5};
    cr_expect_eq(sw_reference_boundary_distance(&narrow, labels, 3, 5, 0, 2), -1);
    double f[15];
    sw_reference_boundary_map(f, &loss, labels, 3, 5);
    cr_expect_float_eq(f[2], 1 + 10 * exp(-2), 1e-14);
    cr_expect(f[6] == 0 && f[7] == 0);
    sw_reference_boundary_map(f, &narrow, labels, 3, 5);
    cr_expect_eq(f[2], 1);
}

Test(reference_losses, ohem_keeps_its_share_what_ties_with_it_and_what_is_below_the_threshold)
{
    /* p of the true class: 1/2, 1/2, 3/4, 9/10 */
    const double logits[] = {0, 0, 0, 0, log(3), 0, log(9), 0};
    const uint8_t labels[] = {0, 0, 0, 0};
    sw_reference_loss loss = {.classes = 2, .ignore_index = -1, .share = 0.25};
    double f[4];
    sw_reference_ohem_map(f, &loss, logits, labels, 4);
    cr_expect(f[0] == 1 && f[1] == 1 && f[2] == 0 && f[3] == 0, "the second is as hard as the first");
    loss.threshold = 0.8;
    sw_reference_ohem_map(f, &loss, logits, labels, 4);
    cr_expect(f[2] == 1 && f[3] == 0);
    loss.share = 1;
    sw_reference_ohem_map(f, &loss, logits, labels, 4);
    cr_expect_eq(f[3], 1);
}
