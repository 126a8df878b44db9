/* Norms of one image: over groups of channels, and over neighbouring channels. */
#include <stdlib.h>

#include "onnx_export.h"

/* A parameter of one number a channel, in a shape that is taken for the whole image. */
static sw_status add_channel_param(onnx_export *e, const sw_param *param)
{
    float *values = NULL;
    SW_ENSURE(onnx_read_param(&values, e, param));
    onnx_floats(&e->out, param->name, 3, (const int[]){param->dims[0], 1, 1}, values);
    free(values);
    return SW_OK;
}

/* A norm of each group without weights: InstanceNormalization, for which a group is a channel. */
static sw_status add_plain_norm(onnx_export *e, const sw_node *n, const char *input, const char *output)
{
    const sw_group_norm_attrs *attrs = n->attrs;
    const size_t groups = (size_t)attrs->groups;
    const char *ones_name = onnx_name(e, n, ".ones"), *zeros_name = onnx_name(e, n, ".zeros");
    float *zeros = calloc(groups, 2 * sizeof *zeros), *ones = zeros ? zeros + groups : NULL;
    if (!zeros) return sw_fail_alloc(n->name, 2 * groups * sizeof *zeros);
    for (size_t i = 0; i < groups; i++) ones[i] = 1;
    onnx_floats(&e->out, ones_name, 1, &attrs->groups, ones);
    onnx_floats(&e->out, zeros_name, 1, &attrs->groups, zeros);
    free(zeros);
    sw_str node = onnx_node_begin("InstanceNormalization", output, input);
    onnx_node_input(&node, ones_name);
    onnx_node_input(&node, zeros_name);
    onnx_attribute_float(&node, "epsilon", attrs->eps);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}

sw_status onnx_group_norm(onnx_export *e, const sw_node *n)
{
    const sw_group_norm_attrs *attrs = n->attrs;
    const sw_param *weight = &e->graph->params[n->params[0]], *bias = &e->graph->params[n->params[1]];
    const sw_shape x = onnx_input_shape(e, n, 0);
    const sw_shape grouped = {.c = attrs->groups, .h = x.c / attrs->groups * x.h, .w = x.w};
    const char *output = onnx_output(e, n, 0), *groups = onnx_name(e, n, ".groups");
    const char *normed = onnx_name(e, n, ".normed"), *channels = onnx_name(e, n, ".channels");
    const char *scaled = onnx_name(e, n, ".scaled"), *sum = attrs->relu ? onnx_name(e, n, ".norm") : output;
    onnx_reshape(e, onnx_input(e, n, 0), onnx_name(e, n, ".shape_groups"), grouped, groups);
    SW_ENSURE(add_plain_norm(e, n, groups, normed));
    onnx_reshape(e, normed, onnx_name(e, n, ".shape_channels"), x, channels);
    SW_ENSURE(add_channel_param(e, weight));
    SW_ENSURE(add_channel_param(e, bias));
    onnx_binary(e, "Mul", channels, weight->name, scaled);
    onnx_binary(e, "Add", scaled, bias->name, sum);
    if (attrs->relu) onnx_simple(e, "Relu", sum, output);
    return SW_OK;
}

/* Adds k + alpha/size sum of x[j]^2 with j from c - size/2 to c + (size-1)/2: a convolution of the squares.
 */
static sw_status add_windows_over_channels(onnx_export *e, const sw_node *n, const char *output)
{
    const sw_local_response_norm_attrs *attrs = n->attrs;
    const int channels = onnx_input_shape(e, n, 0).c;
    const size_t count = (size_t)channels * (size_t)channels;
    const char *weight = onnx_name(e, n, ".weight"), *bias = onnx_name(e, n, ".bias");
    const char *squares = onnx_name(e, n, ".squares"), *x = onnx_input(e, n, 0);
    float *weights = calloc(count + (size_t)channels, sizeof *weights);
    if (!weights) return sw_fail_alloc(n->name, count * sizeof *weights);
    for (int c = 0; c < channels; c++) {
        for (int j = c - attrs->size / 2; j <= c + (attrs->size - 1) / 2; j++)
            if (j >= 0 && j < channels) weights[c * channels + j] = attrs->alpha / (float)attrs->size;
        weights[count + (size_t)c] = attrs->k;
    }
    onnx_floats(&e->out, weight, 4, (const int[]){channels, channels, 1, 1}, weights);
    onnx_floats(&e->out, bias, 1, &channels, weights + count);
    free(weights);
    onnx_binary(e, "Mul", x, x, squares);
    sw_str node = onnx_node_begin("Conv", output, squares);
    onnx_node_input(&node, weight);
    onnx_node_input(&node, bias);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}

/* ONNX' LRN, where it is the same for all runtimes. Its windows of even size begin a channel later than here,
 * and OpenVINO 2026.4 takes every k for 1: then other ops. */
sw_status onnx_local_response_norm(onnx_export *e, const sw_node *n)
{
    const sw_local_response_norm_attrs *attrs = n->attrs;
    if (attrs->size % 2 && attrs->k == 1) {
        sw_str node = onnx_node_begin("LRN", onnx_output(e, n, 0), onnx_input(e, n, 0));
        onnx_attribute_int(&node, "size", attrs->size);
        onnx_attribute_float(&node, "alpha", attrs->alpha);
        onnx_attribute_float(&node, "beta", attrs->beta);
        onnx_attribute_float(&node, "bias", attrs->k);
        onnx_node_finish(&e->out, &node);
        return SW_OK;
    }
    const char *sums = onnx_name(e, n, ".sums"), *powers = onnx_name(e, n, ".powers");
    const char *beta = onnx_name(e, n, ".beta");
    SW_ENSURE(add_windows_over_channels(e, n, sums));
    onnx_floats(&e->out, beta, 0, NULL, &attrs->beta);
    onnx_binary(e, "Pow", sums, beta, powers);
    onnx_binary(e, "Div", onnx_input(e, n, 0), powers, onnx_output(e, n, 0));
    return SW_OK;
}
