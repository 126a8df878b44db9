#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "nn/model.h"

static void fill(float *values, const sw_param *param, uint64_t seed, uint64_t number)
{
    sw_rng rng = sw_rng_at(seed, SW_RNG_INIT, number);
    const bool drawn = param->init == SW_INIT_FAN_IN_UNIFORM;
    const float bound = param->fan_in > 0 ? 1.0f / sqrtf((float)param->fan_in) : 0.0f;
    const float constant = param->init == SW_INIT_ONES ? 1.0f : 0.0f;
    for (size_t i = 0; i < param->elems; i++)
        values[i] = drawn ? sw_rng_uniform(&rng, -bound, bound) : constant;
}

static sw_status init_slab(const sw_param *params, int count, sw_store *store, cl_mem slab, uint64_t seed)
{
    for (int i = 0; i < count; i++) {
        float *values = malloc(params[i].elems * sizeof *values);
        if (!values) return sw_fail_alloc(params[i].name, params[i].elems * sizeof *values);
        fill(values, &params[i], seed, (uint64_t)i);
        sw_status status = sw_store_write(store, slab, &params[i], values);
        free(values);
        SW_ENSURE(status);
    }
    return SW_OK;
}

sw_status sw_model_init_params(const sw_graph *graph, sw_store *store, uint64_t seed)
{
    SW_ENSURE(init_slab(graph->params, graph->param_count, store, store->params, seed));
    return init_slab(graph->states, graph->state_count, store, store->states, seed);
}
