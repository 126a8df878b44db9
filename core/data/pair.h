/* One picture with its mask, as the files have them. */
#ifndef DATA_PAIR_H
#define DATA_PAIR_H

#include "base/str.h"
#include "image/image.h"
#include "mask_coding.h"
#include "pair_list.h"

/* Reads and checks both files of a pair: same size, mask values of the classes. `labels` has one channel of
 * class numbers, SW_NO_CLASS where pixels are ignored. What was converted is appended to `notes`. The
 * picture alone is shrunk by `step`: 1, 2, 4 or 8, see sw_image_read_rgb_shrunk. SW_E_IO or SW_E_DATA, with
 * the path first: this pair is bad. */
sw_status pair_read(sw_image *image, sw_image *labels, sw_str *notes, const pair_list *list,
                    const data_pair *pair, const mask_coding *coding, int step) SW_NODISCARD;

#endif
