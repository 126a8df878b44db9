/* The legend of a picture of tiles, and what it shares with the picture. */
#ifndef DRAW_TILES_LEGEND_H
#define DRAW_TILES_LEGEND_H

#include <cairo.h>
#include <stdbool.h>

#include "draw/tiles.h"

enum {
    TILES_FRAME_RGB = 0x8C959F,
    TILES_RIGHT_RGB = 0xE6E9EC,
    TILES_WRONG_RGB = 0xC8102E,
    TILES_HATCH_RGB = 0x808080, /* pixels of no class are hatched in these two */
    TILES_OTHER_HATCH_RGB = 0xB0B0B0,
};

/* Tells whether a panel is in the picture. */
bool tiles_show(const sw_tiles_spec *spec, sw_tiles_panel panel);

typedef struct tiles_legend_place {
    int left, top, width; /* of the legend */
    int type_px, line_px;
} tiles_legend_place;

/* Draws the legend in as many lines as it needs, and returns that number. It names the colours of the panels
 * that are there. Of more than 24 classes only those of the true masks are named, so that the pictures of all
 * epochs have the same legend. */
int tiles_legend_draw(cairo_t *cr, const sw_tiles_spec *spec, const tiles_legend_place *place);

#endif
