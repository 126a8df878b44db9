/* segwork predict: what it writes, and what it refuses. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/label_map.h"
#include "data/pets.h"
#include "draw/tiles.h"
#include "image/image.h"
#include "program.h"
#include "scratch.h"

TestSuite(predict_command, .init = scratch_create, .fini = scratch_remove);

enum { SIZE_PX = 32, PIXELS = SIZE_PX * SIZE_PX, CLASSES = 3 };

static void train(void)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=4");
}

static sw_image mask(const char *name)
{
    sw_image image;
    cr_assert_eq(sw_image_read_mask(&image, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return image;
}

/* (C,S,S) as the file has them -> (S,S,C) */
static float *logits_of(const char *name)
{
    size_t length;
    char *file = file_text(name, &length);
    cr_assert_eq(length, 128 + (size_t)PIXELS * CLASSES * sizeof(float));
    cr_expect_not_null(strstr(file + 10, "'descr': '<f4', 'fortran_order': False, 'shape': (3, 32, 32), }"));
    float *logits = malloc((size_t)PIXELS * CLASSES * sizeof *logits);
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t i = 0; i < PIXELS; i++)
            memcpy(&logits[i * CLASSES + c], file + 128 + (c * PIXELS + i) * sizeof(float), sizeof(float));
    free(file);
    return logits;
}

static void expect_labels_of_logits(const char *labels_name, const char *logits_name, int width, int height)
{
    sw_image labels = mask(labels_name);
    cr_assert(labels.width == width && labels.height == height, "%dx%d", labels.width, labels.height);
    float *logits = logits_of(logits_name);
    size_t pixels = (size_t)width * (size_t)height;
    uint8_t *expected = malloc(pixels);
    cr_assert_eq(sw_label_map(expected, width, height, logits, sw_size_square(SIZE_PX), CLASSES), SW_OK);
    for (size_t i = 0; i < pixels; i++) cr_assert_eq(labels.pixels[i], expected[i] + 1, "pixel %zu", i);
    free(expected);
    free(logits);
    sw_image_deinit(&labels);
}

static double recorded_accuracy(void)
{
    char *text = file_text("run/metrics.jsonl", NULL);
    cJSON *row = cJSON_Parse(strstr(text, "{\"epoch\":4,"));
    double value = cJSON_GetObjectItemCaseSensitive(row, "pixel_accuracy")->valuedouble;
    cJSON_Delete(row);
    free(text);
    return value;
}

/* The validation pictures are those numbered from 100000; predicting them must give what validation counted.
 */
Test(predict_command, maps_of_the_validation_pictures_have_the_recorded_accuracy)
{
    train();
    program_expect(
        0, "predicted 12 pictures into out/maps",
        "segwork predict --checkpoint run/checkpoints/last.safetensors pets/images --out out/maps");
    program_expect(0, NULL, "ls out/maps | wc -l | grep -x 12 && ls pets/images | grep -c pet_1 | grep -x 4");
    double right = 0;
    for (int i = 1; i <= 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "out/maps/pet_%06d.png", 100000 + i);
        sw_image labels = mask(name);
        snprintf(name, sizeof name, "pets/annotations/trimaps/pet_%06d.png", 100000 + i);
        sw_image truth = mask(name);
        cr_assert(labels.width == SIZE_PX && labels.height == SIZE_PX);
        for (int j = 0; j < PIXELS; j++) {
            cr_assert(labels.pixels[j] >= 1 && labels.pixels[j] <= 3);
            right += labels.pixels[j] == truth.pixels[j];
        }
        sw_image_deinit(&labels);
        sw_image_deinit(&truth);
    }
    cr_expect_float_eq(right / (4.0 * PIXELS), recorded_accuracy(), 1e-8); /* one pixel is 2e-4 */
}

Test(predict_command, logits_overlays_and_maps_of_the_picture_s_own_size_agree_with_each_other)
{
    train();
    program_expect(0, NULL,
                   "segwork data synth large --train 1 --val 1 --size 45 --seed 9 && "
                   "cp run/checkpoints/last.safetensors w.safetensors && "
                   "segwork predict --checkpoint w.safetensors --config $SRC/tests/support/tiny.yaml "
                   "large/images/pet_000001.jpg --out small --logits --overlay && "
                   "segwork predict --checkpoint run/checkpoints/last.safetensors "
                   "large/images/pet_000001.jpg --out own --logits --overlay --original-size");
    expect_same_file("small/pet_000001.npy", "own/pet_000001.npy");
    expect_labels_of_logits("small/pet_000001.png", "small/pet_000001.npy", SIZE_PX, SIZE_PX);
    expect_labels_of_logits("own/pet_000001.png", "own/pet_000001.npy", 45, 45);

    sw_image picture, overlay, labels = mask("own/pet_000001.png");
    cr_assert_eq(sw_image_read_rgb(&picture, scratch_path("large/images/pet_000001.jpg")), SW_OK);
    cr_assert_eq(sw_image_read_rgb(&overlay, scratch_path("own/pet_000001.overlay.png")), SW_OK);
    for (int i = 0; i < 45 * 45; i++) labels.pixels[i]--;
    sw_label_overlay(picture.pixels, labels.pixels, 45 * 45, &sw_pets_classes);
    cr_assert(overlay.width == 45 && overlay.height == 45);
    cr_expect_eq(memcmp(overlay.pixels, picture.pixels, 45 * 45 * 3), 0);
    sw_image_deinit(&picture);
    sw_image_deinit(&overlay);
    sw_image_deinit(&labels);
}

Test(predict_command, a_bad_picture_is_one_line_and_the_others_are_predicted)
{
    train();
    program_expect(1, "error: bad.jpg: ",
                   "echo nothing > bad.jpg && segwork predict --checkpoint run "
                   "bad.jpg pets/images/pet_000001.jpg gone.png pets/images/pet_000002.jpg --out out");
    cr_expect_not_null(strstr(program_output, "error: gone.png: No such file or directory\n"));
    cr_expect_not_null(strstr(program_output, "2 of 4 pictures could not be predicted"));
    cr_expect(file_exists("out/pet_000001.png") && file_exists("out/pet_000002.png"));
    cr_expect_not(file_exists("out/bad.png"));

    program_expect(1, "error: cannot write out/pet_000001.png: a folder of that name is in the way",
                   "rm out/*.png && mkdir out/pet_000001.png && "
                   "segwork predict --checkpoint run pets/images/pet_000001.jpg --out out");
}

Test(predict_command, what_cannot_be_meant_is_refused_before_anything_is_written)
{
    train();
    program_expect(2, "needs --checkpoint and --out", "segwork predict a.jpg");
    program_expect(2, "needs a picture", "segwork predict --checkpoint run --out out");
    program_expect(2, "pets is not the folder of a run", "segwork predict --checkpoint pets a.jpg --out out");
    program_expect(1, "gone.safetensors: No such file",
                   "segwork predict --checkpoint gone.safetensors a.jpg --out out");
    program_expect(2, "give its experiment with --config",
                   "cp run/checkpoints/best.safetensors w.safetensors && "
                   "segwork predict --checkpoint w.safetensors a.jpg --out out");
    program_expect(1,
                   "does not hold this model:\n  dc1.seq.0.weight is F32 [8, 3, 3, 3], the model has F32 "
                   "[16, 3, 3, 3]",
                   "segwork predict --checkpoint run --config $SRC/experiments/segnet_small.yaml a.jpg "
                   "--out out");
    program_expect(2, "empty has no pictures",
                   "mkdir empty && segwork predict --checkpoint run empty --out out");
    program_expect(2, "would both be written to", "segwork predict --checkpoint run a.jpg b/a.png --out out");
    program_expect(2, "would overwrite ./a.png",
                   "cp pets/annotations/trimaps/pet_000001.png a.png && "
                   "segwork predict --checkpoint run ./a.png --out .");
    program_expect(2, "--out is empty", "segwork predict --checkpoint run a.png --out ''");
    cr_expect_not(file_exists("out/a.png"));
}

Test(predict_command, a_picture_is_never_overwritten_however_the_folder_is_spelt)
{
    static const char *const spellings[] = {"photos",   "photos/", "photos//", "./photos",
                                            "photos/.", "link",    "link/"};
    train();
    program_expect(0, NULL,
                   "mkdir photos && cp pets/annotations/trimaps/pet_000001.png photos/a.png && "
                   "cp photos/a.png before.png && ln -s photos link && ln -s photos/a.png a.jpg");
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        program_expect(2, "would overwrite photos/a.png", "segwork predict --checkpoint run photos --out %s",
                       spellings[i]);
        program_expect(2, "would overwrite photos//a.png",
                       "segwork predict --checkpoint run photos//a.png --out %s", spellings[i]);
        program_expect(2, "would overwrite a.jpg", "segwork predict --checkpoint run a.jpg --out %s",
                       spellings[i]);
    }
    expect_same_file("before.png", "photos/a.png");
    program_expect(0, "predicted 1 picture", "segwork predict --checkpoint run photos --out out/");
    program_expect(0, "predicted 1 picture", "segwork predict --checkpoint run photos --out out");
}
