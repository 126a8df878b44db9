#include "exported.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "graph_weights.h"
#include "scratch.h"

enum { MAX_NAMES = 512 };

sw_safetensors_reader *exported_weights(const sw_graph *g, bool all)
{
    sw_safetensors_reader *reader;
    const char *path = scratch_path("w.safetensors");
    cr_assert_eq(graph_weights_write(path, g, all), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK, "%s", sw_error_message());
    return reader;
}

/* --- a file and what is in it ------------------------------------------------------------ */

exported exported_of(sw_model model, bool fold, sw_onnx_unpool unpool)
{
    exported e = {.model = model};
    const sw_checkpoint_note note = {"input", "RGB"};
    const sw_onnx_options options = {.fold_norms = fold, .unpool = unpool, .notes = &note, .note_count = 1};
    const char *path = scratch_path("m.onnx");
    size_t length;
    e.weights = exported_weights(&e.model.graph, true);
    cr_assert_eq(sw_export_onnx(path, &e.model, e.weights, "w.safetensors", &options), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_fs_read(&e.file, &length, path, 1 << 24), SW_OK);
    e.all = wire_of(e.file, length);
    e.graph = wire_message_at(e.all, 7, 0);
    return e;
}

void exported_dispose(exported *e)
{
    sw_model_deinit(&e->model);
    sw_safetensors_reader_destroy(e->weights);
    free(e->file);
}

wire_message node_named(const exported *e, const char *name)
{
    for (size_t i = 0; i < wire_count(e->graph, 1); i++) {
        wire_message node = wire_message_at(e->graph, 1, i);
        if (wire_text_is(node, 3, 0, name)) return node;
    }
    cr_assert_fail("no node '%s'", name);
    return (wire_message){0};
}

wire_message attribute_named(wire_message node, const char *name)
{
    for (size_t i = 0; i < wire_count(node, 5); i++) {
        wire_message attribute = wire_message_at(node, 5, i);
        if (wire_text_is(attribute, 1, 0, name)) return attribute;
    }
    cr_assert_fail("no attribute '%s'", name);
    return (wire_message){0};
}

size_t nodes_of(const exported *e, const char *op)
{
    size_t count = 0;
    for (size_t i = 0; i < wire_count(e->graph, 1); i++)
        count += wire_text_is(wire_message_at(e->graph, 1, i), 4, 0, op);
    return count;
}

/* The initializer of that name; without bytes where there is none. */
wire_message tensor_named(const exported *e, const char *name)
{
    for (size_t i = 0; i < wire_count(e->graph, 5); i++)
        if (wire_text_is(wire_message_at(e->graph, 5, i), 8, 0, name)) return wire_message_at(e->graph, 5, i);
    return (wire_message){0};
}

/* The floats of an initializer, freed by the caller; NULL: there is none of that name. */
float *initializer(const exported *e, const char *name, size_t *elems)
{
    wire_message tensor = tensor_named(e, name);
    if (tensor.length == 0) return NULL;
    cr_expect_eq(wire_int(tensor, 2, 0), 1, "data type of %s", name);
    wire_message raw = wire_message_at(tensor, 9, 0);
    *elems = 1;
    for (size_t d = 0; d < wire_count(tensor, 1); d++) *elems *= (size_t)wire_int(tensor, 1, d);
    cr_assert_eq(raw.length, *elems * sizeof(float), "%s", name);
    float *values = malloc(raw.length);
    memcpy(values, raw.bytes, raw.length);
    return values;
}

void expect_connected(const exported *e)
{
    wire_message known[MAX_NAMES];
    size_t count = 0;
    for (size_t i = 0; i < wire_count(e->graph, 5); i++)
        known[count++] = wire_message_at(wire_message_at(e->graph, 5, i), 8, 0);
    known[count++] = wire_message_at(wire_message_at(e->graph, 11, 0), 1, 0);
    for (size_t i = 0; i < wire_count(e->graph, 1); i++) {
        wire_message node = wire_message_at(e->graph, 1, i);
        for (size_t j = 0; j < wire_count(node, 1); j++) {
            wire_message input = wire_message_at(node, 1, j);
            bool found = input.length == 0;
            for (size_t k = 0; !found && k < count; k++) found = wire_same(known[k], input);
            cr_expect(found, "%.*s is used before it is made", (int)input.length, (const char *)input.bytes);
        }
        for (size_t j = 0; j < wire_count(node, 2); j++) {
            wire_message output = wire_message_at(node, 2, j);
            for (size_t k = 0; k < count; k++) cr_expect_not(wire_same(known[k], output), "made twice");
            cr_assert_lt(count, (size_t)MAX_NAMES);
            known[count++] = output;
        }
    }
    wire_message logits = wire_message_at(wire_message_at(e->graph, 12, 0), 1, 0);
    cr_expect(wire_same(logits, known[count - 1]), "the last node makes the output");
}

void expect_ints(wire_message node, const char *name, size_t count, int64_t value)
{
    wire_message attribute = attribute_named(node, name);
    cr_expect_eq(wire_int(attribute, 20, 0), 7, "type of %s", name);
    cr_assert_eq(wire_count(attribute, 8), count, "%s", name);
    for (size_t i = 0; i < count; i++) cr_expect_eq(wire_int(attribute, 8, i), value, "%s", name);
}
