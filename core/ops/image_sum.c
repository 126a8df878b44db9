#include "image_sum.h"

#include <stdio.h>
#include <stdlib.h>

#include "storage_options.h"

enum { LEAST_CHUNK_PIXELS = 64 };

sw_image_chunks sw_image_chunks_of(sw_shape x)
{
    const int pixels = x.h * x.w;
    int chunk = LEAST_CHUNK_PIXELS;
    while (chunk < pixels / chunk) chunk++; /* as many chunks as a chunk has pixels */
    return (sw_image_chunks){pixels, chunk, sw_divide_up_int(pixels, chunk)};
}

size_t sw_image_sum_workspace_bytes(sw_shape x)
{
    return (size_t)x.n * (size_t)sw_image_chunks_of(x).chunks * (size_t)x.c * sizeof(float);
}

sw_status sw_image_sum_init(sw_image_sum *sum, const sw_call *call, int channels, sw_dtype type)
{
    char options[32], storage[SW_STORAGE_BYTES];
    sum->vec = sw_call_vec(call, channels);
    sw_storage_options(storage, type, SW_F32);
    snprintf(options, sizeof options, "-DVEC=%d%s", sum->vec, storage);
    SW_ENSURE(sw_kernel_get(&sum->partial, call->cl, "image_sum", "image_sum_partial", options));
    SW_ENSURE(sw_kernel_get(&sum->combine, call->cl, "image_sum", "image_sum_combine", options));
    return sw_kernel_get(&sum->spread, call->cl, "image_sum", "image_sum_spread", options);
}

sw_status sw_image_sum_prepare(sw_call *call)
{
    sw_image_sum *sum = calloc(1, sizeof *sum);
    if (!sum) return sw_fail_alloc(call->node->op->name, sizeof *sum);
    call->prepared = sum;
    const sw_value *x = &call->graph->values[call->node->inputs[0]],
                   *y = &call->graph->values[call->node->outputs[0]];
    const sw_value *large = sw_shape_elems(x->shape) > sw_shape_elems(y->shape) ? x : y;
    return sw_image_sum_init(sum, call, sw_call_in_shape(call, 0).c, large->dtype);
}

sw_status sw_image_sum_run(sw_call *call, const sw_image_sum *sum, cl_mem x, sw_shape x_shape, cl_mem y,
                           float factor, bool accumulate)
{
    const sw_image_chunks k = sw_image_chunks_of(x_shape);
    const size_t vectors = (size_t)(x_shape.c / sum->vec), rows = (size_t)x_shape.n * (size_t)k.chunks;
    SW_ENSURE(SW_CALL_LAUNCH(call, sum->partial, sw_call_ndrange(call, vectors, rows, true), SW_ARG(x),
                             SW_ARG(call->workspace), SW_ARG(k.pixels), SW_ARG(k.chunk_pixels),
                             SW_ARG(k.chunks)));
    return sw_image_sum_combine(call, sum, x_shape, y, factor, accumulate);
}

sw_status sw_image_sum_combine(sw_call *call, const sw_image_sum *sum, sw_shape x_shape, cl_mem y,
                               float factor, bool accumulate)
{
    const sw_image_chunks k = sw_image_chunks_of(x_shape);
    const sw_put put = accumulate ? SW_PUT_ADDED : SW_PUT_PLAIN;
    return SW_CALL_LAUNCH(
        call, sum->combine, sw_call_ndrange(call, (size_t)(x_shape.c / sum->vec), (size_t)x_shape.n, true),
        SW_ARG(call->workspace), SW_ARG(y), SW_ARG(k.chunks), SW_ARG(factor), SW_ARG((int)put));
}

sw_status sw_image_sum_spread(sw_call *call, const sw_image_sum *sum, cl_mem x, cl_mem y, sw_shape y_shape,
                              float factor, bool accumulate)
{
    const sw_put put = sw_call_put(call, sw_shape_elems(y_shape), y_shape.c, accumulate);
    return SW_CALL_LAUNCH(
        call, sum->spread,
        sw_call_ndrange(call, (size_t)(y_shape.c / sum->vec), sw_shape_pixels(y_shape), false), SW_ARG(x),
        SW_ARG(y), SW_ARG(sw_image_chunks_of(y_shape).pixels), SW_ARG(factor), SW_ARG((int)put));
}
