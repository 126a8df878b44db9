/* dropout: the mask is a function of (seed, step, node, place), computed again where it is needed, so that
 * nothing is kept for the backward pass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "base/rng.h"
#include "ops/ops.h"
#include "pointwise.h"
#include "storage_options.h"

typedef struct dropout {
    const sw_kernel *forward, *backward;
    int vec;
} dropout;

static sw_status dropout_infer(sw_graph *graph, sw_node *node)
{
    const sw_dropout_attrs *attrs = node->attrs;
    if (!(attrs->rate >= 0.0f && attrs->rate < 1.0f))
        return sw_node_fail(node, "rate is %g; it must be from 0 to below 1", (double)attrs->rate);
    return sw_pointwise_infer(graph, node);
}

static void dropout_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_dropout_attrs *attrs = node->attrs;
    snprintf(text, text_bytes, "dropout %g%s", (double)attrs->rate,
             attrs->kind == SW_DROPOUT_CHANNELS ? " channels" : "");
}

static sw_status dropout_prepare(sw_call *call)
{
    const sw_dropout_attrs *attrs = call->node->attrs;
    const bool channels = attrs->kind == SW_DROPOUT_CHANNELS;
    dropout *d = calloc(1, sizeof *d);
    if (!d) return sw_fail_alloc("a dropout", sizeof *d);
    call->prepared = d;
    d->vec = channels ? sw_call_vec(call, sw_call_in_shape(call, 0).c) : sw_pointwise_vec(call);
    char options[48], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DVEC=%d -DCHANNELS=%d%s", d->vec, channels, storage);
    SW_ENSURE(sw_kernel_get(&d->forward, call->cl, "dropout", "dropout_apply", options));
    sw_storage_of(storage, call, true);
    snprintf(options, sizeof options, "-DVEC=%d -DCHANNELS=%d%s", d->vec, channels, storage);
    return sw_kernel_get(&d->backward, call->cl, "dropout", "dropout_apply", options);
}

/* The draws that decide: those of this batch and node, or of the sample. */
static uint64_t index_of(const sw_call *call)
{
    return call->step << 16 | (uint64_t)(call->node - call->graph->nodes);
}

static sw_ndrange vectors_of(const sw_call *call)
{
    const dropout *d = call->prepared;
    const sw_dropout_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, 0);
    if (attrs->kind == SW_DROPOUT_ELEMENTS) return sw_pointwise_ndrange(call, d->vec);
    return sw_call_ndrange(call, (size_t)(x.c / d->vec), sw_shape_pixels(x), false);
}

/* In an evaluation without samples values pass as they are, and so do gradients. */
static bool drops(const sw_call *call)
{
    return call->training || call->sampling;
}

/* The draws of the images before these: each image of a batch has its own, whichever process has it. */
static uint32_t draws_before(const sw_call *call)
{
    const dropout *d = call->prepared;
    const sw_dropout_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, 0);
    const int pixels = attrs->kind == SW_DROPOUT_ELEMENTS ? x.h * x.w : 1;
    return (uint32_t)call->first_image * (uint32_t)(pixels * x.c / d->vec);
}

static sw_status drop(sw_call *call, const sw_kernel *kernel, cl_mem from, cl_mem to, bool accumulate)
{
    const sw_dropout_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, 0);
    const uint64_t index = index_of(call);
    const float rate = drops(call) ? attrs->rate : 0.0f;
    const sw_rng_stream stream = call->training ? SW_RNG_DROPOUT : SW_RNG_DROPOUT_SAMPLE;
    return SW_CALL_LAUNCH(call, kernel, vectors_of(call), SW_ARG(from), SW_ARG(to),
                          SW_ARG((uint32_t)call->seed), SW_ARG((uint32_t)(call->seed >> 32)),
                          SW_ARG((uint32_t)index), SW_ARG((uint32_t)(index >> 32)), SW_ARG((uint32_t)stream),
                          SW_ARG((uint32_t)ceilf(rate * 0x1p24f)), SW_ARG(1.0f / (1.0f - rate)),
                          SW_ARG(x.h * x.w), SW_ARG(draws_before(call)), SW_ARG(accumulate));
}

static sw_status dropout_forward(sw_call *call)
{
    const dropout *d = call->prepared;
    const sw_dtype x = call->graph->values[call->node->inputs[0]].dtype,
                   y = call->graph->values[call->node->outputs[0]].dtype;
    if (drops(call) || x != y) return drop(call, d->forward, call->in[0], call->out[0], false);
    if (call->out[0] == call->in[0]) return SW_OK;
    return sw_buffer_copy(call->cl, call->out[0], 0, call->in[0], 0,
                          sw_shape_elems(sw_call_in_shape(call, 0)) * sw_dtype_bytes(x));
}

static sw_status dropout_backward(sw_call *call)
{
    const dropout *d = call->prepared;
    if (!call->din[0]) return SW_OK;
    return drop(call, d->backward, call->dout[0], call->din[0], call->accumulate[0]);
}

static const char *const kind_names[] = {"elements", "channels", NULL};

#define HERE sw_dropout_attrs
static const sw_field dropout_fields[] = {
    REAL(rate, "0.5", 0.99, "Share that is dropped in training; the rest is divided by 1 - rate"),
    CHOICE(kind, "elements", kind_names, "What is dropped: single values, or whole channels of an image"),
};
static const sw_field_table dropout_table = TABLE(dropout_fields);
#undef HERE

const sw_op sw_op_dropout = {
    .name = "dropout",
    .help = "drops a random share of the values or channels in training",
    .family = SW_FAMILY_DROPOUT,
    .label = dropout_label,
    .attr_bytes = sizeof(sw_dropout_attrs),
    .fields = &dropout_table,
    .input_count = 1,
    .output_count = 1,
    .infer = dropout_infer,
    .gives_gradient = SW_BIT(0),
    .recomputes = SW_BIT(0),
    .gradient_in_place = true,
    .takes_bfloat16 = true,
    .forward_in_place = true,
    .prepare = dropout_prepare,
    .forward = dropout_forward,
    .recompute = dropout_forward,
    .backward = dropout_backward,
    .release = sw_call_free_prepared,
};
