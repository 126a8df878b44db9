#include "predict_outputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "data/files.h"
#include "run/out_file.h"

typedef struct output {
    char *path;
    const char *of; /* the picture it comes from */
} output;

typedef struct outputs {
    output *items;
    size_t count;
    sw_file_set read; /* by the prediction */
    sw_file_set data; /* of the run; listed once something is in the way */
    bool listed;
} outputs;

static int by_path(const void *a, const void *b)
{
    const output *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static sw_status list_outputs(outputs *o, const sw_predict_inputs *in, unsigned files)
{
    const size_t most = (size_t)in->count * SW_PREDICT_FILES + 1;
    o->items = malloc(most * sizeof *o->items);
    if (!o->items) return sw_fail_alloc("a list of files", most * sizeof *o->items);
    for (int i = 0; i < in->count; i++)
        for (int f = 0; f < SW_PREDICT_FILES; f++) {
            if (!(files & 1u << f)) continue;
            char *path = sw_predict_file_path(&in->items[i], (sw_predict_file)f);
            if (!path) return SW_E_MEMORY;
            o->items[o->count++] = (output){path, in->items[i].path};
        }
    qsort(o->items, o->count, sizeof *o->items, by_path);
    return SW_OK;
}

static sw_status refuse_one_place_for_two(const outputs *o)
{
    for (size_t i = 1; i < o->count; i++)
        if (strcmp(o->items[i - 1].path, o->items[i].path) == 0)
            return sw_fail(SW_E_USAGE,
                           "%s and %s would both be written to %s: give the pictures by their own paths, "
                           "those of one name into different folders, or rename one",
                           o->items[i - 1].of, o->items[i].of, o->items[i].path);
    return SW_OK;
}

/* Files of the data set (masks drawn by hand) are as precious as what is read. */
static sw_status check_file(outputs *o, const char *path, const sw_predict_writing *w, const char *option)
{
    if (!sw_fs_exists(path)) return SW_OK;
    if (!o->listed) SW_ENSURE(sw_data_files_add(&o->data, w->data, SW_DATA_ALL));
    o->listed = true;
    const char *lost = sw_file_set_find(&o->read, path);
    if (!lost) lost = sw_file_set_find(&o->data, path);
    if (lost) return sw_fail(SW_E_USAGE, "the prediction would overwrite %s: give another %s", lost, option);
    if (sw_run_owns_file(path))
        return sw_fail(SW_E_USAGE, "%s belongs to a run, which would lose it: give another %s", path, option);
    return SW_OK;
}

static sw_status check_shares(outputs *o, const sw_predict_writing *w)
{
    static const char *const endings[] = {".csv", ".txt", ".tsv", "", NULL};
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->items[i].path, w->shares) == 0 || sw_fs_same(o->items[i].path, w->shares))
            return sw_fail(SW_E_USAGE, "--shares %s is a result of %s: give another file", w->shares,
                           o->items[i].of);
    SW_ENSURE(check_file(o, w->shares, w, "file with --shares"));
    return sw_out_file_check(w->shares, endings, NULL);
}

sw_status sw_predict_outputs_check(const sw_predict_inputs *in, const sw_predict_writing *w)
{
    sw_status status = SW_OK;
    outputs o = {0};
    SW_TRY(list_outputs(&o, in, w->files));
    SW_TRY(refuse_one_place_for_two(&o));
    for (int i = 0; i < in->count; i++) SW_TRY(sw_file_set_add(&o.read, in->items[i].path));
    for (int i = 0; w->also_read[i]; i++) SW_TRY(sw_file_set_add(&o.read, w->also_read[i]));
    for (size_t i = 0; i < o.count; i++) SW_TRY(check_file(&o, o.items[i].path, w, "folder with --out"));
    if (w->shares) SW_TRY(check_shares(&o, w));
done:
    for (size_t i = 0; i < o.count; i++) free(o.items[i].path);
    free(o.items);
    sw_file_set_deinit(&o.read);
    sw_file_set_deinit(&o.data);
    return status;
}
