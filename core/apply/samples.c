#include "apply/samples.h"

#include <math.h>

void sw_samples_add(float *sums, float *squares, const float *probabilities, size_t values)
{
    for (size_t v = 0; v < values; v++) {
        sums[v] += probabilities[v];
        squares[v] += probabilities[v] * probabilities[v];
    }
}

void sw_samples_finish(float *sums, float *spread, const float *squares, size_t pixels, int classes,
                       int samples)
{
    const float share = 1.0f / (float)samples;
    const size_t k = (size_t)classes;
    for (size_t i = 0; i < pixels; i++) {
        float variance = 0.0f;
        for (size_t c = 0; c < k; c++) {
            float *mean = &sums[i * k + c];
            *mean *= share;
            variance += fmaxf(squares[i * k + c] * share - *mean * *mean, 0.0f);
        }
        spread[i] = sqrtf(variance / (float)classes);
    }
}
