/* Which folder of masks belongs to which folder of pictures. */
#ifndef DATA_GUESS_PAIRS_H
#define DATA_GUESS_PAIRS_H

#include "guess_scan.h"

typedef struct folder_pair {
    const char *images, *masks; /* below the root; ".": the root itself */
    bool has_split;             /* the names of the folders say which split they are */
    sw_split split;
    int pictures; /* in the folders that were looked at; others of their kind may lie beside them */
} folder_pair;

typedef struct folder_pairs {
    sw_arena arena; /* owns the texts */
    folder_pair *list;
    int count;
    const char *mask_suffix; /* as data.mask_suffix: of masks with an ending that stems.h does not know */
} folder_pairs;

/* Pairs the sets of a scan by the names of their files. Folders of one kind that lie beside each other
 * (images/a, images/b) become one pair. The pairs are in the order of their folders of pictures. No pair is
 * no error. */
sw_status folder_pairs_find(folder_pairs *out, const folder_scan *scan) SW_NODISCARD;
void folder_pairs_deinit(folder_pairs *pairs); /* accepts a zeroed one */

#endif
