#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/protobuf.h"
#include "onnx_export.h"

/* Field numbers and enumerations of onnx.proto. */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8, MODEL_METADATA = 14 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { GRAPH_NAME = 2, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_ELEM_TYPE = 1, TENSOR_SHAPE = 2 };
enum { SHAPE_DIM = 1, DIM_VALUE = 1, DIM_PARAM = 2 };
/* Of ONNX 1.10 (2021). From opset 14 on, a BatchNormalization has an attribute that says whether it trains.
 */
enum { IR_VERSION = 8, OPSET = 15 };

/* What the file calls its output; a layer of that name that is not the last gets another one. */
#define OUTPUT_NAME "logits"

static void add_value_info(onnx_export *e, int field, const char *name, sw_shape shape)
{
    sw_str info = {0}, type = {0}, tensor = {0}, dims = {0}, dim = {0};
    const int sides[] = {shape.c, shape.h, shape.w};
    sw_protobuf_text(&dim, DIM_PARAM, "batch");
    sw_protobuf_message(&dims, SHAPE_DIM, &dim);
    for (int i = 0; i < 3; i++) {
        sw_protobuf_int(&dim, DIM_VALUE, sides[i]);
        sw_protobuf_message(&dims, SHAPE_DIM, &dim);
    }
    sw_protobuf_int(&tensor, TENSOR_ELEM_TYPE, ONNX_FLOAT);
    sw_protobuf_message(&tensor, TENSOR_SHAPE, &dims);
    sw_protobuf_message(&type, TYPE_TENSOR, &tensor);
    sw_protobuf_text(&info, VALUE_NAME, name);
    sw_protobuf_message(&info, VALUE_TYPE, &type);
    sw_protobuf_message(&e->out, field, &info);
}

static sw_status add_graph(onnx_export *e, const sw_model *model)
{
    const sw_graph *g = e->graph;
    for (int i = 0; i < g->value_count; i++) {
        const char *name = g->values[i].name;
        e->names[i] = strcmp(name, OUTPUT_NAME) == 0 ? OUTPUT_NAME ".of_layer" : name;
    }
    e->names[e->logits] = OUTPUT_NAME;
    sw_protobuf_text(&e->out, GRAPH_NAME, "segwork");
    add_value_info(e, GRAPH_INPUT, e->names[model->images], g->values[model->images].shape);
    add_value_info(e, GRAPH_OUTPUT, OUTPUT_NAME, g->values[model->logits].shape);
    for (int i = 0; i < g->node_count; i++) SW_ENSURE(onnx_node(e, &g->nodes[i]));
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
    onnx_export e = {.graph = &model->graph,
                     .weights = weights,
                     .logits = model->logits,
                     .fold_norms = options->fold_norms,
                     .unpool = options->unpool,
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
