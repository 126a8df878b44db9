/* A step of several processes is the step of one: mpirun -n N ranks_step. Each process makes the step twice,
 * with the others and alone, and compares the gradients. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "comm/comm.h"
#include "nn/network.h"

enum { SIZE_PX = 16, PIXELS = SIZE_PX * SIZE_PX, IMAGES = 8, CLASSES = 3 };

static sw_comm *comm;
static sw_cl *session;
static float images[IMAGES * PIXELS * 3];
static uint8_t labels[IMAGES * PIXELS];

#define EXPECT(condition, ...)                                                                               \
    do {                                                                                                     \
        if (condition) break;                                                                                \
        printf("%s:%d: rank %d: not so: %s: ", __FILE__, __LINE__, sw_comm_rank(comm), #condition);          \
        printf(__VA_ARGS__);                                                                                 \
        printf("\n");                                                                                        \
        fflush(stdout);                                                                                      \
        sw_comm_abort(comm, 1);                                                                              \
        exit(1);                                                                                             \
    } while (0)

static void must(sw_status status)
{
    EXPECT(status == SW_OK, "%s", sw_error_message());
}

/* Bilinear: a place of unpooling that rounding moves would make the two steps differ by more than rounding.
 * The dropout's masks follow from an image's place in the whole batch. */
static const sw_model_config model = {
    .name = "small",
    .classes = CLASSES,
    .input_norm = true,
    .norm_eps = 1e-5f,
    .norm_momentum = 0.1f,
    .head = SW_HEAD_PLAIN,
    .encoder_count = 2,
    .decoder_count = 2,
    .encoder = {{.convs = 1, .width = 8, .kernel = 3},
                {.convs = 1, .width = 8, .kernel = 3, .dropout = 0.4f}},
    .decoder = {{.unpool_from = 2, .convs = 1, .width = 8, .kernel = 3, .up = SW_UP_BILINEAR},
                {.unpool_from = 1, .convs = 2, .width = 0, .kernel = 3, .up = SW_UP_BILINEAR}},
};

/* Images differ in brightness and in what their labels weigh, so that no part stands for the whole. */
static void draw(void)
{
    sw_rng rng = sw_rng_at(1, SW_RNG_TEST, 1);
    for (int i = 0; i < IMAGES * PIXELS * 3; i++)
        images[i] = (float)sw_rng_uniform(&rng, 0, 1) * (float)(1 + i / (PIXELS * 3)) / IMAGES;
    for (int i = 0; i < IMAGES * PIXELS; i++) {
        uint8_t label = (uint8_t)sw_rng_below(&rng, CLASSES);
        if ((int)sw_rng_below(&rng, IMAGES) < i / PIXELS) label = sw_rng_below(&rng, 2) ? 2 : 255;
        labels[i] = label;
    }
}

static void make(sw_network *network, const sw_loss_config *loss, sw_comm *with, bool sync_norm,
                 size_t bucket_bytes)
{
    static const sw_optimizer_config sgd = {.kind = SW_OPT_SGD};
    const sw_network_options options = {.model = &model,
                                        .loss = loss,
                                        .optimizer = &sgd,
                                        .size = {SIZE_PX, SIZE_PX},
                                        .train_batch = IMAGES,
                                        .eval_batch = 1,
                                        .comm = with,
                                        .sync_norm = sync_norm,
                                        .bucket_bytes = bucket_bytes,
                                        .workspace_cap_bytes = 1 << 20};
    must(sw_network_plan(network, session, &options));
    must(sw_network_allocate(network, 3));
}

typedef struct slice {
    int first, count;
    bool counts;
} slice;

/* As core/data/share.c has it. */
static slice slice_of(int whole, int rank, int ranks)
{
    const int base = whole / ranks, rest = whole % ranks, count = base + (rank < rest);
    if (count == 0) return (slice){0, 1, false};
    return (slice){base * rank + (rank < rest ? rank : rest), count, true};
}

static void enqueue(sw_network *network, slice s, bool last)
{
    sw_network_set_place(network, s.first, s.counts);
    must(sw_network_upload(network, images + s.first * PIXELS * 3, labels + s.first * PIXELS, s.count));
    must(sw_network_enqueue_batch(network, labels + s.first * PIXELS, s.count, last, 1.0));
}

/* The gradients and running statistics after a step. */
typedef struct outcome {
    size_t grad_count, state_count;
    float *grads, *states;
} outcome;

static outcome take(sw_network *network)
{
    const sw_loss_values *losses;
    int count;
    must(sw_network_losses(network, &losses, &count));
    outcome out = {.grad_count = network->store.param_elems, .state_count = network->store.state_elems};
    out.grads = malloc(out.grad_count * sizeof(float));
    out.states = malloc(out.state_count * sizeof(float));
    EXPECT(out.grads && out.states, "no memory");
    must(sw_buffer_read(session, network->store.grads, 0, out.grads, out.grad_count * sizeof(float)));
    must(sw_buffer_read(session, network->store.states, 0, out.states, out.state_count * sizeof(float)));
    sw_network_deinit(network);
    return out;
}

static void drop(outcome *o)
{
    free(o->grads);
    free(o->states);
}

static outcome step_of_all(const sw_loss_config *loss, int whole, bool sync_norm, size_t bucket_bytes)
{
    sw_network network;
    double totals[SW_MAX_LOSSES];
    make(&network, loss, comm, sync_norm, bucket_bytes);
    sw_network_weigh(totals, &network, labels, whole);
    sw_network_begin_step(&network, totals);
    enqueue(&network, slice_of(whole, sw_comm_rank(comm), sw_comm_size(comm)), true);
    return take(&network);
}

/* `norms_apart`: as a step of several batches, one a rank, so that each norm sees the images of a rank. */
static outcome step_alone(const sw_loss_config *loss, int whole, bool norms_apart)
{
    sw_network network;
    double totals[SW_MAX_LOSSES];
    const int ranks = sw_comm_size(comm), parts = whole < ranks ? whole : ranks;
    make(&network, loss, NULL, false, 0);
    sw_network_weigh(totals, &network, labels, whole);
    sw_network_begin_step(&network, totals);
    for (int r = 0; r < parts && norms_apart; r++)
        enqueue(&network, slice_of(whole, r, ranks), r == parts - 1);
    if (!norms_apart) enqueue(&network, (slice){0, whole, true}, true);
    return take(&network);
}

static double norm_of(const float *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

static double distance(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(sum);
}

/* Both sides are float sums of some thousand terms, each in its own order: a few 1e-6 of their size. What a
 * wrong weight, count or mask would change is of the size of the images' differences. */
static void compare(const char *what, const outcome *all, const outcome *alone, bool states)
{
    const double size = norm_of(alone->grads, alone->grad_count);
    const double apart = distance(all->grads, alone->grads, all->grad_count);
    EXPECT(size > 0, "%s: no gradient", what);
    EXPECT(apart < 1e-5 * size, "%s: gradients are %g of %g apart", what, apart, size);
    if (!states) return;
    const double running = norm_of(alone->states, alone->state_count);
    const double states_apart = distance(all->states, alone->states, all->state_count);
    EXPECT(states_apart < 1e-6 * running, "%s: running statistics are %g of %g apart", what, states_apart,
           running);
}

static void check(const sw_loss_config *loss, int whole)
{
    char what[64];
    snprintf(what, sizeof what, "loss %d, %d images", loss->items[0].kind, whole);
    outcome synced = step_of_all(loss, whole, true, 0), apart = step_of_all(loss, whole, false, 0);
    outcome single = step_of_all(loss, whole, false, 1); /* each parameter is a bucket */
    EXPECT(memcmp(single.grads, apart.grads, apart.grad_count * sizeof *apart.grads) == 0,
           "%s: other bits with other buckets", what);
    outcome alone = step_alone(loss, whole, false), batches = step_alone(loss, whole, true);
    compare(what, &synced, &alone, true);
    /* dropout draws for several batches as for several steps, so that only one batch is comparable */
    if (whole == 1) compare(what, &apart, &batches, false);
    const double size = norm_of(alone.grads, alone.grad_count);
    EXPECT(whole == 1 || distance(apart.grads, alone.grads, alone.grad_count) > 1e-3 * size,
           "%s: norms apart and norms together are too alike for this test", what);
    drop(&synced);
    drop(&apart);
    drop(&single);
    drop(&alone);
    drop(&batches);
}

int main(void)
{
    static const int sizes[] = {8, 7, 3, 2,
                                1}; /* with 3 processes the last two leave some without an image */
    const sw_loss_config losses[] = {
        SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = 1, .class_weights = {0.5f, 1.0f, 4.0f},
                    .class_weight_count = 3),
        SW_ONE_LOSS(DICE, .ignore_index = -1),
        {.count = 2, /* each with weights of its own */
         .items = {{.kind = SW_LOSS_CROSS_ENTROPY, .weight = 1, .attrs = {.ignore_index = 2}},
                   {.kind = SW_LOSS_FOCAL, .weight = 2, .attrs = {.gamma = 2, .ignore_index = 2}}}},
    };
    sw_device_info device;
    must(sw_comm_open(&comm));
    EXPECT(comm, "started without mpirun");
    must(sw_device_choose(&device, NULL));
    must(sw_cl_create(&session, &device, &(sw_cl_options){.check = true}));
    draw();
    for (size_t l = 0; l < sizeof losses / sizeof *losses; l++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) check(&losses[l], sizes[i]);
    sw_cl_destroy(session);
    if (sw_comm_rank(comm) == 0) printf("a step of %d processes is that of one\n", sw_comm_size(comm));
    fflush(stdout);
    sw_comm_close(comm);
    return 0;
}
