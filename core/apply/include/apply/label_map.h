/* From logits to maps of class numbers, and to pictures of them. */
#ifndef APPLY_LABEL_MAP_H
#define APPLY_LABEL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/classes.h"
#include "base/size.h"
#include "base/status.h"

/* The class of each pixel of a (height, width) map: logits (size.height, size.width, classes) are enlarged or
 * reduced bilinearly (PyTorch's mode="bilinear", align_corners=False, antialias=False), then the largest wins
 * and ties go to the lowest class. At the logits' own size nothing is interpolated. SW_E_NUMERIC: a logit is
 * NaN or infinite. */
sw_status sw_label_map(uint8_t *out, int width, int height, const float *logits, sw_size size,
                       int classes) SW_NODISCARD;

/* Mixes each pixel of an RGB picture in equal parts with the colour of its class. */
void sw_label_overlay(uint8_t *rgb, const uint8_t *labels, size_t pixels, const sw_classes *classes);

#endif
