/* Which panels a picture of tiles has: those of its description, or the usual ones. */
#ifndef DRAW_TILES_PANELS_H
#define DRAW_TILES_PANELS_H

#include <stdbool.h>

#include "draw/tiles.h"

int tiles_panel_count(const sw_tiles_spec *spec);
sw_tiles_panel tiles_panel_at(const sw_tiles_spec *spec, int i);
bool tiles_show(const sw_tiles_spec *spec, sw_tiles_panel panel);

#endif
