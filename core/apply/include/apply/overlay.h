/* Classes drawn over the picture they were found in. */
#ifndef APPLY_OVERLAY_H
#define APPLY_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/classes.h"
#include "base/size.h"
#include "base/status.h"

/* Mixes each pixel of an RGB picture in equal parts with the colour of its class. */
void sw_label_overlay(uint8_t *rgb, const uint8_t *labels, size_t pixels, const sw_classes *classes);

/* Draws a line in the class's colour along the inner edge of each region, and tints the region so lightly
 * that the picture stays visible. The background, where the classes have one, is left as it is. The line is 1
 * px wide, and 1 px more for each 300 px of the picture's shorter side. SW_E_MEMORY: no room for a byte a
 * pixel. */
sw_status sw_label_outline(uint8_t *rgb, const uint8_t *labels, sw_size size,
                           const sw_classes *classes) SW_NODISCARD;

#endif
