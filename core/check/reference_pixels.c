#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"
#include "check/reference.h"

/* ---- boundary ---- */

int sw_reference_boundary_distance(const sw_reference_loss *loss, const uint8_t *labels, int height,
                                   int width, int y, int x)
{
    const int most = (int)floor(9 * loss->sigma * loss->sigma), radius = (int)ceil(3 * loss->sigma);
    int best = INT_MAX;
    for (int v = y - radius; v <= y + radius; v++)
        for (int u = x - radius; u <= x + radius; u++) {
            if (v < 0 || v >= height || u < 0 || u >= width) continue;
            const uint8_t label = labels[v * width + u];
            const int d = (v - y) * (v - y) + (u - x) * (u - x);
            if (label != labels[y * width + x] && sw_reference_label_counts(loss, label) && d < best)
                best = d;
        }
    return best <= most ? best : -1;
}

void sw_reference_boundary_map(double *f, const sw_reference_loss *loss, const uint8_t *labels, int height,
                               int width)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const int at = y * width + x;
            f[at] = sw_reference_label_weight(loss, labels[at]);
            if (f[at] == 0) continue;
            const int d = sw_reference_boundary_distance(loss, labels, height, width, y, x);
            if (d >= 0) f[at] *= 1 + loss->w0 * exp(-d / (2 * loss->sigma * loss->sigma));
        }
}

/* ---- ohem ---- */

static int larger_first(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

double sw_reference_ohem_map(double *f, const sw_reference_loss *loss, const double *logits,
                             const uint8_t *labels, size_t pixels)
{
    size_t count = 0;
    for (size_t i = 0; i < pixels; i++)
        if (sw_reference_label_weight(loss, labels[i]) > 0)
            f[count++] =
                sw_reference_cross_entropy(logits + i * (size_t)loss->classes, loss->classes, labels[i]);
    double least = INFINITY;
    if (count > 0) {
        qsort(f, count, sizeof *f, larger_first);
        /* in single precision, so that a share of a number is the same number everywhere */
        const float kept = ceilf((float)loss->share * (float)count);
        least = f[kept < 1 ? 0 : (size_t)kept - 1];
    }
    for (size_t i = 0; i < pixels; i++) {
        f[i] = sw_reference_label_weight(loss, labels[i]);
        if (f[i] == 0) continue;
        const double ce =
            sw_reference_cross_entropy(logits + i * (size_t)loss->classes, loss->classes, labels[i]);
        if (ce < least && !(exp(-ce) < loss->threshold)) f[i] = 0;
    }
    return least;
}

/* ---- both ---- */

double sw_reference_pixels_image(double *dlogits, const sw_reference_loss *loss, const double *f,
                                 double weight_sum, const double *logits, const uint8_t *labels,
                                 size_t pixels)
{
    const size_t classes = (size_t)loss->classes;
    double sum = 0, factors = 0, weight = 0, p[SW_MAX_CLASSES];
    for (size_t i = 0; i < pixels; i++) {
        weight += sw_reference_label_weight(loss, labels[i]);
        if (f[i] == 0) continue;
        factors += f[i];
        sum += f[i] * sw_reference_cross_entropy(logits + i * classes, loss->classes, labels[i]);
    }
    if (dlogits) memset(dlogits, 0, pixels * classes * sizeof *dlogits);
    if (factors == 0 || weight_sum == 0) return 0;
    for (size_t i = 0; dlogits && i < pixels; i++) {
        if (f[i] == 0) continue;
        const double factor = weight / (factors * weight_sum) * f[i];
        sw_reference_softmax(p, logits + i * classes, loss->classes);
        for (size_t k = 0; k < classes; k++)
            dlogits[i * classes + k] =
                factor *
                (k == labels[i]
                     ? expm1(-sw_reference_cross_entropy(logits + i * classes, loss->classes, labels[i]))
                     : p[k]);
    }
    return weight * sum / (factors * weight_sum);
}
