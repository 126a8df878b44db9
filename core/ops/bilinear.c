/* bilinear: resizing to any size, as torch.nn.functional.interpolate(mode="bilinear") does it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "ops/ops.h"
#include "storage_options.h"
#include "window.h"

/* How the outputs of an axis lie on its inputs: cl_kernels/bilinear.cl. */
typedef struct axis {
    int step, start, parts, in, out;
    float part;
} axis;

#define AXIS_ARGS(a)                                                                                         \
    SW_ARG((a).step), SW_ARG((a).start), SW_ARG((a).parts), SW_ARG((a).in), SW_ARG((a).out), SW_ARG((a).part)

typedef struct bilinear_kernels {
    const sw_kernel *forward, *backward;
    axis rows, columns;
    bool twice;       /* the kernels are those for exactly twice the size */
    int vec, vectors; /* of a pixel */
    int items;        /* work-items of a pixel */
} bilinear_kernels;

static axis axis_of(int in, int out, bool align_corners)
{
    axis a = {.step = 2 * in, .start = in - out, .parts = 2 * out, .in = in, .out = out};
    if (align_corners) { /* the only output lies on the first input */
        a.step = out > 1 ? in - 1 : 1;
        a.start = 0;
        a.parts = out > 1 ? out - 1 : 1;
    }
    a.part = (float)(1.0 / a.parts);
    return a;
}

/* A whole number of times larger or smaller, the nearest: what describe follows a pixel back with. */
static int nearest_ratio(int large, int small)
{
    return (2 * large + small) / (2 * small);
}

/* Whether places on an axis, in parts of a pixel, can be counted in an int. */
static bool is_countable(int in, int out)
{
    return (uint64_t)in * (uint64_t)out <= INT_MAX / 4;
}

static sw_status bilinear_infer(sw_graph *graph, sw_node *node)
{
    const sw_bilinear_attrs *attrs = node->attrs;
    const sw_shape s = sw_node_input(graph, node, 0)->shape;
    const int64_t height = attrs->height ? attrs->height : (int64_t)attrs->scale * s.h,
                  width = attrs->width ? attrs->width : (int64_t)attrs->scale * s.w;
    SW_ENSURE(sw_window_check_floats(graph, node));
    if (height < 1 || width < 1)
        return sw_node_fail(node, "the output would have %lld x %lld pixels", (long long)height,
                            (long long)width);
    if (height > INT_MAX || width > INT_MAX || !is_countable(s.h, (int)height) ||
        !is_countable(s.w, (int)width))
        return sw_node_fail(node, "%d x %d pixels to %lld x %lld are too many to count", s.h, s.w,
                            (long long)height, (long long)width);
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){s.n, (int)height, (int)width, s.c}));
    node->window = 2;
    node->upscale = (int)height > s.h ? nearest_ratio((int)height, s.h) : 1;
    node->stride = (int)height < s.h ? nearest_ratio(s.h, (int)height) : 1;
    return SW_OK;
}

static void bilinear_resize(void *attrs, int height, int width)
{
    sw_bilinear_attrs *a = attrs;
    a->height = height;
    a->width = width;
}

static void bilinear_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_bilinear_attrs *attrs = node->attrs;
    snprintf(text, text_bytes, "bilinear%s", attrs->align_corners ? " aligned" : "");
}

static sw_status bilinear_prepare(sw_call *call)
{
    const sw_bilinear_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    bilinear_kernels *k = calloc(1, sizeof *k);
    if (!k) return sw_fail_alloc("bilinear resizing", sizeof *k);
    call->prepared = k;
    k->rows = axis_of(x.h, y.h, attrs->align_corners);
    k->columns = axis_of(x.w, y.w, attrs->align_corners);
    k->twice = y.h == 2 * x.h && y.w == 2 * x.w && !attrs->align_corners;
    k->vec = sw_call_vec(call, x.c);
    k->vectors = x.c / k->vec;
    const bool cpu = sw_cl_device(call->cl)->type == CL_DEVICE_TYPE_CPU;
    k->items = cpu ? 1 : k->vectors;
    char options[48], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DVEC=%d -DCHUNK=%d%s", k->vec, cpu ? 4 : 1, storage);
    SW_ENSURE(sw_kernel_get(&k->forward, call->cl, "bilinear",
                            k->twice ? "bilinear_fwd_twice" : "bilinear_fwd", options));
    return sw_kernel_get(&k->backward, call->cl, "bilinear", k->twice ? "bilinear_bwd_twice" : "bilinear_bwd",
                         options);
}

static sw_status bilinear_forward(sw_call *call)
{
    const bilinear_kernels *k = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_out_shape(call, 0);
    const int put = (int)sw_call_put(call, sw_shape_elems(y), k->vec, false);
    if (k->twice)
        return SW_CALL_LAUNCH(call, k->forward, sw_window_ndrange(call, x, k->items), SW_ARG(call->in[0]),
                              SW_ARG(call->out[0]), SW_SIZE_ARGS(x), SW_ARG(k->vectors), SW_ARG(k->items),
                              SW_ARG(put));
    return SW_CALL_LAUNCH(call, k->forward, sw_window_ndrange(call, y, k->items), SW_ARG(call->in[0]),
                          SW_ARG(call->out[0]), AXIS_ARGS(k->rows), AXIS_ARGS(k->columns), SW_ARG(k->vectors),
                          SW_ARG(k->items), SW_ARG(put));
}

static sw_status bilinear_backward(sw_call *call)
{
    const bilinear_kernels *k = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0);
    const int put = (int)sw_call_put(call, sw_shape_elems(x), k->vec, call->accumulate[0]);
    if (!call->din[0]) return SW_OK;
    if (k->twice)
        return SW_CALL_LAUNCH(call, k->backward, sw_window_ndrange(call, x, k->items), SW_ARG(call->dout[0]),
                              SW_ARG(call->din[0]), SW_SIZE_ARGS(x), SW_ARG(k->vectors), SW_ARG(k->items),
                              SW_ARG(put));
    return SW_CALL_LAUNCH(call, k->backward, sw_window_ndrange(call, x, k->items), SW_ARG(call->dout[0]),
                          SW_ARG(call->din[0]), AXIS_ARGS(k->rows), AXIS_ARGS(k->columns), SW_ARG(k->vectors),
                          SW_ARG(k->items), SW_ARG(put));
}

#define HERE sw_bilinear_attrs
static const sw_field bilinear_fields[] = {
    INT(scale, "2", 1, 64, "How many times the size; of no effect where the layer gets the size of another"),
    BOOL(align_corners, "false",
         "The centres of the corner pixels stay where they are, instead of their corners"),
};
static const sw_field_table bilinear_table = TABLE(bilinear_fields);
#undef HERE

const sw_op sw_op_bilinear = {
    .name = "bilinear",
    .help = "any size, by bilinear interpolation",
    .family = SW_FAMILY_UPSAMPLE,
    .label = bilinear_label,
    .attr_bytes = sizeof(sw_bilinear_attrs),
    .fields = &bilinear_table,
    .resize = bilinear_resize,
    .input_count = 1,
    .output_count = 1,
    .infer = bilinear_infer,
    .gives_gradient = SW_BIT(0),
    .recomputes = SW_BIT(0),
    .takes_bfloat16 = true,
    .prepare = bilinear_prepare,
    .forward = bilinear_forward,
    .recompute = bilinear_forward,
    .backward = bilinear_backward,
    .release = sw_call_free_prepared,
};
