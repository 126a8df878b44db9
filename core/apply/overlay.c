#include "apply/overlay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_PX = 300, TINT = 4 };

/* Moves a pixel by 1/`parts` towards a colour. */
static void mix(uint8_t *rgb, uint32_t colour, unsigned parts)
{
    const unsigned to[3] = {colour >> 16 & 0xff, colour >> 8 & 0xff, colour & 0xff};
    for (size_t c = 0; c < 3; c++) rgb[c] = (uint8_t)((rgb[c] * (parts - 1) + to[c] + parts / 2) / parts);
}

void sw_label_overlay(uint8_t *rgb, const uint8_t *labels, size_t pixels, const sw_classes *classes)
{
    for (size_t i = 0; i < pixels; i++) mix(rgb + 3 * i, sw_class_rgb(classes, labels[i]), 2);
}

/* Marks the pixels of a row whose neighbours within `reach` to both sides, as far as the picture goes, are of
 * their own class. */
static void mark_uniform(uint8_t *uniform, const uint8_t *labels, int width, int reach)
{
    memset(uniform, 0, (size_t)width);
    for (int begin = 0, end = 0; begin < width; begin = end) {
        while (end < width && labels[end] == labels[begin]) end++;
        const int from = begin == 0 ? 0 : begin + reach, to = end == width ? width : end - reach;
        if (from < to) memset(uniform + from, 1, (size_t)(to - from));
    }
}

/* Whether all neighbours within `reach` are of the pixel's own class. */
static bool lies_inside(const uint8_t *uniform, const uint8_t *labels, sw_size size, int reach, int y, int x)
{
    const size_t width = (size_t)size.width, column = (size_t)x;
    const uint8_t own = labels[(size_t)y * width + column];
    const int top = y > reach ? y - reach : 0, last = size.height - 1;
    const int bottom = y + reach < last ? y + reach : last;
    for (int row = top; row <= bottom; row++) {
        const size_t i = (size_t)row * width + column;
        if (!uniform[i] || labels[i] != own) return false;
    }
    return true;
}

sw_status sw_label_outline(uint8_t *rgb, const uint8_t *labels, sw_size size, const sw_classes *classes)
{
    const size_t width = (size_t)size.width, pixels = sw_size_pixels(size);
    const int reach = 1 + (size.height < size.width ? size.height : size.width) / LINE_PX;
    uint8_t *uniform = malloc(pixels);
    if (!uniform) return sw_fail_alloc("an outline", pixels);
    for (size_t y = 0; y < (size_t)size.height; y++)
        mark_uniform(uniform + y * width, labels + y * width, size.width, reach);
    for (int y = 0; y < size.height; y++)
        for (int x = 0; x < size.width; x++) {
            const size_t i = (size_t)y * width + (size_t)x;
            if (labels[i] == classes->background) continue;
            const bool inside = lies_inside(uniform, labels, size, reach, y, x);
            mix(rgb + 3 * i, sw_class_rgb(classes, labels[i]), inside ? TINT : 1);
        }
    free(uniform);
    return SW_OK;
}
