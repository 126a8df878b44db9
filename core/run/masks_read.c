/* The folder masks/ of a run, read. Files may come from anywhere, so nothing in them is believed. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "run/masks_files.h"
#include "run/run_json.h"

enum { MAX_INDEX_BYTES = 16 << 20, MAX_IMAGES = 100000 };

/* ---- images.json ---- */

/* A whole number in low..high, or `low` - 1. */
static int whole(const cJSON *index, const char *key, int low, int high)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(index, key);
    if (!cJSON_IsNumber(item) || item->valuedouble < low || item->valuedouble > high ||
        item->valuedouble != (double)item->valueint)
        return low - 1;
    return item->valueint;
}

/* The texts of an array of 1 to `most` texts. *out has as many as *count says, each owned. */
static sw_status take_texts(char ***out, int *count, const cJSON *index, const char *key, int most,
                            const char *path)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(index, key), *item;
    int given = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    if (given < 1 || given > most)
        return sw_fail(SW_E_DATA, "%s: \"%s\" is no list of 1 to %d names", path, key, most);
    *out = calloc((size_t)given, sizeof **out);
    if (!*out) return sw_fail_alloc(path, (size_t)given * sizeof **out);
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsString(item))
            return sw_fail(SW_E_DATA, "%s: \"%s\" holds something that is no name", path, key);
        (*out)[*count] = sw_strf("%s", item->valuestring);
        if (!(*out)[*count]) return SW_E_MEMORY;
        (*count)++;
    }
    return SW_OK;
}

static sw_status check_version(const cJSON *index, const char *path)
{
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(index, "format");
    if (!cJSON_IsObject(index) || !cJSON_IsNumber(format))
        return sw_fail(SW_E_DATA, "%s: not the list of a run's grid images", path);
    if (format->valuedouble != MASKS_FORMAT)
        return sw_fail(SW_E_DATA, "%s: format %g, and this segwork knows %d: use the segwork that wrote it",
                       path, format->valuedouble, MASKS_FORMAT);
    return SW_OK;
}

static sw_status take_index(sw_masks *store, const cJSON *index, const char *path)
{
    sw_status status = SW_OK;
    sw_mask_images *g = &store->images;
    SW_TRY(check_version(index, path));
    g->size_px = whole(index, "size", 1, SW_IMAGE_MAX_SIDE_PX);
    g->columns = whole(index, "columns", 1, SW_IMAGE_MAX_SIDE_PX);
    if (g->size_px < 1 || g->columns < 1)
        return sw_fail(SW_E_DATA, "%s: \"%s\" is no whole number of 1 to %d", path,
                       g->size_px < 1 ? "size" : "columns", SW_IMAGE_MAX_SIDE_PX);
    SW_TRY(sw_json_take_class_names(&g->classes, cJSON_GetObjectItemCaseSensitive(index, "classes"), path));
    SW_TRY(take_texts(&store->names, &g->count, index, "images", MAX_IMAGES, path));
    g->names = (const char *const *)store->names;
    int columns, rows;
    masks_layout(g, &columns, &rows);
    int64_t width = (int64_t)columns * g->size_px, height = (int64_t)rows * g->size_px;
    if (width > SW_IMAGE_MAX_SIDE_PX || height > SW_IMAGE_MAX_SIDE_PX || width * height > SW_IMAGE_MAX_PIXELS)
        status = sw_fail(SW_E_DATA, "%s: %d images of %d px make no picture that segwork wrote", path,
                         g->count, g->size_px);
done:
    return status;
}

static sw_status read_index(sw_masks *store)
{
    sw_status status = SW_OK;
    char *text = NULL, *path = masks_file(store->run, "images.json");
    size_t length;
    cJSON *index = NULL;
    if (!path) return SW_E_MEMORY;
    if (!sw_fs_exists(path)) {
        status = sw_fail(SW_E_USAGE,
                         "%s is missing: the run has not begun to train, or an earlier version of segwork "
                         "wrote it",
                         path);
        goto done;
    }
    SW_TRY(sw_fs_read(&text, &length, path, MAX_INDEX_BYTES));
    index = cJSON_ParseWithLength(text, length);
    SW_TRY(take_index(store, index, path));
done:
    cJSON_Delete(index);
    free(text);
    free(path);
    return status;
}

/* ---- sheets ---- */

static sw_status check_sheet(const sw_image *sheet, const sw_mask_images *g, const char *path)
{
    int columns, rows;
    masks_layout(g, &columns, &rows);
    if (sheet->width == columns * g->size_px && sheet->height == rows * g->size_px) return SW_OK;
    return sw_fail(SW_E_DATA, "%s: %d x %d pixels, but %d images of %d px in %d columns are %d x %d", path,
                   sheet->width, sheet->height, g->count, g->size_px, columns, columns * g->size_px,
                   rows * g->size_px);
}

static void cut_sheet(uint8_t *out, const sw_image *sheet, const sw_mask_images *g)
{
    size_t row = (size_t)g->size_px * (size_t)sheet->channels;
    for (int i = 0; i < g->count; i++)
        for (int y = 0; y < g->size_px; y++, out += row) memcpy(out, masks_tile_row(sheet, g, i, y), row);
}

/* Reads a sheet of so many channels into tiles, one after the other. */
static sw_status read_tiles(uint8_t *out, const sw_mask_images *g, const char *path, int channels)
{
    sw_image sheet = {0};
    sw_status status = SW_OK;
    SW_TRY(channels == 3 ? sw_image_read_rgb(&sheet, path) : sw_image_read_mask(&sheet, path));
    SW_TRY(check_sheet(&sheet, g, path));
    cut_sheet(out, &sheet, g);
done:
    sw_image_deinit(&sheet);
    return status;
}

static size_t tile_pixels(const sw_mask_images *g)
{
    return (size_t)g->size_px * (size_t)g->size_px;
}

static sw_status read_classes(uint8_t *out, const sw_mask_images *g, const char *path)
{
    sw_status status = read_tiles(out, g, path, 1);
    if (status != SW_OK) return status;
    for (size_t i = 0; i < (size_t)g->count * tile_pixels(g); i++)
        if (out[i] >= g->classes.count)
            return sw_fail(SW_E_DATA, "%s: a pixel of %s is %d, and the %d classes are 0 to %d", path,
                           g->names[i / tile_pixels(g)], out[i], g->classes.count, g->classes.count - 1);
    return SW_OK;
}

/* What is written once: photographs and truths. */
static sw_status read_constants(sw_masks *store)
{
    sw_status status = SW_OK;
    sw_mask_images *g = &store->images;
    size_t count = (size_t)g->count, pixels = tile_pixels(g);
    char *inputs = masks_file(store->run, "inputs.png"), *truth = masks_file(store->run, "truth.png");
    store->input_pixels = malloc(count * pixels * 3);
    store->truth_pixels = malloc(count * pixels);
    store->inputs = malloc(count * sizeof *store->inputs);
    store->truths = malloc(count * sizeof *store->truths);
    if (!inputs || !truth || !store->input_pixels || !store->truth_pixels || !store->inputs ||
        !store->truths) {
        status = sw_fail_alloc("a run's grid images", count * pixels * 4);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        store->inputs[i] = store->input_pixels + 3 * i * pixels;
        store->truths[i] = store->truth_pixels + i * pixels;
    }
    g->inputs = store->inputs;
    g->truths = store->truths;
    SW_TRY(read_tiles(store->input_pixels, g, inputs, 3));
    SW_TRY(read_classes(store->truth_pixels, g, truth));
done:
    free(inputs);
    free(truth);
    return status;
}

/* ---- the store ---- */

static sw_status check_run(const char *run)
{
    if (!sw_fs_is_dir(run)) return sw_fail(SW_E_USAGE, "%s: there is no such run folder", run);
    char *config = sw_fs_join(run, "config.yaml");
    if (!config) return SW_E_MEMORY;
    bool there = sw_fs_exists(config);
    free(config);
    return there ? SW_OK : sw_fail(SW_E_USAGE, "%s is not the folder of a run: it has no config.yaml", run);
}

static sw_status list_epochs(sw_masks *store)
{
    char *folder = sw_fs_join(store->run, masks_folder);
    if (!folder) return SW_E_MEMORY;
    sw_status status = masks_list(&store->epochs, &store->epoch_count, folder, false);
    free(folder);
    return status;
}

sw_status sw_masks_open(sw_masks *out, const char *run)
{
    sw_status status = SW_OK;
    *out = (sw_masks){0};
    SW_TRY(check_run(run));
    out->run = sw_fs_without_last_slash(run);
    if (!out->run) {
        status = SW_E_MEMORY;
        goto done;
    }
    SW_TRY(read_index(out));
    SW_TRY(read_constants(out));
    SW_TRY(list_epochs(out));
done:
    if (status != SW_OK) sw_masks_deinit(out);
    return status;
}

void sw_masks_deinit(sw_masks *store)
{
    for (int i = 0; i < store->images.count; i++) free(store->names[i]);
    free(store->run);
    free(store->epochs);
    free(store->names);
    free(store->inputs);
    free(store->truths);
    free(store->input_pixels);
    free(store->truth_pixels);
    *store = (sw_masks){0};
}

sw_status sw_masks_read(const sw_masks *store, int epoch, uint8_t *labels, uint8_t *confidences)
{
    sw_status status = SW_OK;
    char *map = masks_epoch_file(store->run, epoch, false), *sure = masks_epoch_file(store->run, epoch, true);
    if (!map || !sure) {
        status = SW_E_MEMORY;
        goto done;
    }
    if (labels) SW_TRY(read_classes(labels, &store->images, map));
    if (confidences) SW_TRY(read_tiles(confidences, &store->images, sure, 1));
done:
    free(map);
    free(sure);
    return status;
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
    if (x->size_px != y->size_px) return differ(a, b, "show images of different size");
    if (!sw_classes_same(&x->classes, &y->classes)) return differ(a, b, "have different classes");
    if (!same_texts(x->names, y->names, x->count)) return differ(a, b, "show different images");
    size_t pixels = (size_t)x->count * tile_pixels(x);
    if (memcmp(a->input_pixels, b->input_pixels, 3 * pixels) != 0)
        return differ(a, b, "show images of the same names that differ");
    if (memcmp(a->truth_pixels, b->truth_pixels, pixels) != 0)
        return differ(a, b, "have different true masks for the same images");
    return SW_OK;
}
