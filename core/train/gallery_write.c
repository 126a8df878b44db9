/* The folder gallery/ of a run, written. Its reader is gallery_read.c. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "gallery.h"
#include "page/csv.h"
#include "page/json_text.h"
#include "run/run_json.h"

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

static void put_rgb(uint8_t *to, uint32_t rgb)
{
    to[0] = (uint8_t)(rgb >> 16);
    to[1] = (uint8_t)(rgb >> 8);
    to[2] = (uint8_t)rgb;
}

static void draw_row(sw_image *sheet, const sw_gallery *g, const sw_gallery_slot *slot, int row)
{
    size_t side = (size_t)sw_dataset_size_px(g->dataset);
    const sw_classes *classes = sw_dataset_classes(g->dataset);
    const uint8_t *photo = sw_dataset_image(g->dataset, slot->image);
    const uint8_t *truth = sw_dataset_labels(g->dataset, slot->image);
    for (size_t y = 0; y < side; y++) {
        uint8_t *to = sheet->pixels + ((size_t)row * side + y) * SW_GALLERY_TILES * side * 3;
        memcpy(to, photo + y * side * 3, side * 3);
        for (size_t x = 0; x < side; x++) {
            size_t at = y * side + x;
            uint32_t sure = slot->confidence[at];
            put_rgb(to + 3 * (side + x), sw_class_rgb(classes, truth[at]));
            put_rgb(to + 3 * (2 * side + x), sw_class_rgb(classes, slot->prediction[at]));
            put_rgb(to + 3 * (3 * side + x), sure << 16 | sure << 8 | sure);
        }
    }
}

static sw_status write_sheet(const char *path, const sw_gallery *g, const rows *r)
{
    sw_status status = SW_OK;
    int side = sw_dataset_size_px(g->dataset);
    sw_image sheet = {0};
    if (r->count == 0) return SW_OK;
    SW_TRY(sw_image_init(&sheet, SW_GALLERY_TILES * side, r->count * side, 3));
    for (int i = 0; i < r->count; i++) draw_row(&sheet, g, r->slots[i], i);
    SW_TRY(sw_image_write_png(path, &sheet));
done:
    sw_image_deinit(&sheet);
    return status;
}

/* ---- figures ---- */

/* Six digits say more than a share of pixels holds; the same on every machine that computed the same. */
enum { DIGITS = 6 };

static sw_status write_csv(const char *path, const sw_gallery *g)
{
    sw_str csv = {0};
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int count = sw_gallery_list_figures(figures);
    sw_str_append(&csv, "name");
    for (int f = 0; f < count; f++) sw_str_printf(&csv, ",%s", figures[f].key);
    sw_str_append(&csv, "\n");
    for (int i = 0; i < sw_dataset_count(g->dataset); i++) {
        sw_csv_text(&csv, sw_dataset_name(g->dataset, i));
        for (int f = 0; f < count; f++) sw_csv_number(&csv, g->figures[i].values[figures[f].at], DIGITS);
        sw_str_append(&csv, "\n");
    }
    sw_status status = sw_str_status(&csv);
    if (status == SW_OK) status = sw_fs_write(path, csv.text, csv.length);
    sw_str_deinit(&csv);
    return status;
}

/* cJSON writes NaN as null. */
static cJSON *item_json(const sw_gallery *g, const rows *r, int image)
{
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int count = sw_gallery_list_figures(figures);
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
    cJSON_AddNumberToObject(object, "size", sw_dataset_size_px(g->dataset));
    cJSON_AddNumberToObject(object, "rows", r->count);
    cJSON_AddNumberToObject(object, "border_median", g->border_median);
    cJSON_AddItemToObject(object, "classes", sw_json_class_names(sw_dataset_classes(g->dataset)));
    cJSON_AddItemToObject(object, "confusion", sw_json_confusion(&evaluation->confusion));
    for (int l = 0; l < SW_GALLERY_LISTS; l++) {
        cJSON *list = cJSON_AddArrayToObject(object, sw_gallery_list_name((sw_gallery_list)l));
        for (int i = 0; i < g->used[l]; i++)
            cJSON_AddItemToArray(list, item_json(g, r, g->slots[l][i].image));
    }
    char *json = cJSON_Print(object), *text = json ? sw_strf("%s\n", json) : NULL;
    sw_status status = text ? sw_fs_write(path, text, strlen(text)) : sw_fail_alloc(path, 0);
    free(text);
    cJSON_free(json);
    cJSON_Delete(object);
    return status;
}

sw_status sw_gallery_write(const sw_gallery *g, const char *run, int epoch, const sw_evaluation *evaluation)
{
    sw_status status = SW_OK;
    rows r;
    char *folder = sw_fs_join(run, "gallery"), *csv = sw_strf("%s/gallery/epoch_%02d.csv", run, epoch),
         *png = sw_strf("%s/gallery/epoch_%02d.png", run, epoch),
         *json = sw_strf("%s/gallery/epoch_%02d.json", run, epoch);
    if (!folder || !csv || !png || !json) {
        status = SW_E_MEMORY;
        goto done;
    }
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

/* ---- removing ---- */

/* JSON first: without it the epoch is no longer there. */
static sw_status remove_epoch(const char *run, int epoch)
{
    static const char *const ends[] = {"json", "png", "csv"};
    sw_status status = SW_OK;
    for (size_t i = 0; i < sizeof ends / sizeof *ends && status == SW_OK; i++) {
        char *path = sw_strf("%s/gallery/epoch_%02d.%s", run, epoch, ends[i]);
        if (!path) return SW_E_MEMORY;
        if (unlink(path) != 0 && errno != ENOENT)
            status = sw_fail(SW_E_IO, "cannot remove %s: %s", path, strerror(errno));
        free(path);
    }
    return status;
}

sw_status sw_gallery_keep_only(const char *run, int epoch)
{
    sw_status status = SW_OK;
    int *epochs = NULL, count = 0;
    char *folder = sw_fs_join(run, "gallery");
    if (!folder) return SW_E_MEMORY;
    if (!sw_fs_is_dir(folder)) goto done;
    SW_TRY(sw_gallery_epochs(&epochs, &count, folder, true));
    for (int i = 0; i < count; i++)
        if (epochs[i] != epoch) SW_TRY(remove_epoch(run, epochs[i]));
done:
    free(epochs);
    free(folder);
    return status;
}
