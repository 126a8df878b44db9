/* Names and layout in a run's folder masks/, which its writer and its reader share. */
#ifndef RUN_MASKS_FILES_H
#define RUN_MASKS_FILES_H

#include <stdbool.h>

#include "image/image.h"
#include "run/masks.h"

enum { MASKS_FORMAT = 1 };

extern const char masks_folder[]; /* "masks" */

/* "RUN/masks/<name>", on the heap; NULL when memory is out. */
char *masks_file(const char *run, const char *name);
char *masks_epoch_file(const char *run, int epoch, bool confidence);

/* The epochs in the folder, ascending: those with a class map, or with any of their files. *out is freed by
 * the caller. */
sw_status masks_list(int **out, int *count, const char *folder, bool any_file) SW_NODISCARD;

/* Tiles a row and a column of a sheet: columns that would stay empty are left out. */
void masks_layout(const sw_mask_images *images, int *columns, int *rows);

/* Where row y of image i begins in a sheet. */
uint8_t *masks_tile_row(const sw_image *sheet, const sw_mask_images *images, int i, int y);

#endif
