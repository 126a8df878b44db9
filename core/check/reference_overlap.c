#include <math.h>
#include <string.h>

#include "base/classes.h"
#include "check/reference.h"

void sw_reference_softmax(double *p, const double *logits, int classes)
{
    const double largest = logits[sw_reference_arg_max(logits, classes)];
    double sum = 0;
    for (int k = 0; k < classes; k++) sum += p[k] = exp(logits[k] - largest);
    for (int k = 0; k < classes; k++) p[k] /= sum;
}

void sw_reference_overlap_sum(sw_reference_overlap *overlaps, const sw_reference_loss *loss,
                              const double *logits, const uint8_t *labels, size_t pixels)
{
    double p[SW_MAX_CLASSES];
    memset(overlaps, 0, (size_t)loss->classes * sizeof *overlaps);
    for (size_t i = 0; i < pixels; i++) {
        if (!sw_reference_label_counts(loss, labels[i])) continue;
        sw_reference_softmax(p, logits + i * (size_t)loss->classes, loss->classes);
        for (int k = 0; k < loss->classes; k++) {
            sw_reference_overlap *o = &overlaps[k];
            const bool is_true = k == labels[i];
            o->pixels += is_true;
            o->hit += is_true ? p[k] : 0;
            o->false_hit += is_true ? 0 : p[k];
            o->missed += is_true ? 1 - p[k] : 0;
        }
    }
}

double sw_reference_overlap_weight(const sw_reference_loss *loss, const sw_reference_overlap *o, int k)
{
    if (o->pixels == 0) return 0;
    return loss->weights ? loss->weights[k] : 1;
}

static double wrong_of(const sw_reference_loss *loss, const sw_reference_overlap *o)
{
    return loss->alpha * o->false_hit + loss->beta * o->missed;
}

double sw_reference_overlap_term(const sw_reference_loss *loss, const sw_reference_overlap *o)
{
    const double wrong = wrong_of(loss, o);
    return wrong / (o->hit + wrong + loss->smooth);
}

double sw_reference_overlap_slope(const sw_reference_loss *loss, const sw_reference_overlap *o, bool is_true)
{
    const double wrong = wrong_of(loss, o), right = o->hit + loss->smooth, whole = right + wrong;
    return (is_true ? -(wrong + loss->beta * right) : loss->alpha * right) / (whole * whole);
}

/* Gradients of an image's pixels, from slopes[k][is true]. */
static void overlap_gradients(double *dlogits, const sw_reference_loss *loss, double (*slopes)[2],
                              const double *logits, const uint8_t *labels, size_t pixels)
{
    const int classes = loss->classes;
    double p[SW_MAX_CLASSES];
    for (size_t i = 0; i < pixels; i++) {
        if (!sw_reference_label_counts(loss, labels[i])) continue;
        sw_reference_softmax(p, logits + i * (size_t)classes, classes);
        double mean = 0;
        for (int k = 0; k < classes; k++) mean += p[k] * slopes[k][k == labels[i]];
        for (int k = 0; k < classes; k++)
            dlogits[i * (size_t)classes + (size_t)k] = p[k] * (slopes[k][k == labels[i]] - mean);
    }
}

double sw_reference_overlap_run(double *dlogits, const sw_reference_loss *loss, const double *logits,
                                const uint8_t *labels, size_t images, size_t pixels)
{
    const size_t classes = (size_t)loss->classes;
    sw_reference_overlap overlaps[SW_MAX_CLASSES];
    double sum = 0, weight_sum = 0, slopes[SW_MAX_CLASSES][2];
    for (size_t n = 0; n < images; n++) {
        sw_reference_overlap_sum(overlaps, loss, logits + n * pixels * classes, labels + n * pixels, pixels);
        for (int k = 0; k < loss->classes; k++) {
            const double weight = sw_reference_overlap_weight(loss, &overlaps[k], k);
            weight_sum += weight;
            if (weight > 0) sum += weight * sw_reference_overlap_term(loss, &overlaps[k]);
        }
    }
    if (dlogits) memset(dlogits, 0, images * pixels * classes * sizeof *dlogits);
    for (size_t n = 0; dlogits && weight_sum > 0 && n < images; n++) {
        const size_t at = n * pixels;
        sw_reference_overlap_sum(overlaps, loss, logits + at * classes, labels + at, pixels);
        for (int k = 0; k < loss->classes; k++)
            for (int is_true = 0; is_true < 2; is_true++) {
                const double weight = sw_reference_overlap_weight(loss, &overlaps[k], k) / weight_sum;
                slopes[k][is_true] =
                    weight > 0 ? weight * sw_reference_overlap_slope(loss, &overlaps[k], is_true) : 0;
            }
        overlap_gradients(dlogits + at * classes, loss, slopes, logits + at * classes, labels + at, pixels);
    }
    return weight_sum > 0 ? sum / weight_sum : 0;
}
