/* What the writer and the reader of a run's gallery share. */
#include "run/gallery_format.h"

#include <cjson/cJSON.h>

const char *sw_gallery_list_name(sw_gallery_list list)
{
    static const char *const names[] = {"worst", "uncertain", "doubtful"};
    return names[list];
}

struct cJSON *sw_json_confusion(const sw_confusion *m)
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
