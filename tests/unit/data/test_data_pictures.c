/* Augmentation from full resolution, as the loader gives it, and images that are not kept in memory. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/loader.h"
#include "data/normalize.h"
#include "image/image.h"
#include "pets_folder.h"
#include "scratch.h"

enum { IMAGES = 9, BATCH = 2, HEIGHT = 20, WIDTH = 28, PIXELS = HEIGHT * WIDTH };

static const char *root;

/* Pictures from 4 to 20 times the set's size, together 4 megabytes. */
static void draw_pets(void)
{
    scratch_create();
    root = pets_folder_create("pets");
    char names[IMAGES * 8] = "";
    for (unsigned i = 0; i < IMAGES; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%u", i);
        pets_folder_add(root, name, 560 - 40 * (int)i, 90 + 41 * (int)i, i);
        strcat(strcat(names, name), " ");
    }
    pets_folder_list(root, "trainval", names);
}

TestSuite(data_pictures, .init = draw_pets, .fini = scratch_remove);

static const sw_augment_config strong = {.hflip = 0.5f,
                                         .vflip = 0.5f,
                                         .brightness = 0.2f,
                                         .contrast = 0.2f,
                                         .crop = 0.2f,
                                         .scale = {0.5f, 2},
                                         .rotation = 30,
                                         .blur = 1,
                                         .noise = 0.05f,
                                         .cutout = 0.3f,
                                         .cutout_count = 3};

static sw_data_config data_of(int cache_mb)
{
    return (sw_data_config){.root = root,
                            .split = {"trainval"},
                            .size = {HEIGHT, WIDTH},
                            .resize = SW_RESIZE_BILINEAR,
                            .loader_threads = 2,
                            .cache_mb = cache_mb};
}

static sw_dataset *open_set(const sw_data_config *data)
{
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, data, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    return dataset;
}

/* An epoch, image by image, by their numbers. */
typedef struct epoch {
    float images[IMAGES][3 * PIXELS];
    uint8_t labels[IMAGES][PIXELS];
} epoch;

static sw_loader *make_loader(const sw_dataset *dataset, const sw_augment_config *augment, int threads)
{
    sw_loader *loader;
    const sw_loader_options options = {.batch_size = BATCH,
                                       .threads = threads,
                                       .prefetch = 2,
                                       .seed = 5,
                                       .shuffle = true,
                                       .augment = augment,
                                       .stream = SW_RNG_AUGMENT};
    cr_assert_eq(sw_loader_create(&loader, dataset, &options), SW_OK, "%s", sw_error_message());
    return loader;
}

static void record(epoch *out, sw_loader *loader, uint32_t number)
{
    sw_batch batch;
    int count = 0;
    sw_loader_start(loader, number, 0);
    do {
        cr_assert_eq(sw_loader_next(loader, &batch), SW_OK, "%s", sw_error_message());
        for (int i = 0; i < batch.count; i++, count++) {
            memcpy(out->images[batch.indices[i]], batch.images + (size_t)i * 3 * PIXELS,
                   sizeof out->images[0]);
            memcpy(out->labels[batch.indices[i]], batch.labels + (size_t)i * PIXELS, PIXELS);
        }
    } while (batch.count);
    cr_assert_eq(count, IMAGES);
}

static void record_new(epoch *out, const sw_data_config *data, const sw_augment_config *augment, int threads,
                       uint32_t number)
{
    sw_dataset *dataset = open_set(data);
    sw_loader *loader = make_loader(dataset, augment, threads);
    record(out, loader, number);
    sw_loader_destroy(loader);
    sw_dataset_destroy(dataset);
}

Test(data_pictures, threads_and_memory_change_no_bit)
{
    static epoch first, other;
    const sw_data_config roomy = data_of(0), tight = data_of(1);
    const sw_augment_config clean = {0}, jitter = {.hflip = 0.5f, .contrast = 0.3f, .crop = 0.3f, .blur = 2};
    const sw_augment_config *const all[] = {&strong, &clean, &jitter};
    for (int a = 0; a < 3; a++) {
        record_new(&first, &roomy, all[a], 1, 3);
        for (int threads = 1; threads <= 4; threads += 3)
            for (int c = 0; c < 2; c++) {
                record_new(&other, c ? &tight : &roomy, all[a], threads, 3);
                cr_assert_eq(memcmp(&first, &other, sizeof first), 0, "config %d, %d threads, %s", a, threads,
                             c ? "tight" : "roomy");
            }
    }
}

Test(data_pictures, what_was_kept_is_what_is_decoded_again)
{
    static epoch first, other;
    const sw_data_config data = data_of(0);
    sw_dataset *dataset = open_set(&data);
    sw_dataset_prefer_pictures(dataset);
    sw_loader *loader = make_loader(dataset, &strong, 3);
    record(&first, loader, 7);
    record(&other, loader, 8);
    cr_assert_neq(memcmp(&first, &other, sizeof first), 0);
    record(&other, loader, 7);
    cr_assert_eq(memcmp(&first, &other, sizeof first), 0);
    sw_loader_destroy(loader);
    sw_dataset_destroy(dataset);
}

/* Sizes at which nothing is kept at all: a set of a megabyte an image. */
Test(data_pictures, images_beyond_the_memory_are_read_again)
{
    sw_data_config roomy = data_of(0), tight = data_of(1);
    roomy.size = tight.size = (sw_size){300, 400};
    sw_dataset *kept = open_set(&roomy), *read = open_set(&tight);
    cr_assert_str_eq(sw_dataset_fingerprint(kept), sw_dataset_fingerprint(read));
    const size_t pixels = sw_size_pixels(roomy.size);
    uint8_t *a = malloc(4 * pixels), *b = malloc(4 * pixels);
    cr_assert(a && b);
    for (int i = 0; i < IMAGES; i++) {
        cr_assert_eq(sw_dataset_read(a, a + 3 * pixels, kept, i), SW_OK);
        cr_assert_eq(sw_dataset_read(b, b + 3 * pixels, read, i), SW_OK);
        cr_assert_eq(memcmp(a, b, 4 * pixels), 0);
        cr_assert_eq(sw_dataset_class_fraction(kept, i % 3), sw_dataset_class_fraction(read, i % 3));
    }
    free(a);
    free(b);
    sw_dataset_destroy(kept);
    sw_dataset_destroy(read);
}

/* The batches before the one that can't be made are there, whatever the threads. */
Test(data_pictures, a_file_that_is_gone_ends_the_epoch_where_it_is_needed)
{
    const sw_data_config data = data_of(0);
    sw_dataset *dataset = open_set(&data);
    int position = -1, failed_at = -1;
    for (int threads = 1; threads <= 5; threads += 2) {
        sw_loader *loader = make_loader(dataset, &strong, threads);
        sw_batch batch;
        if (position < 0) { /* where image 4 comes: with the pictures all there */
            sw_dataset *whole = open_set(&data);
            sw_loader *order = make_loader(whole, &strong, 1);
            sw_loader_start(order, 2, 0);
            for (int b = 0; position < 0; b++) {
                cr_assert_eq(sw_loader_next(order, &batch), SW_OK);
                for (int i = 0; i < batch.count; i++)
                    if (batch.indices[i] == 4) position = b;
            }
            sw_loader_destroy(order);
            sw_dataset_destroy(whole);
            remove(pets_folder_path(root, "images/p4.jpg"));
        }
        sw_loader_start(loader, 2, 0);
        for (failed_at = 0; sw_loader_next(loader, &batch) == SW_OK; failed_at++)
            cr_assert_gt(batch.count, 0);
        cr_assert_eq(failed_at, position, "%d threads", threads);
        cr_assert(strstr(sw_error_message(), "p4.jpg"), "%s", sw_error_message());
        sw_loader_destroy(loader);
    }
    sw_dataset_destroy(dataset);
}

/* Nothing is left of the picture but a quarter, and of that no more than was there. */
Test(data_pictures, outside_the_picture_is_black_and_ignored)
{
    static epoch out;
    sw_data_config data = data_of(0);
    const sw_augment_config half = {.scale = {0.5f, 0.5f}, .brightness = 0.5f, .contrast = 0.5f, .blur = 1};
    record_new(&out, &data, &half, 2, 1);
    for (int i = 0; i < IMAGES; i++) {
        int ignored = 0, lit = 0;
        for (int p = 0; p < PIXELS; p++) {
            const float *rgb = out.images[i] + 3 * p;
            bool black = rgb[0] == 0 && rgb[1] == 0 && rgb[2] == 0;
            ignored += out.labels[i][p] == SW_NO_CLASS;
            lit += !black;
            cr_assert(black || out.labels[i][p] < 3);
        }
        cr_assert_eq(ignored, PIXELS - HEIGHT / 2 * (WIDTH / 2), "image %d", i);
        cr_assert_gt(lit, PIXELS / 8);
    }
}

Test(data_pictures, crop_to_size_takes_a_window_of_the_pictures_own_pixels)
{
    static epoch out;
    const sw_augment_config window = {.crop_to_size = true};
    const sw_data_config data = data_of(0);
    record_new(&out, &data, &window, 2, 1);
    sw_image image;
    char name[16];
    for (int i = 0; i < IMAGES; i++) {
        snprintf(name, sizeof name, "images/p%d.jpg", i);
        cr_assert_eq(sw_image_read_rgb(&image, pets_folder_path(root, name)), SW_OK);
        /* the window lies between whole pixels: on the place where it fits best its values are near */
        double best = INFINITY;
        for (int top = 0; top + HEIGHT <= image.height; top++)
            for (int left = 0; left + WIDTH <= image.width; left++) {
                double error = 0;
                for (int y = 0; y < HEIGHT && error < best; y++)
                    for (int x = 0; x < WIDTH; x++)
                        error += fabs((double)out.images[i][3 * (y * WIDTH + x)] * 255 -
                                      image.pixels[3 * ((top + y) * image.width + left + x)]);
                best = fmin(best, error);
            }
        cr_assert_lt(best / PIXELS, 6, "image %d: %.2f", i, best / PIXELS);
        sw_image_deinit(&image);
    }
}

/* The mean of what an output pixel covers of the whole picture, 0..1. */
static double covered(const sw_image *image, int y, int x, int c)
{
    double sum = 0;
    int count = 0;
    for (int v = y * image->height / HEIGHT; v < (y + 1) * image->height / HEIGHT; v++)
        for (int u = x * image->width / WIDTH; u < (x + 1) * image->width / WIDTH; u++, count++)
            sum += image->pixels[3 * (v * image->width + u) + c];
    return sum / count / 255;
}

/* A turn too small to move a pixel: pictures are decoded at a half to an eighth of their size. */
Test(data_pictures, a_picture_decoded_at_a_fraction_of_its_size_shows_the_same)
{
    static epoch out;
    const sw_augment_config turn = {.rotation = 1e-4f};
    const sw_data_config data = data_of(0);
    record_new(&out, &data, &turn, 2, 1);
    for (int i = 0; i < IMAGES; i++) {
        sw_image image, mask;
        char name[40];
        double off = 0;
        int other = 0;
        snprintf(name, sizeof name, "images/p%d.jpg", i);
        cr_assert_eq(sw_image_read_rgb(&image, pets_folder_path(root, name)), SW_OK);
        snprintf(name, sizeof name, "annotations/trimaps/p%d.png", i);
        cr_assert_eq(sw_image_read_mask(&mask, pets_folder_path(root, name)), SW_OK);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                int u = (2 * x + 1) * image.width / (2 * WIDTH),
                    v = (2 * y + 1) * image.height / (2 * HEIGHT);
                other += out.labels[i][y * WIDTH + x] != mask.pixels[v * image.width + u] - 1;
                for (int c = 0; c < 3; c++)
                    off = fmax(
                        off, fabs((double)out.images[i][3 * (y * WIDTH + x) + c] - covered(&image, y, x, c)));
            }
        cr_assert_lt(off, 0.025, "image %d: %f", i, off);
        cr_assert_leq(other, 2 * HEIGHT, "image %d: %d", i, other); /* two borders of classes */
        sw_image_deinit(&image);
        sw_image_deinit(&mask);
    }
}

Test(data_pictures, normalized_colours_are_what_the_loader_gives)
{
    static epoch plain, normalized;
    const sw_data_config data = data_of(0);
    sw_data_config with = data;
    with.normalize = (sw_normalize){{0.5f, 0.4f, 0.3f}, {0.2f, 0.25f, 0.5f}};
    record_new(&plain, &data, &strong, 2, 1);
    record_new(&normalized, &with, &strong, 2, 1);
    cr_assert_arr_eq(plain.labels, normalized.labels, sizeof plain.labels);
    for (int i = 0; i < IMAGES; i++) {
        for (int k = 0; k < 3 * PIXELS; k++)
            cr_assert_eq(normalized.images[i][k],
                         (plain.images[i][k] - with.normalize.mean[k % 3]) / with.normalize.std[k % 3]);
        sw_normalize_undo(&with.normalize, normalized.images[i], PIXELS);
        for (int k = 0; k < 3 * PIXELS; k++)
            cr_assert_float_eq(normalized.images[i][k], plain.images[i][k], 1e-6);
    }
}
