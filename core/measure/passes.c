#include "measure/passes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/median.h"
#include "cost.h"
#include "ops/call.h"

void sw_pass_list_deinit(sw_pass_list *list)
{
    free(list->rows);
    sw_arena_deinit(&list->names);
    *list = (sw_pass_list){0};
}

static void summarise(sw_pass_row *row)
{
    double sorted[SW_PASS_MAX_ROUNDS];
    memcpy(sorted, row->ms, sizeof sorted);
    row->median_ms = sw_median(sorted, (size_t)row->rounds);
    row->best_ms = sorted[0];
}

/* The row of a layer's pass; a new one where there is none. */
static sw_status row_of(sw_pass_row **out, sw_pass_list *list, const char *layer, const char *pass,
                        bool infer)
{
    for (int i = 0; i < list->count; i++) {
        sw_pass_row *row = &list->rows[i];
        *out = row;
        if (row->infer == infer && strcmp(row->pass, pass) == 0 && strcmp(row->layer, layer) == 0)
            return SW_OK;
    }
    SW_ENSURE(SW_ARRAY_GROW(list->rows, list->count, "layer times"));
    char *name = sw_arena_strdup(&list->names, layer);
    if (!name) return SW_E_MEMORY;
    *out = &list->rows[list->count++];
    **out = (sw_pass_row){.layer = name, .pass = pass, .infer = infer};
    return SW_OK;
}

/* One side of a network, and what ran of it. */
typedef struct side {
    const sw_network *network;
    const sw_graph *graph;
    const sw_executor *executor;
    const sw_plan *plan;
    bool infer;
    double images; /* a step */
    double share;  /* of the graph's batch */
} side;

static side side_of(const sw_network *n, bool infer, double images)
{
    const sw_executor *executor = infer ? n->evaluator : n->trainer;
    int batch = infer ? n->options.eval_batch : n->options.train_batch;
    return (side){.network = n,
                  .graph = infer ? &n->eval_model.graph : &n->train_model.graph,
                  .executor = executor,
                  .plan = sw_executor_plan(executor),
                  .infer = infer,
                  .images = images,
                  .share = images / batch};
}

/* --- what there is to do --------------------------------------------------------------------- */

/* "norm+max_pool", where a norm's steps do the pool after it too. */
static void name_both(sw_pass_row *row, const sw_graph *graph, int next)
{
    const int first = (int)strcspn(row->op, "+");
    snprintf(row->algorithm, sizeof row->algorithm, "%.*s+%.8s", first > 6 ? 6 : first, row->op,
             graph->nodes[next].op->name);
}

static sw_status add_step(sw_pass_list *list, const side *s, const sw_step *step)
{
    sw_step_pass passes[SW_STEP_PASSES];
    const sw_node *node = &s->graph->nodes[step->node];
    int count = sw_step_passes(passes, s->graph, s->plan, step);
    for (int i = 0; i < count; i++) {
        sw_pass_row *row;
        SW_ENSURE(row_of(&row, list, node->name, passes[i].name, s->infer));
        sw_node_label(row->op, sizeof row->op, node);
        const char *algorithm = sw_executor_algorithm(s->executor, step->node, passes[i].way);
        if (algorithm) snprintf(row->algorithm, sizeof row->algorithm, "%s", algorithm);
        if (s->plan->next[step->node] >= 0) name_both(row, s->graph, s->plan->next[step->node]);
        if (sw_executor_is_merged(s->executor, step->node)) {
            snprintf(row->algorithm, sizeof row->algorithm, "merged");
            row->bytes += sw_merged_bytes(s->graph, step->node);
            continue;
        }
        row->flop += s->images * sw_pass_flop(s->graph, step);
        row->bytes += sw_pass_bytes(s->graph, s->plan, step, &passes[i], s->share);
    }
    return SW_OK;
}

/* Rows in the order of the graph, the passes of a layer one after the other. */
static sw_status add_layers(sw_pass_list *list, const side *s)
{
    static const sw_step_kind kinds[] = {SW_STEP_FORWARD, SW_STEP_RECOMPUTE, SW_STEP_BACKWARD};
    for (int n = 0; n < s->graph->node_count; n++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            for (int i = 0; i < s->plan->step_count; i++) {
                const sw_step *step = &s->plan->steps[i];
                if (step->node == n && step->kind == kinds[k]) SW_ENSURE(add_step(list, s, step));
            }
    return SW_OK;
}

/* --- what was measured ----------------------------------------------------------------------- */

/* Rows for launches and transfers outside the graph. */
static const struct {
    const char *pass, *layer, *op;
} others[] = {{SW_PASS_UPLOAD, "(input)", "transfer"},
              {SW_PASS_UPDATE, "(optimiser)", ""},
              {SW_PASS_READ, "(results)", "transfer"},
              {SW_PASS_METRICS, "(metrics)", "metrics"}};

static const char *const update_names[] = {
    [SW_OPT_ADAM] = "adam", [SW_OPT_ADAMW] = "adamw", [SW_OPT_SGD] = "sgd"};

/* Bytes of the kernels in it; transfers count their own. */
static double other_bytes(const side *s, const char *pass)
{
    const sw_network *n = s->network;
    if (strcmp(pass, SW_PASS_UPDATE) == 0) /* parameters and moments read and written, gradients read */
        return (3.0 + 2.0 * n->optimizer.moment_count) * (double)n->store.param_elems * sizeof(float);
    if (strcmp(pass, SW_PASS_METRICS) == 0) { /* logits and labels read, predictions written */
        double pixels = s->images * (double)sw_size_pixels(n->options.size);
        return pixels * (n->options.model->classes * (double)sizeof(float) + 2.0);
    }
    return 0.0;
}

/* Finds the row to which a measured launch is added. One without a pass gets a row of its own. */
static sw_status find_row(sw_pass_row **out, sw_pass_list *list, const side *s, const sw_profile_row *m)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(m->pass, others[i].pass) != 0) continue;
        sw_status status = row_of(out, list, others[i].layer, m->pass, s->infer);
        if (status != SW_OK || (*out)->op[0]) return status;
        const char *op = others[i].op[0] ? others[i].op : update_names[s->network->optimizer.config.kind];
        snprintf((*out)->op, sizeof(*out)->op, "%s", op);
        (*out)->bytes = other_bytes(s, m->pass);
        return SW_OK;
    }
    sw_status status = row_of(out, list, m->node[0] ? m->node : "(other)", m->pass, s->infer);
    if (status == SW_OK && !(*out)->op[0]) snprintf((*out)->op, sizeof(*out)->op, "%.31s", m->kernel);
    return status;
}

sw_status sw_pass_list_take(sw_pass_list *list, const sw_network *network, bool infer, int round, int steps,
                            double images)
{
    sw_status status = SW_OK;
    sw_profile_row *measured = NULL;
    size_t count;
    assert(round < SW_PASS_MAX_ROUNDS && steps > 0);
    const side s = side_of(network, infer, images / steps);
    if (round == 0) SW_TRY(add_layers(list, &s));
    SW_TRY(sw_profile_rows(&measured, &count, network->cl));
    for (size_t i = 0; i < count; i++) {
        sw_pass_row *row;
        SW_TRY(find_row(&row, list, &s, &measured[i]));
        row->ms[round] += measured[i].total_ms / steps;
        if (round > 0) continue;
        row->launches += (double)measured[i].launches / steps;
        row->bytes += measured[i].bytes / steps;
    }
    for (int i = 0; i < list->count; i++) {
        if (list->rows[i].infer != infer) continue;
        list->rows[i].rounds = round + 1;
        summarise(&list->rows[i]);
    }
    sw_profile_reset(network->cl);
done:
    free(measured);
    return status;
}
