/* Batches: the same whatever the threads, in order, stoppable at any moment. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "data/loader.h"
#include "pets_folder.h"
#include "scratch.h"

enum { SIDE = 6, PIXELS = SIDE * SIDE, IMAGES = 23, BATCH = 5, BATCHES = 5 };

static sw_dataset *dataset;

static void open_pets(void)
{
    scratch_create();
    const char *root = pets_folder_create("pets");
    char names[IMAGES * 8] = "";
    for (unsigned i = 0; i < IMAGES; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%u", i);
        pets_folder_add(root, name, 7 + (int)i, 9, i);
        strcat(strcat(names, name), " ");
    }
    pets_folder_list(root, "trainval", names);
    sw_data_config options = {.root = root, .split = {"trainval"}, .size = {SIDE, SIDE}, .loader_threads = 1};
    cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
}

static void close_pets(void)
{
    sw_dataset_destroy(dataset);
    scratch_remove();
}

TestSuite(data_loader, .init = open_pets, .fini = close_pets, .timeout = 60); /* a lock may be in the way */

static const sw_augment_config strong = {
    .hflip = 0.5f, .brightness = 0.3f, .contrast = 0.3f, .saturation = 0.3f, .hue = 0.1f};

static sw_loader *make_loader(int threads, int prefetch, const sw_augment_config *augment)
{
    sw_loader_options options = {.batch_size = BATCH,
                                 .threads = threads,
                                 .prefetch = prefetch,
                                 .seed = 11,
                                 .shuffle = true,
                                 .augment = augment,
                                 .stream = SW_RNG_AUGMENT};
    sw_loader *loader;
    cr_assert_eq(sw_loader_create(&loader, dataset, &options), SW_OK, "%s", sw_error_message());
    return loader;
}

static void take(sw_loader *loader, sw_batch *batch)
{
    cr_assert_eq(sw_loader_next(loader, batch), SW_OK, "%s", sw_error_message());
}

/* A whole epoch, image by image in the order it came. */
typedef struct epoch_record {
    float images[IMAGES][3 * PIXELS];
    uint8_t labels[IMAGES][PIXELS];
    uint32_t indices[IMAGES];
    int count;
} epoch_record;

static void record_epoch(epoch_record *out, sw_loader *loader, uint32_t epoch, int first_batch)
{
    memset(out, 0, sizeof *out);
    sw_loader_start(loader, epoch, first_batch);
    sw_batch batch;
    int batches = 0;
    for (take(loader, &batch); batch.count; take(loader, &batch), batches++)
        for (int i = 0; i < batch.count; i++, out->count++) {
            cr_assert_lt(out->count, IMAGES);
            memcpy(out->images[out->count], batch.images + (size_t)i * 3 * PIXELS, sizeof out->images[0]);
            memcpy(out->labels[out->count], batch.labels + (size_t)i * PIXELS, PIXELS);
            out->indices[out->count] = batch.indices[i];
        }
    cr_assert_eq(batches, BATCHES - first_batch);
    cr_assert_null(batch.images);
}

Test(data_loader, every_thread_count_and_prefetch_gives_the_same_bits)
{
    static epoch_record first, other;
    sw_loader *loader = make_loader(1, 1, &strong);
    record_epoch(&first, loader, 3, 0);
    sw_loader_destroy(loader);
    cr_assert_eq(first.count, IMAGES);
    static const int threads[] = {2, 5, 16};
    for (int i = 0; i < 3; i++)
        for (int prefetch = 0; prefetch <= 7; prefetch += 3) {
            loader = make_loader(threads[i], prefetch, &strong);
            for (int turn = 0; turn < 3; turn++) {
                record_epoch(&other, loader, 3, 0);
                cr_assert_eq(memcmp(&first, &other, sizeof first), 0, "%d threads, prefetch %d", threads[i],
                             prefetch);
            }
            sw_loader_destroy(loader);
        }
}

/* Each of the last `hold` batches still is what it was when it came, while the threads work on. */
Test(data_loader, as_many_batches_as_asked_for_stay_valid)
{
    static epoch_record whole;
    sw_loader *loader = make_loader(2, 2, &strong);
    record_epoch(&whole, loader, 5, 0);
    sw_loader_destroy(loader);
    for (int hold = 1; hold <= BATCHES + 1; hold++) {
        sw_loader_options options = {.batch_size = BATCH,
                                     .threads = 2,
                                     .prefetch = 1,
                                     .hold = hold,
                                     .seed = 11,
                                     .shuffle = true,
                                     .augment = &strong,
                                     .stream = SW_RNG_AUGMENT};
        sw_batch held[BATCHES];
        cr_assert_eq(sw_loader_create(&loader, dataset, &options), SW_OK, "%s", sw_error_message());
        sw_loader_start(loader, 5, 0);
        for (int b = 0; b < BATCHES; b++) {
            take(loader, &held[b]);
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* time to write where nobody may */
            for (int k = b; k >= 0 && k > b - hold; k--)
                for (int i = 0; i < held[k].count; i++)
                    cr_assert_eq(memcmp(held[k].images + (size_t)i * 3 * PIXELS, whole.images[k * BATCH + i],
                                        sizeof whole.images[0]),
                                 0, "hold %d: batch %d after batch %d", hold, k, b);
        }
        sw_loader_destroy(loader);
    }
}

Test(data_loader, entered_in_the_middle_an_epoch_ends_the_same)
{
    static epoch_record whole, tail;
    sw_loader *loader = make_loader(3, 2, &strong);
    record_epoch(&whole, loader, 7, 0);
    for (int first_batch = 1; first_batch <= BATCHES; first_batch++) {
        record_epoch(&tail, loader, 7, first_batch);
        int skipped = first_batch == BATCHES ? IMAGES : first_batch * BATCH;
        cr_assert_eq(tail.count, IMAGES - skipped);
        for (int i = 0; i < tail.count; i++) {
            cr_assert_eq(tail.indices[i], whole.indices[skipped + i]);
            cr_assert_arr_eq(tail.labels[i], whole.labels[skipped + i], PIXELS);
            cr_assert_eq(memcmp(tail.images[i], whole.images[skipped + i], sizeof tail.images[0]), 0);
        }
    }
    sw_loader_destroy(loader);
}

Test(data_loader, an_epoch_is_a_permutation_and_every_epoch_another)
{
    static epoch_record epochs[2];
    sw_loader *loader = make_loader(2, 2, NULL);
    for (uint32_t e = 0; e < 2; e++) {
        record_epoch(&epochs[e], loader, e, 0);
        int seen[IMAGES] = {0};
        for (int i = 0; i < IMAGES; i++) seen[epochs[e].indices[i]]++;
        for (int i = 0; i < IMAGES; i++) cr_assert_eq(seen[i], 1);
    }
    cr_assert_neq(memcmp(epochs[0].indices, epochs[1].indices, sizeof epochs[0].indices), 0);
    sw_loader_destroy(loader);
}

Test(data_loader, clean_images_are_the_bytes_of_the_data_set_in_its_order_when_not_shuffled)
{
    sw_loader_options options = {.batch_size = BATCH, .threads = 2, .prefetch = 2, .seed = 1};
    sw_loader *loader;
    cr_assert_eq(sw_loader_create(&loader, dataset, &options), SW_OK);
    cr_assert_eq(sw_loader_batch_count(loader), BATCHES);
    static epoch_record record;
    record_epoch(&record, loader, 0, 0);
    for (int i = 0; i < IMAGES; i++) {
        cr_assert_eq(record.indices[i], (uint32_t)i);
        uint8_t image[3 * PIXELS], labels[PIXELS];
        cr_assert_eq(sw_dataset_read(image, labels, dataset, i), SW_OK);
        cr_assert_arr_eq(record.labels[i], labels, PIXELS);
        for (int k = 0; k < 3 * PIXELS; k++) cr_assert_eq(record.images[i][k], (float)image[k] / 255.0f);
    }
    sw_loader_destroy(loader);
}

Test(data_loader, an_image_is_augmented_by_its_number_and_epoch_alone)
{
    static epoch_record record;
    sw_loader *loader = make_loader(4, 3, &strong);
    record_epoch(&record, loader, 9, 0);
    for (int i = 0; i < IMAGES; i++) {
        uint32_t number = record.indices[i];
        sw_rng rng = sw_rng_at(11, SW_RNG_AUGMENT, (uint64_t)9 << 32 | number);
        float expected[3 * PIXELS];
        uint8_t image[3 * PIXELS], clean[PIXELS], labels[PIXELS];
        sw_augment_place *place;
        cr_assert_eq(sw_augment_place_create(&place), SW_OK);
        cr_assert_eq(sw_dataset_read(image, clean, dataset, (int)number), SW_OK);
        cr_assert_eq(
            sw_augment_apply(&strong, &rng, sw_size_square(SIDE), image, clean, expected, labels, place),
            SW_OK);
        sw_augment_place_destroy(place);
        cr_assert_eq(memcmp(record.images[i], expected, sizeof expected), 0, "image %u", number);
        cr_assert_arr_eq(record.labels[i], labels, PIXELS);
    }
    sw_loader_destroy(loader);
}

Test(data_loader, the_last_batch_holds_the_rest_and_then_comes_none)
{
    sw_loader *loader = make_loader(2, 1, NULL);
    sw_batch batch;
    take(loader, &batch);
    cr_assert_eq(batch.count, 0, "nothing was started yet");
    sw_loader_start(loader, 0, 0);
    for (int b = 0; b < BATCHES; b++) {
        take(loader, &batch);
        cr_assert_eq(batch.count, b + 1 < BATCHES ? BATCH : IMAGES % BATCH);
    }
    for (int i = 0; i < 3; i++) {
        take(loader, &batch);
        cr_assert_eq(batch.count, 0);
    }
    sw_loader_destroy(loader);
}

Test(data_loader, a_batch_over_the_data_sets_size_is_all_of_it)
{
    sw_loader_options options = {.batch_size = 1000, .threads = 3, .prefetch = 4, .seed = 1};
    sw_loader *loader;
    cr_assert_eq(sw_loader_create(&loader, dataset, &options), SW_OK);
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        sw_batch batch;
        sw_loader_start(loader, epoch, 0);
        take(loader, &batch);
        cr_assert_eq(batch.count, IMAGES);
        take(loader, &batch);
        cr_assert_eq(batch.count, 0);
    }
    sw_loader_destroy(loader);
}

Test(data_loader, a_batch_stays_as_it_is_until_the_next_is_asked_for)
{
    sw_loader *loader = make_loader(5, 1, &strong);
    static epoch_record record;
    record_epoch(&record, loader, 2, 0);
    sw_loader_start(loader, 2, 0);
    sw_batch batch;
    for (int done = 0; done < IMAGES; done += batch.count) {
        take(loader, &batch);
        nanosleep(&(struct timespec){.tv_nsec = 3000000},
                  NULL); /* time for the threads to run ahead into it */
        cr_assert_eq(memcmp(batch.images, record.images[done], (size_t)batch.count * sizeof record.images[0]),
                     0);
        cr_assert_eq(memcmp(batch.labels, record.labels[done], (size_t)batch.count * PIXELS), 0);
    }
    sw_loader_destroy(loader);
}

Test(data_loader, it_can_be_restarted_and_destroyed_at_any_moment)
{
    static epoch_record expected, found;
    sw_loader *reference = make_loader(1, 1, &strong);
    record_epoch(&expected, reference, 1, 0);
    sw_loader_destroy(reference);
    for (int taken = 0; taken <= BATCHES; taken++)
        for (int threads = 1; threads <= 4; threads += 3) {
            sw_loader *loader = make_loader(threads, 2, &strong);
            sw_batch batch;
            sw_loader_start(loader, 40, 0);
            for (int i = 0; i < taken; i++) take(loader, &batch);
            record_epoch(&found, loader, 1, 0);
            cr_assert_eq(memcmp(&expected, &found, sizeof expected), 0, "restarted after %d batches", taken);
            sw_loader_start(loader, 41, 0);
            for (int i = 0; i < taken; i++) take(loader, &batch);
            sw_loader_destroy(loader);
        }
    sw_loader_destroy(make_loader(3, 3, NULL)); /* never started */
    sw_loader_destroy(NULL);
}

/* ---- several processes ---- */

static sw_loader *make_part(int part, int parts, bool whole_batches, int batch_size)
{
    const sw_loader_options options = {.batch_size = batch_size,
                                       .threads = 2,
                                       .prefetch = 2,
                                       .seed = 11,
                                       .shuffle = !whole_batches,
                                       .augment = &strong,
                                       .stream = SW_RNG_AUGMENT,
                                       .part = part,
                                       .parts = parts,
                                       .whole_batches = whole_batches};
    sw_loader *loader;
    cr_assert_eq(sw_loader_create(&loader, dataset, &options), SW_OK, "%s", sw_error_message());
    cr_expect_eq(sw_loader_image_count(loader), IMAGES, "the images of all parts");
    return loader;
}

/* Batch by batch the slices of all parts, side by side, are the batch of one process, bit for bit. */
static void expect_slices(int parts, int batch_size)
{
    sw_loader *whole = make_part(0, 0, false, batch_size), *slices[8];
    sw_batch all, slice;
    for (int p = 0; p < parts; p++) {
        slices[p] = make_part(p, parts, false, batch_size);
        cr_expect_eq(sw_loader_batch_count(slices[p]), sw_loader_batch_count(whole));
        sw_loader_start(slices[p], 3, 1);
    }
    sw_loader_start(whole, 3, 1); /* entered after the first batch, as a run that is resumed */
    for (take(whole, &all); all.count; take(whole, &all)) {
        int at = 0;
        cr_expect(all.counts && all.first == 0 && all.whole == all.count);
        for (int p = 0; p < parts; p++) {
            take(slices[p], &slice);
            cr_assert_geq(slice.count, 1, "each part has something to compute");
            cr_assert_leq(slice.count, sw_loader_batch_size(slices[p]));
            cr_expect_eq(slice.whole, all.count);
            if (!slice.counts) {
                cr_expect_lt(all.count, parts);
                cr_expect_eq(slice.count, 1);
                continue;
            }
            cr_assert_eq(slice.first, at);
            cr_assert_leq(at + slice.count, all.count);
            const size_t pixels = (size_t)slice.count * PIXELS;
            cr_expect_eq(memcmp(slice.images, all.images + at * 3 * PIXELS, pixels * 3 * sizeof(float)), 0);
            cr_expect_eq(memcmp(slice.labels, all.labels + at * PIXELS, pixels), 0);
            cr_expect_eq(memcmp(slice.indices, all.indices + at, (size_t)slice.count * sizeof(uint32_t)), 0);
            at += slice.count;
        }
        cr_expect_eq(at, all.count, "%d parts, batches of %d", parts, batch_size);
    }
    for (int p = 0; p < parts; p++) {
        take(slices[p], &slice);
        cr_expect_eq(slice.count, 0);
        sw_loader_destroy(slices[p]);
    }
    sw_loader_destroy(whole);
}

Test(data_loader, the_slices_of_several_processes_are_the_batch_of_one)
{
    static const int sizes[] = {BATCH, 8, 4, IMAGES,
                                100}; /* the last batch has 3, 7, 3, all and all images */
    for (int parts = 1; parts <= 5; parts++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            if (sizes[i] >= parts) expect_slices(parts, sizes[i]);
}

Test(data_loader, whole_batches_go_round_the_processes)
{
    for (int parts = 1; parts <= BATCHES + 2; parts++) {
        sw_loader *whole = make_part(0, 0, true, BATCH), *mine[BATCHES + 2];
        sw_batch all, batch;
        int batches = 0;
        for (int p = 0; p < parts; p++) {
            mine[p] = make_part(p, parts, true, BATCH);
            sw_loader_start(mine[p], 1, 0);
            batches += sw_loader_batch_count(mine[p]);
        }
        cr_expect_eq(batches, BATCHES, "%d parts", parts);
        sw_loader_start(whole, 1, 0);
        for (int b = 0; b < BATCHES; b++) {
            take(whole, &all);
            take(mine[b % parts], &batch);
            cr_assert_eq(batch.count, all.count);
            cr_expect(batch.counts && batch.first == 0 && batch.whole == all.count);
            cr_expect_eq(memcmp(batch.indices, all.indices, (size_t)all.count * sizeof(uint32_t)), 0);
            cr_expect_eq(memcmp(batch.images, all.images, (size_t)all.count * 3 * PIXELS * sizeof(float)), 0);
        }
        for (int p = 0; p < parts; p++) {
            take(mine[p], &batch);
            cr_expect_eq(batch.count, 0);
            sw_loader_destroy(mine[p]);
        }
        sw_loader_destroy(whole);
    }
}
