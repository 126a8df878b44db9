/* conv_transpose2d: the op. Chooses how to compute, hands it over, and does the gradient of the bias itself.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "conv_transpose.h"
#include "ops/ops.h"
#include "ops/setting.h"
#include "tile_product.h"
#include "window.h"

enum { BIAS_CHUNK_PIXELS = 512, MAX_KERNEL = 16, MIN_STRIDE = 2, MAX_STRIDE = 8 };

typedef struct transposed_prepared {
    const sw_transposed_engine *engine;
    void *plan;
    const sw_kernel *bias_partial, *bias_combine;
} transposed_prepared;

int sw_conv_transpose2d_padding(const sw_conv_transpose2d_attrs *attrs)
{
    return attrs->kernel > attrs->stride ? sw_divide_up_int(attrs->kernel - attrs->stride, 2) : 0;
}

int sw_conv_transpose2d_output_padding(const sw_conv_transpose2d_attrs *attrs, int in, int out)
{
    return out - ((in - 1) * attrs->stride - 2 * sw_conv_transpose2d_padding(attrs) + attrs->kernel);
}

/* --- shapes ------------------------------------------------------------------------------------ */

static sw_status check_attrs(const sw_node *node, const sw_conv_transpose2d_attrs *attrs)
{
    if (attrs->kernel < 1 || attrs->kernel > MAX_KERNEL)
        return sw_node_fail(node, "the window side is %d; it must be 1 to %d", attrs->kernel, MAX_KERNEL);
    if (attrs->stride < MIN_STRIDE || attrs->stride > MAX_STRIDE)
        return sw_node_fail(node, "the stride is %d; it must be %d to %d", attrs->stride, MIN_STRIDE,
                            MAX_STRIDE);
    if (attrs->out_channels < 1) return sw_node_fail(node, "%d output channels", attrs->out_channels);
    return SW_OK;
}

/* The output's height and width: those asked for, where they are the stride times the input's or up to a
 * stride's rest more. */
static sw_status find_size(int *height, int *width, const sw_node *node, sw_shape x)
{
    const sw_conv_transpose2d_attrs *attrs = node->attrs;
    const int stride = attrs->stride;
    if (x.h > INT_MAX / stride || x.w > INT_MAX / stride)
        return sw_node_fail(node, "an image of %d x %d is too large", x.h, x.w);
    *height = attrs->height ? attrs->height : stride * x.h;
    *width = attrs->width ? attrs->width : stride * x.w;
    if (*height / stride == x.h && *width / stride == x.w) return SW_OK;
    return sw_node_fail(node,
                        "height and width of the output are %d and %d; for an input of %d x %d and a stride "
                        "of %d they must be %d to %d and %d to %d",
                        *height, *width, x.h, x.w, stride, stride * x.h, stride * x.h + stride - 1,
                        stride * x.w, stride * x.w + stride - 1);
}

/* Whether an image's columns, and the weights, can be counted in an int. */
static bool is_countable(sw_shape x, uint64_t weights, uint64_t columns)
{
    return weights < INT_MAX && (uint64_t)x.h * (uint64_t)x.w < INT_MAX &&
           (uint64_t)x.h * (uint64_t)x.w * columns < INT_MAX / 2;
}

static sw_status transposed_infer(sw_graph *graph, sw_node *node)
{
    const sw_conv_transpose2d_attrs *attrs = node->attrs;
    const sw_shape x = sw_node_input(graph, node, 0)->shape;
    const int k = attrs->kernel, out = attrs->out_channels;
    int height = 0, width = 0;
    SW_ENSURE(sw_window_check_floats(graph, node));
    SW_ENSURE(check_attrs(node, attrs));
    SW_ENSURE(find_size(&height, &width, node, x));
    const uint64_t columns = (uint64_t)out * (uint64_t)(k * k), weights = (uint64_t)x.c * columns;
    if (!is_countable(x, weights, columns))
        return sw_node_fail(node, "%d x %d pixels times %d output channels times %d x %d are too many", x.h,
                            x.w, out, k, k);
    const int weight_dims[] = {x.c, out, k, k}, fan_in = out * k * k; /* as PyTorch counts: of dims[1] */
    SW_ENSURE(sw_node_add_param(graph, node, "weight", SW_LAYOUT_CONV_TRANSPOSED, 4, weight_dims,
                                SW_INIT_FAN_IN_UNIFORM, fan_in));
    if (attrs->bias)
        SW_ENSURE(
            sw_node_add_param(graph, node, "bias", SW_LAYOUT_PLAIN, 1, &out, SW_INIT_FAN_IN_UNIFORM, fan_in));
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){x.n, height, width, out}));
    node->workspace_bytes = attrs->workspace_cap_bytes; /* about: the device decides */
    node->macs = (uint64_t)x.h * (uint64_t)x.w * weights;
    node->window = sw_divide_up_int(k, attrs->stride);
    node->upscale = attrs->stride;
    return SW_OK;
}

static void transposed_resize(void *attrs, int height, int width)
{
    sw_conv_transpose2d_attrs *a = attrs;
    a->height = height;
    a->width = width;
}

static void transposed_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_conv_transpose2d_attrs *attrs = node->attrs;
    snprintf(text, text_bytes, "conv_transpose2d %dx%d", attrs->kernel, attrs->kernel);
}

static void transposed_adopt(void *attrs, const char *node, const sw_op_setting *setting)
{
    sw_conv_transpose2d_attrs *a = attrs;
    (void)node;
    if (a->out_channels == 0) a->out_channels = setting->classes;
    a->engine = setting->conv_engine;
    a->workspace_cap_bytes = setting->workspace_cap_bytes;
}

/* --- passes ------------------------------------------------------------------------------------ */

static const sw_transposed_engine *choose_engine(const sw_cl *cl, sw_conv_choice asked)
{
    const bool cpu = sw_cl_device(cl)->type == CL_DEVICE_TYPE_CPU;
    const bool tile = asked == SW_CONV_TILE || (asked != SW_CONV_GEMM && !cpu);
    return tile && sw_tile_supports(sw_cl_device(cl)) ? &sw_transposed_tile : &sw_transposed_gemm;
}

static sw_status prepare_bias(transposed_prepared *t, sw_call *call, sw_shape y, sw_dtype y_type)
{
    const sw_conv_shape shape = {.kernel = 1, .y_type = y_type};
    const size_t bytes = sw_divide_up(sw_shape_pixels(y), BIAS_CHUNK_PIXELS) * (size_t)y.c * sizeof(float);
    SW_ENSURE(sw_conv_helper(&t->bias_partial, call, shape, y.c, "conv2d_bias_bwd_partial"));
    SW_ENSURE(sw_conv_helper(&t->bias_combine, call, shape, y.c, "conv2d_combine"));
    call->workspace_bytes = larger(call->workspace_bytes, bytes);
    return SW_OK;
}

static sw_status transposed_prepare(sw_call *call)
{
    const sw_conv_transpose2d_attrs *attrs = call->node->attrs;
    const sw_value *from = &call->graph->values[call->node->inputs[0]],
                   *to = &call->graph->values[call->node->outputs[0]];
    const sw_shape x = from->shape, y = to->shape;
    const sw_transposed_shape shape = {.n = x.n,
                                       .h = x.h,
                                       .w = x.w,
                                       .in_channels = x.c,
                                       .out_channels = y.c,
                                       .kernel = attrs->kernel,
                                       .stride = attrs->stride,
                                       .padding = sw_conv_transpose2d_padding(attrs),
                                       .oh = y.h,
                                       .ow = y.w,
                                       .x_type = from->dtype,
                                       .y_type = to->dtype};
    transposed_prepared *t = calloc(1, sizeof *t);
    if (!t) return sw_fail_alloc("a transposed convolution", sizeof *t);
    call->prepared = t;
    t->engine = choose_engine(call->cl, attrs->engine);
    t->plan = calloc(1, t->engine->plan_bytes);
    if (!t->plan) return sw_fail_alloc("a transposed convolution", t->engine->plan_bytes);
    SW_ENSURE(t->engine->prepare(t->plan, &call->workspace_bytes, call, shape, attrs->workspace_cap_bytes));
    return attrs->bias && call->gradients ? prepare_bias(t, call, y, to->dtype) : SW_OK;
}

static void transposed_release(sw_call *call)
{
    transposed_prepared *t = call->prepared;
    free(t->plan);
    free(t);
    call->prepared = NULL;
}

static const char *engine_name(const sw_call *call, sw_way way)
{
    const transposed_prepared *t = call->prepared;
    const bool backward = way == SW_WAY_BACKWARD_DATA || way == SW_WAY_BACKWARD_WEIGHTS;
    return backward && !call->gradients ? "" : t->engine->name;
}

static sw_status transposed_forward(sw_call *call)
{
    const transposed_prepared *t = call->prepared;
    return t->engine->forward(t->plan, call);
}

static sw_status backward_bias(const transposed_prepared *t, sw_call *call)
{
    const sw_shape y = sw_call_out_shape(call, 0);
    const size_t pixels = sw_shape_pixels(y), chunks = sw_divide_up(pixels, BIAS_CHUNK_PIXELS);
    const size_t vectors = (size_t)y.c / (size_t)sw_call_vec(call, y.c);
    SW_ENSURE(SW_CALL_LAUNCH(call, t->bias_partial, sw_call_ndrange(call, vectors, chunks, true),
                             SW_ARG(call->dout[0]), SW_ARG(call->workspace), SW_ARG(pixels),
                             SW_ARG((uint32_t)BIAS_CHUNK_PIXELS)));
    return SW_CALL_LAUNCH(call, t->bias_combine, sw_call_ndrange(call, (size_t)y.c, 1, true),
                          SW_ARG(call->workspace), SW_ARG(call->dparam[1]), SW_ARG(chunks));
}

static sw_status transposed_backward(sw_call *call)
{
    const transposed_prepared *t = call->prepared;
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_WEIGHTS);
    if (call->node->param_count > 1) SW_ENSURE(backward_bias(t, call));
    return t->engine->backward(t->plan, call);
}

#define HERE sw_conv_transpose2d_attrs
static const sw_field transposed_fields[] = {
    {KEY("width", out_channels, SW_FIELD_INT, NULL,
         "Output channels; multiples of 16 are fastest on CPUs. 0: one a class"),
     .min = 0, .max = 4096},
    INT(kernel, "2", 1, MAX_KERNEL,
        "Side of the window; the padding follows from it, so that the size grows by the stride"),
    INT(stride, "2", MIN_STRIDE, MAX_STRIDE, "How many times the size"),
    BOOL(bias, "true", "Adds a number to each output channel; of no use before a norm"),
};
static const sw_field_table transposed_table = TABLE(transposed_fields);
#undef HERE

const sw_op sw_op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .help = "transposed convolution, its stride times the size",
    .family = SW_FAMILY_TRANSPOSED,
    .label = transposed_label,
    .attr_bytes = sizeof(sw_conv_transpose2d_attrs),
    .fields = &transposed_table,
    .adopt = transposed_adopt,
    .resize = transposed_resize,
    .input_count = 1,
    .output_count = 1,
    .infer = transposed_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .takes_bfloat16 = true,
    .prepare = transposed_prepare,
    .forward = transposed_forward,
    .backward = transposed_backward,
    .algorithm = engine_name,
    .release = transposed_release,
};
