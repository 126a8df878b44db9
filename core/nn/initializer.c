#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "nn/model.h"

static void fill(float *values, const sw_param *param, uint64_t seed, uint64_t number)
{
    sw_rng rng = sw_rng_at(seed, SW_RNG_INIT, number);
    float bound = param->fan_in > 0 ? 1.0f / sqrtf((float)param->fan_in) : 0.0f;
    for (size_t i = 0; i < param->elems; i++) switch (param->init) {
        case SW_INIT_ZEROS:
            values[i] = 0.0f;
            break;
        case SW_INIT_ONES:
            values[i] = 1.0f;
            break;
        case SW_INIT_FAN_IN_UNIFORM:
            values[i] = sw_rng_uniform(&rng, -bound, bound);
            break;
        }
}

static sw_status init_slab(const sw_param *params, int count, const sw_store *store, cl_mem slab,
                           uint64_t seed)
{
    sw_status status = SW_OK;
    float *values = NULL;
    for (int i = 0; i < count; i++) {
        float *grown = realloc(values, params[i].elems * sizeof *values);
        if (!grown) SW_TRY(sw_fail_alloc(params[i].name, params[i].elems * sizeof *values));
        values = grown;
        fill(values, &params[i], seed, (uint64_t)i);
        SW_TRY(sw_store_write(store, slab, &params[i], values));
    }
done:
    free(values);
    return status;
}

sw_status sw_model_init_params(const sw_graph *graph, const sw_store *store, uint64_t seed)
{
    SW_ENSURE(init_slab(graph->params, graph->param_count, store, store->params, seed));
    return init_slab(graph->states, graph->state_count, store, store->states, seed);
}
