/* The folders below one that hold picture files, and whether these look like pictures or like masks. */
#ifndef DATA_GUESS_SCAN_H
#define DATA_GUESS_SCAN_H

#include "stems.h"

/* Files of one folder, not of the folders in it. A folder with pictures and masks makes two sets. */
typedef struct scan_set {
    const char *folder; /* below the root; ".": the root itself */
    stem_index files;
    double likeness; /* of a sample to masks, 0..1: large areas of one value, and few values */
    bool one_channel, has_png;
    int readable;      /* files of the sample that can be read as masks */
    const char *fault; /* of the first that cannot; NULL: all can */
} scan_set;

typedef struct folder_scan {
    sw_picture_files files; /* all, below the root; owns the names */
    sw_arena arena;
    scan_set *sets; /* in the order of their first files */
    int count;
} folder_scan;

/* Lists the folder and reads a sample of its files. Files that cannot be read do not count. SW_E_IO: a
 * folder cannot be read. */
sw_status folder_scan_make(folder_scan *out, const char *root, int threads) SW_NODISCARD;
void folder_scan_deinit(folder_scan *scan); /* accepts a zeroed one */

#endif
