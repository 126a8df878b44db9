/* Runs whose images are augmented from full resolution, or whose colours are normalized. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "program.h"
#include "scratch.h"

TestSuite(run_augment, .init = scratch_create, .fini = scratch_remove);

/* Pets of 320 pixels, seen at 32: pictures are decoded at a quarter of their size. */
static void draw_large_pets(void)
{
    program_expect(0, "pets", "segwork data synth pets --train 14 --val 6 --size 320 --seed 5");
    program_expect(0, NULL,
                   "printf 'include: [%%s/tests/support/tiny.yaml, %%s/configs/augment/own_data.yaml]\\n"
                   "data: {resize: bilinear, fit: pad}\\n' $SRC $SRC > large.yaml");
}

static void run(const char *name, const char *sets)
{
    program_expect(0, NULL, "segwork run large.yaml --out %s %s", name, sets);
}

/* 14 pictures of 320 x 320 at a quarter take 0.4 MB with their labels, which does not fit beside nothing; at
 * their own pixels they take 5.7 MB. */
Test(run_augment, neither_threads_nor_memory_change_a_bit)
{
    static const char *const augment[] = {"", "--set augment.crop_to_size=true"};
    draw_large_pets();
    for (int i = 0; i < 2; i++) {
        char sets[200];
        snprintf(sets, sizeof sets, "%s --set data.loader_threads=1", augment[i]);
        run("a", sets);
        snprintf(sets, sizeof sets, "%s --set data.loader_threads=5 --set data.cache_mb=1", augment[i]);
        run("b", sets);
        expect_same_file("a/checkpoints/last.safetensors", "b/checkpoints/last.safetensors");
        expect_same_file("a/steps.jsonl", "b/steps.jsonl");
        expect_same_metrics("a", "b"); /* the article's, on augmented images, among them */
        program_expect(0, NULL, "rm -r a b");
    }
}

Test(run_augment, the_batch_can_be_seen_and_the_loader_measured)
{
    draw_large_pets();
    program_expect(0, "batch.png: 4 images", "segwork data browse large.yaml --out batch.png");
    program_expect(0, "the loader alone",
                   "segwork bench large.yaml --steps 2 --only train --no-layers --data");
    program_expect(0, "",
                   "segwork data browse large.yaml --out normalized.png --set "
                   "'data.normalize={mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.5]}'");
    sw_image plain, normalized; /* what is shown are colours, give or take a rounding */
    cr_assert_eq(sw_image_read_rgb(&plain, scratch_path("batch.png")), SW_OK);
    cr_assert_eq(sw_image_read_rgb(&normalized, scratch_path("normalized.png")), SW_OK);
    cr_assert_eq(plain.width * plain.height, normalized.width * normalized.height);
    for (int i = 0; i < plain.width * plain.height * 3; i++)
        cr_assert_leq(abs(plain.pixels[i] - normalized.pixels[i]), 1);
    sw_image_deinit(&plain);
    sw_image_deinit(&normalized);
}

Test(run_augment, a_picture_that_is_gone_ends_the_run_by_its_name)
{
    draw_large_pets();
    pid_t pid =
        program_start("run large.yaml --out b --set train.epochs=1000 --set augment.crop_to_size=true "
                      "--set data.cache_mb=1");
    cr_assert(program_wait_for_lines(pid, "b/metrics.jsonl", 1));
    program_expect(0, NULL, "rm pets/images/*");
    cr_expect_eq(program_wait(pid), 1);
    cr_expect(strstr(program_output, "pets/images/"), "%s", program_output);
}

/* ---- normalized colours ---- */

static double metric(const char *file, const char *key)
{
    char *text = file_text(file, NULL);
    cJSON *json = cJSON_Parse(text);
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, key);
    cr_assert(cJSON_IsNumber(value), "no %s in %s", key, text);
    const double number = value->valuedouble;
    cJSON_Delete(json);
    free(text);
    return number;
}

/* The share of the pixels of the validation images whose predictions are right, from the masks themselves. */
static double count_accuracy(void)
{
    char name[256], *list = file_text("names", NULL);
    double right = 0, all = 0;
    for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
        sw_image truth, found;
        snprintf(name, sizeof name, "pets/annotations/trimaps/%s.png", line);
        cr_assert_eq(sw_image_read_mask(&truth, scratch_path(name)), SW_OK, "%s", sw_error_message());
        snprintf(name, sizeof name, "predicted/%s.png", line);
        cr_assert_eq(sw_image_read_mask(&found, scratch_path(name)), SW_OK, "%s", sw_error_message());
        cr_assert(found.width == truth.width && found.height == truth.height);
        for (int p = 0; p < truth.width * truth.height; p++) right += truth.pixels[p] == found.pixels[p];
        all += truth.width * truth.height;
        sw_image_deinit(&truth);
        sw_image_deinit(&found);
    }
    free(list);
    return right / all;
}

/* Training, the grid, evaluation, prediction and export all know of it. */
Test(run_augment, a_normalized_network_is_evaluated_and_predicts_as_it_was_trained)
{
    static const char normalize[] = "data.normalize={mean: [0.7, 0.1, 0.4], std: [0.1, 0.4, 0.2]}";
    program_draw_pets(14, 6);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out plain");
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out run --set '%s'", normalize);
    program_expect(0, "mean: [0.7, 0.1, 0.4], std: [0.1, 0.4, 0.2]", "cat run/config.yaml");
    program_expect(1, NULL, "cmp run/checkpoints/last.safetensors plain/checkpoints/last.safetensors");
    program_expect(0, NULL, "cmp run/masks/inputs.png plain/masks/inputs.png");
    program_expect(0, NULL, "segwork eval --checkpoint run --out figures");
    program_expect(
        0, NULL,
        "grep -v '^#' pets/annotations/test.txt | cut -d' ' -f1 > names && mkdir photos && while read n; "
        "do cp pets/images/$n.jpg photos/; done < names");
    program_expect(0, NULL, "segwork predict --checkpoint run --out predicted photos");
    cr_expect_float_eq(count_accuracy(), metric("figures/metrics.json", "pixel_accuracy"), 1e-6);
    program_expect(0, "0 to 1, resized to 32x32 (nearest), then (value - mean) / std",
                   "segwork export run --out m.onnx && strings -n 3 m.onnx");
    program_expect(0, "0.7, 0.1, 0.4", "strings -n 3 m.onnx");
}
