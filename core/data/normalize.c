#include "data/normalize.h"

bool sw_normalize_is_on(const sw_normalize *normalize)
{
    return normalize->std[0] > 0;
}

void sw_normalize_apply(const sw_normalize *normalize, float *rgb, size_t pixels)
{
    if (!sw_normalize_is_on(normalize)) return;
    for (size_t i = 0; i < pixels; i++, rgb += 3)
        for (int c = 0; c < 3; c++) rgb[c] = (rgb[c] - normalize->mean[c]) / normalize->std[c];
}

void sw_normalize_undo(const sw_normalize *normalize, float *rgb, size_t pixels)
{
    if (!sw_normalize_is_on(normalize)) return;
    for (size_t i = 0; i < pixels; i++, rgb += 3)
        for (int c = 0; c < 3; c++) {
            float value = rgb[c] * normalize->std[c] + normalize->mean[c];
            rgb[c] = value < 0 ? 0 : value > 1 ? 1 : value;
        }
}
