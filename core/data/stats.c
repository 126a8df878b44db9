#include "data/stats.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/parallel.h"
#include "pair.h"
#include "split.h"

/* One listed name, or one unlisted file of images/ */
typedef struct stats_item {
    const char *name;
    unsigned splits; /* bit s: listed in split s; 0: unlisted */
    bool usable;
    int width_px, height_px;
    uint64_t class_pixels[SW_MAX_CLASSES];
    char *text; /* why it is bad, or what was converted; NULL: nothing */
} stats_item;

struct sw_stats_store {
    sw_arena arena;
    split_list lists[SW_STATS_SPLITS];
    stats_item *items;
    int item_count;
};

typedef struct stats_job {
    const sw_stats *stats;
    const pair_place *place;
    const uint8_t *class_of_value;
} stats_job;

static const char *const split_names[SW_STATS_SPLITS] = {"trainval", "test"};

static int compare_items(const void *a, const void *b)
{
    return strcmp(((const stats_item *)a)->name, ((const stats_item *)b)->name);
}

static sw_status add_item(struct sw_stats_store *store, const char *name, unsigned splits)
{
    SW_ENSURE(SW_ARRAY_GROW(store->items, store->item_count, "file statistics"));
    store->items[store->item_count++] = (stats_item){.name = name, .splits = splits};
    return SW_OK;
}

/* Reads the lists into items sorted by name, one a name. */
static sw_status read_lists(sw_stats *out, const char *root)
{
    struct sw_stats_store *store = out->store;
    int present = 0;
    for (unsigned s = 0; s < SW_STATS_SPLITS; s++) {
        out->splits[s].name = split_names[s];
        const sw_dataset_options whole = {.root = root, .split = split_names[s]};
        sw_status reading = split_read(&store->lists[s], &whole);
        /* one list may be missing, not both: then the last message is reported */
        if (reading == SW_E_CONFIG && (present || s + 1 < SW_STATS_SPLITS)) continue;
        SW_ENSURE(reading);
        present++;
        out->splits[s].present = 1;
        out->splits[s].listed = store->lists[s].count;
        for (int i = 0; i < store->lists[s].count; i++)
            SW_ENSURE(add_item(store, store->lists[s].names[i], 1u << s));
    }
    qsort(store->items, (size_t)store->item_count, sizeof *store->items, compare_items);
    int kept = 0;
    for (int i = 0; i < store->item_count; i++) {
        if (kept && strcmp(store->items[kept - 1].name, store->items[i].name) == 0)
            store->items[kept - 1].splits |= store->items[i].splits;
        else
            store->items[kept++] = store->items[i];
    }
    store->item_count = kept;
    return SW_OK;
}

/* Whether a file of images/ is one of the `listed` first items. */
static bool is_listed(const struct sw_stats_store *store, int listed, const char *file)
{
    size_t length = strlen(file);
    if (length < 5 || length > SPLIT_NAME_MAX_BYTES + 4 || strcmp(file + length - 4, ".jpg") != 0)
        return false;
    char name[SPLIT_NAME_MAX_BYTES + 1];
    memcpy(name, file, length - 4);
    name[length - 4] = '\0';
    stats_item key = {.name = name};
    return bsearch(&key, store->items, (size_t)listed, sizeof key, compare_items) != NULL;
}

static sw_status add_unlisted_files(sw_stats *out, const char *images)
{
    struct sw_stats_store *store = out->store;
    sw_status status = SW_OK;
    int listed = store->item_count;
    DIR *stream = opendir(images);
    if (!stream) return sw_fail(SW_E_IO, "%s: %s", images, strerror(errno));
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        out->image_files++;
        if (is_listed(store, listed, entry->d_name)) continue;
        char *name = sw_arena_strdup(&store->arena, entry->d_name);
        if (!name) SW_TRY(SW_E_MEMORY);
        SW_TRY(add_item(store, name, 0));
    }
    qsort(store->items + listed, (size_t)(store->item_count - listed), sizeof *store->items, compare_items);
done:
    closedir(stream);
    return status;
}

static sw_status count_classes(stats_item *item, const sw_image *trimap, const stats_job *job)
{
    int size_px = job->stats->size_px;
    size_t pixels = (size_t)size_px * (size_t)size_px;
    uint8_t *labels = malloc(pixels);
    if (!labels) return sw_fail_alloc("a resized mask", pixels);
    sw_image_resize(labels, sw_size_square(size_px), trimap, SW_RESIZE_NEAREST);
    for (size_t i = 0; i < pixels; i++) item->class_pixels[job->class_of_value[labels[i]]]++;
    free(labels);
    return SW_OK;
}

static sw_status read_listed(stats_item *item, sw_str *text, const stats_job *job)
{
    sw_image image = {0}, trimap = {0};
    sw_status status = pair_read(&image, &trimap, text, job->place, item->name, job->stats->classes);
    if (status == SW_OK) {
        item->usable = true;
        item->width_px = image.width;
        item->height_px = image.height;
        status = count_classes(item, &trimap, job);
    }
    sw_image_deinit(&image);
    sw_image_deinit(&trimap);
    return status;
}

/* The message without the folder it begins with: the reader knows that. */
static const char *shorten(const char *message, const pair_place *place)
{
    size_t length = strlen(place->root);
    bool begins = strncmp(message, place->root, length) == 0 && message[length] == '/';
    return begins ? message + length + 1 : message;
}

static sw_status look_at(void *user, int index)
{
    const stats_job *job = user;
    stats_item *item = &job->stats->store->items[index];
    sw_str text = {0};
    sw_image image = {0}; /* of a file that no list names, which is only decoded */
    sw_status status = item->splits ? read_listed(item, &text, job)
                                    : pair_read_picture(&image, &text, job->place, item->name);
    sw_image_deinit(&image);
    if (status == SW_E_IO || status == SW_E_DATA) {
        sw_str_deinit(&text);
        sw_str_append(&text, shorten(sw_error_message(), job->place));
        status = SW_OK;
    }
    if (status == SW_OK && text.length) status = sw_str_take(&item->text, &text);
    sw_str_deinit(&text);
    return status;
}

static bool is_all_background(const stats_item *item, const sw_classes *classes)
{
    uint64_t others = 0;
    for (int c = 0; c < classes->count; c++) others += c == classes->background ? 0 : item->class_pixels[c];
    return others == 0;
}

static void sum_up_splits(sw_stats *out)
{
    for (unsigned s = 0; s < SW_STATS_SPLITS; s++) {
        sw_stats_split *split = &out->splits[s];
        uint64_t sums[SW_MAX_CLASSES] = {0}, all = 0;
        for (int i = 0; i < out->store->item_count; i++) {
            const stats_item *item = &out->store->items[i];
            if (!(item->splits & 1u << s) || !item->usable) continue;
            split->usable++;
            for (int c = 0; c < out->classes->count; c++) {
                sums[c] += item->class_pixels[c];
                all += item->class_pixels[c];
            }
            split->all_background += is_all_background(item, out->classes);
        }
        for (int c = 0; c < out->classes->count && all; c++)
            split->class_fraction[c] = (double)sums[c] / (double)all;
    }
}

static int compare_ints(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

static sw_stats_range range_of(int *values, int count)
{
    if (count == 0) return (sw_stats_range){0};
    qsort(values, (size_t)count, sizeof *values, compare_ints);
    return (sw_stats_range){values[0], values[count / 2], values[count - 1]};
}

static sw_status sum_up_sizes(sw_stats *out)
{
    const struct sw_stats_store *store = out->store;
    int *values = malloc(2 * (size_t)store->item_count * sizeof *values), count = 0;
    if (!values) return sw_fail_alloc("picture sizes", 2 * (size_t)store->item_count * sizeof *values);
    int *heights = values + store->item_count;
    for (int i = 0; i < store->item_count; i++) {
        if (!store->items[i].usable) continue;
        values[count] = store->items[i].width_px;
        heights[count++] = store->items[i].height_px;
    }
    out->width_px = range_of(values, count);
    out->height_px = range_of(heights, count);
    free(values);
    return SW_OK;
}

static bool has_remark(const stats_item *item, sw_stats_remark_kind kind, const sw_classes *classes)
{
    const bool has[SW_REMARK_KINDS] = {[SW_REMARK_BAD] = item->splits && !item->usable,
                                       [SW_REMARK_CONVERTED] = item->usable && item->text,
                                       [SW_REMARK_ALL_BACKGROUND] =
                                           item->usable && is_all_background(item, classes),
                                       [SW_REMARK_IN_BOTH] = item->splits == (1u << SW_STATS_SPLITS) - 1,
                                       [SW_REMARK_UNLISTED] = !item->splits};
    return has[kind];
}

static sw_status gather_remarks(sw_stats *out)
{
    const struct sw_stats_store *store = out->store;
    size_t room = (size_t)store->item_count * SW_REMARK_KINDS;
    out->remarks = malloc(room * sizeof *out->remarks);
    if (!out->remarks) return sw_fail_alloc("file statistics", room * sizeof *out->remarks);
    for (int kind = 0; kind < SW_REMARK_KINDS; kind++)
        for (int i = 0; i < store->item_count; i++) {
            const stats_item *item = &store->items[i];
            if (!has_remark(item, (sw_stats_remark_kind)kind, out->classes)) continue;
            bool tells = item->text && kind != SW_REMARK_ALL_BACKGROUND && kind != SW_REMARK_IN_BOTH;
            out->remarks[out->remark_count++] =
                (sw_stats_remark){(sw_stats_remark_kind)kind, item->name, tells ? item->text : ""};
        }
    return SW_OK;
}

sw_status sw_stats_collect(sw_stats *out, const char *root, int size_px, int threads)
{
    sw_status status = SW_OK;
    pair_place place = {0};
    *out = (sw_stats){.size_px = size_px, .classes = sw_data_classes(NULL)};
    out->store = calloc(1, sizeof *out->store);
    if (!out->store) return sw_fail_alloc("file statistics", sizeof *out->store);
    SW_TRY(read_lists(out, root));
    SW_TRY(pair_place_find(&place, root));
    SW_TRY(add_unlisted_files(out, place.images));
    uint8_t class_of_value[256];
    sw_classes_of_values(class_of_value, out->classes);
    stats_job job = {out, &place, class_of_value};
    SW_TRY(sw_parallel_run(out->store->item_count, threads, look_at, &job));
    sum_up_splits(out);
    SW_TRY(sum_up_sizes(out));
    SW_TRY(gather_remarks(out));
done:
    pair_place_deinit(&place);
    if (status != SW_OK) sw_stats_deinit(out);
    return status;
}

void sw_stats_deinit(sw_stats *stats)
{
    struct sw_stats_store *store = stats->store;
    if (store) {
        for (int i = 0; i < store->item_count; i++) free(store->items[i].text);
        for (int s = 0; s < SW_STATS_SPLITS; s++) split_deinit(&store->lists[s]);
        sw_arena_deinit(&store->arena);
        free(store->items);
        free(store);
    }
    free(stats->remarks);
    *stats = (sw_stats){0};
}
