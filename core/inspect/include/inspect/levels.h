/* Where in a network to look: the last activation at each resolution, and the pools that are undone. */
#ifndef INSPECT_LEVELS_H
#define INSPECT_LEVELS_H

#include "graph/graph.h"

enum { SW_MAX_LEVELS = 32, SW_MAX_UNPOOLS = 16 };

/* Layers in a row whose outputs have one height and width. */
typedef struct sw_level {
    int value; /* what its last layer gives: what the next pooling or enlarging reads */
    int node;  /* that layer */
} sw_level;

/* A max_pool of windows of 2x2 and the max_unpool that puts values back by its offsets. */
typedef struct sw_unpooling {
    int pool, unpool; /* nodes */
} sw_unpooling;

typedef struct sw_levels {
    sw_level list[SW_MAX_LEVELS]; /* in the order of the layers */
    int count;
    sw_unpooling unpoolings[SW_MAX_UNPOOLS]; /* in the order of the unpools */
    int unpooling_count;
} sw_levels;

/* Finds them, as far as there is room. The level that ends in `logits` gives what the layer that makes
 * a channel a class reads, if that has its size; one of a single pixel an image is passed over. */
void sw_levels_find(sw_levels *out, const sw_graph *graph, int logits);

/* Lists the values that have to be read for these and for the classes, without repeats, and returns how many;
 * `out` has room for SW_LEVELS_VALUES. */
enum { SW_LEVELS_VALUES = SW_MAX_LEVELS + 5 * SW_MAX_UNPOOLS + 1 };
int sw_levels_values(int *out, const sw_levels *levels, const sw_graph *graph, int logits);

#endif
