/* Memory plans: whatever the graph, every step finds in memory what it reads, and nothing takes more than it
 * has to. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "config/experiment.h"
#include "graph/op.h"
#include "nn/model.h"
#include "ops/ops.h"
#include "plan_replay.h"
#include "setup/open.h"

static sw_plan *planned(const sw_graph *graph, const sw_plan_options *options)
{
    sw_plan *plan = NULL;
    cr_assert_eq(sw_plan_create(&plan, graph, options), SW_OK, "%s", sw_error_message());
    return plan;
}

static void expect_sound(const char *name, const sw_graph *graph, const sw_plan *plan,
                         const sw_plan_options *options)
{
    const char *fault = plan_replay_fault(graph, plan, options);
    cr_assert_str_empty(fault, "%s: %s", name, fault);
}

static const sw_step *step_of(const sw_plan *plan, int node, sw_step_kind kind)
{
    for (int s = 0; s < plan->step_count; s++)
        if (plan->steps[s].node == node && plan->steps[s].kind == kind) return &plan->steps[s];
    return NULL;
}

/* --- graphs of made-up ops with every mix of traits ------------------------------------------ */

static sw_status same_shape(sw_graph *graph, sw_node *node)
{
    return sw_node_add_output(graph, node, NULL, SW_F32, sw_node_input(graph, node, 0)->shape);
}

static sw_status same_shape_trained(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    int channels = sw_node_input(graph, node, 0)->shape.c;
    SW_TRY(sw_node_add_param(graph, node, "weight", SW_LAYOUT_PLAIN, 1, &channels, SW_INIT_ONES, 0));
    SW_TRY(same_shape(graph, node));
done:
    return status;
}

static sw_status half_shape(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    sw_shape s = sw_node_input(graph, node, 0)->shape;
    s.h = (s.h + 1) / 2;
    s.w = (s.w + 1) / 2;
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, s));
    SW_TRY(sw_node_add_output(graph, node, "offsets", SW_U32, s));
done:
    return status;
}

static sw_status other_channels(sw_graph *graph, sw_node *node)
{
    sw_status status = SW_OK;
    sw_shape s = sw_node_input(graph, node, 0)->shape;
    SW_TRY(sw_node_add_param(graph, node, "weight", SW_LAYOUT_PLAIN, 1, &s.c, SW_INIT_ONES, 0));
    s.c = s.c % 5 * 7 + 1;
    SW_TRY(sw_node_add_output(graph, node, NULL, SW_F32, s));
done:
    return status;
}

static sw_status side_by_side(sw_graph *graph, sw_node *node)
{
    sw_shape s = sw_node_input(graph, node, 0)->shape;
    for (int i = 1; i < node->input_count; i++) s.c += sw_node_input(graph, node, i)->shape.c;
    s.c = s.c % 20 + 1; /* lest it grow without end */
    return sw_node_add_output(graph, node, NULL, SW_F32, s);
}

static sw_status same_shape_unread(sw_graph *graph, sw_node *node)
{
    if (graph->node_count % 2) node->reads_outputs = 0;
    return same_shape(graph, node);
}

static sw_status scalar(sw_graph *graph, sw_node *node)
{
    return sw_node_add_output(graph, node, NULL, SW_F32, (sw_shape){1, 1, 1, 1});
}

static const sw_op op_filter = {.name = "filter",
                                .input_count = 1,
                                .output_count = 1,
                                .infer = other_channels,
                                .backward_reads_inputs = SW_BIT(0),
                                .gives_gradient = SW_BIT(0)};
static const sw_op op_pool;
static const sw_op op_norm = {.name = "norm",
                              .input_count = 1,
                              .output_count = 1,
                              .infer = same_shape_trained,
                              .backward_reads_inputs = SW_BIT(0),
                              .gives_gradient = SW_BIT(0),
                              .recomputes = SW_BIT(0),
                              .gradient_in_place = true,
                              .forward_in_place = true,
                              .absorbs = &op_pool};
static const sw_op op_bend = {.name = "bend",
                              .input_count = 1,
                              .output_count = 1,
                              .infer = same_shape,
                              .backward_reads_outputs = SW_BIT(0),
                              .gives_gradient = SW_BIT(0),
                              .recomputes = SW_BIT(0),
                              .gradient_in_place = true,
                              .forward_in_place = true};
static const sw_op op_pool = {.name = "pool",
                              .input_count = 1,
                              .output_count = 2,
                              .infer = half_shape,
                              .backward_reads_outputs = SW_BIT(1),
                              .gives_gradient = SW_BIT(0)};
static const sw_op op_add = {.name = "add",
                             .input_count = 2,
                             .output_count = 1,
                             .infer = same_shape,
                             .gives_gradient = SW_BIT(0) | SW_BIT(1),
                             .recomputes = SW_BIT(0),
                             .gradient_in_place = true,
                             .forward_in_place = true};
static const sw_op op_join = {.name = "join", /* as concat: any number of inputs */
                              .input_count = 2,
                              .most_inputs = SW_MAX_INPUTS,
                              .output_count = 1,
                              .infer = side_by_side,
                              .gives_gradient = SW_BIT(SW_MAX_INPUTS) - 1,
                              .recomputes = SW_BIT(0)};
static const sw_op op_total = {.name = "total", /* as add: every other one asks for its output */
                               .input_count = 2,
                               .most_inputs = SW_MAX_INPUTS,
                               .output_count = 1,
                               .infer = same_shape_unread,
                               .backward_reads_outputs = SW_BIT(0),
                               .gives_gradient = SW_BIT(SW_MAX_INPUTS) - 1,
                               .recomputes = SW_BIT(0),
                               .gradient_in_place = true,
                               .forward_in_place = true};
static const sw_op op_product = {.name = "product",
                                 .input_count = 2,
                                 .output_count = 1,
                                 .infer = same_shape,
                                 .backward_reads_inputs = SW_BIT(0) | SW_BIT(1),
                                 .gives_gradient = SW_BIT(0) | SW_BIT(1),
                                 .recomputes = SW_BIT(0)};
static const sw_op op_place = {.name = "place", /* as unpooling: the second input only steers */
                               .input_count = 2,
                               .output_count = 1,
                               .infer = same_shape,
                               .backward_reads_inputs = SW_BIT(1),
                               .gives_gradient = SW_BIT(0),
                               .recomputes = SW_BIT(0)};
static const sw_op op_loss = {.name = "loss",
                              .input_count = 2,
                              .output_count = 1,
                              .infer = scalar,
                              .backward_reads_inputs = SW_BIT(0) | SW_BIT(1),
                              .gives_gradient = SW_BIT(0),
                              .is_loss = true};

static int add_node(sw_graph *graph, const sw_op *op, int first, int second)
{
    char name[32];
    int outputs[SW_MAX_OUTPUTS];
    const int inputs[] = {first, second};
    snprintf(name, sizeof name, "%s%d", op->name, graph->node_count);
    cr_assert_eq(sw_graph_add(outputs, graph, op, name, NULL, op->input_count, inputs), SW_OK, "%s",
                 sw_error_message());
    return outputs[0];
}

static int input_value(sw_graph *graph, const char *name, sw_dtype dtype, sw_shape shape)
{
    int value;
    cr_assert_eq(sw_graph_input(&value, graph, name, dtype, shape), SW_OK);
    return value;
}

/* A value of floats (or of offsets) made before, one of the last few more likely than an old one; of the same
 * shape as `like` where that is one. -1: there is none. */
static int any_value(const sw_graph *graph, sw_rng *rng, sw_dtype dtype, int like)
{
    for (int attempt = 0; attempt < 20; attempt++) {
        uint32_t back = sw_rng_below(rng, sw_rng_chance(rng, 0.7f) ? 4 : (uint32_t)graph->value_count);
        int v = graph->value_count - 1 - (int)back;
        if (v < 0 || graph->values[v].dtype != dtype) continue;
        if (like < 0 || sw_shape_equal(graph->values[v].shape, graph->values[like].shape)) return v;
    }
    return -1;
}

/* A node with up to SW_MAX_INPUTS inputs of one shape, some of which may be the same value. */
static int add_many(sw_graph *graph, sw_rng *rng, const sw_op *op, int first, int second)
{
    char name[32];
    int inputs[SW_MAX_INPUTS] = {first, second}, count = 2, output;
    const int most = 2 + (int)sw_rng_below(rng, SW_MAX_INPUTS - 1);
    for (int more; count < most && (more = any_value(graph, rng, SW_F32, first)) >= 0;)
        inputs[count++] = more;
    snprintf(name, sizeof name, "%s%d", op->name, graph->node_count);
    cr_assert_eq(sw_graph_add(&output, graph, op, name, NULL, count, inputs), SW_OK, "%s",
                 sw_error_message());
    return output;
}

/* A random graph that ends in a loss; *last is what the loss reads. */
static void random_graph(sw_graph *graph, int *labels, int *last, uint64_t seed)
{
    static const sw_op *const ops[] = {&op_filter, &op_norm,    &op_bend,  &op_pool, &op_add,
                                       &op_norm,   &op_product, &op_place, &op_join, &op_total};
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 0);
    sw_graph_init(graph);
    int size = 1 + (int)sw_rng_below(&rng, 40);
    sw_shape shape = {2, size, size, 1 + (int)sw_rng_below(&rng, 20)};
    *last = input_value(graph, "x", SW_F32, shape);
    *labels = input_value(graph, "labels", SW_U8, (sw_shape){2, size, size, 1});
    int nodes = 3 + (int)sw_rng_below(&rng, 40);
    while (graph->node_count < nodes) {
        const sw_op *op = ops[sw_rng_below(&rng, sizeof ops / sizeof *ops)];
        int first = any_value(graph, &rng, SW_F32, -1), second = first;
        if (op->input_count == 2) second = any_value(graph, &rng, op == &op_place ? SW_U32 : SW_F32, first);
        if (first < 0 || second < 0) continue;
        *last =
            op->most_inputs ? add_many(graph, &rng, op, first, second) : add_node(graph, op, first, second);
    }
    add_node(graph, &op_loss, *last, *labels);
}

Test(plan, every_step_of_any_graph_finds_what_it_reads)
{
    int recomputed = 0, shared = 0, absorbed = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        sw_graph graph;
        int labels, last;
        char name[64];
        random_graph(&graph, &labels, &last, seed);
        const int keep[] = {last, labels};
        for (int variant = 0; variant < 8; variant++) {
            const sw_plan_options options = {.training = variant & 1,
                                             .separate = variant & 2,
                                             .max_slab_bytes = variant & 4 ? 400000 : 0,
                                             .align_bytes = variant & 4 ? 512 : 0,
                                             .keep = keep,
                                             .keep_count = (int)(seed % 3)};
            snprintf(name, sizeof name, "graph %d, variant %d", (int)seed, variant);
            sw_plan *plan = planned(&graph, &options);
            expect_sound(name, &graph, plan, &options);
            recomputed += plan->recompute_count;
            shared += plan->slab_count > 1 && !options.separate;
            for (int n = 0; n < graph.node_count; n++) absorbed += plan->next[n] >= 0;
            sw_plan_destroy(plan);
        }
        sw_graph_deinit(&graph);
    }
    cr_expect_gt(recomputed, 1000, "these graphs recompute too little to be a test: %d", recomputed);
    cr_expect_gt(shared, 20, "these graphs hardly need a second slab: %d", shared);
    cr_expect_gt(absorbed, 100, "few nodes of these graphs do another's work: %d", absorbed);
}

/* Each parameter frozen or not as it falls. What lies before the first trained one has no backward step. */
Test(plan, frozen_parameters_ask_for_no_gradients)
{
    int fewer = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        sw_graph graph;
        int labels, last;
        char name[64];
        bool frozen[64];
        sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 1);
        random_graph(&graph, &labels, &last, seed);
        cr_assert_lt(graph.param_count, 64);
        for (int i = 0; i < graph.param_count; i++) frozen[i] = sw_rng_chance(&rng, 0.8f);
        sw_plan_options options = {.training = true, .separate = seed % 5 == 0};
        sw_plan *all = planned(&graph, &options);
        options.frozen = frozen;
        sw_plan *some = planned(&graph, &options);
        snprintf(name, sizeof name, "graph %d", (int)seed);
        expect_sound(name, &graph, some, &options);
        cr_expect_leq(some->step_count, all->step_count, "%s", name);
        fewer += some->step_count < all->step_count;
        sw_plan_destroy(all);
        sw_plan_destroy(some);
        sw_graph_deinit(&graph);
    }
    cr_expect_gt(fewer, 100, "few of these graphs have anything to save: %d", fewer);
}

static void expect_fault(const char *what, int i, const sw_graph *graph, const sw_plan *plan,
                         const sw_plan_options *options)
{
    cr_expect_str_not_empty(plan_replay_fault(graph, plan, options), "%s %d passes", what, i);
}

/* Not the planner but its judge is on trial. */
Test(plan, whatever_is_wrong_in_a_plan_is_noticed)
{
    sw_graph graph;
    int labels, last;
    random_graph(&graph, &labels, &last, 11);
    const sw_plan_options options = {.training = true};
    sw_plan *plan = planned(&graph, &options);
    expect_sound("untouched", &graph, plan, &options);
    cr_assert_gt(plan->recompute_count, 0);
    for (int i = 0; i < plan->tenant_count; i++) {
        sw_tenant *t = &plan->tenants[i], before = *t;
        t->last_step--;
        expect_fault("too short a tenant", i, &graph, plan, &options);
        *t = before;
        t->offset_bytes = plan->slab_bytes[t->slab];
        expect_fault("a misplaced tenant", i, &graph, plan, &options);
        *t = before;
        sw_tenant *other = &plan->tenants[(i + 1) % plan->tenant_count];
        if (other->first_step <= t->last_step && t->first_step <= other->last_step) {
            t->offset_bytes = other->offset_bytes;
            expect_fault("an overlapping tenant", i, &graph, plan, &options);
            *t = before;
        }
    }
    for (int s = 0; s < plan->step_count; s++) {
        sw_step *step = &plan->steps[s], before = *step;
        if (step->in[0] >= 0) {
            step->in[0] = (step->in[0] + 1) % plan->tenant_count;
            expect_fault("a step that reads elsewhere", s, &graph, plan, &options);
            *step = before;
        }
        if (step->din[0] >= 0) {
            step->accumulate[0] = !step->accumulate[0];
            expect_fault("a wrong way to write a gradient", s, &graph, plan, &options);
            *step = before;
        }
    }
    expect_sound("untouched again", &graph, plan, &options);
    sw_plan_destroy(plan);
    sw_graph_deinit(&graph);
}

Test(plan, a_value_with_two_readers_gets_its_gradient_written_and_then_added_to)
{
    sw_graph graph;
    sw_graph_init(&graph);
    int x = input_value(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int labels = input_value(&graph, "labels", SW_U8, (sw_shape){2, 6, 6, 1});
    int a = add_node(&graph, &op_filter, x, -1);   /* node 0 */
    int b = add_node(&graph, &op_filter, a, -1);   /* node 1 */
    int c = add_node(&graph, &op_filter, a, -1);   /* node 2 */
    int sum = add_node(&graph, &op_product, b, c); /* node 3 */
    add_node(&graph, &op_loss, sum, labels);
    const sw_plan_options options = {.training = true};
    sw_plan *plan = planned(&graph, &options);
    expect_sound("two readers", &graph, plan, &options);
    const sw_step *late = step_of(plan, 2, SW_STEP_BACKWARD), *early = step_of(plan, 1, SW_STEP_BACKWARD);
    cr_assert(late && early);
    cr_expect_lt(late - plan->steps, early - plan->steps, "backward is the reverse walk");
    cr_expect(!late->accumulate[0], "the first writer overwrites");
    cr_expect(early->accumulate[0], "the second adds");
    cr_expect_eq(late->din[0], early->din[0]);
    cr_expect_eq(plan->gradient_tenant[a], early->din[0]);
    const sw_step *first = step_of(plan, 0, SW_STEP_BACKWARD);
    cr_expect_eq(first->dout[0], early->din[0]);
    cr_expect_eq(first->din[0], -1, "nobody asks for the gradient of the input");
    sw_plan_destroy(plan);
    sw_graph_deinit(&graph);
}

Test(plan, evaluation_works_in_place_where_nothing_reads_the_input_later)
{
    sw_graph graph;
    sw_graph_init(&graph);
    int x = input_value(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int of_input = add_node(&graph, &op_norm, x, -1);
    int a = add_node(&graph, &op_filter, of_input, -1);
    int in_place = add_node(&graph, &op_norm, a, -1);
    int read_again = add_node(&graph, &op_norm, in_place, -1);
    int kept_input = add_node(&graph, &op_bend, read_again, -1);
    int sum = add_node(&graph, &op_add, in_place, kept_input);
    const int keep[] = {read_again, sum};
    sw_plan_options options = {.keep = keep, .keep_count = 2};
    sw_plan *plan = planned(&graph, &options);
    expect_sound("in place", &graph, plan, &options);
    const int *place = plan->forward_tenant;
    cr_expect_neq(place[of_input], place[x], "the caller's input is left alone");
    cr_expect_eq(place[in_place], place[a]);
    cr_expect_neq(place[read_again], place[in_place], "the sum still reads it");
    cr_expect_neq(place[kept_input], place[read_again], "the host still reads it");
    cr_expect_eq(place[sum], place[in_place]);
    sw_plan_destroy(plan);
    options.training = true; /* backward reads what evaluation may overwrite */
    plan = planned(&graph, &options);
    cr_expect_neq(plan->forward_tenant[in_place], plan->forward_tenant[a]);
    sw_plan_destroy(plan);
    sw_graph_deinit(&graph);
}

Test(plan, a_training_step_reuses_an_output_gradient_in_place)
{
    sw_graph graph;
    sw_graph_init(&graph);
    int x = input_value(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int labels = input_value(&graph, "labels", SW_U8, (sw_shape){2, 6, 6, 1});
    int a = add_node(&graph, &op_filter, x, -1);
    int b = add_node(&graph, &op_norm, a, -1);
    add_node(&graph, &op_loss, b, labels);
    sw_plan_options options = {.training = true};
    sw_plan *plan = planned(&graph, &options);
    cr_expect_eq(plan->gradient_tenant[a], plan->gradient_tenant[b]);
    sw_plan_destroy(plan);
    options.separate = true;
    plan = planned(&graph, &options);
    cr_expect_neq(plan->gradient_tenant[a], plan->gradient_tenant[b]);
    sw_plan_destroy(plan);
    sw_graph_deinit(&graph);
}

/* "filter, bend, filter": the bend's input would have to be kept for it, so that its output is kept instead.
 * Behind a norm, which keeps the filter's output for itself, both are made again. */
Test(plan, an_activation_is_recomputed_where_that_saves_memory_and_kept_where_it_does_not)
{
    for (int behind_norm = 0; behind_norm < 2; behind_norm++) {
        sw_graph graph;
        sw_graph_init(&graph);
        int labels = input_value(&graph, "labels", SW_U8, (sw_shape){2, 6, 6, 1});
        int before =
            add_node(&graph, &op_filter, input_value(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3}), -1);
        int norm = behind_norm ? add_node(&graph, &op_norm, before, -1) : before;
        int bend = add_node(&graph, &op_bend, norm, -1), bend_node = graph.node_count - 1;
        int after = add_node(&graph, &op_filter, bend, -1);
        add_node(&graph, &op_loss, add_node(&graph, &op_filter, after, -1), labels);
        const sw_plan_options options = {.training = true};
        sw_plan *plan = planned(&graph, &options);
        expect_sound(behind_norm ? "behind a norm" : "behind a filter", &graph, plan, &options);
        cr_expect_eq(plan->recompute_count, behind_norm ? 2 : 0);
        cr_expect_eq(step_of(plan, bend_node, SW_STEP_RECOMPUTE) != NULL, behind_norm);
        /* neither the bend's input nor, recomputed, its output outlives the forward pass */
        const int gone = behind_norm ? bend : before;
        cr_expect_lt(plan->tenants[plan->forward_tenant[gone]].last_step, plan->first_backward);
        sw_plan_destroy(plan);
        sw_graph_deinit(&graph);
    }
}

Test(plan, seeds_and_wanted_gradients_serve_tests_of_a_single_op)
{
    sw_graph graph;
    sw_graph_init(&graph);
    int x = input_value(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int y = add_node(&graph, &op_bend, x, -1);
    const int keep[] = {x, y};
    const sw_plan_options options = {.training = true,
                                     .keep = keep,
                                     .keep_count = 2,
                                     .seeds = &y,
                                     .seed_count = 1,
                                     .wants = &x,
                                     .want_count = 1};
    sw_plan *plan = planned(&graph, &options);
    expect_sound("one op", &graph, plan, &options);
    cr_expect_neq(plan->gradient_tenant[x], plan->gradient_tenant[y], "a seed is not overwritten");
    sw_plan_destroy(plan);
    sw_graph_deinit(&graph);
}

Test(plan, a_value_larger_than_a_slab_is_refused_with_both_sizes_and_a_way_out)
{
    sw_graph graph;
    sw_graph_init(&graph);
    add_node(&graph, &op_filter, input_value(&graph, "x", SW_F32, (sw_shape){64, 256, 256, 64}), -1);
    const sw_plan_options options = {.max_slab_bytes = (size_t)512 << 20};
    sw_plan *plan = NULL;
    cr_expect_eq(sw_plan_create(&plan, &graph, &options), SW_E_MEMORY);
    cr_expect_null(plan);
    cr_expect(strstr(sw_error_message(), "1.00 GiB") && strstr(sw_error_message(), "0.50 GiB"), "%s",
              sw_error_message());
    cr_expect(strstr(sw_error_message(), "train.batch_size"), "%s", sw_error_message());
    sw_plan_destroy(plan);
    sw_graph_deinit(&graph);
}

Test(plan, separate_gives_every_tenant_a_slab_of_its_own_to_the_end)
{
    sw_graph graph;
    int labels, last;
    random_graph(&graph, &labels, &last, 7);
    const sw_plan_options options = {.training = true, .separate = true};
    sw_plan *plan = planned(&graph, &options);
    cr_expect_eq(plan->slab_count, plan->tenant_count);
    for (int i = 0; i < plan->tenant_count; i++) {
        cr_expect_eq(plan->tenants[i].offset_bytes, 0);
        cr_expect_eq(plan->tenants[i].last_step, plan->step_count - 1);
        for (int k = 0; k < i; k++) cr_expect_neq(plan->tenants[i].slab, plan->tenants[k].slab);
    }
    sw_plan_destroy(plan);
    sw_graph_deinit(&graph);
}

/* --- the networks that are shipped ----------------------------------------------------------- */

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
    int pools = 0;
    for (int n = 0; n < model.graph.node_count; n++) {
        bool pool = model.graph.nodes[n].op == &sw_op_max_pool; /* the norm before each does its work too */
        pools += pool;
        cr_expect_eq(step_of(plan, n, SW_STEP_BACKWARD) != NULL, !pool, "%s", model.graph.nodes[n].name);
        if (pool) cr_expect_eq(plan->next[n - 1], n, "%s", model.graph.nodes[n].name);
    }
    cr_expect_eq(pools, 4);
    cr_expect_eq(plan->first_backward, model.graph.node_count - pools);
    cr_expect_eq(plan->step_count - plan->recompute_count, 2 * (model.graph.node_count - pools));
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
