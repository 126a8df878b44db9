/* Lists of pictures, or of pictures and masks. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/file_set.h"
#include "base/fs.h"
#include "guess_files.h"
#include "guess_words.h"
#include "split.h"

enum { DEPTH = 2, MOST_LISTS = 64 };

typedef struct list_file {
    const char *path; /* below the root */
    int depth;
    sw_split split;
} list_file;

typedef struct list_files {
    sw_arena *arena;
    list_file *list;
    int count;
    sw_visits visits;
} list_files;

static bool is_list_name(const char *name)
{
    static const char *const endings[] = {".txt", ".csv", ".tsv", ".lst"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0) return true;
    return false;
}

/* A folder that cannot be read has no lists. */
static sw_status find_in(list_files *out, const char *root, const char *below, int depth)
{
    sw_status status = SW_OK;
    const char *folder = sw_arena_printf(out->arena, "%s/%s", root, below);
    bool first;
    if (!folder) return SW_E_MEMORY;
    SW_ENSURE(sw_visits_add(&first, &out->visits, folder));
    DIR *stream = first ? opendir(folder) : NULL;
    const struct dirent *entry;
    while (stream && (entry = readdir(stream)) && out->count < MOST_LISTS) {
        sw_split split;
        if (entry->d_name[0] == '.' || sw_is_picture_name(entry->d_name)) continue;
        const char *path = sw_arena_printf(out->arena, "%s%s", below, entry->d_name);
        const char *whole = sw_arena_printf(out->arena, "%s/%s", root, path);
        if (!path || !whole) SW_TRY(SW_E_MEMORY);
        if (sw_fs_is_dir(whole)) {
            const char *deeper = sw_arena_printf(out->arena, "%s/", path);
            if (!deeper) SW_TRY(SW_E_MEMORY);
            if (depth < DEPTH) SW_TRY(find_in(out, root, deeper, depth + 1));
        } else if (is_list_name(entry->d_name) && words_split(&split, entry->d_name)) {
            SW_TRY(SW_ARRAY_GROW(out->list, out->count, "lists of pictures"));
            out->list[out->count++] = (list_file){path, depth, split};
        }
    }
done:
    if (stream) closedir(stream);
    return status;
}

static int shallow_first(const void *a, const void *b)
{
    const list_file *left = a, *right = b;
    return left->depth != right->depth ? left->depth - right->depth : strcmp(left->path, right->path);
}

/* Counts the pairs of a list whose files are there; 0 where it is no list of pictures, or most are not. */
static int count_present(const sw_data_config *data, sw_split split)
{
    pair_list list;
    int present = 0;
    if (split_list(&list, data, split) != SW_OK) return 0;
    for (int i = 0; i < list.count; i++)
        present +=
            list.pairs[i].mask && sw_fs_exists(list.pairs[i].image) && sw_fs_exists(list.pairs[i].mask);
    if (10 * present < 9 * list.count) present = 0;
    pair_list_deinit(&list);
    return present;
}

sw_status guess_lists(bool *found, sw_guess *guess, const folder_pair *pair)
{
    sw_status status = SW_OK;
    list_files files = {.arena = &guess->arena};
    sw_data_config data = guess->data;
    int present = 0;
    *found = false;
    SW_TRY(find_in(&files, data.root, "", 0));
    if (files.count) qsort(files.list, (size_t)files.count, sizeof *files.list, shallow_first);
    data.layout = SW_LAYOUT_LISTS;
    if (pair) {
        data.folders[SW_SPLIT_TRAIN].images = sw_arena_strdup(&guess->arena, pair->images);
        data.folders[SW_SPLIT_TRAIN].masks = sw_arena_strdup(&guess->arena, pair->masks);
    }
    for (int i = 0; i < files.count; i++) {
        const sw_split split = files.list[i].split;
        if (data.split[split]) continue; /* the first of each split */
        data.split[split] = files.list[i].path;
        const int here = count_present(&data, split);
        if (!here) data.split[split] = NULL;
        present += here;
    }
    *found = data.split[SW_SPLIT_TRAIN] && (!pair || 2 * present >= pair->pictures);
    if (*found) guess->data = data;
done:
    free(files.list);
    sw_visits_deinit(&files.visits);
    return status;
}
