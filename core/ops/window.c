#include "window.h"

#include <stdio.h>
#include <stdlib.h>

#include "ops/ops.h"
#include "storage_options.h"

sw_status sw_window_check_floats(const sw_graph *graph, const sw_node *node)
{
    const sw_value *x = sw_node_input(graph, node, 0);
    return x->dtype == SW_F32 ? SW_OK : sw_node_fail(node, "'%s' does not hold floats", x->name);
}

sw_status sw_window_check_steps(const sw_node *node, int stride, int dilation)
{
    if (stride < 0 || stride > 8) return sw_node_fail(node, "the stride is %d; it must be 1 to 8", stride);
    if (dilation < 0 || dilation > 64)
        return sw_node_fail(node, "the dilation is %d; it must be 1 to 64", dilation);
    return SW_OK;
}

/* Windows along a side, as PyTorch counts them; 0: none fits. */
static int count_windows(int side, sw_pool_window p)
{
    int rest = side + 2 * p.padding - p.kernel + (p.ceil ? p.stride - 1 : 0); /* behind the first window */
    if (rest < 0) return 0;
    int count = rest / p.stride + 1;
    bool begins_behind =
        (count - 1) * p.stride >= side + p.padding; /* the last one, in the padding or later */
    return begins_behind ? count - 1 : count;
}

sw_status sw_window_infer_pool(sw_graph *graph, sw_node *node, sw_pool_window window)
{
    const sw_shape s = sw_node_input(graph, node, 0)->shape;
    const int h = count_windows(s.h, window), w = count_windows(s.w, window);
    SW_ENSURE(sw_window_check_floats(graph, node));
    if (h < 1 || w < 1)
        return sw_node_fail(node,
                            "an image of %d x %d has no %dx%d window: use fewer stages or a larger image",
                            s.h, s.w, window.kernel, window.kernel);
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){s.n, h, w, s.c}));
    node->window = window.kernel;
    node->stride = window.stride;
    node->padding = window.padding;
    return SW_OK;
}

sw_status sw_window_infer_half(sw_graph *graph, sw_node *node)
{
    return sw_window_infer_pool(graph, node, (sw_pool_window){.kernel = 2, .stride = 2});
}

/* Whether one side is twice the other, or off by one where that is allowed. */
static bool doubles(int large, int small, bool less, bool more)
{
    return large >= 2 * small - less && large <= 2 * small + more;
}

sw_status sw_window_infer_double(sw_graph *graph, sw_node *node)
{
    const sw_doubled_attrs *attrs = node->attrs;
    return sw_window_infer_back(graph, node, (sw_size){attrs->height, attrs->width}, false, true);
}

sw_status sw_window_infer_back(sw_graph *graph, sw_node *node, sw_size size, bool less, bool more)
{
    const sw_shape s = sw_node_input(graph, node, 0)->shape;
    const int height = size.height ? size.height : 2 * s.h, width = size.width ? size.width : 2 * s.w;
    SW_ENSURE(sw_window_check_floats(graph, node));
    if (!doubles(height, s.h, less, more) || !doubles(width, s.w, less, more)) {
        const int from = less ? -1 : 0, to = more ? 1 : 0;
        return sw_node_fail(node,
                            "height and width of the output are %d and %d; for an input of %d x %d they must "
                            "be %d %s %d and %d %s %d",
                            height, width, s.h, s.w, 2 * s.h + from, to - from > 1 ? "to" : "or",
                            2 * s.h + to, 2 * s.w + from, to - from > 1 ? "to" : "or", 2 * s.w + to);
    }
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){s.n, height, width, s.c}));
    node->upscale = 2;
    return SW_OK;
}

void sw_window_resize(void *attrs, int height, int width)
{
    *(sw_doubled_attrs *)attrs = (sw_doubled_attrs){.height = height, .width = width};
}

sw_status sw_window_prepare_kernels(sw_call *call, sw_window_kernel forward, sw_window_kernel backward,
                                    const char *options, int most_vec)
{
    const char *op = call->node->op->name;
    char text[128], storage[SW_STORAGE_BYTES];
    sw_window *window = calloc(1, sizeof *window);
    if (!window) return sw_fail_alloc(op, sizeof *window);
    call->prepared = window;
    window->vec = sw_call_vec(call, sw_call_in_shape(call, 0).c);
    if (window->vec > most_vec) window->vec = most_vec;
    sw_storage_of(storage, call, forward.turned);
    snprintf(text, sizeof text, "-DVEC=%d%s%s", window->vec, options, storage);
    SW_ENSURE(sw_kernel_get(&window->forward, call->cl, forward.file, forward.name, text));
    sw_storage_of(storage, call, backward.turned);
    snprintf(text, sizeof text, "-DVEC=%d%s%s", window->vec, options, storage);
    return sw_kernel_get(&window->backward, call->cl, backward.file, backward.name, text);
}

sw_status sw_window_prepare_with(sw_call *call, sw_window_kernel backward)
{
    char forward[32];
    snprintf(forward, sizeof forward, "%s_fwd", call->node->op->name);
    return sw_window_prepare_kernels(call, (sw_window_kernel){.file = call->node->op->name, .name = forward},
                                     backward, "", 16);
}

sw_status sw_window_prepare(sw_call *call)
{
    char backward[32];
    snprintf(backward, sizeof backward, "%s_bwd", call->node->op->name);
    return sw_window_prepare_with(call, (sw_window_kernel){.file = call->node->op->name, .name = backward});
}

sw_ndrange sw_window_ndrange(const sw_call *call, sw_shape shape, int vectors)
{
    return sw_call_ndrange(call, (size_t)shape.w * (size_t)vectors, (size_t)shape.n * (size_t)shape.h, false);
}

sw_status sw_window_forward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const sw_shape small = x.h < y.h ? x : y, large = x.h < y.h ? y : x;
    const int vectors = x.c / window->vec;
    return SW_CALL_LAUNCH(call, window->forward, sw_window_ndrange(call, y, vectors), SW_ARG(call->in[0]),
                          SW_ARG(call->out[0]), SW_SIZE_ARGS(small), SW_SIZE_ARGS(large), SW_ARG(vectors));
}

sw_status sw_window_backward(sw_call *call)
{
    const sw_window *window = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const sw_shape small = x.h < y.h ? x : y, large = x.h < y.h ? y : x;
    const int vectors = x.c / window->vec;
    if (!call->din[0]) return SW_OK;
    return SW_CALL_LAUNCH(call, window->backward, sw_window_ndrange(call, x, vectors), SW_ARG(call->dout[0]),
                          SW_ARG(call->din[0]), SW_SIZE_ARGS(small), SW_SIZE_ARGS(large), SW_ARG(vectors),
                          SW_ARG(call->accumulate[0]));
}

sw_status sw_window_spread(sw_call *call, const sw_kernel *kernel, cl_mem values, cl_mem offsets,
                           cl_mem spread, sw_shape small, sw_shape large, bool accumulate)
{
    const sw_window *window = call->prepared;
    const int vectors = small.c / window->vec;
    const sw_shape windows = {large.n, (large.h + 1) / 2, (large.w + 1) / 2, large.c};
    const sw_put put = sw_call_put(call, sw_shape_elems(large), 2 * large.c, accumulate);
    return SW_CALL_LAUNCH(call, kernel, sw_window_ndrange(call, windows, vectors), SW_ARG(values),
                          SW_ARG(offsets), SW_ARG(spread), SW_SIZE_ARGS(small), SW_SIZE_ARGS(large),
                          SW_ARG(vectors), SW_ARG((int)put));
}

int sw_window_words(int channels)
{
    return sw_divide_up_int(channels, 16);
}
