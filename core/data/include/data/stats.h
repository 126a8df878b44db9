/* Statistics of a data set: counts, sizes, shares of classes and every unusual file. */
#ifndef DATA_STATS_H
#define DATA_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/status.h"
#include "data/config.h"

typedef struct sw_stats_split {
    bool present; /* false: not given or missing, and the counts are 0 */
    const char
        *missing; /* why a split that is given cannot be listed; NULL: it was listed, or is not given */
    int listed, usable;
    int all_background, all_ignored; /* of the usable ones */
    /* of the usable ones at data.size, by label; SW_NO_CLASS: what is ignored, without padding */
    uint64_t pixels[256];
    int images[256]; /* that have the label */
} sw_stats_split;

typedef struct sw_stats_range {
    int low, median, high;
} sw_stats_range;

typedef enum sw_stats_remark_kind {
    SW_REMARK_BAD,            /* listed, but not usable */
    SW_REMARK_CONVERTED,      /* usable, with a note on what was converted or doubtful */
    SW_REMARK_ALL_BACKGROUND, /* usable, but its mask has no class but the background */
    SW_REMARK_ALL_IGNORED,    /* usable, but no pixel of its mask counts */
    SW_REMARK_IN_BOTH,        /* in two splits */
    SW_REMARK_UNLISTED,       /* a file beside listed pictures that no list names */
    SW_REMARK_ORPHAN,         /* a mask beside others without a picture */
    SW_REMARK_KINDS
} sw_stats_remark_kind;

typedef struct sw_stats_remark {
    sw_stats_remark_kind kind;
    int group; /* the same for remarks of a kind whose texts differ in path and numbers only; from 0 upwards
                */
    const char *name, *text; /* text: the reason, or "" */
} sw_stats_remark;

typedef struct sw_stats {
    sw_size size; /* at which classes were counted */
    const sw_classes *classes;
    sw_stats_split splits[SW_SPLITS];
    sw_stats_range width_px, height_px; /* of the usable pictures as stored; 0 when there is none */
    int image_files;                    /* in the folders of listed pictures, without masks */
    sw_stats_remark *remarks;           /* in the order of their kinds, then groups, then names */
    int remark_count;
    struct sw_stats_store *store; /* owns the texts */
} sw_stats;

/* Decodes every listed picture, and unlisted ones to see what they are, unless they are more than the listed.
 * `data` must outlive the statistics. SW_E_CONFIG when the root or all lists are missing; SW_E_DATA for a
 * malformed list. Bad pictures are remarks, not failures. `progress` may be NULL. */
sw_status sw_stats_collect(sw_stats *out, const sw_data_config *data, int threads,
                           const sw_progress_output *progress) SW_NODISCARD;
void sw_stats_deinit(sw_stats *stats);

/* Return the share of a class in the pixels that count, and of those that do not in all; 0 when there are
 * none. */
double sw_stats_share(const sw_stats_split *split, int c);
double sw_stats_ignored_share(const sw_stats_split *split);

#endif
