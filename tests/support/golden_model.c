#include "golden_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

sw_model_config golden_model_config(int width)
{
    sw_model_config config = {.name = "segnet",
                              .classes = 3,
                              .input_norm = true,
                              .norm_eps = 1e-5f,
                              .norm_momentum = 0.1f,
                              .head = SW_HEAD_NORM_RELU,
                              .encoder_count = 4,
                              .decoder_count = 4};
    for (int i = 0; i < 4; i++) {
        config.encoder[i] = (sw_encoder_stage){.convs = i < 2 ? 2 : 3, .width = width << i, .kernel = 3};
        config.decoder[i] = (sw_decoder_stage){
            .unpool_from = 4 - i, .convs = i < 2 ? 3 : 2, .width = i < 3 ? width << (2 - i) : 0, .kernel = 3};
    }
    return config;
}

sw_loss_config golden_model_loss(void)
{
    return (sw_loss_config)SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
}

static uint32_t scatter(uint32_t x)
{
    x = (x ^ (x >> 16)) * 0x7FEB352Du;
    x = (x ^ (x >> 15)) * 0x846CA68Bu;
    return x ^ (x >> 16);
}

void golden_rule(float *out, const char *name, size_t count)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    for (size_t i = 0; i < count; i++) {
        const int32_t number = (int32_t)(scatter((uint32_t)i * 0x9E3779B9u + hash) >> 8) - (1 << 23);
        out[i] = (float)number / (float)(1 << 23);
    }
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void fill(float *values, const sw_param *param)
{
    const bool around_1 = ends_with(param->name, "weight") || ends_with(param->name, "running_var");
    float scale = around_1 ? 0.5f : 0.25f;
    if (param->rank == 4) scale = (float)(1.0 / sqrt(param->dims[1] * param->dims[2] * param->dims[3]));
    golden_rule(values, param->name, param->elems);
    for (size_t i = 0; i < param->elems; i++)
        values[i] = values[i] * scale + (around_1 && param->rank != 4 ? 1.0f : 0.0f);
}

static sw_status write_all(sw_store *store, cl_mem slab, const sw_param *params, int count)
{
    sw_status status = SW_OK;
    for (int i = 0; status == SW_OK && i < count; i++) {
        float *values = malloc(params[i].elems * sizeof *values);
        if (!values) return sw_fail_alloc(params[i].name, params[i].elems * sizeof *values);
        fill(values, &params[i]);
        status = sw_store_write(store, slab, &params[i], values);
        free(values);
    }
    return status;
}

sw_status golden_model_fill(const sw_graph *graph, sw_store *store)
{
    sw_status status = SW_OK;
    SW_TRY(write_all(store, store->params, graph->params, graph->param_count));
    SW_TRY(write_all(store, store->states, graph->states, graph->state_count));
done:
    return status;
}
