/* Runs a planned graph on a device: allocates once, then only enqueues.
 *
 * A training executor and an evaluation executor usually share one sw_store (parameters, gradients, running
 * statistics) and one sw_slabs (activation slabs and workspace), since they never run at the same time. */
#ifndef EXEC_EXECUTOR_H
#define EXEC_EXECUTOR_H

#include "cl/device.h"
#include "comm/comm.h"
#include "graph/graph.h"
#include "graph/plan.h"

/* Parameters, their gradients and running statistics of a graph on the device, each contiguous. Two graphs
 * that declare the same parameters in the same order (the training and the evaluation one) can use one store.
 */
typedef struct sw_store {
    sw_cl *cl;
    cl_mem params, grads,
        states; /* slabs of param_elems, param_elems, state_elems floats; states NULL if none */
    size_t param_elems, state_elems;
    /* the parts of the slabs, by parameter and by state; executors on the store share them */
    cl_mem *param, *grad, *state;
    int param_count, state_count;
    /* Of parameters and statistics, so far. Whoever enqueues one counts it, but for the statistics that a
     * training pass updates. */
    uint64_t changes;
} sw_store;

sw_status sw_store_init(sw_store *store, sw_cl *cl, const sw_graph *graph, bool with_gradients) SW_NODISCARD;
void sw_store_deinit(sw_store *store); /* accepts a zeroed one */

/* One tensor between device and host; the host side is always in the file's layout (dims as PyTorch,
 * row-major). `slab` is one of the store's. */
sw_status sw_store_read(const sw_store *store, cl_mem slab, const sw_param *param, float *host) SW_NODISCARD;
sw_status sw_store_write(sw_store *store, cl_mem slab, const sw_param *param, const float *host) SW_NODISCARD;
/* Sets all gradients to zero (enqueued). */
sw_status sw_store_zero_gradients(const sw_store *store) SW_NODISCARD;

/* Slabs and workspace, grown to what the executors made on it need. Create all executors before running any.
 */
typedef struct sw_slabs {
    sw_cl *cl;
    int count;
    cl_mem *buffers; /* NULL before the first bind */
    size_t *bytes;
    int view_count;
    struct sw_slabs_view *views; /* the parts of slabs that tenants live in */
    cl_mem workspace;
    size_t workspace_bytes;
} sw_slabs;

void sw_slabs_init(sw_slabs *slabs, sw_cl *cl);
void sw_slabs_deinit(sw_slabs *slabs);

typedef struct sw_executor sw_executor;

typedef struct sw_executor_options {
    bool training; /* with backward steps */
    /* With `training`: the forward pass is an evaluation's, and the backward pass goes through that. Norms
     * use their running statistics and leave them as they are; nothing is dropped. */
    bool evaluates;
    bool debug_buffers; /* every tenant its own buffer, filled with NaN first; a NaN scan after each step
                           names the node; nothing merged */
    bool check;      /* nothing merged, and after each step, read what it wrote: the first NaN or infinity is
                        SW_E_NUMERIC naming the node */
    const int *keep; /* values the host reads afterwards */
    int keep_count;
    const int *seeds; /* see sw_plan_options */
    int seed_count;
    const int *wants;
    int want_count;
    const bool *frozen;
    sw_comm *comm; /* see sw_call; NULL: norms see this process's images alone */
    /* Without `training`, on a store that no executor trains: keeps from batch to batch what follows from
     * parameters and statistics alone, some of it in memory of its own (sw_executor_kept_bytes). */
    bool keeps;
} sw_executor_options;

/* Plans and prepares every op (programs are built here); nothing is allocated on the device yet. The graph
 * must outlive the executor. */
sw_status sw_executor_create(sw_executor **out, sw_cl *cl, const sw_graph *graph, sw_store *store,
                             sw_slabs *slabs, const sw_executor_options *options) SW_NODISCARD;
/* Allocates the slabs for all executors created on them, then binds this one's buffers. Refuses with
 * SW_E_MEMORY and a hint when it cannot fit. Called once for each executor, after all are created. */
sw_status sw_executor_bind(sw_executor *executor) SW_NODISCARD;
void sw_executor_destroy(sw_executor *executor); /* accepts NULL */

const sw_plan *sw_executor_plan(const sw_executor *executor);
size_t sw_executor_workspace_bytes(const sw_executor *executor);
size_t sw_executor_kept_bytes(const sw_executor *executor); /* see sw_executor_options.keeps */
/* How a node is computed in a direction, where its op has several ways: "winograd", or where its passes
 * differ "gemm/winograd/gemm" (forward, backward-data, backward-weights); else NULL. */
const char *sw_executor_algorithm(const sw_executor *executor, int node, sw_way way);

/* Whether the node before a node does its work as well: in inference a norm after a convolution
 * (sw_op.as_epilogue), in training a pool after a norm (sw_op.absorbs). The value between the two does not
 * exist then. */
bool sw_executor_is_merged(const sw_executor *executor, int node);

/* The buffer of a value (its forward instance) or of its gradient; NULL if it has none. For uploading inputs,
 * reading kept values, and seeding gradients. */
cl_mem sw_executor_value(const sw_executor *executor, int value);
cl_mem sw_executor_gradient(const sw_executor *executor, int value);

/* Says what the random numbers of ops (dropout) are a function of, beside node and place in the batch, until
 * the next call: forward, recompute and backward of a batch must see the same. `step` is below 2^48. An
 * evaluation draws none, unless it is `sampling`, with the number of the sample as `step`. Until the first
 * call seed and step are 0. */
void sw_executor_set_random(sw_executor *executor, uint64_t seed, uint64_t step, bool sampling);

/* Says which images of a batch that several processes share the next passes have: how many others come before
 * them, and whether they count. At first 0 and true. */
void sw_executor_set_place(sw_executor *executor, int first_image, bool counts);

/* Enqueue all forward (backward) steps for the first n images of each buffer. */
sw_status sw_executor_forward(sw_executor *executor, int n) SW_NODISCARD;
static inline sw_status sw_executor_backward(sw_executor *executor, int n) SW_NODISCARD;

/* Enqueues a stretch of the backward pass: the steps from `first` to before `end` of the plan. All steps from
 * plan->first_backward on are enqueued once, in their order. */
sw_status sw_executor_backward_steps(sw_executor *executor, int first, int end, int n) SW_NODISCARD;

static inline sw_status sw_executor_backward(sw_executor *executor, int n)
{
    const sw_plan *plan = sw_executor_plan(executor);
    return sw_executor_backward_steps(executor, plan->first_backward, plan->step_count, n);
}

/* Enqueues the forward steps of the nodes after the one that made `value`, into whose buffer the caller has
 * written something else. The value is a kept one, and so is all that these nodes read of earlier ones. */
sw_status sw_executor_forward_from(sw_executor *executor, int value, int n) SW_NODISCARD;

/* Sets what the gradient of a loss, given by its value, is multiplied by in the backward passes from here on;
 * 1 at first. */
void sw_executor_scale_gradient(sw_executor *executor, int loss, double factor);

/* Runs the forward pass once more, step by step, and finds the first NaN or infinity of this batch: in
 * `where` "parameter '...'" or "the output of conv2d '...'", or an empty string when there is none. Slow; for
 * the message of a failed run. */
sw_status sw_executor_find_nan(sw_executor *executor, int n, char *where, size_t where_bytes) SW_NODISCARD;

#endif
