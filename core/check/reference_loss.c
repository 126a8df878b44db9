#include <math.h>
#include <string.h>

#include "check/reference.h"

bool sw_reference_label_counts(const sw_reference_loss *loss, uint8_t label)
{
    return label < loss->classes && label != loss->ignore_index;
}

/* log of the sum of exp(logits - largest) without the largest itself, whose 1 log1p adds: exact to the last
 * digits also where one logit outdoes all others. */
static double log_of_rest(const double *logits, int classes, int best)
{
    double others = 0;
    for (int k = 0; k < classes; k++)
        if (k != best) others += exp(logits[k] - logits[best]);
    return log1p(others);
}

double sw_reference_cross_entropy(const double *logits, int classes, int label)
{
    int best = sw_reference_arg_max(logits, classes);
    return logits[best] - logits[label] + log_of_rest(logits, classes, best);
}

double sw_reference_focal(double ce, double gamma)
{
    return pow(-expm1(-ce), gamma) * ce; /* -expm1(-ce) = 1-p without cancellation; pow(0, 0) is 1 */
}

double sw_reference_focal_slope(double ce, double gamma)
{
    double p = exp(-ce), rest = -expm1(-ce);
    if (gamma == 0) return 1;
    if (rest == 0) return 0; /* the limit for gamma > 0: both terms go like ce^gamma */
    return pow(rest, gamma) + gamma * ce * p * pow(rest, gamma - 1);
}

double sw_reference_label_weight(const sw_reference_loss *loss, uint8_t label)
{
    if (!sw_reference_label_counts(loss, label)) return 0;
    return loss->weights ? loss->weights[label] : 1;
}

static double mean_of(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) sum += values[i];
    return sum / count;
}

double sw_reference_loss_run(double *dlogits, const sw_reference_loss *loss, const double *logits,
                             const uint8_t *labels, size_t pixels)
{
    size_t classes = (size_t)loss->classes;
    double weight_sum = 0, sum = 0;
    for (size_t i = 0; i < pixels; i++) weight_sum += sw_reference_label_weight(loss, labels[i]);
    if (dlogits) memset(dlogits, 0, pixels * classes * sizeof *dlogits);
    if (weight_sum == 0) return 0;
    for (size_t i = 0; i < pixels; i++) {
        if (!sw_reference_label_counts(loss, labels[i])) continue;
        const double *z = logits + i * classes;
        double ce = sw_reference_cross_entropy(z, loss->classes, labels[i]);
        double weight = sw_reference_label_weight(loss, labels[i]) / weight_sum;
        sum += weight * (sw_reference_focal(ce, loss->gamma) +
                         loss->smoothing * (z[labels[i]] - mean_of(z, loss->classes)));
        if (!dlogits) continue;
        double slope = weight * sw_reference_focal_slope(ce, loss->gamma);
        int best = sw_reference_arg_max(z, loss->classes);
        double normaliser = z[best] + log_of_rest(z, loss->classes, best);
        for (size_t k = 0; k < classes; k++)
            dlogits[i * classes + k] = slope * (k == labels[i] ? expm1(-ce) : exp(z[k] - normaliser)) +
                                       weight * loss->smoothing * ((k == labels[i]) - 1.0 / loss->classes);
    }
    return sum;
}
