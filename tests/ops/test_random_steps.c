/* Dropout in a network: every batch of every training step draws masks of its own, which follow from seed,
 * step and batch alone, so that a resumed training goes on with the same bits; and predictions can be
 * sampled. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "nn/network.h"

TestSuite(random_steps, .init = session_open, .fini = session_close);

enum { SIDE = 8, IMAGES = 4, PIXELS = IMAGES * SIDE * SIDE, CLASSES = 3, BATCHES = 2, STEPS = 4 };

static const sw_model_config model = {.name = "random", .classes = CLASSES};
static const sw_loss_config loss = {.attrs.ignore_index = -1};
static const sw_optimizer_config adam = {.kind = SW_OPT_ADAM, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f};
static const sw_optimizer_config sgd = {.kind = SW_OPT_SGD};

static float images[PIXELS * 3];
static uint8_t labels[PIXELS];

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static void draw_batch(void)
{
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 7);
    for (int i = 0; i < PIXELS * 3; i++) images[i] = sw_rng_float(&rng);
    for (int i = 0; i < PIXELS; i++) labels[i] = (uint8_t)sw_rng_below(&rng, CLASSES);
}

static void build(sw_model *m, float rate)
{
    const sw_conv2d_attrs wide = {
        .out_channels = 16, .kernel = 3, .bias = true, .workspace_cap_bytes = 1 << 16};
    const sw_conv2d_attrs head = {.out_channels = CLASSES, .kernel = 1, .workspace_cap_bytes = 1 << 16};
    const sw_dropout_attrs dropout = {.rate = rate};
    int v;
    sw_graph_init(&m->graph);
    must(sw_graph_input(&m->images, &m->graph, "images", SW_F32, (sw_shape){IMAGES, SIDE, SIDE, 3}));
    must(sw_graph_input(&m->labels, &m->graph, "labels", SW_U8, (sw_shape){IMAGES, SIDE, SIDE, 1}));
    must(sw_graph_add(&v, &m->graph, &sw_op_conv2d, "wide", &wide, 1, &m->images));
    must(sw_graph_add(&v, &m->graph, &sw_op_relu, "relu", NULL, 1, &v));
    must(sw_graph_add(&v, &m->graph, &sw_op_dropout, "dropout", &dropout, 1, &v));
    must(sw_graph_add(&m->logits, &m->graph, &sw_op_conv2d, "head", &head, 1, &v));
    const int inputs[] = {m->logits, m->labels};
    must(sw_graph_add(&m->loss, &m->graph, &sw_op_cross_entropy, "loss", &loss.attrs, 2, inputs));
}

static void create_executor(sw_executor **out, sw_network *network, const sw_model *m, bool training)
{
    const int keep[] = {m->loss, m->logits, m->labels};
    const sw_executor_options options = {.training = training, .keep = keep, .keep_count = training ? 1 : 3};
    must(sw_executor_create(out, network->cl, &m->graph, &network->store, &network->slabs, &options));
}

/* What sw_network_plan and sw_network_allocate make, of a model with dropout. */
static void make(sw_network *network, uint64_t seed, float rate, const sw_optimizer_config *optimizer)
{
    *network = (sw_network){.cl = session,
                            .seed = seed,
                            .options = {.model = &model,
                                        .loss = &loss,
                                        .optimizer = optimizer,
                                        .size = {SIDE, SIDE},
                                        .train_batch = IMAGES,
                                        .eval_batch = IMAGES,
                                        .loss_every = STEPS}};
    sw_slabs_init(&network->slabs, session);
    build(&network->train_model, rate);
    build(&network->eval_model, rate);
    create_executor(&network->trainer, network, &network->train_model, true);
    create_executor(&network->evaluator, network, &network->eval_model, false);
    must(sw_store_init(&network->store, session, &network->train_model.graph, true));
    must(sw_executor_bind(network->trainer));
    must(sw_executor_bind(network->evaluator));
    must(sw_optimizer_init(&network->optimizer, &network->store, optimizer));
    must(sw_loss_log_init(&network->losses, session, STEPS));
    must(sw_gradients_init(&network->gradients, &network->store, 0));
    must(sw_model_init_params(&network->train_model.graph, &network->store, 3));
}

static void train(sw_network *network, int steps, int batches, double lr)
{
    const float *losses;
    int count;
    for (int step = 0; step < steps; step++)
        for (int b = 0; b < batches; b++) {
            must(sw_network_upload(network, images, labels, IMAGES));
            must(sw_network_enqueue_batch(network, labels, IMAGES, b == batches - 1, lr));
        }
    must(sw_network_losses(network, &losses, &count));
    cr_assert_eq(count, steps);
}

static float *read_slab(const sw_network *network, cl_mem slab)
{
    const size_t bytes = network->store.param_elems * sizeof(float);
    float *values = malloc(bytes);
    cr_assert(values);
    must(sw_buffer_read(session, slab, 0, values, bytes));
    return values;
}

static void move_slab(cl_mem to, cl_mem from, const sw_network *network)
{
    float *values = read_slab(network, from);
    must(sw_buffer_write(session, to, 0, values, network->store.param_elems * sizeof *values));
    free(values);
}

/* The parameters after STEPS steps, half of which are made by another network that is given what a checkpoint
 * holds, where `resumed`. */
static float *trained(uint64_t seed, bool resumed)
{
    sw_network whole;
    make(&whole, seed, 0.5f, &adam);
    train(&whole, resumed ? STEPS / 2 : STEPS, BATCHES, 0.01);
    if (resumed) {
        sw_network rest;
        make(&rest, seed, 0.5f, &adam);
        move_slab(rest.store.params, whole.store.params, &whole);
        for (int i = 0; i < 2; i++) move_slab(rest.optimizer.moments[i], whole.optimizer.moments[i], &whole);
        rest.optimizer.steps = whole.optimizer.steps;
        sw_network_deinit(&whole);
        whole = rest;
        train(&whole, STEPS - STEPS / 2, BATCHES, 0.01);
    }
    float *params = read_slab(&whole, whole.store.params);
    sw_network_deinit(&whole);
    return params;
}

static size_t params_bytes(void)
{
    sw_model m = {0};
    build(&m, 0.5f);
    const size_t bytes = m.graph.param_elems * sizeof(float);
    sw_model_deinit(&m);
    return bytes;
}

Test(random_steps, a_resumed_training_drops_what_an_uninterrupted_one_does)
{
    draw_batch();
    const size_t bytes = params_bytes();
    float *whole = trained(11, false), *resumed = trained(11, true), *other = trained(12, false);
    cr_expect_eq(memcmp(whole, resumed, bytes), 0);
    cr_expect_neq(memcmp(whole, other, bytes), 0, "another seed, the same masks");
    free(whole);
    free(resumed);
    free(other);
}

/* The change of the parameters in one step of so many times the same batch. */
static float *step_of(int batches, float rate)
{
    sw_network network;
    make(&network, 5, rate, &sgd);
    float *before = read_slab(&network, network.store.params);
    train(&network, 1, batches, 1.0);
    float *after = read_slab(&network, network.store.params);
    for (size_t i = 0; i < network.store.param_elems; i++) after[i] -= before[i];
    free(before);
    sw_network_deinit(&network);
    return after;
}

static double distance(const float *a, const float *b)
{
    double most = 0;
    for (size_t i = 0; i < params_bytes() / sizeof *a; i++) {
        const double d = (double)a[i] - (double)b[i];
        if (d > most || -d > most) most = d < 0 ? -d : d;
    }
    return most;
}

Test(random_steps, each_batch_of_a_step_has_its_own_masks)
{
    draw_batch();
    float *one = step_of(1, 0.5f), *two = step_of(2, 0.5f);
    float *plain_one = step_of(1, 0), *plain_two = step_of(2, 0);
    cr_expect_lt(distance(plain_one, plain_two), 1e-5, "the mean of a batch and itself: %g",
                 distance(plain_one, plain_two));
    cr_expect_gt(distance(one, two), 1e-3, "twice the same masks: %g", distance(one, two));
    free(one);
    free(two);
    free(plain_one);
    free(plain_two);
}

static void predict(float *logits, sw_network *network, int n)
{
    must(sw_network_enqueue_prediction(network, images, n));
    must(sw_network_read_prediction(network, logits, n));
}

Test(random_steps, predictions_are_sampled_when_asked_for)
{
    static float plain[PIXELS * CLASSES], sample[PIXELS * CLASSES], again[PIXELS * CLASSES];
    sw_network network;
    draw_batch();
    make(&network, 5, 0.5f, &sgd);
    predict(plain, &network, IMAGES);
    sw_network_set_sampling(&network, true, 0);
    predict(sample, &network, IMAGES);
    cr_expect_neq(memcmp(sample, plain, sizeof plain), 0, "a sample is the plain prediction");
    sw_network_set_sampling(&network, true, 1);
    predict(again, &network, IMAGES);
    cr_expect_neq(memcmp(sample, again, sizeof again), 0, "two samples are alike");
    sw_network_set_sampling(&network, true, 0);
    predict(again, &network, IMAGES);
    cr_expect_eq(memcmp(sample, again, sizeof again), 0, "a sample is not the same a second time");
    predict(again, &network, 1);
    cr_expect_eq(memcmp(sample, again, sizeof again / IMAGES), 0,
                 "a batch of one image is sampled otherwise");
    train(&network, 1, 1, 0.0);
    predict(again, &network, IMAGES);
    cr_expect_eq(memcmp(sample, again, sizeof again), 0, "training steps change what is sampled");
    sw_network_set_sampling(&network, false, 0);
    predict(again, &network, IMAGES);
    cr_expect_eq(memcmp(plain, again, sizeof again), 0, "what is not sampled is random");
    sw_network_deinit(&network);
}
