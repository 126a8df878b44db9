#include "predict_inputs.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/str.h"
#include "image/picture_files.h"

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

static sw_status add_folder(sw_predict_inputs *in, const char *folder, const char *out)
{
    sw_status status = SW_OK;
    sw_picture_files files;
    char place[PATH_MAX];
    const char *passed_over = place_in(place, folder, out);
    const int before = in->count;
    SW_ENSURE(sw_picture_files_list(&files, folder, true));
    for (int i = 0; i < files.count; i++) {
        const char *name = files.paths[i];
        if (passed_over && strncmp(name, passed_over, strlen(passed_over)) == 0) continue;
        char *path = sw_fs_join(folder, name);
        status = path ? add(in, path, name, out) : SW_E_MEMORY;
        free(path);
        if (status != SW_OK) goto done;
    }
    if (in->count == before)
        SW_TRY(
            sw_fail(SW_E_USAGE, "%s has no pictures: no .jpg, .jpeg or .png in it or its folders", folder));
done:
    sw_picture_files_deinit(&files);
    return status;
}

/* --- files that would be lost ---------------------------------------------------------------- */

typedef struct output {
    char *path;
    const char *of; /* the picture it comes from */
} output;

static int by_path(const void *a, const void *b)
{
    const output *x = a, *y = b;
    return strcmp(x->path, y->path);
}

/* An existing picture, known by its inode. */
typedef struct identity {
    dev_t device;
    ino_t number;
    const char *path;
} identity;

static int by_identity(const void *a, const void *b)
{
    const identity *x = a, *y = b;
    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool identify(identity *out, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) return false;
    *out = (identity){info.st_dev, info.st_ino, path};
    return true;
}

/* Compares inodes, not names: a link or another spelling of the folder leads to the same picture. */
static sw_status check_overwriting(const sw_predict_inputs *in, const output *outputs, size_t count)
{
    sw_status status = SW_OK;
    size_t there = 0;
    identity *pictures = malloc(((size_t)in->count + 1) * sizeof *pictures), old;
    if (!pictures) return sw_fail_alloc("a list of pictures", (size_t)in->count * sizeof *pictures);
    for (int i = 0; i < in->count; i++) there += identify(&pictures[there], in->items[i].path);
    qsort(pictures, there, sizeof *pictures, by_identity);
    for (size_t i = 0; i < count && status == SW_OK; i++) {
        if (!identify(&old, outputs[i].path)) continue;
        const identity *lost = bsearch(&old, pictures, there, sizeof *pictures, by_identity);
        if (lost)
            status = sw_fail(SW_E_USAGE, "the prediction would overwrite %s: give another folder with --out",
                             lost->path);
    }
    free(pictures);
    return status;
}

static sw_status list_outputs(output *outputs, size_t *count, const sw_predict_inputs *in, unsigned files)
{
    for (int i = 0; i < in->count; i++)
        for (int f = 0; f < SW_PREDICT_FILES; f++) {
            if (!(files & 1u << f)) continue;
            char *path = sw_predict_file_path(&in->items[i], (sw_predict_file)f);
            if (!path) return SW_E_MEMORY;
            outputs[(*count)++] = (output){path, in->items[i].path};
        }
    return SW_OK;
}

static sw_status check_outputs(const sw_predict_inputs *in, unsigned files)
{
    sw_status status = SW_OK;
    size_t count = 0, most = (size_t)in->count * SW_PREDICT_FILES + 1;
    output *outputs = malloc(most * sizeof *outputs);
    if (!outputs) return sw_fail_alloc("a list of files", most * sizeof *outputs);
    SW_TRY(list_outputs(outputs, &count, in, files));
    qsort(outputs, count, sizeof *outputs, by_path);
    for (size_t i = 1; i < count; i++)
        if (strcmp(outputs[i - 1].path, outputs[i].path) == 0)
            SW_TRY(sw_fail(SW_E_USAGE,
                           "%s and %s would both be written to %s: predict them one after the "
                           "other into different folders",
                           outputs[i - 1].of, outputs[i].of, outputs[i].path));
    SW_TRY(check_overwriting(in, outputs, count));
done:
    for (size_t i = 0; i < count; i++) free(outputs[i].path);
    free(outputs);
    return status;
}

sw_status sw_predict_inputs_init(sw_predict_inputs *inputs, const char *const *paths, const char *out,
                                 unsigned files)
{
    sw_status status = SW_OK;
    *inputs = (sw_predict_inputs){0};
    for (size_t i = 0; paths[i]; i++)
        SW_TRY(sw_fs_is_dir(paths[i]) ? add_folder(inputs, paths[i], out) : add_file(inputs, paths[i], out));
    SW_TRY(check_outputs(inputs, files));
done:
    if (status != SW_OK) sw_predict_inputs_deinit(inputs);
    return status;
}

void sw_predict_inputs_deinit(sw_predict_inputs *inputs)
{
    free(inputs->items);
    sw_arena_deinit(&inputs->arena);
    *inputs = (sw_predict_inputs){0};
}
