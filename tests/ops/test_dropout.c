/* What is random in dropout: which values are dropped, what that depends on, and what not. Each mask is
 * compared with the reference's in op_dropout; here it is looked at by itself. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "exec/executor.h"
#include "ops/ops.h"

TestSuite(dropout, .init = session_open, .fini = session_close);

enum {
    IMAGES = 4,
    SIDE = 40,
    CHANNELS = 32,
    IMAGE = SIDE * SIDE * CHANNELS,
    ELEMS = IMAGES * IMAGE,
    LAYERS = 2
};

/* Two dropout layers, each of the same input of ones. */
typedef struct layers {
    sw_graph graph;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    int x, y[LAYERS];
} layers;

static float ones[ELEMS];

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static void open_layers(layers *l, sw_dropout_attrs attrs, bool training)
{
    *l = (layers){0};
    sw_graph_init(&l->graph);
    must(sw_graph_input(&l->x, &l->graph, "x", SW_F32, (sw_shape){IMAGES, SIDE, SIDE, CHANNELS}));
    must(sw_graph_add(&l->y[0], &l->graph, &sw_op_dropout, "first", &attrs, 1, &l->x));
    must(sw_graph_add(&l->y[1], &l->graph, &sw_op_dropout, "second", &attrs, 1, &l->x));
    const sw_executor_options options = {.training = training,
                                         .keep = l->y,
                                         .keep_count = LAYERS,
                                         .seeds = l->y,
                                         .seed_count = training ? 1 : 0,
                                         .wants = &l->x,
                                         .want_count = training ? 1 : 0};
    sw_slabs_init(&l->slabs, session);
    must(sw_store_init(&l->store, session, &l->graph, training));
    must(sw_executor_create(&l->executor, session, &l->graph, &l->store, &l->slabs, &options));
    must(sw_executor_bind(l->executor));
    for (int i = 0; i < ELEMS; i++) ones[i] = 1.0f;
    must(sw_buffer_write(session, sw_executor_value(l->executor, l->x), 0, ones, sizeof ones));
}

static void close_layers(layers *l)
{
    sw_executor_destroy(l->executor);
    sw_slabs_deinit(&l->slabs);
    sw_store_deinit(&l->store);
    sw_graph_deinit(&l->graph);
}

static void forward(float *y, layers *l, int layer, uint64_t seed, uint64_t step, int n)
{
    sw_executor_set_random(l->executor, seed, step, true);
    must(sw_executor_forward(l->executor, n));
    must(sw_buffer_read(session, sw_executor_value(l->executor, l->y[layer]), 0, y,
                        (size_t)n * IMAGE * sizeof *y));
}

static size_t zeros_of(const float *y, size_t count)
{
    size_t zeros = 0;
    for (size_t i = 0; i < count; i++) zeros += y[i] == 0.0f;
    return zeros;
}

/* A count of `trials` chances of p: within six standard deviations, which chance misses once in 5e8. */
static void expect_count(const char *what, size_t found, size_t trials, double p)
{
    const double mean = (double)trials * p, deviation = sqrt(mean * (1 - p));
    cr_expect_lt(fabs((double)found - mean), 6 * deviation, "%s: %zu of %zu, where %.0f +- %.0f are expected",
                 what, found, trials, mean, deviation);
}

/* How many values two masks treat alike. */
static size_t agreeing(const float *a, const float *b)
{
    size_t count = 0;
    for (size_t i = 0; i < ELEMS; i++) count += (a[i] == 0.0f) == (b[i] == 0.0f);
    return count;
}

static float first[ELEMS], second[ELEMS];

Test(dropout, the_share_that_is_dropped_is_the_rate_and_the_mean_is_kept)
{
    const float rates[] = {0.1f, 0.5f, 0.9f};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const double rate = (double)rates[i];
        layers l;
        open_layers(&l, (sw_dropout_attrs){.rate = rates[i]}, true);
        forward(first, &l, 0, 1, 2, IMAGES);
        expect_count("dropped", zeros_of(first, ELEMS), ELEMS, rate);
        double sum = 0;
        for (size_t k = 0; k < ELEMS; k++) {
            cr_assert(first[k] == 0.0f || fabs((double)first[k] * (1 - rate) - 1) < 4e-7 / (1 - rate));
            sum += (double)first[k];
        }
        /* a value's deviation is that of one chance, times 1/(1 - rate) */
        cr_expect_lt(fabs(sum - ELEMS), 6 * sqrt(ELEMS * rate / (1 - rate)), "%g", sum);
        close_layers(&l);
    }
}

Test(dropout, whole_channels_of_single_images_are_dropped)
{
    layers l;
    size_t dropped = 0;
    open_layers(&l, (sw_dropout_attrs){.rate = 0.5f, .kind = SW_DROPOUT_CHANNELS}, true);
    for (uint64_t step = 0; step < 20; step++) {
        forward(first, &l, 0, 1, step, IMAGES);
        for (int i = 0; i < ELEMS; i++)
            cr_assert_eq(first[i], first[i / IMAGE * IMAGE + i % CHANNELS], "a channel is not of one kind");
        for (int n = 0; n < IMAGES; n++) dropped += zeros_of(first + n * IMAGE, CHANNELS);
    }
    expect_count("dropped channels", dropped, (size_t)20 * IMAGES * CHANNELS, 0.5);
    close_layers(&l);
}

Test(dropout, masks_of_other_seeds_steps_and_layers_are_independent)
{
    layers l;
    open_layers(&l, (sw_dropout_attrs){.rate = 0.5f}, true);
    const struct {
        const char *what;
        int layer;
        uint64_t seed, step;
    } others[] = {{"layer", 1, 3, 1 << 16},
                  {"seed", 0, 4, 1 << 16},
                  {"seed's upper half", 0, 3 | UINT64_C(1) << 40, 1 << 16},
                  {"step", 0, 3, 2 << 16},
                  {"batch in the step", 0, 3, 1 << 16 | 1},
                  {"step far on", 0, 3, UINT64_C(1) << 40 | 1 << 16}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        forward(first, &l, 0, 3, 1 << 16, IMAGES);
        forward(second, &l, others[i].layer, others[i].seed, others[i].step, IMAGES);
        expect_count(others[i].what, agreeing(first, second), ELEMS, 0.5);
    }
    /* neither do neighbours of one mask follow each other: beside, above, in the next image */
    const int distances[] = {1, CHANNELS, SIDE * CHANNELS, IMAGE};
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        size_t alike = 0;
        for (int k = 0; k + distances[i] < ELEMS; k++)
            alike += (first[k] == 0.0f) == (first[k + distances[i]] == 0.0f);
        expect_count("neighbours", alike, (size_t)(ELEMS - distances[i]), 0.5);
    }
    close_layers(&l);
}

Test(dropout, the_same_seed_and_step_give_the_same_bits_in_a_batch_of_any_size)
{
    layers l;
    open_layers(&l, (sw_dropout_attrs){.rate = 0.3f}, true);
    forward(first, &l, 0, 7, 8, IMAGES);
    forward(second, &l, 0, 7, 9, IMAGES);
    cr_expect_neq(memcmp(first, second, sizeof first), 0);
    forward(second, &l, 0, 7, 8, IMAGES);
    cr_expect_eq(memcmp(first, second, sizeof first), 0, "a second time");
    forward(second, &l, 0, 7, 8, 1);
    cr_expect_eq(memcmp(first, second, IMAGE * sizeof *first), 0, "the first image by itself");
    close_layers(&l);
}

Test(dropout, the_gradient_passes_where_the_value_did)
{
    layers l;
    open_layers(&l, (sw_dropout_attrs){.rate = 0.25f}, true);
    forward(first, &l, 0, 7, 8, IMAGES);
    must(sw_buffer_write(session, sw_executor_gradient(l.executor, l.y[0]), 0, ones, sizeof ones));
    must(sw_executor_backward(l.executor, IMAGES));
    must(sw_buffer_read(session, sw_executor_gradient(l.executor, l.x), 0, second, sizeof second));
    cr_expect_eq(memcmp(first, second, sizeof first), 0, "the gradient of 1 is the value of 1");
    cr_expect_gt(zeros_of(first, ELEMS), 0);
    close_layers(&l);
}

Test(dropout, an_evaluation_drops_only_when_it_is_sampling)
{
    layers l;
    open_layers(&l, (sw_dropout_attrs){.rate = 0.5f}, false);
    must(sw_executor_forward(l.executor, IMAGES));
    must(sw_buffer_read(session, sw_executor_value(l.executor, l.y[1]), 0, first, sizeof first));
    cr_expect_eq(memcmp(first, ones, sizeof first), 0, "an evaluation of its own accord");
    forward(first, &l, 0, 7, 1, IMAGES);
    forward(second, &l, 0, 7, 2, IMAGES);
    expect_count("dropped in a sample", zeros_of(first, ELEMS), ELEMS, 0.5);
    expect_count("samples that agree", agreeing(first, second), ELEMS, 0.5);
    forward(second, &l, 0, 7, 1, IMAGES);
    cr_expect_eq(memcmp(first, second, sizeof first), 0, "sample 1 again");
    sw_executor_set_random(l.executor, 7, 1, false);
    must(sw_executor_forward(l.executor, IMAGES));
    must(sw_buffer_read(session, sw_executor_value(l.executor, l.y[0]), 0, second, sizeof second));
    cr_expect_eq(memcmp(second, ones, sizeof second), 0, "no sampling any more");
    close_layers(&l);
    /* and what is sampled is not what a training step drops */
    open_layers(&l, (sw_dropout_attrs){.rate = 0.5f}, true);
    forward(second, &l, 0, 7, 1, IMAGES);
    expect_count("sample and step", agreeing(first, second), ELEMS, 0.5);
    close_layers(&l);
}
