/* What a data set keeps of its images in memory, and how it reads the others again. */
#ifndef DATA_DATASET_STORE_H
#define DATA_DATASET_STORE_H

#include <pthread.h>

#include "augment_picture.h"
#include "data/dataset.h"
#include "mask_coding.h"
#include "pair_list.h"

/* A picture and its labels, kept by the store or by who asked for it. */
typedef struct stored_picture {
    warp_source source;
    bool kept; /* by the store, as long as the data set lives */
} stored_picture;

/* An image of the set; what the loader threads change in it is guarded by the lock. */
typedef struct stored_image {
    uint8_t *bytes;          /* image (H,W,3), then labels (H,W) at the set's size; NULL: not kept */
    sw_size size;            /* of the picture as decoded */
    stored_picture *picture; /* at full resolution; NULL: not kept */
} stored_image;

typedef struct dataset_store {
    sw_data_config data;
    pair_list list;
    mask_coding coding;
    size_t item_bytes; /* of an image at the set's size: 4 H W */
    pthread_mutex_t lock;
    size_t used_bytes, most_bytes;
} dataset_store;

/* Sets up what depends on the configuration alone. `list` is not filled. */
sw_status dataset_store_init(dataset_store *store, const sw_data_config *data) SW_NODISCARD;
void dataset_store_deinit(dataset_store *store); /* accepts a zeroed one */

/* Reads and checks a pair and resizes it into `bytes` (item_bytes of them); *size is the picture's as
 * decoded. What was converted is appended to `notes`. */
sw_status dataset_store_read(uint8_t *bytes, sw_size *size, sw_str *notes, const dataset_store *store,
                             const data_pair *pair) SW_NODISCARD;

/* Counts so many bytes as used, if they fit. */
bool dataset_store_claim(dataset_store *store, size_t bytes);

/* Gives the picture of an image at full resolution, or at a fraction of it from which the augmentation loses
 * nothing: the same whether it was kept or is decoded again. Keeps it, if there is room. The caller gives it
 * back. `fit` is that of the picture. SW_E_IO, SW_E_DATA: the files have changed since the set was opened. */
sw_status dataset_store_picture(stored_picture *out, dataset_store *store, stored_image *image,
                                const data_pair *pair, const sw_fit *fit,
                                const sw_augment_config *augment) SW_NODISCARD;
void stored_picture_give_back(stored_picture *picture);

#endif
