/* Convolutions and batch norms, and the norms folded into the convolutions before them. */
#include <math.h>
#include <stdlib.h>

#include "onnx_export.h"

/* --- folding ----------------------------------------------------------------------------- */

static bool is_convolution(const sw_node *n)
{
    return n->op == &sw_op_conv2d || n->op == &sw_op_depthwise_conv2d || n->op == &sw_op_conv_transpose2d;
}

/* The norm that is the only reader of a convolution's output; NULL: none, or norms are not folded. */
static const sw_node *norm_to_fold(const onnx_export *e, const sw_node *conv)
{
    if (!e->fold_norms || onnx_readers(e, conv->outputs[0]) != 1) return NULL;
    for (const sw_node *n = conv + 1; n < e->graph->nodes + e->graph->node_count; n++)
        if (n->op == &sw_op_batchnorm && n->inputs[0] == conv->outputs[0]) return n;
    return NULL;
}

static bool is_folded(const onnx_export *e, const sw_node *norm)
{
    int producer = e->graph->values[norm->inputs[0]].producer;
    if (producer < 0 || !is_convolution(&e->graph->nodes[producer])) return false;
    return norm_to_fold(e, &e->graph->nodes[producer]) == norm;
}

/* The output channel that weight i belongs to. */
static size_t channel_of(const sw_param *weight, size_t i)
{
    const size_t window = (size_t)weight->dims[2] * (size_t)weight->dims[3], second = (size_t)weight->dims[1];
    return weight->layout == SW_LAYOUT_CONV_TRANSPOSED ? i / window % second : i / (window * second);
}

/* gamma (W x + b - mean) / sqrt(var + eps) + beta, as one convolution: the weights of each channel times its
 * `scale`, and scale (b - mean) + beta. */
static void fold_into(float *weight, float *bias, const sw_param *w, size_t outputs, float *const norm[4],
                      float eps)
{
    const float *gamma = norm[0], *beta = norm[1], *mean = norm[2], *var = norm[3];
    for (size_t i = 0; i < w->elems; i++) {
        const size_t o = channel_of(w, i);
        const double scale = (double)gamma[o] / sqrt((double)var[o] + (double)eps);
        weight[i] = (float)(scale * (double)weight[i]);
    }
    for (size_t o = 0; o < outputs; o++) {
        const double scale = (double)gamma[o] / sqrt((double)var[o] + (double)eps);
        bias[o] = (float)(scale * ((double)bias[o] - (double)mean[o]) + (double)beta[o]);
    }
}

static sw_status add_folded_params(onnx_export *e, const sw_node *conv, const sw_node *norm, int outputs,
                                   int bias_rank)
{
    sw_status status = SW_OK;
    const sw_graph *g = e->graph;
    const sw_param *w = &g->params[conv->params[0]];
    const sw_param *of_norm[] = {&g->params[norm->params[0]], &g->params[norm->params[1]],
                                 &g->states[norm->states[0]], &g->states[norm->states[1]]};
    const sw_batchnorm_attrs *attrs = norm->attrs;
    float *weight = NULL, *bias = NULL, *values[4] = {NULL};
    SW_TRY(onnx_read_param(&weight, e, w));
    if (conv->param_count == 2) {
        SW_TRY(onnx_read_param(&bias, e, &g->params[conv->params[1]]));
    } else if (!(bias = calloc((size_t)outputs, sizeof *bias)))
        SW_TRY(sw_fail_alloc(conv->name, (size_t)outputs * sizeof *bias));
    for (int i = 0; i < 4; i++) SW_TRY(onnx_read_param(&values[i], e, of_norm[i]));
    fold_into(weight, bias, w, (size_t)outputs, values, attrs->eps);
    onnx_floats(&e->out, w->name, w->rank, w->dims, weight);
    onnx_floats(&e->out, onnx_name(e, conv, ".bias"), bias_rank, (const int[]){outputs, 1, 1}, bias);
done:
    free(weight);
    free(bias);
    for (int i = 0; i < 4; i++) free(values[i]);
    return status;
}

/* --- convolutions ------------------------------------------------------------------------ */

/* What a convolution is written as: its own output and parameters, or with a norm's folded into them. */
typedef struct written {
    const sw_node *norm; /* NULL: none is folded */
    const char *output;
    const char *bias; /* NULL: there is none */
} written;

/* Adds the parameters. bias_rank: 1, or 3 for a bias (O,1,1) that is added by itself. */
static sw_status add_params(written *out, onnx_export *e, const sw_node *n, int bias_rank)
{
    const sw_graph *g = e->graph;
    const int outputs = onnx_output_shape(e, n, 0).c;
    float *bias = NULL;
    *out = (written){.norm = norm_to_fold(e, n), .output = onnx_output(e, n, 0)};
    if (out->norm || n->param_count == 2) out->bias = onnx_name(e, n, ".bias");
    if (out->norm) {
        if (!((const sw_batchnorm_attrs *)out->norm->attrs)->relu) out->output = onnx_output(e, out->norm, 0);
        return add_folded_params(e, n, out->norm, outputs, bias_rank);
    }
    SW_ENSURE(onnx_param(e, &g->params[n->params[0]]));
    if (!out->bias) return SW_OK;
    SW_ENSURE(onnx_read_param(&bias, e, &g->params[n->params[1]]));
    onnx_floats(&e->out, out->bias, bias_rank, (const int[]){outputs, 1, 1}, bias);
    free(bias);
    return SW_OK;
}

/* All have windows of odd size, with half of it around the image. 0 for stride or dilation: 1. */
static sw_status add_conv(onnx_export *e, const sw_node *n, int kernel, int stride, int dilation, int groups)
{
    written w;
    if (!stride) stride = 1;
    if (!dilation) dilation = 1;
    SW_ENSURE(add_params(&w, e, n, 1));
    sw_str node = onnx_node_begin("Conv", w.output, onnx_input(e, n, 0));
    onnx_node_input(&node, e->graph->params[n->params[0]].name);
    if (w.bias) onnx_node_input(&node, w.bias);
    onnx_attribute_same(&node, "kernel_shape", 2, kernel);
    onnx_attribute_same(&node, "pads", 4, dilation * (kernel / 2));
    onnx_attribute_same(&node, "strides", 2, stride);
    onnx_attribute_same(&node, "dilations", 2, dilation);
    onnx_attribute_int(&node, "group", groups);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}

sw_status onnx_conv2d(onnx_export *e, const sw_node *n)
{
    const sw_conv2d_attrs *attrs = n->attrs;
    return add_conv(e, n, attrs->kernel, attrs->stride, attrs->dilation, 1);
}

sw_status onnx_depthwise_conv2d(onnx_export *e, const sw_node *n)
{
    const sw_depthwise_conv2d_attrs *attrs = n->attrs;
    return add_conv(e, n, attrs->kernel, attrs->stride, attrs->dilation, onnx_input_shape(e, n, 0).c);
}

/* Rows and columns of a transposed convolution's output behind those that have a full stride. */
typedef struct rest {
    int rows, columns;
} rest;

/* Adds a ConvTranspose that makes `output` and puts no more than `padding` behind its windows. */
static void add_transposed_node(onnx_export *e, const sw_node *n, const char *bias, rest padding,
                                const char *output)
{
    const sw_conv_transpose2d_attrs *attrs = n->attrs;
    sw_str node = onnx_node_begin("ConvTranspose", output, onnx_input(e, n, 0));
    onnx_node_input(&node, e->graph->params[n->params[0]].name);
    if (bias) onnx_node_input(&node, bias);
    onnx_attribute_same(&node, "kernel_shape", 2, attrs->kernel);
    onnx_attribute_same(&node, "strides", 2, attrs->stride);
    onnx_attribute_same(&node, "pads", 4, sw_conv_transpose2d_padding(attrs));
    if (padding.rows || padding.columns)
        onnx_attribute_ints(&node, "output_padding", 2, (const int[]){padding.rows, padding.columns});
    onnx_node_finish(&e->out, &node);
}

/* ONNX takes an output_padding below the stride. What is more holds nothing but the bias: zeros are padded,
 * and the bias is added after that. */
sw_status onnx_conv_transpose2d(onnx_export *e, const sw_node *n)
{
    const sw_conv_transpose2d_attrs *attrs = n->attrs;
    const sw_shape in = onnx_input_shape(e, n, 0), out = onnx_output_shape(e, n, 0);
    const int most = attrs->stride - 1;
    rest padding = {sw_conv_transpose2d_output_padding(attrs, in.h, out.h),
                    sw_conv_transpose2d_output_padding(attrs, in.w, out.w)};
    const rest beyond = {padding.rows > most ? padding.rows - most : 0,
                         padding.columns > most ? padding.columns - most : 0};
    const bool pads = beyond.rows || beyond.columns;
    written w;
    SW_ENSURE(add_params(&w, e, n, pads ? 3 : 1));
    padding.rows -= beyond.rows;
    padding.columns -= beyond.columns;
    if (!pads) {
        add_transposed_node(e, n, w.bias, padding, w.output);
        return SW_OK;
    }
    const char *reached = onnx_name(e, n, ".reached");
    const char *padded = w.bias ? onnx_name(e, n, ".padded") : w.output;
    add_transposed_node(e, n, NULL, padding, reached);
    onnx_pad(e, n, reached, beyond.rows, beyond.columns, "constant", padded);
    if (w.bias) onnx_binary(e, "Add", padded, w.bias, w.output);
    return SW_OK;
}

/* --- norms ------------------------------------------------------------------------------- */

sw_status onnx_batchnorm(onnx_export *e, const sw_node *n)
{
    const sw_graph *g = e->graph;
    const sw_batchnorm_attrs *attrs = n->attrs;
    const char *input = onnx_input(e, n, 0), *output = onnx_output(e, n, 0);
    if (is_folded(e, n)) {
        if (attrs->relu) onnx_simple(e, "Relu", input, output);
        return SW_OK;
    }
    const char *normed = attrs->relu ? onnx_name(e, n, ".norm") : output;
    const sw_param *params[] = {&g->params[n->params[0]], &g->params[n->params[1]], &g->states[n->states[0]],
                                &g->states[n->states[1]]};
    sw_str node = onnx_node_begin("BatchNormalization", normed, input);
    for (int i = 0; i < 4; i++) onnx_node_input(&node, params[i]->name);
    onnx_attribute_float(&node, "epsilon", attrs->eps);
    onnx_node_finish(&e->out, &node);
    for (int i = 0; i < 4; i++) SW_ENSURE(onnx_param(e, params[i]));
    if (attrs->relu) onnx_simple(e, "Relu", normed, output);
    return SW_OK;
}
