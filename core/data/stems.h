/* Pictures and masks found by name: the stem of a file is its path below a folder, without the extension. */
#ifndef DATA_STEMS_H
#define DATA_STEMS_H

#include "image/picture_files.h"
#include "pair_list.h"

typedef struct stem_index {
    const char *folder;
    sw_picture_files files; /* sorted */
} stem_index;

/* Lists a folder and the folders in it. `folder` must outlive the index; NULL is SW_E_MEMORY. SW_E_CONFIG: it
 * is missing. */
sw_status stem_index_make(stem_index *out, const char *folder) SW_NODISCARD;
void stem_index_deinit(stem_index *index); /* accepts a zeroed one */

/* Finds the file with a stem and something behind it; NULL: there is none. The path is below the folder. */
typedef enum stem_kind { STEM_ANY, STEM_PNG, STEM_JPEG } stem_kind;
const char *stem_index_find(const stem_index *index, const char *stem, const char *suffix, stem_kind kind);

/* Finds the mask of a picture by its stem: the PNG called STEM followed by `mask_suffix`, or, where that is
 * "", by nothing (`bare`) or by one of the endings in use ("_mask", "_L", "_labelIds" and others), also in
 * place of an ending of the picture ("_leftImg8bit"). NULL: there is none. The path is below the folder. */
const char *stem_find_mask(const stem_index *masks, const char *stem, bool bare, const char *mask_suffix);

/* Appends the pair of a stem, whose mask is that of stem_find_mask. A missing picture or mask is left for the
 * reader to report. */
sw_status stems_add_pair(pair_list *out, const stem_index *images, const stem_index *masks, const char *stem,
                         int line, const char *mask_suffix) SW_NODISCARD;

/* Visits the stems that the picture of a mask may have by the rules of stem_find_mask, until `visit` returns
 * true; whether it did. */
typedef bool (*stem_visitor)(void *user, const char *stem);
bool stem_of_mask_visit(const char *mask_stem, const char *mask_suffix, stem_visitor visit, void *user);

bool stem_is_png(const char *path); /* by its name */

/* In a folder of pictures and masks: tells whether a file is the mask of another. Its stem ends as those of
 * masks do, or it is the PNG beside a JPEG. */
bool stem_is_mask_of_other(const stem_index *files, const char *path, const char *stem,
                           const char *mask_suffix);

#endif
