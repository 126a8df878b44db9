/* Masks that belong to no picture: a picture that was deleted, or is called otherwise. */
#ifndef DATA_ORPHANS_H
#define DATA_ORPHANS_H

#include "pair_list.h"

typedef struct orphan_masks {
    sw_arena arena;
    const char **paths; /* sorted */
    int count;
} orphan_masks;

/* Looks for PNGs in the folders of the masks of these lists (SW_SPLITS of them) that are the mask of no
 * picture, listed or not, in the folders of their pictures. Folders that hold both are passed over. */
sw_status orphan_masks_find(orphan_masks *out, const pair_list *lists, const char *mask_suffix) SW_NODISCARD;
void orphan_masks_deinit(orphan_masks *orphans); /* accepts a zeroed one */

#endif
