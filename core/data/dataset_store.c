#include "dataset_store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"

static size_t machine_bytes(void)
{
    return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

sw_status dataset_store_init(dataset_store *store, const sw_data_config *data)
{
    store->data = *data;
    store->item_bytes = 4 * sw_size_pixels(data->size);
    const size_t sharers = data->sharers > 1 ? (size_t)data->sharers : 1;
    store->most_bytes = data->cache_mb > 0 ? (size_t)data->cache_mb << 20 : machine_bytes() / 4 / sharers;
    pthread_mutex_init(&store->lock, NULL);
    return mask_coding_init(&store->coding, &store->data);
}

void dataset_store_deinit(dataset_store *store)
{
    if (store->item_bytes == 0) return;
    mask_coding_deinit(&store->coding);
    pair_list_deinit(&store->list);
    pthread_mutex_destroy(&store->lock);
}

bool dataset_store_claim(dataset_store *store, size_t bytes)
{
    pthread_mutex_lock(&store->lock);
    bool fits = bytes <= store->most_bytes - store->used_bytes;
    if (fits) store->used_bytes += bytes;
    pthread_mutex_unlock(&store->lock);
    return fits;
}

sw_status dataset_store_read(uint8_t *bytes, sw_size *size, sw_str *notes, const dataset_store *store,
                             const data_pair *pair)
{
    const sw_data_config *data = &store->data;
    sw_image image, labels;
    SW_ENSURE(pair_read(&image, &labels, notes, &store->list, pair, &store->coding, 1));
    *size = (sw_size){image.height, image.width};
    const sw_fit fit = sw_fit_find(data->fit, *size, data->size);
    sw_fit_apply(bytes, &fit, &image, data->resize, 0);
    sw_fit_apply(bytes + 3 * sw_size_pixels(data->size), &fit, &labels, SW_RESIZE_NEAREST, SW_NO_CLASS);
    sw_image_deinit(&image);
    sw_image_deinit(&labels);
    return SW_OK;
}

/* Keeps the label in the middle of each block of step by step. */
static sw_status thin_out(sw_image *labels, int step)
{
    if (step == 1) return SW_OK;
    sw_image thin;
    SW_ENSURE(sw_image_init(&thin, (labels->width - 1) / step + 1, (labels->height - 1) / step + 1, 1));
    for (int y = 0; y < thin.height; y++)
        for (int x = 0; x < thin.width; x++) {
            int row = y * step + step / 2, column = x * step + step / 2;
            if (row > labels->height - 1) row = labels->height - 1;
            if (column > labels->width - 1) column = labels->width - 1;
            thin.pixels[(size_t)y * (size_t)thin.width + (size_t)x] =
                labels->pixels[(size_t)row * (size_t)labels->width + (size_t)column];
        }
    sw_image_deinit(labels);
    *labels = thin;
    return SW_OK;
}

/* The step with which the picture is kept: the JPEG decoder can divide its sides by 1, 2, 4 and 8. */
static int find_step(const sw_fit *fit, const sw_augment_config *augment)
{
    double finest = augment_finest_step(augment, fit);
    return finest >= 8 ? 8 : finest >= 4 ? 4 : finest >= 2 ? 2 : 1;
}

/* Labels are kept twice as fine, because they are not interpolated. */
static sw_status decode(warp_source *out, const dataset_store *store, const data_pair *pair, sw_size size,
                        int step)
{
    sw_status status = SW_OK;
    sw_str notes = {0}; /* told when the set was opened */
    *out = (warp_source){.size = size, .image_step = step, .label_step = step > 1 ? step / 2 : 1};
    SW_TRY(pair_read(&out->image, &out->labels, &notes, &store->list, pair, &store->coding, out->image_step));
    if (out->labels.height != size.height || out->labels.width != size.width)
        SW_TRY(sw_fail(SW_E_DATA, "%s: another size than when the data set was opened", pair->mask));
    SW_TRY(thin_out(&out->labels, out->label_step));
done:
    sw_str_deinit(&notes);
    if (status != SW_OK) {
        sw_image_deinit(&out->image);
        sw_image_deinit(&out->labels);
    }
    return status;
}

static size_t bytes_of(const warp_source *source)
{
    return sizeof(stored_picture) + (size_t)source->image.width * (size_t)source->image.height * 3 +
           (size_t)source->labels.width * (size_t)source->labels.height;
}

static stored_picture *find_kept(dataset_store *store, stored_image *image)
{
    pthread_mutex_lock(&store->lock);
    stored_picture *picture = image->picture;
    pthread_mutex_unlock(&store->lock);
    return picture;
}

/* Keeps it, unless there is no room, or no memory, or another thread was faster. */
static void keep(stored_picture *picture, dataset_store *store, stored_image *image)
{
    stored_picture *kept = malloc(sizeof *kept);
    size_t bytes = bytes_of(&picture->source);
    if (!kept) return;
    pthread_mutex_lock(&store->lock);
    if (!image->picture && bytes <= store->most_bytes - store->used_bytes) {
        store->used_bytes += bytes;
        picture->kept = true;
        *kept = *picture;
        image->picture = kept;
        kept = NULL;
    }
    pthread_mutex_unlock(&store->lock);
    free(kept);
}

sw_status dataset_store_picture(stored_picture *out, dataset_store *store, stored_image *image,
                                const data_pair *pair, const sw_fit *fit, const sw_augment_config *augment)
{
    const int step = find_step(fit, augment);
    const stored_picture *kept = find_kept(store, image);
    if (kept && kept->source.image_step == step) {
        *out = *kept;
        return SW_OK;
    }
    *out = (stored_picture){0};
    SW_ENSURE(decode(&out->source, store, pair, image->size, step));
    keep(out, store, image);
    return SW_OK;
}

void stored_picture_give_back(stored_picture *picture)
{
    if (picture->kept) return;
    sw_image_deinit(&picture->source.image);
    sw_image_deinit(&picture->source.labels);
}
