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
#include "image/image.h"
#include "pair.h"
#include "repeats.h"
#include "split.h"

/* One listed name: its image, or why it is bad. */
typedef struct data_item {
    const data_pair *pair; /* in the list's array */
    uint8_t *bytes;        /* image (H,W,3), then labels (H,W); NULL: bad */
    char *message, *notes; /* why it is bad; what was converted; or NULL */
} data_item;

struct sw_dataset {
    sw_data_config data;
    const sw_classes *classes;
    pair_list list;
    data_item *items; /* usable ones first once opened: 0..count-1 */
    int count, skipped;
    size_t pixels; /* H*W */
    uint64_t all_pixels, class_pixels[SW_MAX_CLASSES], pixels_with_class[SW_MAX_CLASSES];
    char fingerprint[33];
};

/* What the decoding threads share; each writes only its own item. */
typedef struct open_job {
    const mask_coding *coding;
    sw_dataset *dataset;
} open_job;

static sw_status fill_item(data_item *item, const sw_image *image, const sw_image *labels,
                           const sw_dataset *dataset)
{
    const size_t pixels = dataset->pixels;
    item->bytes = malloc(4 * pixels);
    if (!item->bytes) return sw_fail_alloc("a resized image", 4 * pixels);
    const sw_size stored = {image->height, image->width};
    const sw_fit fit = sw_fit_find(dataset->data.fit, stored, dataset->data.size);
    sw_fit_apply(item->bytes, &fit, image, dataset->data.resize, 0);
    sw_fit_apply(item->bytes + 3 * pixels, &fit, labels, SW_RESIZE_NEAREST, SW_NO_CLASS);
    return SW_OK;
}

static sw_status open_item(void *user, int index)
{
    const open_job *job = user;
    const sw_dataset *dataset = job->dataset;
    data_item *item = &dataset->items[index];
    sw_image image = {0}, labels = {0};
    sw_str notes = {0};
    sw_status status = pair_read(&image, &labels, &notes, &dataset->list, item->pair, job->coding);
    if (status == SW_OK) {
        SW_TRY(fill_item(item, &image, &labels, dataset));
        if (notes.length) SW_TRY(sw_str_take(&item->notes, &notes));
    } else if (status != SW_E_MEMORY && dataset->data.on_bad_file == SW_BAD_FILE_SKIP) {
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
    sw_image_deinit(&image);
    sw_image_deinit(&labels);
    return status;
}

/* Refuses before a machine is driven into swapping. */
static sw_status check_memory(const sw_dataset *dataset)
{
    double need = 4.0 * (double)dataset->pixels * dataset->list.count;
    double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (need <= have) return SW_OK;
    return sw_fail(SW_E_MEMORY,
                   "%d images of %d x %d pixels need %.1f GB and this machine has %.1f GB: lower data.size, "
                   "data.train_limit or data.val_limit",
                   dataset->list.count, dataset->data.size.width, dataset->data.size.height, need * 1e-9,
                   have * 1e-9);
}

/* Reports every item in the order of the list and moves the usable ones to the front. */
static sw_status gather(sw_dataset *dataset, sw_split split)
{
    sw_status status = SW_OK;
    char buffer[PAIR_NAME_MAX_BYTES + 64];
    const char *title = sw_data_split_title(buffer, sizeof buffer, &dataset->data, split);
    repeat_counts repeats = {0};
    for (int i = 0; i < dataset->list.count; i++) {
        data_item *item = &dataset->items[i];
        if (item->bytes) {
            if (item->notes) SW_TRY(repeats_log(&repeats, "used", "%s: %s", item->pair->image, item->notes));
            data_item usable = *item;
            *item = dataset->items[dataset->count];
            dataset->items[dataset->count++] = usable;
        } else {
            SW_TRY(repeats_log(&repeats, "skipped", "%s", item->message));
            dataset->skipped++;
        }
    }
    repeats_log_counts(&repeats);
    if (dataset->count == 0)
        status = sw_fail(SW_E_DATA, "%s: none of the %d images listed in %s is usable (see the warnings)",
                         dataset->data.root, dataset->skipped, dataset->list.source);
    else if (dataset->skipped)
        sw_log(SW_LOG_WARNING, "%s: %d of %d images of %s skipped", dataset->data.root, dataset->skipped,
               dataset->list.count, title);
done:
    repeats_deinit(&repeats);
    return status;
}

static void count_classes(sw_dataset *dataset)
{
    for (int i = 0; i < dataset->count; i++) {
        uint64_t here[256] = {0}, counted = 0;
        const uint8_t *labels = sw_dataset_labels(dataset, i);
        for (size_t p = 0; p < dataset->pixels; p++) here[labels[p]]++;
        for (int c = 0; c < dataset->classes->count; c++) counted += here[c];
        dataset->all_pixels += counted;
        for (int c = 0; c < dataset->classes->count; c++) {
            dataset->class_pixels[c] += here[c];
            if (here[c]) dataset->pixels_with_class[c] += counted;
        }
    }
}

/* A square by its side alone. */
static void hash_size(XXH3_state_t *state, sw_size size)
{
    const int sides[2] = {size.height, size.width};
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(sides[i / 4] >> (8 * (i % 4)));
    XXH3_128bits_update(state, bytes, size.height == size.width ? 4 : 8);
}

static sw_status take_fingerprint(sw_dataset *dataset)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state) return sw_fail_alloc("a hash", sizeof(void *));
    XXH3_128bits_reset(state);
    hash_size(state, dataset->data.size);
    for (int i = 0; i < dataset->count; i++) {
        const data_item *item = &dataset->items[i];
        XXH3_128bits_update(state, item->pair->name, strlen(item->pair->name) + 1);
        XXH3_128bits_update(state, item->bytes, 4 * dataset->pixels);
    }
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(state));
    XXH3_freeState(state);
    for (size_t i = 0; i < sizeof digest.digest; i++)
        snprintf(dataset->fingerprint + 2 * i, 3, "%02x", digest.digest[i]);
    return SW_OK;
}

sw_status sw_dataset_open(sw_dataset **out, const sw_data_config *data, sw_split split)
{
    assert(data->size.height > 0 && data->size.width > 0 && sw_data_classes(data));
    *out = NULL;
    sw_status status = SW_OK;
    mask_coding coding = {0};
    sw_dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset) return sw_fail_alloc("a data set", sizeof *dataset);
    dataset->data = *data;
    dataset->classes = sw_data_classes(data);
    dataset->pixels = sw_size_pixels(data->size);
    SW_TRY(split_list(&dataset->list, data, split));
    SW_TRY(check_memory(dataset));
    SW_TRY(mask_coding_init(&coding, data));
    dataset->items = calloc((size_t)dataset->list.count, sizeof *dataset->items);
    if (!dataset->items)
        SW_TRY(sw_fail_alloc("a data set", (size_t)dataset->list.count * sizeof *dataset->items));
    for (int i = 0; i < dataset->list.count; i++) dataset->items[i].pair = &dataset->list.pairs[i];
    open_job job = {&coding, dataset};
    SW_TRY(sw_parallel_run(dataset->list.count, data->loader_threads, open_item, &job));
    SW_TRY(gather(dataset, split));
    count_classes(dataset);
    SW_TRY(take_fingerprint(dataset));
    *out = dataset;
    dataset = NULL;
done:
    mask_coding_deinit(&coding);
    sw_dataset_destroy(dataset);
    return status;
}

void sw_dataset_destroy(sw_dataset *dataset)
{
    if (!dataset) return;
    for (int i = 0; dataset->items && i < dataset->list.count; i++) {
        free(dataset->items[i].bytes);
        free(dataset->items[i].message);
        free(dataset->items[i].notes);
    }
    free(dataset->items);
    pair_list_deinit(&dataset->list);
    free(dataset);
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
    return dataset->data.size;
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

const uint8_t *sw_dataset_image(const sw_dataset *dataset, int i)
{
    assert(i >= 0 && i < dataset->count);
    return dataset->items[i].bytes;
}

const uint8_t *sw_dataset_labels(const sw_dataset *dataset, int i)
{
    assert(i >= 0 && i < dataset->count);
    return dataset->items[i].bytes + 3 * dataset->pixels;
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
