/* What a step does beside a batch's gradients and the optimiser's update: several batches make one step, the
 * gradients are clipped, averages are kept. The kernels are checked in op_gradients and op_averages. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "nn/network.h"

TestSuite(training_step, .init = session_open, .fini = session_close);

enum { SIZE_PX = 8, PIXELS = SIZE_PX * SIZE_PX, IMAGES = 8, CLASSES = 3 };

static const sw_model_config model = {
    .name = "small",
    .classes = CLASSES,
    .input_norm = true,
    .norm_eps = 1e-5f,
    .norm_momentum = 0.1f,
    .head = SW_HEAD_PLAIN,
    .encoder_count = 2,
    .decoder_count = 2,
    .encoder = {{.convs = 1, .width = 8, .kernel = 3}, {.convs = 1, .width = 8, .kernel = 3}},
    .decoder = {{.unpool_from = 2, .convs = 1, .width = 8, .kernel = 3},
                {.unpool_from = 1, .convs = 2, .width = 0, .kernel = 3}},
};

static float images[IMAGES * PIXELS * 3];
static uint8_t labels[IMAGES * PIXELS];

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* The same picture IMAGES times, each with other labels. A norm then sees the same statistics in every batch,
 * and as all activations are the same, the gradients of several images only depend on the sum of what comes
 * from their labels: norms do not stand in the way of comparing batches of different sizes. */
static void draw(void)
{
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 1);
    for (int i = 0; i < PIXELS * 3; i++) images[i] = (float)sw_rng_uniform(&rng, 0, 1);
    for (int n = 1; n < IMAGES; n++) memcpy(images + n * PIXELS * 3, images, PIXELS * 3 * sizeof *images);
    for (int i = 0; i < IMAGES * PIXELS; i++) {
        /* the later an image, the more of class 2 and the less that counts */
        uint8_t label = (uint8_t)sw_rng_below(&rng, CLASSES);
        if ((int)sw_rng_below(&rng, IMAGES) < i / PIXELS) label = sw_rng_below(&rng, 2) ? 2 : 255;
        labels[i] = label;
    }
}

static void make(sw_network *network, const sw_loss_config *loss, const sw_optimizer_config *optimizer,
                 float ema_decay)
{
    const sw_network_options options = {.model = &model,
                                        .loss = loss,
                                        .optimizer = optimizer,
                                        .ema_decay = ema_decay,
                                        .size = {SIZE_PX, SIZE_PX},
                                        .train_batch = IMAGES,
                                        .eval_batch = IMAGES,
                                        .workspace_cap_bytes = 1 << 20};
    must(sw_network_plan(network, session, &options));
    must(sw_network_allocate(network, 3));
}

static float *read_slab(const sw_network *network, cl_mem slab, size_t elems)
{
    float *values = malloc(elems * sizeof *values);
    cr_assert(values);
    must(sw_buffer_read(network->cl, slab, 0, values, elems * sizeof *values));
    return values;
}

static float *read_params(const sw_network *network)
{
    return read_slab(network, network->store.params, network->store.param_elems);
}

/* One step of batches of these sizes (0 ends them), as a fresh network makes it with SGD at rate 1: the
 * parameters' changes are the gradients. */
static double *gradients_of(const sw_loss_config *loss, const int *sizes, float clip_norm, double *mean_loss,
                            size_t *elems)
{
    const sw_optimizer_config sgd = {.kind = SW_OPT_SGD, .clip_norm = clip_norm};
    sw_network network;
    make(&network, loss, &sgd, 0.0f);
    float *before = read_params(&network);
    int at = 0, all = 0;
    double totals[SW_MAX_LOSSES];
    for (int b = 0; sizes[b]; b++) all += sizes[b];
    sw_network_weigh(totals, &network, labels, all);
    if (loss->count > 1) sw_network_begin_step(&network, totals);
    for (int b = 0; sizes[b]; b++) {
        must(sw_network_upload(&network, images + at * PIXELS * 3, labels + at * PIXELS, sizes[b]));
        must(sw_network_enqueue_batch(&network, labels + at * PIXELS, sizes[b], sizes[b + 1] == 0, 1.0));
        at += sizes[b];
    }
    const sw_loss_values *losses;
    int count;
    must(sw_network_losses(&network, &losses, &count));
    cr_assert_eq(count, 1, "a step has one loss, whatever its batches");
    *mean_loss = losses[0].total;
    cr_assert_eq(network.optimizer.steps, 1);
    float *after = read_params(&network);
    *elems = network.store.param_elems;
    double *change = malloc(*elems * sizeof *change);
    cr_assert(change);
    for (size_t i = 0; i < *elems; i++) change[i] = (double)after[i] - (double)before[i];
    free(before);
    free(after);
    sw_network_deinit(&network);
    return change;
}

static double norm_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i] * values[i];
    return sqrt(sum);
}

static double distance(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

/* Both sides are float sums of some hundred terms, each in its own order: a few 1e-6 of their size. What a
 * wrong weight of a batch would change is of the size of the difference between the batches. */
static void expect_one_step(const sw_loss_config *loss, const int (*ways)[IMAGES + 1], size_t count)
{
    static const int whole[] = {IMAGES, 0}, first[] = {3, 0};
    double loss_whole, loss_parts, loss_first;
    size_t elems;
    double *g_whole = gradients_of(loss, whole, 0, &loss_whole, &elems);
    double *g_first = gradients_of(loss, first, 0, &loss_first, &elems);
    const double size = norm_of(g_whole, elems);
    cr_expect_gt(distance(g_first, g_whole, elems), 0.1 * size, "the batches are too alike for this test");
    cr_expect_gt(fabs(loss_first - loss_whole), 1e-3, "the batches are too alike for this test");
    for (size_t w = 0; w < count; w++) {
        double *g_parts = gradients_of(loss, ways[w], 0, &loss_parts, &elems);
        cr_expect_lt(distance(g_parts, g_whole, elems), 1e-5 * size, "way %zu: %g of %g", w,
                     distance(g_parts, g_whole, elems), size);
        cr_expect_float_eq(loss_parts, loss_whole, 2e-6 * loss_whole, "way %zu: %.9g and %.9g", w, loss_parts,
                           loss_whole);
        free(g_parts);
    }
    free(g_whole);
    free(g_first);
}

Test(training_step, several_batches_make_the_step_of_one_whatever_their_sizes_and_weights)
{
    static const int ways[][IMAGES + 1] = {{4, 4}, {2, 2, 2, 2}, {3, 3, 2}, {1, 6, 1}};
    const sw_loss_config losses[] = {
        SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1),
        SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = 1),
        SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1, .class_weights = {0.5f, 1.0f, 4.0f},
                    .class_weight_count = 3),
        SW_ONE_LOSS(FOCAL, .gamma = 2, .ignore_index = 0, .class_weights = {0.5f, 1.0f, 4.0f},
                    .class_weight_count = 3),
        SW_ONE_LOSS(DICE, .ignore_index = -1),
        SW_ONE_LOSS(TVERSKY, .alpha = 0.3f, .beta = 0.7f, .smooth = 1, .ignore_index = 0,
                    .class_weights = {0.5f, 1.0f, 4.0f}, .class_weight_count = 3),
        SW_ONE_LOSS(LOVASZ, .ignore_index = -1),
        SW_ONE_LOSS(BOUNDARY, .w0 = 10, .sigma = 2, .ignore_index = 1),
        SW_ONE_LOSS(OHEM, .share = 0.25f, .ignore_index = -1, .class_weights = {0.5f, 1.0f, 4.0f},
                    .class_weight_count = 3),
        {.count = 3, /* each with weights of its own */
         .items = {{.kind = SW_LOSS_CROSS_ENTROPY, .weight = 1, .attrs = {.ignore_index = 2}},
                   {.kind = SW_LOSS_DICE,
                    .weight = 0.5f,
                    .attrs = {.ignore_index = 2, .class_weights = {3, 1, 1}, .class_weight_count = 3}},
                   {.kind = SW_LOSS_FOCAL,
                    .weight = 2,
                    .attrs = {.gamma = 2,
                              .ignore_index = 2,
                              .class_weights = {0.5f, 4.0f, 1.0f},
                              .class_weight_count = 3}}}},
    };
    draw();
    for (size_t l = 0; l < sizeof losses / sizeof *losses; l++)
        expect_one_step(&losses[l], ways, sizeof ways / sizeof *ways);
}

Test(training_step, a_batch_in_which_nothing_counts_changes_nothing_of_the_others)
{
    static const int sizes[] = {2, 4, 2, 0};
    const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
    draw();
    memset(labels, 255, 2 * PIXELS);
    memset(labels + 6 * PIXELS, 255, 2 * PIXELS);
    double loss_whole, loss_parts;
    size_t elems;
    double *whole = gradients_of(&loss, (const int[]){IMAGES, 0}, 0, &loss_whole, &elems);
    double *parts = gradients_of(&loss, sizes, 0, &loss_parts, &elems);
    cr_expect_lt(distance(parts, whole, elems), 1e-5 * norm_of(whole, elems));
    cr_expect_float_eq(loss_parts, loss_whole, 2e-6 * loss_whole);
    free(whole);
    free(parts);
}

Test(training_step, clipping_is_of_the_mean_over_the_batches)
{
    static const int sizes[] = {4, 4, 0};
    const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
    double mean_loss;
    size_t elems;
    draw();
    double *free_step = gradients_of(&loss, sizes, 0, &mean_loss, &elems);
    const double norm = norm_of(free_step, elems);
    double *loose = gradients_of(&loss, sizes, (float)(1.01 * norm), &mean_loss, &elems);
    double *tight = gradients_of(&loss, sizes, (float)(0.5 * norm), &mean_loss, &elems);
    cr_expect_eq(distance(loose, free_step, elems), 0, "a norm below the limit is left alone");
    for (size_t i = 0; i < elems; i++) free_step[i] *= 0.5 * norm / (norm + 1e-6);
    /* the parameters' own rounding, eps/2 of values of up to 1 or so, is in the differences */
    cr_expect_lt(distance(tight, free_step, elems), 1e-5 * norm);
    free(free_step);
    free(loose);
    free(tight);
}

/* As with torch.nn.utils.clip_grad_norm_, a norm that is NaN makes every gradient NaN, so that an update
 * cannot hide a few values that broke among many that did not. */
Test(training_step, one_gradient_that_is_not_finite_leaves_none_as_it_was)
{
    const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
    const sw_optimizer_config sgd = {.kind = SW_OPT_SGD, .clip_norm = 1e3f};
    static const float broken[] = {NAN, INFINITY};
    sw_network network;
    make(&network, &loss, &sgd, 0.0f);
    const size_t elems = network.store.param_elems, at = elems / 3;
    float *given = calloc(elems, sizeof *given);
    for (int b = 0; b < 2; b++) {
        for (size_t i = 0; i < elems; i++) given[i] = i == at ? broken[b] : 1.0f;
        must(sw_buffer_write(session, network.store.grads, 0, given, elems * sizeof *given));
        must(sw_gradients_clip(&network.gradients));
        float *found = read_slab(&network, network.store.grads, elems);
        for (size_t i = 0; i < elems; i++)
            cr_assert(isnan(found[i]) || (b == 1 && found[i] == 0.0f), "%g of %g at %zu", (double)found[i],
                      (double)given[i], i);
        free(found);
    }
    free(given);
    sw_network_deinit(&network);
}

Test(training_step, averages_follow_the_values_and_can_be_looked_at)
{
    const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);
    const sw_optimizer_config adam = {.kind = SW_OPT_ADAM, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f};
    enum { STEPS = 6 };
    sw_network network;
    draw();
    make(&network, &loss, &adam, 0.3f);
    const size_t elems = network.store.param_elems, states = network.store.state_elems;
    double *average = calloc(elems + states, sizeof *average), moved = 0;
    for (int step = 1; step <= STEPS; step++) {
        double value;
        must(sw_network_train_step(&network, images, labels, IMAGES, 0.01, &value));
        /* 2/11, 3/12, then 0.3 */
        const double decay = step == 1 ? 0 : fmin(0.3, step / (9.0 + step));
        float *params = read_params(&network),
              *statistics = read_slab(&network, network.store.states, states);
        for (size_t i = 0; i < elems + states; i++) {
            const double now = (double)(i < elems ? params[i] : statistics[i - elems]);
            average[i] = decay * average[i] + (1 - decay) * now;
        }
        free(params);
        free(statistics);
    }
    float *params = read_params(&network), *statistics = read_slab(&network, network.store.states, states);
    must(sw_network_swap_averages(&network));
    float *shown = read_params(&network),
          *shown_statistics = read_slab(&network, network.store.states, states);
    for (size_t i = 0; i < elems + states; i++) {
        const double found = (double)(i < elems ? shown[i] : shown_statistics[i - elems]);
        const double now = (double)(i < elems ? params[i] : statistics[i - elems]);
        cr_expect_float_eq(found, average[i], 1e-6 * (fabs(average[i]) + 0.1), "%zu: %g and %g", i, found,
                           average[i]);
        moved += fabs(found - now);
    }
    cr_expect_gt(moved, 0.1, "the averages are not the values themselves");
    must(sw_network_swap_averages(&network));
    float *back = read_params(&network);
    cr_expect(memcmp(back, params, elems * sizeof *back) == 0, "swapping twice gives the same bits");
    free(params);
    free(statistics);
    free(shown);
    free(shown_statistics);
    free(back);
    free(average);
    sw_network_deinit(&network);
}
