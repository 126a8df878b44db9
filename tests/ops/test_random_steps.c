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

static const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
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

/* A convolution, ReLU, dropout of that rate, a head. */
static const sw_model_config *model_with(float rate)
{
    static const sw_conv2d_attrs wide = {.out_channels = 16, .kernel = 3, .bias = true},
                                 head = {.out_channels = CLASSES, .kernel = 1};
    static sw_dropout_attrs dropout;
    static sw_layer layers[] = {
        {.name = "wide", .op = &sw_op_conv2d, .attrs = &wide, .from_count = 1, .from = {SW_LAYER_IMAGES}},
        {.name = "relu", .op = &sw_op_relu, .from_count = 1, .from = {"wide"}},
        {.name = "dropout", .op = &sw_op_dropout, .attrs = &dropout, .from_count = 1, .from = {"relu"}},
        {.name = "head", .op = &sw_op_conv2d, .attrs = &head, .from_count = 1, .from = {"dropout"}}};
    static const sw_model_config config = {
        .name = "random", .classes = CLASSES, .layers = {sizeof layers / sizeof *layers, layers}};
    dropout.rate = rate;
    return &config;
}

static void make(sw_network *network, uint64_t seed, float rate, const sw_optimizer_config *optimizer)
{
    const sw_network_options options = {.model = model_with(rate),
                                        .loss = &loss,
                                        .optimizer = optimizer,
                                        .size = {SIDE, SIDE},
                                        .train_batch = IMAGES,
                                        .eval_batch = IMAGES,
                                        .workspace_cap_bytes = 1 << 16,
                                        .loss_every = STEPS};
    must(sw_network_plan(network, session, &options));
    must(sw_network_allocate(network, seed));
    must(sw_model_init_params(&network->train_model.graph, &network->store, 3)); /* whatever the seed */
}

static void train(sw_network *network, int steps, int batches, double lr)
{
    const sw_loss_values *losses;
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
    sw_network first, rest, *last = &first;
    make(&first, seed, 0.5f, &adam);
    train(&first, resumed ? STEPS / 2 : STEPS, BATCHES, 0.01);
    if (resumed) {
        last = &rest;
        make(&rest, seed, 0.5f, &adam);
        move_slab(rest.store.params, first.store.params, &first);
        for (int i = 0; i < 2; i++) move_slab(rest.optimizer.moments[i], first.optimizer.moments[i], &first);
        rest.optimizer.steps = first.optimizer.steps;
        sw_network_deinit(&first);
        train(&rest, STEPS - STEPS / 2, BATCHES, 0.01);
    }
    float *params = read_slab(last, last->store.params);
    sw_network_deinit(last);
    return params;
}

static size_t params_bytes(void)
{
    sw_model m;
    const sw_model_options options = {.batch = 1, .size = {SIDE, SIDE}};
    must(sw_model_build(&m, model_with(0.5f), &loss, &options, NULL));
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
