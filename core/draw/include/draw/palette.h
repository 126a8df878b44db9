/* From 24-bit colours to the 255 of an animated GIF: flat colours stay exactly what they are, photographs get
 * the rest and are dithered. */
#ifndef DRAW_PALETTE_H
#define DRAW_PALETTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/size.h"
#include "base/status.h"

enum { SW_PALETTE_COLOURS = 255, SW_PALETTE_CACHE = 4096 }; /* the 256th means "as in the frame before" */

typedef struct sw_palette {
    uint32_t rgb[SW_PALETTE_COLOURS];
    int count;
    uint64_t cache[SW_PALETTE_CACHE]; /* colour + 1 in the upper half, its index in the lower; 0: empty */
} sw_palette;

void sw_palette_init(sw_palette *palette);

/* Adds a colour unless it is there, or the palette is full. */
void sw_palette_add(sw_palette *palette, uint32_t rgb);

/* Fills the rest with colours for photographs (count) of (pixels,3): those of least squared error that
 * splitting boxes at their mean and moving the colours to the middle of what they stand for finds. */
sw_status sw_palette_add_photos(sw_palette *palette, const uint8_t *const *photos, int count,
                                size_t pixels) SW_NODISCARD;

/* The nearest colour's index: itself for a colour of the palette. */
uint8_t sw_palette_index(sw_palette *palette, uint32_t rgb);

/* Makes a photograph (height,width,3) one of palette colours alone, each pixel's error spread over its
 * neighbours as Floyd and Steinberg do. */
sw_status sw_palette_dither(sw_palette *palette, uint8_t *photo, sw_size size) SW_NODISCARD;

#endif
