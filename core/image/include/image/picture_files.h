/* The picture files of a folder and the folders in it. */
#ifndef IMAGE_PICTURE_FILES_H
#define IMAGE_PICTURE_FILES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

typedef struct sw_picture_files {
    sw_arena arena; /* owns the paths */
    char **paths;   /* relative to the folder ("sub/a.jpg"), sorted by their bytes */
    int count;
} sw_picture_files;

/* Lists the files whose names end in .jpg, .jpeg or .png, in any case; hidden files and folders are passed
 * over, links are followed, but each folder is
 * listed once, under its own path rather than a link's. With `deep`, folders in the folder too, at most
 * SW_PICTURE_FILES_DEPTH deep. SW_E_IO: a folder cannot be read. No file is no error. */
enum { SW_PICTURE_FILES_DEPTH = 16 };
sw_status sw_picture_files_list(sw_picture_files *out, const char *folder, bool deep) SW_NODISCARD;
void sw_picture_files_deinit(sw_picture_files *files); /* accepts a zeroed one */

/* Whether a name ends as those of pictures do. */
bool sw_is_picture_name(const char *name);

/* Length of a path without the extension of its file: 5 of "a.b/c.png". */
int sw_stem_length(const char *path);

#endif
