#include "layout.h"

#include "base/fs.h"

const data_layout *layout_of(const sw_data_config *data)
{
    static const data_layout *const layouts[] = {[SW_LAYOUT_PETS] = &layout_pets,
                                                 [SW_LAYOUT_FOLDERS] = &layout_folders,
                                                 [SW_LAYOUT_LISTS] = &layout_lists,
                                                 [SW_LAYOUT_VOC] = &layout_voc};
    return layouts[data->layout];
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

const char *layout_split_name(const sw_data_config *data, sw_split split)
{
    if (data->layout == SW_LAYOUT_FOLDERS) return text_or_empty(data->folders[split].images);
    const char *given = text_or_empty(data->split[split]);
    return *given ? given : text_or_empty(layout_of(data)->split[split]);
}

sw_status layout_check_root(const sw_data_config *data)
{
    const char *root = data->root;
    if (sw_fs_is_dir(root)) return SW_OK;
    if (sw_fs_exists(root)) return sw_fail(SW_E_CONFIG, "%s is a file; data.root must be a folder", root);
    if (data->layout == SW_LAYOUT_PETS)
        return sw_fail(SW_E_CONFIG,
                       "there is no data folder %s. Two ways on: 'segwork data fetch %s' downloads the "
                       "Oxford-IIIT Pet set "
                       "(811 MB), 'segwork data synth %s' makes synthetic pets; or set data.root to a folder "
                       "that is there",
                       root, root, root);
    return sw_fail(SW_E_CONFIG,
                   "there is no data folder %s: set data.root to the folder with your pictures (relative to "
                   "where segwork is started)",
                   root);
}

const char *layout_path(pair_list *list, const sw_data_config *data, const char *path)
{
    return path[0] == '/' ? sw_arena_strdup(&list->arena, path)
                          : sw_arena_printf(&list->arena, "%s/%s", data->root, path);
}
