/* The folder gallery/ of a run, read back. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/str.h"
#include "image/image.h"
#include "run/gallery_format.h"
#include "run/run_json.h"

enum { MAX_JSON_BYTES = 16 << 20 };

/* ---- which epochs ---- */

/* The epoch of a file's name, or -1. */
static int epoch_of(const char *name, bool any_file)
{
    static const char prefix[] = "epoch_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) return -1;
    const char *number = name + sizeof prefix - 1;
    size_t digits = strspn(number, "0123456789");
    if (digits < 2 || digits > 9 || (digits > 2 && number[0] == '0')) return -1;
    const char *end = number + digits;
    bool ours =
        strcmp(end, ".json") == 0 || (any_file && (strcmp(end, ".png") == 0 || strcmp(end, ".csv") == 0));
    return ours ? (int)strtol(number, NULL, 10) : -1;
}

sw_status sw_gallery_epochs(int **out, int *count, const char *folder, bool any_file)
{
    sw_status status = SW_OK;
    *out = NULL;
    *count = 0;
    DIR *dir = opendir(folder);
    if (!dir) return sw_fail(SW_E_IO, "cannot read folder %s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        int epoch = epoch_of(entry->d_name, any_file);
        if (epoch < 0) continue;
        status = SW_ARRAY_GROW(*out, *count, "a list of epochs");
        if (status != SW_OK) break;
        (*out)[(*count)++] = epoch;
    }
    closedir(dir);
    if (status != SW_OK) {
        free(*out);
        *out = NULL;
        *count = 0;
    }
    return status;
}

/* ---- the JSON ---- */

static sw_status not_ours(const char *path, const char *what)
{
    return sw_fail(SW_E_DATA, "%s: its %s is not what a run writes; was the folder copied whole?", path,
                   what);
}

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *item = member(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

/* A whole number in low..high, or low - 1. */
static int count_of(const cJSON *object, const char *key, int low, int high)
{
    double value = number_of(object, key);
    return value >= low && value <= high && value == floor(value) ? (int)value : low - 1;
}

static sw_status read_classes(sw_gallery_view *v, const cJSON *json, const char *path)
{
    const cJSON *classes = member(json, "classes"), *table = member(json, "confusion");
    sw_status status = sw_json_take_class_names(&v->classes, classes, path);
    if (status != SW_OK) return status;
    const int count = v->classes.count;
    if (cJSON_GetArraySize(table) != count) return not_ours(path, "\"confusion\"");
    v->confusion = sw_confusion_empty(count);
    for (int t = 0; t < count; t++) {
        const cJSON *row = cJSON_GetArrayItem(table, t);
        if (cJSON_GetArraySize(row) != count) return not_ours(path, "\"confusion\"");
        for (int p = 0; p < count; p++) {
            const cJSON *cell = cJSON_GetArrayItem(row, p);
            if (!cJSON_IsNumber(cell) || !(cell->valuedouble >= 0 && cell->valuedouble < 9e15))
                return not_ours(path, "\"confusion\"");
            v->confusion.counts[t][p] = (uint64_t)cell->valuedouble;
        }
    }
    return SW_OK;
}

static sw_status read_list(sw_gallery_view *v, sw_gallery_list l, const cJSON *json, const char *path)
{
    sw_gallery_figure figures[SW_GALLERY_FIGURES];
    const int figure_count = sw_gallery_list_figures(figures);
    const cJSON *list = member(json, sw_gallery_list_name(l)), *found;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > SW_GALLERY_LENGTH)
        return not_ours(path, sw_gallery_list_name(l));
    cJSON_ArrayForEach(found, list)
    {
        const char *name = cJSON_GetStringValue(member(found, "name"));
        sw_gallery_item *item = &v->items[l][v->counts[l]];
        item->row = count_of(found, "row", 0, v->rows - 1);
        if (!name || item->row < 0) return not_ours(path, sw_gallery_list_name(l));
        item->name = sw_strf("%s", name);
        if (!item->name) return SW_E_MEMORY;
        v->counts[l]++;
        for (int f = 0; f < figure_count; f++)
            item->figures.values[figures[f].at] = number_of(found, figures[f].key);
    }
    return SW_OK;
}

static sw_status read_json(sw_gallery_view *v, const char *path)
{
    sw_status status = SW_OK;
    char *text = NULL;
    size_t length;
    cJSON *json = NULL;
    SW_TRY(sw_fs_read(&text, &length, path, MAX_JSON_BYTES));
    json = cJSON_ParseWithLength(text, length);
    if (number_of(json, "format") != SW_GALLERY_FORMAT || number_of(json, "epoch") != v->epoch) {
        status = not_ours(path, "\"format\" or \"epoch\"");
        goto done;
    }
    v->images = count_of(json, "images", 1, INT32_MAX);
    v->size_px = count_of(json, "size", 1, SW_IMAGE_MAX_SIDE_PX);
    v->rows = count_of(json, "rows", 0, SW_GALLERY_LISTS * SW_GALLERY_LENGTH);
    v->border_median = number_of(json, "border_median");
    if (v->images < 1 || v->size_px < 1 || v->rows < 0) {
        status = not_ours(path, "\"images\", \"size\" or \"rows\"");
        goto done;
    }
    SW_TRY(read_classes(v, json, path));
    for (int l = 0; l < SW_GALLERY_LISTS; l++) SW_TRY(read_list(v, (sw_gallery_list)l, json, path));
done:
    cJSON_Delete(json);
    free(text);
    return status;
}

/* The file is decoded to know that it is one, and kept as it is. */
static sw_status read_sheet(sw_gallery_view *v, const char *path)
{
    sw_status status = SW_OK;
    sw_image sheet = {0};
    if (v->rows == 0) return SW_OK;
    SW_TRY(sw_image_read_rgb(&sheet, path));
    if (sheet.width != SW_GALLERY_TILES * v->size_px || sheet.height != v->rows * v->size_px) {
        status = sw_fail(SW_E_DATA, "%s is %d x %d pixels; its JSON says %d rows of %d tiles of %d", path,
                         sheet.width, sheet.height, v->rows, SW_GALLERY_TILES, v->size_px);
        goto done;
    }
    SW_TRY(sw_fs_read(&v->sheet, &v->sheet_bytes, path, SW_IMAGE_MAX_FILE_BYTES));
done:
    sw_image_deinit(&sheet);
    return status;
}

sw_status sw_gallery_read(sw_gallery_view *v, const char *run)
{
    sw_status status = SW_OK;
    int *epochs = NULL, count = 0;
    char *json = NULL, *png = NULL, *folder = sw_fs_join(run, "gallery");
    *v = (sw_gallery_view){0};
    if (!folder) return SW_E_MEMORY;
    if (!sw_fs_is_dir(folder)) goto done;
    SW_TRY(sw_gallery_epochs(&epochs, &count, folder, false));
    for (int i = 0; i < count; i++)
        if (epochs[i] > v->epoch) v->epoch = epochs[i];
    if (v->epoch == 0) goto done;
    json = sw_strf("%s/epoch_%02d.json", folder, v->epoch);
    png = sw_strf("%s/epoch_%02d.png", folder, v->epoch);
    if (!json || !png) {
        status = SW_E_MEMORY;
        goto done;
    }
    SW_TRY(read_json(v, json));
    SW_TRY(read_sheet(v, png));
done:
    if (status != SW_OK) sw_gallery_view_deinit(v);
    free(epochs);
    free(json);
    free(png);
    free(folder);
    return status;
}

void sw_gallery_view_deinit(sw_gallery_view *v)
{
    for (int l = 0; l < SW_GALLERY_LISTS; l++)
        for (int i = 0; i < v->counts[l]; i++) free(v->items[l][i].name);
    free(v->sheet);
    *v = (sw_gallery_view){0};
}
