/* What several JSON files of a run's folder say in the same way: classes and confusion counts. */
#ifndef RUN_RUN_JSON_H
#define RUN_RUN_JSON_H

#include "base/classes.h"
#include "base/status.h"
#include "nn/metrics.h"

struct cJSON;

/* ["pet", "background", ...]; the caller owns it. */
struct cJSON *sw_json_class_names(const sw_classes *classes);

/* Reads such an array. Colours and roles are those of the data set with these names, else the default
 * colours and no roles. SW_E_DATA, naming `path`: no list of 1 to SW_MAX_CLASSES distinct names. */
sw_status sw_json_take_class_names(sw_classes *out, const struct cJSON *array, const char *path) SW_NODISCARD;

/* Rows truth, columns prediction, in pixels; the caller owns it. */
struct cJSON *sw_json_confusion(const sw_confusion *m);

#endif
