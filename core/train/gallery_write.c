/* The folder gallery/ of a run, written. Its reader is in run/gallery_format.c. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/str.h"
#include "gallery.h"
#include "page/csv.h"
#include "run/run_json.h"
#include "run/tile_sheet.h"

/* ---- the sheet ---- */

/* Images of all lists, each once: what the rows of the sheet show. */
typedef struct rows {
    const sw_gallery_slot *slots[SW_GALLERY_LISTS * SW_GALLERY_LENGTH];
    int count;
} rows;

static int row_of(const rows *r, int image)
{
    for (int i = 0; i < r->count; i++)
        if (r->slots[i]->image == image) return i;
    return -1;
}

static void collect(rows *r, const sw_gallery *g)
{
    r->count = 0;
    for (int l = 0; l < SW_GALLERY_LISTS; l++)
        for (int i = 0; i < g->used[l]; i++)
            if (row_of(r, g->slots[l][i].image) < 0) r->slots[r->count++] = &g->slots[l][i];
}

static sw_status write_sheet(const char *path, const sw_gallery *g, const rows *r)
{
    static const sw_tile_kind kinds[SW_GALLERY_TILES] = {SW_TILE_RGB, SW_TILE_CLASSES, SW_TILE_CLASSES,
                                                         SW_TILE_GRAY};
    const uint8_t *tiles[SW_GALLERY_TILES * SW_GALLERY_LISTS * SW_GALLERY_LENGTH];
    const size_t pixels = sw_size_pixels(sw_dataset_size(g->dataset));
    sw_status status = SW_OK;
    int count = 0;
    if (r->count == 0) return SW_OK;
    uint8_t *images = malloc((size_t)r->count * 4 * pixels);
    if (!images) return sw_fail_alloc("the images of the gallery", (size_t)r->count * 4 * pixels);
    for (int i = 0; i < r->count; i++) {
        const sw_gallery_slot *slot = r->slots[i];
        uint8_t *image = images + (size_t)i * 4 * pixels, *labels = image + 3 * pixels;
        SW_TRY(sw_dataset_read(image, labels, g->dataset, slot->image));
        tiles[count++] = image;
        tiles[count++] = labels;
        tiles[count++] = slot->prediction;
        tiles[count++] = slot->confidence;
    }
    const sw_tile_sheet sheet = {.count = count,
                                 .columns = SW_GALLERY_TILES,
                                 .size = sw_dataset_size(g->dataset),
                                 .classes = sw_dataset_classes(g->dataset)};
    SW_TRY(sw_tile_sheet_write(path, &sheet, tiles, kinds, SW_GALLERY_TILES));
done:
    free(images);
    return status;
}

/* ---- figures ---- */

/* More digits than a share of pixels has. */
enum { DIGITS = 6 };

static sw_status write_csv(const char *path, const sw_gallery *g)
{
    sw_str csv = {0};
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int count = sw_gallery_list_figures(figures, sw_dataset_classes(g->dataset));
    sw_str_append(&csv, "name");
    for (int f = 0; f < count; f++) sw_str_printf(&csv, ",%s", figures[f].key);
    sw_str_append(&csv, "\n");
    for (int i = 0; i < sw_dataset_count(g->dataset); i++) {
        sw_csv_text(&csv, sw_dataset_name(g->dataset, i));
        for (int f = 0; f < count; f++) sw_csv_number(&csv, g->figures[i].values[figures[f].at], DIGITS);
        sw_str_append(&csv, "\n");
    }
    return sw_fs_write_text(path, &csv);
}

/* cJSON writes NaN as null. */
static cJSON *item_json(const sw_gallery *g, const rows *r, int image)
{
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int count = sw_gallery_list_figures(figures, sw_dataset_classes(g->dataset));
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", sw_dataset_name(g->dataset, image));
    cJSON_AddNumberToObject(item, "row", row_of(r, image));
    for (int f = 0; f < count; f++)
        cJSON_AddNumberToObject(item, figures[f].key, g->figures[image].values[figures[f].at]);
    return item;
}

static sw_status write_json(const char *path, const sw_gallery *g, const rows *r, int epoch,
                            const sw_evaluation *evaluation)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "format", SW_GALLERY_FORMAT);
    cJSON_AddNumberToObject(object, "epoch", epoch);
    cJSON_AddNumberToObject(object, "images", sw_dataset_count(g->dataset));
    sw_json_add_size(object, "size", sw_dataset_size(g->dataset));
    cJSON_AddNumberToObject(object, "rows", r->count);
    cJSON_AddNumberToObject(object, "border_median", g->border_median);
    sw_json_add_classes(object, sw_dataset_classes(g->dataset));
    cJSON_AddItemToObject(object, "confusion", sw_json_confusion(&evaluation->confusion));
    for (int l = 0; l < SW_GALLERY_LISTS; l++) {
        cJSON *list = cJSON_AddArrayToObject(object, sw_gallery_list_name((sw_gallery_list)l));
        for (int i = 0; i < g->used[l]; i++)
            cJSON_AddItemToArray(list, item_json(g, r, g->slots[l][i].image));
    }
    sw_status status = sw_json_write(path, object);
    cJSON_Delete(object);
    return status;
}

sw_status sw_gallery_write(const sw_gallery *g, const char *run, int epoch, const sw_evaluation *evaluation)
{
    sw_status status = SW_OK;
    rows r;
    const char *name = sw_gallery_files.folder;
    char *folder = sw_fs_join(run, name), *csv = sw_epoch_file(run, name, epoch, ".csv"),
         *png = sw_epoch_file(run, name, epoch, ".png"), *json = sw_epoch_file(run, name, epoch, ".json");
    if (!folder || !csv || !png || !json) SW_TRY(SW_E_MEMORY);
    collect(&r, g);
    SW_TRY(sw_fs_mkdirs(folder));
    SW_TRY(write_csv(csv, g));
    SW_TRY(write_sheet(png, g, &r));
    SW_TRY(write_json(json, g, &r, epoch, evaluation));
done:
    free(folder);
    free(csv);
    free(png);
    free(json);
    return status;
}

sw_status sw_gallery_keep_only(const char *run, int epoch)
{
    return sw_epoch_files_keep(run, &sw_gallery_files, epoch, epoch);
}
