/* conv2d: the op. Chooses an engine for each pass, hands it over, and does the bias itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field_macros.h"
#include "conv_engine.h"
#include "ops/setting.h"
#include "window.h"

enum { BIAS_CHUNK_PIXELS = 512 }; /* of one partial sum of the bias gradient */

typedef struct conv_prepared {
    const sw_conv_engine *engine[SW_CONV_PASSES]; /* NULL: the pass is not run */
    void *plan[SW_CONV_PASSES];                   /* one where an engine has several passes */
    char names[SW_CONV_CHOICES_BYTES];            /* of all engines */
    const sw_kernel *bias_fwd, *bias_partial, *bias_combine;
} conv_prepared;

static size_t bias_chunks(size_t pixels)
{
    return sw_divide_up(pixels, BIAS_CHUNK_PIXELS);
}

static sw_status conv2d_infer(sw_graph *graph, sw_node *node)
{
    const sw_conv2d_attrs *attrs = node->attrs;
    sw_shape x = sw_node_input(graph, node, 0)->shape;
    int k = attrs->kernel;
    if (k < 1 || k > 7 || k % 2 == 0)
        return sw_node_fail(node, "the window side is %d; it must be 1, 3, 5 or 7", k);
    SW_ENSURE(sw_window_check_steps(node, attrs->stride, attrs->dilation));
    if (attrs->out_channels < 1) return sw_node_fail(node, "%d output channels", attrs->out_channels);
    const int weight_dims[] = {attrs->out_channels, x.c, k, k};
    int fan_in = x.c * k * k;
    SW_ENSURE(sw_node_add_param(graph, node, "weight", SW_LAYOUT_CONV, 4, weight_dims, SW_INIT_FAN_IN_UNIFORM,
                                fan_in));
    if (attrs->bias)
        SW_ENSURE(sw_node_add_param(graph, node, "bias", SW_LAYOUT_PLAIN, 1, weight_dims,
                                    SW_INIT_FAN_IN_UNIFORM, fan_in));
    const sw_conv_layer layer = sw_conv_layer_from(attrs, x);
    const sw_conv_shape s = sw_conv_shape_of(&layer, x.n);
    SW_ENSURE(
        sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){s.n, s.out_h, s.out_w, s.out_channels}));
    /* an upper bound: what the engine needs is known once there is a device */
    node->workspace_bytes = attrs->workspace_cap_bytes;
    node->macs = (uint64_t)s.out_h * (uint64_t)s.out_w * (uint64_t)fan_in * (uint64_t)s.out_channels;
    node->window = s.dilation * (k - 1) + 1;
    node->stride = s.stride;
    node->padding = node->window / 2;
    return SW_OK;
}

static void conv2d_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_conv2d_attrs *attrs = node->attrs;
    char window[SW_CONV_WINDOW_BYTES];
    sw_conv_window_print(window, attrs->kernel, attrs->stride, attrs->dilation);
    snprintf(text, text_bytes, attrs->kernel > 1 || attrs->stride > 1 ? "conv2d %s" : "conv2d", window);
}

/* One plan for all passes of an engine. */
static sw_status prepare_plans(conv_prepared *c, sw_call *call, sw_conv_shape shape, size_t cap_bytes)
{
    sw_status status = SW_OK;
    call->workspace_bytes = 0;
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        if (!c->engine[p] || c->plan[p]) continue;
        unsigned passes = 0;
        size_t bytes;
        void *plan;
        for (int q = p; q < SW_CONV_PASSES; q++)
            if (c->engine[q] == c->engine[p]) passes |= SW_BIT(q);
        status = sw_conv_plan_create(&plan, &bytes, c->engine[p], call, shape, cap_bytes, passes);
        for (int q = p; q < SW_CONV_PASSES; q++)
            if (passes & SW_BIT(q)) c->plan[q] = plan;
        if (status != SW_OK) goto done;
        call->workspace_bytes = larger(call->workspace_bytes, bytes);
    }
done:
    return status;
}

static sw_status prepare_bias(conv_prepared *c, sw_call *call, sw_conv_shape shape)
{
    int channels = shape.out_channels;
    SW_ENSURE(sw_conv_helper(&c->bias_fwd, call, shape, channels, "conv2d_bias_fwd"));
    SW_ENSURE(sw_conv_helper(&c->bias_partial, call, shape, channels, "conv2d_bias_bwd_partial"));
    SW_ENSURE(sw_conv_helper(&c->bias_combine, call, shape, channels, "conv2d_combine"));
    size_t bytes = bias_chunks(out_pixels(shape)) * (size_t)channels * sizeof(float);
    call->workspace_bytes = larger(call->workspace_bytes, bytes);
    return SW_OK;
}

/* What pins and options ask for. */
static const sw_conv_engine *asked_engine(const sw_call *call, sw_conv_shape shape, sw_conv_pass pass)
{
    const sw_conv2d_attrs *attrs = call->node->attrs;
    for (const sw_conv_engine *const *engine = sw_conv_engines; *engine; engine++)
        if ((*engine)->choice == attrs->pass[pass] &&
            sw_conv_engine_suits(*engine, call->cl, (*engine)->choice, shape, pass))
            return *engine;
    return sw_conv_engine_fixed(call->cl, attrs->engine, shape, pass);
}

static const sw_conv_engine *choose_engine(const sw_call *call, sw_conv_shape shape, sw_conv_pass pass)
{
    const sw_conv2d_attrs *attrs = call->node->attrs;
    const sw_conv_engine *engine = asked_engine(call, shape, pass);
    if (engine->rounds_operands && attrs->exact_places)
        engine = sw_conv_engine_fixed(call->cl, SW_CONV_AUTO, shape, pass);
    const bool exact = attrs->exact_places && call->node->decides_places && pass == SW_CONV_FORWARD;
    return exact && engine->coarse ? sw_conv_engine_exact(call->cl, shape, pass) : engine;
}

static sw_status conv2d_prepare(sw_call *call)
{
    const sw_conv2d_attrs *attrs = call->node->attrs;
    const sw_shape x = call->graph->values[call->node->inputs[0]].shape;
    const sw_conv_layer layer = sw_conv_layer_from(attrs, x);
    sw_conv_shape shape = sw_conv_shape_of(&layer, x.n);
    shape.x_type = call->graph->values[call->node->inputs[0]].dtype;
    shape.y_type = call->graph->values[call->node->outputs[0]].dtype;
    conv_prepared *c = calloc(1, sizeof *c);
    if (!c) return sw_fail_alloc("a convolution", sizeof *c);
    call->prepared = c;
    int end = call->gradients ? SW_CONV_PASSES : SW_CONV_FORWARD + 1;
    for (int p = 0; p < end; p++) c->engine[p] = choose_engine(call, shape, (sw_conv_pass)p);
    SW_ENSURE(prepare_plans(c, call, shape, attrs->workspace_cap_bytes));
    sw_conv_choice choices[SW_CONV_PASSES];
    for (int p = 0; p < SW_CONV_PASSES; p++) choices[p] = c->engine[p < end ? p : SW_CONV_FORWARD]->choice;
    sw_conv_choices_print(c->names, choices);
    if (attrs->bias) SW_ENSURE(prepare_bias(c, call, shape));
    return SW_OK;
}

static void conv2d_release(sw_call *call)
{
    conv_prepared *c = call->prepared;
    for (int p = SW_CONV_PASSES - 1; p >= 0; p--) {
        bool shared = false;
        for (int q = 0; q < p; q++) shared |= c->plan[q] == c->plan[p];
        if (!shared) free(c->plan[p]);
    }
    free(c);
}

static const char *engine_names(const sw_call *call, sw_way way)
{
    static const sw_conv_pass pass_of[] = {[SW_WAY_FORWARD] = SW_CONV_FORWARD,
                                           [SW_WAY_BACKWARD_DATA] = SW_CONV_BACKWARD_DATA,
                                           [SW_WAY_BACKWARD_WEIGHTS] = SW_CONV_BACKWARD_WEIGHTS};
    const conv_prepared *c = call->prepared;
    if (way == SW_WAY_ALL) return c->names;
    return c->engine[pass_of[way]] ? c->engine[pass_of[way]]->name : "";
}

/* Not with a bias, which is added later. */
static bool conv2d_takes_epilogue(const sw_call *call)
{
    const conv_prepared *c = call->prepared;
    return c->engine[SW_CONV_FORWARD]->takes_epilogue && sw_call_out_shape(call, 0).c % 16 == 0 &&
           call->node->param_count == 1;
}

static sw_status run_pass(sw_call *call, sw_conv_pass pass)
{
    const conv_prepared *c = call->prepared;
    return sw_conv_run(c->engine[pass], c->plan[pass], call, pass);
}

static sw_status conv2d_forward(sw_call *call)
{
    const conv_prepared *c = call->prepared;
    SW_ENSURE(run_pass(call, SW_CONV_FORWARD));
    if (call->node->param_count > 1) {
        int channels = sw_call_out_shape(call, 0).c;
        size_t ov = (size_t)channels / (size_t)sw_call_vec(call, channels);
        SW_ENSURE(SW_CALL_LAUNCH(call, c->bias_fwd, sw_call_ndrange(call, ov, sw_conv_pixels(call), false),
                                 SW_ARG(call->out[0]), SW_ARG(call->param[1])));
    }
    return SW_OK;
}

static sw_status backward_bias(sw_call *call)
{
    const conv_prepared *c = call->prepared;
    int channels = sw_call_out_shape(call, 0).c;
    size_t pixels = sw_conv_pixels(call), chunks = bias_chunks(pixels);
    size_t ov = (size_t)channels / (size_t)sw_call_vec(call, channels);
    SW_ENSURE(SW_CALL_LAUNCH(call, c->bias_partial, sw_call_ndrange(call, ov, chunks, true),
                             SW_ARG(call->dout[0]), SW_ARG(call->workspace), SW_ARG(pixels),
                             SW_ARG((uint32_t)BIAS_CHUNK_PIXELS)));
    return SW_CALL_LAUNCH(call, c->bias_combine, sw_call_ndrange(call, (size_t)channels, 1, true),
                          SW_ARG(call->workspace), SW_ARG(call->dparam[1]), SW_ARG(chunks));
}

static sw_status conv2d_backward(sw_call *call)
{
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_WEIGHTS);
    if (call->in[0]) SW_ENSURE(run_pass(call, SW_CONV_BACKWARD_WEIGHTS));
    if (call->in[0] && call->node->param_count > 1) SW_ENSURE(backward_bias(call));
    sw_profile_pass(call->cl, SW_PASS_BACKWARD_DATA);
    if (call->din[0]) SW_ENSURE(run_pass(call, SW_CONV_BACKWARD_DATA));
    return SW_OK;
}

bool sw_conv2d_takes_bfloat16(const sw_graph *graph, const sw_node *node, const sw_device_info *device)
{
    const sw_shape x = graph->values[node->inputs[0]].shape;
    const sw_conv_layer layer = sw_conv_layer_from(node->attrs, x);
    if (!device || device->type == CL_DEVICE_TYPE_CPU) return true; /* gemm */
    return sw_conv_tile_fits(device, sw_conv_shape_of(&layer, x.n));
}

static void conv2d_adopt(void *attrs, const char *node, const sw_op_setting *setting)
{
    sw_conv2d_attrs *a = attrs;
    a->engine = setting->conv_engine;
    a->exact_places = setting->exact_places;
    a->workspace_cap_bytes = setting->workspace_cap_bytes;
    if (a->out_channels == 0) a->out_channels = setting->classes;
    const sw_conv_pin *pin =
        setting->conv_pins && a->engine == SW_CONV_AUTO ? sw_conv_pins_find(setting->conv_pins, node) : NULL;
    if (pin) memcpy(a->pass, pin->pass, sizeof a->pass);
}

#define HERE sw_conv2d_attrs
static const sw_field conv2d_fields[] = {
    {KEY("width", out_channels, SW_FIELD_INT, NULL,
         "Output channels; multiples of 16 are fastest on CPUs. 0: one a class"),
     .min = 0, .max = 4096},
    INT(kernel, "3", 1, 7, "Side of the window, odd; padding keeps the image size, but for the stride"),
    INT(stride, "1", 1, 8, "Computes every n-th pixel of every n-th row: 2 halves the image"),
    INT(dilation, "1", 1, 64, "Pixels from one tap of the window to the next; padding grows with it"),
    BOOL(bias, "false", "Adds a number to each output channel; of no use before a norm"),
};
static const sw_field_table conv2d_table = TABLE(conv2d_fields);
#undef HERE

const sw_op sw_op_conv2d = {
    .name = "conv2d",
    .help = "convolution with a square odd window, strided and dilated if asked, zero padding",
    .family = SW_FAMILY_CONV,
    .label = conv2d_label,
    .attr_bytes = sizeof(sw_conv2d_attrs),
    .fields = &conv2d_table,
    .adopt = conv2d_adopt,
    .input_count = 1,
    .output_count = 1,
    .infer = conv2d_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .weights_apart = true,
    .prepare = conv2d_prepare,
    .forward = conv2d_forward,
    .backward = conv2d_backward,
    .takes_epilogue = conv2d_takes_epilogue,
    .algorithm = engine_names,
    .release = conv2d_release,
};
