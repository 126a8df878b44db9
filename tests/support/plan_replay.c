#include "plan_replay.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "graph/op.h"

/* One value, or one gradient after so many contributions, in a place. */
typedef struct content {
    int value;
    bool is_gradient;
    int contributions; /* gradients: how many consumers have added theirs */
    int slab;
    size_t begin, end; /* bytes */
} content;

enum { MAX_CONTENTS = 4096 };

typedef struct replay {
    const sw_graph *graph;
    const sw_plan *plan;
    const sw_plan_options *options;
    int step;
    content contents[MAX_CONTENTS];
    int count;
} replay;

static char fault[256];

/* The first counts; what follows may be its consequence. */
static void SW_PRINTF(1, 2) blame(const char *fmt, ...)
{
    if (fault[0]) return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(fault, sizeof fault, fmt, args);
    va_end(args);
}

static const char *name_of(const replay *r, int value)
{
    return r->graph->values[value].name;
}

static bool listed(const int *items, int count, int item)
{
    for (int i = 0; i < count; i++)
        if (items[i] == item) return true;
    return false;
}

/* Where a step is told to find or put something; nowhere (slab -1) when it is told nonsense. */
static content place_of(const replay *r, int tenant, int value, bool is_gradient)
{
    content place = {.value = value, .is_gradient = is_gradient, .slab = -1};
    if (tenant < 0 || tenant >= r->plan->tenant_count) {
        blame("step %d has no place for '%s'", r->step, name_of(r, value));
        return place;
    }
    const sw_tenant *t = &r->plan->tenants[tenant];
    size_t bytes = r->graph->values[value].bytes;
    if (t->bytes < bytes) blame("'%s' has too small a place", name_of(r, value));
    if (t->first_step > r->step || t->last_step < r->step)
        blame("step %d uses '%s', whose place is taken from %d to %d", r->step, name_of(r, value),
              t->first_step, t->last_step);
    place.slab = t->slab;
    place.begin = t->offset_bytes;
    place.end = t->offset_bytes + bytes;
    return place;
}

static content *find(replay *r, content wanted)
{
    for (int i = 0; i < r->count; i++) {
        content *c = &r->contents[i];
        if (c->value == wanted.value && c->is_gradient == wanted.is_gradient && c->slab == wanted.slab &&
            c->begin == wanted.begin)
            return c;
    }
    return NULL;
}

/* What lay there is gone, wholly, however little of it is overwritten. */
static void write_content(replay *r, content new)
{
    int kept = 0;
    for (int i = 0; i < r->count; i++) {
        content c = r->contents[i];
        bool overlaps = c.slab == new.slab &&c.begin < new.end &&new.begin < c.end;
        if (!overlaps) r->contents[kept++] = c;
    }
    r->count = kept;
    if (r->count == MAX_CONTENTS)
        blame("more than %d things in memory", MAX_CONTENTS);
    else
        r->contents[r->count++] = new;
}

static void read_value(replay *r, int tenant, int value)
{
    if (!find(r, place_of(r, tenant, value, false)))
        blame("step %d reads '%s', which is not there, yet or no more", r->step, name_of(r, value));
}

/* The consumers whose backward step gives this value a gradient. */
static int expected_contributions(const replay *r, int value)
{
    int count = listed(r->options->seeds, r->options->seed_count, value);
    for (int s = r->plan->first_backward; s < r->plan->step_count; s++) {
        const sw_step *step = &r->plan->steps[s];
        const sw_node *node = &r->graph->nodes[step->node];
        for (int i = 0; i < node->input_count; i++)
            count += step->kind == SW_STEP_BACKWARD && node->inputs[i] == value && step->din[i] >= 0;
    }
    return count;
}

static void read_gradient(replay *r, int tenant, int value)
{
    const content *c = find(r, place_of(r, tenant, value, true));
    if (!c)
        blame("step %d reads the gradient of '%s', which is not there", r->step, name_of(r, value));
    else if (c->contributions != expected_contributions(r, value))
        blame("step %d reads the gradient of '%s' before it is complete", r->step, name_of(r, value));
}

static void write_gradient(replay *r, int tenant, int value, bool accumulate)
{
    content place = place_of(r, tenant, value, true);
    const content *before = find(r, place);
    if (accumulate && !before)
        blame("step %d adds to the gradient of '%s': to nothing", r->step, name_of(r, value));
    if (!accumulate && before)
        blame("step %d overwrites what the gradient of '%s' has already", r->step, name_of(r, value));
    place.contributions = before ? before->contributions + 1 : 1;
    write_content(r, place);
}

/* The node whose outputs a node's steps write: itself, or one whose work it may do too. */
static const sw_node *writer(const replay *r, int node)
{
    int next = r->plan->next[node];
    if (next < 0) return &r->graph->nodes[node];
    if (!r->options->training || r->options->separate ||
        r->graph->nodes[node].op->absorbs != r->graph->nodes[next].op ||
        (r->graph->nodes[node].op->absorbable &&
         !r->graph->nodes[node].op->absorbable(&r->graph->nodes[next])) ||
        r->graph->nodes[next].inputs[0] != r->graph->nodes[node].outputs[0])
        blame("step %d does what it cannot", r->step);
    return &r->graph->nodes[next];
}

static void play_forward(replay *r, const sw_step *step)
{
    const sw_node *node = &r->graph->nodes[step->node], *writes = writer(r, step->node);
    bool again = step->kind == SW_STEP_RECOMPUTE;
    for (int i = 0; i < node->input_count; i++) read_value(r, step->in[i], node->inputs[i]);
    for (int i = 0; i < writes->output_count; i++) {
        if (again && !(node->op->recomputes & SW_BIT(i))) {
            if (step->out[i] >= 0) blame("step %d makes an output again that it cannot", r->step);
            continue;
        }
        write_content(r, place_of(r, step->out[i], writes->outputs[i], false));
    }
}

/* Whether a parameter that is not frozen lies upstream. */
static bool trained_upstream(const replay *r, int value)
{
    const sw_value *v = &r->graph->values[value];
    if (!v->needs_grad || v->producer < 0) return false;
    const sw_node *node = &r->graph->nodes[v->producer];
    bool trained = false;
    for (int i = 0; i < node->param_count; i++) trained |= !r->options->frozen[node->params[i]];
    for (int i = 0; i < node->input_count && !trained; i++)
        trained = (node->op->gives_gradient & SW_BIT(i)) && trained_upstream(r, node->inputs[i]);
    return trained;
}

static bool needs_gradient(const replay *r, int value)
{
    return r->options->frozen ? trained_upstream(r, value) : r->graph->values[value].needs_grad;
}

static bool wants_input_gradient(const replay *r, const sw_node *node, int i)
{
    return (node->op->gives_gradient & SW_BIT(i)) &&
           (needs_gradient(r, node->inputs[i]) ||
            listed(r->options->wants, r->options->want_count, node->inputs[i]));
}

/* Whether the node has a backward step at that place of the plan. */
static bool goes_back_at(const replay *r, int node, int s)
{
    return s >= r->plan->first_backward && s < r->plan->step_count && r->plan->steps[s].node == node &&
           r->plan->steps[s].kind == SW_STEP_BACKWARD;
}

static void read_for_backward(replay *r, const sw_step *step)
{
    const sw_node *node = &r->graph->nodes[step->node], *writes = writer(r, step->node);
    for (int i = 0; i < node->input_count; i++)
        if (node->reads_inputs & SW_BIT(i)) read_value(r, step->in[i], node->inputs[i]);
    for (int i = 0; i < writes->output_count; i++)
        if (writes->reads_outputs & SW_BIT(i)) read_value(r, step->out[i], writes->outputs[i]);
}

static void play_backward(replay *r, const sw_step *step)
{
    const sw_node *node = &r->graph->nodes[step->node], *writes = writer(r, step->node);
    const bool apart = node->op->weights_apart && wants_input_gradient(r, node, 0),
               second = apart && goes_back_at(r, step->node, r->step - 1);
    bool any_gradient = node->op->is_loss;
    if (!second) read_for_backward(r, step);
    if (second && step->in[0] >= 0) blame("step %d reads what the one before it has read", r->step);
    if (apart && !second && !goes_back_at(r, step->node, r->step + 1))
        blame("step %d of %s lacks its second half", r->step, node->name);
    for (int i = 0; i < writes->output_count; i++) {
        if (step->dout[i] < 0) continue;
        read_gradient(r, step->dout[i], writes->outputs[i]);
        any_gradient = true;
    }
    if (!any_gradient) blame("step %d: %s goes back from nothing", r->step, node->name);
    for (int i = 0; i < node->input_count; i++) {
        if ((step->din[i] >= 0) != (wants_input_gradient(r, node, i) && apart == second))
            blame("step %d: the gradient of input %d of %s is %s", r->step, i, node->name,
                  step->din[i] >= 0 ? "not wanted" : "missing");
        if (step->din[i] >= 0) write_gradient(r, step->din[i], node->inputs[i], step->accumulate[i]);
    }
}

/* --- before and after ------------------------------------------------------------------------ */

static size_t align_of(const replay *r)
{
    return r->options->align_bytes ? r->options->align_bytes : 128;
}

static bool alive_together(const sw_tenant *a, const sw_tenant *b)
{
    return a->first_step <= b->last_step && b->first_step <= a->last_step;
}

static bool overlap(const sw_tenant *a, const sw_tenant *b)
{
    return a->slab == b->slab && a->offset_bytes < b->offset_bytes + b->bytes &&
           b->offset_bytes < a->offset_bytes + a->bytes;
}

static void check_places(const replay *r)
{
    const sw_plan *plan = r->plan;
    for (int i = 0; i < plan->slab_count; i++)
        if (r->options->max_slab_bytes && plan->slab_bytes[i] > r->options->max_slab_bytes)
            blame("slab %d has %zu bytes", i, plan->slab_bytes[i]);
    for (int i = 0; i < plan->tenant_count; i++) {
        const sw_tenant *a = &plan->tenants[i];
        if (a->slab < 0 || a->slab >= plan->slab_count ||
            a->offset_bytes + a->bytes > plan->slab_bytes[a->slab])
            blame("tenant %d does not lie in a slab", i);
        if (a->offset_bytes % align_of(r)) blame("tenant %d begins at %zu", i, a->offset_bytes);
        for (int k = i + 1; k < plan->tenant_count; k++)
            if (alive_together(a, &plan->tenants[k]) && overlap(a, &plan->tenants[k]))
                blame("tenants %d and %d are alive together and overlap", i, k);
    }
}

/* The most that is alive at one step, counted anew. */
static void check_bound(const replay *r)
{
    size_t most = 0;
    for (int s = 0; s < r->plan->step_count; s++) {
        size_t alive = 0;
        for (int i = 0; i < r->plan->tenant_count; i++) {
            const sw_tenant *t = &r->plan->tenants[i];
            if (t->first_step <= s && s <= t->last_step)
                alive += (t->bytes + align_of(r) - 1) / align_of(r) * align_of(r);
        }
        if (alive > most) most = alive;
    }
    if (r->plan->lower_bound_bytes != most)
        blame("%zu bytes are alive at once, the bound says %zu", most, r->plan->lower_bound_bytes);
    if (sw_plan_slab_total_bytes(r->plan) < most) blame("the slabs are smaller than the bound");
}

/* Before the first step the host writes the graph's inputs, and the gradients of seeds. */
static void write_inputs(replay *r)
{
    r->step = 0;
    for (int v = 0; v < r->graph->value_count; v++)
        if (r->graph->values[v].producer < 0)
            write_content(r, place_of(r, r->plan->forward_tenant[v], v, false));
    for (int i = 0; i < r->options->seed_count; i++) {
        int v = r->options->seeds[i];
        content seed = place_of(r, r->plan->gradient_tenant[v], v, true);
        seed.contributions = 1;
        write_content(r, seed);
    }
}

static void check_kept(replay *r)
{
    r->step = r->plan->step_count - 1;
    for (int i = 0; i < r->options->keep_count; i++)
        read_value(r, r->plan->forward_tenant[r->options->keep[i]], r->options->keep[i]);
    for (int i = 0; i < r->options->want_count; i++)
        if (expected_contributions(r, r->options->wants[i]))
            read_gradient(r, r->plan->gradient_tenant[r->options->wants[i]], r->options->wants[i]);
}

const char *plan_replay_fault(const sw_graph *graph, const sw_plan *plan, const sw_plan_options *options)
{
    static replay r; /* too large for the stack */
    int recomputed = 0;
    r = (replay){.graph = graph, .plan = plan, .options = options};
    fault[0] = '\0';
    check_places(&r);
    check_bound(&r);
    write_inputs(&r);
    for (r.step = 0; r.step < plan->step_count; r.step++) {
        const sw_step *step = &plan->steps[r.step];
        if ((step->kind == SW_STEP_FORWARD) != (r.step < plan->first_backward))
            blame("step %d is on the wrong side of step %d", r.step, plan->first_backward);
        if (step->kind == SW_STEP_BACKWARD)
            play_backward(&r, step);
        else
            play_forward(&r, step);
        recomputed += step->kind == SW_STEP_RECOMPUTE;
    }
    if (recomputed != plan->recompute_count)
        blame("%d steps recompute, the plan says %d", recomputed, plan->recompute_count);
    check_kept(&r);
    return fault;
}
