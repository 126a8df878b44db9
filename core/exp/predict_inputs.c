#include "predict_inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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

static const char *kept(sw_arena *arena, char *text)
{
    const char *copy = text ? sw_arena_strdup(arena, text) : NULL;
    free(text);
    return copy;
}

static sw_status add(sw_predict_inputs *in, const char *path, const char *out)
{
    if (in->count == in->capacity) {
        int capacity = in->capacity ? 2 * in->capacity : 16;
        sw_predict_input *grown = realloc(in->items, (size_t)capacity * sizeof *grown);
        if (!grown) return sw_fail_alloc("a list of pictures", (size_t)capacity * sizeof *grown);
        in->items = grown;
        in->capacity = capacity;
    }
    const char *stem = stem_of(&in->arena, path);
    if (!stem) return SW_E_MEMORY;
    sw_predict_input input = {.path = sw_arena_strdup(&in->arena, path),
                              .label = kept(&in->arena, sw_strf("%s/%s.png", out, stem)),
                              .overlay = kept(&in->arena, sw_strf("%s/%s.overlay.png", out, stem)),
                              .logits = kept(&in->arena, sw_strf("%s/%s.npy", out, stem))};
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

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A picture that lies in the folder written to, under the name of something written. */
static sw_status check_overwriting(const sw_predict_inputs *in, const output *outputs, size_t count,
                                   const char *out)
{
    for (int i = 0; i < in->count; i++) {
        const char *path = in->items[i].path, *slash = strrchr(path, '/');
        char *there = sw_fs_join(out, slash ? slash + 1 : path);
        if (!there) return SW_E_MEMORY;
        const output key = {.path = there};
        bool lost = bsearch(&key, outputs, count, sizeof key, by_path) && same_file(there, path);
        free(there);
        if (lost)
            return sw_fail(SW_E_USAGE, "the prediction would overwrite %s: give another folder with --out",
                           path);
    }
    return SW_OK;
}

static sw_status check_outputs(const sw_predict_inputs *in, const char *out)
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
        if (strcmp(outputs[i - 1].path, outputs[i].path) == 0) {
            status = sw_fail(SW_E_USAGE,
                             "%s and %s would both be written to %s: predict them one after the "
                             "other into different folders",
                             outputs[i - 1].of, outputs[i].of, outputs[i].path);
            goto done;
        }
    SW_TRY(check_overwriting(in, outputs, count, out));
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
    SW_TRY(check_outputs(inputs, out));
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
