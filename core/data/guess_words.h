/* What the names of folders and lists say: of which split they are, and whether of pictures or of masks. */
#ifndef DATA_GUESS_WORDS_H
#define DATA_GUESS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "data/config.h"

/* Finds the split that a path names, in its last part that names one: "train", "images_train", "valid/x",
 * "testannot". false: none does. */
bool words_split(sw_split *out, const char *path);

/* Tells whether a part of a path (`length` bytes) names a split. */
bool words_part_is_split(const char *part, size_t length);

/* Returns 1 where a path has a word for masks (mask, label, gt, ...), -1 for pictures (image, img, ...), 0
 * where it has neither or both. */
int words_role(const char *path);

#endif
