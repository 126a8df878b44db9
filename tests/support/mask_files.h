/* Small pictures and masks of a data set that is not the pets', below the scratch folder (see scratch.h). */
#ifndef MASK_FILES_H
#define MASK_FILES_H

#include <stdint.h>

/* Each writes a file of width x height pixels, makes the folders above it, and returns its path. */
const char *write_picture(const char *name, int width, int height, unsigned variant); /* .jpg or .png */
const char *write_gray_mask(const char *name, int width, int height, const uint8_t *values);
const char *write_palette_mask(const char *name, int width, int height, const uint8_t *values,
                               const uint32_t *rgb, int colours);
const char *write_colour_mask(const char *name, int width, int height, const uint32_t *rgb);

#endif
