/* One picture with its trimap, as the files have them. */
#ifndef DATA_PAIR_H
#define DATA_PAIR_H

#include "base/classes.h"
#include "base/status.h"
#include "base/str.h"
#include "image/image.h"

/* Where the files of a data set are: the folders with links resolved, so that links among the files can be
 * held to them. */
typedef struct pair_place {
    char *root, *images, *trimaps;
} pair_place;

/* Finds the folders. SW_E_CONFIG: one is missing. */
sw_status pair_place_find(pair_place *out, const char *root) SW_NODISCARD;
void pair_place_deinit(pair_place *place);

/* Reads and checks both files of `name`: same size, mask values of the classes. What was converted is
 * appended to `notes`. */
sw_status pair_read(sw_image *image, sw_image *trimap, sw_str *notes, const pair_place *place,
                    const char *name, const sw_classes *classes) SW_NODISCARD;

/* Reads one file of images/ by its whole name, whether a list names it or not. */
sw_status pair_read_picture(sw_image *image, sw_str *notes, const pair_place *place,
                            const char *file) SW_NODISCARD;

#endif
