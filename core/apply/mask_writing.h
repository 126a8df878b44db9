/* How a mask like the data set's own is written. */
#ifndef APPLY_MASK_WRITING_H
#define APPLY_MASK_WRITING_H

#include <stdint.h>

#include "data/config.h"

typedef struct sw_mask_writing {
    uint8_t value[256]; /* by label */
    uint32_t rgb[256];  /* by value, 0xRRGGBB */
    int colours;        /* values are below this */
} sw_mask_writing;

void sw_mask_writing_of(sw_mask_writing *out, const sw_data_config *data);

#endif
