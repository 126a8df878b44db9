/* From the logits of the windows that a network saw to the map of a whole picture. */
#ifndef APPLY_LABEL_MAP_H
#define APPLY_LABEL_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/size.h"
#include "base/status.h"

/* How one side of a map, its rows or its columns, lies to those of a window. The network saw the whole side
 * as `scaled` pixels, of which the window has those from `at` on. */
typedef struct sw_map_side {
    int length;     /* of the map's side */
    int scaled;     /* of the same side as the network saw it */
    int window, at; /* length of the window; `at` is negative where it begins with a margin */
    int from, to;   /* what lies in [from, to) of `scaled` is taken from this window */
} sw_map_side;

/* Where the results go; any may be NULL. */
typedef struct sw_label_map {
    uint8_t *labels;      /* (height, width) class numbers */
    float *probabilities; /* (classes, height, width) */
} sw_label_map;

/* Fills the part of a picture's map that a window gives: its probabilities (window height, window width,
 * classes) are enlarged or reduced bilinearly (PyTorch's mode="bilinear", align_corners=False,
 * antialias=False), then the largest wins and ties go to the lowest class. Where the network saw the picture
 * at the map's size nothing is interpolated. Parts are disjoint, so that several threads may fill one map.
 * SW_E_MEMORY: no room for a row. */
sw_status sw_label_map_fill(const sw_label_map *map, const float *values, const sw_map_side *rows,
                            const sw_map_side *columns, int classes) SW_NODISCARD;

#endif
