#include "data/stats.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/parallel.h"
#include "layout.h"
#include "pair.h"
#include "split.h"

/* One listed picture, or one unlisted file of a folder with listed ones. */
typedef struct stats_item {
    const char *name;
    const data_pair *pair; /* NULL: unlisted */
    const char *path;      /* of the picture */
    unsigned splits;       /* bit s: listed in split s; 0: unlisted */
    bool usable;
    int width_px, height_px;
    uint32_t class_pixels[256]; /* by label */
    char *text;                 /* why it is bad, or what was converted; NULL: nothing */
} stats_item;

struct sw_stats_store {
    sw_arena arena;
    pair_list lists[SW_SPLITS];
    const char **folders; /* that hold listed pictures */
    int folder_count;
    stats_item *items;
    int item_count;
};

typedef struct stats_job {
    const sw_stats *stats;
    const sw_data_config *data;
    const mask_coding *coding;
} stats_job;

/* By picture, so that one in two lists becomes one item. */
static int compare_items(const void *a, const void *b)
{
    return strcmp(((const stats_item *)a)->path, ((const stats_item *)b)->path);
}

static sw_status add_item(struct sw_stats_store *store, stats_item item)
{
    SW_ENSURE(SW_ARRAY_GROW(store->items, store->item_count, "file statistics"));
    store->items[store->item_count++] = item;
    return SW_OK;
}

static sw_status read_split(sw_stats *out, const sw_data_config *data, unsigned s)
{
    pair_list *list = &out->store->lists[s];
    SW_ENSURE(split_list(list, data, (sw_split)s));
    out->splits[s].present = true;
    out->splits[s].listed = list->count;
    for (int i = 0; i < list->count; i++)
        SW_ENSURE(add_item(out->store, (stats_item){.name = list->pairs[i].name,
                                                    .pair = &list->pairs[i],
                                                    .path = list->pairs[i].image,
                                                    .splits = 1u << s}));
    return SW_OK;
}

/* Reads the lists into items sorted by picture, one a picture. A list may be missing, not all. */
static sw_status read_lists(sw_stats *out, const sw_data_config *data)
{
    struct sw_stats_store *store = out->store;
    sw_status missing = SW_OK;
    int present = 0;
    for (unsigned s = 0; s < SW_SPLITS; s++) {
        if (!sw_data_has_split(data, (sw_split)s)) continue;
        const sw_status reading = read_split(out, data, s);
        if (reading != SW_OK && reading != SW_E_CONFIG) return reading;
        if (reading == SW_E_CONFIG)
            missing = reading; /* reported where no list is there: the last message is of one of them */
        else
            present++;
    }
    if (present == 0) return missing != SW_OK ? missing : layout_check_root(data);
    qsort(store->items, (size_t)store->item_count, sizeof *store->items, compare_items);
    int kept = 0;
    for (int i = 0; i < store->item_count; i++) {
        if (kept && compare_items(&store->items[kept - 1], &store->items[i]) == 0)
            store->items[kept - 1].splits |= store->items[i].splits;
        else
            store->items[kept++] = store->items[i];
    }
    store->item_count = kept;
    return SW_OK;
}

/* ---- files that no list names ---- */

static bool is_listed(const struct sw_stats_store *store, int listed, const char *path)
{
    const stats_item key = {.path = path};
    return bsearch(&key, store->items, (size_t)listed, sizeof key, compare_items) != NULL;
}

static bool is_mask(const struct sw_stats_store *store, int listed, const char *path)
{
    for (int i = 0; i < listed; i++)
        if (store->items[i].pair->mask && strcmp(store->items[i].pair->mask, path) == 0) return true;
    return false;
}

/* The folders of the listed pictures, each once; pictures are sorted by path. */
static sw_status find_folders(struct sw_stats_store *store)
{
    for (int i = 0; i < store->item_count; i++) {
        const char *path = store->items[i].path, *slash = strrchr(path, '/');
        const char *folder = slash ? sw_arena_printf(&store->arena, "%.*s", (int)(slash - path), path) : ".";
        if (!folder) return SW_E_MEMORY;
        bool known = false;
        for (int f = store->folder_count - 1; f >= 0 && !known; f--)
            known = strcmp(store->folders[f], folder) == 0;
        if (known) continue;
        SW_ENSURE(SW_ARRAY_GROW(store->folders, store->folder_count, "folders"));
        store->folders[store->folder_count++] = folder;
    }
    return SW_OK;
}

static sw_status add_unlisted_files(sw_stats *out, const char *folder, int listed)
{
    struct sw_stats_store *store = out->store;
    sw_status status = SW_OK;
    DIR *stream = opendir(folder);
    if (!stream) return sw_fail(SW_E_IO, "%s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (entry->d_name[0] == '.') continue;
        const char *path = sw_arena_printf(&store->arena, "%s/%s", folder, entry->d_name);
        const char *name = sw_arena_strdup(&store->arena, entry->d_name);
        if (!path || !name) SW_TRY(SW_E_MEMORY);
        const bool known = is_listed(store, listed, path);
        if (!known && (sw_fs_is_dir(path) || is_mask(store, listed, path))) continue;
        out->image_files++;
        if (!known) SW_TRY(add_item(store, (stats_item){.name = name, .path = path}));
    }
done:
    closedir(stream);
    return status;
}

static sw_status add_unlisted(sw_stats *out)
{
    struct sw_stats_store *store = out->store;
    const int listed = store->item_count;
    SW_ENSURE(find_folders(store));
    for (int f = 0; f < store->folder_count; f++)
        if (sw_fs_is_dir(store->folders[f])) SW_ENSURE(add_unlisted_files(out, store->folders[f], listed));
    qsort(store->items + listed, (size_t)(store->item_count - listed), sizeof *store->items, compare_items);
    return SW_OK;
}

/* ---- looking at each ---- */

static sw_status count_classes(stats_item *item, const sw_image *labels, const stats_job *job)
{
    const sw_size size = job->data->size;
    const size_t pixels = sw_size_pixels(size);
    uint8_t *resized = malloc(pixels);
    if (!resized) return sw_fail_alloc("a resized mask", pixels);
    const sw_fit fit = sw_fit_find(job->data->fit, (sw_size){labels->height, labels->width}, size);
    sw_fit_apply(resized, &fit, labels, SW_RESIZE_NEAREST, SW_NO_CLASS);
    for (size_t i = 0; i < pixels; i++) item->class_pixels[resized[i]]++;
    free(resized);
    return SW_OK;
}

static sw_status read_listed(stats_item *item, sw_str *text, const stats_job *job)
{
    sw_image image = {0}, labels = {0};
    unsigned split = 0;
    while (!(item->splits >> split & 1)) split++;
    sw_status status =
        pair_read(&image, &labels, text, &job->stats->store->lists[split], item->pair, job->coding, 1);
    if (status == SW_OK) {
        item->usable = true;
        item->width_px = image.width;
        item->height_px = image.height;
        status = count_classes(item, &labels, job);
    }
    sw_image_deinit(&image);
    sw_image_deinit(&labels);
    return status;
}

/* The message without the folder it begins with: the reader knows that. */
static const char *shorten(const char *message, const char *root)
{
    size_t length = strlen(root);
    bool begins = strncmp(message, root, length) == 0 && message[length] == '/';
    return begins ? message + length + 1 : message;
}

static sw_status look_at(void *user, int index)
{
    const stats_job *job = user;
    stats_item *item = &job->stats->store->items[index];
    sw_str text = {0};
    sw_image image = {0}; /* of a file that no list names, which is only decoded */
    sw_status status =
        item->splits ? read_listed(item, &text, job) : sw_image_read_rgb_noted(&image, &text, item->path);
    sw_image_deinit(&image);
    if (status == SW_E_IO || status == SW_E_DATA) {
        sw_str_deinit(&text);
        sw_str_append(&text, shorten(sw_error_message(), job->data->root));
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
    for (unsigned s = 0; s < SW_SPLITS; s++) {
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
                                       [SW_REMARK_IN_BOTH] = (item->splits & (item->splits - 1)) != 0,
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

sw_status sw_stats_collect(sw_stats *out, const sw_data_config *data, int threads)
{
    sw_status status = SW_OK;
    mask_coding coding = {0};
    *out = (sw_stats){.size = data->size, .classes = sw_data_classes(data)};
    out->store = calloc(1, sizeof *out->store);
    if (!out->store) return sw_fail_alloc("file statistics", sizeof *out->store);
    SW_TRY(read_lists(out, data));
    SW_TRY(add_unlisted(out));
    SW_TRY(mask_coding_init(&coding, data));
    stats_job job = {out, data, &coding};
    SW_TRY(sw_parallel_run(out->store->item_count, threads, look_at, &job));
    sum_up_splits(out);
    SW_TRY(sum_up_sizes(out));
    SW_TRY(gather_remarks(out));
done:
    mask_coding_deinit(&coding);
    if (status != SW_OK) sw_stats_deinit(out);
    return status;
}

void sw_stats_deinit(sw_stats *stats)
{
    struct sw_stats_store *store = stats->store;
    if (store) {
        for (int i = 0; i < store->item_count; i++) free(store->items[i].text);
        for (int s = 0; s < SW_SPLITS; s++) pair_list_deinit(&store->lists[s]);
        sw_arena_deinit(&store->arena);
        free(store->folders);
        free(store->items);
        free(store);
    }
    free(stats->remarks);
    *stats = (sw_stats){0};
}
