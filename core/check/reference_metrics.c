#include <math.h>
#include <string.h>

#include "check/reference.h"

int sw_reference_arg_max(const double *logits, int classes)
{
    int best = 0;
    for (int k = 1; k < classes; k++)
        if (logits[k] > logits[best]) best = k;
    return best;
}

double sw_reference_confidence(const double *logits, int classes)
{
    const double top = logits[sw_reference_arg_max(logits, classes)];
    double total = 0;
    for (int k = 0; k < classes; k++) total += exp(logits[k] - top);
    return 1 / total;
}

void sw_reference_metrics(uint32_t *confusion, double soft[2], uint8_t *predictions, const double *logits,
                          const uint8_t *labels, size_t pixels, int classes, int ignore_index)
{
    memset(confusion, 0, (size_t)classes * (size_t)classes * sizeof *confusion);
    soft[0] = soft[1] = 0;
    for (size_t i = 0; i < pixels; i++) {
        const double *z = logits + i * (size_t)classes;
        int predicted = sw_reference_arg_max(z, classes);
        predictions[i] = (uint8_t)predicted;
        if (labels[i] == ignore_index || labels[i] >= classes) continue;
        confusion[labels[i] * classes + predicted]++;
        double total = 0;
        for (int k = 0; k < classes; k++) total += exp(z[k] - z[predicted]);
        for (int k = 0; k < classes; k++) {
            double p = exp(z[k] - z[predicted]) / total, truth = k == labels[i];
            soft[0] += truth * p;
            soft[1] += truth + p - truth * p;
        }
    }
}
