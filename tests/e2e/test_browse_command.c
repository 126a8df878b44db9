/* segwork data browse: the first training batch of an epoch, as augmentation makes it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "config/experiment.h"
#include "data/loader.h"
#include "draw/tiles.h"
#include "image/image.h"
#include "program.h"
#include "scratch.h"

TestSuite(browse_command, .init = scratch_create, .fini = scratch_remove);

#define TINY "$SRC/tests/support/tiny.yaml"

static sw_image load(const char *name)
{
    sw_image image;
    cr_assert_eq(sw_image_read_rgb(&image, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return image;
}

/* Whether the picture has the image (32,32,3), enlarged four times, anywhere. */
static bool holds(const sw_image *picture, const uint8_t *image)
{
    for (int top = 0; top + 128 <= picture->height; top++)
        for (int left = 0; left + 128 <= picture->width; left++) {
            bool same = true;
            for (int y = 0; y < 32 && same; y++)
                for (int x = 0; x < 32 && same; x++)
                    same = memcmp(picture->pixels + 3 * ((top + 4 * y) * picture->width + left + 4 * x),
                                  image + 3 * (y * 32 + x), 3) == 0;
            if (same) return true;
        }
    return false;
}

/* Made here from the loader alone. */
Test(browse_command, the_picture_shows_what_training_gets)
{
    enum { BATCH = 4, PIXELS = 32 * 32 };
    const sw_augment_config augment = {.hflip = 0.5f, .contrast = 0.3f};
    sw_dataset *dataset;
    sw_loader *loader;
    sw_batch batch;
    program_draw_pets(9, 2);
    program_expect(0, "batch.png: 4 images", "segwork data browse " TINY " --out batch.png --epoch 2");
    sw_image picture = load("batch.png");

    const sw_data_config data = {.root = scratch_path("pets"), .split = {"trainval"}, .size = {32, 32}};
    cr_assert_eq(sw_dataset_open(&dataset, &data, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    const sw_loader_options options = {
        .batch_size = BATCH, .seed = 7, .shuffle = true, .augment = &augment, .stream = SW_RNG_AUGMENT};
    cr_assert_eq(sw_loader_create(&loader, dataset, &options), SW_OK, "%s", sw_error_message());
    for (uint32_t epoch = 2; epoch <= 3; epoch++) {
        sw_loader_start(loader, epoch, 0);
        cr_assert_eq(sw_loader_next(loader, &batch), SW_OK);
        cr_assert_eq(batch.count, BATCH);
        int found = 0;
        for (int i = 0; i < BATCH; i++) {
            uint8_t image[3 * PIXELS], mask[3 * PIXELS];
            for (int p = 0; p < 3 * PIXELS; p++)
                image[p] = (uint8_t)(255 * batch.images[3 * PIXELS * i + p] + 0.5f);
            for (int p = 0; p < PIXELS; p++) {
                uint32_t rgb = sw_class_default_rgb(batch.labels[PIXELS * i + p]);
                for (int c = 0; c < 3; c++) mask[3 * p + c] = (uint8_t)(rgb >> (16 - 8 * c));
            }
            found += holds(&picture, image) + holds(&picture, mask);
        }
        if (epoch == 2)
            cr_expect_eq(found, 2 * BATCH, "images and masks of the batch");
        else
            cr_expect_lt(found, 2 * BATCH, "another epoch looks the same");
    }
    sw_loader_destroy(loader);
    sw_dataset_destroy(dataset);
    sw_image_deinit(&picture);
}

Test(browse_command, options_change_what_is_drawn)
{
    program_draw_pets(9, 2);
    program_expect(0, "a.png: 4 images", "segwork data browse " TINY " --out a.png");
    program_expect(0, NULL, "segwork data browse " TINY " --out b.png --epoch 1 && cmp a.png b.png");
    program_expect(1, NULL, "segwork data browse " TINY " --out b.png --epoch 2 && cmp a.png b.png");
    program_expect(1, NULL, "segwork data browse " TINY " --out b.png --set seed=8 && cmp a.png b.png");
    program_expect(0, "one.png: 1 image", "segwork data browse " TINY " --out one.png --count 1");
    program_expect(0, "all.png: 9 images",
                   "segwork data browse " TINY " --out all.png --set train.batch_size=64");
    sw_image a = load("a.png"), one = load("one.png");
    cr_expect_lt((long)one.width * one.height, (long)a.width * a.height);
    sw_image_deinit(&a);
    sw_image_deinit(&one);
}

Test(browse_command, every_mistake_is_named_with_its_exit_code_and_writes_nothing)
{
    static const struct {
        int code;
        const char *options, *words;
    } cases[] = {
        {2, "", "segwork data browse EXPERIMENT.yaml"},
        {2, TINY, "needs --out"},
        {2, TINY " --out x.png --epoch 0", "--epoch 0: the experiment has epochs 1 to 3"},
        {2, TINY " --out x.png --epoch 4", "--epoch 4: the experiment has epochs 1 to 3"},
        {2, TINY " --out x.png --count 0", "--count 0: must be 1 or more"},
        {2, TINY " --out x.png --count -1", "--count -1"},
        {2, TINY " --out x.png --count 5", "--count 5: the first batch has 4 images"},
        {2, TINY " --out x.png --size 64",
         "'data browse' takes no --size: the experiment's data.size says it"},
        {2, TINY " --out x.png --seed 3", "an option of 'data synth' was given to 'data browse'"},
        {2, TINY " --out x.png --set data.root=nowhere", "nowhere"},
        {2, TINY " --out x.png --set no.such=1", "no.such"},
        {2, "missing.yaml --out x.png", "missing.yaml"},
        {1, TINY " --out missing/x.png", "missing/x.png"},
    };
    program_draw_pets(9, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        program_expect(cases[i].code, cases[i].words, "segwork data browse %s", cases[i].options);
    cr_expect_not(file_exists("x.png"));
    program_expect(2, "an option of 'data browse' was given to 'data stats'",
                   "segwork data stats pets --epoch 2");
}
