/* A ring of batch buffers. Threads take images one at a time, in order, and write each to its place in its
 * batch. A batch is handed out when its last image is done. One lock guards everything but the pixels: an
 * image is written by one thread, and read only after its batch was reported complete under the lock. */
#include "data/loader.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct loader_slot {
    float *images;
    uint8_t *labels;
    uint32_t *indices;
    int missing; /* images still to be written of the batch it is armed for */
} loader_slot;

struct sw_loader {
    const sw_dataset *dataset;
    sw_loader_options options;
    sw_augment_config augment; /* zeroed: clean images */
    int image_count, batch_count;
    uint32_t *order;    /* (image_count) of the epoch under way */
    loader_slot *slots; /* batch b lives in slot b % slot_count */
    int slot_count;
    float *image_slab;
    uint8_t *label_slab;
    uint32_t *index_slab;

    pthread_mutex_t lock; /* guards all that follows and slot.missing */
    pthread_cond_t work, done;
    uint32_t epoch;
    int next_image; /* position in `order` of the next image to prepare; image_count: none left */
    int next_batch; /* to hand out */
    int released;   /* batches before this one are given back: their slots are free */
    int busy;       /* threads that are preparing an image */
    bool stopping;
    pthread_t *threads;
    int thread_count;
};

/* Images of a batch: all but the last are full. */
static int batch_size_of(const sw_loader *loader, int batch)
{
    int left = loader->image_count - batch * loader->options.batch_size;
    return left < loader->options.batch_size ? left : loader->options.batch_size;
}

static void prepare(const sw_loader *loader, uint32_t epoch, uint32_t image, float *out_image,
                    uint8_t *out_labels)
{
    sw_rng rng = sw_rng_at(loader->options.seed, loader->options.stream, (uint64_t)epoch << 32 | image);
    sw_augment_apply(&loader->augment, &rng, sw_dataset_size(loader->dataset),
                     sw_dataset_image(loader->dataset, (int)image),
                     sw_dataset_labels(loader->dataset, (int)image), out_image, out_labels);
}

/* Prepares a slot for that batch, so that its earlier content is not handed out as the batch. */
static void arm_slot(sw_loader *loader, int batch)
{
    if (batch < loader->batch_count)
        loader->slots[batch % loader->slot_count].missing = batch_size_of(loader, batch);
}

/* Whether an image is left to prepare and its batch's slot is free. */
static bool has_work(const sw_loader *loader)
{
    return loader->next_image < loader->image_count &&
           loader->next_image / loader->options.batch_size < loader->released + loader->slot_count;
}

/* Takes the next image, prepares it outside the lock, reports it. Called and left with the lock held. */
static void prepare_next(sw_loader *loader)
{
    int position = loader->next_image++;
    int batch = position / loader->options.batch_size, row = position % loader->options.batch_size;
    loader_slot *slot = &loader->slots[batch % loader->slot_count];
    uint32_t epoch = loader->epoch, image = loader->order[position];
    loader->busy++;
    pthread_mutex_unlock(&loader->lock);

    size_t pixels = sw_size_pixels(sw_dataset_size(loader->dataset));
    slot->indices[row] = image;
    prepare(loader, epoch, image, slot->images + (size_t)row * pixels * 3,
            slot->labels + (size_t)row * pixels);

    pthread_mutex_lock(&loader->lock);
    loader->busy--;
    slot->missing--;
    if (slot->missing == 0 || loader->busy == 0) pthread_cond_broadcast(&loader->done);
}

static void *run_thread(void *argument)
{
    sw_loader *loader = argument;
    pthread_mutex_lock(&loader->lock);
    while (!loader->stopping) {
        if (has_work(loader))
            prepare_next(loader);
        else
            pthread_cond_wait(&loader->work, &loader->lock);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

static sw_status allocate(sw_loader *loader)
{
    size_t pixels = sw_size_pixels(sw_dataset_size(loader->dataset));
    size_t batch = (size_t)loader->options.batch_size, rows = batch * (size_t)loader->slot_count;
    loader->order = malloc((size_t)loader->image_count * sizeof *loader->order);
    loader->slots = calloc((size_t)loader->slot_count, sizeof *loader->slots);
    loader->image_slab = malloc(rows * pixels * 3 * sizeof(float));
    loader->label_slab = malloc(rows * pixels);
    loader->index_slab = malloc(rows * sizeof(uint32_t));
    loader->threads = calloc((size_t)loader->options.threads, sizeof *loader->threads);
    if (!loader->order || !loader->slots || !loader->image_slab || !loader->label_slab ||
        !loader->index_slab || !loader->threads)
        return sw_fail_alloc("prepared batches (fewer: data.prefetch; smaller: train.batch_size)",
                             rows * pixels * (3 * sizeof(float) + 1));
    for (size_t i = 0; i < (size_t)loader->slot_count; i++)
        loader->slots[i] = (loader_slot){.images = loader->image_slab + i * batch * pixels * 3,
                                         .labels = loader->label_slab + i * batch * pixels,
                                         .indices = loader->index_slab + i * batch};
    return SW_OK;
}

sw_status sw_loader_create(sw_loader **out, const sw_dataset *dataset, const sw_loader_options *options)
{
    assert(options->batch_size > 0);
    *out = NULL;
    sw_status status = SW_OK;
    sw_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return sw_fail_alloc("a loader", sizeof *loader);
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->work, NULL);
    pthread_cond_init(&loader->done, NULL);
    loader->dataset = dataset;
    loader->options = *options;
    if (options->augment) loader->augment = *options->augment;
    loader->image_count = sw_dataset_count(dataset);
    if (options->image_limit > 0 && options->image_limit < loader->image_count)
        loader->image_count = options->image_limit;
    if (loader->options.batch_size > loader->image_count) loader->options.batch_size = loader->image_count;
    if (loader->options.threads < 1) loader->options.threads = 1;
    if (loader->options.prefetch < 1) loader->options.prefetch = 1;
    if (loader->options.hold < 1) loader->options.hold = 1;
    loader->batch_count = (loader->image_count - 1) / loader->options.batch_size + 1;
    /* batches prepared ahead, and those the caller holds */
    loader->slot_count = loader->options.prefetch + loader->options.hold;
    if (loader->slot_count > loader->batch_count) loader->slot_count = loader->batch_count;
    loader->next_image = loader->image_count;
    loader->next_batch = loader->batch_count;
    SW_TRY(allocate(loader));
    for (int i = 0; i < loader->options.threads; i++) {
        if (pthread_create(&loader->threads[i], NULL, run_thread, loader) != 0)
            SW_TRY(sw_fail(SW_E_MEMORY, "the system gave %d of %d loader threads: lower data.loader_threads",
                           i, loader->options.threads));
        loader->thread_count++;
    }
    *out = loader;
    loader = NULL;
done:
    sw_loader_destroy(loader);
    return status;
}

void sw_loader_destroy(sw_loader *loader)
{
    if (!loader) return;
    pthread_mutex_lock(&loader->lock);
    loader->stopping = true;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
    for (int i = 0; i < loader->thread_count; i++) pthread_join(loader->threads[i], NULL);
    pthread_cond_destroy(&loader->work);
    pthread_cond_destroy(&loader->done);
    pthread_mutex_destroy(&loader->lock);
    free(loader->order);
    free(loader->slots);
    free(loader->image_slab);
    free(loader->label_slab);
    free(loader->index_slab);
    free(loader->threads);
    free(loader);
}

void sw_loader_start(sw_loader *loader, uint32_t epoch, int first_batch)
{
    assert(first_batch >= 0);
    if (first_batch > loader->batch_count) first_batch = loader->batch_count;
    pthread_mutex_lock(&loader->lock);
    loader->next_image = loader->image_count; /* nothing more to take */
    while (loader->busy) pthread_cond_wait(&loader->done, &loader->lock);
    for (int i = 0; i < loader->image_count; i++) loader->order[i] = (uint32_t)i;
    if (loader->options.shuffle) {
        sw_rng rng = sw_rng_at(loader->options.seed, SW_RNG_SHUFFLE, epoch);
        sw_rng_shuffle(&rng, loader->order, (size_t)loader->image_count);
    }
    loader->epoch = epoch;
    loader->next_batch = loader->released = first_batch;
    if (first_batch < loader->batch_count) loader->next_image = first_batch * loader->options.batch_size;
    for (int i = 0; i < loader->slot_count; i++) arm_slot(loader, first_batch + i);
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
}

void sw_loader_next(sw_loader *loader, sw_batch *out)
{
    *out = (sw_batch){0};
    pthread_mutex_lock(&loader->lock);
    if (loader->next_batch < loader->batch_count) {
        if (loader->released <= loader->next_batch - loader->options.hold) { /* the oldest is given back */
            arm_slot(loader, loader->released + loader->slot_count);
            loader->released++;
            pthread_cond_broadcast(&loader->work);
        }
        const loader_slot *slot = &loader->slots[loader->next_batch % loader->slot_count];
        while (slot->missing > 0) pthread_cond_wait(&loader->done, &loader->lock);
        *out =
            (sw_batch){slot->images, slot->labels, slot->indices, batch_size_of(loader, loader->next_batch)};
        loader->next_batch++;
    }
    pthread_mutex_unlock(&loader->lock);
}

int sw_loader_batch_count(const sw_loader *loader)
{
    return loader->batch_count;
}

int sw_loader_image_count(const sw_loader *loader)
{
    return loader->image_count;
}
