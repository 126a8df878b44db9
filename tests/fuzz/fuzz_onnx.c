/* ONNX: the network of any accepted experiment, with weights, written and read back. What is read back is a
 * graph whose nodes read only what was made before them, and which has every name once and its tensors whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/protobuf.h"
#include "config/experiment.h"
#include "fuzz.h"
#include "graph_weights.h"
#include "nn/model.h"
#include "weights/export.h"

enum { MAX_ELEMS = 1 << 16, MAX_FILE = 1 << 26 }; /* larger networks say nothing more */
enum { MODEL_GRAPH = 7, GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, VALUE_NAME = 1, TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8 };
enum { TENSOR_RAW_DATA = 9, TYPE_INT64 = 7 };

static size_t elems_of(const sw_graph *g)
{
    size_t elems = 0;
    for (int i = 0; i < g->param_count; i++) elems += g->params[i].elems;
    for (int i = 0; i < g->state_count; i++) elems += g->states[i].elems;
    return elems;
}

/* --- reading back ---------------------------------------------------------------------------- */

typedef struct names {
    sw_protobuf_field *items; /* texts in the file */
    size_t count, capacity;
} names;

static bool is_known(const names *n, const sw_protobuf_field *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (n->items[i].length == name->length && memcmp(n->items[i].bytes, name->bytes, name->length) == 0)
            return true;
    return false;
}

static void add_name(names *n, const sw_protobuf_field *name)
{
    fuzz_expect(name->length > 0 && !is_known(n, name), "every name is there once");
    if (n->count == n->capacity) {
        n->capacity = 2 * n->capacity + 64;
        n->items = realloc(n->items, n->capacity * sizeof *n->items);
    }
    n->items[n->count++] = *name;
}

/* Calls `visit` for every field of that number, which all have bytes. */
typedef void (*visitor)(names *known, const sw_protobuf_field *field);
static void each(const uint8_t *message, size_t length, int number, visitor visit, names *known)
{
    sw_protobuf_field field;
    while (sw_protobuf_next(&field, &message, &length))
        if (field.number == number) visit(known, &field);
    fuzz_expect(length == 0, "a message is whole");
}

static void add_named_value(names *known, const sw_protobuf_field *info)
{
    each(info->bytes, info->length, VALUE_NAME, add_name, known);
}

static void add_initializer(names *known, const sw_protobuf_field *tensor)
{
    const uint8_t *at = tensor->bytes;
    size_t left = tensor->length, elems = 1, elem_bytes = sizeof(float), data_bytes = 0;
    sw_protobuf_field field;
    while (sw_protobuf_next(&field, &at, &left)) {
        if (field.number == TENSOR_DIMS) elems *= field.value;
        if (field.number == TENSOR_TYPE && field.value == TYPE_INT64) elem_bytes = sizeof(int64_t);
        if (field.number == TENSOR_NAME) add_name(known, &field);
        if (field.number == TENSOR_RAW_DATA) data_bytes = field.length;
    }
    fuzz_expect(left == 0 && data_bytes == elems * elem_bytes, "a tensor is whole");
}

static void expect_known(names *known, const sw_protobuf_field *name)
{
    fuzz_expect(name->length == 0 || is_known(known, name), "a node reads what was made before it");
}

static void add_node(names *known, const sw_protobuf_field *node)
{
    each(node->bytes, node->length, NODE_INPUT, expect_known, known);
    each(node->bytes, node->length, NODE_OUTPUT, add_name, known);
}

static void expect_output(names *known, const sw_protobuf_field *info)
{
    each(info->bytes, info->length, VALUE_NAME, expect_known, known);
}

static void read_graph(names *known, const sw_protobuf_field *graph)
{
    each(graph->bytes, graph->length, GRAPH_INITIALIZER, add_initializer, known);
    each(graph->bytes, graph->length, GRAPH_INPUT, add_named_value, known);
    each(graph->bytes, graph->length, GRAPH_NODE, add_node, known);
    each(graph->bytes, graph->length, GRAPH_OUTPUT, expect_output, known);
}

/* --- the target ------------------------------------------------------------------------------ */

static void export_one(const sw_model *model, const sw_safetensors_reader *weights, const char *path,
                       bool fold_norms, sw_onnx_unpool unpool)
{
    const sw_onnx_options options = {.fold_norms = fold_norms, .unpool = unpool};
    names known = {0};
    char *file = NULL;
    size_t length;
    const sw_status status = sw_export_onnx(path, model, weights, "weights", &options);
    if (status == SW_OK) {
        fuzz_expect(sw_fs_read(&file, &length, path, MAX_FILE) == SW_OK, "the file is there");
        each((const uint8_t *)file, length, MODEL_GRAPH, read_graph, &known);
        fuzz_expect(known.count > 0, "a graph is not empty");
    } else {
        fuzz_expect(status == SW_E_CONFIG, sw_error_message()); /* an op that ONNX does not have */
    }
    free(file);
    free(known.items);
}

static void export_all(const sw_model *model, const char *path)
{
    char weights_path[64], onnx_path[64];
    snprintf(weights_path, sizeof weights_path, "%s.safetensors", path);
    snprintf(onnx_path, sizeof onnx_path, "%s.onnx", path);
    sw_safetensors_reader *weights;
    fuzz_expect(graph_weights_write(weights_path, &model->graph, true) == SW_OK &&
                    sw_safetensors_reader_open(&weights, weights_path) == SW_OK,
                sw_error_message());
    for (int fold = 0; fold < 2; fold++) {
        export_one(model, weights, onnx_path, fold, SW_ONNX_UNPOOL_MAX);
        export_one(model, weights, onnx_path, fold, SW_ONNX_UNPOOL_BASIC);
    }
    sw_safetensors_reader_destroy(weights);
    remove(weights_path);
    remove(onnx_path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    sw_experiment *experiment;
    sw_model model;
    const char *path = fuzz_file(bytes, length);
    if (sw_experiment_load(&experiment, path, NULL) == SW_OK) {
        const sw_model_options options = {.batch = 1, .size = experiment->data.size};
        if (sw_model_build(&model, &experiment->model, &experiment->loss, &options, NULL) == SW_OK) {
            if (elems_of(&model.graph) <= MAX_ELEMS) export_all(&model, path);
            sw_model_deinit(&model);
        }
    }
    sw_experiment_destroy(experiment);
    return 0;
}
