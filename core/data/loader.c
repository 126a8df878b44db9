/* A ring of batch buffers. Threads take images one at a time, in order, and write each to its place in its
 * batch. A batch is handed out when its last image is done. One lock guards everything but the pixels: an
 * image is written by one thread, and read only after its batch was reported complete under the lock. */
#include "data/loader.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "augment_picture.h"
#include "base/str.h"
#include "data/normalize.h"
#include "dataset_images.h"
#include "share.h"

typedef struct loader_slot {
    float *images;
    uint8_t *labels;
    uint32_t *indices;
    int missing; /* images still to be written of the batch it is armed for */
} loader_slot;

typedef struct loader_thread {
    sw_loader *loader;
    pthread_t id;
    sw_augment_place *place;
    uint8_t *bytes; /* (4,H,W) where an image that is not in memory is read */
} loader_thread;

struct sw_loader {
    const sw_dataset *dataset;
    sw_loader_options options;
    sw_augment_config augment; /* zeroed: clean images */
    int all_images;            /* an epoch's, of all parts */
    batch_share share;         /* what of them is this loader's; its batches have options.batch_size images */
    int image_count, batch_count;
    uint32_t *order;    /* (all_images): the image_count of this part in the epoch under way, then scratch */
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
    sw_status failed; /* of the first image in the order of the epoch that could not be prepared */
    char *message;
    int failed_at; /* its position */
    loader_thread *threads;
    int thread_count;
};

/* Images of a batch: all but the last are full. */
static int batch_size_of(const sw_loader *loader, int batch)
{
    int left = loader->image_count - batch * loader->options.batch_size;
    return left < loader->options.batch_size ? left : loader->options.batch_size;
}

static sw_status augment(const loader_thread *thread, uint32_t image, sw_rng *rng, float *out_image,
                         uint8_t *out_labels)
{
    const sw_loader *loader = thread->loader;
    const sw_dataset *dataset = loader->dataset;
    if (sw_augment_needs_pictures(&loader->augment)) {
        stored_picture picture;
        sw_fit fit;
        SW_ENSURE(dataset_borrow_picture(&picture, &fit, dataset, (int)image, &loader->augment));
        sw_status status = augment_picture(&loader->augment, rng, &fit, &picture.source, out_image,
                                           out_labels, thread->place);
        stored_picture_give_back(&picture);
        return status;
    }
    const uint8_t *pixels, *labels;
    SW_ENSURE(dataset_borrow(&pixels, &labels, dataset, (int)image, thread->bytes));
    return sw_augment_apply(&loader->augment, rng, sw_dataset_size(dataset), pixels, labels, out_image,
                            out_labels, thread->place);
}

static sw_status prepare(const loader_thread *thread, uint32_t epoch, uint32_t image, float *out_image,
                         uint8_t *out_labels)
{
    const sw_loader *loader = thread->loader;
    sw_rng rng = sw_rng_at(loader->options.seed, loader->options.stream, (uint64_t)epoch << 32 | image);
    SW_ENSURE(augment(thread, image, &rng, out_image, out_labels));
    sw_normalize_apply(sw_dataset_normalize(loader->dataset), out_image,
                       sw_size_pixels(sw_dataset_size(loader->dataset)));
    return SW_OK;
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

/* Notes the failure of the image at that position and gives up the rest of the epoch. The message is the
 * thread's own. Called with the lock held. */
static void note_failure(sw_loader *loader, sw_status failed, int position)
{
    loader->next_image = loader->image_count;
    if (loader->failed != SW_OK && loader->failed_at < position) return;
    free(loader->message);
    loader->failed = failed;
    loader->message = sw_strf("%s", sw_error_message());
    loader->failed_at = position;
}

/* Takes the next image, prepares it outside the lock, reports it. Called and left with the lock held. */
static void prepare_next(loader_thread *thread)
{
    sw_loader *loader = thread->loader;
    int position = loader->next_image++;
    int batch = position / loader->options.batch_size, row = position % loader->options.batch_size;
    loader_slot *slot = &loader->slots[batch % loader->slot_count];
    uint32_t epoch = loader->epoch, image = loader->order[position];
    loader->busy++;
    pthread_mutex_unlock(&loader->lock);

    size_t pixels = sw_size_pixels(sw_dataset_size(loader->dataset));
    slot->indices[row] = image;
    sw_status status = prepare(thread, epoch, image, slot->images + (size_t)row * pixels * 3,
                               slot->labels + (size_t)row * pixels);

    pthread_mutex_lock(&loader->lock);
    loader->busy--;
    slot->missing--;
    if (status != SW_OK) note_failure(loader, status, position);
    if (slot->missing == 0 || loader->busy == 0) pthread_cond_broadcast(&loader->done);
}

static void *run_thread(void *argument)
{
    loader_thread *thread = argument;
    sw_loader *loader = thread->loader;
    pthread_mutex_lock(&loader->lock);
    while (!loader->stopping) {
        if (has_work(loader))
            prepare_next(thread);
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
    loader->order = malloc((size_t)loader->all_images * sizeof *loader->order);
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

static sw_status start_threads(sw_loader *loader)
{
    const size_t bytes = 4 * sw_size_pixels(sw_dataset_size(loader->dataset));
    for (int i = 0; i < loader->options.threads; i++) {
        loader_thread *thread = &loader->threads[i];
        thread->loader = loader;
        thread->bytes = malloc(bytes);
        if (!thread->bytes) return sw_fail_alloc("an image of a loader thread", bytes);
        SW_ENSURE(sw_augment_place_create(&thread->place));
        if (pthread_create(&thread->id, NULL, run_thread, thread) != 0)
            return sw_fail(SW_E_MEMORY, "the system gave %d of %d loader threads: lower data.loader_threads",
                           i, loader->options.threads);
        loader->thread_count++;
    }
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
    loader->all_images = sw_dataset_count(dataset);
    if (options->image_limit > 0 && options->image_limit < loader->all_images)
        loader->all_images = options->image_limit;
    if (loader->options.batch_size > loader->all_images) loader->options.batch_size = loader->all_images;
    loader->share = batch_share_of(options, loader->all_images, loader->options.batch_size);
    loader->options.batch_size = loader->share.batch_size;
    loader->image_count = loader->share.images;
    if (loader->options.threads < 1) loader->options.threads = 1;
    if (loader->options.prefetch < 1) loader->options.prefetch = 1;
    if (loader->options.hold < 1) loader->options.hold = 1;
    loader->batch_count = (loader->image_count + loader->options.batch_size - 1) / loader->options.batch_size;
    /* batches prepared ahead, and those the caller holds */
    loader->slot_count = loader->options.prefetch + loader->options.hold;
    if (loader->slot_count > loader->batch_count) loader->slot_count = loader->batch_count;
    if (loader->slot_count < 1) loader->slot_count = 1; /* of a part without a batch */
    loader->next_image = loader->image_count;
    loader->next_batch = loader->batch_count;
    SW_TRY(allocate(loader));
    SW_TRY(start_threads(loader));
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
    for (int i = 0; i < loader->thread_count; i++) pthread_join(loader->threads[i].id, NULL);
    pthread_cond_destroy(&loader->work);
    pthread_cond_destroy(&loader->done);
    pthread_mutex_destroy(&loader->lock);
    for (int i = 0; loader->threads && i < loader->options.threads; i++) {
        sw_augment_place_destroy(loader->threads[i].place);
        free(loader->threads[i].bytes);
    }
    free(loader->message);
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
    for (int i = 0; i < loader->all_images; i++) loader->order[i] = (uint32_t)i;
    if (loader->options.shuffle) {
        sw_rng rng = sw_rng_at(loader->options.seed, SW_RNG_SHUFFLE, epoch);
        sw_rng_shuffle(&rng, loader->order, (size_t)loader->all_images);
    }
    batch_share_pick(&loader->share, loader->order);
    loader->epoch = epoch;
    loader->failed = SW_OK;
    loader->next_batch = loader->released = first_batch;
    if (first_batch < loader->batch_count) loader->next_image = first_batch * loader->options.batch_size;
    for (int i = 0; i < loader->slot_count; i++) arm_slot(loader, first_batch + i);
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->lock);
}

/* Waits until the batch is complete, or will never be. All images before one that failed were taken before
 * it. Called with the lock held. */
static sw_status await(sw_loader *loader, int batch)
{
    const loader_slot *slot = &loader->slots[batch % loader->slot_count];
    while (slot->missing > 0 && loader->failed == SW_OK) pthread_cond_wait(&loader->done, &loader->lock);
    if (loader->failed == SW_OK) return SW_OK;
    while (loader->busy) pthread_cond_wait(&loader->done, &loader->lock);
    int end = batch * loader->options.batch_size + batch_size_of(loader, batch);
    return loader->failed_at < end ? sw_fail(loader->failed, "%s", loader->message ? loader->message : "")
                                   : SW_OK;
}

sw_status sw_loader_next(sw_loader *loader, sw_batch *out)
{
    sw_status status = SW_OK;
    const int batch = loader->next_batch;
    *out = (sw_batch){0};
    if (batch == loader->batch_count) return SW_OK;
    pthread_mutex_lock(&loader->lock);
    if (loader->released <= batch - loader->options.hold) { /* the oldest is given back */
        arm_slot(loader, loader->released + loader->slot_count);
        loader->released++;
        pthread_cond_broadcast(&loader->work);
    }
    SW_TRY(await(loader, batch));
    const loader_slot *slot = &loader->slots[batch % loader->slot_count];
    *out = (sw_batch){.images = slot->images,
                      .labels = slot->labels,
                      .indices = slot->indices,
                      .count = batch_size_of(loader, batch)};
    batch_share_place(out, &loader->share, batch);
    loader->next_batch++;
done:
    pthread_mutex_unlock(&loader->lock);
    return status;
}

int sw_loader_batch_count(const sw_loader *loader)
{
    return loader->batch_count;
}

int sw_loader_batch_size(const sw_loader *loader)
{
    return loader->options.batch_size;
}

int sw_loader_image_count(const sw_loader *loader)
{
    return loader->all_images;
}
