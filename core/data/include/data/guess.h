/* A description of data of one's own, guessed from the folder that holds it: layout, splits, sizes, values of
 * the masks, classes. */
#ifndef DATA_GUESS_H
#define DATA_GUESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "data/config.h"
#include "data/stats.h"

/* A value that the masks have. */
typedef struct sw_guess_value {
    unsigned code;   /* as in sw_mask_value */
    uint64_t pixels; /* of all masks that were read */
    int images;      /* masks that have it */
    bool has_rgb;    /* the palettes of the masks show it in a colour: */
    uint32_t rgb;
    int label;    /* number of the suggested class; SW_NO_CLASS: to be ignored */
    bool is_edge; /* one of many values with few pixels a mask, as smoothing leaves along the edges */
} sw_guess_value;

typedef struct sw_guess_split {
    int pictures;     /* listed */
    int without_mask; /* of them */
} sw_guess_split;

typedef struct sw_guess {
    sw_data_config data; /* what was found, as a configuration; what it points to lives in the arena */
    sw_guess_split splits[SW_SPLITS];
    const char **remarks; /* for people: a sentence each, without its full stop */
    int remark_count;

    /* of sw_guess_masks */
    int masks, masks_read;  /* of all splits; fewer are read where they are very many */
    sw_guess_value *values; /* in the order of their codes */
    int value_count;
    uint64_t pixels;                    /* of the masks that were read */
    sw_stats_range width_px, height_px; /* of the masks */
    bool one_size;                      /* all have the same */

    sw_arena arena;
} sw_guess;

/* Looks for pictures and masks below `folder`: the layouts of the pets and of VOC; pairs of folders, whose
 * names may say which split they are; lists. Fills data.layout, root and what the layout needs, and the
 * number of pictures. SW_E_CONFIG: no such folder. SW_E_DATA: no pictures or no masks in it; the message says
 * what was found and what is expected. `folder` is copied. */
sw_status sw_guess_files(sw_guess *out, const char *folder, int threads) SW_NODISCARD;

/* Reads the masks (of very many a sample, so that about `most_pixels` are counted; 0: all) and fills the
 * rest: values, sizes, data.masks, classes, ignore, size and fit. Masks that cannot be read are a remark.
 * SW_E_DATA: no mask can be read, they have one value only, or more than there can be classes (the message
 * says what such masks may be). `progress` may be NULL. */
sw_status sw_guess_masks(sw_guess *guess, int threads, uint64_t most_pixels,
                         const sw_progress_output *progress) SW_NODISCARD;

/* Enough pixels for minutes of a small machine. */
#define SW_GUESS_PIXELS 4000000000u

/* Appends the description as YAML with comments: a file that experiments include. `command`, which makes it,
 * and `file`, as it will be called, are for the comments. */
void sw_guess_yaml(sw_str *out, const sw_guess *guess, const char *command, const char *file);

void sw_guess_deinit(sw_guess *guess); /* accepts a zeroed one */

#endif
