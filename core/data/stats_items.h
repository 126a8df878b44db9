/* What the parts of the statistics share: one item a picture. */
#ifndef DATA_STATS_ITEMS_H
#define DATA_STATS_ITEMS_H

#include "data/stats.h"
#include "pair_list.h"

/* One listed picture, or one unlisted file of a folder with listed ones. */
typedef struct stats_item {
    const char *name;
    const data_pair *pair; /* NULL: unlisted */
    const char *path;      /* of the picture */
    unsigned splits;       /* bit s: listed in split s; 0: unlisted */
    bool orphan;           /* no picture but a mask without one; the last of the items */
    bool usable, all_background, all_ignored;
    int width_px, height_px;
    char *text; /* why it is bad, or what was converted; NULL: nothing */
} stats_item;

struct sw_stats_store {
    sw_arena arena;
    pair_list lists[SW_SPLITS];
    stats_item *items; /* listed ones first, each part in the order of the paths */
    int item_count, listed_count;
};

/* Reads the lists into items, one a picture. A list may be missing, not all. */
sw_status stats_list(sw_stats *out, const sw_data_config *data) SW_NODISCARD;

/* Adds the files in the folders of listed pictures that no list names, and counts image_files. */
sw_status stats_add_unlisted(sw_stats *out) SW_NODISCARD;

/* Adds the masks that belong to no picture. */
sw_status stats_add_orphans(sw_stats *out, const sw_data_config *data) SW_NODISCARD;

/* Fills the remarks from the items. */
sw_status stats_remark(sw_stats *out) SW_NODISCARD;

#endif
