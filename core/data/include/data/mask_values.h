/* How the classes are written in mask files. */
#ifndef DATA_MASK_VALUES_H
#define DATA_MASK_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "data/config.h"

/* How a mask like the data set's own is written: a PNG with this palette, whose pixels are value[label]. */
typedef struct sw_mask_writing {
    uint8_t value[256]; /* by label: the first number of a class; its place where masks are colours.
                         * A label that is no class has the value of what is ignored, or of nothing (the first
                         * value that no class has) */
    uint32_t
        rgb[256]; /* by value, 0xRRGGBB: where masks are colours the data set's, else those of the classes */
    int colours;  /* values are below this */
} sw_mask_writing;

void sw_mask_writing_of(sw_mask_writing *out, const sw_data_config *data);

/* Whether the masks' classes are given by colours, not by numbers. */
bool sw_masks_are_colours(const sw_data_config *data);

/* Appends "7" or "#804080". */
void sw_mask_code_append(sw_str *out, unsigned code);

/* Appends "1 pet, 2 background, 3 border" or "#804080 road, ...", cut after a dozen. */
void sw_mask_values_append(sw_str *out, const sw_data_config *data);

#endif
