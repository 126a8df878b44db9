/* Memory plans: whatever the graph, every step finds in memory what it reads, and nothing takes more than it
 * has to. Here graphs of made-up ops. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "made_up_ops.h"
#include "plan_case.h"

Test(plan, every_step_of_any_graph_finds_what_it_reads)
{
    int recomputed = 0, shared = 0, absorbed = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        sw_graph graph;
        int labels, last;
        char name[64];
        made_up_graph(&graph, &labels, &last, seed);
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
        made_up_graph(&graph, &labels, &last, seed);
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
    made_up_graph(&graph, &labels, &last, 11);
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
    int x = made_up_input(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int labels = made_up_input(&graph, "labels", SW_U8, (sw_shape){2, 6, 6, 1});
    int a = made_up_node(&graph, &op_filter, x, -1);   /* node 0 */
    int b = made_up_node(&graph, &op_filter, a, -1);   /* node 1 */
    int c = made_up_node(&graph, &op_filter, a, -1);   /* node 2 */
    int sum = made_up_node(&graph, &op_product, b, c); /* node 3 */
    made_up_node(&graph, &op_loss, sum, labels);
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
    int x = made_up_input(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int of_input = made_up_node(&graph, &op_norm, x, -1);
    int a = made_up_node(&graph, &op_filter, of_input, -1);
    int in_place = made_up_node(&graph, &op_norm, a, -1);
    int read_again = made_up_node(&graph, &op_norm, in_place, -1);
    int kept_input = made_up_node(&graph, &op_bend, read_again, -1);
    int sum = made_up_node(&graph, &op_add, in_place, kept_input);
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
    int x = made_up_input(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int labels = made_up_input(&graph, "labels", SW_U8, (sw_shape){2, 6, 6, 1});
    int a = made_up_node(&graph, &op_filter, x, -1);
    int b = made_up_node(&graph, &op_norm, a, -1);
    made_up_node(&graph, &op_loss, b, labels);
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
        int labels = made_up_input(&graph, "labels", SW_U8, (sw_shape){2, 6, 6, 1});
        int before =
            made_up_node(&graph, &op_filter, made_up_input(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3}), -1);
        int norm = behind_norm ? made_up_node(&graph, &op_norm, before, -1) : before;
        int bend = made_up_node(&graph, &op_bend, norm, -1), bend_node = graph.node_count - 1;
        int after = made_up_node(&graph, &op_filter, bend, -1);
        made_up_node(&graph, &op_loss, made_up_node(&graph, &op_filter, after, -1), labels);
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
    int x = made_up_input(&graph, "x", SW_F32, (sw_shape){2, 6, 6, 3});
    int y = made_up_node(&graph, &op_bend, x, -1);
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
    made_up_node(&graph, &op_filter, made_up_input(&graph, "x", SW_F32, (sw_shape){64, 256, 256, 64}), -1);
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
    made_up_graph(&graph, &labels, &last, 7);
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
