/* The op descriptor: everything about an operation in one place, at the end of its file in core/ops.
 *
 * The graph and the planner read its first half (shapes and traits); the executor calls the second half,
 * whose functions take a sw_call (ops/call.h) that this room never looks into.
 *
 * Traits say what the backward pass reads, so that the planner knows every lifetime without a gradient graph.
 */
#ifndef GRAPH_OP_H
#define GRAPH_OP_H

#include "base/fields.h"
#include "graph/graph.h"

struct sw_call;
struct sw_op_setting;
struct sw_epilogue;

#define SW_BIT(i) (1u << (i))

/* One of an op's passes. An op with a single backward pass gives the same answer for both backward ways. */
typedef enum sw_way { SW_WAY_FORWARD, SW_WAY_BACKWARD_DATA, SW_WAY_BACKWARD_WEIGHTS, SW_WAY_ALL } sw_way;

enum { SW_WAYS = 4 };

/* What kind of layer an op is, for people: what a drawing of a network colours alike. */
typedef enum sw_op_family {
    SW_FAMILY_OTHER, /* losses, which are not drawn */
    SW_FAMILY_CONV,
    SW_FAMILY_DEPTHWISE,
    SW_FAMILY_TRANSPOSED,
    SW_FAMILY_NORM,
    SW_FAMILY_ACTIVATION,
    SW_FAMILY_DROPOUT,
    SW_FAMILY_POOL,
    SW_FAMILY_UNPOOL,
    SW_FAMILY_UPSAMPLE,
    SW_FAMILY_CONCAT,
    SW_FAMILY_SUM,
    SW_FAMILY_PRODUCT,
    SW_FAMILIES
} sw_op_family;

struct sw_op {
    const char *name; /* also the name of the kernel file and of the test */
    const char *help; /* one line */
    sw_op_family family;
    /* The node in a word or two for people: "norm+relu". NULL: its name, with the window where it has one. */
    void (*label)(char *text, size_t text_bytes, const sw_node *node);
    size_t attr_bytes;
    int input_count, output_count;
    int most_inputs; /* of an op that takes input_count inputs or more, up to SW_MAX_INPUTS; 0: input_count */

    /* The options that a layer of an experiment may give (members of the attribute struct, with defaults);
     * NULL: none. Attributes that are not among them are set by `adopt` and `resize`, or are 0. */
    const sw_field_table *fields;
    /* Sets the attributes that come from the network as a whole, such as a convolution's engine, or the
     * epsilon of a norm that was given none (ops/setting.h). `node` is the name of the node to be. NULL:
     * there are none. */
    void (*adopt)(void *attrs, const char *node, const struct sw_op_setting *setting);
    /* Sets height and width of the output, for an op that enlarges to the size of another layer; NULL: the
     * op has no such attributes. */
    void (*resize)(void *attrs, int height, int width);

    /* Pure. Checks the inputs and declares outputs, parameters, states, saved values, workspace, macs. */
    sw_status (*infer)(sw_graph *graph, sw_node *node);

    /* What backward reads, unless infer says that a node needs less (sw_node.reads_inputs, reads_outputs). */
    unsigned backward_reads_inputs;  /* bit i: backward reads input i */
    unsigned backward_reads_outputs; /* bit i: backward reads output i */
    unsigned gives_gradient;         /* bit i: backward can write the gradient of input i */
    unsigned recomputes; /* bit i: `recompute` makes output i again, cheaply and to the same bits */
    bool
        gradient_in_place; /* the gradient of input 0 may be written over that of output 0, also when the same
                              step writes or adds to the gradients of other inputs, or to this one again */
    bool takes_bfloat16;   /* input 0 and output 0 may be SW_BF16, each by itself; of an op with a variable
                              number of inputs all of them alike */
    bool forward_in_place; /* output 0 may be written over input 0, when nothing reads that later; another
                              input may be the same value */
    bool weights_apart;    /* backward can be called for the parameters' gradients alone (call->in is set and
                              call->din is not), and then for the inputs' alone (the other way round) */
    bool is_loss;          /* output 0 is a scalar that training minimises, a mean by weights: */
    /* Of a loss: what an image weighs in the mean, from how many of its pixels have each label. */
    double (*weigh)(const void *attrs, int classes, const uint32_t counts[256]);
    /* The op that this one can do as well in its own passes over memory, in training, if nothing else reads
     * output 0. Then this one's steps write the other's outputs and read the gradient of the other's output
     * 0, and output 0 itself has no memory (call->next, ops/call.h). The other op has one input, which its
     * backward pass does not read, and no parameters; this one's backward pass reads no output. NULL: none.
     */
    const sw_op *absorbs;
    bool (*absorbable)(const sw_node *next); /* whether it can do that node; NULL: any of that op */

    /* Called once per executor: builds programs, chooses algorithms; may raise call->workspace_bytes. */
    sw_status (*prepare)(struct sw_call *call);
    /* Enqueue only: never allocate, build or wait. */
    sw_status (*forward)(struct sw_call *call);
    sw_status (*recompute)(
        struct sw_call *call); /* reads inputs and saved values, leaves running statistics alone */
    /* Adds to parameter gradients; writes (call->accumulate[i]: adds to) the gradient of input i where din[i]
     * != NULL. */
    sw_status (*backward)(struct sw_call *call);
    /* In inference, the op before this one may do its work as it writes, if it goes value by value. Enqueues
     * what that needs and describes the work in *epilogue (ops/call.h). NULL: it cannot be done so. */
    sw_status (*as_epilogue)(struct sw_call *call, struct sw_epilogue *epilogue);
    /* Tells whether forward can do another op's call->epilogue on output 0. NULL: it cannot. */
    bool (*takes_epilogue)(const struct sw_call *call);
    /* What prepare chose among several ways to compute ("winograd"; "gemm/winograd" where it chose by pass;
     * "" for a pass that is not run); NULL where there is only one. */
    const char *(*algorithm)(const struct sw_call *call, sw_way way);
    /* Frees call->prepared; NULL when prepare keeps nothing there. */
    void (*release)(struct sw_call *call);
};

#endif
