/* Parameters, gradients and running statistics on the device; layouts are converted here, at the border. */
#include <stdlib.h>

#include "cl/buffer.h"
#include "ops/executor.h"

sw_status sw_store_init(sw_store *store, sw_cl *cl, const sw_graph *graph, bool with_gradients)
{
    sw_status status = SW_OK;
    *store = (sw_store){.cl = cl, .param_elems = graph->param_elems, .state_elems = graph->state_elems};
    if (graph->param_elems) {
        SW_TRY(sw_buffer_create(&store->params, cl, graph->param_elems * sizeof(float), "parameters"));
        /* the padding between tensors takes part in the optimiser's sweep: keep it zero */
        SW_TRY(sw_buffer_fill(cl, store->params, 0, graph->param_elems * sizeof(float), 0));
    }
    if (graph->param_elems && with_gradients) {
        SW_TRY(sw_buffer_create(&store->grads, cl, graph->param_elems * sizeof(float), "gradients"));
        SW_TRY(sw_buffer_fill(cl, store->grads, 0, graph->param_elems * sizeof(float), 0));
    }
    if (graph->state_elems) {
        SW_TRY(
            sw_buffer_create(&store->states, cl, graph->state_elems * sizeof(float), "running statistics"));
        SW_TRY(sw_buffer_fill(cl, store->states, 0, graph->state_elems * sizeof(float), 0));
    }
done:
    if (status != SW_OK) sw_store_deinit(store);
    return status;
}

void sw_store_deinit(sw_store *store)
{
    sw_buffer_release(&store->params);
    sw_buffer_release(&store->grads);
    sw_buffer_release(&store->states);
    *store = (sw_store){0};
}

/* (O,I,KH,KW) as files have it <-> (KH,KW,I,O) as the device has it. */
static void convert_conv(float *to, const float *from, const int *dims, bool to_device)
{
    size_t o_count = (size_t)dims[0], i_count = (size_t)dims[1], taps = (size_t)dims[2] * (size_t)dims[3];
    for (size_t o = 0; o < o_count; o++)
        for (size_t i = 0; i < i_count; i++)
            for (size_t t = 0; t < taps; t++) {
                size_t file = (o * i_count + i) * taps + t, device = (t * i_count + i) * o_count + o;
                if (to_device)
                    to[device] = from[file];
                else
                    to[file] = from[device];
            }
}

sw_status sw_store_read(const sw_store *store, cl_mem slab, const sw_param *param, float *host)
{
    sw_status status = SW_OK;
    size_t bytes = param->elems * sizeof(float), offset = param->offset_elems * sizeof(float);
    if (param->layout == SW_LAYOUT_PLAIN) return sw_buffer_read(store->cl, slab, offset, host, bytes);
    float *device = malloc(bytes);
    if (!device) return sw_fail_alloc(param->name, bytes);
    SW_TRY(sw_buffer_read(store->cl, slab, offset, device, bytes));
    convert_conv(host, device, param->dims, false);
done:
    free(device);
    return status;
}

sw_status sw_store_write(const sw_store *store, cl_mem slab, const sw_param *param, const float *host)
{
    size_t bytes = param->elems * sizeof(float), offset = param->offset_elems * sizeof(float);
    if (param->layout == SW_LAYOUT_PLAIN) return sw_buffer_write(store->cl, slab, offset, host, bytes);
    float *device = malloc(bytes);
    if (!device) return sw_fail_alloc(param->name, bytes);
    convert_conv(device, host, param->dims, true);
    sw_status status = sw_buffer_write(store->cl, slab, offset, device, bytes);
    free(device);
    return status;
}

sw_status sw_store_zero_gradients(const sw_store *store)
{
    return sw_buffer_fill(store->cl, store->grads, 0, store->param_elems * sizeof(float), 0);
}
