/* Memory plans of the networks that are shipped, and of their ops. */
#include <criterion/criterion.h>
#include <string.h>

#include "config/experiment.h"
#include "nn/model.h"
#include "ops/ops.h"
#include "plan_case.h"
#include "setup/open.h"

typedef struct network {
    const char *name, *experiment, *sets[4];
    int size_px; /* instead of the experiment's, where it is not 0 */
} network;

#define BASELINE "experiments/segnet_baseline.yaml"

static const network networks[] = {
    {"baseline", BASELINE, {NULL}, 0},
    {"small", "experiments/segnet_small.yaml", {NULL}, 0},
    {"odd size", "experiments/segnet_small.yaml", {"train.batch_size=3", NULL}, 99},
    {"depthwise separable",
     BASELINE,
     {"model.encoder=[{convs: 2, width: 64, conv: separable}, {convs: 2, width: 96}]",
      "model.decoder=[{unpool_from: 2, convs: 2, width: 64}, {unpool_from: 1, convs: 2, width: 0}]", NULL},
     0},
    {"average pools, nearest, plain head",
     BASELINE,
     {"model.encoder=[{convs: 2, width: 64, pool: average}, {convs: 2, width: 96}]",
      "model.decoder=[{unpool_from: 2, convs: 2, width: 64}, {unpool_from: 1, convs: 2, width: 0, up: "
      "nearest}]",
      "model.head=plain", NULL},
     0},
};

static void build(sw_model *model, const network *n)
{
    sw_experiment *x = NULL;
    cr_assert_eq(sw_experiment_load(&x, n->experiment, n->sets), SW_OK, "%s: %s", n->name,
                 sw_error_message());
    if (n->size_px) x->data.size = sw_size_square(n->size_px);
    cr_assert_eq(sw_open_model(model, x, x->train.batch_size), SW_OK, "%s: %s", n->name, sw_error_message());
    sw_experiment_destroy(x);
}

Test(plan, shipped_networks_train_and_evaluate_without_losing_a_value)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        sw_model model;
        build(&model, &networks[i]);
        const int keep[] = {model.losses[0], model.logits, model.labels};
        for (int variant = 0; variant < 4; variant++) {
            const sw_plan_options options = {.training = variant & 1,
                                             .max_slab_bytes = variant & 2 ? (size_t)512 << 20 : 0,
                                             .keep = keep,
                                             .keep_count = variant & 1 ? 1 : 3};
            sw_plan *plan = planned(&model.graph, &options);
            expect_sound(networks[i].name, &model.graph, plan, &options);
            sw_plan_destroy(plan);
        }
        sw_model_deinit(&model);
    }
}

Test(plan, every_layer_of_a_network_is_trained)
{
    sw_model model;
    build(&model, &networks[0]);
    const sw_plan_options options = {.training = true};
    sw_plan *plan = planned(&model.graph, &options);
    int pools = 0, apart = 0;
    for (int n = 0; n < model.graph.node_count; n++) {
        const sw_node *node = &model.graph.nodes[n];
        apart += node->op->weights_apart && model.graph.values[node->inputs[0]].needs_grad;
        bool pool = model.graph.nodes[n].op == &sw_op_max_pool; /* the norm before each does its work too */
        pools += pool;
        cr_expect_eq(step_of(plan, n, SW_STEP_BACKWARD) != NULL, !pool, "%s", model.graph.nodes[n].name);
        if (pool) cr_expect_eq(plan->next[n - 1], n, "%s", model.graph.nodes[n].name);
    }
    cr_expect_eq(pools, 4);
    cr_expect_eq(plan->first_backward, model.graph.node_count - pools);
    cr_expect_eq(plan->step_count - plan->recompute_count, 2 * (model.graph.node_count - pools) + apart);
    cr_expect_eq(plan->gradient_tenant[model.images], -1);
    sw_plan_destroy(plan);
    sw_model_deinit(&model);
}

Test(plan, a_frozen_encoder_has_no_backward_steps_and_takes_less_memory)
{
    sw_model model;
    bool frozen[256];
    build(&model, &networks[0]);
    const sw_graph *graph = &model.graph;
    cr_assert_leq(graph->param_count, 256);
    for (int i = 0; i < graph->param_count; i++) frozen[i] = graph->params[i].name[0] != 'u';
    sw_plan_options options = {.training = true};
    sw_plan *all = planned(graph, &options);
    options.frozen = frozen;
    sw_plan *decoder = planned(graph, &options);
    expect_sound("decoder alone", graph, decoder, &options);
    for (int n = 0; n < graph->node_count; n++) {
        const char *name = graph->nodes[n].name;
        const bool trained = strncmp(name, "uc", 2) == 0 || strcmp(name, "loss") == 0;
        const bool steps = step_of(decoder, n, SW_STEP_BACKWARD) != NULL;
        /* nothing trained lies before the first unpool */
        cr_expect_eq(steps, trained && strcmp(name, "uc4.mup") != 0, "%s", name);
    }
    cr_expect_lt(sw_plan_slab_total_bytes(decoder), sw_plan_slab_total_bytes(all));
    sw_plan_destroy(all);
    sw_plan_destroy(decoder);
    sw_model_deinit(&model);
}

Test(plan, a_norm_does_the_pool_after_it_only_where_its_windows_are_2x2_and_inside)
{
    const sw_batchnorm_attrs norm = {.eps = 1e-5f};
    static const struct {
        sw_max_pool_attrs pool;
        bool absorbed;
    } cases[] = {{{0}, true},
                 {{.kernel = 2, .padding = 1}, true}, /* of which a window of 2x2 has none */
                 {{.ceil = true}, false},
                 {{.kernel = 3, .padding = 1}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_graph graph;
        int x, y, pooled[2];
        sw_graph_init(&graph);
        cr_assert_eq(sw_graph_input(&x, &graph, "x", SW_F32, (sw_shape){2, 8, 8, 4}), SW_OK);
        cr_assert_eq(sw_graph_add(&y, &graph, &sw_op_batchnorm, "norm", &norm, 1, &x), SW_OK);
        cr_assert_eq(sw_graph_add(pooled, &graph, &sw_op_max_pool, "pool", &cases[i].pool, 1, &y), SW_OK);
        const sw_plan_options options = {.training = true, .seeds = pooled, .seed_count = 1};
        sw_plan *plan = planned(&graph, &options);
        expect_sound("norm and pool", &graph, plan, &options);
        cr_expect_eq(plan->next[0], cases[i].absorbed ? 1 : -1, "case %zu", i);
        sw_plan_destroy(plan);
        sw_graph_deinit(&graph);
    }
}

static size_t most_large_alive(const sw_plan *plan)
{
    size_t most = 0;
    for (int s = 0; s < plan->step_count; s++) {
        size_t alive = 0;
        for (int i = 0; i < plan->tenant_count; i++) {
            const sw_tenant *t = &plan->tenants[i];
            alive += t->bytes >= SW_PLAN_LARGE_BYTES && t->first_step <= s && s <= t->last_step;
        }
        if (alive > most) most = alive;
    }
    return most;
}

Test(plan, the_baseline_trains_in_the_least_memory_there_can_be)
{
    sw_model model;
    build(&model, &networks[0]);
    for (int training = 0; training < 2; training++) {
        const sw_plan_options options = {.training = training};
        sw_plan *plan = planned(&model.graph, &options);
        size_t total = sw_plan_slab_total_bytes(plan), bound = plan->lower_bound_bytes;
        cr_expect_eq(plan->slab_count, 1);
        size_t gaps = most_large_alive(plan) * SW_PLAN_GAP_BYTES;
        if (training)
            cr_expect(bound <= total && total <= bound + gaps, "%zu bytes, bound %zu", total, bound);
        else /* in the far smaller plan, small things leave gaps */
            cr_expect_lt(total, bound + bound / 100, "%zu bytes, bound %zu", total, bound);
        sw_plan_destroy(plan);
    }
    sw_model_deinit(&model);
}

/* Largest first alone would take 7 % more than the bound. */
Test(plan, skip_connections_cost_no_more_than_what_is_alive_at_once)
{
    static const network u_net = {
        "U-Net", "configs/model/unet_small.yaml", {"train.batch_size=16", NULL}, 128};
    sw_model model;
    build(&model, &u_net);
    const sw_plan_options options = {.training = true};
    sw_plan *plan = planned(&model.graph, &options);
    const size_t total = sw_plan_slab_total_bytes(plan), bound = plan->lower_bound_bytes;
    cr_expect(bound <= total && total <= bound + bound / 50, "%zu bytes, bound %zu", total, bound);
    expect_sound(u_net.name, &model.graph, plan, &options);
    sw_plan_destroy(plan);
    sw_model_deinit(&model);
}

/* A step's large tensors, read or written side by side. */
Test(plan, large_tensors_of_a_step_lie_apart_in_their_pages)
{
    enum { PAGE = 4096 };
    sw_model model;
    build(&model, &networks[0]);
    const sw_plan_options options = {.training = true};
    sw_plan *plan = planned(&model.graph, &options);
    int pairs = 0, same = 0;
    for (int s = 0; s < plan->step_count; s++) {
        const sw_step *step = &plan->steps[s];
        int read = step->in[0], other = step->kind == SW_STEP_BACKWARD ? step->dout[0] : step->out[0];
        if (read < 0 || other < 0 || read == other) continue;
        const sw_tenant *a = &plan->tenants[read], *b = &plan->tenants[other];
        if (a->bytes < SW_PLAN_LARGE_BYTES || b->bytes < SW_PLAN_LARGE_BYTES) continue;
        pairs++;
        same += a->offset_bytes % PAGE == b->offset_bytes % PAGE;
    }
    cr_expect_gt(pairs, 50);
    cr_expect_eq(same, 0, "%d of %d", same, pairs);
    sw_plan_destroy(plan);
    sw_model_deinit(&model);
}

Test(plan, what_norms_and_unpools_give_is_computed_again_instead_of_kept)
{
    sw_model model;
    build(&model, &networks[0]);
    const sw_plan_options options = {.training = true};
    sw_plan *plan = planned(&model.graph, &options);
    int norms = 0, unpools = 0;
    for (int s = 0; s < plan->step_count; s++) {
        if (plan->steps[s].kind != SW_STEP_RECOMPUTE) continue;
        const sw_op *op = model.graph.nodes[plan->steps[s].node].op;
        norms += op == &sw_op_batchnorm;
        unpools += op == &sw_op_max_unpool;
    }
    cr_expect_eq(unpools, 4, "every unpooled image is read by its convolution's backward pass");
    cr_expect_eq(norms, 16, "all that a convolution reads: but pools read no input, and a loss is fresh");
    cr_expect_eq(plan->recompute_count, norms + unpools);

    /* what must be kept is the convolutions' outputs, 28.8 MB an image as the facts have it */
    double an_image = (double)sw_plan_slab_total_bytes(plan) / 64;
    cr_expect_lt(an_image, 1.5 * 28.8e6, "%.1f MB an image", an_image * 1e-6);
    sw_plan_destroy(plan);
    sw_model_deinit(&model);
}
