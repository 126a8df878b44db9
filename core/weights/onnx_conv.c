/* Convolutions and batch norms, and the norms folded into the convolutions before them. */
#include <math.h>
#include <stdlib.h>

#include "onnx_export.h"

/* --- folding ----------------------------------------------------------------------------- */

static int readers_of(const sw_graph *graph, int value)
{
    int readers = 0;
    for (int i = 0; i < graph->node_count; i++)
        for (int j = 0; j < graph->nodes[i].input_count; j++) readers += graph->nodes[i].inputs[j] == value;
    return readers;
}

/* The norm that is the only reader of a convolution's output; NULL: none, or norms are not folded. */
static const sw_node *norm_to_fold(const onnx_export *e, const sw_node *conv)
{
    if (!e->fold_norms || readers_of(e->graph, conv->outputs[0]) != 1) return NULL;
    for (const sw_node *n = conv + 1; n < e->graph->nodes + e->graph->node_count; n++)
        if (n->op == &sw_op_batchnorm && n->inputs[0] == conv->outputs[0]) return n;
    return NULL;
}

static bool is_folded(const onnx_export *e, const sw_node *norm)
{
    int producer = e->graph->values[norm->inputs[0]].producer;
    if (producer < 0 || e->graph->nodes[producer].op != &sw_op_conv2d) return false;
    return norm_to_fold(e, &e->graph->nodes[producer]) == norm;
}

/* gamma (W x + b - mean) / sqrt(var + eps) + beta, as one convolution: the rows of W times `scale`, and
 * scale (b - mean) + beta. */
static void fold_into(float *weight, float *bias, size_t outputs, size_t row, float *const norm[4], float eps)
{
    const float *gamma = norm[0], *beta = norm[1], *mean = norm[2], *var = norm[3];
    for (size_t o = 0; o < outputs; o++) {
        double scale = (double)gamma[o] / sqrt((double)var[o] + (double)eps);
        for (size_t i = 0; i < row; i++) weight[o * row + i] = (float)(scale * (double)weight[o * row + i]);
        bias[o] = (float)(scale * ((double)bias[o] - (double)mean[o]) + (double)beta[o]);
    }
}

static sw_status add_folded_params(onnx_export *e, const sw_node *conv, const sw_node *norm,
                                   const char *bias_name)
{
    sw_status status = SW_OK;
    const sw_graph *g = e->graph;
    const sw_param *w = &g->params[conv->params[0]];
    const sw_param *of_norm[] = {&g->params[norm->params[0]], &g->params[norm->params[1]],
                                 &g->states[norm->states[0]], &g->states[norm->states[1]]};
    const sw_batchnorm_attrs *attrs = norm->attrs;
    size_t outputs = (size_t)w->dims[0];
    float *weight = NULL, *bias = NULL, *values[4] = {NULL};
    SW_TRY(onnx_read_param(&weight, e, w));
    if (conv->param_count == 2) {
        SW_TRY(onnx_read_param(&bias, e, &g->params[conv->params[1]]));
    } else if (!(bias = calloc(outputs, sizeof *bias)))
        SW_TRY(sw_fail_alloc(bias_name, outputs * sizeof *bias));
    for (int i = 0; i < 4; i++) SW_TRY(onnx_read_param(&values[i], e, of_norm[i]));
    fold_into(weight, bias, outputs, w->elems / outputs, values, attrs->eps);
    onnx_floats(&e->out, w->name, w->rank, w->dims, weight);
    onnx_floats(&e->out, bias_name, 1, w->dims, bias);
done:
    free(weight);
    free(bias);
    for (int i = 0; i < 4; i++) free(values[i]);
    return status;
}

/* --- the ops ----------------------------------------------------------------------------- */

static void add_conv_node(onnx_export *e, const sw_node *n, const char *output, const char *bias, int kernel,
                          int groups)
{
    sw_str node = onnx_node_begin("Conv", output, onnx_input(e, n, 0));
    onnx_node_input(&node, e->graph->params[n->params[0]].name);
    if (bias) onnx_node_input(&node, bias);
    onnx_attribute_ints(&node, "kernel_shape", 2, kernel);
    onnx_attribute_ints(&node, "pads", 4, kernel / 2);
    onnx_attribute_int(&node, "group", groups);
    onnx_node_finish(&e->out, &node);
}

sw_status onnx_conv2d(onnx_export *e, const sw_node *n)
{
    const sw_conv2d_attrs *attrs = n->attrs;
    const sw_node *norm = norm_to_fold(e, n);
    const char *output = onnx_output(e, n, 0), *bias = NULL;
    if (norm) {
        bias = onnx_name(e, n, ".bias");
        SW_ENSURE(add_folded_params(e, n, norm, bias));
        if (!((const sw_batchnorm_attrs *)norm->attrs)->relu) output = onnx_output(e, norm, 0);
    } else {
        for (int i = 0; i < n->param_count; i++) SW_ENSURE(onnx_param(e, &e->graph->params[n->params[i]]));
        if (attrs->bias) bias = e->graph->params[n->params[1]].name;
    }
    add_conv_node(e, n, output, bias, attrs->kernel, 1);
    return SW_OK;
}

sw_status onnx_depthwise_conv2d(onnx_export *e, const sw_node *n)
{
    const sw_depthwise_conv2d_attrs *attrs = n->attrs;
    const sw_param *weight = &e->graph->params[n->params[0]];
    SW_ENSURE(onnx_param(e, weight));
    add_conv_node(e, n, onnx_output(e, n, 0), NULL, attrs->kernel, weight->dims[0]);
    return SW_OK;
}

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
