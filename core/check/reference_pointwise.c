#include <math.h>

#include "check/reference.h"

double sw_reference_activation(sw_reference_activation_kind kind, double x, double slope)
{
    switch (kind) {
    case SW_REFERENCE_RELU:
        return x < 0 ? 0 : x;
    case SW_REFERENCE_LEAKY_RELU:
        return x > 0 ? x : slope * x;
    case SW_REFERENCE_SIGMOID:
        return 1 / (1 + exp(-x));
    default:
        return x / (1 + exp(-x));
    }
}

double sw_reference_activation_slope(sw_reference_activation_kind kind, double x, double slope)
{
    const double s = 1 / (1 + exp(-x));
    switch (kind) {
    case SW_REFERENCE_RELU:
        return x <= 0 ? 0 : 1;
    case SW_REFERENCE_LEAKY_RELU:
        return x > 0 ? 1 : slope;
    case SW_REFERENCE_SIGMOID:
        return s * (1 - s);
    default:
        return s * (1 + x * (1 - s));
    }
}

void sw_reference_dropout(double *y, const double *x, sw_shape s, const sw_reference_drop *drop)
{
    sw_rng rng = sw_rng_at(drop->seed, drop->stream, drop->step << 16 | drop->node);
    const size_t channels = (size_t)s.c, pixels = (size_t)s.h * (size_t)s.w;
    const double scale = 1 / (1 - (double)drop->rate);
    for (size_t i = 0; !drop->channels && i < sw_shape_elems(s); i++)
        y[i] = sw_rng_chance(&rng, drop->rate) ? 0 : x[i] * scale;
    for (size_t nc = 0; drop->channels && nc < (size_t)s.n * channels; nc++) {
        const bool dropped = sw_rng_chance(&rng, drop->rate);
        for (size_t p = 0; p < pixels; p++) {
            const size_t i = (nc / channels * pixels + p) * channels + nc % channels;
            y[i] = dropped ? 0 : x[i] * scale;
        }
    }
}
