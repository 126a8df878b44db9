#include "data/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/description.h"
#include "pair_list.h"
#include "split.h"
#include "stems.h"

static sw_status add_list(sw_file_set *set, const pair_list *list, sw_data_files which)
{
    if (which == SW_DATA_ALL) SW_ENSURE(sw_file_set_add(set, list->source));
    for (int i = 0; i < list->count; i++) {
        const data_pair *pair = &list->pairs[i];
        if (which == SW_DATA_ALL) SW_ENSURE(sw_file_set_add(set, pair->image));
        if (pair->mask) SW_ENSURE(sw_file_set_add(set, pair->mask));
    }
    return SW_OK;
}

sw_status sw_data_files_add(sw_file_set *set, const sw_data_config *data, sw_data_files which)
{
    sw_data_config whole = *data;
    for (int s = 0; s < SW_SPLITS; s++) whole.limit[s] = 0;
    for (int s = 0; s < SW_SPLITS; s++) {
        pair_list list = {0};
        if (!sw_data_has_split(&whole, (sw_split)s)) continue;
        sw_status status = split_list(&list, &whole, (sw_split)s);
        if (status == SW_OK)
            status = add_list(set, &list, which);
        else if (status == SW_E_CONFIG) /* its folder, or its list, is not there */
            status = SW_OK;
        pair_list_deinit(&list);
        SW_ENSURE(status);
    }
    return SW_OK;
}

/* ---- masks beside pictures ---- */

/* Whether pictures and masks of some split lie in one folder, as far as names say. */
static bool keeps_masks_beside(const sw_data_config *data)
{
    bool together = false;
    for (int s = 0; s < SW_SPLITS && data->layout == SW_LAYOUT_FOLDERS; s++) {
        const sw_split_folders *f = &data->folders[s];
        together |= f->images && f->masks && *f->images && strcmp(f->images, f->masks) == 0;
    }
    return together;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static sw_status mark_masks(bool *is_mask, const sw_data_config *data, const stem_index *index)
{
    for (int i = 0; i < index->files.count; i++) {
        char *path = index->files.paths[i];
        char *stem = sw_strf("%.*s", sw_stem_length(path), path);
        if (!stem) return SW_E_MEMORY;
        const char *mask = stem_is_mask_of_other(index, path, stem, data->mask_suffix)
                               ? NULL
                               : stem_find_mask(index, stem, !stem_is_png(path), data->mask_suffix);
        char *const *place = mask ? bsearch(&mask, index->files.paths, (size_t)index->files.count,
                                            sizeof *index->files.paths, compare_paths)
                                  : NULL;
        if (place) is_mask[place - index->files.paths] = true;
        free(stem);
    }
    return SW_OK;
}

sw_status sw_data_masks_beside(bool **out, const sw_data_config *data, const char *folder,
                               const sw_picture_files *files)
{
    *out = calloc((size_t)files->count + 1, sizeof **out);
    if (!*out) return sw_fail_alloc("a list of masks", (size_t)files->count);
    if (!keeps_masks_beside(data)) return SW_OK;
    const stem_index index = {.folder = folder, .files = *files}; /* borrowed */
    return mark_masks(*out, data, &index);
}
