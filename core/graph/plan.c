/* Steps and lifetimes; place.c gives each tenant its place in memory. */
#include "graph/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "place.h"

/* What is known of each value while the steps are laid out. */
typedef struct value_state {
    int last_forward_read; /* step; -1: never read */
    int forward;           /* tenant of the forward instance */
    int backward; /* tenant the backward pass reads: the forward one, or the recomputed one; -1: not yet */
    int gradient; /* tenant of the gradient; -1: none yet */
    bool kept;    /* the host reads it after the last step */
    bool read_backward; /* by the backward pass of a node */
    bool recomputed;    /* made again for the backward pass rather than kept */
} value_state;

typedef struct planner {
    const sw_graph *graph;
    const sw_plan_options *options;
    sw_plan *plan;
    value_state *values;
    bool *needs_grad; /* by value: its gradient is of use */
} planner;

static bool contains(const int *items, int count, int item)
{
    for (int i = 0; i < count; i++)
        if (items[i] == item) return true;
    return false;
}

static sw_status add_tenant(int *out, planner *p, int value, bool is_gradient, int step)
{
    sw_plan *plan = p->plan;
    SW_ENSURE(SW_ARRAY_GROW(plan->tenants, plan->tenant_count, "the memory plan"));
    *out = plan->tenant_count++;
    plan->tenants[*out] = (sw_tenant){.value = value,
                                      .is_gradient = is_gradient,
                                      .first_step = step,
                                      .last_step = step,
                                      .bytes = p->graph->values[value].bytes};
    return SW_OK;
}

/* The tenant is still needed at `step`. */
static void extend(planner *p, int tenant, int step)
{
    sw_tenant *t = &p->plan->tenants[tenant];
    if (step > t->last_step) t->last_step = step;
}

static sw_status add_step(int *out, planner *p, sw_step_kind kind, int node)
{
    sw_plan *plan = p->plan;
    SW_ENSURE(SW_ARRAY_GROW(plan->steps, plan->step_count, "the memory plan"));
    *out = plan->step_count++;
    sw_step step = {.kind = kind, .node = node};
    for (int i = 0; i < SW_MAX_INPUTS; i++) step.in[i] = step.din[i] = -1;
    for (int i = 0; i < SW_MAX_OUTPUTS; i++) step.out[i] = step.dout[i] = -1;
    plan->steps[*out] = step;
    return SW_OK;
}

/* --- what is made again ---------------------------------------------------------------------- */

static void find_backward_reads(planner *p)
{
    for (int n = 0; n < p->graph->node_count; n++) {
        const sw_node *node = &p->graph->nodes[n];
        for (int i = 0; i < node->input_count; i++)
            if (node->reads_inputs & SW_BIT(i)) p->values[node->inputs[i]].read_backward = true;
        for (int i = 0; i < node->output_count; i++)
            if (node->reads_outputs & SW_BIT(i)) p->values[node->outputs[i]].read_backward = true;
    }
}

/* Whether a value that its op can recompute takes more memory than what would be kept for that alone. An
 * activation behind a convolution does not, since the convolution's output would have to be kept instead. */
static bool worth_recomputing(const planner *p, const sw_value *value)
{
    const sw_node *node = &p->graph->nodes[value->producer];
    size_t kept_for_it = 0;
    for (int i = 0; i < node->input_count; i++) {
        const value_state *input = &p->values[node->inputs[i]];
        if (!input->recomputed && !input->read_backward)
            kept_for_it += p->graph->values[node->inputs[i]].bytes;
    }
    return kept_for_it < value->bytes;
}

static void choose_recomputed(planner *p)
{
    find_backward_reads(p);
    for (int v = 0; v < p->graph->value_count; v++) { /* a node's inputs come before its outputs */
        const sw_value *value = &p->graph->values[v];
        if (value->producer < 0) continue;
        const sw_op *op = p->graph->nodes[value->producer].op;
        p->values[v].recomputed =
            (op->recomputes & SW_BIT(value->producer_output)) && worth_recomputing(p, value);
    }
}

/* --- absorbed nodes -------------------------------------------------------------------------- */

static bool host_sees(const sw_plan_options *o, int value)
{
    return contains(o->keep, o->keep_count, value) || contains(o->seeds, o->seed_count, value) ||
           contains(o->wants, o->want_count, value);
}

/* The node that n can absorb: the only reader of its first output, or -1. */
static int find_next(const planner *p, int n)
{
    const sw_graph *graph = p->graph;
    const sw_op *op = graph->nodes[n].op;
    int value = graph->nodes[n].outputs[0], next = -1;
    if (!op->absorbs || host_sees(p->options, value)) return -1;
    for (int m = n + 1; m < graph->node_count; m++) {
        if (!contains(graph->nodes[m].inputs, graph->nodes[m].input_count, value)) continue;
        if (next >= 0 || graph->nodes[m].op != op->absorbs) return -1;
        if (op->absorbable && !op->absorbable(&graph->nodes[m])) return -1;
        next = m;
    }
    return next;
}

static sw_status find_absorbed(planner *p)
{
    int count = p->graph->node_count;
    p->plan->next = malloc((size_t)count * sizeof(int));
    if (!p->plan->next) return sw_fail_alloc("the memory plan", (size_t)count * sizeof(int));
    for (int n = 0; n < count; n++)
        p->plan->next[n] = p->options->training && !p->options->separate ? find_next(p, n) : -1;
    return SW_OK;
}

bool sw_plan_absorbed(const sw_plan *plan, const sw_graph *graph, int node)
{
    const sw_node *n = &graph->nodes[node];
    int producer = n->input_count ? graph->values[n->inputs[0]].producer : -1;
    return producer >= 0 && plan->next[producer] == node;
}

/* The node whose outputs n's steps write: itself, or the one it absorbs. */
static const sw_node *writer(const planner *p, int n)
{
    int next = p->plan->next[n];
    return &p->graph->nodes[next >= 0 ? next : n];
}

/* --- forward --------------------------------------------------------------------------------- */

static void count_forward_reads(planner *p)
{
    for (int v = 0; v < p->graph->value_count; v++)
        p->values[v] = (value_state){.last_forward_read = -1,
                                     .forward = -1,
                                     .backward = -1,
                                     .gradient = -1,
                                     .kept = contains(p->options->keep, p->options->keep_count, v)};
    for (int n = 0; n < p->graph->node_count; n++)
        for (int i = 0; i < p->graph->nodes[n].input_count; i++)
            p->values[p->graph->nodes[n].inputs[i]].last_forward_read = n;
}

/* The first output may take over the first input's place when this step is the last to read it. */
static bool may_overwrite_input(const planner *p, const sw_node *node, int step)
{
    if (!node->op->forward_in_place || p->options->separate || p->options->training) return false;
    int input = node->inputs[0];
    return p->graph->values[input].producer >= 0 && !p->values[input].kept &&
           p->values[input].last_forward_read == step &&
           p->graph->values[input].bytes == p->graph->values[node->outputs[0]].bytes;
}

static sw_status plan_forward(planner *p)
{
    const sw_graph *graph = p->graph;
    for (int v = 0; v < graph->value_count; v++)
        if (graph->values[v].producer < 0) SW_ENSURE(add_tenant(&p->values[v].forward, p, v, false, 0));
    for (int n = 0; n < graph->node_count; n++) {
        const sw_node *node = &graph->nodes[n], *writes = writer(p, n);
        int s;
        if (sw_plan_absorbed(p->plan, graph, n)) continue;
        SW_ENSURE(add_step(&s, p, SW_STEP_FORWARD, n));
        assert(s == n || p->options->training); /* may_overwrite_input compares one with the other */
        for (int i = 0; i < node->input_count; i++) {
            int tenant = p->values[node->inputs[i]].forward;
            p->plan->steps[s].in[i] = tenant;
            extend(p, tenant, s);
        }
        for (int i = 0; i < writes->output_count; i++) {
            int *tenant = &p->values[writes->outputs[i]].forward;
            if (i == 0 && may_overwrite_input(p, node, s)) {
                *tenant = p->values[node->inputs[0]].forward;
            } else {
                SW_ENSURE(add_tenant(tenant, p, writes->outputs[i], false, s));
            }
            p->plan->steps[s].out[i] = *tenant;
        }
    }
    p->plan->first_backward = p->plan->step_count;
    return SW_OK;
}

/* --- gradients ------------------------------------------------------------------------------- */

/* Whether a gradient of the node's outputs is of use: it has a parameter that is trained, or an input whose
 * gradient is of use. */
static bool trains(const planner *p, const sw_node *node)
{
    const bool *frozen = p->options->frozen;
    for (int i = 0; i < node->param_count; i++)
        if (!frozen || !frozen[node->params[i]]) return true;
    for (int i = 0; i < node->input_count; i++)
        if ((node->op->gives_gradient & SW_BIT(i)) && p->needs_grad[node->inputs[i]]) return true;
    return false;
}

/* sw_value.needs_grad says the same of a graph of which everything is trained and nothing else is wanted. */
static void find_gradients(planner *p)
{
    const sw_graph *graph = p->graph;
    for (int v = 0; v < graph->value_count; v++)
        p->needs_grad[v] = contains(p->options->wants, p->options->want_count, v);
    for (int n = 0; n < graph->node_count; n++) {
        const sw_node *node = &graph->nodes[n];
        if (!trains(p, node)) continue;
        for (int i = 0; i < node->output_count; i++) /* packed offsets have none */
            p->needs_grad[node->outputs[i]] |= sw_dtype_is_float(graph->values[node->outputs[i]].dtype);
    }
}

/* --- backward -------------------------------------------------------------------------------- */

static sw_status ensure_available(planner *p, int value);

/* Adds a recompute step for the producer of `value`, once its inputs are available. */
static sw_status recompute(planner *p, int value)
{
    int n = p->graph->values[value].producer;
    const sw_node *node = &p->graph->nodes[n];
    for (int i = 0; i < node->input_count; i++) SW_ENSURE(ensure_available(p, node->inputs[i]));
    int s;
    SW_ENSURE(add_step(&s, p, SW_STEP_RECOMPUTE, n));
    p->plan->recompute_count++;
    for (int i = 0; i < node->input_count; i++) {
        int tenant = p->values[node->inputs[i]].backward;
        p->plan->steps[s].in[i] = tenant;
        extend(p, tenant, s);
    }
    for (int i = 0; i < node->output_count; i++) {
        if (!(node->op->recomputes & SW_BIT(i))) continue;
        int tenant;
        SW_ENSURE(add_tenant(&tenant, p, node->outputs[i], false, s));
        p->values[node->outputs[i]].backward = tenant;
        p->plan->steps[s].out[i] = tenant;
    }
    return SW_OK;
}

/* Makes sure that the next step can read `value`. */
static sw_status ensure_available(planner *p, int value)
{
    value_state *v = &p->values[value];
    if (v->backward >= 0) return SW_OK;
    /* What the forward pass read last is still there and need not be computed again. */
    bool fresh = v->kept || p->plan->tenants[v->forward].last_step >= p->plan->first_backward - 1;
    if (!v->recomputed || fresh) {
        v->backward = v->forward;
        return SW_OK;
    }
    return recompute(p, value);
}

static bool has_output_gradient(const planner *p, const sw_node *node)
{
    if (node->op->is_loss) return true;
    for (int i = 0; i < node->output_count; i++)
        if (p->values[node->outputs[i]].gradient >= 0) return true;
    return false;
}

/* The gradient of input i: a first writer gets a new tenant (or takes over the output gradient's), a later
 * one adds. */
static sw_status bind_input_gradient(planner *p, int n, int s, int i)
{
    const sw_node *node = &p->graph->nodes[n];
    value_state *input = &p->values[node->inputs[i]];
    sw_step *step = &p->plan->steps[s];
    step->accumulate[i] = input->gradient >= 0;
    if (!step->accumulate[i]) {
        bool in_place = i == 0 && node->op->gradient_in_place && !p->options->separate &&
                        step->dout[0] >= 0 && p->plan->next[n] < 0 &&
                        sw_node_input(p->graph, node, 0)->bytes == p->graph->values[node->outputs[0]].bytes &&
                        !contains(p->options->seeds, p->options->seed_count, node->outputs[0]);
        if (in_place) input->gradient = step->dout[0];
        if (!in_place) SW_ENSURE(add_tenant(&input->gradient, p, node->inputs[i], true, s));
    }
    step->din[i] = input->gradient;
    extend(p, input->gradient, s);
    return SW_OK;
}

static bool wants_gradient(const planner *p, const sw_node *node, int i)
{
    return (node->op->gives_gradient & SW_BIT(i)) && p->needs_grad[node->inputs[i]];
}

/* Adds a backward step that reads the gradients of the node's outputs. */
static sw_status add_backward_step(int *s, planner *p, int n)
{
    const sw_node *writes = writer(p, n);
    SW_ENSURE(add_step(s, p, SW_STEP_BACKWARD, n));
    for (int i = 0; i < writes->output_count; i++) {
        const int gradient = p->values[writes->outputs[i]].gradient;
        if (gradient < 0) continue;
        p->plan->steps[*s].dout[i] = gradient;
        extend(p, gradient, *s);
    }
    return SW_OK;
}

/* Lets the step read what the forward pass left, or what was computed again. */
static void bind_reads(planner *p, int n, int s)
{
    const sw_node *node = &p->graph->nodes[n], *writes = writer(p, n);
    sw_step *step = &p->plan->steps[s];
    for (int i = 0; i < node->input_count; i++) {
        if (!(node->reads_inputs & SW_BIT(i))) continue;
        step->in[i] = p->values[node->inputs[i]].backward;
        extend(p, step->in[i], s);
    }
    for (int i = 0; i < writes->output_count; i++) {
        if (!(writes->reads_outputs & SW_BIT(i))) continue;
        step->out[i] = p->values[writes->outputs[i]].backward;
        extend(p, step->out[i], s);
    }
}

/* The step of a node; or two, the parameters' gradients first: what they read need not live any more while
 * the input's gradient is written, and both are among the largest things there are. */
static sw_status plan_node_backward(planner *p, int n)
{
    const sw_node *node = &p->graph->nodes[n], *writes = writer(p, n);
    int s;
    for (int i = 0; i < node->input_count; i++)
        if (node->reads_inputs & SW_BIT(i)) SW_ENSURE(ensure_available(p, node->inputs[i]));
    for (int i = 0; i < writes->output_count; i++)
        if (writes->reads_outputs & SW_BIT(i)) SW_ENSURE(ensure_available(p, writes->outputs[i]));
    SW_ENSURE(add_backward_step(&s, p, n));
    bind_reads(p, n, s);
    if (node->op->weights_apart && wants_gradient(p, node, 0)) SW_ENSURE(add_backward_step(&s, p, n));
    for (int i = 0; i < node->input_count; i++)
        if (wants_gradient(p, node, i)) SW_ENSURE(bind_input_gradient(p, n, s, i));
    return SW_OK;
}

static sw_status plan_backward(planner *p)
{
    /* seeds are written by the host before the backward pass */
    for (int i = 0; i < p->options->seed_count; i++) {
        int value = p->options->seeds[i];
        if (p->values[value].gradient < 0)
            SW_ENSURE(add_tenant(&p->values[value].gradient, p, value, true, p->plan->first_backward));
    }
    for (int n = p->graph->node_count - 1; n >= 0; n--)
        if (!sw_plan_absorbed(p->plan, p->graph, n) && has_output_gradient(p, writer(p, n)))
            SW_ENSURE(plan_node_backward(p, n));
    return SW_OK;
}

/* What the host reads afterwards, or writes before, must not share its place with anything. */
static void pin_host_visible(planner *p)
{
    int last = p->plan->step_count - 1;
    for (int v = 0; v < p->graph->value_count; v++)
        if (p->values[v].kept && p->values[v].forward >= 0) extend(p, p->values[v].forward, last);
    for (int i = 0; i < p->options->seed_count; i++) {
        /* tests read a seeded value's gradient back, and write it before the forward pass */
        sw_tenant *t = &p->plan->tenants[p->values[p->options->seeds[i]].gradient];
        t->first_step = 0;
        t->last_step = last;
    }
    for (int i = 0; i < p->options->want_count; i++) {
        int gradient = p->values[p->options->wants[i]].gradient;
        if (gradient >= 0) extend(p, gradient, last);
    }
    if (p->options->separate)
        for (int t = 0; t < p->plan->tenant_count; t++) extend(p, t, last);
}

static sw_status publish_values(planner *p)
{
    int count = p->graph->value_count;
    p->plan->forward_tenant = malloc((size_t)count * sizeof(int));
    p->plan->gradient_tenant = malloc((size_t)count * sizeof(int));
    if (!p->plan->forward_tenant || !p->plan->gradient_tenant)
        return sw_fail_alloc("the memory plan", (size_t)count * 8);
    for (int v = 0; v < count; v++) {
        p->plan->forward_tenant[v] = p->values[v].forward;
        p->plan->gradient_tenant[v] = p->values[v].gradient;
    }
    return SW_OK;
}

sw_status sw_plan_create(sw_plan **out, const sw_graph *graph, const sw_plan_options *options)
{
    sw_status status = SW_OK;
    *out = NULL;
    planner p = {.graph = graph, .options = options};
    p.plan = calloc(1, sizeof *p.plan);
    p.values = calloc((size_t)graph->value_count, sizeof *p.values);
    p.needs_grad = calloc((size_t)graph->value_count, sizeof *p.needs_grad);
    if (!p.plan || !p.values || !p.needs_grad) SW_TRY(sw_fail_alloc("the memory plan", sizeof *p.plan));
    p.plan->training = options->training;
    SW_TRY(find_absorbed(&p));
    find_gradients(&p);
    count_forward_reads(&p);
    choose_recomputed(&p);
    SW_TRY(plan_forward(&p));
    if (options->training) SW_TRY(plan_backward(&p));
    pin_host_visible(&p);
    SW_TRY(publish_values(&p));
    SW_TRY(sw_place_tenants(p.plan, options));
    *out = p.plan;
    p.plan = NULL;
done:
    sw_plan_destroy(p.plan);
    free(p.values);
    free(p.needs_grad);
    return status;
}

void sw_plan_destroy(sw_plan *plan)
{
    if (!plan) return;
    free(plan->steps);
    free(plan->tenants);
    free(plan->forward_tenant);
    free(plan->gradient_tenant);
    free(plan->next);
    free(plan->slab_bytes);
    free(plan);
}
