/* The folder masks/ of a run, written. Its reader is masks_read.c. */
#include "run/masks.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "image/image.h"
#include "run/masks_files.h"
#include "run/run_json.h"

sw_status sw_masks_check(const sw_mask_images *g)
{
    int columns, rows;
    masks_layout(g, &columns, &rows);
    const int64_t wide = (int64_t)columns * g->size_px, high = (int64_t)rows * g->size_px;
    if (wide <= SW_IMAGE_MAX_SIDE_PX && high <= SW_IMAGE_MAX_SIDE_PX && wide * high <= SW_IMAGE_MAX_PIXELS)
        return SW_OK;
    return sw_fail(
        SW_E_CONFIG,
        "%d grid images of %d px in %d columns make a sheet over %d px a side or %d million in all: "
        "lower grid.count, or change grid.columns",
        g->count, g->size_px, g->columns, SW_IMAGE_MAX_SIDE_PX, SW_IMAGE_MAX_PIXELS / 1000000);
}

/* Puts (S,S,channels) images side by side into one sheet; tiles beyond the last are 0. */
static sw_status make_sheet(sw_image *out, const sw_mask_images *g, const uint8_t *const *tiles, int channels)
{
    int columns, rows;
    masks_layout(g, &columns, &rows);
    sw_status status = sw_masks_check(g);
    if (status == SW_OK) status = sw_image_init(out, columns * g->size_px, rows * g->size_px, channels);
    if (status != SW_OK) return status;
    memset(out->pixels, 0, (size_t)out->width * (size_t)out->height * (size_t)channels);
    size_t row = (size_t)g->size_px * (size_t)channels;
    for (int i = 0; i < g->count; i++)
        for (int y = 0; y < g->size_px; y++)
            memcpy(masks_tile_row(out, g, i, y), tiles[i] + (size_t)y * row, row);
    return SW_OK;
}

static sw_status write_classes(const char *path, const sw_mask_images *g, const uint8_t *const *maps)
{
    sw_image sheet = {0};
    uint32_t rgb[SW_MAX_CLASSES];
    for (int c = 0; c < g->classes.count; c++) rgb[c] = g->classes.list[c].rgb;
    sw_status status = make_sheet(&sheet, g, maps, 1);
    if (status == SW_OK) status = sw_image_write_png_indexed(path, &sheet, rgb, g->classes.count);
    sw_image_deinit(&sheet);
    return status;
}

static sw_status write_bytes(const char *path, const sw_mask_images *g, const uint8_t *const *tiles,
                             int channels)
{
    sw_image sheet = {0};
    sw_status status = make_sheet(&sheet, g, tiles, channels);
    if (status == SW_OK) status = sw_image_write_png(path, &sheet);
    sw_image_deinit(&sheet);
    return status;
}

static sw_status write_index(const char *path, const sw_mask_images *g)
{
    cJSON *index = cJSON_CreateObject();
    cJSON_AddNumberToObject(index, "format", MASKS_FORMAT);
    cJSON_AddNumberToObject(index, "size", g->size_px);
    cJSON_AddNumberToObject(index, "columns", g->columns);
    cJSON_AddItemToObject(index, "classes", sw_json_class_names(&g->classes));
    cJSON_AddItemToObject(index, "images", cJSON_CreateStringArray(g->names, g->count));
    char *json = cJSON_Print(index);
    char *text = json ? sw_strf("%s\n", json) : NULL;
    sw_status status = text ? sw_fs_write(path, text, strlen(text)) : sw_fail_alloc(path, 0);
    free(text);
    cJSON_free(json);
    cJSON_Delete(index);
    return status;
}

sw_status sw_masks_begin(const char *run, const sw_mask_images *images)
{
    assert(images->count > 0 && images->columns > 0);
    sw_status status = SW_OK;
    char *folder = sw_fs_join(run, masks_folder), *inputs = masks_file(run, "inputs.png"),
         *truth = masks_file(run, "truth.png"), *index = masks_file(run, "images.json");
    if (!folder || !inputs || !truth || !index) {
        status = SW_E_MEMORY;
        goto done;
    }
    SW_TRY(sw_fs_mkdirs(folder));
    SW_TRY(write_bytes(inputs, images, images->inputs, 3));
    SW_TRY(write_classes(truth, images, images->truths));
    SW_TRY(write_index(index, images));
done:
    free(folder);
    free(inputs);
    free(truth);
    free(index);
    return status;
}

sw_status sw_masks_add(const char *run, const sw_mask_images *images, int epoch, const uint8_t *const *labels,
                       const uint8_t *const *confidences)
{
    sw_status status = SW_OK;
    char *map = masks_epoch_file(run, epoch, false), *sure = masks_epoch_file(run, epoch, true);
    if (!map || !sure) {
        status = SW_E_MEMORY;
        goto done;
    }
    SW_TRY(write_bytes(sure, images, confidences, 1));
    SW_TRY(write_classes(map, images, labels));
done:
    free(map);
    free(sure);
    return status;
}

/* Class map first: without it the epoch is no longer there. */
static sw_status remove_epoch(const char *run, int epoch)
{
    sw_status status = SW_OK;
    for (int part = 0; part < 2 && status == SW_OK; part++) {
        char *path = masks_epoch_file(run, epoch, part == 1);
        if (!path) return SW_E_MEMORY;
        if (unlink(path) != 0 && errno != ENOENT)
            status = sw_fail(SW_E_IO, "cannot remove %s: %s", path, strerror(errno));
        free(path);
    }
    return status;
}

sw_status sw_masks_rewind(const char *run, int last_epoch)
{
    sw_status status = SW_OK;
    int *epochs = NULL, count = 0;
    char *folder = sw_fs_join(run, masks_folder);
    if (!folder) return SW_E_MEMORY;
    if (!sw_fs_is_dir(folder)) goto done;
    SW_TRY(masks_list(&epochs, &count, folder, true));
    for (int i = 0; i < count; i++)
        if (epochs[i] > last_epoch) SW_TRY(remove_epoch(run, epochs[i]));
done:
    free(epochs);
    free(folder);
    return status;
}
