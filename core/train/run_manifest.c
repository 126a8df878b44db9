/* A run's manifest: its data, its device and its network. */
#include "run_session.h"

#include <cjson/cJSON.h>

#include "cl/gemm.h"
#include "config/config_values.h"
#include "page/json_text.h"
#include "run/folder.h"
#include "setup/open.h"
#include "setup/open_data.h"

static cJSON *describe_split(const sw_data_config *data, sw_split split, const sw_dataset *dataset)
{
    char title[256];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "split", sw_data_split_title(title, sizeof title, data, split));
    cJSON_AddNumberToObject(object, "images", sw_dataset_count(dataset));
    cJSON_AddNumberToObject(object, "skipped", sw_dataset_skipped(dataset));
    cJSON_AddStringToObject(object, "fingerprint", sw_dataset_fingerprint(dataset));
    return object;
}

/* The values that are no defaults, and where each came from: config.yaml has them all, but no longer knows.
 */
static sw_status add_origins(cJSON *manifest, const sw_experiment *experiment)
{
    sw_config_values values;
    SW_ENSURE(sw_config_values_read(&values, experiment));
    cJSON *origins = cJSON_AddObjectToObject(manifest, "origins");
    for (size_t i = 0; i < values.count; i++)
        if (values.items[i].origin) sw_json_add_text(origins, values.items[i].key, values.items[i].origin);
    sw_config_values_deinit(&values);
    return SW_OK;
}

static void add_names(cJSON *object, const char *key, const sw_name_list *names)
{
    cJSON *list = cJSON_AddArrayToObject(object, key);
    for (size_t i = 0; list && i < names->count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(names->items[i]));
}

/* What the weights of init.from gave. A run that starts over loads them again. */
static void add_initial(cJSON *manifest, const sw_run_session *s)
{
    if (!s->initial.taken.count) return;
    cJSON_DeleteItemFromObjectCaseSensitive(manifest, "init");
    cJSON *init = cJSON_AddObjectToObject(manifest, "init");
    sw_json_add_text(init, "from", s->experiment->init.from);
    add_names(init, "taken", &s->initial.taken);
    add_names(init, "missing", &s->initial.missing);
    add_names(init, "left_over", &s->initial.left_over);
}

sw_status write_run_manifest(sw_run_session *s)
{
    const sw_experiment *x = s->experiment;
    const sw_graph *graph = sw_network_graph(&s->network);
    static const sw_library_version libraries[] = {{"clblast", SEGWORK_CLBLAST_VERSION},
                                                   {"libyaml", SEGWORK_YAML_VERSION},
                                                   {"libpng", SEGWORK_PNG_VERSION},
                                                   {"libjpeg-turbo", SEGWORK_JPEG_VERSION},
                                                   {"cairo", SEGWORK_CAIRO_VERSION}};
    sw_memory_table memory;
    sw_network_memory(&s->network, &memory);
    if (!cJSON_GetObjectItemCaseSensitive(s->manifest, "experiment")) {
        cJSON *data = cJSON_CreateObject();
        cJSON_AddStringToObject(s->manifest, "experiment", x->name);
        cJSON_AddNumberToObject(s->manifest, "seed", (double)x->seed);
        cJSON_AddStringToObject(data, "root", x->data.root);
        cJSON_AddItemToObject(data, "train", describe_split(&x->data, SW_SPLIT_TRAIN, s->train));
        cJSON_AddItemToObject(data, "val", describe_split(&x->data, SW_SPLIT_VAL, s->val));
        cJSON_AddItemToObject(s->manifest, "data", data);
        SW_JSON_ADD_NUMBERS(s->manifest, {"parameters", (double)sw_graph_trained_elems(graph)},
                            {"macs", (double)sw_graph_macs(graph)});
        SW_ENSURE(add_origins(s->manifest, x));
    }
    add_initial(s->manifest, s);
    cJSON_DeleteItemFromObjectCaseSensitive(s->manifest, "device_memory_bytes");
    cJSON_AddNumberToObject(s->manifest, "device_memory_bytes", (double)memory.total_bytes);
    cJSON_DeleteItemFromObjectCaseSensitive(s->manifest, "processes");
    cJSON_AddNumberToObject(s->manifest, "processes", sw_comm_size(s->comm));
    cJSON_DeleteItemFromObjectCaseSensitive(s->manifest, "device");
    cJSON *device = sw_device_json(&s->device);
    cJSON_AddNumberToObject(device, "global_bytes", (double)s->device.global_bytes);
    cJSON_AddItemToObject(s->manifest, "device", device);
    cJSON_DeleteItemFromObjectCaseSensitive(s->manifest, "convolutions");
    cJSON *convolutions = cJSON_AddObjectToObject(s->manifest, "convolutions");
    cJSON_AddStringToObject(convolutions, "gemm_parameters", sw_gemm_params_origin(s->cl));
    cJSON_AddStringToObject(convolutions, "chosen_by", s->engines.source);
    for (int i = 0; i < graph->node_count; i++) {
        const char *engine = sw_executor_algorithm(s->network.trainer, i, SW_WAY_ALL);
        if (engine) cJSON_AddStringToObject(convolutions, graph->nodes[i].name, engine);
    }
    SW_ENSURE(sw_manifest_begin(s->manifest, libraries, sizeof libraries / sizeof *libraries));
    s->begun = true;
    return sw_run_folder_write_manifest(s->folder, s->manifest);
}
