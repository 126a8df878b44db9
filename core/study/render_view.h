/* One run as `segwork render` shows it: the images asked for, at the size asked for, epoch after epoch. */
#ifndef STUDY_RENDER_VIEW_H
#define STUDY_RENDER_VIEW_H

#include <stdbool.h>

#include "base/arena.h"
#include "draw/tiles.h"
#include "run/masks.h"
#include "run/records.h"

/* (count) pictures of (height,width,channels), one after the other; all in an arena of the caller's. */
typedef struct render_tiles {
    uint8_t *pixels;
    const uint8_t **at;
} render_tiles;

sw_status render_tiles_init(render_tiles *tiles, sw_arena *arena, int count, sw_size size,
                            int channels) SW_NODISCARD;

typedef struct render_view {
    sw_masks store;
    sw_epoch_table table; /* no rows where the run has none */
    const int *chosen;    /* (count) of the store's images; borrowed */
    int count;            /* images shown */
    sw_size size;         /* of each */
    bool resized;         /* to this size from the store's own */
    render_tiles inputs, truths, predictions, confidences;
    uint8_t *labels, *certainties; /* of all images of the epoch, as read */
    int epoch;                     /* whose predictions these are; -1: none yet */
    char title[160];
} render_view;

/* Opens a run; SW_E_USAGE where it has no epoch yet. */
sw_status render_view_open(render_view *view, const char *run) SW_NODISCARD;
void render_view_close(render_view *view); /* accepts a zeroed one */

/* Reads which images of the store (numbers from 0) `text` names: "3,7" or names; NULL: all. SW_E_USAGE: no
 * such image, or one named twice. */
sw_status render_choose(int **out, int *count, sw_arena *arena, const sw_masks *store,
                        const char *text) SW_NODISCARD;

/* Takes these images, their longer side size_px (0: as they are). `chosen` and the arena must outlive the
 * view. */
sw_status render_view_take(render_view *view, sw_arena *arena, const int *chosen, int count,
                           int size_px) SW_NODISCARD;

/* Reads the predictions of an epoch. A run without it shows its last epoch before, or else its first. */
sw_status render_view_go(render_view *view, int epoch, bool confidences) SW_NODISCARD;

#endif
