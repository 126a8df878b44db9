#include "bench_loading.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/median.h"
#include "data/loader.h"
#include "setup/open_data.h"

enum { ROUNDS = 5 };

typedef struct loading {
    sw_network *network;
    sw_loader *loader;
    int batch, steps;
    uint32_t epoch;
    sw_batch kept; /* what steps without the loader train on */
    double on_ms[ROUNDS], off_ms[ROUNDS], wait_ms[ROUNDS], alone_ms[ROUNDS];
} loading;

/* The next whole batch, from the next epoch when this one has none left. */
static sw_status next_batch(loading *l, sw_batch *batch)
{
    SW_ENSURE(sw_loader_next(l->loader, batch));
    while (batch->count < l->batch) {
        sw_loader_start(l->loader, ++l->epoch, 0);
        SW_ENSURE(sw_loader_next(l->loader, batch));
    }
    return SW_OK;
}

/* Goes through an epoch, as a run's first one does: afterwards pictures that are kept in memory are there. */
static sw_status read_pictures(loading *l)
{
    sw_batch batch;
    sw_loader_start(l->loader, l->epoch, 0);
    do SW_ENSURE(sw_loader_next(l->loader, &batch));
    while (batch.count);
    return SW_OK;
}

/* Batches one after the other, with nothing to do between them. */
static sw_status load_alone(loading *l, double *batch_ms)
{
    sw_batch batch;
    sw_loader_start(l->loader, ++l->epoch, 0);
    SW_ENSURE(next_batch(l, &batch)); /* the threads have begun */
    double start = sw_clock_s();
    for (int i = 0; i < l->steps; i++) SW_ENSURE(next_batch(l, &batch));
    *batch_ms = 1e3 * (sw_clock_s() - start) / l->steps;
    return SW_OK;
}

/* Steps as a run takes them, at rate 0: every step computes the same. */
static sw_status take_steps(loading *l, double *step_ms, double *wait_ms, bool load)
{
    const sw_loss_values *losses;
    int count, every = sw_network_loss_every(l->network);
    double waited = 0.0, start = sw_clock_s();
    sw_batch batch = l->kept;
    for (int i = 1; i <= l->steps; i++) {
        double asked = sw_clock_s();
        if (load) SW_ENSURE(next_batch(l, &batch));
        waited += sw_clock_s() - asked;
        SW_ENSURE(sw_network_upload(l->network, batch.images, batch.labels, l->batch));
        SW_ENSURE(sw_network_enqueue_batch(l->network, batch.labels, l->batch, true, 0.0));
        if (i % every == 0 || i == l->steps) SW_ENSURE(sw_network_losses(l->network, &losses, &count));
    }
    *step_ms = 1e3 * (sw_clock_s() - start) / l->steps;
    *wait_ms = 1e3 * waited / l->steps;
    return SW_OK;
}

static sw_status measure_round(loading *l, int round)
{
    sw_batch first;
    double none;
    /* behind the last batch: the threads have nothing to do */
    sw_loader_start(l->loader, l->epoch, sw_loader_batch_count(l->loader));
    SW_ENSURE(take_steps(l, &l->off_ms[round], &none, false));
    sw_loader_start(l->loader, ++l->epoch, 0);
    SW_ENSURE(next_batch(l, &first)); /* the wait for an epoch's first batch is no step's */
    SW_ENSURE(take_steps(l, &l->on_ms[round], &l->wait_ms[round], true));
    SW_ENSURE(load_alone(l, &l->alone_ms[round]));
    sw_log(SW_LOG_INFO, "with and without the loader, round %d of %d: %.1f and %.1f ms a step", round + 1,
           ROUNDS, l->on_ms[round], l->off_ms[round]);
    return SW_OK;
}

sw_status sw_bench_measure_loading(sw_bench_loading *out, sw_network *network,
                                   const sw_experiment *experiment, const float *images,
                                   const uint8_t *labels, int steps)
{
    sw_status status = SW_OK;
    const sw_data_config *data = &experiment->data;
    sw_dataset *dataset = NULL;
    loading l = {.network = network, .batch = network->options.train_batch, .steps = steps, .epoch = 1};
    l.kept = (sw_batch){.images = images, .labels = labels, .count = l.batch};
    const sw_loader_options options = {.batch_size = l.batch,
                                       .threads = data->loader_threads,
                                       .prefetch = data->prefetch,
                                       .hold = 2,
                                       .seed = experiment->seed,
                                       .shuffle = true,
                                       .augment = &experiment->augment,
                                       .stream = SW_RNG_AUGMENT};
    SW_TRY(sw_open_train_data(&dataset, experiment));
    if (sw_dataset_count(dataset) < l.batch)
        SW_TRY(sw_fail(SW_E_CONFIG, "%s/%s has %d images, fewer than a batch of %d: use a smaller --batch",
                       data->root, sw_data_split_title(NULL, 0, data, SW_SPLIT_TRAIN),
                       sw_dataset_count(dataset), l.batch));
    SW_TRY(sw_loader_create(&l.loader, dataset, &options));
    if (sw_augment_needs_pictures(&experiment->augment)) SW_TRY(read_pictures(&l));
    for (int r = 0; r < ROUNDS; r++) SW_TRY(measure_round(&l, r));
    *out = (sw_bench_loading){.rounds = ROUNDS,
                              .steps = steps,
                              .off_ms = sw_median(l.off_ms, ROUNDS),
                              .on_ms = sw_median(l.on_ms, ROUNDS),
                              .wait_ms = sw_median(l.wait_ms, ROUNDS),
                              .alone_ms = sw_median(l.alone_ms, ROUNDS),
                              .threads = data->loader_threads};
done:
    sw_loader_destroy(l.loader);
    sw_dataset_destroy(dataset);
    return status;
}
