/* dice and tversky. Beside the errors of p (loss_softmax), of P pixels in an image:
 *
 *   I, F, M            absolute  those of their p, and sqrt(P) eps of themselves; 1 - p is rounded once more
 *   wrong = aF + bM    absolute  theirs, and 3 eps wrong
 *   D = I + wrong + s  absolute  theirs, and 2 eps D
 *   term = wrong / D             (wrong's + term D's) / D + 4 eps term
 *   slopes by p        as the quotients they are, 8 eps of themselves for the operations
 *   dx = p (g - mean)            p's |g - mean|, p times those of g and mean, 10 eps of its terms */
#include <math.h>

#include "bound.h"
#include "expect_loss.h"

typedef struct overlap_error {
    double hit, false_hit, missed;
} overlap_error;

/* Errors of the sums of one image. */
static void sum_errors(overlap_error *errors, const loss_problem *l, const sw_reference_overlap *overlaps,
                       size_t first)
{
    const int classes = l->loss.classes;
    const double root = sqrt((double)l->image_pixels);
    double p[SW_MAX_CLASSES], error[SW_MAX_CLASSES];
    for (int k = 0; k < classes; k++)
        errors[k] =
            (overlap_error){bound_eps * root * overlaps[k].hit, bound_eps * root * overlaps[k].false_hit,
                            bound_eps * root * overlaps[k].missed};
    for (size_t i = first; i < first + l->image_pixels; i++) {
        if (!sw_reference_label_counts(&l->loss, l->labels[i])) continue;
        loss_softmax(p, error, l->logits + i * (size_t)classes, classes);
        for (int k = 0; k < classes; k++) {
            const bool is_true = k == l->labels[i];
            errors[k].hit += is_true ? error[k] : 0;
            errors[k].false_hit += is_true ? 0 : error[k];
            errors[k].missed += is_true ? error[k] + bound_eps / 2 : 0;
        }
    }
}

/* What the errors of the sums come to in the rest. */
typedef struct class_error {
    double term, slope[2]; /* by whether the pixel's label is the class */
} class_error;

static class_error class_error_of(const sw_reference_loss *loss, const sw_reference_overlap *o,
                                  const overlap_error *e)
{
    class_error out;
    const double wrong = loss->alpha * o->false_hit + loss->beta * o->missed, right = o->hit + loss->smooth;
    const double whole = wrong + right, term = wrong / whole;
    const double wrong_error = loss->alpha * e->false_hit + loss->beta * e->missed + 3 * bound_eps * wrong;
    const double right_error = e->hit + bound_eps * right;
    const double whole_error = wrong_error + right_error + 2 * bound_eps * whole;
    out.term = (wrong_error + term * whole_error) / whole + 4 * bound_eps * term;
    for (int is_true = 0; is_true < 2; is_true++) {
        /* the device adds b to a where the label is the class: their terms are those of b, and a's twice */
        const double terms = is_true ? wrong + (2 * loss->alpha + loss->beta) * right : loss->alpha * right;
        const double errors =
            is_true ? wrong_error + (2 * loss->alpha + loss->beta) * right_error : loss->alpha * right_error;
        const double slope = terms / (whole * whole);
        out.slope[is_true] = errors / (whole * whole) + slope * (2 * whole_error / whole + 8 * bound_eps);
    }
    return out;
}

typedef struct image_overlap {
    sw_reference_overlap overlaps[SW_MAX_CLASSES];
    overlap_error errors[SW_MAX_CLASSES];
} image_overlap;

static void image_overlap_of(image_overlap *out, const loss_problem *l, size_t first)
{
    const size_t classes = (size_t)l->loss.classes;
    sw_reference_overlap_sum(out->overlaps, &l->loss, l->logits + first * classes, l->labels + first,
                             l->image_pixels);
    sum_errors(out->errors, l, out->overlaps, first);
}

static double weight_of(const loss_problem *l, const image_overlap *image, int k)
{
    return sw_reference_overlap_weight(&l->loss, &image->overlaps[k], k);
}

static double sum_of_weights(const loss_problem *l)
{
    double sum = 0;
    image_overlap image;
    for (size_t n = 0; n < l->images; n++) {
        image_overlap_of(&image, l, n * l->image_pixels);
        for (int k = 0; k < l->loss.classes; k++) sum += weight_of(l, &image, k);
    }
    return sum;
}

static sw_status overlap_forward(sw_problem *p)
{
    loss_problem l;
    image_overlap image;
    double error = 0;
    SW_ENSURE(loss_problem_init(&l, p));
    sw_tensor *y = &p->out[0];
    y->expected = true;
    y->want[0] = sw_reference_overlap_run(NULL, &l.loss, l.logits, l.labels, l.images, l.image_pixels);
    for (size_t n = 0; n < l.images; n++) {
        image_overlap_of(&image, &l, n * l.image_pixels);
        for (int k = 0; k < l.loss.classes; k++) {
            const double weight = weight_of(&l, &image, k);
            if (weight > 0)
                error += weight * class_error_of(&l.loss, &image.overlaps[k], &image.errors[k]).term;
        }
    }
    const double weight_sum = sum_of_weights(&l);
    if (weight_sum > 0) error /= weight_sum;
    y->bound[0] = error + sw_bound_of_sum(l.images * (size_t)l.loss.classes, 2 * y->want[0]) + FLT_MIN;
    return SW_OK;
}

/* The slopes of one pixel, times its classes' weights, and their errors. */
static void pixel_slopes(double *g, double *g_error, const loss_problem *l, const image_overlap *image,
                         const class_error *errors, double weight_sum, int label)
{
    for (int k = 0; k < l->loss.classes; k++) {
        const double weight = weight_of(l, image, k) / weight_sum;
        g[k] = g_error[k] = 0;
        if (weight <= 0) continue;
        g[k] = weight * sw_reference_overlap_slope(&l->loss, &image->overlaps[k], k == label);
        g_error[k] = weight * errors[k].slope[k == label];
    }
}

static void bound_pixel(double *bound, const double *logits, const double *g, const double *g_error,
                        int classes)
{
    double p[SW_MAX_CLASSES], error[SW_MAX_CLASSES], mean = 0, size = 0, mean_error = 0;
    loss_softmax(p, error, logits, classes);
    for (int k = 0; k < classes; k++) {
        mean += p[k] * g[k];
        size += p[k] * fabs(g[k]);
        mean_error += error[k] * fabs(g[k]) + p[k] * g_error[k];
    }
    mean_error += bound_eps * (sqrt((double)classes) + 1) * size;
    for (int k = 0; k < classes; k++)
        bound[k] = error[k] * fabs(g[k] - mean) + p[k] * (g_error[k] + mean_error) +
                   10 * bound_eps * p[k] * (fabs(g[k]) + size) + FLT_MIN;
}

static sw_status overlap_backward(sw_problem *p)
{
    loss_problem l;
    image_overlap image;
    class_error errors[SW_MAX_CLASSES] = {0};
    double g[SW_MAX_CLASSES], g_error[SW_MAX_CLASSES];
    SW_ENSURE(loss_problem_init(&l, p));
    const int classes = l.loss.classes;
    p->din[0].expected = true;
    sw_reference_overlap_run(p->din[0].want, &l.loss, l.logits, l.labels, l.images, l.image_pixels);
    const double weight_sum = sum_of_weights(&l);
    for (size_t i = 0; i < l.pixels && weight_sum > 0; i++) {
        if (i % l.image_pixels == 0) {
            image_overlap_of(&image, &l, i);
            for (int k = 0; k < classes; k++)
                if (weight_of(&l, &image, k) > 0)
                    errors[k] = class_error_of(&l.loss, &image.overlaps[k], &image.errors[k]);
        }
        if (!sw_reference_label_counts(&l.loss, l.labels[i])) continue; /* exactly 0 */
        pixel_slopes(g, g_error, &l, &image, errors, weight_sum, l.labels[i]);
        bound_pixel(p->din[0].bound + i * (size_t)classes, l.logits + i * (size_t)classes, g, g_error,
                    classes);
    }
    return SW_OK;
}

#define OVERLAP_EXPECTATION(name)                                                                            \
    {                                                                                                        \
        .op_name = name, .input_shape = loss_labels_shape, .prepare = loss_prepare,                          \
        .forward = overlap_forward, .backward = overlap_backward, .describe = loss_describe                  \
    }

const sw_expectation sw_expect_dice = OVERLAP_EXPECTATION("dice");
const sw_expectation sw_expect_tversky = OVERLAP_EXPECTATION("tversky");
