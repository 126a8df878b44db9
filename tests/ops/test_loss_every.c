/* A loss that is not finite changes nothing, however many steps later the host looks at it, and whichever
 * batch of a step gave it. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "cl/buffer.h"
#include "nn/network.h"

enum { SIDE = 16, PIXELS = SIDE * SIDE, BATCH = 2, EVERY = 4, MAX_STEPS = 8, MAX_BATCHES = 3 };

static sw_cl *session;

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* Without check mode, which would wait after each launch. */
static void open_session(void)
{
    sw_device_info device;
    must(sw_device_choose(&device, NULL));
    must(sw_cl_create(&session, &device, NULL));
}

static void close_session(void)
{
    sw_cl_destroy(session);
}

TestSuite(loss_every, .init = open_session, .fini = close_session);

static const sw_model_config tiny = {
    .name = "tiny",
    .classes = 3,
    .input_norm = true,
    .norm_eps = 1e-5f,
    .norm_momentum = 0.1f,
    .head = SW_HEAD_NORM_RELU,
    .encoder = {{.convs = 1, .width = 8, .kernel = 3}, {.convs = 1, .width = 8, .kernel = 3}},
    .encoder_count = 2,
    .decoder = {{.unpool_from = 2, .convs = 1, .width = 8, .kernel = 3},
                {.unpool_from = 1, .convs = 2, .width = 0, .kernel = 3}},
    .decoder_count = 2};
static const sw_loss_config cross_entropy = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);

static const sw_optimizer_config optimizers[] = {
    {.kind = SW_OPT_ADAM, .lr = 1e-2f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f},
    {.kind = SW_OPT_ADAMW, .lr = 1e-2f, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weight_decay = 0.1f},
    {.kind = SW_OPT_SGD, .lr = 1e-2f},
    {.kind = SW_OPT_SGD, .lr = 1e-2f, .momentum = 0.9f, .weight_decay = 1e-3f}};

typedef struct trained {
    sw_network network;
    int batches; /* a step */
    float images[MAX_STEPS * MAX_BATCHES][BATCH * PIXELS * 3];
    uint8_t labels[MAX_BATCHES][BATCH * PIXELS]; /* by the batch's number in its step */
} trained;

static void open_network(trained *t, const sw_optimizer_config *optimizer, int batches, int loss_every)
{
    const sw_network_options options = {.model = &tiny,
                                        .loss = &cross_entropy,
                                        .optimizer = optimizer,
                                        .ema_decay = 0.5f,
                                        .size = {SIDE, SIDE},
                                        .train_batch = BATCH,
                                        .eval_batch = 1,
                                        .workspace_cap_bytes = 1 << 20,
                                        .loss_every = loss_every};
    must(sw_network_plan(&t->network, session, &options));
    must(sw_network_allocate(&t->network, 3));
    t->batches = batches;
    for (int k = 0; k < MAX_STEPS * MAX_BATCHES; k++)
        for (int i = 0; i < BATCH * PIXELS * 3; i++)
            t->images[k][i] = 0.5f + 0.5f * sinf((float)i * (0.1f + 0.01f * (float)k));
    for (int b = 0; b < MAX_BATCHES; b++) /* batch b has 60 b pixels that count for nothing */
        for (int i = 0; i < BATCH * PIXELS; i++) t->labels[b][i] = i < 60 * b ? 255 : (uint8_t)(i / 40 % 3);
}

static void enqueue_step(trained *t, int step)
{
    for (int b = 0; b < t->batches; b++) {
        must(sw_network_upload(&t->network, t->images[step * t->batches + b], t->labels[b], BATCH));
        must(sw_network_enqueue_batch(&t->network, t->labels[b], BATCH, b == t->batches - 1, 1e-2));
    }
}

/* Enqueues steps first..end-1 and gives the losses that came back, oldest first. */
static int take_steps(trained *t, int first, int end, float *losses)
{
    int have = 0;
    for (int k = first; k < end; k++) {
        enqueue_step(t, k);
        if ((k - first + 1) % sw_network_loss_every(&t->network) != 0 && k + 1 < end) continue;
        const sw_loss_values *read;
        int count;
        must(sw_network_losses(&t->network, &read, &count));
        for (int i = 0; i < count; i++) losses[have++] = (float)read[i].total;
    }
    return have;
}

static void expect_same_slab(const trained *a, cl_mem slab_a, cl_mem slab_b, const char *what)
{
    static float first[1 << 20], second[1 << 20];
    size_t elems = a->network.store.param_elems;
    cr_assert_leq(elems, sizeof first / sizeof *first);
    must(sw_buffer_read(session, slab_a, 0, first, elems * sizeof *first));
    must(sw_buffer_read(session, slab_b, 0, second, elems * sizeof *second));
    cr_expect_eq(memcmp(first, second, elems * sizeof *first), 0, "%s differ", what);
    for (size_t i = 0; i < elems; i++) cr_assert(isfinite(first[i]), "%s hold what is not finite", what);
}

static void expect_same_training(const trained *a, const trained *b)
{
    const sw_optimizer *x = &a->network.optimizer, *y = &b->network.optimizer;
    expect_same_slab(a, a->network.store.params, b->network.store.params, "parameters");
    if (x->steps > 0) expect_same_slab(a, a->network.averages.params, b->network.averages.params, "averages");
    for (int i = 0; i < x->moment_count; i++) expect_same_slab(a, x->moments[i], y->moments[i], "moments");
    cr_expect_eq(x->steps, y->steps, "%d steps and %d", (int)x->steps, (int)y->steps);
}

static trained a, b;

/* The message comes from the batch that gave the loss, not from the good ones before it. */
static void expect_explained(trained *t, int step, int bad_batch, double loss)
{
    for (int i = 0; i <= bad_batch; i++)
        cr_expect_eq(sw_network_explain_loss(&t->network, t->images[step * t->batches + i], t->labels[i],
                                             BATCH, i == t->batches - 1, loss),
                     i < bad_batch ? SW_OK : SW_E_NUMERIC, "batch %d of step %d", i, step);
    cr_expect_not_null(strstr(sw_error_message(), "the loss is NaN; the first value that is not finite "
                                                  "is in the output of batchnorm 'bn_input'"),
                       "%s", sw_error_message());
}

static void expect_halted_by(const sw_optimizer_config *optimizer, int batches, int step, int bad_batch)
{
    float losses[MAX_STEPS], good[MAX_STEPS];
    open_network(&a, optimizer, batches, EVERY);
    open_network(&b, optimizer, batches, 1);
    a.images[step * batches + bad_batch][PIXELS] = NAN;
    int end = step < EVERY ? EVERY : MAX_STEPS;
    cr_assert_eq(take_steps(&a, 0, end, losses), end);
    take_steps(&b, 0, step, good);
    for (int k = 0; k < step; k++) cr_expect_eq(losses[k], good[k], "step %d", k);
    cr_expect(isnan(losses[step]), "%g", (double)losses[step]);
    expect_same_training(&a, &b);
    expect_explained(&a, step, bad_batch, (double)losses[step]);
    sw_network_deinit(&a.network);
    sw_network_deinit(&b.network);
}

/* Before the first look, between two, and at the last step before one. */
static const int bad[] = {0, 2, EVERY - 1, EVERY + 1};

Test(loss_every, from_a_bad_step_on_everything_stays_as_after_the_step_before)
{
    for (size_t o = 0; o < sizeof optimizers / sizeof *optimizers; o++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) expect_halted_by(&optimizers[o], 1, bad[i], 0);
}

Test(loss_every, one_bad_batch_of_an_accumulated_step_is_enough)
{
    for (size_t o = 0; o < sizeof optimizers / sizeof *optimizers; o++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            expect_halted_by(&optimizers[o], MAX_BATCHES, bad[i], (int)(o + i) % MAX_BATCHES);
}

Test(loss_every, looking_seldom_trains_to_the_same_bits)
{
    for (int batches = 1; batches <= MAX_BATCHES; batches++)
        for (int every = 2; every <= MAX_STEPS; every += batches) {
            float losses[MAX_STEPS], one_by_one[MAX_STEPS];
            open_network(&a, &optimizers[0], batches, every);
            open_network(&b, &optimizers[0], batches, 1);
            cr_assert_eq(take_steps(&a, 0, MAX_STEPS, losses), MAX_STEPS);
            cr_assert_eq(take_steps(&b, 0, MAX_STEPS, one_by_one), MAX_STEPS);
            cr_expect_arr_eq(losses, one_by_one, sizeof losses, "every %d", every);
            expect_same_training(&a, &b);
            sw_network_deinit(&a.network);
            sw_network_deinit(&b.network);
        }
}

/* A network that is closed with steps under way and losses unread waits for what writes into its memory. */
Test(loss_every, closing_in_the_middle_is_no_accident)
{
    for (int steps = 1; steps <= EVERY; steps++) {
        open_network(&a, &optimizers[0], 2, EVERY);
        for (int k = 0; k < steps; k++) enqueue_step(&a, k);
        sw_network_deinit(&a.network);
    }
}
