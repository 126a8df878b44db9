#include "base/fs.h"
#include "layout.h"

/* A size that synthetic pets can have, near the experiment's. */
static int drawn_size(const sw_data_config *data)
{
    enum { LEAST_PX = 16, MOST_PX = 1024 }; /* of 'segwork data synth' */
    const int side = sw_size_longer(data->size);
    return side < LEAST_PX ? LEAST_PX : side > MOST_PX ? MOST_PX : side;
}

sw_status layout_check_root(const sw_data_config *data)
{
    const char *root = data->root;
    if (sw_fs_is_dir(root)) return SW_OK;
    if (sw_fs_exists(root)) return sw_fail(SW_E_CONFIG, "%s is a file; data.root must be a folder", root);
    if (data->layout == SW_LAYOUT_PETS)
        return sw_fail(SW_E_CONFIG,
                       "there is no data folder %s. Two ways on: 'segwork data fetch %s' downloads the "
                       "Oxford-IIIT Pet set (811 MB), 'segwork data synth %s --size %d' draws synthetic pets "
                       "within seconds; or set data.root to a folder that is there",
                       root, root, root, drawn_size(data));
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
