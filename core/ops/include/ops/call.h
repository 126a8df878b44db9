/* What an op's functions get when the executor calls them. */
#ifndef OPS_CALL_H
#define OPS_CALL_H

#include "cl/buffer.h"
#include "cl/device.h"
#include "cl/gemm.h"
#include "cl/launch.h"
#include "cl/profile.h"
#include "comm/comm.h"
#include "graph/graph.h"
#include "graph/op.h"

/* What a profile calls the passes (cl/profile.h). The executor names the first four; an op whose backward
 * pass has two parts worth telling apart names them with sw_profile_pass before it launches them. */
#define SW_PASS_FORWARD          "forward"
#define SW_PASS_RECOMPUTE        "recompute"
#define SW_PASS_BACKWARD         "backward"
#define SW_PASS_INFER            "infer"
#define SW_PASS_BACKWARD_DATA    "backward-data"
#define SW_PASS_BACKWARD_WEIGHTS "backward-weights"
/* Outside the graph. */
#define SW_PASS_UPLOAD  "upload"
#define SW_PASS_UPDATE  "update"
#define SW_PASS_METRICS "metrics"
#define SW_PASS_READ    "read"

/* Norm and ReLU inside another op's kernel: y = (x - mean) istd gamma + beta. In inference a convolution
 * applies them to its results before it writes them; in training a pool merged with the norm before it
 * applies them to what it reads. The operations are the norm's own, so the bits are the same. Values as
 * EPILOGUE_... of cl_kernels/common.clh. */
typedef enum sw_epilogue_kind { SW_EPILOGUE_NONE, SW_EPILOGUE_NORM, SW_EPILOGUE_NORM_RELU } sw_epilogue_kind;

typedef struct sw_epilogue {
    sw_epilogue_kind kind;
    cl_mem stat /* mean (C), then istd (C) */, gamma /* (C) */, beta /* (C) */; /* NULL with NONE */
} sw_epilogue;

/* An epilogue as the last arguments of a launch: EPILOGUE_PARAMETERS of cl_kernels/common.clh. */
#define SW_EPILOGUE_ARGS(e) SW_ARG((int)(e).kind), SW_ARG((e).stat), SW_ARG((e).gamma), SW_ARG((e).beta)

/* Shapes of in/out/din/dout are the node's values' shapes with n replaced by call->n. Handles are NULL where
 * the step does not touch that thing. */
typedef struct sw_call {
    sw_cl *cl;
    const sw_graph *graph;
    const sw_node *node;
    bool training;       /* batch statistics, and dropout; else running statistics */
    bool gradients;      /* backward will be called, after training or after an evaluation */
    int n;               /* images in this batch, at most the graph's */
    uint64_t seed, step; /* of the random numbers of this batch: sw_executor_set_random */
    bool sampling;       /* in evaluation: draw as training does */
    /* Of a batch that several processes share: the images before these, and whether these count. */
    int first_image;
    bool counts;
    sw_comm *comm; /* of norms: statistics are those of the whole batch; NULL: of these images */
    cl_mem in[SW_MAX_INPUTS], out[SW_MAX_OUTPUTS];
    cl_mem din[SW_MAX_INPUTS], dout[SW_MAX_OUTPUTS];
    bool accumulate[SW_MAX_INPUTS];
    cl_mem param[SW_MAX_PARAMS], dparam[SW_MAX_PARAMS]; /* gradients are added to */
    cl_mem state[SW_MAX_STATES];                        /* running statistics */
    cl_mem saved[SW_MAX_SAVED];
    cl_mem workspace;       /* shared by all nodes; nothing survives in it between steps */
    size_t workspace_bytes; /* prepare starts with the node's own figure and may raise it */
    /* In inference, what follows from parameters and running statistics alone and would be computed anew for
     * each batch. Where `keeps`, forward leaves it out while kept_valid, and sets that when it computes it; a
     * change clears it. It lies in a saved value, or in `kept`, of which prepare may ask for kept_bytes. */
    bool keeps, kept_valid;
    size_t kept_bytes;
    cl_mem kept;
    sw_epilogue epilogue; /* forward of an op that takes one */
    const sw_node *next;  /* the node that this one computes too (sw_op.absorbs), whose out and dout these
                             are; or NULL */
    float gradient_scale; /* of a loss: what its gradient is multiplied by */
    void *prepared;       /* what the op's prepare made (kernels) */
} sw_call;

/* Height and width of anything that has an h and a w. */
#define SW_SIZE_ARGS(s) SW_ARG((s).h), SW_ARG((s).w)

/* SW_LAUNCH (cl/launch.h) for the call's node:
 * SW_CALL_LAUNCH(call, kernel, range, SW_ARG(call->in[0]), SW_ARG(n)) */
#define SW_CALL_LAUNCH(call, kernel, range, ...)                                                             \
    SW_LAUNCH((call)->cl, kernel, (call)->node->name, range, __VA_ARGS__)

/* Frees call->prepared: the release of an op that keeps one block there. */
void sw_call_free_prepared(sw_call *call);

/* Shape of input/output i with the run's batch size. */
sw_shape sw_call_in_shape(const sw_call *call, int i);
sw_shape sw_call_out_shape(const sw_call *call, int i);
sw_shape sw_call_next_shape(const sw_call *call, int i); /* of output i of call->next */

/* The channel vector width kernels are built for: the largest power of two that divides the channels, up to
 * the device's width. */
int sw_call_vec(const sw_call *call, int channels);

/* Global size (items along x, rows along y) with work-groups that suit the device: of one item on a CPU,
 * where an item is a long loop (`heavy`), otherwise chosen to divide. For kernels whose items are
 * independent of their work-group. */
sw_ndrange sw_call_ndrange(const sw_call *call, size_t x, size_t y, bool heavy);

/* Whether a result of so many floats is better written past the caches: it would not stay in the last one. */
bool sw_call_streams(const sw_call *call, size_t elems);

/* How a kernel writes a result: PUT_... of cl_kernels/common.clh. */
/* PUT_NOT: of several results, this one is not wanted. */
typedef enum sw_put { SW_PUT_PLAIN, SW_PUT_ADDED, SW_PUT_STREAM, SW_PUT_NOT } sw_put;

/* ADDED where a gradient accumulates, else past the caches where sw_call_streams says so and the kernel
 * writes `side_by_side` floats next to each other at once: past the caches part of a line costs as much as
 * all. */
sw_put sw_call_put(const sw_call *call, size_t elems, int side_by_side, bool accumulate);

/* a / b rounded up: how many of b hold a. No sum of the two is taken, which might overflow. */
static inline size_t sw_divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

/* The same of counts that are ints: images, rows, channels, tiles; none below 0. */
static inline int sw_divide_up_int(int a, int b)
{
    return a / b + (a % b != 0);
}

#endif
