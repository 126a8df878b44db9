/* The files of a run's gallery, and their reader. They are written by train/gallery_write.c. */
#include "run/gallery_format.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/str.h"
#include "image/image.h"
#include "run/run_json.h"
#include "run/tile_sheet.h"

static const char *const endings[] = {".json", ".png", ".csv", NULL};
const sw_epoch_files sw_gallery_files = {"gallery", endings};

const char *sw_gallery_list_name(sw_gallery_list list)
{
    static const char *const names[] = {"worst", "uncertain", "doubtful"};
    return names[list];
}

int sw_gallery_list_figures(sw_gallery_figure out[SW_GALLERY_FIGURES], const sw_classes *classes)
{
    static const sw_gallery_figure border = {"border", "border in truth", SW_GALLERY_BORDER};
    static const sw_gallery_figure own[] = {{"confidence", "confidence", SW_GALLERY_CONFIDENCE},
                                            {"confident_error", "surely wrong", SW_GALLERY_CONFIDENT_ERROR}};
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    int count = sw_metrics_captioned(metrics, NULL, classes);
    for (int i = 0; i < count; i++)
        out[i] = (sw_gallery_figure){metrics[i]->key, metrics[i]->label, SW_GALLERY_SCORE + i};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) out[count++] = own[i];
    if (classes->border >= 0) out[count++] = border;
    return count;
}

/* ---- reading ---- */

#define NOT_OURS " is not what a run writes; was the folder copied whole?"

static sw_status not_ours(const char *path, const char *what)
{
    return sw_fail(SW_E_DATA, "%s: its %s" NOT_OURS, path, what);
}

static sw_status take_list(sw_gallery_view *v, sw_gallery_list l, const cJSON *json, const char *path)
{
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int figure_count = sw_gallery_list_figures(figures, &v->classes);
    const char *key = sw_gallery_list_name(l);
    const cJSON *list = sw_json_member(json, key), *found;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > SW_GALLERY_LENGTH) return not_ours(path, key);
    cJSON_ArrayForEach(found, list)
    {
        sw_gallery_item *item = &v->items[l][v->counts[l]];
        SW_ENSURE(sw_json_take_whole(&item->row, found, "row", 0, v->rows - 1, path));
        if (!cJSON_IsString(sw_json_member(found, "name"))) return not_ours(path, key);
        item->name = sw_arena_strdup(&v->arena, sw_json_text_of(found, "name"));
        if (!item->name) return SW_E_MEMORY;
        v->counts[l]++;
        for (int f = 0; f < figure_count; f++)
            item->figures.values[figures[f].at] = sw_json_number_of(found, figures[f].key);
    }
    return SW_OK;
}

static sw_status read_json(sw_gallery_view *v, const char *path)
{
    sw_status status = SW_OK;
    cJSON *json = NULL;
    SW_TRY(sw_json_read(&json, path, "its \"format\"" NOT_OURS, SW_GALLERY_FORMAT));
    if (sw_json_number_of(json, "epoch") != v->epoch) SW_TRY(not_ours(path, "\"epoch\""));
    SW_TRY(sw_json_take_whole(&v->images, json, "images", 1, INT32_MAX, path));
    SW_TRY(sw_json_take_size(&v->size, json, "size", SW_IMAGE_MAX_SIDE_PX, path));
    SW_TRY(sw_json_take_whole(&v->rows, json, "rows", 0, SW_GALLERY_LISTS * SW_GALLERY_LENGTH, path));
    v->border_median = sw_json_number_of(json, "border_median");
    SW_TRY(sw_json_take_classes(&v->classes, json, path));
    SW_TRY(sw_json_take_confusion(&v->confusion, sw_json_member(json, "confusion"), v->classes.count, path));
    for (int l = 0; l < SW_GALLERY_LISTS; l++) SW_TRY(take_list(v, (sw_gallery_list)l, json, path));
done:
    cJSON_Delete(json);
    return status;
}

/* The file is decoded to know that it is one, and kept as it is. */
static sw_status read_sheet(sw_gallery_view *v, const char *path)
{
    if (v->rows == 0) return SW_OK;
    const sw_tile_sheet sheet = {
        .count = SW_GALLERY_TILES * v->rows, .columns = SW_GALLERY_TILES, .size = v->size};
    SW_ENSURE(sw_tile_sheet_read(NULL, &sheet, path, SW_TILE_RGB, NULL));
    return sw_fs_read(&v->sheet, &v->sheet_bytes, path, SW_IMAGE_MAX_FILE_BYTES);
}

sw_status sw_gallery_read(sw_gallery_view *v, const char *run)
{
    sw_status status = SW_OK;
    int *epochs = NULL, count;
    char *json = NULL, *png = NULL;
    *v = (sw_gallery_view){0};
    SW_TRY(sw_epoch_files_list(&epochs, &count, run, &sw_gallery_files));
    if (count == 0 || epochs[count - 1] == 0) goto done;
    v->epoch = epochs[count - 1];
    json = sw_epoch_file(run, sw_gallery_files.folder, v->epoch, ".json");
    png = sw_epoch_file(run, sw_gallery_files.folder, v->epoch, ".png");
    if (!json || !png) SW_TRY(SW_E_MEMORY);
    SW_TRY(read_json(v, json));
    SW_TRY(read_sheet(v, png));
done:
    if (status != SW_OK) sw_gallery_view_deinit(v);
    free(epochs);
    free(json);
    free(png);
    return status;
}

void sw_gallery_view_deinit(sw_gallery_view *v)
{
    sw_arena_deinit(&v->arena);
    sw_confusion_deinit(&v->confusion);
    free(v->sheet);
    *v = (sw_gallery_view){0};
}
