/* The folder masks/ of a run, written and read. Files to read may come from anywhere, so nothing in them is
 * believed. */
#include "run/masks.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "image/image.h"
#include "run/epoch_files.h"
#include "run/folder.h"
#include "run/run_json.h"
#include "run/tile_sheet.h"

enum { FORMAT = 1, MAX_IMAGES = 100000 };

static const char *const endings[] = {".png", "_confidence.png", NULL};
static const char inputs_name[] = "inputs.png", truth_name[] = "truth.png", index_name[] = "images.json";
static const sw_epoch_files epoch_files = {"masks", endings};

char *sw_masks_file(const char *run, const char *name)
{
    return sw_strf("%s/%s/%s", run, epoch_files.folder, name);
}

char *sw_masks_epoch_file(const char *run, int epoch, bool confidence)
{
    return sw_epoch_file(run, epoch_files.folder, epoch, endings[confidence]);
}

static sw_tile_sheet sheet_of(const sw_mask_images *g)
{
    return (sw_tile_sheet){.count = g->count, .columns = g->columns, .size = g->size, .classes = &g->classes};
}

void sw_masks_shape(int *columns, int *rows, const sw_mask_images *images)
{
    const sw_tile_sheet sheet = sheet_of(images);
    sw_tile_sheet_shape(columns, rows, &sheet);
}

/* ---- writing ---- */

sw_status sw_masks_check(const sw_mask_images *g)
{
    const sw_tile_sheet sheet = sheet_of(g);
    if (sw_tile_sheet_fits(&sheet)) return SW_OK;
    return sw_fail(
        SW_E_CONFIG,
        "%d grid images of %d x %d px in %d columns make a sheet over %d px a side or %d million in all: "
        "lower grid.count, or change grid.columns",
        g->count, g->size.width, g->size.height, g->columns, SW_IMAGE_MAX_SIDE_PX,
        SW_IMAGE_MAX_PIXELS / 1000000);
}

/* Frees the path, which is NULL when memory is out. */
static sw_status write_sheet(char *path, const sw_mask_images *g, const uint8_t *const *tiles,
                             sw_tile_kind kind)
{
    if (!path) return SW_E_MEMORY;
    const sw_tile_sheet sheet = sheet_of(g);
    sw_status status = sw_tile_sheet_write(path, &sheet, tiles, &kind, 1);
    free(path);
    return status;
}

static sw_status write_index(const char *path, const sw_mask_images *g)
{
    cJSON *index = cJSON_CreateObject();
    cJSON_AddNumberToObject(index, "format", FORMAT);
    sw_json_add_size(index, "size", g->size);
    cJSON_AddNumberToObject(index, "columns", g->columns);
    sw_json_add_classes(index, &g->classes);
    cJSON_AddItemToObject(index, "images", cJSON_CreateStringArray(g->names, g->count));
    sw_status status = sw_json_write(path, index);
    cJSON_Delete(index);
    return status;
}

sw_status sw_masks_check_places(const char *run)
{
    static const char *const names[] = {inputs_name, truth_name, index_name};
    sw_status status = SW_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == SW_OK; i++) {
        char *path = sw_masks_file(run, names[i]);
        status = path ? sw_fs_check_place(path) : SW_E_MEMORY;
        free(path);
    }
    return status;
}

sw_status sw_masks_begin(const char *run, const sw_mask_images *images)
{
    assert(images->count > 0 && images->columns > 0);
    sw_status status = SW_OK;
    char *folder = sw_fs_join(run, epoch_files.folder), *index = sw_masks_file(run, index_name);
    if (!folder || !index) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_masks_check(images));
    SW_TRY(sw_fs_mkdirs(folder));
    SW_TRY(write_sheet(sw_masks_file(run, inputs_name), images, images->inputs, SW_TILE_RGB));
    SW_TRY(write_sheet(sw_masks_file(run, truth_name), images, images->truths, SW_TILE_CLASSES));
    SW_TRY(write_index(index, images));
done:
    free(folder);
    free(index);
    return status;
}

sw_status sw_masks_add(const char *run, const sw_mask_images *images, int epoch, const uint8_t *const *labels,
                       const uint8_t *const *confidences)
{
    SW_ENSURE(write_sheet(sw_masks_epoch_file(run, epoch, true), images, confidences, SW_TILE_GRAY));
    return write_sheet(sw_masks_epoch_file(run, epoch, false), images, labels, SW_TILE_CLASSES);
}

sw_status sw_masks_rewind(const char *run, int last_epoch)
{
    return sw_epoch_files_keep(run, &epoch_files, 0, last_epoch);
}

/* ---- reading ---- */

static sw_status take_names(sw_masks *store, const cJSON *array, const char *path)
{
    sw_mask_images *g = &store->images;
    const cJSON *item;
    const int given = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    if (given < 1 || given > MAX_IMAGES)
        return sw_fail(SW_E_DATA, "%s: \"images\" is no list of 1 to %d names", path, MAX_IMAGES);
    store->names = sw_arena_alloc(&store->arena, (size_t)given * sizeof *store->names);
    if (!store->names) return SW_E_MEMORY;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsString(item))
            return sw_fail(SW_E_DATA, "%s: \"images\" holds something that is no name", path);
        char *name = sw_arena_strdup(&store->arena, item->valuestring);
        if (!name) return SW_E_MEMORY;
        store->names[g->count++] = name;
    }
    g->names = (const char *const *)store->names;
    return SW_OK;
}

static sw_status take_index(sw_masks *store, const cJSON *index, const char *path)
{
    sw_mask_images *g = &store->images;
    SW_ENSURE(sw_json_take_size(&g->size, index, "size", SW_IMAGE_MAX_SIDE_PX, path));
    SW_ENSURE(sw_json_take_whole(&g->columns, index, "columns", 1, SW_IMAGE_MAX_SIDE_PX, path));
    SW_ENSURE(sw_json_take_classes(&g->classes, index, path));
    SW_ENSURE(take_names(store, sw_json_member(index, "images"), path));
    const sw_tile_sheet sheet = sheet_of(g);
    if (sw_tile_sheet_fits(&sheet)) return SW_OK;
    return sw_fail(SW_E_DATA, "%s: %d images of %d x %d px make no picture that segwork wrote", path,
                   g->count, g->size.width, g->size.height);
}

static sw_status read_index(sw_masks *store)
{
    cJSON *index;
    bool there;
    const char *path = sw_arena_printf(&store->arena, "%s/%s/images.json", store->run, epoch_files.folder);
    if (!path) return SW_E_MEMORY;
    SW_ENSURE(sw_fs_find(&there, path));
    if (!there)
        return sw_fail(SW_E_USAGE,
                       "%s is missing: the run has not begun to train, or an earlier version of segwork "
                       "wrote it",
                       path);
    SW_ENSURE(sw_json_read(&index, path, "not the list of a run's grid images", FORMAT));
    sw_status status = take_index(store, index, path);
    cJSON_Delete(index);
    return status;
}

/* Frees the path, which is NULL when memory is out. */
static sw_status read_sheet(uint8_t *out, const sw_mask_images *g, char *path, sw_tile_kind kind)
{
    if (!path) return SW_E_MEMORY;
    const sw_tile_sheet sheet = sheet_of(g);
    sw_status status = sw_tile_sheet_read(out, &sheet, path, kind, g->names);
    free(path);
    return status;
}

static size_t tile_pixels(const sw_mask_images *g)
{
    return sw_size_pixels(g->size);
}

/* What is written once: photographs and truths. */
static sw_status read_constants(sw_masks *store)
{
    sw_mask_images *g = &store->images;
    const size_t count = (size_t)g->count, pixels = tile_pixels(g);
    const uint8_t **tiles = sw_arena_alloc(&store->arena, 2 * count * sizeof *tiles);
    store->input_pixels = sw_arena_alloc(&store->arena, count * pixels * 3);
    store->truth_pixels = sw_arena_alloc(&store->arena, count * pixels);
    if (!tiles || !store->input_pixels || !store->truth_pixels) return SW_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        tiles[i] = store->input_pixels + 3 * i * pixels;
        tiles[count + i] = store->truth_pixels + i * pixels;
    }
    g->inputs = tiles;
    g->truths = tiles + count;
    SW_ENSURE(read_sheet(store->input_pixels, g, sw_masks_file(store->run, inputs_name), SW_TILE_RGB));
    return read_sheet(store->truth_pixels, g, sw_masks_file(store->run, truth_name), SW_TILE_CLASSES);
}

static sw_status check_run(const char *run)
{
    if (!sw_fs_is_dir(run)) return sw_fail(SW_E_USAGE, "%s: there is no such run folder", run);
    if (sw_run_has_file(run, "config.yaml")) return SW_OK;
    return sw_fail(SW_E_USAGE, "%s is not the folder of a run: it has no config.yaml", run);
}

sw_status sw_masks_open(sw_masks *out, const char *run)
{
    sw_status status = SW_OK;
    *out = (sw_masks){0};
    SW_TRY(check_run(run));
    out->run = sw_fs_without_last_slash(run);
    if (!out->run) SW_TRY(SW_E_MEMORY);
    SW_TRY(read_index(out));
    SW_TRY(read_constants(out));
    SW_TRY(sw_epoch_files_list(&out->epochs, &out->epoch_count, out->run, &epoch_files));
done:
    if (status != SW_OK) sw_masks_deinit(out);
    return status;
}

void sw_masks_deinit(sw_masks *store)
{
    sw_arena_deinit(&store->arena);
    free(store->run);
    free(store->epochs);
    *store = (sw_masks){0};
}

sw_status sw_masks_read(const sw_masks *store, int epoch, uint8_t *labels, uint8_t *confidences)
{
    const sw_mask_images *g = &store->images;
    if (labels)
        SW_ENSURE(read_sheet(labels, g, sw_masks_epoch_file(store->run, epoch, false), SW_TILE_CLASSES));
    if (confidences)
        SW_ENSURE(read_sheet(confidences, g, sw_masks_epoch_file(store->run, epoch, true), SW_TILE_GRAY));
    return SW_OK;
}

/* ---- comparing ---- */

static bool same_texts(const char *const *a, const char *const *b, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0) return false;
    return true;
}

static sw_status differ(const sw_masks *a, const sw_masks *b, const char *how)
{
    return sw_fail(SW_E_USAGE,
                   "%s and %s %s: runs are compared on the same grid images (same data, data.size, grid and "
                   "seed; grid.names picks images whatever the seed)",
                   a->run, b->run, how);
}

sw_status sw_masks_check_same(const sw_masks *a, const sw_masks *b)
{
    const sw_mask_images *x = &a->images, *y = &b->images;
    if (x->count != y->count) return differ(a, b, "show different numbers of images");
    if (!sw_size_same(x->size, y->size)) return differ(a, b, "show images of different size");
    if (!sw_classes_same(&x->classes, &y->classes)) return differ(a, b, "have different classes");
    if (!same_texts(x->names, y->names, x->count)) return differ(a, b, "show different images");
    size_t pixels = (size_t)x->count * tile_pixels(x);
    if (memcmp(a->input_pixels, b->input_pixels, 3 * pixels) != 0)
        return differ(a, b, "show images of the same names that differ");
    if (memcmp(a->truth_pixels, b->truth_pixels, pixels) != 0)
        return differ(a, b, "have different true masks for the same images");
    return SW_OK;
}
