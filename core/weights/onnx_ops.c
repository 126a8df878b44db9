/* Which op is written by which function, and the ops that take a few lines. */
#include "onnx_export.h"

static sw_status relu(onnx_export *e, const sw_node *n)
{
    onnx_simple(e, "Relu", onnx_input(e, n, 0), onnx_output(e, n, 0));
    return SW_OK;
}

static sw_status sigmoid(onnx_export *e, const sw_node *n)
{
    onnx_simple(e, "Sigmoid", onnx_input(e, n, 0), onnx_output(e, n, 0));
    return SW_OK;
}

static sw_status silu(onnx_export *e, const sw_node *n)
{
    const char *sigmoid_name = onnx_name(e, n, ".sigmoid");
    onnx_simple(e, "Sigmoid", onnx_input(e, n, 0), sigmoid_name);
    onnx_binary(e, "Mul", onnx_input(e, n, 0), sigmoid_name, onnx_output(e, n, 0));
    return SW_OK;
}

static sw_status leaky_relu(onnx_export *e, const sw_node *n)
{
    const sw_leaky_relu_attrs *attrs = n->attrs;
    sw_str node = onnx_node_begin("LeakyRelu", onnx_output(e, n, 0), onnx_input(e, n, 0));
    onnx_attribute_float(&node, "alpha", attrs->slope);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}

/* Does nothing outside training: what reads its output reads its input, and no node is needed. */
static sw_status dropout(onnx_export *e, const sw_node *n)
{
    if (n->outputs[0] == e->logits)
        onnx_simple(e, "Identity", onnx_input(e, n, 0), onnx_output(e, n, 0));
    else
        e->names[n->outputs[0]] = onnx_input(e, n, 0);
    return SW_OK;
}

static sw_status concat(onnx_export *e, const sw_node *n)
{
    sw_str node = onnx_node_begin("Concat", onnx_output(e, n, 0), NULL);
    for (int i = 0; i < n->input_count; i++) onnx_node_input(&node, onnx_input(e, n, i));
    onnx_attribute_int(&node, "axis", 1);
    onnx_node_finish(&e->out, &node);
    return SW_OK;
}

/* Sums of two at a time, in segwork's order. */
static sw_status add(onnx_export *e, const sw_node *n)
{
    static const char *const partial[SW_MAX_INPUTS] = {"",       ".sum_2", ".sum_3", ".sum_4",
                                                       ".sum_5", ".sum_6", ".sum_7", ".sum_8"};
    const sw_add_attrs *attrs = n->attrs;
    const char *sum = onnx_input(e, n, 0);
    for (int i = 1; i < n->input_count; i++) {
        const bool last = i == n->input_count - 1 && !attrs->relu;
        const char *next = last ? onnx_output(e, n, 0) : onnx_name(e, n, partial[i]);
        onnx_binary(e, "Add", sum, onnx_input(e, n, i), next);
        sum = next;
    }
    if (attrs->relu) onnx_simple(e, "Relu", sum, onnx_output(e, n, 0));
    return SW_OK;
}

static sw_status scale(onnx_export *e, const sw_node *n)
{
    onnx_binary(e, "Mul", onnx_input(e, n, 0), onnx_input(e, n, 1), onnx_output(e, n, 0));
    return SW_OK;
}

static sw_status global_average_pool(onnx_export *e, const sw_node *n)
{
    onnx_simple(e, "GlobalAveragePool", onnx_input(e, n, 0), onnx_output(e, n, 0));
    return SW_OK;
}

static const struct {
    const sw_op *op;
    onnx_mapping *write;
} mappings[] = {
    {&sw_op_add, add},
    {&sw_op_average_pool, onnx_average_pool},
    {&sw_op_batchnorm, onnx_batchnorm},
    {&sw_op_bilinear, onnx_bilinear},
    {&sw_op_broadcast, onnx_broadcast},
    {&sw_op_concat, concat},
    {&sw_op_conv2d, onnx_conv2d},
    {&sw_op_conv_transpose2d, onnx_conv_transpose2d},
    {&sw_op_depthwise_conv2d, onnx_depthwise_conv2d},
    {&sw_op_dropout, dropout},
    {&sw_op_global_average_pool, global_average_pool},
    {&sw_op_group_norm, onnx_group_norm},
    {&sw_op_leaky_relu, leaky_relu},
    {&sw_op_local_response_norm, onnx_local_response_norm},
    {&sw_op_max_pool, onnx_max_pool},
    {&sw_op_max_unpool, onnx_max_unpool},
    {&sw_op_relu, relu},
    {&sw_op_scale, scale},
    {&sw_op_sigmoid, sigmoid},
    {&sw_op_silu, silu},
    {&sw_op_upsample, onnx_upsample},
};

sw_status onnx_node(onnx_export *e, const sw_node *n)
{
    if (n->op->is_loss) return SW_OK;
    for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++)
        if (mappings[i].op == n->op) return mappings[i].write(e, n);
    return sw_node_fail(n, "has no counterpart in ONNX here");
}
