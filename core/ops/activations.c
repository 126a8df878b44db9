/* relu, leaky_relu, sigmoid and silu: one implementation, whose kernels have one of them switched on.
 *
 * Backward reads the output where that tells enough: the next layer keeps it anyway, and what lies before
 * need not be there. So in training of convolution, norm, activation and convolution only the first one's
 * output is kept; norm and activation are computed again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "ops/ops.h"
#include "pointwise.h"
#include "storage_options.h"

typedef struct activation {
    const sw_kernel *forward, *backward;
    int vec;
} activation;

static float slope_of(const sw_node *node)
{
    return node->op == &sw_op_leaky_relu ? ((const sw_leaky_relu_attrs *)node->attrs)->slope : 0.0f;
}

/* With a slope below 0 the sign of the output would not be that of the input. */
static sw_status activation_infer(sw_graph *graph, sw_node *node)
{
    const float slope = slope_of(node);
    if (!(slope >= 0.0f && isfinite(slope)))
        return sw_node_fail(node, "slope is %g; it must be a number >= 0", (double)slope);
    return sw_pointwise_infer(graph, node);
}

static void leaky_relu_label(char *text, size_t text_bytes, const sw_node *node)
{
    snprintf(text, text_bytes, "leaky_relu %g", (double)slope_of(node));
}

static const char *macro_of(const sw_op *op)
{
    return op == &sw_op_relu         ? "RELU"
           : op == &sw_op_leaky_relu ? "LEAKY_RELU"
           : op == &sw_op_sigmoid    ? "SIGMOID"
                                     : "SILU";
}

static sw_status activation_prepare(sw_call *call)
{
    activation *a = calloc(1, sizeof *a);
    if (!a) return sw_fail_alloc("an activation", sizeof *a);
    call->prepared = a;
    a->vec = sw_pointwise_vec(call);
    char options[48], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DVEC=%d -D%s%s", a->vec, macro_of(call->node->op), storage);
    SW_ENSURE(sw_kernel_get(&a->forward, call->cl, "activations", "activations_fwd", options));
    return sw_kernel_get(&a->backward, call->cl, "activations", "activations_bwd", options);
}

static sw_status activation_forward(sw_call *call)
{
    const activation *a = call->prepared;
    return SW_CALL_LAUNCH(call, a->forward, sw_pointwise_ndrange(call, a->vec), SW_ARG(call->in[0]),
                          SW_ARG(call->out[0]), SW_ARG(slope_of(call->node)),
                          SW_ARG(sw_pointwise_streams(call)));
}

static sw_status activation_backward(sw_call *call)
{
    const activation *a = call->prepared;
    const cl_mem read = call->node->op->backward_reads_outputs ? call->out[0] : call->in[0];
    if (!call->din[0]) return SW_OK;
    return SW_CALL_LAUNCH(call, a->backward, sw_pointwise_ndrange(call, a->vec), SW_ARG(read),
                          SW_ARG(call->dout[0]), SW_ARG(call->din[0]), SW_ARG(slope_of(call->node)),
                          SW_ARG(call->accumulate[0]));
}

#define HERE sw_leaky_relu_attrs
static const sw_field leaky_relu_fields[] = {
    REAL(slope, "0.01", 1, "What values below 0 are multiplied with"),
};
static const sw_field_table leaky_relu_table = TABLE(leaky_relu_fields);
#undef HERE

/* What they have in common; the rest says what backward reads. */
#define ACTIVATION(op_name, op_help)                                                                         \
    .name = op_name, .help = op_help, .family = SW_FAMILY_ACTIVATION, .input_count = 1, .output_count = 1,   \
    .infer = activation_infer, .gives_gradient = SW_BIT(0), .recomputes = SW_BIT(0),                         \
    .gradient_in_place = true, .takes_bfloat16 = true, .forward_in_place = true,                             \
    .prepare = activation_prepare, .forward = activation_forward, .recompute = activation_forward,           \
    .backward = activation_backward, .release = sw_call_free_prepared

const sw_op sw_op_relu = {
    ACTIVATION("relu", "0 for values below 0"),
    .backward_reads_outputs = SW_BIT(0),
};

const sw_op sw_op_leaky_relu = {
    ACTIVATION("leaky_relu", "values below 0 times a small slope"),
    .label = leaky_relu_label,
    .attr_bytes = sizeof(sw_leaky_relu_attrs),
    .fields = &leaky_relu_table,
    .backward_reads_outputs = SW_BIT(0),
};

const sw_op sw_op_sigmoid = {
    ACTIVATION("sigmoid", "1 / (1 + exp(-x))"),
    .backward_reads_outputs = SW_BIT(0),
};

const sw_op sw_op_silu = {
    ACTIVATION("silu", "x times its sigmoid"),
    .backward_reads_inputs = SW_BIT(0),
};
