/* Figures for papers and pages: pictures in a grid with what they show, marked, named and on a scale. */
#ifndef DRAW_FIGURE_H
#define DRAW_FIGURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/size.h"
#include "draw/colour_map.h"
#include "image/image.h"

enum { SW_FIGURE_COLUMNS = 16 };

/* The outline of a rectangle, in px of the tile's picture. */
typedef struct sw_figure_mark {
    double left, top, width, height;
    uint32_t rgb;
} sw_figure_mark;

/* A picture of the grid. Everything it points to is the figure's. */
typedef struct sw_figure_tile {
    sw_size size;
    uint8_t *rgb;     /* (height,width,3); NULL: the place stays empty */
    const char *name; /* under it; NULL: none */
    sw_figure_mark *marks;
    int mark_count;
    const char **numbers; /* (height,width), written into the px; NULL: none */
} sw_figure_tile;

typedef struct sw_figure_key {
    uint32_t rgb;
    const char *text;
} sw_figure_key;

typedef struct sw_figure {
    const char *title, *text; /* the paragraph under the title */
    int columns;
    int tile_px; /* longer side of a tile, at most; small pictures are enlarged by whole numbers */
    sw_figure_tile *tiles;
    int count;
    const char *heads[SW_FIGURE_COLUMNS]; /* above the columns; NULL: none */
    const char **rows;                    /* before the rows, '\n' between lines */
    int row_count;
    bool has_scale; /* a bar with the colours of `map` between two texts */
    sw_colour_map map;
    const char *low, *high;
    sw_figure_key *keys; /* what flat colours mean */
    int key_count;
    bool failed; /* memory ran out; sw_figure_status says it once */
    sw_figure_tile no_tile;
    sw_arena arena;
} sw_figure;

/* Begins a figure of so many columns, at most SW_FIGURE_COLUMNS. */
void sw_figure_init(sw_figure *figure, int columns, int tile_px);
void sw_figure_deinit(sw_figure *figure); /* accepts a zeroed one */
sw_status sw_figure_status(const sw_figure *figure) SW_NODISCARD;

/* Returns a text that lives as long as the figure; "" when memory is out. */
const char *sw_figure_print(sw_figure *figure, const char *fmt, ...) SW_PRINTF(2, 3);

/* Adds a black picture of that size, valid until the next one is added; an empty place for a size of 0. When
 * memory is out it returns one whose `rgb` is NULL. */
sw_figure_tile *sw_figure_add(sw_figure *figure, sw_size size);

/* Adds a copy of a picture (height,width,3). */
sw_figure_tile *sw_figure_add_rgb(sw_figure *figure, sw_size size, const uint8_t *rgb);

/* Adds numbers (height,width) in colours, each divided by `most` first; `most` 0: all are 0. */
sw_figure_tile *sw_figure_add_map(sw_figure *figure, sw_size size, const float *values, sw_colour_map map,
                                  double most);

/* Marks a place of a tile. */
void sw_figure_add_mark(sw_figure *figure, sw_figure_tile *tile, sw_figure_mark mark);

/* Names the next row. */
void sw_figure_add_row(sw_figure *figure, const char *name);

/* Explains a colour. */
void sw_figure_add_key(sw_figure *figure, uint32_t rgb, const char *text);

/* Shows the scale of the maps. */
void sw_figure_scale(sw_figure *figure, sw_colour_map map, const char *low, const char *high);

/* Draws the figure with its title and text, or without where a page has them. Two px of the picture are one
 * of a page, so that it is sharp in print. The same figure gives the same picture on one machine (type comes
 * from its fonts). SW_E_CONFIG: too large for a picture. */
sw_status sw_figure_picture(sw_image *out, const sw_figure *figure, bool titled) SW_NODISCARD;

#endif
