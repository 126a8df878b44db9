/* From the pixels of a mask file to labels. */
#ifndef DATA_MASK_CODING_H
#define DATA_MASK_CODING_H

#include "data/config.h"

typedef struct mask_coding {
    const sw_data_config *data;
    bool by_colour;
    bool is_known[256]; /* by number: of a class, or ignored */
    uint8_t label[256];
    sw_mask_value *colours; /* sorted by their code */
    int colour_count;
} mask_coding;

/* `data` must outlive the coding. */
sw_status mask_coding_init(mask_coding *out, const sw_data_config *data) SW_NODISCARD;
void mask_coding_deinit(mask_coding *coding); /* accepts a zeroed one */

/* Reads a mask file as labels (channels = 1): class numbers, SW_NO_CLASS where it is ignored. SW_E_DATA, with
 * place and remedy: a value that belongs to no class, or a kind of file that does not go with the classes. */
sw_status mask_read(sw_image *labels, const mask_coding *coding, const char *path) SW_NODISCARD;

#endif
