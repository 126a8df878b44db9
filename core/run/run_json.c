#include "run/run_json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/dataset.h"
#include "page/json_text.h"

enum { MAX_FILE_BYTES = 16 << 20 };

/* ---- whole files ---- */

static sw_status check_object(const cJSON *object, const char *path, const char *complaint, int format)
{
    const double found = format ? sw_json_number_of(object, "format") : 0;
    if (!cJSON_IsObject(object) || isnan(found)) return sw_fail(SW_E_DATA, "%s: %s", path, complaint);
    if (found != format)
        return sw_fail(SW_E_DATA, "%s: format %g, and this segwork knows %d: use the segwork that wrote it",
                       path, found, format);
    return SW_OK;
}

sw_status sw_json_read(cJSON **out, const char *path, const char *complaint, int format)
{
    char *text;
    size_t length;
    *out = NULL;
    SW_ENSURE(sw_fs_read(&text, &length, path, MAX_FILE_BYTES));
    *out = cJSON_ParseWithLength(text, length);
    free(text);
    sw_status status = sw_memory_status(path);
    if (status == SW_OK) status = check_object(*out, path, complaint, format);
    if (status != SW_OK) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return status;
}

sw_status sw_json_write(const char *path, const cJSON *object)
{
    sw_str text = {0};
    sw_status status = sw_json_document(&text, object);
    return status == SW_OK ? sw_fs_write_text(path, &text) : status;
}

/* ---- members ---- */

const cJSON *sw_json_member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

double sw_json_number_of(const cJSON *object, const char *key)
{
    const cJSON *item = sw_json_member(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

const char *sw_json_text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(sw_json_member(object, key));
    return text ? text : "";
}

sw_status sw_json_take_whole(int *out, const cJSON *object, const char *key, int low, int high,
                             const char *path)
{
    const double value = sw_json_number_of(object, key);
    if (!(value >= low && value <= high && value == floor(value)))
        return sw_fail(SW_E_DATA, "%s: \"%s\" is no whole number of %d to %d", path, key, low, high);
    *out = (int)value;
    return SW_OK;
}

/* ---- sizes, classes and confusion counts ---- */

void sw_json_add_size(cJSON *object, const char *key, sw_size size)
{
    const int sides[] = {size.height, size.width};
    cJSON_AddItemToObject(object, key,
                          size.height == size.width ? cJSON_CreateNumber(size.height)
                                                    : cJSON_CreateIntArray(sides, 2));
}

static bool take_side(int *out, const cJSON *number, int most)
{
    if (!cJSON_IsNumber(number) || !(number->valuedouble >= 1 && number->valuedouble <= most)) return false;
    *out = (int)number->valuedouble;
    return *out == number->valuedouble;
}

sw_status sw_json_take_size(sw_size *out, const cJSON *object, const char *key, int most, const char *path)
{
    const cJSON *size = sw_json_member(object, key);
    const bool both = cJSON_IsArray(size) && cJSON_GetArraySize(size) == 2;
    if (take_side(&out->height, both ? cJSON_GetArrayItem(size, 0) : size, most) &&
        take_side(&out->width, both ? cJSON_GetArrayItem(size, 1) : size, most))
        return SW_OK;
    return sw_fail(SW_E_DATA, "%s: \"%s\" is neither a whole number in 1 to %d nor [height, width]", path,
                   key, most);
}

/* The classes as their names alone tell them. */
static sw_classes by_name(const sw_classes *classes)
{
    sw_classes known = sw_classes_none();
    for (int c = 0; c < classes->count; c++) (void)sw_classes_add(&known, classes->list[c].name);
    sw_data_recognise_classes(&known);
    return known;
}

void sw_json_add_classes(cJSON *object, const sw_classes *classes)
{
    const sw_classes known = by_name(classes);
    cJSON *names = cJSON_AddArrayToObject(object, "classes"), *colours = NULL;
    bool told = true;
    for (int c = 0; c < classes->count; c++) {
        cJSON_AddItemToArray(names, cJSON_CreateString(classes->list[c].name));
        told = told && classes->list[c].rgb == known.list[c].rgb;
    }
    if (!told) colours = cJSON_AddArrayToObject(object, "colours");
    for (int c = 0; colours && c < classes->count; c++) {
        char rgb[8];
        snprintf(rgb, sizeof rgb, "#%06x", classes->list[c].rgb & 0xFFFFFF);
        cJSON_AddItemToArray(colours, cJSON_CreateString(rgb));
    }
}

static bool take_colours(sw_classes *out, const cJSON *colours)
{
    int c = 0;
    const cJSON *item;
    if (!colours) return true;
    if (cJSON_GetArraySize(colours) != out->count) return false;
    cJSON_ArrayForEach(item, colours)
    {
        unsigned rgb;
        if (!cJSON_IsString(item) || strlen(item->valuestring) != 7 ||
            sscanf(item->valuestring, "#%6x", &rgb) != 1)
            return false;
        out->list[c++].rgb = rgb;
    }
    return true;
}

sw_status sw_json_take_classes(sw_classes *out, const cJSON *object, const char *path)
{
    const cJSON *item;
    *out = sw_classes_none();
    cJSON_ArrayForEach(item, sw_json_member(object, "classes"))
    {
        if (!cJSON_IsString(item) || !sw_classes_add(out, item->valuestring)) {
            out->count = 0;
            break;
        }
    }
    if (out->count == 0)
        return sw_fail(SW_E_DATA, "%s: \"classes\" is no list of 1 to %d names of classes", path,
                       SW_MAX_CLASSES);
    sw_data_recognise_classes(out);
    if (!take_colours(out, sw_json_member(object, "colours")))
        return sw_fail(SW_E_DATA, "%s: \"colours\" is no list of %d colours such as \"#f0a030\"", path,
                       out->count);
    return SW_OK;
}

cJSON *sw_json_confusion(const sw_confusion *m)
{
    cJSON *rows = cJSON_CreateArray();
    for (int t = 0; t < m->classes; t++) {
        cJSON *row = cJSON_CreateArray();
        for (int p = 0; p < m->classes; p++)
            cJSON_AddItemToArray(row, cJSON_CreateNumber((double)sw_confusion_at(m, t, p)));
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}

/* Whether the row is one of so many counts, which are then added. */
static bool take_row(sw_confusion *out, int truth, const cJSON *row)
{
    const cJSON *cell;
    int p = 0;
    if (cJSON_GetArraySize(row) != out->classes) return false;
    cJSON_ArrayForEach(cell, row)
    {
        if (!cJSON_IsNumber(cell) || !(cell->valuedouble >= 0 && cell->valuedouble < 9e15)) return false;
        sw_confusion_add(out, truth, p++, (uint64_t)cell->valuedouble);
    }
    return true;
}

sw_status sw_json_take_confusion(sw_confusion *out, const cJSON *rows, int classes, const char *path)
{
    const cJSON *row;
    int t = 0;
    SW_ENSURE(sw_confusion_init(out, classes, -1));
    bool good = cJSON_GetArraySize(rows) == classes;
    cJSON_ArrayForEach(row, rows) good = good && take_row(out, t++, row);
    if (good) return SW_OK;
    sw_confusion_deinit(out);
    return sw_fail(SW_E_DATA, "%s: \"confusion\" is no table of %d x %d counts", path, classes, classes);
}
