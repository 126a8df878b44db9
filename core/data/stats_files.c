/* Which files the statistics look at. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "data/description.h"
#include "layout.h"
#include "orphans.h"
#include "split.h"
#include "stats_items.h"

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

static sw_status keep_message(sw_stats *out, unsigned s)
{
    out->splits[s].missing = sw_arena_strdup(&out->store->arena, sw_error_message());
    return out->splits[s].missing ? SW_OK : SW_E_MEMORY;
}

static sw_status refuse_all_missing(const sw_stats *out, const sw_data_config *data)
{
    for (int s = 0; s < SW_SPLITS; s++)
        if (out->splits[s].missing) return sw_fail(SW_E_CONFIG, "%s", out->splits[s].missing);
    SW_ENSURE(layout_check_root(data));
    return sw_fail(SW_E_CONFIG, "%s: no split is given: see data.train and data.train_split", data->root);
}

sw_status stats_list(sw_stats *out, const sw_data_config *data)
{
    struct sw_stats_store *store = out->store;
    int present = 0;
    for (unsigned s = 0; s < SW_SPLITS; s++) {
        if (!sw_data_has_split(data, (sw_split)s)) continue;
        const sw_status reading = read_split(out, data, s);
        if (reading == SW_E_CONFIG)
            SW_ENSURE(keep_message(out, s));
        else
            SW_ENSURE(reading);
        present += out->splits[s].present;
    }
    if (present == 0) return refuse_all_missing(out, data);
    qsort(store->items, (size_t)store->item_count, sizeof *store->items, compare_items);
    int kept = 0;
    for (int i = 0; i < store->item_count; i++) {
        if (kept && compare_items(&store->items[kept - 1], &store->items[i]) == 0)
            store->items[kept - 1].splits |= store->items[i].splits;
        else
            store->items[kept++] = store->items[i];
    }
    store->item_count = store->listed_count = kept;
    return SW_OK;
}

/* ---- files that no list names ---- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef struct unlisted_search {
    sw_stats *stats;
    const char **folders; /* that hold listed pictures */
    int folder_count;
    const char **masks; /* of listed pictures, sorted */
    int mask_count;
} unlisted_search;

static bool is_listed(const struct sw_stats_store *store, const char *path)
{
    const stats_item key = {.path = path};
    return bsearch(&key, store->items, (size_t)store->listed_count, sizeof key, compare_items) != NULL;
}

static bool is_list(const struct sw_stats_store *store, const char *path)
{
    bool found = false;
    for (int s = 0; s < SW_SPLITS; s++)
        found |= store->lists[s].source && strcmp(store->lists[s].source, path) == 0;
    return found;
}

static bool is_mask(const unlisted_search *search, const char *path)
{
    return search->mask_count > 0 && bsearch(&path, search->masks, (size_t)search->mask_count,
                                             sizeof *search->masks, compare_texts) != NULL;
}

static sw_status list_masks(unlisted_search *search)
{
    const struct sw_stats_store *store = search->stats->store;
    for (int i = 0; i < store->listed_count; i++) {
        if (!store->items[i].pair->mask) continue;
        SW_ENSURE(SW_ARRAY_GROW(search->masks, search->mask_count, "a list of masks"));
        search->masks[search->mask_count++] = store->items[i].pair->mask;
    }
    if (search->mask_count)
        qsort(search->masks, (size_t)search->mask_count, sizeof *search->masks, compare_texts);
    return SW_OK;
}

/* Lists the folders of the listed pictures, each once; the pictures are sorted by path. */
static sw_status list_folders(unlisted_search *search)
{
    struct sw_stats_store *store = search->stats->store;
    for (int i = 0; i < store->listed_count; i++) {
        const char *path = store->items[i].path, *slash = strrchr(path, '/');
        const char *folder = slash ? sw_arena_printf(&store->arena, "%.*s", (int)(slash - path), path) : ".";
        if (!folder) return SW_E_MEMORY;
        bool known = false;
        for (int f = search->folder_count - 1; f >= 0 && !known; f--)
            known = strcmp(search->folders[f], folder) == 0;
        if (known) continue;
        SW_ENSURE(SW_ARRAY_GROW(search->folders, search->folder_count, "folders"));
        search->folders[search->folder_count++] = folder;
    }
    return SW_OK;
}

static sw_status add_files(const unlisted_search *search, const char *folder)
{
    struct sw_stats_store *store = search->stats->store;
    sw_status status = SW_OK;
    DIR *stream = opendir(folder);
    if (!stream) return sw_fail(SW_E_IO, "%s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        if (entry->d_name[0] == '.') continue;
        const char *path = sw_arena_printf(&store->arena, "%s/%s", folder, entry->d_name);
        const char *name = sw_arena_strdup(&store->arena, entry->d_name);
        if (!path || !name) SW_TRY(SW_E_MEMORY);
        const bool known = is_listed(store, path);
        if (is_list(store, path)) continue;
        if (!known && (sw_fs_is_dir(path) || is_mask(search, path))) continue;
        search->stats->image_files++;
        if (!known) SW_TRY(add_item(store, (stats_item){.name = name, .path = path}));
    }
done:
    closedir(stream);
    return status;
}

sw_status stats_add_orphans(sw_stats *out, const sw_data_config *data)
{
    sw_status status = SW_OK;
    struct sw_stats_store *store = out->store;
    orphan_masks orphans;
    SW_ENSURE(orphan_masks_find(&orphans, store->lists, data->mask_suffix));
    for (int i = 0; i < orphans.count; i++) {
        const size_t root = strlen(data->root);
        const char *path = sw_arena_strdup(&store->arena, orphans.paths[i]);
        if (!path) SW_TRY(SW_E_MEMORY);
        const bool inside = strncmp(path, data->root, root) == 0 && path[root] == '/';
        SW_TRY(add_item(store,
                        (stats_item){.name = inside ? path + root + 1 : path, .path = path, .orphan = true}));
    }
done:
    orphan_masks_deinit(&orphans);
    return status;
}

sw_status stats_add_unlisted(sw_stats *out)
{
    struct sw_stats_store *store = out->store;
    sw_status status = SW_OK;
    unlisted_search search = {.stats = out};
    SW_TRY(list_masks(&search));
    SW_TRY(list_folders(&search));
    for (int f = 0; f < search.folder_count; f++)
        if (sw_fs_is_dir(search.folders[f])) SW_TRY(add_files(&search, search.folders[f]));
    const int unlisted = store->item_count - store->listed_count;
    if (unlisted)
        qsort(store->items + store->listed_count, (size_t)unlisted, sizeof *store->items, compare_items);
done:
    free(search.folders);
    free(search.masks);
    return status;
}
