/* folders: data.train: {images: DIR, masks: DIR}, and val and test likewise, relative to the root. Every
 * picture in the folder, and in folders below it, is paired with the mask of its name (stems.h). Pictures and
 * masks may lie in one folder when masks have an ending or are the PNG beside a JPEG; the masks' folder may
 * lie in that of the pictures. */
#include <string.h>

#include "base/fs.h"
#include "layout.h"
#include "stems.h"

static int length_without_slash(const char *folder)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    return (int)length;
}

/* How the paths of masks begin where their folder lies in that of the pictures; NULL: it does not. */
static const char *masks_inside(pair_list *out, const char *images, const char *masks)
{
    const int length = length_without_slash(images), whole = length_without_slash(masks);
    if (length == 1 && images[0] == '.') return sw_arena_printf(&out->arena, "%.*s/", whole, masks);
    if (length >= whole || strncmp(images, masks, (size_t)length) != 0 || masks[length] != '/') return NULL;
    return sw_arena_printf(&out->arena, "%.*s/", whole - length - 1, masks + length + 1);
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
    const char *inside = together ? NULL : masks_inside(out, folders->images, folders->masks);
    for (int i = 0; i < images.files.count; i++) {
        const char *path = images.files.paths[i];
        char *stem = sw_arena_printf(&out->arena, "%.*s", sw_stem_length(path), path);
        if (!stem) SW_TRY(SW_E_MEMORY);
        if (together && stem_is_mask_of_other(&images, path, stem, data->mask_suffix)) continue;
        if (inside && strncmp(path, inside, strlen(inside)) == 0) continue;
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
