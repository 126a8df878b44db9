#include "predict_inputs.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "data/files.h"

const char *const sw_predict_suffixes[SW_PREDICT_FILES] = {[SW_PREDICT_MASK] = ".png",
                                                           [SW_PREDICT_OVERLAY] = ".overlay.png",
                                                           [SW_PREDICT_OUTLINE] = ".outline.png",
                                                           [SW_PREDICT_PROBABILITIES] = ".probabilities.npy",
                                                           [SW_PREDICT_LOGITS] = ".npy",
                                                           [SW_PREDICT_UNCERTAINTY] = ".uncertainty.png"};

char *sw_predict_file_path(const sw_predict_input *input, sw_predict_file file)
{
    return sw_strf("%s%s", input->target, sw_predict_suffixes[file]);
}

/* `name` is the picture's below the folder that it was found in: "sub/Abyssinian_1.jpg" */
static sw_status add(sw_predict_inputs *in, const char *path, const char *name, const char *out)
{
    SW_ENSURE(SW_ARRAY_GROW(in->items, in->count, "a list of pictures"));
    const char *slash = out[strlen(out) - 1] == '/' ? "" : "/";
    const sw_predict_input input = {
        .path = sw_arena_strdup(&in->arena, path),
        .target = sw_arena_printf(&in->arena, "%s%s%.*s", out, slash, sw_stem_length(name), name)};
    if (!input.path || !input.target) return SW_E_MEMORY;
    in->items[in->count++] = input;
    return SW_OK;
}

static sw_status add_file(sw_predict_inputs *in, const char *path, const char *out)
{
    const char *slash = strrchr(path, '/');
    return add(in, path, slash ? slash + 1 : path, out);
}

/* Where `out` lies in `folder`, with a slash at its end ("masks/"); NULL: not in it, or there is none yet. */
static const char *place_in(char place[PATH_MAX], const char *folder, const char *out)
{
    char whole[PATH_MAX];
    const char *found = NULL;
    if (!realpath(folder, whole) || !realpath(out, place)) return NULL;
    const size_t length = strlen(whole);
    if (strncmp(place, whole, length) == 0 && place[length] == '/') found = place + length + 1;
    if (found) strncat(place, "/", PATH_MAX - strlen(place) - 1);
    return found;
}

/* What is known of the masks of the run's data, which lie in the way when a folder holds both. */
typedef struct mask_search {
    const sw_data_config *data;
    sw_file_set masks;
} mask_search;

static sw_status report_masks(const char *folder, int masks, bool others)
{
    if (!masks) return SW_OK;
    if (!others)
        return sw_fail(
            SW_E_USAGE,
            "%s has no pictures but masks of the run's data: give a file by its own path to have it "
            "segmented all the same",
            folder);
    sw_log(SW_LOG_INFO, "%s: %d mask%s of the run's data passed over", folder, masks, masks == 1 ? "" : "s");
    return SW_OK;
}

static sw_status add_folder(sw_predict_inputs *in, const char *folder, const char *out, mask_search *search)
{
    sw_status status = SW_OK;
    sw_picture_files files;
    char place[PATH_MAX];
    const char *passed_over = place_in(place, folder, out);
    const int before = in->count;
    int masks = 0;
    bool *beside = NULL; /* (files.count) masks by their names */
    SW_ENSURE(sw_picture_files_list(&files, folder, true));
    SW_TRY(sw_data_masks_beside(&beside, search->data, folder, &files));
    for (int i = 0; i < files.count; i++) {
        const char *name = files.paths[i];
        if (passed_over && strncmp(name, passed_over, strlen(passed_over)) == 0) continue;
        char *path = sw_fs_join(folder, name);
        const bool is_mask = path && (beside[i] || sw_file_set_find(&search->masks, path));
        masks += is_mask;
        if (!is_mask) status = path ? add(in, path, name, out) : SW_E_MEMORY;
        free(path);
        if (status != SW_OK) goto done;
    }
    SW_TRY(report_masks(folder, masks, in->count > before));
    if (in->count == before)
        SW_TRY(
            sw_fail(SW_E_USAGE, "%s has no pictures: no .jpg, .jpeg or .png in it or its folders", folder));
done:
    free(beside);
    sw_picture_files_deinit(&files);
    return status;
}

sw_status sw_predict_inputs_init(sw_predict_inputs *inputs, const char *const *paths, const char *out,
                                 const sw_data_config *data)
{
    sw_status status = SW_OK;
    mask_search search = {.data = data};
    bool folders = false;
    *inputs = (sw_predict_inputs){0};
    for (size_t i = 0; paths[i]; i++) folders |= sw_fs_is_dir(paths[i]);
    if (folders) SW_TRY(sw_data_files_add(&search.masks, data, SW_DATA_MASKS));
    for (size_t i = 0; paths[i]; i++)
        SW_TRY(sw_fs_is_dir(paths[i]) ? add_folder(inputs, paths[i], out, &search)
                                      : add_file(inputs, paths[i], out));
done:
    sw_file_set_deinit(&search.masks);
    if (status != SW_OK) sw_predict_inputs_deinit(inputs);
    return status;
}

void sw_predict_inputs_deinit(sw_predict_inputs *inputs)
{
    free(inputs->items);
    sw_arena_deinit(&inputs->arena);
    *inputs = (sw_predict_inputs){0};
}
