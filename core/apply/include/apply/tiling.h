/* Windows of one length that cover a longer one: where each lies, and what of it is kept. A picture has such
 * a row of windows down and one across. */
#ifndef APPLY_TILING_H
#define APPLY_TILING_H

#include <stdbool.h>

typedef struct sw_tiling {
    int length, window; /* both above 0 */
    int stride;         /* windows begin at multiples of it */
    int count;
} sw_tiling;

/* What lies in [from, to) is taken from the window that begins at `at`. */
typedef struct sw_tile {
    int at, from, to;
} sw_tile;

/* Lays windows out so that neighbours have at least `overlap` in common; window - overlap must be at least
 * `stride`. With a stride of 1 all lie inside, if they are not longer than the whole; with a larger one the
 * last may reach over the end by less than the stride. */
sw_tiling sw_tiling_make(int length, int window, int overlap, int stride);

/* Window i of `count`. What two have in common is cut in its middle, so that each point is taken from the
 * window in whose ends it lies deepest. */
sw_tile sw_tiling_at(const sw_tiling *tiling, int i);

#endif
