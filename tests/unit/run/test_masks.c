/* What a run keeps of its grid images: written, read back, damaged. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "draw/tiles.h"
#include "epoch_row.h"
#include "image/image.h"
#include "run/masks.h"
#include "scratch.h"

TestSuite(masks, .init = scratch_create, .fini = scratch_remove);

enum { COUNT = 5, COLUMNS = 3, SIDE = 7, PIXELS = SIDE * SIDE };

static const char *const names[COUNT] = {"cat_1", "cat_2", "dog \"x\"", "dog_4", "d\xC3\xB6g"};
static const char *const classes[] = {"pet", "background", "border"};

static uint8_t photo[COUNT][3 * PIXELS], truth[COUNT][PIXELS], label[COUNT][PIXELS], sure[COUNT][PIXELS];
static const uint8_t *photos[COUNT], *truths[COUNT], *labels[COUNT], *sures[COUNT];

/* Pixels that all differ somewhere: `salt` gives another epoch, or another run. */
static sw_mask_images make_images(unsigned salt)
{
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned p = 0; p < PIXELS; p++) {
            for (unsigned c = 0; c < 3; c++) photo[i][3 * p + c] = (uint8_t)(31 * i + 7 * p + 101 * c);
            truth[i][p] = (uint8_t)((i + p) % 3);
            label[i][p] = (uint8_t)((i * p + p + salt) % 3);
            sure[i][p] = (uint8_t)(85 + (13 * i + p + salt) % 171);
        }
        photos[i] = photo[i];
        truths[i] = truth[i];
        labels[i] = label[i];
        sures[i] = sure[i];
    }
    return (sw_mask_images){.count = COUNT,
                            .columns = COLUMNS,
                            .size = {SIDE, SIDE},
                            .classes = epoch_row_classes(classes, 3),
                            .names = names,
                            .inputs = photos,
                            .truths = truths};
}

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* Epochs 0, 1 and 100 of a run. */
static const char *make_run(const char *name)
{
    char config[64];
    snprintf(config, sizeof config, "%s/config.yaml", name);
    scratch_write(config, "seed: 1\n");
    const char *run = scratch_path(name);
    for (int epoch = 0; epoch <= 100; epoch += epoch ? 99 : 1) {
        sw_mask_images images = make_images((unsigned)epoch);
        if (epoch == 0) must(sw_masks_begin(run, &images));
        must(sw_masks_add(run, &images, epoch, labels, sures));
    }
    return run;
}

Test(masks, what_was_written_is_read_bit_for_bit)
{
    const char *run = make_run("run");
    sw_masks store;
    must(sw_masks_open(&store, run));
    cr_assert_eq(store.images.count, COUNT);
    cr_expect_eq(store.images.columns, COLUMNS);
    cr_expect(sw_size_same(store.images.size, sw_size_square(SIDE)));
    cr_assert_eq(store.images.classes.count, 3);
    for (int i = 0; i < COUNT; i++) {
        cr_expect_str_eq(store.images.names[i], names[i]);
        cr_expect_arr_eq(store.images.inputs[i], photo[i], 3 * PIXELS);
        cr_expect_arr_eq(store.images.truths[i], truth[i], PIXELS);
    }
    for (int c = 0; c < 3; c++) cr_expect_str_eq(store.images.classes.list[c].name, classes[c]);
    cr_assert_eq(store.epoch_count, 3);
    const int epochs[] = {0, 1, 100};
    cr_expect_arr_eq(store.epochs, epochs, sizeof epochs);
    for (int e = 0; e < 3; e++) {
        uint8_t found[COUNT * PIXELS], certain[COUNT * PIXELS];
        make_images((unsigned)epochs[e]);
        must(sw_masks_read(&store, epochs[e], found, certain));
        cr_expect_arr_eq(found, label, sizeof label);
        cr_expect_arr_eq(certain, sure, sizeof sure);
        must(sw_masks_read(&store, epochs[e], NULL, NULL));
    }
    sw_masks_deinit(&store);
}

Test(masks, images_that_are_no_squares_are_read_bit_for_bit)
{
    scratch_write("tall/config.yaml", "seed: 1\n");
    sw_mask_images images = make_images(1);
    images.size = (sw_size){.height = PIXELS, .width = 1};
    must(sw_masks_begin(scratch_path("tall"), &images));
    must(sw_masks_add(scratch_path("tall"), &images, 1, labels, sures));
    sw_masks store;
    uint8_t found[COUNT * PIXELS], certain[COUNT * PIXELS];
    must(sw_masks_open(&store, scratch_path("tall")));
    cr_expect(sw_size_same(store.images.size, images.size));
    must(sw_masks_read(&store, 1, found, certain));
    for (int i = 0; i < COUNT; i++) cr_expect_arr_eq(store.images.inputs[i], photo[i], 3 * PIXELS);
    cr_expect_arr_eq(found, label, sizeof label);
    cr_expect_arr_eq(certain, sure, sizeof sure);
    sw_masks_deinit(&store);
}

Test(masks, a_viewer_shows_class_maps_in_the_colours_of_the_classes)
{
    make_run("run");
    sw_image shown, stored;
    const char *path = scratch_path("run/masks/epoch_01.png");
    must(sw_image_read_mask(&stored, path));
    must(sw_image_read_rgb(&shown, path));
    cr_assert_eq(shown.width, COLUMNS * SIDE);
    cr_assert_eq(shown.height, 2 * SIDE);
    for (int i = 0; i < shown.width * shown.height; i++) {
        const uint8_t *rgb = shown.pixels + 3 * i;
        cr_assert_eq((uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2],
                     sw_class_default_rgb(stored.pixels[i]));
    }
    sw_image_deinit(&shown);
    sw_image_deinit(&stored);
}

Test(masks, writing_again_gives_the_same_bytes)
{
    static const char *const files[] = {"images.json", "inputs.png", "truth.png", "epoch_01.png",
                                        "epoch_01_confidence.png"};
    char before[64], after[64];
    make_run("a");
    make_run("b");
    make_run("b");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *x, *y;
        size_t x_length, y_length;
        snprintf(before, sizeof before, "a/masks/%s", files[i]);
        snprintf(after, sizeof after, "b/masks/%s", files[i]);
        must(sw_fs_read(&x, &x_length, scratch_path(before), 1 << 20));
        must(sw_fs_read(&y, &y_length, scratch_path(after), 1 << 20));
        cr_assert_eq(x_length, y_length, "%s", files[i]);
        cr_expect_arr_eq(x, y, x_length, "%s", files[i]);
        free(x);
        free(y);
    }
}

Test(masks, a_run_with_fewer_images_than_columns_has_no_empty_ones)
{
    scratch_write("run/config.yaml", "seed: 1\n");
    const char *run = scratch_path("run");
    sw_mask_images images = make_images(0);
    images.count = 2;
    images.columns = 64;
    must(sw_masks_begin(run, &images));
    sw_image sheet;
    must(sw_image_read_mask(&sheet, scratch_path("run/masks/truth.png")));
    cr_expect_eq(sheet.width, 2 * SIDE);
    sw_image_deinit(&sheet);
    sw_masks store;
    must(sw_masks_open(&store, run));
    cr_expect_eq(store.epoch_count, 0);
    cr_expect_arr_eq(store.images.truths[1], truth[1], PIXELS);
    sw_masks_deinit(&store);
}

Test(masks, rewinding_removes_later_epochs_and_halves_of_them)
{
    const char *run = make_run("run");
    cr_assert_eq(unlink(scratch_path("run/masks/epoch_100.png")), 0); /* as a killed process leaves it */
    must(sw_masks_rewind(run, 0));
    cr_expect(sw_fs_exists(scratch_path("run/masks/epoch_00.png")));
    cr_expect(sw_fs_exists(scratch_path("run/masks/epoch_00_confidence.png")));
    cr_expect_not(sw_fs_exists(scratch_path("run/masks/epoch_01.png")));
    cr_expect_not(sw_fs_exists(scratch_path("run/masks/epoch_01_confidence.png")));
    cr_expect_not(sw_fs_exists(scratch_path("run/masks/epoch_100_confidence.png")));
    cr_expect(sw_fs_exists(scratch_path("run/masks/inputs.png")));
    must(sw_masks_rewind(scratch_path("nothing"), 0));
}

Test(masks, an_epoch_counts_once_its_class_map_is_there_and_strangers_do_not)
{
    const char *run = make_run("run");
    unlink(scratch_path("run/masks/epoch_100.png"));
    for (const char *const *stranger =
             (const char *const[]){"epoch_7.png", "epoch_007.png", "epoch_-1.png", "epoch_02.png.partial",
                                   "epoch_02.png~", "epoch_9999999999.png", "epoch_.png", NULL};
         *stranger; stranger++) {
        char path[64];
        snprintf(path, sizeof path, "run/masks/%s", *stranger);
        scratch_write(path, "no picture");
    }
    sw_masks store;
    must(sw_masks_open(&store, run));
    cr_assert_eq(store.epoch_count, 2);
    cr_expect_eq(store.epochs[1], 1);
    sw_masks_deinit(&store);
}

/* ---- damage ---- */

static void expect_refused(sw_status kind, const char *words)
{
    sw_masks store;
    uint8_t found[COUNT * PIXELS], certain[COUNT * PIXELS];
    sw_status status = sw_masks_open(&store, scratch_path("run"));
    if (status == SW_OK) {
        status = sw_masks_read(&store, 1, found, certain);
        sw_masks_deinit(&store);
    }
    cr_expect_eq(status, kind, "%s: status %d, %s", words, (int)status, sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), words), "'%s' lacks '%s'", sw_error_message(), words);
}

static void tear(const char *name)
{
    char *bytes;
    size_t length;
    const char *path = scratch_path(name);
    must(sw_fs_read(&bytes, &length, path, 1 << 20));
    must(sw_fs_write(path, bytes, length / 2));
    free(bytes);
}

static void write_picture(const char *name, int width, int height, uint8_t value)
{
    sw_image image;
    must(sw_image_init(&image, width, height, 1));
    memset(image.pixels, value, (size_t)width * (size_t)height);
    must(sw_image_write_png(scratch_path(name), &image));
    sw_image_deinit(&image);
}

Test(masks, a_missing_or_torn_file_is_named)
{
    static const struct {
        const char *file;
        sw_status missing;
    } files[] = {{"run/masks/images.json", SW_E_USAGE},
                 {"run/masks/inputs.png", SW_E_IO},
                 {"run/masks/truth.png", SW_E_IO},
                 {"run/masks/epoch_01.png", SW_E_IO},
                 {"run/masks/epoch_01_confidence.png", SW_E_IO}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_run("run");
        tear(files[i].file);
        expect_refused(SW_E_DATA, files[i].file);
        must(sw_fs_write(scratch_path(files[i].file), "", 0));
        expect_refused(SW_E_DATA, files[i].file);
        unlink(scratch_path(files[i].file));
        expect_refused(files[i].missing, files[i].file);
    }
}

Test(masks, a_sheet_of_another_size_or_with_a_pixel_that_is_no_class_is_refused)
{
    make_run("run");
    write_picture("run/masks/epoch_01.png", COLUMNS * SIDE, SIDE, 0);
    expect_refused(SW_E_DATA, "21 x 7 pixels, but 5 images of 7 x 7 in 3 columns are 21 x 14");
    write_picture("run/masks/epoch_01.png", COLUMNS * SIDE, 2 * SIDE, 3);
    expect_refused(SW_E_DATA, "a pixel of cat_1 is 3, and the 3 classes are 0 to 2");
    make_run("run");
    write_picture("run/masks/epoch_01_confidence.png", 1, 1, 0);
    expect_refused(SW_E_DATA, "epoch_01_confidence.png: 1 x 1 pixels");
    make_run("run");
    write_picture("run/masks/inputs.png", SIDE, SIDE, 0);
    expect_refused(SW_E_DATA, "inputs.png: 7 x 7 pixels");
}

Test(masks, an_index_that_segwork_did_not_write_is_refused)
{
    static const struct {
        const char *json, *words;
    } cases[] = {
        {"[]", "not the list of a run's grid images"},
        {"{\"format\": 2}", "format 2, and this segwork knows 1"},
        {"{\"format\": 1, \"size\": 0}", "\"size\" is neither a whole number in 1 to 20000 nor [height"},
        {"{\"format\": 1, \"size\": 7.5}", "\"size\" is neither a whole number"},
        {"{\"format\": 1, \"size\": [7]}", "\"size\" is neither a whole number"},
        {"{\"format\": 1, \"size\": [7, 20001]}", "\"size\" is neither a whole number"},
        {"{\"format\": 1, \"size\": 7, \"columns\": -1}", "\"columns\" is no whole number"},
        {"{\"format\": 1, \"size\": 7, \"columns\": 3}", "\"classes\" is no list"},
        {"{\"format\": 1, \"size\": 7, \"columns\": 3, \"classes\": [\"a\", 1]}",
         "\"classes\" is no list of 1 to 255 names of classes"},
        {"{\"format\": 1, \"size\": 7, \"columns\": 3, \"classes\": [\"a\"], \"images\": []}",
         "\"images\" is no list"},
        {"{\"format\": 1, \"size\": 20000, \"columns\": 3, \"classes\": [\"a\"], \"images\": [\"x\", \"y\"]}",
         "make no picture that segwork wrote"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_run("run");
        scratch_write("run/masks/images.json", cases[i].json);
        expect_refused(SW_E_DATA, cases[i].words);
    }
}

Test(masks, what_is_no_run_says_so)
{
    sw_masks store;
    cr_expect_eq(sw_masks_open(&store, scratch_path("nowhere")), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "there is no such run folder"));
    scratch_write("other/file", "");
    cr_expect_eq(sw_masks_open(&store, scratch_path("other")), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "it has no config.yaml"));
    scratch_write("old/config.yaml", "seed: 1\n");
    cr_expect_eq(sw_masks_open(&store, scratch_path("old")), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "an earlier version of segwork"));
}

Test(masks, a_sheet_too_large_for_a_picture_is_refused_before_anything_is_trained)
{
    sw_mask_images images = make_images(0);
    images.size = sw_size_square(5000);
    images.columns = 5;
    cr_expect_eq(sw_masks_begin(scratch_path("run"), &images), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), " px a side or 100 million in all"), "%s",
                       sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "grid.columns"));
}

/* ---- comparing ---- */

Test(masks, runs_are_comparable_when_they_show_the_same_images)
{
    sw_masks a, b;
    make_run("a");
    make_run("b");
    must(sw_masks_open(&a, scratch_path("a")));
    must(sw_masks_open(&b, scratch_path("b")));
    must(sw_masks_check_same(&a, &b));
    b.images.columns = 2; /* how they are arranged is no difference */
    must(sw_masks_check_same(&a, &b));
    b.input_pixels[17] ^= 1;
    cr_expect_eq(sw_masks_check_same(&a, &b), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "that differ"));
    b.input_pixels[17] ^= 1;
    b.truth_pixels[3] ^= 1;
    cr_expect_eq(sw_masks_check_same(&a, &b), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "true masks"));
    b.truth_pixels[3] ^= 1;
    b.names[4][0] = 'x';
    cr_expect_eq(sw_masks_check_same(&a, &b), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "show different images"));
    cr_expect_not_null(strstr(sw_error_message(), a.run));
    sw_masks_deinit(&a);
    sw_masks_deinit(&b);
}
