#include "data/dataset.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/log.h"
#include "base/median.h"
#include "base/parallel.h"
#include "base/str.h"
#include "data/mask_values.h"
#include "dataset_images.h"
#include "repeats.h"
#include "split.h"

/* One listed name: its image, or why it is bad. */
typedef struct data_item {
    const data_pair *pair; /* in the list's array */
    stored_image image;
    char *message, *notes; /* why it is bad; what was converted; or NULL */
} data_item;

struct sw_dataset {
    dataset_store *store; /* apart, since it changes while the set is only read */
    const sw_classes *classes;
    data_item *items; /* usable ones first once opened: 0..count-1 */
    int count, skipped;
    uint64_t all_pixels, class_pixels[SW_MAX_CLASSES], pixels_with_class[SW_MAX_CLASSES];
    char fingerprint[33];
};

/* ---- opening ---- */

/* So many names are read by the threads before they are looked at in order. */
enum { NAMES_AT_A_TIME = 256 };

/* What the decoding threads share; each writes only its own item. */
typedef struct open_job {
    sw_dataset *dataset;
    int first; /* name of the batch */
} open_job;

static sw_status open_item(void *user, int index)
{
    const open_job *job = user;
    const sw_dataset *dataset = job->dataset;
    data_item *item = &dataset->items[job->first + index];
    const size_t bytes = dataset->store->item_bytes;
    sw_str notes = {0};
    item->image.bytes = malloc(bytes);
    if (!item->image.bytes) return sw_fail_alloc("a resized image", bytes);
    sw_status status =
        dataset_store_read(item->image.bytes, &item->image.size, &notes, dataset->store, item->pair);
    if (status == SW_OK) {
        if (notes.length) SW_TRY(sw_str_take(&item->notes, &notes));
    } else if (status != SW_E_MEMORY && dataset->store->data.on_bad_file == SW_BAD_FILE_SKIP) {
        free(item->image.bytes);
        item->image.bytes = NULL;
        item->message = sw_strf("%s", sw_error_message());
        status = item->message ? SW_OK : SW_E_MEMORY;
    } else if (status != SW_E_MEMORY) {
        sw_str_deinit(&notes);
        sw_str_printf(&notes, "%s", sw_error_message());
        status = sw_fail(SW_E_DATA, "%s (data.on_bad_file: skip passes over such files)",
                         notes.text ? notes.text : "");
    }
done:
    sw_str_deinit(&notes);
    return status;
}

/* Refuses before a machine is driven into swapping. */
static sw_status check_memory(const sw_data_config *data)
{
    double need = 4.0 * (double)sw_size_pixels(data->size) * data->loader_threads;
    double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (need <= have) return SW_OK;
    return sw_fail(SW_E_MEMORY,
                   "images of %d x %d pixels on %d threads need %.1f GB and this machine has %.1f GB: lower "
                   "data.size",
                   data->size.width, data->size.height, data->loader_threads, need * 1e-9, have * 1e-9);
}

static void count_classes(sw_dataset *dataset, const uint8_t *labels)
{
    uint64_t here[256] = {0}, counted = 0;
    const size_t pixels = sw_size_pixels(dataset->store->data.size);
    for (size_t p = 0; p < pixels; p++) here[labels[p]]++;
    for (int c = 0; c < dataset->classes->count; c++) counted += here[c];
    dataset->all_pixels += counted;
    for (int c = 0; c < dataset->classes->count; c++) {
        dataset->class_pixels[c] += here[c];
        if (here[c]) dataset->pixels_with_class[c] += counted;
    }
}

/* What is gathered from the images in the order of the list. */
typedef struct gathering {
    repeat_counts repeats;
    XXH3_state_t *hash;
    int kept; /* images that stay in memory */
} gathering;

/* Counts and hashes a usable image, moves it to the front, and drops its pixels if they are too many to keep.
 */
static void take_item(sw_dataset *dataset, data_item *item, gathering *g)
{
    const size_t bytes = dataset->store->item_bytes;
    XXH3_128bits_update(g->hash, item->pair->name, strlen(item->pair->name) + 1);
    XXH3_128bits_update(g->hash, item->image.bytes, bytes);
    count_classes(dataset, item->image.bytes + bytes / 4 * 3);
    if (dataset_store_claim(dataset->store, bytes)) {
        g->kept++;
    } else {
        free(item->image.bytes);
        item->image.bytes = NULL;
    }
    data_item usable = *item;
    *item = dataset->items[dataset->count];
    dataset->items[dataset->count++] = usable;
}

/* Looks at the items from..end-1: reports each, and takes the usable ones. */
static sw_status gather(sw_dataset *dataset, int from, int end, gathering *g)
{
    for (int i = from; i < end; i++) {
        data_item *item = &dataset->items[i];
        if (item->message) {
            SW_ENSURE(repeats_log(&g->repeats, "skipped", "%s", item->message));
            dataset->skipped++;
        } else {
            if (item->notes)
                SW_ENSURE(repeats_log(&g->repeats, "used", "%s: %s", item->pair->image, item->notes));
            take_item(dataset, item, g);
        }
    }
    return SW_OK;
}

/* Without a pixel that counts there is nothing to learn or to measure. */
static sw_status fail_all_ignored(const sw_dataset *dataset, sw_split split)
{
    const sw_data_config *data = &dataset->store->data;
    char buffer[PAIR_NAME_MAX_BYTES + 64];
    sw_str values = {0};
    sw_mask_values_append(&values, data);
    sw_status status = sw_str_status(&values);
    if (status == SW_OK)
        status =
            sw_fail(SW_E_DATA,
                    "%s: in the masks of all %d image%s of %s every pixel is ignored: take a value out of "
                    "data.ignore and give it to a class (data.classes); the classes are %s",
                    data->root, dataset->count, dataset->count == 1 ? "" : "s",
                    sw_data_split_title(buffer, sizeof buffer, data, split), values.text);
    sw_str_deinit(&values);
    return status;
}

static sw_status sum_up(const sw_dataset *dataset, sw_split split, const gathering *g)
{
    const sw_data_config *data = &dataset->store->data;
    const pair_list *list = &dataset->store->list;
    char buffer[PAIR_NAME_MAX_BYTES + 64];
    repeats_log_counts(&g->repeats);
    if (dataset->count == 0)
        return sw_fail(SW_E_DATA, "%s: none of the %d images listed in %s is usable (see the warnings)",
                       data->root, dataset->skipped, list->source);
    if (dataset->all_pixels == 0) return fail_all_ignored(dataset, split);
    if (dataset->skipped)
        sw_log(SW_LOG_WARNING, "%s: %d of %d images of %s skipped", data->root, dataset->skipped, list->count,
               sw_data_split_title(buffer, sizeof buffer, data, split));
    if (g->kept < dataset->count)
        sw_log(SW_LOG_INFO,
               "%s: %d of %d images stay in memory, the others are read again when they are needed "
               "(data.cache_mb)",
               data->root, g->kept, dataset->count);
    return SW_OK;
}

/* A square by its side alone. */
static void hash_size(XXH3_state_t *state, sw_size size)
{
    const int sides[2] = {size.height, size.width};
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(sides[i / 4] >> (8 * (i % 4)));
    XXH3_128bits_update(state, bytes, size.height == size.width ? 4 : 8);
}

static void read_fingerprint(sw_dataset *dataset, XXH3_state_t *hash)
{
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(hash));
    for (size_t i = 0; i < sizeof digest.digest; i++)
        snprintf(dataset->fingerprint + 2 * i, 3, "%02x", digest.digest[i]);
}

/* Reads all images: batch after batch of the list, each on several threads. */
static sw_status read_all(sw_dataset *dataset, sw_split split)
{
    sw_status status = SW_OK;
    const int total = dataset->store->list.count;
    gathering g = {.hash = XXH3_createState()};
    if (!g.hash) SW_TRY(sw_fail_alloc("a hash", sizeof(void *)));
    XXH3_128bits_reset(g.hash);
    hash_size(g.hash, dataset->store->data.size);
    for (int first = 0; first < total; first += NAMES_AT_A_TIME) {
        int end = total - first < NAMES_AT_A_TIME ? total : first + NAMES_AT_A_TIME;
        open_job job = {dataset, first};
        SW_TRY(sw_parallel_run(end - first, dataset->store->data.loader_threads, open_item, &job));
        SW_TRY(gather(dataset, first, end, &g));
    }
    SW_TRY(sum_up(dataset, split, &g));
    read_fingerprint(dataset, g.hash);
done:
    repeats_deinit(&g.repeats);
    XXH3_freeState(g.hash);
    return status;
}

sw_status sw_dataset_open(sw_dataset **out, const sw_data_config *data, sw_split split)
{
    assert(data->size.height > 0 && data->size.width > 0 && sw_data_classes(data));
    *out = NULL;
    sw_status status = SW_OK;
    sw_dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset || !(dataset->store = calloc(1, sizeof *dataset->store)))
        SW_TRY(sw_fail_alloc("a data set", sizeof *dataset + sizeof *dataset->store));
    dataset->classes = sw_data_classes(data);
    SW_TRY(check_memory(data));
    SW_TRY(dataset_store_init(dataset->store, data));
    pair_list *list = &dataset->store->list;
    SW_TRY(split_list(list, data, split));
    dataset->items = calloc((size_t)list->count, sizeof *dataset->items);
    if (!dataset->items) SW_TRY(sw_fail_alloc("a data set", (size_t)list->count * sizeof *dataset->items));
    for (int i = 0; i < list->count; i++) dataset->items[i].pair = &list->pairs[i];
    SW_TRY(read_all(dataset, split));
    *out = dataset;
    dataset = NULL;
done:
    sw_dataset_destroy(dataset);
    return status;
}

void sw_dataset_destroy(sw_dataset *dataset)
{
    if (!dataset) return;
    for (int i = 0; dataset->items && i < dataset->store->list.count; i++) {
        data_item *item = &dataset->items[i];
        free(item->image.bytes);
        if (item->image.picture) {
            item->image.picture->kept = false;
            stored_picture_give_back(item->image.picture);
            free(item->image.picture);
        }
        free(item->message);
        free(item->notes);
    }
    free(dataset->items);
    if (dataset->store) dataset_store_deinit(dataset->store);
    free(dataset->store);
    free(dataset);
}

/* ---- images ---- */

void sw_dataset_prefer_pictures(sw_dataset *dataset)
{
    for (int i = 0; i < dataset->count; i++) {
        stored_image *image = &dataset->items[i].image;
        if (image->bytes) dataset->store->used_bytes -= dataset->store->item_bytes;
        free(image->bytes);
        image->bytes = NULL;
    }
}

sw_status dataset_borrow(const uint8_t **image, const uint8_t **labels, const sw_dataset *dataset, int i,
                         uint8_t *place)
{
    assert(i >= 0 && i < dataset->count);
    const data_item *item = &dataset->items[i];
    const dataset_store *store = dataset->store;
    if (!item->image.bytes) {
        sw_size size;
        sw_str notes = {0}; /* told when the set was opened */
        sw_status status = dataset_store_read(place, &size, &notes, store, item->pair);
        sw_str_deinit(&notes);
        if (status != SW_OK) return status;
    }
    *image = item->image.bytes ? item->image.bytes : place;
    *labels = *image + store->item_bytes / 4 * 3;
    return SW_OK;
}

sw_status dataset_borrow_picture(stored_picture *out, sw_fit *fit, const sw_dataset *dataset, int i,
                                 const sw_augment_config *augment)
{
    assert(i >= 0 && i < dataset->count);
    data_item *item = &dataset->items[i];
    dataset_store *store = dataset->store;
    *fit = sw_fit_find(store->data.fit, item->image.size, store->data.size);
    return dataset_store_picture(out, store, &item->image, item->pair, fit, augment);
}

sw_status sw_dataset_read(uint8_t *image, uint8_t *labels, const sw_dataset *dataset, int i)
{
    const uint8_t *from_image, *from_labels;
    const size_t pixels = sw_size_pixels(sw_dataset_size(dataset));
    uint8_t *place = NULL;
    sw_status status = SW_OK;
    assert(i >= 0 && i < dataset->count);
    if (!dataset->items[i].image.bytes && !(place = malloc(4 * pixels)))
        return sw_fail_alloc("a resized image", 4 * pixels);
    SW_TRY(dataset_borrow(&from_image, &from_labels, dataset, i, place));
    if (image) memcpy(image, from_image, 3 * pixels);
    if (labels) memcpy(labels, from_labels, pixels);
done:
    free(place);
    return status;
}

int sw_dataset_count(const sw_dataset *dataset)
{
    return dataset->count;
}

int sw_dataset_skipped(const sw_dataset *dataset)
{
    return dataset->skipped;
}

sw_size sw_dataset_size(const sw_dataset *dataset)
{
    return dataset->store->data.size;
}

const sw_normalize *sw_dataset_normalize(const sw_dataset *dataset)
{
    return &dataset->store->data.normalize;
}

const sw_classes *sw_dataset_classes(const sw_dataset *dataset)
{
    return dataset->classes;
}

const char *sw_dataset_name(const sw_dataset *dataset, int i)
{
    assert(i >= 0 && i < dataset->count);
    return dataset->items[i].pair->name;
}

const char *sw_dataset_image_path(const sw_dataset *dataset, int i)
{
    assert(i >= 0 && i < dataset->count);
    return dataset->items[i].pair->image;
}

int sw_dataset_find(const sw_dataset *dataset, const char *name)
{
    for (int i = 0; i < dataset->count; i++)
        if (strcmp(dataset->items[i].pair->name, name) == 0) return i;
    return -1;
}

double sw_dataset_class_fraction(const sw_dataset *dataset, int c)
{
    assert(c >= 0 && c < dataset->classes->count);
    return dataset->all_pixels ? (double)dataset->class_pixels[c] / (double)dataset->all_pixels : 0;
}

void sw_dataset_median_frequency(const sw_dataset *dataset, float weights[SW_MAX_CLASSES])
{
    double frequency[SW_MAX_CLASSES] = {0}, present[SW_MAX_CLASSES];
    size_t count = 0;
    for (int c = 0; c < dataset->classes->count; c++) {
        if (dataset->class_pixels[c] == 0) continue;
        frequency[c] = (double)dataset->class_pixels[c] / (double)dataset->pixels_with_class[c];
        present[count++] = frequency[c];
    }
    double median = sw_median(present, count);
    for (int c = 0; c < dataset->classes->count; c++)
        weights[c] = frequency[c] > 0 ? (float)(median / frequency[c]) : 0;
}

const char *sw_dataset_fingerprint(const sw_dataset *dataset)
{
    return dataset->fingerprint;
}
