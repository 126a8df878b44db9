/* Epochs of a loader that is built with ThreadSanitizer: taken whole, left in the middle, begun anew,
 * destroyed at work. A lock that is taken too late, or not at all, is a finding, and a program that hangs is
 * soon ended. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "data/dataset.h"
#include "data/loader.h"
#include "synth/synth.h"

enum { IMAGES = 23, BATCH = 5, ROUNDS = 12, PATIENCE_S = 50 };

static sw_status take(unsigned long *sum, sw_loader *loader, int batches)
{
    sw_batch batch = {.count = 1};
    for (int b = 0; b < batches && batch.count; b++) {
        SW_ENSURE(sw_loader_next(loader, &batch));
        for (int i = 0; i < batch.count; i++) *sum += batch.indices[i] + batch.labels[i];
    }
    return SW_OK;
}

static sw_status use(const sw_dataset *dataset, int threads, int prefetch, int hold)
{
    static const sw_augment_config augment = {.hflip = 0.5f, .contrast = 0.3f};
    sw_status status = SW_OK;
    const sw_loader_options options = {.batch_size = BATCH,
                                       .threads = threads,
                                       .prefetch = prefetch,
                                       .hold = hold,
                                       .seed = 11,
                                       .shuffle = true,
                                       .augment = &augment,
                                       .stream = SW_RNG_AUGMENT};
    unsigned long sum = 0;
    sw_loader *loader;
    SW_ENSURE(sw_loader_create(&loader, dataset, &options));
    for (int round = 0; round < ROUNDS; round++) {
        sw_loader_start(loader, (uint32_t)round, round % 3);
        SW_TRY(take(&sum, loader, round % 2 ? IMAGES : round % 4));
        if (round % 4 == 2) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); /* they work on */
    }
    sw_loader_start(loader, ROUNDS, 0);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
done:
    sw_loader_destroy(loader);
    return status;
}

static sw_status use_all(const char *root)
{
    sw_status status = SW_OK;
    const sw_synth_options synth = {.train = IMAGES, .val = 1, .size_px = 16, .seed = 5};
    const sw_data_config data = {.root = root, .split = {"trainval"}, .size = {16, 16}, .loader_threads = 1};
    sw_dataset *dataset;
    SW_ENSURE(sw_synth_write(root, &synth));
    SW_ENSURE(sw_dataset_open(&dataset, &data, SW_SPLIT_TRAIN));
    for (int threads = 1; threads <= 4; threads++)
        for (int hold = 1; hold <= 3; hold++) SW_TRY(use(dataset, threads, threads % 3, hold));
done:
    sw_dataset_destroy(dataset);
    return status;
}

int main(void)
{
    char root[] = "/tmp/segwork-test-XXXXXX", command[64];
    if (!mkdtemp(root)) return EXIT_FAILURE;
    alarm(PATIENCE_S);
    sw_status status = use_all(root);
    if (status != SW_OK) fprintf(stderr, "%s\n", sw_error_message());
    snprintf(command, sizeof command, "rm -r %s", root);
    return status == SW_OK && system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
