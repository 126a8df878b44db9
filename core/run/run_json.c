#include "run/run_json.h"

#include <cjson/cJSON.h>

#include "data/dataset.h"

cJSON *sw_json_class_names(const sw_classes *classes)
{
    cJSON *names = cJSON_CreateArray();
    for (int c = 0; c < classes->count; c++)
        cJSON_AddItemToArray(names, cJSON_CreateString(classes->list[c].name));
    return names;
}

sw_status sw_json_take_class_names(sw_classes *out, const cJSON *array, const char *path)
{
    const cJSON *item;
    *out = sw_classes_none();
    cJSON_ArrayForEach(item, array)
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
    return SW_OK;
}

cJSON *sw_json_confusion(const sw_confusion *m)
{
    cJSON *rows = cJSON_CreateArray();
    for (int t = 0; t < m->classes; t++) {
        cJSON *row = cJSON_CreateArray();
        for (int p = 0; p < m->classes; p++)
            cJSON_AddItemToArray(row, cJSON_CreateNumber((double)m->counts[t][p]));
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}
