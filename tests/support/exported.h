/* Models written as ONNX, with weights that follow from a rule, and what is in the files. */
#ifndef EXPORTED_H
#define EXPORTED_H

#include "weights/export.h"
#include "wire.h"

/* A file that graph_weights_write wrote. */
sw_safetensors_reader *exported_weights(const sw_graph *g, bool all);

/* An exported model: the file's bytes and the GraphProto in them. */
typedef struct exported {
    sw_model model;
    sw_safetensors_reader *weights;
    char *file;
    wire_message all, graph;
} exported;

/* Writes the model, which goes over to the result. */
exported exported_of(sw_model model, bool fold, sw_onnx_unpool unpool);
void exported_dispose(exported *e);

/* What is not there fails the test. */
wire_message node_named(const exported *e, const char *name);
wire_message attribute_named(wire_message node, const char *name);
size_t nodes_of(const exported *e, const char *op);
/* The initializer of that name; without bytes where there is none. */
wire_message tensor_named(const exported *e, const char *name);
/* The floats of an initializer, freed by the caller; NULL: there is none of that name. */
float *initializer(const exported *e, const char *name, size_t *elems);

/* Every input is made before it is used, no name is made twice, and the last node makes the output. */
void expect_connected(const exported *e);
/* An attribute of so many whole numbers, all the same. */
void expect_ints(wire_message node, const char *name, size_t count, int64_t value);

#endif
