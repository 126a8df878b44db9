/* Colours as a network with a pretrained encoder expects them. */
#ifndef DATA_NORMALIZE_H
#define DATA_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "data/config.h"

bool sw_normalize_is_on(const sw_normalize *normalize);

/* In place on `pixels` RGB pixels (pixels, 3). The way back clamps to 0..1. Without normalization both leave
 * them alone. */
void sw_normalize_apply(const sw_normalize *normalize, float *rgb, size_t pixels);
void sw_normalize_undo(const sw_normalize *normalize, float *rgb, size_t pixels);

#endif
