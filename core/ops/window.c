#include "window.h"

#include <stdio.h>
#include <stdlib.h>

sw_status sw_window_prepare(sw_call *call, const char *forward_file, const char *forward_name,
                            const char *backward_file, const char *backward_name)
{
    sw_status status = SW_OK;
    sw_window *window = calloc(1, sizeof *window);
    if (!window) return sw_fail_alloc(call->node->op->name, sizeof *window);
    call->prepared = window;
    window->vec = sw_call_vec(call, sw_call_in_shape(call, 0).c);
    char options[32];
    snprintf(options, sizeof options, "-DVEC=%d", window->vec);
    SW_TRY(sw_kernel_get(&window->forward, call->cl, forward_file, forward_name, options));
    SW_TRY(sw_kernel_get(&window->backward, call->cl, backward_file, backward_name, options));
done:
    return status;
}

void sw_window_release(sw_call *call)
{
    free(call->prepared);
    call->prepared = NULL;
}

sw_status sw_window_spread(sw_call *call, const sw_kernel *kernel, cl_mem values, cl_mem offsets,
                           cl_mem spread, sw_shape small, sw_shape large, bool accumulate)
{
    const sw_window *window = call->prepared;
    const int vectors = small.c / window->vec, columns = (large.w + 1) / 2, rows = (large.h + 1) / 2;
    const size_t elems = (size_t)large.n * (size_t)large.h * (size_t)large.w * (size_t)large.c;
    const sw_put put = sw_call_put(call, elems, 2 * large.c, accumulate);
    const sw_ndrange grid =
        sw_call_ndrange(call, (size_t)columns * (size_t)vectors, (size_t)large.n * (size_t)rows, false);
    return SW_LAUNCH(call->cl, kernel, call->node->name, grid, sw_arg_buffer(values), sw_arg_buffer(offsets),
                     sw_arg_buffer(spread), sw_arg_i32(small.h), sw_arg_i32(small.w), sw_arg_i32(large.h),
                     sw_arg_i32(large.w), sw_arg_i32(vectors), sw_arg_i32((int)put));
}

int sw_window_words(int channels)
{
    return (channels + 15) / 16;
}

sw_status sw_window_check_double(const sw_node *node, sw_shape small, int height, int width)
{
    if (height / 2 == small.h && width / 2 == small.w) return SW_OK;
    return sw_node_fail(node,
                        "height and width of the output are %d and %d; for an input of %d x %d they must be "
                        "%d or %d and %d or %d",
                        height, width, small.h, small.w, 2 * small.h, 2 * small.h + 1, 2 * small.w,
                        2 * small.w + 1);
}
