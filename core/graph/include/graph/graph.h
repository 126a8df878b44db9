/* The network as data: values, parameters and nodes, every shape known, no device.
 *
 * Nodes are appended one at a time; each op's `infer` checks its inputs and declares its outputs, parameters,
 * running statistics and saved values, so that a wrong graph fails where it is written, with shapes in the
 * message. The order of creation is the order of execution; the backward pass is the reverse walk.
 *
 * Activations are dense, channels-last (N,H,W,C), float32, or bfloat16 where sw_graph_narrow says so. N is
 * the largest batch; a run may use fewer images, which are then the first ones of every buffer. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

/* SW_BF16: the upper half of a float, for what is kept of activations; see sw_graph_narrow. */
typedef enum sw_dtype { SW_F32, SW_U32, SW_U8, SW_BF16 } sw_dtype;

typedef struct sw_shape {
    int n, h, w, c;
} sw_shape;

size_t sw_shape_elems(sw_shape s);
size_t sw_shape_pixels(sw_shape s); /* of all images */
bool sw_shape_equal(sw_shape a, sw_shape b);
size_t sw_dtype_bytes(sw_dtype dtype);
/* Whether values are numbers that gradients flow through. */
bool sw_dtype_is_float(sw_dtype dtype);

enum { SW_MAX_INPUTS = 8, SW_MAX_OUTPUTS = 2, SW_MAX_PARAMS = 2, SW_MAX_STATES = 2, SW_MAX_SAVED = 2 };

enum { SW_WINDOW_ALL = 0 };

typedef struct sw_value {
    const char *name;
    sw_dtype dtype;
    sw_shape shape;
    size_t bytes;
    int producer;        /* node, or -1 for an input of the graph */
    int producer_output; /* which of the producer's outputs it is */
    bool needs_grad;
} sw_value;

typedef enum sw_init_kind {
    SW_INIT_ZEROS,
    SW_INIT_ONES,
    SW_INIT_FAN_IN_UNIFORM, /* uniform in +-1/sqrt(fan_in): what PyTorch's Conv2d starts from */
} sw_init_kind;

typedef enum sw_param_layout {
    SW_LAYOUT_PLAIN, /* the device stores it as dims says */
    SW_LAYOUT_CONV, /* dims (O,I,KH,KW) as PyTorch and files; the device stores (KH,KW,I,O), rows of a GEMM */
    SW_LAYOUT_CONV_TRANSPOSED, /* dims (I,O,KH,KW) as PyTorch and files; the device stores (I,KH,KW,O) */
} sw_param_layout;

/* A trained tensor, or a running statistic. Named as PyTorch names it in the reference model's state dict. */
typedef struct sw_param {
    const char *name;
    int rank;
    int dims[4];
    sw_param_layout layout;
    sw_init_kind init;
    int fan_in;
    size_t elems;
    size_t offset_elems; /* in the contiguous slab of parameters, or of running statistics */
} sw_param;

typedef struct sw_op sw_op;

typedef struct sw_node {
    const char *name;
    const sw_op *op;
    const void *attrs; /* the op's own attribute struct, copied into the graph */
    int input_count, output_count, param_count, state_count, saved_count;
    int inputs[SW_MAX_INPUTS], outputs[SW_MAX_OUTPUTS]; /* values */
    int params[SW_MAX_PARAMS];                          /* in sw_graph.params */
    int states[SW_MAX_STATES];                          /* in sw_graph.states */
    size_t saved_bytes[SW_MAX_SAVED];  /* kept from forward to backward: per-channel statistics, sums */
    size_t saved_offset[SW_MAX_SAVED]; /* bytes, in the slab of saved values */
    size_t workspace_bytes;            /* largest scratch memory of any of its passes */
    uint64_t macs;                     /* multiply-adds of one image's forward pass */
    /* What its backward pass reads, as sw_op.backward_reads_...; infer may take bits away that its attributes
     * make needless, so that the planner need not keep those values. */
    unsigned reads_inputs, reads_outputs;
    int window, stride;  /* reach in px per side and step, for receptive fields; 1 and 1 if none; a window of
                            SW_WINDOW_ALL is the whole image */
    int upscale;         /* 2 for a 2x2 unpool, else 1 */
    int padding;         /* px of the reach before the one at i * stride; half of it, or 0 with a stride, if
                            the op does not say */
    bool decides_places; /* a later node reads places, such as max_pool's offsets, that follow from its
                            results: a rounding there may move a value, and much behind it */
} sw_node;

typedef struct sw_graph {
    sw_arena arena;
    sw_value *values;
    sw_node *nodes;
    sw_param *params; /* trained */
    sw_param *states; /* running statistics */
    int value_count, node_count, param_count, state_count;
    size_t param_elems,
        state_elems; /* slab sizes; every tensor starts on a multiple of SW_PARAM_ALIGN_ELEMS */
    size_t saved_bytes;
} sw_graph;

/* Tensors of the parameter slabs start on 512 bytes, so that each can be a sub-buffer on every device we know
 * (OpenCL asks for CL_DEVICE_MEM_BASE_ADDR_ALIGN, 1024 bits on PoCL; 4096 bits on some GPUs). */
enum { SW_PARAM_ALIGN_ELEMS = 128 };

void sw_graph_init(sw_graph *graph);
void sw_graph_deinit(sw_graph *graph);

/* Declares an input value; its index goes to *out. */
sw_status sw_graph_input(int *out, sw_graph *graph, const char *name, sw_dtype dtype,
                         sw_shape shape) SW_NODISCARD;

/* Appends a node: copies `attrs` (op->attr_bytes; NULL: all 0), runs op->infer, and gives the indices of the
 * outputs in `outputs` (op->output_count of them; may be NULL). A misfit is SW_E_CONFIG with node, op and
 * shapes. */
sw_status sw_graph_add(int *outputs, sw_graph *graph, const sw_op *op, const char *name, const void *attrs,
                       int input_count, const int *inputs) SW_NODISCARD;

/* Whether one of the nodes is of this op. */
bool sw_graph_has_op(const sw_graph *graph, const sw_op *op);

/* Trained values only, without alignment padding. */
size_t sw_graph_trained_elems(const sw_graph *graph);
uint64_t sw_graph_macs(const sw_graph *graph); /* of one image's forward pass */

/* Makes a value of floats bfloat16, and so its gradient. For a graph that has no plan yet; all ops that make
 * and read the value must bear it (sw_op.takes_bfloat16). */
void sw_graph_narrow(sw_graph *graph, int value);

/* --- for an op's infer ----------------------------------------------------------------------- */

const sw_value *sw_node_input(const sw_graph *graph, const sw_node *node, int i);
/* Output i is named "<node>" (i = 0) or "<node>.<suffix>". */
sw_status sw_node_add_output(sw_graph *graph, sw_node *node, const char *suffix, sw_dtype dtype,
                             sw_shape shape) SW_NODISCARD;
/* Named "<node's name>.<suffix>". `dims` has `rank` entries. */
sw_status sw_node_add_param(sw_graph *graph, sw_node *node, const char *suffix, sw_param_layout layout,
                            int rank, const int *dims, sw_init_kind init, int fan_in) SW_NODISCARD;
sw_status sw_node_add_state(sw_graph *graph, sw_node *node, const char *suffix, int elems,
                            sw_init_kind init) SW_NODISCARD;
void sw_node_add_saved(sw_graph *graph, sw_node *node, size_t bytes);
/* SW_E_CONFIG "<op> '<node>': <message>". */
sw_status sw_node_fail(const sw_node *node, const char *fmt, ...) SW_PRINTF(2, 3);

/* --- for people ------------------------------------------------------------------------------ */

/* What the node does, in at most 31 characters: "conv2d 3x3", "norm+relu", "max_pool". */
void sw_node_label(char *text, size_t text_bytes, const sw_node *node);

/* The graph in Graphviz' DOT language; *out is freed by the caller. */
sw_status sw_graph_dot(char **out, const sw_graph *graph) SW_NODISCARD;

#endif
