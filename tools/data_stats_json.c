/* The figures of `segwork data stats` for programs. */
#include <cjson/cJSON.h>

#include "data/description.h"
#include "data_stats.h"
#include "page/json_text.h"
#include "print.h"

static cJSON *split_json(const sw_stats_split *split, const sw_classes *classes)
{
    cJSON *object = cJSON_CreateObject();
    SW_JSON_ADD_NUMBERS(object, {"listed", split->listed}, {"usable", split->usable},
                        {"ignored", sw_stats_ignored_share(split)});
    if (classes->background >= 0) cJSON_AddNumberToObject(object, "all_background", split->all_background);
    cJSON *list = cJSON_AddArrayToObject(object, "classes");
    for (int c = 0; c < classes->count; c++) {
        cJSON *item = cJSON_CreateObject();
        sw_json_add_text(item, "name", classes->list[c].name);
        SW_JSON_ADD_NUMBERS(item, {"share", sw_stats_share(split, c)}, {"images", split->images[c]});
        cJSON_AddItemToArray(list, item);
    }
    return object;
}

static cJSON *range_json(const sw_stats_range *range)
{
    cJSON *object = cJSON_CreateObject();
    SW_JSON_ADD_NUMBERS(object, {"least", range->low}, {"median", range->median}, {"most", range->high});
    return object;
}

static cJSON *remarks_json(const sw_stats *stats)
{
    static const char *const kinds[SW_REMARK_KINDS] = {
        [SW_REMARK_BAD] = "bad",
        [SW_REMARK_CONVERTED] = "converted",
        [SW_REMARK_ALL_BACKGROUND] = "all_background",
        [SW_REMARK_ALL_IGNORED] = "all_ignored",
        [SW_REMARK_IN_BOTH] = "in_two_splits",
        [SW_REMARK_UNLISTED] = "unlisted",
        [SW_REMARK_ORPHAN] = "mask_without_picture",
    };
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < stats->remark_count; i++) {
        const sw_stats_remark *remark = &stats->remarks[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "kind", kinds[remark->kind]);
        sw_json_add_text(item, "name", remark->name);
        if (remark->text[0]) sw_json_add_text(item, "reason", remark->text);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

sw_status data_stats_print_json(const sw_stats *stats, const sw_data_config *data)
{
    static const char *const names[SW_SPLITS] = {"train", "val", "test"};
    cJSON *root = cJSON_CreateObject();
    sw_json_add_text(root, "root", data->root);
    cJSON_AddStringToObject(root, "layout", sw_data_layout_name(data));
    SW_JSON_ADD_NUMBERS(root, {"picture_files", stats->image_files}, {"counted_height", stats->size.height},
                        {"counted_width", stats->size.width});
    cJSON *splits = cJSON_AddObjectToObject(root, "splits");
    for (int s = 0; s < SW_SPLITS; s++)
        if (stats->splits[s].present)
            cJSON_AddItemToObject(splits, names[s], split_json(&stats->splits[s], stats->classes));
    cJSON_AddItemToObject(root, "height", range_json(&stats->height_px));
    cJSON_AddItemToObject(root, "width", range_json(&stats->width_px));
    cJSON_AddItemToObject(root, "remarks", remarks_json(stats));
    return print_json(root);
}
