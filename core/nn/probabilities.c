#include "nn/probabilities.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

sw_status sw_softmax(float *values, size_t pixels, int classes)
{
    for (size_t i = 0; i < pixels; i++, values += classes) {
        float most = values[0], sum = 0.0f;
        bool finite = true;
        for (int c = 0; c < classes; c++) {
            finite &= isfinite(values[c]) != 0;
            most = values[c] > most ? values[c] : most;
        }
        if (!finite)
            return sw_fail(SW_E_NUMERIC, "the network's output is not a number: its weights, or the "
                                         "statistics of its norms, are damaged");
        for (int c = 0; c < classes; c++) {
            values[c] = expf(values[c] - most);
            sum += values[c];
        }
        for (int c = 0; c < classes; c++) values[c] /= sum;
    }
    return SW_OK;
}

void sw_average_mirrored(float *values, const float *mirrored, sw_size window, int classes)
{
    const size_t width = (size_t)window.width, k = (size_t)classes;
    for (size_t y = 0; y < (size_t)window.height; y++)
        for (size_t x = 0; x < width; x++) {
            float *here = values + (y * width + x) * k;
            const float *there = mirrored + (y * width + width - 1 - x) * k;
            for (size_t c = 0; c < k; c++) here[c] = 0.5f * (here[c] + there[c]);
        }
}

void sw_probabilities_to_logits(float *values, size_t pixels, int classes)
{
    for (size_t i = 0; i < pixels; i++, values += classes) {
        int best = 0;
        for (int c = 1; c < classes; c++)
            if (values[c] > values[best]) best = c;
        for (int c = 0; c < classes; c++) values[c] = logf(fmaxf(values[c], FLT_MIN));
        /* two neighbouring numbers may have one logarithm, and ties go to the lowest class */
        for (int c = 0; c < best; c++)
            if (values[c] >= values[best]) values[c] = nextafterf(values[best], -INFINITY);
    }
}
