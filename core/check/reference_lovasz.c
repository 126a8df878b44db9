#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"
#include "check/reference.h"

typedef struct pixel_of_class {
    double error;
    size_t pixel;
    bool is_true;
} pixel_of_class;

static int larger_first(const void *a, const void *b)
{
    const pixel_of_class *x = a, *y = b;
    if (x->error != y->error) return x->error < y->error ? 1 : -1;
    return (x->pixel > y->pixel) - (x->pixel < y->pixel);
}

double sw_reference_lovasz_slope(size_t trues, bool is_true, size_t a, size_t b)
{
    const double with = (double)trues + (double)b;
    return is_true ? 1 / with : ((double)trues - (double)a) / (with * (with + 1));
}

/* Errors of an image's pixels for class k; returns how many count. */
static size_t list_pixels(pixel_of_class *list, size_t *trues, const sw_reference_loss *loss,
                          const double *logits, const uint8_t *labels, size_t pixels, int k)
{
    double p[SW_MAX_CLASSES];
    size_t count = 0;
    *trues = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (!sw_reference_label_counts(loss, labels[i])) continue;
        sw_reference_softmax(p, logits + i * (size_t)loss->classes, loss->classes);
        const bool is_true = labels[i] == k;
        list[count++] = (pixel_of_class){is_true ? 1 - p[k] : p[k], i, is_true};
        *trues += is_true;
    }
    return count;
}

/* The term of one image and class, and its slopes by p[k] (NULL: not wanted), pixels apart by `classes`. */
static double take_class(double *slopes, pixel_of_class *list, size_t count, size_t trues, int classes)
{
    size_t a = 0, b = 0;
    double term = 0;
    qsort(list, count, sizeof *list, larger_first);
    for (size_t i = 0; i < count; i++) {
        const double g = sw_reference_lovasz_slope(trues, list[i].is_true, a, b);
        term += list[i].error * g;
        if (slopes) slopes[list[i].pixel * (size_t)classes] = list[i].is_true ? -g : g;
        a += list[i].is_true;
        b += !list[i].is_true;
    }
    return term;
}

/* From slopes by p to slopes by logits, in place. */
static void through_softmax(double *slopes, const double *logits, int classes)
{
    double p[SW_MAX_CLASSES], mean = 0;
    sw_reference_softmax(p, logits, classes);
    for (int k = 0; k < classes; k++) mean += p[k] * slopes[k];
    for (int k = 0; k < classes; k++) slopes[k] = p[k] * (slopes[k] - mean);
}

double sw_reference_lovasz_run(double *dlogits, const sw_reference_loss *loss, const double *logits,
                               const uint8_t *labels, size_t images, size_t pixels)
{
    const size_t classes = (size_t)loss->classes, values = images * pixels * classes;
    double sum = 0, weight_sum = 0;
    pixel_of_class *list = malloc(pixels * sizeof *list);
    if (!list) return (double)NAN;
    if (dlogits) memset(dlogits, 0, values * sizeof *dlogits);
    for (size_t n = 0; n < images; n++) {
        const double *z = logits + n * pixels * classes;
        double *slopes = dlogits ? dlogits + n * pixels * classes : NULL;
        for (int k = 0; k < loss->classes; k++) {
            size_t trues;
            const size_t count = list_pixels(list, &trues, loss, z, labels + n * pixels, pixels, k);
            const double weight = trues == 0 ? 0 : loss->weights ? loss->weights[k] : 1;
            if (weight == 0) continue;
            weight_sum += weight;
            sum += weight * take_class(slopes ? slopes + k : NULL, list, count, trues, loss->classes);
            for (size_t i = 0; slopes && i < pixels; i++) slopes[i * classes + (size_t)k] *= weight;
        }
    }
    free(list);
    for (size_t i = 0; dlogits && weight_sum > 0 && i < images * pixels; i++) {
        if (!sw_reference_label_counts(loss, labels[i])) continue;
        through_softmax(dlogits + i * classes, logits + i * classes, loss->classes);
        for (size_t k = 0; k < classes; k++) dlogits[i * classes + k] /= weight_sum;
    }
    return weight_sum > 0 ? sum / weight_sum : 0;
}
