#include "graph_weights.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

enum { FIRST_STATE = 100 };

static const char *const others[] = {"optimizer.m.x", "ema.x"};

float graph_weights_value(size_t tensor, size_t i)
{
    return 0.5f + 0.25f * sinf((float)(7 * tensor + i));
}

static sw_status declare(sw_safetensors_writer *writer, const sw_param *p)
{
    int64_t shape[SW_SAFETENSORS_MAX_RANK];
    for (int i = 0; i < p->rank; i++) shape[i] = p->dims[i];
    return sw_safetensors_writer_declare(writer, p->name, SW_SAFETENSORS_F32, p->rank, shape);
}

static sw_status put(sw_safetensors_writer *writer, const sw_param *p, size_t number)
{
    const size_t bytes = p->elems * sizeof(float);
    float *values = malloc(bytes + 1);
    if (!values) return sw_fail_alloc(p->name, bytes);
    for (size_t i = 0; i < p->elems; i++) values[i] = graph_weights_value(number, i);
    const sw_status status = sw_safetensors_writer_put(writer, p->name, values, bytes);
    free(values);
    return status;
}

/* num_batches_tracked of every norm: declared, or put. */
static sw_status each_counter(sw_safetensors_writer *writer, const sw_graph *g, bool declares)
{
    const int64_t batches = 5;
    sw_status status = SW_OK;
    for (int i = 0; i < g->node_count && status == SW_OK; i++) {
        if (!g->nodes[i].state_count) continue;
        char *name = sw_strf("%s.num_batches_tracked", g->nodes[i].name);
        if (!name) return SW_E_MEMORY;
        status = declares ? sw_safetensors_writer_declare(writer, name, SW_SAFETENSORS_I64, 0, NULL)
                          : sw_safetensors_writer_put(writer, name, &batches, sizeof batches);
        free(name);
    }
    return status;
}

sw_status graph_weights_write(const char *path, const sw_graph *g, bool all)
{
    static const float values[] = {1, 2};
    static const int64_t two[] = {2};
    const int params = g->param_count - !all;
    sw_status status = SW_OK;
    sw_safetensors_writer *writer = NULL;
    SW_TRY(sw_safetensors_writer_create(&writer));
    for (int i = 0; i < params; i++) SW_TRY(declare(writer, &g->params[i]));
    for (int i = 0; i < g->state_count; i++) SW_TRY(declare(writer, &g->states[i]));
    for (int i = 0; i < 2; i++)
        SW_TRY(sw_safetensors_writer_declare(writer, others[i], SW_SAFETENSORS_F32, 1, two));
    SW_TRY(each_counter(writer, g, true));
    SW_TRY(sw_safetensors_writer_begin(writer, path));
    for (int i = 0; i < params; i++) SW_TRY(put(writer, &g->params[i], (size_t)i));
    for (int i = 0; i < g->state_count; i++) SW_TRY(put(writer, &g->states[i], (size_t)(FIRST_STATE + i)));
    for (int i = 0; i < 2; i++) SW_TRY(sw_safetensors_writer_put(writer, others[i], values, sizeof values));
    SW_TRY(each_counter(writer, g, false));
    SW_TRY(sw_safetensors_writer_finish(writer));
done:
    sw_safetensors_writer_destroy(writer);
    return status;
}
