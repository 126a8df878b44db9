/* Batches of floats, prepared by threads ahead of the device.
 *
 * What a batch holds is a function of (seed, stream, epoch, data set) alone: the order of an epoch is the
 * shuffle drawn at (seed, SW_RNG_SHUFFLE, epoch), and image number i is augmented with the numbers at (seed,
 * stream, epoch << 32 | i). Neither the thread count nor where an epoch is entered changes a bit. */
#ifndef DATA_LOADER_H
#define DATA_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"
#include "data/augment.h"
#include "data/dataset.h"

typedef struct sw_loader_options {
    int batch_size;
    int image_limit; /* only the first so many images of the data set; 0: all */
    int threads;     /* below 1 counts as 1 */
    int prefetch;    /* batches prepared ahead of the one handed out; below 1 counts as 1 */
    int hold;        /* batches that stay valid at a time; below 1 counts as 1 */
    uint64_t seed;
    bool shuffle;
    const sw_augment_config *augment; /* copied; NULL: clean images */
    sw_rng_stream stream;             /* of the augmentation: SW_RNG_AUGMENT or SW_RNG_AUGMENT_VAL */
    /* Of several processes that share an epoch out, this is number `part` of `parts`; 0 parts: there is one.
     * Each takes a slice of every batch, or with whole_batches every parts-th batch. */
    int part, parts;
    bool whole_batches;
} sw_loader_options;

typedef struct sw_batch {
    const float *images;     /* (count,H,W,3) 0..1, or as data.normalize makes them */
    const uint8_t *labels;   /* (count,H,W) class numbers */
    const uint32_t *indices; /* (count) image numbers in the data set */
    int count;               /* batch_size, fewer in the last batch or in a slice, 0 after the last batch */
    /* Of a slice of a batch: how many images come before it, and how many the whole batch has. Where a batch
     * has fewer images than there are parts, the last parts get an image of another part, so that they
     * compute something; it does not count. */
    int first, whole;
    bool counts;
} sw_batch;

typedef struct sw_loader sw_loader;

/* The data set must outlive the loader. Allocates everything and starts the threads, which then wait. */
sw_status sw_loader_create(sw_loader **out, const sw_dataset *dataset,
                           const sw_loader_options *options) SW_NODISCARD;

/* Stops the threads, whatever they are doing, and frees everything. */
void sw_loader_destroy(sw_loader *loader);

/* Begins an epoch at a batch (0: its start). Drops the epoch that was under way; earlier batches are no
 * longer valid. */
void sw_loader_start(sw_loader *loader, uint32_t epoch, int first_batch);

/* Waits for the next batch, in order. It stays valid until the `hold`th sw_loader_next after it, or the next
 * sw_loader_start. After the last batch (and before any start) count is 0 and the pointers are NULL. The
 * status is that of the first image that could not be prepared: SW_E_MEMORY, or SW_E_IO and SW_E_DATA for a
 * file that is not kept in memory and has changed. */
sw_status sw_loader_next(sw_loader *loader, sw_batch *out) SW_NODISCARD;

/* Returns the batches of an epoch, ceil(count / batch_size); with whole_batches, those of this part. */
int sw_loader_batch_count(const sw_loader *loader);
int sw_loader_batch_size(const sw_loader *loader);  /* images that it hands out at a time, at most */
int sw_loader_image_count(const sw_loader *loader); /* images of an epoch, of all parts */

#endif
