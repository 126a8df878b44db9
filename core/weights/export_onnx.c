#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/protobuf.h"
#include "export_tensors.h"
#include "onnx_message.h"

/* Field numbers and enumerations of onnx.proto. */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8, MODEL_METADATA = 14 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { GRAPH_NAME = 2, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_ELEM_TYPE = 1, TENSOR_SHAPE = 2 };
enum { SHAPE_DIM = 1, DIM_VALUE = 1, DIM_PARAM = 2 };
enum { DATA_FLOAT = 1 };
/* Of ONNX 1.10 (2021). From opset 14 on, a BatchNormalization has an attribute that says whether it trains.
 */
enum { IR_VERSION = 8, OPSET = 15 };

typedef struct exporter {
    const sw_graph *graph;
    const sw_safetensors_reader *weights;
    bool fold_norms;
    const char **names; /* of each value */
    sw_arena arena;     /* of the names */
    sw_str out;         /* GraphProto */
} exporter;

static const char *named(exporter *e, const char *node, const char *suffix)
{
    const char *kept = sw_arena_printf(&e->arena, "%s%s", node, suffix);
    if (!kept) e->out.failed = true; /* reported when the graph is complete */
    return kept ? kept : "";
}

static void add_simple(exporter *e, const char *op, const char *input, const char *output)
{
    sw_str node = onnx_node_begin(op, output, input);
    onnx_node_finish(&e->out, &node);
}

/* --- weights ----------------------------------------------------------------------------- */

static sw_status read_param(float **out, const exporter *e, const sw_param *param)
{
    const sw_safetensors_tensor *tensor = sw_safetensors_reader_find(e->weights, param->name);
    *out = malloc((param->elems + 1) * sizeof(float));
    if (!*out) return sw_fail_alloc(param->name, (param->elems + 1) * sizeof(float));
    sw_status status = sw_safetensors_reader_read_floats(e->weights, tensor, *out);
    if (status != SW_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

static sw_status add_param(exporter *e, const sw_param *param)
{
    float *data = NULL;
    SW_ENSURE(read_param(&data, e, param));
    onnx_floats(&e->out, param->name, param->rank, param->dims, data);
    free(data);
    return SW_OK;
}

/* --- folding ----------------------------------------------------------------------------- */

static int readers_of(const sw_graph *graph, int value)
{
    int readers = 0;
    for (int i = 0; i < graph->node_count; i++)
        for (int j = 0; j < graph->nodes[i].input_count; j++) readers += graph->nodes[i].inputs[j] == value;
    return readers;
}

/* The norm that is the only reader of a convolution's output; NULL: none, or norms are not folded. */
static const sw_node *norm_to_fold(const exporter *e, const sw_node *conv)
{
    if (!e->fold_norms || readers_of(e->graph, conv->outputs[0]) != 1) return NULL;
    for (const sw_node *n = conv + 1; n < e->graph->nodes + e->graph->node_count; n++)
        if (n->op == &sw_op_batchnorm && n->inputs[0] == conv->outputs[0]) return n;
    return NULL;
}

static bool is_folded(const exporter *e, const sw_node *norm)
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

static sw_status add_folded_params(exporter *e, const sw_node *conv, const sw_node *norm,
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
    SW_TRY(read_param(&weight, e, w));
    if (conv->param_count == 2) {
        SW_TRY(read_param(&bias, e, &g->params[conv->params[1]]));
    } else if (!(bias = calloc(outputs, sizeof *bias)))
        SW_TRY(sw_fail_alloc(bias_name, outputs * sizeof *bias));
    for (int i = 0; i < 4; i++) SW_TRY(read_param(&values[i], e, of_norm[i]));
    fold_into(weight, bias, outputs, w->elems / outputs, values, attrs->eps);
    onnx_floats(&e->out, w->name, w->rank, w->dims, weight);
    onnx_floats(&e->out, bias_name, 1, w->dims, bias);
done:
    free(weight);
    free(bias);
    for (int i = 0; i < 4; i++) free(values[i]);
    return status;
}

/* --- operations -------------------------------------------------------------------------- */

static void add_conv_node(exporter *e, const sw_node *n, const char *output, const char *bias, int kernel,
                          int groups)
{
    sw_str node = onnx_node_begin("Conv", output, e->names[n->inputs[0]]);
    onnx_node_input(&node, e->graph->params[n->params[0]].name);
    if (bias) onnx_node_input(&node, bias);
    onnx_attribute_ints(&node, "kernel_shape", 2, kernel);
    onnx_attribute_ints(&node, "pads", 4, kernel / 2);
    onnx_attribute_int(&node, "group", groups);
    onnx_node_finish(&e->out, &node);
}

static sw_status add_conv(exporter *e, const sw_node *n)
{
    const sw_conv2d_attrs *attrs = n->attrs;
    const sw_node *norm = norm_to_fold(e, n);
    const char *output = e->names[n->outputs[0]], *bias = NULL;
    if (norm) {
        bias = named(e, n->name, ".bias");
        SW_ENSURE(add_folded_params(e, n, norm, bias));
        if (!((const sw_batchnorm_attrs *)norm->attrs)->relu) output = e->names[norm->outputs[0]];
    } else {
        for (int i = 0; i < n->param_count; i++) SW_ENSURE(add_param(e, &e->graph->params[n->params[i]]));
        if (attrs->bias) bias = e->graph->params[n->params[1]].name;
    }
    add_conv_node(e, n, output, bias, attrs->kernel, 1);
    return SW_OK;
}

static sw_status add_depthwise(exporter *e, const sw_node *n)
{
    const sw_depthwise_conv2d_attrs *attrs = n->attrs;
    const sw_param *weight = &e->graph->params[n->params[0]];
    sw_status status = add_param(e, weight);
    add_conv_node(e, n, e->names[n->outputs[0]], NULL, attrs->kernel, weight->dims[0]);
    return status;
}

static sw_status add_norm(exporter *e, const sw_node *n)
{
    const sw_graph *g = e->graph;
    const sw_batchnorm_attrs *attrs = n->attrs;
    const char *input = e->names[n->inputs[0]], *output = e->names[n->outputs[0]];
    if (is_folded(e, n)) {
        if (attrs->relu) add_simple(e, "Relu", input, output);
        return SW_OK;
    }
    const char *normed = attrs->relu ? named(e, n->name, ".norm") : output;
    const sw_param *params[] = {&g->params[n->params[0]], &g->params[n->params[1]], &g->states[n->states[0]],
                                &g->states[n->states[1]]};
    sw_str node = onnx_node_begin("BatchNormalization", normed, input);
    for (int i = 0; i < 4; i++) onnx_node_input(&node, params[i]->name);
    onnx_attribute_float(&node, "epsilon", attrs->eps);
    onnx_node_finish(&e->out, &node);
    for (int i = 0; i < 4; i++) SW_ENSURE(add_param(e, params[i]));
    if (attrs->relu) add_simple(e, "Relu", normed, output);
    return SW_OK;
}

static void attributes_2x2(sw_str *node)
{
    onnx_attribute_ints(node, "kernel_shape", 2, 2);
    onnx_attribute_ints(node, "strides", 2, 2);
}

static void add_average_pool(exporter *e, const sw_node *n)
{
    sw_str node = onnx_node_begin("AveragePool", e->names[n->outputs[0]], e->names[n->inputs[0]]);
    attributes_2x2(&node);
    onnx_node_finish(&e->out, &node);
}

/* Indices count through the whole batch, and the unpooling that takes them counts in the same way. It also
 * takes the input's shape, so that any batch size will do. */
static void add_max_pool(exporter *e, const sw_node *n)
{
    const char *input = e->names[n->inputs[0]];
    sw_str node = onnx_node_begin("MaxPool", e->names[n->outputs[0]], NULL);
    onnx_node_output(&node, e->names[n->outputs[1]]);
    onnx_node_input(&node, input);
    attributes_2x2(&node);
    onnx_node_finish(&e->out, &node);
    add_simple(e, "Shape", input, named(e, n->name, ".shape"));
}

static void add_max_unpool(exporter *e, const sw_node *n)
{
    const sw_node *pool = &e->graph->nodes[e->graph->values[n->inputs[1]].producer];
    sw_str node = onnx_node_begin("MaxUnpool", e->names[n->outputs[0]], e->names[n->inputs[0]]);
    onnx_node_input(&node, e->names[n->inputs[1]]);
    onnx_node_input(&node, named(e, pool->name, ".shape"));
    attributes_2x2(&node);
    onnx_node_finish(&e->out, &node);
}

/* Repeats the last row where `more_rows` is 1, and the last column where `more_columns` is. */
static void add_edge(exporter *e, const sw_node *n, const char *input, int more_rows, int more_columns)
{
    const int64_t pads[] = {0, 0, 0, 0, 0, 0, more_rows, more_columns}; /* before N, C, H, W; after them */
    const char *pads_name = named(e, n->name, ".pads");
    onnx_whole_numbers(&e->out, pads_name, 8, pads);
    sw_str node = onnx_node_begin("Pad", e->names[n->outputs[0]], input);
    onnx_node_input(&node, pads_name);
    onnx_attribute_text(&node, "mode", "edge");
    onnx_node_finish(&e->out, &node);
}

/* Doubles the size, and makes it one more where that is odd. */
static void add_upsample(exporter *e, const sw_node *n)
{
    static const float scales[] = {1, 1, 2, 2};
    sw_shape in = e->graph->values[n->inputs[0]].shape, out = e->graph->values[n->outputs[0]].shape;
    const int more_rows = out.h - 2 * in.h, more_columns = out.w - 2 * in.w;
    const bool odd = more_rows || more_columns;
    const char *doubled = odd ? named(e, n->name, ".doubled") : e->names[n->outputs[0]];
    const char *scales_name = named(e, n->name, ".scales");
    onnx_floats(&e->out, scales_name, 1, (const int[]){4}, scales);
    sw_str node = onnx_node_begin("Resize", doubled, e->names[n->inputs[0]]);
    onnx_node_input(&node, ""); /* no region of interest */
    onnx_node_input(&node, scales_name);
    onnx_attribute_text(&node, "mode", "nearest");
    onnx_attribute_text(&node, "coordinate_transformation_mode", "asymmetric");
    onnx_attribute_text(&node, "nearest_mode", "floor");
    onnx_node_finish(&e->out, &node);
    if (odd) add_edge(e, n, doubled, more_rows, more_columns);
}

static sw_status add_node(exporter *e, const sw_node *n)
{
    if (n->op->is_loss) return SW_OK;
    if (n->op == &sw_op_conv2d) return add_conv(e, n);
    if (n->op == &sw_op_depthwise_conv2d) return add_depthwise(e, n);
    if (n->op == &sw_op_batchnorm) return add_norm(e, n);
    if (n->op == &sw_op_upsample)
        add_upsample(e, n);
    else if (n->op == &sw_op_average_pool)
        add_average_pool(e, n);
    else if (n->op == &sw_op_max_pool)
        add_max_pool(e, n);
    else if (n->op == &sw_op_max_unpool)
        add_max_unpool(e, n);
    else
        return sw_node_fail(n, "has no counterpart in ONNX here");
    return SW_OK;
}

/* --- the file ---------------------------------------------------------------------------- */

static void add_value_info(exporter *e, int field, const char *name, sw_shape shape)
{
    sw_str info = {0}, type = {0}, tensor = {0}, dims = {0}, dim = {0};
    const int sides[] = {shape.c, shape.h, shape.w};
    sw_protobuf_text(&dim, DIM_PARAM, "batch");
    sw_protobuf_message(&dims, SHAPE_DIM, &dim);
    for (int i = 0; i < 3; i++) {
        sw_protobuf_int(&dim, DIM_VALUE, sides[i]);
        sw_protobuf_message(&dims, SHAPE_DIM, &dim);
    }
    sw_protobuf_int(&tensor, TENSOR_ELEM_TYPE, DATA_FLOAT);
    sw_protobuf_message(&tensor, TENSOR_SHAPE, &dims);
    sw_protobuf_message(&type, TYPE_TENSOR, &tensor);
    sw_protobuf_text(&info, VALUE_NAME, name);
    sw_protobuf_message(&info, VALUE_TYPE, &type);
    sw_protobuf_message(&e->out, field, &info);
}

static sw_status add_graph(exporter *e, const sw_model *model)
{
    const sw_graph *g = e->graph;
    for (int i = 0; i < g->value_count; i++) e->names[i] = g->values[i].name;
    e->names[model->logits] = "logits";
    sw_protobuf_text(&e->out, GRAPH_NAME, "segwork");
    add_value_info(e, GRAPH_INPUT, e->names[model->images], g->values[model->images].shape);
    add_value_info(e, GRAPH_OUTPUT, e->names[model->logits], g->values[model->logits].shape);
    for (int i = 0; i < g->node_count; i++) SW_ENSURE(add_node(e, &g->nodes[i]));
    return sw_str_status(&e->out);
}

/* Appends the ModelProto up to the graph's own bytes, which come last. */
static void add_model(sw_str *out, size_t graph_bytes, const sw_onnx_options *options)
{
    sw_str opset = {0};
    sw_protobuf_int(out, MODEL_IR_VERSION, IR_VERSION);
    sw_protobuf_text(out, MODEL_PRODUCER, "segwork");
    sw_protobuf_text(&opset, OPSET_DOMAIN, "");
    sw_protobuf_int(&opset, OPSET_VERSION, OPSET);
    sw_protobuf_message(out, MODEL_OPSET, &opset);
    for (size_t i = 0; i < options->note_count; i++) {
        sw_str entry = {0};
        sw_protobuf_text(&entry, ENTRY_KEY, options->notes[i].key);
        sw_protobuf_text(&entry, ENTRY_VALUE, options->notes[i].value);
        sw_protobuf_message(out, MODEL_METADATA, &entry);
    }
    sw_protobuf_bytes_follow(out, MODEL_GRAPH, graph_bytes);
}

static sw_status write_model(const char *path, const sw_str *graph, const sw_onnx_options *options)
{
    sw_status status = SW_OK;
    sw_str model = {0};
    sw_fs_writer writer = {0};
    add_model(&model, graph->length, options);
    SW_TRY(sw_str_status(&model));
    if (model.length + graph->length > INT32_MAX)
        SW_TRY(sw_fail(SW_E_DATA, "%s would be larger than the 2 GiB an ONNX file may have", path));
    SW_TRY(sw_fs_writer_open(&writer, path));
    fwrite(model.text, 1, model.length, writer.stream);
    fwrite(graph->text, 1, graph->length, writer.stream);
    SW_TRY(sw_fs_writer_commit(&writer));
done:
    sw_fs_writer_discard(&writer);
    sw_str_deinit(&model);
    return status;
}

sw_status sw_export_onnx(const char *path, const sw_model *model, const sw_safetensors_reader *weights,
                         const char *weights_path, const sw_onnx_options *options)
{
    sw_status status = SW_OK;
    size_t values = (size_t)model->graph.value_count;
    exporter e = {.graph = &model->graph,
                  .weights = weights,
                  .fold_norms = options->fold_norms,
                  .names = malloc(values * sizeof *e.names)};
    if (!e.names) return sw_fail_alloc("the names of a graph", values * sizeof *e.names);
    SW_TRY(sw_checkpoint_check(e.graph, weights, weights_path));
    SW_TRY(add_graph(&e, model));
    SW_TRY(write_model(path, &e.out, options));
done:
    sw_str_deinit(&e.out);
    sw_arena_deinit(&e.arena);
    free(e.names);
    return status;
}
