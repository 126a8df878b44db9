/* What a run keeps of its grid images, in RUN/masks: enough to draw every epoch again without the model and
 * without the data set.
 *
 * - images.json: {"format": 1, "size": S or [H, W], "columns": C, "classes": [names], "images": [names]}
 * - inputs.png: the photographs as the network saw them, RGB
 * - truth.png: their true classes
 * - epoch_NN.png: classes predicted after epoch NN (00: before training)
 * - epoch_NN_confidence.png: softmax p of the predicted class as round(255 p), gray
 *
 * Each PNG is a sheet of tiles of that size, C in a row without gaps, image i in row i / C and column i % C;
 * tiles beyond the last image are 0. Class maps have a palette: a pixel's value is its class, and a viewer
 * shows the class's colour. Every file is written aside and renamed; images.json is the last of those written
 * once, an epoch's class map the last of its two: a folder has the epochs whose class map is there. */
#ifndef RUN_MASKS_H
#define RUN_MASKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/classes.h"
#include "base/size.h"
#include "base/status.h"

/* The images of a run's grid, the same in all its epochs. */
typedef struct sw_mask_images {
    int count, columns;
    sw_size size; /* of an image */
    sw_classes classes;
    const char *const *names;     /* (count) */
    const uint8_t *const *inputs; /* (count) of (H,W,3) RGB */
    const uint8_t *const *truths; /* (count) of (H,W) class numbers, all below classes.count */
} sw_mask_images;

/* --- writing: what a run does ----------------------------------------------------------------------- */

/* SW_E_CONFIG: the sheets would be too large for pictures. Looks only at number, columns and size. */
sw_status sw_masks_check(const sw_mask_images *images) SW_NODISCARD;

/* Checks that nothing stands in the place of the files that sw_masks_begin writes, and changes nothing. */
sw_status sw_masks_check_places(const char *run) SW_NODISCARD;

/* Creates the folder and writes the files that all epochs share; a second call writes the same again.
 * SW_E_CONFIG: the sheet would be too large for a picture. */
sw_status sw_masks_begin(const char *run, const sw_mask_images *images) SW_NODISCARD;

/* Writes the files of an epoch. labels, confidences: (count) of (H,W) */
sw_status sw_masks_add(const char *run, const sw_mask_images *images, int epoch, const uint8_t *const *labels,
                       const uint8_t *const *confidences) SW_NODISCARD;

/* Removes the epochs after `last_epoch`. Does nothing if there is no folder. */
sw_status sw_masks_rewind(const char *run, int last_epoch) SW_NODISCARD;

/* --- reading ---------------------------------------------------------------------------------------- */

/* Everything of a run but its epochs, which are read one at a time. */
typedef struct sw_masks {
    char *run; /* the path it was opened by, without slashes at its end */
    sw_mask_images images;
    int *epochs; /* (epoch_count) those there are, ascending */
    int epoch_count;
    char **names;                         /* (count) of the images, writable */
    uint8_t *input_pixels, *truth_pixels; /* (count,H,W,3), (count,H,W) */
    sw_arena arena;                       /* holds what `images` points to */
} sw_masks;

/* Opens a run's folder, also of a run that is being written or was copied from elsewhere. SW_E_USAGE: there
 * is no such folder, it is no run, or it has no masks (a run of an earlier version, or one that has not begun
 * to train). SW_E_IO, SW_E_DATA: one of the files is missing, damaged or of the wrong size; the message names
 * it. */
sw_status sw_masks_open(sw_masks *out, const char *run) SW_NODISCARD;
void sw_masks_deinit(sw_masks *store); /* accepts a zeroed one */

/* Reads an epoch: labels and confidences (count,H,W), image after image; either may be NULL. Errors as above,
 * and SW_E_DATA for a pixel that is no class. */
sw_status sw_masks_read(const sw_masks *store, int epoch, uint8_t *labels, uint8_t *confidences) SW_NODISCARD;

/* "RUN/masks/<name>" and an epoch's class map or confidences there, on the heap; NULL when memory is out. */
char *sw_masks_file(const char *run, const char *name);
char *sw_masks_epoch_file(const char *run, int epoch, bool confidence);

/* Columns and rows of the sheets, in tiles. */
void sw_masks_shape(int *columns, int *rows, const sw_mask_images *images);

/* SW_E_USAGE unless both show the same images of the same classes: names, photographs and truths, in order.
 */
sw_status sw_masks_check_same(const sw_masks *a, const sw_masks *b) SW_NODISCARD;

#endif
