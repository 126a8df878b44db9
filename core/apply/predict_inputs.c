#include "predict_inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/str.h"

/* "a/b/Abyssinian_1.jpg" -> "Abyssinian_1" */
static char *stem_of(sw_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *stem = sw_arena_strdup(arena, slash ? slash + 1 : path);
    char *dot = stem ? strrchr(stem, '.') : NULL;
    if (dot && dot != stem) *dot = '\0';
    return stem;
}

static sw_status add(sw_predict_inputs *in, const char *path, const char *out)
{
    SW_ENSURE(SW_ARRAY_GROW(in->items, in->count, "a list of pictures"));
    const char *stem = stem_of(&in->arena, path), *slash = out[strlen(out) - 1] == '/' ? "" : "/";
    if (!stem) return SW_E_MEMORY;
    sw_predict_input input = {.path = sw_arena_strdup(&in->arena, path),
                              .label = sw_arena_printf(&in->arena, "%s%s%s.png", out, slash, stem),
                              .overlay = sw_arena_printf(&in->arena, "%s%s%s.overlay.png", out, slash, stem),
                              .logits = sw_arena_printf(&in->arena, "%s%s%s.npy", out, slash, stem)};
    if (!input.path || !input.label || !input.overlay || !input.logits) return SW_E_MEMORY;
    in->items[in->count++] = input;
    return SW_OK;
}

static int is_picture(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    if (!dot || entry->d_name[0] == '.') return 0;
    return strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 || strcasecmp(dot, ".png") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static sw_status add_folder(sw_predict_inputs *in, const char *folder, const char *out)
{
    sw_status status = SW_OK;
    struct dirent **entries;
    int count = scandir(folder, &entries, is_picture, by_name);
    if (count < 0) return sw_fail(SW_E_IO, "%s: %s", folder, strerror(errno));
    if (count == 0)
        status = sw_fail(SW_E_USAGE, "%s has no pictures: no .jpg, .jpeg or .png directly in it", folder);
    for (int i = 0; i < count; i++) {
        char *path = status == SW_OK ? sw_fs_join(folder, entries[i]->d_name) : NULL;
        if (status == SW_OK) status = path ? add(in, path, out) : SW_E_MEMORY;
        free(path);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* --- files that would be lost ---------------------------------------------------------------- */

typedef struct output {
    const char *path, *of; /* the picture it comes from */
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

static sw_status check_outputs(const sw_predict_inputs *in)
{
    sw_status status = SW_OK;
    size_t count = 0;
    output *outputs = malloc(((size_t)in->count * 3 + 1) * sizeof *outputs);
    if (!outputs) return sw_fail_alloc("a list of files", (size_t)in->count * 3 * sizeof *outputs);
    for (int i = 0; i < in->count; i++) {
        const sw_predict_input *p = &in->items[i];
        outputs[count++] = (output){p->label, p->path};
        outputs[count++] = (output){p->overlay, p->path};
        outputs[count++] = (output){p->logits, p->path};
    }
    qsort(outputs, count, sizeof *outputs, by_path);
    for (size_t i = 1; i < count; i++)
        if (strcmp(outputs[i - 1].path, outputs[i].path) == 0)
            SW_TRY(sw_fail(SW_E_USAGE,
                           "%s and %s would both be written to %s: predict them one after the "
                           "other into different folders",
                           outputs[i - 1].of, outputs[i].of, outputs[i].path));
    SW_TRY(check_overwriting(in, outputs, count));
done:
    free(outputs);
    return status;
}

sw_status sw_predict_inputs_init(sw_predict_inputs *inputs, const char *const *paths, const char *out)
{
    sw_status status = SW_OK;
    *inputs = (sw_predict_inputs){0};
    for (size_t i = 0; paths[i]; i++)
        SW_TRY(sw_fs_is_dir(paths[i]) ? add_folder(inputs, paths[i], out) : add(inputs, paths[i], out));
    SW_TRY(check_outputs(inputs));
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
