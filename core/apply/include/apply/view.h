/* How the network sees a picture: scaled as the experiment fits its images, or at the picture's own size; in
 * one window or in several. */
#ifndef APPLY_VIEW_H
#define APPLY_VIEW_H

#include "apply/label_map.h"
#include "apply/tiling.h"
#include "image/fit.h"
#include "image/image.h"

/* The network's input, and how pictures come to it. */
typedef struct sw_view_rule {
    sw_size window; /* what the network takes at once */
    bool tiles;     /* windows of the picture at its own size; else it is fitted as below */
    int overlap;    /* of tiles, in px */
    int stride;     /* tiles begin at multiples of it: the network computes the same wherever they do */
    sw_fit_kind fit;
    sw_resize_kind resize;
} sw_view_rule;

typedef struct sw_view {
    sw_view_rule rule;
    sw_size scaled;          /* of the whole picture, as large as the network sees it */
    int top, left;           /* margin before it in its only window (fit: pad); else 0 */
    sw_tiling rows, columns; /* of `scaled` */
} sw_view;

/* Finds the view of a picture of that size. With `fit: crop`, whose training sees the middle of a picture,
 * further windows at the same scale cover its ends. */
sw_view sw_view_make(const sw_view_rule *rule, sw_size picture);

int sw_view_windows(const sw_view *view);

/* Scales a picture for its view; `out` is `picture` itself, moved, where it has that size already. */
sw_status sw_view_scale(sw_image *out, sw_image *picture, const sw_view *view) SW_NODISCARD;

/* Copies window i of the scaled picture into out (window height, window width, 3), mirrored left to right if
 * wanted. Margins are black, as in training; what a tile has beyond the picture's end is the picture mirrored
 * there. */
void sw_view_cut(uint8_t *out, const sw_view *view, const sw_image *scaled, int i, bool mirrored);

/* Tells which part of a map of size `map` window i gives. */
void sw_view_place(sw_map_side *rows, sw_map_side *columns, const sw_view *view, int i, sw_size map);

#endif
