/* As many classes as there may be, from training to the report: every table and page stays one to read. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"
#include "base/str.h"
#include "mask_files.h"
#include "program.h"
#include "scratch.h"

TestSuite(many_classes, .init = scratch_create, .fini = scratch_remove);

enum { SIDE = 32, PIXELS = SIDE * SIDE, IMAGES = 4 };

/* Blocks of four pixels a side, one in 16 of them ignored; images are drawn in colours of the classes. */
static int truth_at(int image, int pixel, int classes)
{
    const int block = pixel / SIDE / 4 * (SIDE / 4) + pixel % SIDE / 4;
    return block % 16 == image ? SW_NO_CLASS : (block * 7 + image * 61) % classes;
}

static void draw(const char *folder, int image, int classes)
{
    uint8_t values[PIXELS];
    uint32_t rgb[PIXELS];
    char name[64];
    for (int p = 0; p < PIXELS; p++) {
        values[p] = (uint8_t)truth_at(image, p, classes);
        rgb[p] = (uint32_t)(values[p] * 0x1F3B71) & 0xFFFFFF;
    }
    snprintf(name, sizeof name, "%s/images/i%d.png", folder, image);
    write_colour_mask(name, SIDE, SIDE, rgb);
    snprintf(name, sizeof name, "%s/masks/i%d.png", folder, image);
    write_gray_mask(name, SIDE, SIDE, values);
}

/* Draws a set and trains on it into the folder "run". */
static void train(int classes)
{
    sw_str experiment = {0};
    for (int i = 0; i < IMAGES; i++) {
        draw("set/train", i, classes);
        draw("set/val", i, classes);
    }
    sw_str_append(&experiment,
                  "data:\n  layout: folders\n  root: set\n  train: {images: train/images, masks: "
                  "train/masks}\n  val: {images: val/images, masks: val/masks}\n  size: 32\n"
                  "  ignore: 255\n  classes: [");
    for (int c = 0; c < classes; c++) sw_str_printf(&experiment, "%sclass_%d", c ? ", " : "", c);
    sw_str_append(&experiment, "]\nmodel:\n  encoder: [{convs: 1, width: 8}]\n"
                               "  decoder: [{unpool_from: 1, convs: 1, width: 0}]\n"
                               "train: {epochs: 2, batch_size: 2, val_batch_size: 3}\n"
                               "grid: {count: 2}\nruntime: {tune: false}\n");
    cr_assert_eq(sw_str_status(&experiment), SW_OK);
    scratch_write("many.yaml", experiment.text);
    sw_str_deinit(&experiment);
    program_expect(0, "epoch 2/2", "segwork run many.yaml --out run");
}

static int occurrences(const char *text, const char *what)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) count++;
    return count;
}

/* The classes' IoU from the confusion counts, and the pixels that count. */
static void expect_figures(int classes)
{
    char *text = file_text("figures/metrics.json", NULL);
    cJSON *figures = cJSON_Parse(text);
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(figures, "confusion"), *row, *cell;
    double *sums = calloc(3 * (size_t)classes, sizeof *sums), all = 0, mean = 0;
    double *truths = sums, *predictions = sums + classes, *right = predictions + classes;
    int t = 0, defined = 0, counted = 0;
    cr_assert_eq(cJSON_GetArraySize(rows), classes);
    cJSON_ArrayForEach(row, rows)
    {
        int p = 0;
        cJSON_ArrayForEach(cell, row)
        {
            truths[t] += cell->valuedouble;
            predictions[p] += cell->valuedouble;
            if (t == p) right[t] = cell->valuedouble;
            all += cell->valuedouble;
            p++;
        }
        t++;
    }
    for (int i = 0; i < IMAGES; i++)
        for (int p = 0; p < PIXELS; p++) counted += truth_at(i, p, classes) != SW_NO_CLASS;
    cr_expect_eq(all, counted, "%g pixels, not %d", all, counted);
    for (int c = 0; c < classes; c++) {
        const double either = truths[c] + predictions[c] - right[c];
        const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(figures, "classes"), c);
        const cJSON *iou = cJSON_GetObjectItemCaseSensitive(item, "iou");
        cr_expect_eq((bool)cJSON_IsNumber(iou), either > 0, "class %d", c);
        if (!(either > 0)) continue;
        cr_expect_float_eq(iou->valuedouble, right[c] / either, 1e-12, "class %d", c);
        mean += right[c] / either;
        defined++;
    }
    cr_expect_float_eq(cJSON_GetObjectItemCaseSensitive(figures, "miou")->valuedouble, mean / defined, 1e-12);
    free(sums);
    free(text);
    cJSON_Delete(figures);
}

static void expect_readable(int classes)
{
    train(classes);
    cr_expect_eq(occurrences(program_output, "class_7"), 0, "no line of the log lists all: %s",
                 program_output);
    program_expect(0, "largest mistakes", "segwork eval --checkpoint run --out figures 2>/dev/null");
    program_expect_narrow();
    cr_expect_lt(occurrences(program_output, "\n"), classes + 50, "a line a class, and some more");
    expect_figures(classes);
    program_expect(0, "iou_class_7 ", "segwork compare run");
    cr_expect_eq(occurrences(program_output, "dice_class_"), 0);
    program_expect(0, "written", "segwork report run --out page.html");
    program_expect(0, NULL,
                   "! command -v python3 >/dev/null || python3 $SRC/tests/e2e/check_page.py page.html");
    char *page = file_text("page.html", NULL);
    cr_expect_eq(occurrences(page, "<svg class=\"heat\""), 1, "a picture instead of numbers");
    cr_expect_eq(occurrences(page, "Largest mistakes</h3>"), 1);
    cr_expect_lt(occurrences(page, "<figure class=\"chart\""), 16, "no chart a class");
    cr_expect_lt(strlen(page), (size_t)2 << 20);
    free(page);
    program_expect(0, "written", "segwork plot run --metrics miou,iou_class_7 --out curves.svg");
    program_expect(0, NULL, "segwork render run --gif film.gif || segwork render run --frames frames");
}

Test(many_classes, thirty_can_be_read)
{
    expect_readable(30);
}

Test(many_classes, two_hundred_and_fifty_five_can_be_read)
{
    expect_readable(SW_MAX_CLASSES);
}

Test(many_classes, a_run_is_taken_up_again)
{
    train(SW_MAX_CLASSES);
    program_expect(130, "Continue with", "segwork run many.yaml --out half --set train.max_minutes=0.00001");
    int code = 130;
    for (int i = 0; i < 20 && code == 130; i++) code = program_run("segwork run --resume half");
    cr_assert_eq(code, 0, "%s", program_output);
    expect_same_metrics("run", "half");
}
