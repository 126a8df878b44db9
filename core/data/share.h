/* How several processes share the batches of an epoch out (data/loader.h). */
#ifndef DATA_SHARE_H
#define DATA_SHARE_H

#include "data/loader.h"

typedef struct batch_share {
    int part, parts;
    bool whole_batches;
    int all_images, whole_size; /* of an epoch; of a whole batch, but the last */
    int batch_size, images;     /* of this part's batches, but the last; of this part in an epoch */
} batch_share;

/* Of an epoch of so many images, more than 0, in batches of batch_size. */
batch_share batch_share_of(const sw_loader_options *options, int images, int batch_size);

/* Brings this part's images to the front of an epoch's order, in the order in which they are needed. */
void batch_share_pick(const batch_share *share, uint32_t *order);

/* Completes the part's batch of that number: first, whole, counts. */
void batch_share_place(sw_batch *out, const batch_share *share, int batch);

#endif
