/* Small networks with skips, sums, squeeze and excitation and image pooling: how they are planned, and that
 * one training step's gradients are the slopes of the loss in double precision. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "exec/executor.h"
#include "graph_reference.h"
#include "ops/ops.h"
#include "plan_replay.h"

enum { IMAGES = 3, HEIGHT = 9, WIDTH = 7, CLASSES = 3 };

static sw_graph graph;
static int images, labels;

static void begin(void)
{
    session_open();
    sw_graph_init(&graph);
    cr_assert_eq(sw_graph_input(&images, &graph, "images", SW_F32, (sw_shape){IMAGES, HEIGHT, WIDTH, 3}),
                 SW_OK);
    cr_assert_eq(sw_graph_input(&labels, &graph, "labels", SW_U8, (sw_shape){IMAGES, HEIGHT, WIDTH, 1}),
                 SW_OK);
}

static void end(void)
{
    sw_graph_deinit(&graph);
    session_close();
}

TestSuite(joined_graphs, .init = begin, .fini = end);

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* --- building ---------------------------------------------------------------------------------- */

static int add(const sw_op *op, const void *attrs, int count, const int *inputs)
{
    char name[32];
    int outputs[SW_MAX_OUTPUTS];
    snprintf(name, sizeof name, "%s%d", op->name, graph.node_count);
    must(sw_graph_add(outputs, &graph, op, name, attrs, count, inputs));
    return outputs[0];
}

static int conv(int x, int channels, int kernel)
{
    const sw_conv2d_attrs attrs = {
        .out_channels = channels, .kernel = kernel, .workspace_cap_bytes = 1 << 16};
    return add(&sw_op_conv2d, &attrs, 1, &x);
}

static int norm(int x, bool relu)
{
    const sw_batchnorm_attrs attrs = {.eps = 1e-3f, .momentum = 0.1f, .relu = relu};
    return add(&sw_op_batchnorm, &attrs, 1, &x);
}

static int conv_norm(int x, int channels)
{
    return norm(conv(x, channels, 3), true);
}

static int joined(const sw_op *op, const void *attrs, int a, int b, int c)
{
    const int inputs[] = {a, b, c};
    return add(op, attrs, c < 0 ? 2 : 3, inputs);
}

static int concat(int a, int b, int c)
{
    return joined(&sw_op_concat, NULL, a, b, c);
}

static int sum(int a, int b, int c, bool relu)
{
    return joined(&sw_op_add, &(const sw_add_attrs){relu}, a, b, c);
}

static void end_in_loss(int x)
{
    const sw_loss_attrs attrs = {.ignore_index = -1};
    joined(&sw_op_cross_entropy, &attrs, conv(x, CLASSES, 1), labels, -1);
}

/* --- a training step --------------------------------------------------------------------------- */

static graph_reference reference;

/* Whatever the tensor is for: the same numbers in double and on the device. */
static float value_of(uint64_t tensor, size_t i, float low, float high)
{
    sw_rng rng = sw_rng_at(tensor, SW_RNG_TEST, i);
    return sw_rng_uniform(&rng, low, high);
}

static void fill_reference(int n)
{
    graph_reference_init(&reference, &graph, n);
    for (int p = 0; p < graph.param_count; p++) {
        const bool gamma =
            strstr(graph.params[p].name, "batchnorm") && strstr(graph.params[p].name, "weight");
        for (size_t i = 0; i < graph.params[p].elems; i++)
            reference.params[p][i] = value_of((uint64_t)p, i, gamma ? 0.5f : -0.5f, gamma ? 1.5f : 0.5f);
    }
    for (size_t i = 0; i < sw_shape_elems(graph.values[images].shape); i++)
        reference.values[images][i] = value_of(1000, i, -1, 1);
    for (size_t i = 0; i < sw_shape_elems(graph.values[labels].shape); i++)
        reference.values[labels][i] = floor(value_of(1001, i, 0, CLASSES - 0.01f));
}

typedef struct step {
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
} step;

static void upload(step *s)
{
    static float floats[1 << 14];
    static uint8_t bytes[1 << 12];
    for (int p = 0; p < graph.param_count; p++) {
        cr_assert_leq(graph.params[p].elems, sizeof floats / sizeof *floats);
        for (size_t i = 0; i < graph.params[p].elems; i++) floats[i] = (float)reference.params[p][i];
        must(sw_store_write(&s->store, s->store.params, &graph.params[p], floats));
    }
    const sw_value *x = &graph.values[images], *t = &graph.values[labels];
    for (size_t i = 0; i < sw_shape_elems(x->shape); i++) floats[i] = (float)reference.values[images][i];
    for (size_t i = 0; i < t->bytes; i++) bytes[i] = (uint8_t)reference.values[labels][i];
    must(sw_buffer_write(session, sw_executor_value(s->executor, images), 0, floats, x->bytes));
    must(sw_buffer_write(session, sw_executor_value(s->executor, labels), 0, bytes, t->bytes));
}

/* Runs n images forward and backward; all gradients as files have them, in one array on the heap. */
static float *gradients_of_a_step(double *loss, int n, bool apart)
{
    step s = {0};
    const int last = graph.nodes[graph.node_count - 1].outputs[0];
    const sw_executor_options options = {
        .training = true, .debug_buffers = apart, .keep = &last, .keep_count = 1};
    float *gradients = malloc(graph.param_elems * sizeof *gradients), found;
    size_t at = 0;
    cr_assert(gradients);
    sw_slabs_init(&s.slabs, session);
    must(sw_store_init(&s.store, session, &graph, true));
    must(sw_executor_create(&s.executor, session, &graph, &s.store, &s.slabs, &options));
    must(sw_executor_bind(s.executor));
    upload(&s);
    must(sw_store_zero_gradients(&s.store));
    must(sw_executor_forward(s.executor, n));
    must(sw_executor_backward(s.executor, n));
    must(sw_buffer_read(session, sw_executor_value(s.executor, last), 0, &found, sizeof found));
    *loss = (double)found;
    for (int p = 0; p < graph.param_count; at += graph.params[p++].elems)
        must(sw_store_read(&s.store, s.store.grads, &graph.params[p], gradients + at));
    sw_executor_destroy(s.executor);
    sw_slabs_deinit(&s.slabs);
    sw_store_deinit(&s.store);
    return gradients;
}

/* Up to this many elements of a parameter are held against their slopes. */
enum { MOST_SLOPES = 12 };

/* What single precision may miss, in units of a tensor's largest gradient: some thousand roundings of the
 * dozen layers that an error passes through, whose norms divide by the deviation of a hundred values. A
 * gradient that was lost, or counted twice, is wrong in the first digit. */
static const double tolerance = 0x1p-13;

static void expect_slopes(int param, const float *gradients)
{
    const size_t elems = graph.params[param].elems, stride = elems / MOST_SLOPES + 1;
    double largest = 0;
    for (size_t i = 0; i < elems; i++) largest = fmax(largest, fabs((double)gradients[i]));
    cr_assert_gt(largest, 1e-4, "%s has next to no gradient", graph.params[param].name);
    for (size_t i = 0; i < elems; i += stride) {
        const double slope = graph_reference_slope(&reference, param, i), found = (double)gradients[i];
        cr_expect(fabs(found - slope) <= tolerance * largest,
                  "%s[%zu]: the gradient is %.9g, the slope %.9g (%g of the largest)",
                  graph.params[param].name, i, found, slope, fabs(found - slope) / largest);
    }
}

/* All images of the graph's batch and fewer, everything in its own buffer and as it is done otherwise. */
static void expect_right_gradients(void)
{
    for (int n = IMAGES; n >= IMAGES - 1; n--) {
        double loss, loss_apart;
        size_t at = 0;
        fill_reference(n);
        float *gradients = gradients_of_a_step(&loss, n, false);
        float *apart = gradients_of_a_step(&loss_apart, n, true);
        const double want = graph_reference_loss(&reference);
        cr_expect(fabs(loss - want) <= 0x1p-18 * want, "the loss is %.9g, not %.9g", loss, want);
        cr_expect_eq(loss, loss_apart);
        for (int p = 0; p < graph.param_count; at += graph.params[p++].elems) {
            cr_expect_arr_eq(gradients + at, apart + at, graph.params[p].elems * sizeof *apart,
                             "%s: shared memory changes its gradient", graph.params[p].name);
            expect_slopes(p, gradients + at);
        }
        free(gradients);
        free(apart);
        graph_reference_deinit(&reference);
    }
}

/* --- plans ------------------------------------------------------------------------------------- */

static sw_plan *plan_of_training(void)
{
    const sw_plan_options options = {.training = true};
    sw_plan *plan;
    must(sw_plan_create(&plan, &graph, &options));
    const char *fault = plan_replay_fault(&graph, plan, &options);
    cr_assert_str_empty(fault, "%s", fault);
    return plan;
}

static int node_of(int value)
{
    return graph.values[value].producer;
}

static const sw_step *step_of(const sw_plan *plan, int value, sw_step_kind kind)
{
    for (int s = 0; s < plan->step_count; s++)
        if (plan->steps[s].node == node_of(value) && plan->steps[s].kind == kind) return &plan->steps[s];
    return NULL;
}

/* --- skips ------------------------------------------------------------------------------------- */

typedef struct skip {
    int top, pooled, grown, both;
} skip;

/* One stage down and up again, whose two branches are joined. */
static skip build_skip(void)
{
    skip s;
    s.top = conv_norm(images, 5);
    s.pooled = add(&sw_op_max_pool, NULL, 1, &s.top);
    const int bottom = conv_norm(s.pooled, 6);
    s.grown = add(&sw_op_upsample, &(const sw_doubled_attrs){HEIGHT, WIDTH}, 1, &bottom);
    s.both = concat(s.grown, s.top, -1);
    end_in_loss(conv_norm(s.both, 4));
    return s;
}

Test(joined_graphs, a_skips_gradient_is_written_by_the_concat_and_added_to_by_the_pool)
{
    const skip s = build_skip();
    sw_plan *plan = plan_of_training();
    const sw_step *join = step_of(plan, s.both, SW_STEP_BACKWARD),
                  *pool = step_of(plan, s.pooled, SW_STEP_BACKWARD);
    cr_assert(join && pool);
    cr_expect_eq(plan->next[node_of(s.top)], -1, "a norm that two layers read must write its output");
    cr_expect_lt(join - plan->steps, pool - plan->steps);
    cr_expect(!join->accumulate[1] && pool->accumulate[0]);
    cr_expect_eq(join->din[1], pool->din[0]);
    cr_expect_eq(plan->gradient_tenant[s.top], pool->din[0]);
    sw_plan_destroy(plan);
}

Test(joined_graphs, what_is_joined_is_not_kept_twice)
{
    const skip s = build_skip();
    sw_plan *plan = plan_of_training();
    const sw_step *again = step_of(plan, s.both, SW_STEP_RECOMPUTE);
    cr_assert(again, "the concatenation is made again");
    cr_expect_lt(plan->tenants[plan->forward_tenant[s.both]].last_step, plan->first_backward);
    cr_expect_lt(plan->tenants[plan->forward_tenant[s.top]].last_step, plan->first_backward,
                 "and what it is made of too");
    cr_expect(step_of(plan, s.top, SW_STEP_RECOMPUTE) && step_of(plan, s.grown, SW_STEP_RECOMPUTE));
    sw_plan_destroy(plan);
}

Test(joined_graphs, a_network_with_a_skip_trains_along_the_slopes_of_its_loss)
{
    build_skip();
    expect_right_gradients();
}

Test(joined_graphs, two_stages_of_skips_and_one_value_joined_with_itself)
{
    const int top = conv_norm(images, 4), down = add(&sw_op_max_pool, NULL, 1, &top);
    const int middle = conv_norm(down, 5), deep = add(&sw_op_max_pool, NULL, 1, &middle);
    const int bottom = conv_norm(deep, 6);
    const int up2 = add(&sw_op_upsample, &(const sw_doubled_attrs){HEIGHT / 2, WIDTH / 2}, 1, &bottom);
    const int joined2 = conv_norm(concat(up2, middle, middle), 4);
    const int up1 = add(&sw_op_upsample, &(const sw_doubled_attrs){HEIGHT, WIDTH}, 1, &joined2);
    end_in_loss(conv_norm(concat(top, up1, images), 4));
    sw_plan_destroy(plan_of_training());
    expect_right_gradients();
}

/* --- sums -------------------------------------------------------------------------------------- */

/* He et al., "Deep residual learning for image recognition" (2016): ReLU behind the sum. */
static int residual_block(int x, int channels)
{
    return sum(norm(conv(conv_norm(x, channels), channels, 3), false), x, -1, true);
}

Test(joined_graphs, the_gradient_of_a_sum_takes_its_place_where_nothing_was_added_yet)
{
    const int x = conv_norm(images, 4), branch = norm(conv(x, 4, 3), false), y = sum(branch, x, -1, true);
    const int later = sum(conv(y, 4, 3), y, -1, false), last = sum(y, later, -1, false);
    end_in_loss(last);
    sw_plan *plan = plan_of_training();
    const sw_step *first = step_of(plan, y, SW_STEP_BACKWARD), *third = step_of(plan, last, SW_STEP_BACKWARD);
    const sw_step *second = step_of(plan, later, SW_STEP_BACKWARD);
    cr_assert(first && second && third);
    cr_expect_eq(third->din[0], third->dout[0], "y has no gradient before");
    cr_expect_neq(third->din[1], third->dout[0]);
    cr_expect_eq(second->din[0], second->dout[0]);
    cr_expect(second->accumulate[1] && second->din[1] == third->din[0], "y has one now");
    cr_expect_eq(first->din[0], first->dout[0]);
    cr_expect_geq(first->out[0], 0, "ReLU asks for the sum");
    cr_expect_eq(second->out[0], -1, "a plain sum is not asked for");
    sw_plan_destroy(plan);
    expect_right_gradients();
}

Test(joined_graphs, residual_blocks_train_along_the_slopes_of_their_loss)
{
    end_in_loss(residual_block(residual_block(conv_norm(images, 4), 4), 4));
    sw_plan_destroy(plan_of_training());
    expect_right_gradients();
}

Test(joined_graphs, a_value_added_to_itself_gets_its_gradient_so_many_times)
{
    const int a = conv(images, 4, 3), b = conv(images, 4, 3);
    const int thrice = sum(a, a, a, false), mixed = sum(thrice, thrice, b, true);
    end_in_loss(sum(b, mixed, b, false));
    sw_plan_destroy(plan_of_training());
    expect_right_gradients();
}

/* --- whole images ------------------------------------------------------------------------------ */

static int pooled_over_the_image(int x)
{
    return add(&sw_op_global_average_pool, NULL, 1, &x);
}

/* Hu, Shen, Sun: "Squeeze-and-excitation networks" (2018), but for the sigmoid. */
Test(joined_graphs, squeeze_and_excitation_trains_along_the_slopes_of_its_loss)
{
    const int x = conv_norm(images, 4), s = conv(pooled_over_the_image(x), 4, 1);
    const int y = joined(&sw_op_scale, NULL, x, s, -1);
    const int again = joined(&sw_op_scale, NULL, y, s, -1), own = joined(&sw_op_scale, NULL, s, s, -1);
    end_in_loss(joined(&sw_op_scale, NULL, again, own, -1));
    sw_plan_destroy(plan_of_training());
    expect_right_gradients();
}

/* Chen et al., "Rethinking atrous convolution" (2017): the mean of the image as one of the branches. */
Test(joined_graphs, image_pooling_beside_a_convolution_trains_along_the_slopes_of_its_loss)
{
    const int x = conv_norm(images, 5), mean = conv(pooled_over_the_image(x), 3, 1);
    const int everywhere = add(&sw_op_broadcast, &(const sw_broadcast_attrs){HEIGHT, WIDTH}, 1, &mean);
    end_in_loss(conv_norm(concat(conv_norm(x, 4), everywhere, x), 4));
    sw_plan *plan = plan_of_training();
    cr_expect(step_of(plan, everywhere, SW_STEP_RECOMPUTE), "the enlarged pixel is not kept");
    cr_expect_null(step_of(plan, graph.nodes[node_of(mean)].inputs[0], SW_STEP_RECOMPUTE), "the mean is");
    sw_plan_destroy(plan);
    expect_right_gradients();
}
