#include "setup/open.h"

#include <cjson/cJSON.h>

sw_status sw_open_device(sw_cl **cl, sw_device_info *device, const sw_experiment *experiment,
                         const char *spec, bool check)
{
    SW_ENSURE(sw_device_choose(device, spec ? spec : experiment->runtime.device));
    return sw_cl_create(cl, device, &(sw_cl_options){.check = check});
}

cJSON *sw_device_json(const sw_device_info *device)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", device->name);
    cJSON_AddStringToObject(object, "type", device->type_name);
    cJSON_AddStringToObject(object, "platform", device->platform_name);
    cJSON_AddStringToObject(object, "version", device->version);
    cJSON_AddStringToObject(object, "driver", device->driver);
    cJSON_AddNumberToObject(object, "compute_units", device->compute_units);
    return object;
}

/* A GPU has memory to spare, and is faster with fewer and larger blocks (docs/notes/performance_gpu.md); a
 * CPU's blocks stay in its caches. */
size_t sw_workspace_cap_bytes(const sw_experiment *experiment, const sw_device_info *device)
{
    static const size_t least = (size_t)64 << 20, most = (size_t)1024 << 20;
    if (experiment->runtime.workspace_mb) return (size_t)experiment->runtime.workspace_mb << 20;
    if (!device || device->type == CL_DEVICE_TYPE_CPU) return least;
    size_t bytes = (size_t)device->global_bytes / 64;
    return bytes < least ? least : bytes > most ? most : bytes;
}

sw_status sw_open_model(sw_model *model, const sw_experiment *x, int batch)
{
    const sw_model_options options = {.batch = batch,
                                      .size = x->data.size,
                                      .conv_engine = x->runtime.conv_engine,
                                      .workspace_cap_bytes = sw_workspace_cap_bytes(x, NULL)};
    return sw_model_build(model, &x->model, &x->loss, &options, NULL);
}

sw_network_options sw_open_network_options(const sw_experiment *x, const sw_device_info *device)
{
    return (sw_network_options){.model = &x->model,
                                .loss = &x->loss,
                                .optimizer = &x->optimizer,
                                .freeze = x->init.freeze,
                                .freeze_count = x->init.freeze_count,
                                .ema_decay = x->train.ema_decay,
                                .size = x->data.size,
                                .train_batch = x->train.batch_size,
                                .eval_batch = x->train.val_batch_size,
                                .conv_engine = x->runtime.conv_engine,
                                .conv_pins = &x->runtime.conv_layers,
                                .exact_places = x->runtime.inference == SW_INFERENCE_EXACT,
                                .bfloat16 = x->runtime.storage == SW_STORAGE_BFLOAT16,
                                .workspace_cap_bytes = sw_workspace_cap_bytes(x, device),
                                .check = x->runtime.check,
                                .debug_buffers = x->runtime.debug_buffers,
                                .sync_norm = x->train.sync_norm,
                                .loss_every = x->runtime.loss_every};
}
