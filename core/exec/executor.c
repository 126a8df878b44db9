#include "exec/executor.h"

#include <stdio.h>
#include <stdlib.h>

#include "finite.h"
#include "ops/call.h"
#include "slabs.h"

enum { NAN_PATTERN = 0x7fc07fc0 }; /* as a float, and as two bfloat16 */

struct sw_executor {
    sw_cl *cl;
    const sw_graph *graph;
    sw_store *store;
    sw_slabs *slabs;
    bool debug_buffers, check, evaluates, keeps;
    sw_plan *plan;
    sw_call *calls;  /* by node */
    int *partner;    /* by node: of two nodes that run as one, each names the other; -1: runs by itself */
    cl_mem *tenants; /* by tenant: its part of a slab; borrowed from the slabs */
    cl_mem saved;    /* slab of saved values; training only */
    size_t workspace_bytes, kept_bytes;
    uint64_t kept_changes; /* of the store's parameters, when what is kept was last valid */
    uint64_t seed, step;   /* see sw_executor_set_random */
    bool sampling;
    int first_image; /* see sw_executor_set_place */
    bool counts, bound;
    sw_comm *comm;
};

/* --- creation -------------------------------------------------------------------------------- */

static sw_status prepare_nodes(sw_executor *e)
{
    for (int i = 0; i < e->graph->node_count; i++) {
        sw_call *call = &e->calls[i];
        const sw_node *node = &e->graph->nodes[i];
        const int next = e->plan->next[i];
        *call = (sw_call){.cl = e->cl,
                          .graph = e->graph,
                          .node = node,
                          .training = e->plan->training && !e->evaluates,
                          .gradients = e->plan->training,
                          .n = e->graph->values[node->outputs[0]].shape.n,
                          .workspace_bytes = node->workspace_bytes,
                          .keeps = e->keeps,
                          .next = next >= 0 ? &e->graph->nodes[next] : NULL,
                          .comm = e->comm,
                          .gradient_scale = 1.0f};
        if (node->input_count) call->n = e->graph->values[node->inputs[0]].shape.n;
        if (node->op->prepare && !sw_plan_absorbed(e->plan, e->graph, i))
            SW_ENSURE(sw_fail_in(node->op->prepare(call), "%s '%s'", node->op->name, node->name));
        if (call->workspace_bytes > e->workspace_bytes) e->workspace_bytes = call->workspace_bytes;
        e->kept_bytes += call->kept_bytes;
    }
    return SW_OK;
}

static int count_readers(const sw_graph *graph, int value)
{
    int count = 0;
    for (int n = 0; n < graph->node_count; n++)
        for (int i = 0; i < graph->nodes[n].input_count; i++) count += graph->nodes[n].inputs[i] == value;
    return count;
}

/* In inference an op that would overwrite its input in place, value by value, is left to the op that makes
 * the input, where that can do it while it writes. */
static sw_status find_partners(sw_executor *e)
{
    const sw_graph *graph = e->graph;
    e->partner = malloc((size_t)graph->node_count * sizeof *e->partner);
    if (!e->partner) return sw_fail_alloc("an executor", (size_t)graph->node_count * sizeof *e->partner);
    for (int n = 0; n < graph->node_count; n++) e->partner[n] = -1;
    if (e->plan->training || e->debug_buffers || e->check) return SW_OK; /* those look at every result */
    for (int n = 0; n < graph->node_count; n++) {
        const sw_node *node = &graph->nodes[n];
        const sw_step *step = &e->plan->steps[n];
        if (!node->op->as_epilogue || step->out[0] != step->in[0] ||
            count_readers(graph, node->inputs[0]) > 1)
            continue;
        int maker = graph->values[node->inputs[0]].producer;
        const sw_op *op = graph->nodes[maker].op;
        if (!op->takes_epilogue || !op->takes_epilogue(&e->calls[maker])) continue;
        e->partner[n] = maker;
        e->partner[maker] = n;
    }
    return SW_OK;
}

sw_status sw_executor_create(sw_executor **out, sw_cl *cl, const sw_graph *graph, sw_store *store,
                             sw_slabs *slabs, const sw_executor_options *options)
{
    sw_status status = SW_OK;
    *out = NULL;
    sw_executor *e = calloc(1, sizeof *e);
    if (!e) return sw_fail_alloc("an executor", sizeof *e);
    *e = (sw_executor){.cl = cl,
                       .graph = graph,
                       .store = store,
                       .slabs = slabs,
                       .debug_buffers = options->debug_buffers,
                       .check = options->check,
                       .evaluates = options->evaluates,
                       .counts = true,
                       .comm = options->comm,
                       .keeps = options->keeps && !options->training};
    e->calls = calloc((size_t)graph->node_count, sizeof *e->calls);
    if (!e->calls) SW_TRY(sw_fail_alloc("an executor", (size_t)graph->node_count * sizeof *e->calls));
    const sw_device_info *device = sw_cl_device(cl);
    sw_plan_options plan_options = {.training = options->training,
                                    .separate = options->debug_buffers,
                                    .max_slab_bytes = (size_t)device->max_alloc_bytes,
                                    .align_bytes = device->base_align_bytes,
                                    .keep = options->keep,
                                    .keep_count = options->keep_count,
                                    .seeds = options->seeds,
                                    .seed_count = options->seed_count,
                                    .wants = options->wants,
                                    .want_count = options->want_count,
                                    .frozen = options->frozen};
    SW_TRY(sw_plan_create(&e->plan, graph, &plan_options));
    SW_TRY(prepare_nodes(e));
    SW_TRY(find_partners(e));
    SW_TRY(sw_slabs_grow(slabs, e->plan, e->workspace_bytes));
    *out = e;
    e = NULL;
done:
    sw_executor_destroy(e);
    return status;
}

/* --- binding --------------------------------------------------------------------------------- */

static void bind_tensors(cl_mem *out, const int *indices, int count, const cl_mem *parts)
{
    for (int i = 0; i < count && parts; i++) out[i] = parts[indices[i]];
}

static sw_status bind_nodes(sw_executor *e)
{
    const sw_store *store = e->store;
    for (int n = 0; n < e->graph->node_count; n++) {
        sw_call *call = &e->calls[n];
        const sw_node *node = call->node;
        bind_tensors(call->param, node->params, node->param_count, store->param);
        if (e->plan->training) bind_tensors(call->dparam, node->params, node->param_count, store->grad);
        bind_tensors(call->state, node->states, node->state_count, store->state);
        for (int i = 0; i < node->saved_count; i++)
            SW_ENSURE(
                sw_buffer_sub(&call->saved[i], e->cl, e->saved, node->saved_offset[i], node->saved_bytes[i]));
        if (call->kept_bytes)
            SW_ENSURE(sw_buffer_create(&call->kept, e->cl, call->kept_bytes, "kept values"));
        call->workspace = e->slabs->workspace;
        call->workspace_bytes = e->slabs->workspace_bytes;
    }
    return SW_OK;
}

sw_status sw_executor_bind(sw_executor *e)
{
    SW_ENSURE(sw_slabs_allocate(e->slabs));
    if (e->graph->saved_bytes)
        SW_ENSURE(sw_buffer_create(&e->saved, e->cl, e->graph->saved_bytes, "saved values"));
    SW_ENSURE(bind_nodes(e));
    e->tenants = calloc((size_t)e->plan->tenant_count, sizeof *e->tenants);
    if (!e->tenants)
        SW_ENSURE(sw_fail_alloc("an executor", (size_t)e->plan->tenant_count * sizeof *e->tenants));
    for (int i = 0; i < e->plan->tenant_count; i++)
        e->tenants[i] = sw_slabs_view(e->slabs, &e->plan->tenants[i]);
    e->bound = true;
    return SW_OK;
}

void sw_executor_destroy(sw_executor *e)
{
    if (!e) return;
    for (int n = 0; e->calls && n < e->graph->node_count; n++) {
        sw_call *call = &e->calls[n];
        if (!call->node) break; /* creation stopped here */
        if (call->node->op->release && call->prepared) call->node->op->release(call);
        for (int i = 0; i < SW_MAX_SAVED; i++) sw_buffer_release(&call->saved[i]);
        sw_buffer_release(&call->kept);
    }
    sw_buffer_release(&e->saved);
    sw_plan_destroy(e->plan);
    free(e->tenants);
    free(e->partner);
    free(e->calls);
    free(e);
}

const sw_plan *sw_executor_plan(const sw_executor *e)
{
    return e->plan;
}

size_t sw_executor_workspace_bytes(const sw_executor *e)
{
    return e->workspace_bytes;
}

size_t sw_executor_kept_bytes(const sw_executor *e)
{
    return e->kept_bytes;
}

const char *sw_executor_algorithm(const sw_executor *e, int node, sw_way way)
{
    const sw_op *op = e->graph->nodes[node].op;
    return op->algorithm ? op->algorithm(&e->calls[node], way) : NULL;
}

bool sw_executor_is_merged(const sw_executor *e, int node)
{
    return (e->partner[node] >= 0 && e->partner[node] < node) || sw_plan_absorbed(e->plan, e->graph, node);
}

static cl_mem tenant_buffer(const sw_executor *e, int tenant)
{
    return tenant < 0 ? NULL : e->tenants[tenant];
}

cl_mem sw_executor_value(const sw_executor *e, int value)
{
    return tenant_buffer(e, e->plan->forward_tenant[value]);
}

cl_mem sw_executor_gradient(const sw_executor *e, int value)
{
    return tenant_buffer(e, e->plan->gradient_tenant[value]);
}

/* --- running --------------------------------------------------------------------------------- */

void sw_executor_set_random(sw_executor *e, uint64_t seed, uint64_t step, bool sampling)
{
    e->seed = seed;
    e->step = step;
    e->sampling = sampling;
}

void sw_executor_set_place(sw_executor *e, int first_image, bool counts)
{
    e->first_image = first_image;
    e->counts = counts;
}

/* What a profile calls the launches of a step; an op with several backward passes says more (ops/call.h). */
static const char *pass_name(const sw_executor *e, sw_step_kind kind)
{
    if (!e->plan->training) return SW_PASS_INFER;
    return kind == SW_STEP_FORWARD     ? SW_PASS_FORWARD
           : kind == SW_STEP_RECOMPUTE ? SW_PASS_RECOMPUTE
                                       : SW_PASS_BACKWARD;
}

static sw_status run_step(sw_executor *e, const sw_step *step, int n)
{
    sw_call *call = &e->calls[step->node];
    const sw_op *op = call->node->op;
    call->n = n;
    call->seed = e->seed;
    call->step = e->step;
    call->sampling = e->sampling;
    call->first_image = e->first_image;
    call->counts = e->counts;
    for (int i = 0; i < SW_MAX_INPUTS; i++) {
        call->in[i] = tenant_buffer(e, step->in[i]);
        call->din[i] = tenant_buffer(e, step->din[i]);
        call->accumulate[i] = step->accumulate[i];
    }
    for (int i = 0; i < SW_MAX_OUTPUTS; i++) {
        call->out[i] = tenant_buffer(e, step->out[i]);
        call->dout[i] = tenant_buffer(e, step->dout[i]);
    }
    switch (step->kind) {
    case SW_STEP_FORWARD:
        return op->forward(call);
    case SW_STEP_RECOMPUTE:
        return op->recompute(call);
    default:
        return op->backward(call);
    }
}

/* Whether a value, or its gradient, is finite in its first n images. Packed offsets and labels always are. */
static sw_status value_finite(bool *finite, sw_executor *e, int value, cl_mem buffer, int n)
{
    const sw_value *v = &e->graph->values[value];
    sw_shape shape = v->shape;
    *finite = true;
    if (!buffer || !sw_dtype_is_float(v->dtype)) return SW_OK;
    if (shape.n > n) shape.n = n;
    return exec_all_finite(finite, e->cl, buffer, sw_shape_elems(shape), v->dtype);
}

/* The node whose outputs a node's forward step writes: its own, or those of the one it does too. */
static const sw_node *writer(const sw_call *call)
{
    return call->next ? call->next : call->node;
}

/* Fails when what the step wrote holds a NaN or an infinity. */
static sw_status check_step(sw_executor *e, const sw_step *step, int n)
{
    static const char *const passes[] = {[SW_STEP_FORWARD] = "output",
                                         [SW_STEP_RECOMPUTE] = "recomputed output",
                                         [SW_STEP_BACKWARD] = "gradient"};
    sw_status status = SW_OK;
    const sw_call *call = &e->calls[step->node];
    const sw_node *node = call->node;
    bool finite = true;
    for (int i = 0; i < writer(call)->output_count && step->kind != SW_STEP_BACKWARD && finite; i++)
        SW_TRY(value_finite(&finite, e, writer(call)->outputs[i], call->out[i], n));
    for (int i = 0; i < node->input_count && step->kind == SW_STEP_BACKWARD && finite; i++)
        SW_TRY(value_finite(&finite, e, node->inputs[i], call->din[i], n));
    for (int i = 0; i < node->param_count && step->kind == SW_STEP_BACKWARD && finite; i++)
        SW_TRY(exec_all_finite(&finite, e->cl, call->dparam[i], e->graph->params[node->params[i]].elems,
                               SW_F32));
    if (!finite)
        status = sw_fail(SW_E_NUMERIC, "the %s of %s '%s' holds a NaN or an infinity", passes[step->kind],
                         node->op->name, node->name);
done:
    return status;
}

/* What a step that finishes another node's work needs to know of it. */
static sw_status take_epilogue(sw_executor *e, int node)
{
    int partner = e->partner[node];
    e->calls[node].epilogue = (sw_epilogue){.kind = SW_EPILOGUE_NONE};
    if (partner < 0) return SW_OK;
    return e->calls[partner].node->op->as_epilogue(&e->calls[partner], &e->calls[node].epilogue);
}

static sw_status run_steps(sw_executor *e, int first, int end, int n)
{
    for (int s = first; s < end; s++) {
        const sw_step *step = &e->plan->steps[s];
        const sw_node *node = &e->graph->nodes[step->node];
        if (sw_executor_is_merged(e, step->node)) continue;
        sw_profile_pass(e->cl, pass_name(e, step->kind));
        SW_ENSURE(sw_fail_in(take_epilogue(e, step->node), "%s '%s'", node->op->name, node->name));
        SW_ENSURE(sw_fail_in(run_step(e, step, n), "%s '%s'", node->op->name, node->name));
        if (e->check) SW_ENSURE(check_step(e, step, n));
    }
    return SW_OK;
}

/* In debug mode everything a step is to write starts as NaN, so that what it leaves out shows. */
static sw_status poison(sw_executor *e)
{
    for (int s = 0; s < e->plan->step_count; s++) {
        const sw_step *step = &e->plan->steps[s];
        for (int i = 0; i < SW_MAX_OUTPUTS; i++) {
            int t = step->kind == SW_STEP_BACKWARD ? -1 : step->out[i];
            if (t >= 0 && e->plan->tenants[t].bytes % 2 == 0)
                SW_ENSURE(sw_buffer_fill(e->cl, e->tenants[t], 0, e->plan->tenants[t].bytes, NAN_PATTERN));
        }
        for (int i = 0; i < SW_MAX_INPUTS; i++)
            if (step->din[i] >= 0 && !step->accumulate[i])
                SW_ENSURE(sw_buffer_fill(e->cl, e->tenants[step->din[i]], 0,
                                         e->plan->tenants[step->din[i]].bytes, NAN_PATTERN));
    }
    return SW_OK;
}

/* What was kept of parameters that have changed is made anew. */
static void forget_changed(sw_executor *e)
{
    if (e->kept_changes == e->store->changes) return;
    for (int i = 0; i < e->graph->node_count; i++) e->calls[i].kept_valid = false;
    e->kept_changes = e->store->changes;
}

sw_status sw_executor_forward(sw_executor *e, int n)
{
    forget_changed(e);
    if (e->debug_buffers) SW_ENSURE(poison(e));
    return run_steps(e, 0, e->plan->first_backward, n);
}

sw_status sw_executor_forward_from(sw_executor *e, int value, int n)
{
    const int producer = e->graph->values[value].producer;
    int first = 0;
    while (first < e->plan->first_backward && e->plan->steps[first].node <= producer) first++;
    return run_steps(e, first, e->plan->first_backward, n);
}

void sw_executor_scale_gradient(sw_executor *e, int loss, double factor)
{
    e->calls[e->graph->values[loss].producer].gradient_scale = (float)factor;
}

sw_status sw_executor_backward_steps(sw_executor *e, int first, int end, int n)
{
    return run_steps(e, first, end, n);
}

/* --- where a NaN began ----------------------------------------------------------------------- */

static sw_status params_finite(const sw_param **culprit, sw_executor *e, const sw_call *call)
{
    for (int i = 0; i < call->node->param_count && !*culprit; i++) {
        const sw_param *param = &e->graph->params[call->node->params[i]];
        bool finite = true;
        SW_ENSURE(exec_all_finite(&finite, e->cl, call->param[i], param->elems, SW_F32));
        if (!finite) *culprit = param;
    }
    return SW_OK;
}

sw_status sw_executor_find_nan(sw_executor *e, int n, char *where, size_t where_bytes)
{
    where[0] = '\0';
    for (int s = 0; s < e->plan->first_backward && !where[0]; s++) {
        const sw_step *step = &e->plan->steps[s];
        const sw_call *call = &e->calls[step->node];
        const sw_param *param = NULL;
        SW_ENSURE(params_finite(&param, e, call));
        if (param) {
            snprintf(where, where_bytes, "parameter '%s'", param->name);
            break;
        }
        e->calls[step->node].epilogue = (sw_epilogue){.kind = SW_EPILOGUE_NONE}; /* each node by itself */
        e->calls[step->node].comm = NULL; /* and each process: the others take no part in this */
        SW_ENSURE(run_step(e, step, n));
        for (int i = 0; i < writer(call)->output_count && !where[0]; i++) {
            bool finite = true;
            SW_ENSURE(value_finite(&finite, e, writer(call)->outputs[i], call->out[i], n));
            if (!finite)
                snprintf(where, where_bytes, "the output of %s '%s'", call->node->op->name, call->node->name);
        }
    }
    return SW_OK;
}
