/* The configuration of data and augmentation. Plain values, filled from YAML by config/schema. */
#ifndef DATA_CONFIG_H
#define DATA_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/size.h"
#include "image/image.h"

typedef enum sw_bad_file { SW_BAD_FILE_SKIP, SW_BAD_FILE_FAIL } sw_bad_file; /* skip, fail */

typedef struct sw_data_config {
    const char *root;                    /* folder in the Oxford-IIIT Pet layout */
    const char *train_split, *val_split; /* annotations/<split>.txt: "trainval", "test" */
    int holdout;                /* every so many-th training name validates instead of val_split; 0: none */
    int train_limit, val_limit; /* the first so many names; 0: all */
    sw_size size;               /* of the images the network sees */
    sw_resize_kind resize;
    sw_bad_file on_bad_file;
    int loader_threads;
    int prefetch; /* batches prepared ahead of the device */
} sw_data_config;

/* torchvision's ColorJitter in the order brightness, contrast, saturation, hue; a factor is drawn uniformly
 * from [max(0, 1-x), 1+x] (hue: shift from [-x, x] of the colour circle). 0 switches a part off. */
typedef struct sw_augment_config {
    float hflip; /* probability */
    float brightness, contrast, saturation, hue;
    float crop; /* sides of a cut-out: from 1 - crop to 1 of the image's; 0: off */
} sw_augment_config;

#endif
