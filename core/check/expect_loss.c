/* cross_entropy and focal. OpenCL allows exp and log 3 ulp, pow 16 and a division 2.5; an ulp is at most eps
 * of the number. For one pixel with logits z, largest z_max, and d_k = z_k - z_max (rounded: eps |d_k| / 2):
 *
 *   e_k = exp(d_k)      relative  (3 + |d_k|/2) eps
 *   S = sum of e_k      relative  ds = (those, weighed by e_k) / S + eps sqrt(K)
 *   p_k = e_k / S       relative  dp_k = ds + (3 + |d_k|/2 + 2.5) eps
 *   ce = -d_t + log S   absolute  dc = ds + eps (|d_t|/2 + 3 |log S| + ce)
 *
 * Taking ce from S = 1 + tiny, or 1-p from p, costs no more than this. What depends on ce (the focal factor,
 * the slope) is bounded by how it moves over [ce-dc, ce+dc], evaluated there by the reference, plus 24 eps of
 * itself for pow and the products around it. Sums over P pixels are bounded as sums, W's own error sqrt(P)
 * eps included. */
#include <math.h>

#include "bound.h"
#include "expect_loss.h"

/* What the errors above come to for one pixel. */
loss_pixel_error loss_pixel_error_of(const double *z, int classes, int label)
{
    loss_pixel_error e = {.largest = z[sw_reference_arg_max(z, classes)]};
    double weighed = 0;
    for (int k = 0; k < classes; k++) {
        double d = z[k] - e.largest;
        e.sum += exp(d);
        weighed += exp(d) * (3 + fabs(d) / 2);
    }
    e.sum_error = bound_eps * (weighed / e.sum + sqrt((double)classes));
    e.ce = sw_reference_cross_entropy(z, classes, label);
    e.ce_error = e.sum_error + bound_eps * (fabs(z[label] - e.largest) / 2 + 3 * log(e.sum) + e.ce);
    return e;
}

static double weight_of(const loss_problem *l, size_t pixel)
{
    uint8_t label = l->labels[pixel];
    if (!sw_reference_label_counts(&l->loss, label)) return 0;
    return l->loss.weights ? l->loss.weights[label] : 1;
}

static double sum_of_weights(const loss_problem *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->pixels; i++) sum += weight_of(l, i);
    return sum;
}

/* The error of the term of label smoothing, s (behind + sum of d_k / K): differences are rounded, and so are
 * the sum over the classes and the products. */
static double smoothing_error(const double *z, int classes, int label, double s)
{
    const double largest = z[sw_reference_arg_max(z, classes)];
    double sum = 0;
    for (int k = 0; k < classes; k++) sum += largest - z[k];
    return s * bound_eps * (4 * (largest - z[label]) + (sqrt((double)classes) + 4) * sum / classes);
}

/* How far f may be off when ce is. */
static double moved(double (*f)(double ce, double gamma), const loss_pixel_error *e, double gamma)
{
    double at = f(e->ce, gamma);
    double below = f(fmax(e->ce - e->ce_error, 0), gamma), above = f(e->ce + e->ce_error, gamma);
    return fmax(fabs(below - at), fabs(above - at)) + 24 * bound_eps * fabs(at);
}

static sw_status loss_forward(sw_problem *p)
{
    loss_problem l;
    SW_ENSURE(loss_problem_init(&l, p));
    sw_tensor *y = &p->out[0];
    y->expected = true;
    y->want[0] = sw_reference_loss_run(NULL, &l.loss, l.logits, l.labels, l.pixels);
    double error = 0;
    for (size_t i = 0; i < l.pixels; i++) {
        if (!sw_reference_label_counts(&l.loss, l.labels[i])) continue;
        loss_pixel_error e = loss_pixel_error_of(l.logits + i * (size_t)p->x.c, p->x.c, l.labels[i]);
        const double smoothing =
            smoothing_error(l.logits + i * (size_t)p->x.c, p->x.c, l.labels[i], l.loss.smoothing);
        error += weight_of(&l, i) * (moved(sw_reference_focal, &e, l.loss.gamma) + smoothing);
    }
    const double weight_sum = sum_of_weights(&l);
    if (weight_sum > 0) error /= weight_sum;
    y->bound[0] =
        error + sw_bound_of_sum(l.pixels, 2 * y->want[0]) + FLT_MIN; /* the terms are positive, and W */
    return SW_OK;
}

static void bound_pixel(sw_problem *p, const loss_problem *l, double weight_sum, size_t pixel)
{
    int classes = p->x.c, label = l->labels[pixel];
    const double *z = l->logits + pixel * (size_t)classes;
    double *bound = p->din[0].bound + pixel * (size_t)classes;
    if (!sw_reference_label_counts(&l->loss, l->labels[pixel])) return; /* exactly 0 */
    loss_pixel_error e = loss_pixel_error_of(z, classes, label);
    double weight = weight_of(l, pixel) / weight_sum;
    double slope = sw_reference_focal_slope(e.ce, l->loss.gamma);
    double slope_error = moved(sw_reference_focal_slope, &e, l->loss.gamma);
    for (int k = 0; k < classes; k++) {
        double d = z[k] - e.largest, share = exp(d) / e.sum;
        double share_error = share * (e.sum_error + bound_eps * (5.5 + fabs(d) / 2));
        double factor = k == label ? -expm1(-e.ce) : share;
        if (k == label) share_error += bound_eps; /* 1-p taken as it stands */
        bound[k] = weight * (slope_error * factor + slope * share_error) +
                   bound_eps * (sqrt((double)l->pixels) + 4) * weight * slope * factor + FLT_MIN;
        const double smooth = weight * l->loss.smoothing * fabs((k == label) - 1.0 / classes);
        if (smooth > 0)
            bound[k] += bound_eps * ((sqrt((double)l->pixels) + 5) * smooth + weight * slope * factor);
    }
}

static sw_status loss_backward(sw_problem *p)
{
    loss_problem l;
    SW_ENSURE(loss_problem_init(&l, p));
    p->din[0].expected = true;
    sw_reference_loss_run(p->din[0].want, &l.loss, l.logits, l.labels, l.pixels);
    const double weight_sum = sum_of_weights(&l);
    for (size_t i = 0; i < l.pixels; i++) bound_pixel(p, &l, weight_sum, i);
    return SW_OK;
}

#define LOSS_EXPECTATION(name)                                                                               \
    {                                                                                                        \
        .op_name = name, .input_shape = loss_labels_shape, .prepare = loss_prepare, .forward = loss_forward, \
        .backward = loss_backward, .describe = loss_describe                                                 \
    }

const sw_expectation sw_expect_cross_entropy = LOSS_EXPECTATION("cross_entropy");
const sw_expectation sw_expect_focal = LOSS_EXPECTATION("focal");
