/* The gallery of a run: what is chosen, what is written, what is read back. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "count_pixels.h"
#include "gallery.h"
#include "scratch.h"
#include "synth/synth.h"

enum { IMAGES = 20, SIDE = 16, PIXELS = SIDE * SIDE };

static sw_dataset *data;
static sw_gallery gallery;
static sw_evaluation evaluation;

static void open_all(void)
{
    scratch_create();
    const sw_synth_options synth = {.train = 1, .val = IMAGES, .size_px = SIDE, .seed = 3, .threads = 1};
    cr_assert_eq(sw_synth_write(scratch_path("pets"), &synth), SW_OK, "%s", sw_error_message());
    const sw_data_config options = {
        .root = scratch_path("pets"), .split = {"test"}, .size = {SIDE, SIDE}, .loader_threads = 1};
    cr_assert_eq(sw_dataset_open(&data, &options, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_gallery_init(&gallery, data), SW_OK);
}

static void close_all(void)
{
    sw_gallery_deinit(&gallery);
    sw_evaluation_deinit(&evaluation);
    sw_dataset_destroy(data);
    scratch_remove();
}

TestSuite(gallery, .init = open_all, .fini = close_all);

static int ignored = -1; /* class */

/* Predicts the truth but for the first `wrong` pixels, which are off by one class; `sure` everywhere. */
static void take(int image, int wrong, uint8_t sure)
{
    uint8_t truth[PIXELS], prediction[PIXELS], confidence[PIXELS];
    cr_assert_eq(sw_dataset_read(NULL, truth, data, image), SW_OK);
    for (int i = 0; i < PIXELS; i++) {
        prediction[i] = (uint8_t)(i < wrong ? (truth[i] + 1) % 3 : truth[i]);
        confidence[i] = sure;
    }
    sw_evaluation figures;
    cr_assert_eq(sw_evaluation_init(&figures, 3, ignored), SW_OK);
    figures.soft_iou = 0.5;
    const sw_image_evaluation e = {.image = image,
                                   .figures = &figures,
                                   .truth = truth,
                                   .prediction = prediction,
                                   .confidence = confidence};
    count_pixels_add(&figures.confusion, truth, prediction, PIXELS, ignored);
    sw_confusion_merge(&evaluation.confusion, &figures.confusion);
    sw_gallery_take(&gallery, &e);
    sw_evaluation_deinit(&figures);
}

/* Image i has 7 i mod 20 times 5 wrong pixels and confidence 200 - 3 i. */
static void validate(void)
{
    sw_evaluation_deinit(&evaluation);
    cr_assert_eq(sw_evaluation_init(&evaluation, 3, -1), SW_OK);
    sw_gallery_begin(&gallery, NULL);
    for (int i = 0; i < IMAGES; i++) take(i, 7 * i % IMAGES * 5, (uint8_t)(200 - 3 * i));
}

static void expect_item(const sw_gallery_view *v, sw_gallery_list list, int at, int image)
{
    cr_expect_str_eq(v->items[list][at].name, sw_dataset_name(data, image), "%s %d",
                     sw_gallery_list_name(list), at);
}

Test(gallery, the_lists_are_in_order_and_read_back_as_they_were_written)
{
    sw_gallery_view v;
    validate();
    cr_assert_eq(sw_gallery_write(&gallery, scratch_path("run"), 7, &evaluation), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_gallery_read(&v, scratch_path("run")), SW_OK, "%s", sw_error_message());
    cr_expect(v.epoch == 7 && v.images == IMAGES && sw_size_same(v.size, sw_size_square(SIDE)) &&
              v.confusion.classes == 3);
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++)
            cr_expect_eq(sw_confusion_at(&v.confusion, t, p), sw_confusion_at(&evaluation.confusion, t, p));
    cr_expect_str_eq(v.classes.list[2].name, "border");
    for (int l = 0; l < SW_GALLERY_LISTS; l++) cr_expect_eq(v.counts[l], SW_GALLERY_LENGTH);
    for (int i = 0; i < SW_GALLERY_LENGTH; i++) {
        /* worst: 7 i mod 20 = 19 - rank, and 3 is the inverse of 7 */
        expect_item(&v, SW_GALLERY_WORST, i, 3 * (19 - i) % IMAGES);
        expect_item(&v, SW_GALLERY_UNCERTAIN, i, IMAGES - 1 - i);
        const sw_gallery_figures *f = &v.items[SW_GALLERY_WORST][i].figures;
        cr_expect_float_eq(f->values[SW_GALLERY_SCORE], 1 - (19 - i) * 5.0 / PIXELS, 1e-12);
        cr_expect_eq(f->values[SW_GALLERY_CONFIDENT_ERROR], 0);
    }
    cr_expect_float_eq(v.items[SW_GALLERY_UNCERTAIN][0].figures.values[SW_GALLERY_CONFIDENCE],
                       (200 - 57) / 255.0, 1e-12);
    /* nothing is confidently wrong here: what is left is the border beyond the usual, largest first */
    for (int i = 1; i < SW_GALLERY_LENGTH; i++)
        cr_expect_geq(
            fmax(v.items[SW_GALLERY_DOUBTFUL][i - 1].figures.values[SW_GALLERY_BORDER], v.border_median),
            v.items[SW_GALLERY_DOUBTFUL][i].figures.values[SW_GALLERY_BORDER]);
    sw_gallery_view_deinit(&v);
}

Test(gallery, a_truth_that_the_network_surely_contradicts_is_doubtful)
{
    validate();
    take(4, 200, 229); /* one below sure */
    cr_expect_eq(gallery.figures[4].values[SW_GALLERY_CONFIDENT_ERROR], 0);
    validate();
    take(4, 200, 230);
    cr_expect_eq(gallery.figures[4].values[SW_GALLERY_CONFIDENT_ERROR], 200.0 / PIXELS);
    cr_expect_eq(gallery.slots[SW_GALLERY_DOUBTFUL][0].image, 4);
}

Test(gallery, pixels_of_an_ignored_class_are_not_surely_wrong)
{
    uint8_t truth[PIXELS];
    cr_assert_eq(sw_dataset_read(NULL, truth, data, 4), SW_OK);
    int wrong = 0;
    for (int i = 0; i < 200; i++) wrong += truth[i] != 1;
    ignored = 1; /* background */
    validate();
    take(4, 200, 255);
    cr_expect_eq(gallery.figures[4].values[SW_GALLERY_CONFIDENT_ERROR], (double)wrong / PIXELS);
    cr_expect_lt(wrong, 200);
}

Test(gallery, the_sheet_has_photograph_truth_prediction_and_confidence_of_each_image_once)
{
    sw_gallery_view v;
    sw_image sheet;
    validate();
    cr_assert_eq(sw_gallery_write(&gallery, scratch_path("run"), 1, &evaluation), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_gallery_read(&v, scratch_path("run")), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_image_read_rgb(&sheet, scratch_path("run/gallery/epoch_01.png")), SW_OK);
    cr_expect(sheet.width == 4 * SIDE && sheet.height == v.rows * SIDE && v.rows <= IMAGES);
    const sw_gallery_item *worst = &v.items[SW_GALLERY_WORST][0];
    const uint8_t *row = sheet.pixels + (size_t)worst->row * SIDE * 4 * SIDE * 3;
    int image = sw_dataset_find(data, worst->name);
    uint8_t photograph[3 * PIXELS];
    cr_assert_eq(sw_dataset_read(photograph, NULL, data, image), SW_OK);
    cr_expect_eq(memcmp(row, photograph, SIDE * 3), 0);
    const uint8_t *sure = row + (size_t)3 * SIDE * 3;
    cr_expect(sure[0] == 200 - 3 * image && sure[1] == sure[0] && sure[2] == sure[0]);
    cr_expect_neq(memcmp(row + (size_t)SIDE * 3, row + (size_t)2 * SIDE * 3, 3),
                  0); /* the first pixel is wrong */
    sw_image_deinit(&sheet);
    sw_gallery_view_deinit(&v);
}

Test(gallery, the_table_has_every_image_in_order)
{
    char *text, name[160];
    size_t length;
    validate();
    cr_assert_eq(sw_gallery_write(&gallery, scratch_path("run"), 1, &evaluation), SW_OK);
    cr_assert_eq(sw_fs_read(&text, &length, scratch_path("run/gallery/epoch_01.csv"), 1 << 20), SW_OK);
    const char *line = text;
    for (int i = -1; i < IMAGES; i++) {
        snprintf(name, sizeof name, "%s,", i < 0 ? "name" : sw_dataset_name(data, i));
        cr_expect_eq(strncmp(line, name, strlen(name)), 0, "%.40s", line);
        line += strcspn(line, "\n") + 1;
    }
    cr_expect_eq(*line, '\0');
    free(text);
}

Test(gallery, only_the_epoch_to_keep_is_kept)
{
    sw_gallery_view v;
    validate();
    for (int epoch = 1; epoch <= 3; epoch++)
        cr_assert_eq(sw_gallery_write(&gallery, scratch_path("run"), epoch, &evaluation), SW_OK);
    cr_expect_eq(sw_gallery_keep_only(scratch_path("run"), 2), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_gallery_read(&v, scratch_path("run")), SW_OK);
    cr_expect_eq(v.epoch, 2);
    sw_gallery_view_deinit(&v);
    cr_expect_not(sw_fs_exists(scratch_path("run/gallery/epoch_01.csv")));
    cr_expect_not(sw_fs_exists(scratch_path("run/gallery/epoch_03.png")));
    cr_expect_eq(sw_gallery_keep_only(scratch_path("nowhere"), 2), SW_OK);
    cr_expect_not(sw_fs_exists(scratch_path("nowhere")));
}

Test(gallery, a_run_without_one_has_epoch_0_and_a_png_without_its_json_does_not_count)
{
    sw_gallery_view v;
    cr_assert_eq(sw_gallery_read(&v, scratch_path("pets")), SW_OK);
    cr_expect_eq(v.epoch, 0);
    scratch_write("run/gallery/epoch_05.png", "half");
    cr_assert_eq(sw_gallery_read(&v, scratch_path("run")), SW_OK);
    cr_expect_eq(v.epoch, 0);
}

Test(gallery, damaged_files_are_refused_by_name)
{
    static const char *const broken[] = {"",
                                         "{",
                                         "[]",
                                         "{\"format\":2,\"epoch\":1}",
                                         "{\"format\":1,\"epoch\":2}",
                                         "{\"format\":1,\"epoch\":1,\"images\":1,\"size\":16,\"rows\":1e9}",
                                         "{\"format\":1,\"epoch\":1,\"images\":1,\"size\":16,\"rows\":1,"
                                         "\"classes\":[\"a\"],\"confusion\":[[-1]]}",
                                         "{\"format\":1,\"epoch\":1,\"images\":1,\"size\":16,\"rows\":1,"
                                         "\"classes\":[\"a\"],\"confusion\":[[1]],"
                                         "\"worst\":[{\"name\":\"x\",\"row\":1}]}"};
    sw_gallery_view v;
    validate();
    cr_assert_eq(sw_gallery_write(&gallery, scratch_path("run"), 1, &evaluation), SW_OK);
    scratch_write("run/gallery/epoch_01.png", "no picture");
    cr_expect_neq(sw_gallery_read(&v, scratch_path("run")), SW_OK);
    cr_expect_not_null(strstr(sw_error_message(), "epoch_01.png"), "%s", sw_error_message());
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        scratch_write("run/gallery/epoch_01.json", broken[i]);
        cr_expect_eq(sw_gallery_read(&v, scratch_path("run")), SW_E_DATA, "%s", broken[i]);
        cr_expect_not_null(strstr(sw_error_message(), "epoch_01.json"), "%s", sw_error_message());
        cr_expect_eq(v.epoch, 0);
    }
}
