/* Which px of an input a px of a value depends on, by the windows of the layers between them. */
#ifndef GRAPH_RECEPTIVE_FIELD_H
#define GRAPH_RECEPTIVE_FIELD_H

#include "graph/graph.h"

/* Computes the side in input px of the square that one px of each value sees; `sides` has value_count
 * entries. Px i of a node's output reads `window` px, the first at i * stride / upscale - padding, which is
 * followed back to the graph's inputs. After an unpool it depends on where the px lies; the largest counts.
 * Borders of the image are not taken into account, but for what a layer over the whole image sees. */
sw_status sw_receptive_field_sides(int *sides, const sw_graph *graph) SW_NODISCARD;

/* A rectangle in px. */
typedef struct sw_receptive_field {
    int top, left, height, width;
} sw_receptive_field;

/* Finds the px of an input of the graph that px (y, x) of a value sees, inside the image; zeroed where it
 * sees none. */
sw_status sw_receptive_field_at(sw_receptive_field *out, const sw_graph *graph, int value, int y, int x,
                                int input) SW_NODISCARD;

#endif
