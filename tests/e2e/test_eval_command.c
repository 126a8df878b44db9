/* segwork eval: the figures of a run, again, and image by image. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "program.h"
#include "scratch.h"

TestSuite(eval_command, .init = scratch_create, .fini = scratch_remove);

enum { EPOCHS = 4, IMAGES = 6, PIXELS = 32 * 32 };

static void train(const char *sets)
{
    program_draw_pets(8, IMAGES);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=%d %s",
                   EPOCHS, sets);
}

static cJSON *json_of(const char *name, const char *from)
{
    char *text = file_text(name, NULL);
    const char *start = from ? strstr(text, from) : text;
    cr_assert_not_null(start);
    cJSON *json = cJSON_Parse(start);
    cr_assert_not_null(json, "%s", text);
    free(text);
    return json;
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert(cJSON_IsNumber(item) || cJSON_IsNull(item), "no %s", key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

/* The run's files keep floats: at least seven digits. */
static void expect_same(const char *what, double value, double recorded)
{
    cr_expect((isnan(value) && isnan(recorded)) || fabs(value - recorded) <= 1e-6 * fabs(recorded),
              "%s: %.12g, recorded %.12g", what, value, recorded);
}

static void expect_recorded(const cJSON *figures, const cJSON *row)
{
    static const char *const whole[] = {"pixel_accuracy", "iou", "custom_iou", "miou", "boundary_f1"};
    static const char *const article[] = {"pixel_accuracy", "iou", "custom_iou"};
    static const char *const of_class[] = {"precision", "recall", "iou", "dice", "boundary_f1"};
    char key[64];
    expect_same("loss", number(figures, "loss"), number(row, "val_loss"));
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        expect_same(whole[i], number(figures, whole[i]), number(row, whole[i]));
    for (size_t i = 0; i < sizeof article / sizeof *article; i++) {
        snprintf(key, sizeof key, "article_%s", article[i]);
        expect_same(key, number(cJSON_GetObjectItemCaseSensitive(figures, "article"), article[i]),
                    number(row, key));
    }
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(figures, "classes"), *c;
    cr_expect_eq(cJSON_GetArraySize(classes), 3);
    cJSON_ArrayForEach(c, classes) for (size_t i = 0; i < sizeof of_class / sizeof *of_class; i++)
    {
        snprintf(key, sizeof key, "%s_%s", of_class[i],
                 cJSON_GetObjectItemCaseSensitive(c, "name")->valuestring);
        expect_same(key, number(c, of_class[i]), number(row, key));
    }
}

/* All images have the same size: the accuracy over all pixels is the mean of theirs; custom IoU and boundary
 * F1 are means over images by definition. */
static void expect_images_add_up(const char *csv, const cJSON *figures)
{
    char *text = file_text(csv, NULL);
    double accuracy = 0, custom = 0, boundary = 0;
    int lines = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        if (lines == 0) {
            cr_expect_str_eq(line, "name,pixel_accuracy,iou,custom_iou,miou,boundary_f1,iou_pet,"
                                   "iou_background,iou_border");
            continue;
        }
        char expected[32];
        double a, i, c, m, b;
        snprintf(expected, sizeof expected, "pet_%06d,", 100000 + lines);
        cr_expect_eq(strncmp(line, expected, strlen(expected)), 0, "%s", line);
        cr_assert_eq(sscanf(line + strlen(expected), "%lf,%lf,%lf,%lf,%lf", &a, &i, &c, &m, &b), 5, "%s",
                     line);
        accuracy += a / IMAGES;
        custom += c / IMAGES;
        boundary += b / IMAGES;
    }
    cr_expect_eq(lines, IMAGES + 1);
    expect_same("mean accuracy", accuracy, number(figures, "pixel_accuracy"));
    expect_same("mean custom IoU", custom, number(figures, "custom_iou"));
    expect_same("mean boundary F1", boundary, number(figures, "boundary_f1"));
    free(text);
}

static void expect_confusion_adds_up(const cJSON *figures)
{
    double sum = 0, right = 0;
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(figures, "confusion");
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++) {
            double pixels = cJSON_GetArrayItem(cJSON_GetArrayItem(rows, t), p)->valuedouble;
            sum += pixels;
            if (t == p) right += pixels;
        }
    cr_expect_eq(sum, IMAGES * PIXELS);
    expect_same("accuracy", right / sum, number(figures, "pixel_accuracy"));
}

static void expect_figures_of_the_run(const char *sets)
{
    train(sets);
    program_expect(0, "last.safetensors, epoch 4\n",
                   "segwork eval --checkpoint run/checkpoints/last.safetensors --out figures 2>/dev/null");
    program_expect_narrow();
    cJSON *figures = json_of("figures/metrics.json", NULL);
    cJSON *row = json_of("run/metrics.jsonl", "{\"epoch\":4,");
    expect_recorded(figures, row);
    expect_images_add_up("figures/per_image.csv", figures);
    expect_confusion_adds_up(figures);
    char printed[64];
    snprintf(printed, sizeof printed, "pixel accuracy          %.4f   %.4f\n", number(row, "pixel_accuracy"),
             number(row, "article_pixel_accuracy"));
    cr_expect_not_null(strstr(program_output, printed), "no '%s' in %s", printed, program_output);
    cJSON_Delete(figures);
    cJSON_Delete(row);
}

Test(eval_command, the_figures_are_those_the_run_recorded_and_the_images_add_up_to_them)
{
    expect_figures_of_the_run("--set augment.contrast=0.9");
}

/* Seven images in batches of four: without augmentation the article's figure is a mean over two batches of
 * the images' own, the second of three. */
Test(eval_command, the_articles_custom_iou_is_the_mean_over_batches_of_what_their_images_have)
{
    program_draw_pets(8, 7);
    program_expect(0, NULL,
                   "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=%d "
                   "--set augment.hflip=0 --set augment.contrast=0",
                   EPOCHS);
    program_expect(0, NULL,
                   "segwork eval --checkpoint run/checkpoints/last.safetensors --out figures > said 2>&1 && "
                   "tail -n 7 figures/per_image.csv");
    double of_image[7], batches[2] = {0};
    char *line = strtok(program_output, "\n");
    for (int i = 0; i < 7; i++, line = strtok(NULL, "\n"))
        cr_assert(line && sscanf(line, "%*[^,],%*f,%*f,%lf", &of_image[i]) == 1, "%s", line);
    for (int i = 0; i < 7; i++) batches[i / 4] += of_image[i] / (i < 4 ? 4 : 3);
    cJSON *row = json_of("run/metrics.jsonl", "{\"epoch\":4,");
    expect_same("custom IoU", number(row, "article_custom_iou"), (batches[0] + batches[1]) / 2);
    cr_expect_gt(fabs(batches[0] - batches[1]), 1e-4, "the images do not suit this test: %g, %g", batches[0],
                 batches[1]);
    cJSON_Delete(row);
}

Test(eval_command, class_weights_of_the_training_masks_count_in_the_loss)
{
    expect_figures_of_the_run("--set loss.class_weights=median_frequency --set loss.kind=focal");
}

/* Weights 1, 0.5 and 3 make batches of unlike weight, an ignored class still more so. */
Test(eval_command, the_loss_does_not_depend_on_the_size_of_the_batches)
{
    static const char *const losses[] = {"loss.class_weights=[1,0.5,3]",
                                         "loss.class_weights=[1,0.5,3] --set loss.ignore_index=1",
                                         "loss.ignore_index=2 --set loss.kind=focal"};
    train("");
    for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
        double one = NAN;
        for (int batch = 1; batch <= IMAGES; batch++) {
            program_expect(
                0, NULL, "segwork eval --checkpoint run --out figures --set train.val_batch_size=%d --set %s",
                batch, losses[l]);
            cJSON *figures = json_of("figures/metrics.json", NULL);
            if (batch == 1) one = number(figures, "loss");
            cr_expect_float_eq(number(figures, "loss"), one, 1e-6 * one, "%s, batches of %d: %.9g, not %.9g",
                               losses[l], batch, number(figures, "loss"), one);
            cJSON_Delete(figures);
        }
        cr_expect_gt(one, 0.1);
    }
}

Test(eval_command, an_ignored_class_has_no_figures_and_its_pixels_count_nowhere)
{
    static const char *const of_class[] = {"precision", "recall", "iou", "dice", "boundary_f1"};
    train("");
    program_expect(0, "border (ignored)",
                   "segwork eval --checkpoint run --out figures --set loss.ignore_index=2 2>/dev/null");
    cJSON *figures = json_of("figures/metrics.json", NULL);
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(figures, "classes");
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(figures, "confusion");
    double pixels[3] = {0}, right[2] = {0};
    for (size_t i = 0; i < sizeof of_class / sizeof *of_class; i++)
        cr_expect(isnan(number(cJSON_GetArrayItem(classes, 2), of_class[i])), "%s", of_class[i]);
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++) {
            const double cell = cJSON_GetArrayItem(cJSON_GetArrayItem(rows, t), p)->valuedouble;
            pixels[t] += cell;
            if (t == p && t < 2) right[t] = cell;
        }
    cr_expect(pixels[2] == 0 && pixels[0] > 0 && pixels[1] > 0);
    expect_same("accuracy", (right[0] + right[1]) / (pixels[0] + pixels[1]),
                number(figures, "pixel_accuracy"));
    expect_same("class accuracy", (right[0] / pixels[0] + right[1] / pixels[1]) / 2,
                number(figures, "class_accuracy"));
    expect_same(
        "mean IoU",
        (number(cJSON_GetArrayItem(classes, 0), "iou") + number(cJSON_GetArrayItem(classes, 1), "iou")) / 2,
        number(figures, "miou"));
    cr_expect_gt(number(figures, "boundary_f1"), 0.05, "contours under the border are found");
    cJSON_Delete(figures);
}

/* The confusion matrix of masks that predict wrote, against the true ones; all have values from 1. */
static void count_masks(double counts[9], const char *folder)
{
    for (int i = 1; i <= IMAGES; i++) {
        sw_image mask, truth;
        char name[80];
        snprintf(name, sizeof name, "%s/pet_%06d.png", folder, 100000 + i);
        cr_assert_eq(sw_image_read_mask(&mask, scratch_path(name)), SW_OK, "%s", sw_error_message());
        snprintf(name, sizeof name, "pets/annotations/trimaps/pet_%06d.png", 100000 + i);
        cr_assert_eq(sw_image_read_mask(&truth, scratch_path(name)), SW_OK, "%s", sw_error_message());
        for (int p = 0; p < PIXELS; p++) counts[3 * (truth.pixels[p] - 1) + mask.pixels[p] - 1]++;
        sw_image_deinit(&mask);
        sw_image_deinit(&truth);
    }
}

static void expect_counts(const cJSON *figures, const double counts[9])
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(figures, "confusion");
    for (int i = 0; i < 9; i++)
        cr_expect_eq(cJSON_GetArrayItem(cJSON_GetArrayItem(rows, i / 3), i % 3)->valuedouble, counts[i],
                     "truth %d, prediction %d", i / 3, i % 3);
}

Test(eval_command, with_a_flip_the_counts_are_those_of_the_masks_that_predict_writes_with_a_flip)
{
    double flipped[9] = {0}, plain[9] = {0};
    train("");
    program_expect(0, NULL,
                   "segwork predict --checkpoint run pets/images --out flipped --tta flip && "
                   "segwork predict --checkpoint run pets/images --out plain");
    count_masks(flipped, "flipped");
    count_masks(plain, "plain");
    cr_assert(memcmp(flipped, plain, sizeof plain) != 0, "a flip changes nothing: this test is blind");
    program_expect(0, "clean, flip  article, flip\n",
                   "segwork eval --checkpoint run --out figures --tta flip 2>/dev/null");
    cr_expect_not_null(
        strstr(program_output, "flip: averaged with the predictions for the mirrored images\n"));
    program_expect_narrow();
    program_expect(0, NULL, "segwork eval --checkpoint run --out once 2>/dev/null");
    cr_expect_null(strstr(program_output, "flip"), "%s", program_output);
    cJSON *figures = json_of("figures/metrics.json", NULL), *once = json_of("once/metrics.json", NULL);
    expect_counts(figures, flipped);
    expect_counts(once, plain);
    expect_images_add_up("figures/per_image.csv", figures);
    cr_expect_str_eq(cJSON_GetObjectItemCaseSensitive(figures, "tta")->valuestring, "flip");
    cr_expect_null(cJSON_GetObjectItemCaseSensitive(once, "tta"));
    cr_expect_neq(number(figures, "loss"), number(once, "loss"));
    cJSON_Delete(figures);
    cJSON_Delete(once);
    program_expect(2, "--tta rotate: there is flip", "segwork eval --checkpoint run --tta rotate");
}

/* The negative logarithm of what `predict --tta flip` gives the true class, and other losses of the same. */
Test(eval_command, with_a_flip_the_loss_is_that_of_the_mean_probabilities)
{
    double sum = 0;
    train("");
    program_expect(0, NULL,
                   "segwork predict --checkpoint run pets/images --out flipped --tta flip --probabilities && "
                   "segwork eval --checkpoint run --out figures --tta flip && "
                   "segwork eval --checkpoint run --out dice --tta flip --set loss.kind=dice");
    for (int i = 1; i <= IMAGES; i++) {
        sw_image truth;
        char name[80];
        snprintf(name, sizeof name, "pets/annotations/trimaps/pet_%06d.png", 100000 + i);
        cr_assert_eq(sw_image_read_mask(&truth, scratch_path(name)), SW_OK, "%s", sw_error_message());
        snprintf(name, sizeof name, "flipped/pet_%06d.probabilities.npy", 100000 + i);
        size_t length;
        char *file = file_text(name, &length);
        cr_assert_eq(length, 128 + 3 * PIXELS * sizeof(float));
        for (int p = 0; p < PIXELS; p++) {
            float probability;
            memcpy(&probability,
                   file + 128 + sizeof(float) * ((size_t)(truth.pixels[p] - 1) * PIXELS + (size_t)p),
                   sizeof probability);
            sum -= log((double)probability) / (IMAGES * PIXELS);
        }
        free(file);
        sw_image_deinit(&truth);
    }
    cJSON *figures = json_of("figures/metrics.json", NULL), *dice = json_of("dice/metrics.json", NULL);
    cr_expect_float_eq(number(figures, "loss"), sum, 1e-5);
    cr_expect(number(dice, "loss") > 0 && number(dice, "loss") < 1);
    cJSON_Delete(figures);
    cJSON_Delete(dice);
}

Test(eval_command, keys_can_be_changed_and_what_is_missing_is_said)
{
    train("");
    program_expect(0, "pets/trainval: 5 images of 32x32",
                   "segwork eval --checkpoint run --set data.val_split=trainval --set data.val_limit=5 "
                   "--set train.article_every=0");
    cr_expect_null(strstr(program_output, "article"), "%s", program_output);
    program_expect(2, "needs --checkpoint", "segwork eval");
    program_expect(2, "takes options only", "segwork eval run");
    program_expect(2, "--out is empty", "segwork eval --checkpoint run --out ''");
    program_expect(2, "give its experiment with --config",
                   "cp run/checkpoints/best.safetensors w.safetensors && segwork eval --checkpoint "
                   "w.safetensors");
    program_expect(0, "w.safetensors, epoch ",
                   "segwork eval --checkpoint w.safetensors --config $SRC/tests/support/tiny.yaml");
    program_expect(2, "unknown key 'data.splitt'", "segwork eval --checkpoint run --set data.splitt=x");
    program_expect(1, "does not hold this model:\n  uc1.seq.3.bias is missing",
                   "segwork eval --checkpoint run --set model.head=plain");
    program_expect(1, "cannot create folder out of reach",
                   "touch 'out of reach' && segwork eval --checkpoint run --out "
                   "'out of reach/figures'");
}
