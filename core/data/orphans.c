#include "orphans.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "stems.h"

/* Texts, each once when sorted. */
typedef struct text_set {
    const char **texts;
    int count;
} text_set;

typedef struct orphan_search {
    orphan_masks *out;
    text_set masks, mask_folders, picture_folders, stems; /* stems: of pictures, without their folders */
} orphan_search;

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static sw_status add(text_set *set, const char *text)
{
    if (!text) return SW_E_MEMORY;
    SW_ENSURE(SW_ARRAY_GROW(set->texts, set->count, "a list of files"));
    set->texts[set->count++] = text;
    return SW_OK;
}

static void sort(text_set *set)
{
    int kept = 0;
    if (set->count) qsort(set->texts, (size_t)set->count, sizeof *set->texts, compare);
    for (int i = 0; i < set->count; i++)
        if (kept == 0 || strcmp(set->texts[kept - 1], set->texts[i]) != 0) set->texts[kept++] = set->texts[i];
    set->count = kept;
}

static bool has(const text_set *set, const char *text)
{
    return set->count && bsearch(&text, set->texts, (size_t)set->count, sizeof *set->texts, compare);
}

static const char *folder_of(sw_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? sw_arena_printf(arena, "%.*s", (int)(slash - path), path) : ".";
}

/* Most files lie in the folder of the one before. */
static sw_status add_folder(text_set *folders, sw_arena *arena, const char *path)
{
    const char *folder = folder_of(arena, path);
    if (folder && folders->count && strcmp(folders->texts[folders->count - 1], folder) == 0) return SW_OK;
    return add(folders, folder);
}

static sw_status gather(orphan_search *s, const pair_list *lists)
{
    sw_arena *arena = &s->out->arena;
    for (int l = 0; l < SW_SPLITS; l++)
        for (int i = 0; i < lists[l].count; i++) {
            const data_pair *pair = &lists[l].pairs[i];
            SW_ENSURE(add_folder(&s->picture_folders, arena, pair->image));
            if (!pair->mask) continue;
            SW_ENSURE(add(&s->masks, pair->mask));
            SW_ENSURE(add_folder(&s->mask_folders, arena, pair->mask));
        }
    sort(&s->masks);
    sort(&s->mask_folders);
    sort(&s->picture_folders);
    return SW_OK;
}

static sw_status gather_stems(orphan_search *s)
{
    sw_status status = SW_OK;
    sw_picture_files files = {0};
    for (int f = 0; f < s->picture_folders.count; f++) {
        if (!sw_fs_is_dir(s->picture_folders.texts[f])) continue;
        SW_ENSURE(sw_picture_files_list(&files, s->picture_folders.texts[f], false));
        for (int i = 0; i < files.count; i++)
            SW_TRY(add(&s->stems, sw_arena_printf(&s->out->arena, "%.*s", sw_stem_length(files.paths[i]),
                                                  files.paths[i])));
        sw_picture_files_deinit(&files);
    }
    sort(&s->stems);
done:
    sw_picture_files_deinit(&files);
    return status;
}

static bool is_stem_of_picture(void *user, const char *stem)
{
    return has(&((orphan_search *)user)->stems, stem);
}

static sw_status look_into(orphan_search *s, const char *folder, const char *mask_suffix)
{
    sw_status status = SW_OK;
    sw_picture_files files;
    SW_ENSURE(sw_picture_files_list(&files, folder, false));
    for (int i = 0; i < files.count; i++) {
        char *name = files.paths[i];
        const char *path = sw_arena_printf(&s->out->arena, "%s/%s", folder, name);
        if (!path) SW_TRY(SW_E_MEMORY);
        if (!stem_is_png(name) || has(&s->masks, path)) continue;
        name[sw_stem_length(name)] = '\0';
        if (stem_of_mask_visit(name, mask_suffix, is_stem_of_picture, s)) continue;
        SW_TRY(SW_ARRAY_GROW(s->out->paths, s->out->count, "a list of masks"));
        s->out->paths[s->out->count++] = path;
    }
done:
    sw_picture_files_deinit(&files);
    return status;
}

sw_status orphan_masks_find(orphan_masks *out, const pair_list *lists, const char *mask_suffix)
{
    sw_status status = SW_OK;
    orphan_search s = {.out = out};
    *out = (orphan_masks){0};
    SW_TRY(gather(&s, lists));
    SW_TRY(gather_stems(&s));
    for (int f = 0; f < s.mask_folders.count; f++) {
        const char *folder = s.mask_folders.texts[f];
        if (!has(&s.picture_folders, folder) && sw_fs_is_dir(folder))
            SW_TRY(look_into(&s, folder, mask_suffix));
    }
    if (out->count) qsort(out->paths, (size_t)out->count, sizeof *out->paths, compare);
done:
    free(s.masks.texts);
    free(s.mask_folders.texts);
    free(s.picture_folders.texts);
    free(s.stems.texts);
    if (status != SW_OK) orphan_masks_deinit(out);
    return status;
}

void orphan_masks_deinit(orphan_masks *orphans)
{
    free(orphans->paths);
    sw_arena_deinit(&orphans->arena);
    *orphans = (orphan_masks){0};
}
