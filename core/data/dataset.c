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
#include "data/pets.h"
#include "image/image.h"
#include "pair.h"
#include "split.h"

const sw_classes *sw_data_classes(const sw_data_config *data)
{
    (void)data; /* every configuration describes pets */
    return &sw_pets_classes;
}

void sw_data_recognise_classes(sw_classes *classes)
{
    if (sw_classes_same(classes, &sw_pets_classes)) *classes = sw_pets_classes;
}

/* One listed name: its image, or why it is bad. */
typedef struct data_item {
    const char *name;      /* in the split's arena */
    uint8_t *bytes;        /* image (H,W,3), then labels (H,W); NULL: bad */
    char *message, *notes; /* why it is bad; what was converted; or NULL */
} data_item;

struct sw_dataset {
    const sw_classes *classes;
    split_list split;
    data_item *items; /* usable ones first once opened: 0..count-1 */
    int count, skipped;
    sw_size size;
    size_t pixels; /* H*W */
    uint64_t class_pixels[SW_MAX_CLASSES], pixels_with_class[SW_MAX_CLASSES];
    char fingerprint[33];
};

/* What the decoding threads share; each writes only its own item. */
typedef struct open_job {
    const sw_dataset_options *options;
    const pair_place *place;
    sw_dataset *dataset;
    const uint8_t *class_of_value;
} open_job;

static sw_status fill_item(data_item *item, const sw_image *image, const sw_image *trimap,
                           const open_job *job)
{
    size_t pixels = job->dataset->pixels;
    item->bytes = malloc(4 * pixels);
    if (!item->bytes) return sw_fail_alloc("a resized image", 4 * pixels);
    sw_size size = job->options->size;
    sw_image_resize(item->bytes, size, image, job->options->resize);
    uint8_t *labels = item->bytes + 3 * pixels;
    sw_image_resize(labels, size, trimap, SW_RESIZE_NEAREST);
    for (size_t i = 0; i < pixels; i++) labels[i] = job->class_of_value[labels[i]];
    return SW_OK;
}

static sw_status open_item(void *user, int index)
{
    const open_job *job = user;
    data_item *item = &job->dataset->items[index];
    sw_image image = {0}, trimap = {0};
    sw_str notes = {0};
    sw_status status = pair_read(&image, &trimap, &notes, job->place, item->name, job->dataset->classes);
    if (status == SW_OK) {
        SW_TRY(fill_item(item, &image, &trimap, job));
        if (notes.length) SW_TRY(sw_str_take(&item->notes, &notes));
    } else if (status != SW_E_MEMORY && job->options->on_bad_file == SW_BAD_FILE_SKIP) {
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
    sw_image_deinit(&trimap);
    return status;
}

/* Refuses before a machine is driven into swapping. */
static sw_status check_memory(const sw_dataset *dataset)
{
    double need = 4.0 * (double)dataset->pixels * dataset->split.count;
    double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (need <= have) return SW_OK;
    return sw_fail(SW_E_MEMORY,
                   "%d images of %d x %d pixels need %.1f GB and this machine has %.1f GB: lower data.size, "
                   "data.train_limit or data.val_limit",
                   dataset->split.count, dataset->size.width, dataset->size.height, need * 1e-9, have * 1e-9);
}

/* Reports every item in the order of the list and moves the usable ones to the front. */
static sw_status gather(sw_dataset *dataset, const char *root, const char *split_name)
{
    for (int i = 0; i < dataset->split.count; i++) {
        data_item *item = &dataset->items[i];
        if (item->bytes) {
            if (item->notes)
                sw_log(SW_LOG_WARNING, "%s/images/%s.jpg: %s; used", root, item->name, item->notes);
            data_item usable = *item;
            *item = dataset->items[dataset->count];
            dataset->items[dataset->count++] = usable;
        } else {
            sw_log(SW_LOG_WARNING, "%s; skipped", item->message);
            dataset->skipped++;
        }
    }
    if (dataset->count == 0)
        return sw_fail(SW_E_DATA,
                       "%s: none of the %d images listed in annotations/%s.txt is usable (see the warnings)",
                       root, dataset->skipped, split_name);
    if (dataset->skipped)
        sw_log(SW_LOG_WARNING, "%s: %d of %d images of %s skipped", root, dataset->skipped,
               dataset->split.count, split_name);
    return SW_OK;
}

static void count_classes(sw_dataset *dataset)
{
    for (int i = 0; i < dataset->count; i++) {
        uint64_t here[SW_MAX_CLASSES] = {0};
        const uint8_t *labels = sw_dataset_labels(dataset, i);
        for (size_t p = 0; p < dataset->pixels; p++) here[labels[p]]++;
        for (int c = 0; c < dataset->classes->count; c++) {
            dataset->class_pixels[c] += here[c];
            if (here[c]) dataset->pixels_with_class[c] += dataset->pixels;
        }
    }
}

static sw_status take_fingerprint(sw_dataset *dataset)
{
    XXH3_state_t *state = XXH3_createState();
    if (!state) return sw_fail_alloc("a hash", sizeof(void *));
    XXH3_128bits_reset(state);
    const int sides[] = {dataset->size.height, dataset->size.width};
    for (int s = 0; s < (sides[0] == sides[1] ? 1 : 2); s++) { /* one number stands for a square */
        uint8_t side[4];
        for (int i = 0; i < 4; i++) side[i] = (uint8_t)(sides[s] >> (8 * i));
        XXH3_128bits_update(state, side, sizeof side);
    }
    for (int i = 0; i < dataset->count; i++) {
        const data_item *item = &dataset->items[i];
        XXH3_128bits_update(state, item->name, strlen(item->name) + 1);
        XXH3_128bits_update(state, item->bytes, 4 * dataset->pixels);
    }
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(state));
    XXH3_freeState(state);
    for (size_t i = 0; i < sizeof digest.digest; i++)
        snprintf(dataset->fingerprint + 2 * i, 3, "%02x", digest.digest[i]);
    return SW_OK;
}

sw_status sw_dataset_open(sw_dataset **out, const sw_dataset_options *options)
{
    assert(options->size.height > 0 && options->size.width > 0 && options->limit >= 0);
    *out = NULL;
    sw_status status = SW_OK;
    pair_place place = {0};
    sw_dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset) return sw_fail_alloc("a data set", sizeof *dataset);
    dataset->classes = sw_data_classes(NULL);
    dataset->size = options->size;
    dataset->pixels = sw_size_pixels(options->size);
    SW_TRY(split_read(&dataset->split, options));
    SW_TRY(check_memory(dataset));
    SW_TRY(pair_place_find(&place, options->root));
    dataset->items = calloc((size_t)dataset->split.count, sizeof *dataset->items);
    if (!dataset->items)
        SW_TRY(sw_fail_alloc("a data set", (size_t)dataset->split.count * sizeof *dataset->items));
    for (int i = 0; i < dataset->split.count; i++) dataset->items[i].name = dataset->split.names[i];
    uint8_t class_of_value[256];
    sw_classes_of_values(class_of_value, dataset->classes);
    open_job job = {options, &place, dataset, class_of_value};
    SW_TRY(sw_parallel_run(dataset->split.count, options->threads, open_item, &job));
    SW_TRY(gather(dataset, options->root, options->split));
    count_classes(dataset);
    SW_TRY(take_fingerprint(dataset));
    *out = dataset;
    dataset = NULL;
done:
    pair_place_deinit(&place);
    sw_dataset_destroy(dataset);
    return status;
}

void sw_dataset_destroy(sw_dataset *dataset)
{
    if (!dataset) return;
    for (int i = 0; dataset->items && i < dataset->split.count; i++) {
        free(dataset->items[i].bytes);
        free(dataset->items[i].message);
        free(dataset->items[i].notes);
    }
    free(dataset->items);
    split_deinit(&dataset->split);
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
    return dataset->size;
}

const sw_classes *sw_dataset_classes(const sw_dataset *dataset)
{
    return dataset->classes;
}

const char *sw_dataset_name(const sw_dataset *dataset, int i)
{
    assert(i >= 0 && i < dataset->count);
    return dataset->items[i].name;
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
        if (strcmp(dataset->items[i].name, name) == 0) return i;
    return -1;
}

double sw_dataset_class_fraction(const sw_dataset *dataset, int c)
{
    assert(c >= 0 && c < dataset->classes->count);
    return (double)dataset->class_pixels[c] / ((double)dataset->pixels * dataset->count);
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
