/* Parameters, gradients and running statistics on the device; layouts are converted here, at the border. */
#include <stdlib.h>

#include "cl/buffer.h"
#include "exec/executor.h"

/* A slab of zeros and its parts, one for each tensor. The padding between tensors takes part in the
 * optimiser's sweep and stays zero. */
static sw_status make_slab(cl_mem *slab, cl_mem **parts, sw_cl *cl, const sw_param *tensors, int count,
                           size_t elems, const char *what)
{
    SW_ENSURE(sw_buffer_create(slab, cl, elems * sizeof(float), what));
    SW_ENSURE(sw_buffer_fill(cl, *slab, 0, elems * sizeof(float), 0));
    *parts = calloc((size_t)count, sizeof **parts);
    if (!*parts) return sw_fail_alloc(what, (size_t)count * sizeof **parts);
    for (int i = 0; i < count; i++)
        SW_ENSURE(sw_buffer_sub(&(*parts)[i], cl, *slab, tensors[i].offset_elems * sizeof(float),
                                tensors[i].elems * sizeof(float)));
    return SW_OK;
}

sw_status sw_store_init(sw_store *store, sw_cl *cl, const sw_graph *graph, bool with_gradients)
{
    sw_status status = SW_OK;
    *store = (sw_store){.cl = cl,
                        .param_elems = graph->param_elems,
                        .state_elems = graph->state_elems,
                        .param_count = graph->param_count,
                        .state_count = graph->state_count};
    if (graph->param_elems)
        SW_TRY(make_slab(&store->params, &store->param, cl, graph->params, graph->param_count,
                         graph->param_elems, "parameters"));
    if (graph->param_elems && with_gradients)
        SW_TRY(make_slab(&store->grads, &store->grad, cl, graph->params, graph->param_count,
                         graph->param_elems, "gradients"));
    if (graph->state_elems)
        SW_TRY(make_slab(&store->states, &store->state, cl, graph->states, graph->state_count,
                         graph->state_elems, "running statistics"));
done:
    if (status != SW_OK) sw_store_deinit(store);
    return status;
}

static void release_slab(cl_mem *slab, cl_mem *parts, int count)
{
    for (int i = 0; parts && i < count; i++) sw_buffer_release(&parts[i]);
    free(parts);
    sw_buffer_release(slab);
}

void sw_store_deinit(sw_store *store)
{
    release_slab(&store->params, store->param, store->param_count);
    release_slab(&store->grads, store->grad, store->param_count);
    release_slab(&store->states, store->state, store->state_count);
    *store = (sw_store){0};
}

/* Where an element of a convolution's weights is on the device, by its place in files: (a,b,KH,KW) there. */
static size_t place_on_device(const sw_param *param, size_t a, size_t b, size_t tap)
{
    const size_t b_count = (size_t)param->dims[1], taps = (size_t)param->dims[2] * (size_t)param->dims[3];
    if (param->layout == SW_LAYOUT_CONV_TRANSPOSED) return (a * taps + tap) * b_count + b; /* (a,KH,KW,b) */
    return (tap * b_count + b) * (size_t)param->dims[0] + a;                               /* (KH,KW,b,a) */
}

/* From the layout of files to the device's, or back. */
static void convert_conv(float *to, const float *from, const sw_param *param, bool to_device)
{
    const size_t a_count = (size_t)param->dims[0], b_count = (size_t)param->dims[1],
                 taps = (size_t)param->dims[2] * (size_t)param->dims[3];
    for (size_t a = 0; a < a_count; a++)
        for (size_t b = 0; b < b_count; b++)
            for (size_t t = 0; t < taps; t++) {
                const size_t file = (a * b_count + b) * taps + t, device = place_on_device(param, a, b, t);
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
    convert_conv(host, device, param, false);
done:
    free(device);
    return status;
}

sw_status sw_store_write(sw_store *store, cl_mem slab, const sw_param *param, const float *host)
{
    size_t bytes = param->elems * sizeof(float), offset = param->offset_elems * sizeof(float);
    store->changes++;
    if (param->layout == SW_LAYOUT_PLAIN) return sw_buffer_write(store->cl, slab, offset, host, bytes);
    float *device = malloc(bytes);
    if (!device) return sw_fail_alloc(param->name, bytes);
    convert_conv(device, host, param, true);
    sw_status status = sw_buffer_write(store->cl, slab, offset, device, bytes);
    free(device);
    return status;
}

sw_status sw_store_zero_gradients(const sw_store *store)
{
    return sw_buffer_fill(store->cl, store->grads, 0, store->param_elems * sizeof(float), 0);
}
