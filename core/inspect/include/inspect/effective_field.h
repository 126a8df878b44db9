/* How much of a receptive field counts (Luo et al., "Understanding the effective receptive field in deep
 * convolutional neural networks", 2016). */
#ifndef INSPECT_EFFECTIVE_FIELD_H
#define INSPECT_EFFECTIVE_FIELD_H

#include "base/size.h"
#include "inspect/probe.h"

/* Computes for each px of an image (H,W,3), as the network sees it, the length of the gradient of class c's
 * logit at pixel (y, x) by the px's three colours. */
sw_status sw_effective_field(float *magnitudes, sw_probe *probe, const float *image, int y, int x,
                             int c) SW_NODISCARD;

/* Returns the side of the smallest square with (y, x) in its middle that has this share of the sum of all
 * magnitudes (H,W); parts outside of the image count as 0. Odd; 0 where all are 0. */
int sw_effective_field_side(const float *magnitudes, sw_size size, int y, int x, double share);

#endif
