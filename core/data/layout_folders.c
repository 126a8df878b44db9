/* folders: data.train: {images: DIR, masks: DIR}, and val and test likewise, relative to the root. Every
 * picture in the folder, and in folders below it, is paired with the mask of its name (stems.h). Pictures and
 * masks may lie in one folder when masks have an ending or are the PNG beside a JPEG. */
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "layout.h"
#include "stems.h"

/* In a folder of both: whether the picture is the mask of another. */
static bool is_mask_of_other(const stem_index *files, const char *path, const char *stem,
                             const char *mask_suffix)
{
    const size_t length = strlen(path);
    const bool png = length > 4 && strcasecmp(path + length - 4, ".png") == 0;
    return png && (stem_is_of_mask(stem, mask_suffix) || stem_index_find(files, stem, "", STEM_JPEG));
}

static sw_status list_split(pair_list *out, const sw_data_config *data, sw_split split, const char *name)
{
    (void)name;
    sw_status status = SW_OK;
    const sw_split_folders *folders = &data->folders[split];
    stem_index images = {0}, masks = {0};
    out->source = layout_path(out, data, folders->images);
    const char *mask_folder = layout_path(out, data, folders->masks ? folders->masks : "");
    if (!out->source || !mask_folder) return SW_E_MEMORY;
    SW_TRY(stem_index_make(&images, out->source));
    SW_TRY(stem_index_make(&masks, mask_folder));
    const bool together = sw_fs_same(out->source, mask_folder);
    for (int i = 0; i < images.files.count; i++) {
        const char *path = images.files.paths[i];
        char *stem = sw_arena_printf(&out->arena, "%.*s", sw_stem_length(path), path);
        if (!stem) SW_TRY(SW_E_MEMORY);
        if (together && is_mask_of_other(&images, path, stem, data->mask_suffix)) continue;
        SW_TRY(stems_add_pair(out, &images, &masks, stem, 0, data->mask_suffix));
        /* two pictures of one stem are reported by their own paths */
        out->pairs[out->count - 1].image = sw_arena_printf(&out->arena, "%s/%s", images.folder, path);
        if (!out->pairs[out->count - 1].image) SW_TRY(SW_E_MEMORY);
    }
    if (out->count == 0)
        status = sw_fail(SW_E_DATA, "%s: no picture in it: .jpg, .jpeg and .png files are read", out->source);
done:
    stem_index_deinit(&images);
    stem_index_deinit(&masks);
    return status;
}

const data_layout layout_folders = {.name = "folders", .list = list_split};
