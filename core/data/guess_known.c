/* The layouts that are recognised by the names of their folders. */
#include <string.h>

#include "base/fs.h"
#include "guess_files.h"

/* What stands before the end of a path, when it is the path or follows a slash; NULL: it ends otherwise. */
static const char *before_end(sw_arena *arena, const char *path, const char *end)
{
    const size_t length = strlen(path), tail = strlen(end);
    if (length < tail || strcmp(path + length - tail, end) != 0) return NULL;
    if (length > tail && path[length - tail - 1] != '/') return NULL;
    return sw_arena_printf(arena, "%.*s", length > tail ? (int)(length - tail - 1) : 0, path);
}

/* Returns the data root: `folder`, which is below what is given to `segwork data init`. */
static const char *root_with(sw_guess *guess, const char *below)
{
    return *below ? sw_arena_printf(&guess->arena, "%s/%s", guess->data.root, below) : guess->data.root;
}

static bool has_list(sw_guess *guess, const char *root, const char *folder, const char *name)
{
    const char *path = sw_arena_printf(&guess->arena, "%s/%s/%s.txt", root, folder, name);
    return path && sw_fs_exists(path);
}

/* Names the lists that are there. false: there is none for training. */
static bool fill_lists(sw_guess *guess, const char *root, const char *folder, const char *const train[2],
                       const char *val, const char *test)
{
    sw_data_config *data = &guess->data;
    const bool has[2] = {has_list(guess, root, folder, train[0]), has_list(guess, root, folder, train[1])};
    if (!has[0] && !has[1]) return false;
    const bool has_val = has_list(guess, root, folder, val);
    data->split[SW_SPLIT_TRAIN] = train[has[0] ? 0 : 1];
    data->split[SW_SPLIT_VAL] = val;
    if (!has_val) data->holdout = 10; /* a tenth of the training images */
    if (test && has_list(guess, root, folder, test)) data->split[SW_SPLIT_TEST] = test;
    data->root = root;
    return true;
}

static bool is_folder(sw_guess *guess, const char *root, const char *name)
{
    const char *path = sw_arena_printf(&guess->arena, "%s/%s", root, name);
    return path && sw_fs_is_dir(path);
}

static bool fill_pets(sw_guess *guess, const char *root)
{
    static const char *const train[] = {"trainval", "train"};
    if (!is_folder(guess, root, "images")) return false;
    guess->data.layout = SW_LAYOUT_PETS;
    return fill_lists(guess, root, "annotations", train, "test", NULL);
}

static bool fill_voc(sw_guess *guess, const char *root)
{
    static const char *const train[] = {"train", "trainval"};
    if (!is_folder(guess, root, "JPEGImages")) return false;
    guess->data.layout = SW_LAYOUT_VOC;
    return fill_lists(guess, root, "ImageSets/Segmentation", train, "val", "test");
}

sw_status guess_known_layout(bool *found, sw_guess *guess, const folder_scan *scan)
{
    static const struct {
        const char *masks;
        bool (*fill)(sw_guess *guess, const char *root);
    } layouts[] = {{"annotations/trimaps", fill_pets}, {"SegmentationClass", fill_voc}};
    *found = false;
    for (size_t l = 0; l < sizeof layouts / sizeof layouts[0] && !*found; l++)
        for (int s = 0; s < scan->count && !*found; s++) {
            const char *below = before_end(&guess->arena, scan->sets[s].folder, layouts[l].masks);
            if (!below) continue;
            const char *root = root_with(guess, below);
            if (!root) return SW_E_MEMORY;
            *found = layouts[l].fill(guess, root);
        }
    return SW_OK;
}
