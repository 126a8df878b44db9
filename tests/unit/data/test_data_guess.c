/* A description guessed from a folder: layouts, splits, values, classes. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/fs.h"
#include "data/guess.h"
#include "mask_files.h"
#include "scratch.h"

TestSuite(data_guess, .init = scratch_create, .fini = scratch_remove);

enum { WIDTH = 12, HEIGHT = 8, PIXELS = WIDTH * HEIGHT };

/* Stripes of these values. */
static const uint8_t *stripes(const uint8_t *values, int count)
{
    static uint8_t mask[PIXELS];
    for (int i = 0; i < PIXELS; i++) mask[i] = values[i % WIDTH * count / WIDTH];
    return mask;
}
#define STRIPES(...) stripes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Pictures FOLDER/0..count-1 with this ending. */
static void write_pictures(const char *folder, int count, const char *ending)
{
    for (int i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/p%d%s", folder, i, ending);
        write_picture(name, WIDTH, HEIGHT, (unsigned)i);
    }
}

static void write_masks(const char *folder, int count, const char *ending, const uint8_t *values)
{
    for (int i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/p%d%s.png", folder, i, ending);
        write_gray_mask(name, WIDTH, HEIGHT, values);
    }
}

static sw_guess guessed(const char *folder)
{
    sw_guess guess;
    cr_assert_eq(sw_guess_files(&guess, scratch_path(folder), 2), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_guess_masks(&guess, 2, 0), SW_OK, "%s", sw_error_message());
    return guess;
}

static void expect_folders(const sw_guess *guess, sw_split split, const char *images, const char *masks,
                           int pictures)
{
    const sw_split_folders *folders = &guess->data.folders[split];
    cr_assert_not_null(folders->images, "split %d", split);
    cr_expect_str_eq(folders->images, images);
    cr_expect_str_eq(folders->masks, masks);
    cr_expect_eq(guess->splits[split].pictures, pictures, "%d", guess->splits[split].pictures);
}

static void expect_class(const sw_guess *guess, int c, const char *name, unsigned code)
{
    const sw_class_list *list = guess->data.classes;
    cr_assert_not_null(list);
    cr_assert_lt(c, list->classes.count);
    cr_expect_str_eq(list->classes.list[c].name, name);
    cr_expect_eq(list->values[c].code, code);
    cr_expect_eq(list->values[c].label, c);
}

static void expect_ignored(const sw_guess *guess, int count, unsigned first)
{
    cr_assert_not_null(guess->data.ignore);
    cr_expect_eq(guess->data.ignore->count, count);
    cr_expect_eq(guess->data.ignore->codes[0], first);
}

static void expect_failure(const char *folder, sw_status status, const char *words)
{
    sw_guess guess;
    sw_status got = sw_guess_files(&guess, scratch_path(folder), 2);
    if (got == SW_OK) {
        got = sw_guess_masks(&guess, 2, 0);
        sw_guess_deinit(&guess);
    }
    cr_expect_eq(got, status, "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), words), "no '%s' in: %s", words, sw_error_message());
}

/* ---- layouts ---- */

Test(data_guess, folders_called_after_splits_are_paired_as_in_camvid)
{
    static const struct {
        const char *images, *masks;
        int count;
    } sets[] = {
        {"cam/train", "cam/trainannot", 7}, {"cam/val", "cam/valannot", 3}, {"cam/test", "cam/testannot", 4}};
    for (int s = 0; s < SW_SPLITS; s++) {
        write_pictures(sets[s].images, sets[s].count, s ? ".jpg" : ".png");
        write_masks(sets[s].masks, sets[s].count, "", STRIPES(0, 1, 2, 11));
    }
    sw_guess guess = guessed("cam");
    cr_expect_eq(guess.data.layout, SW_LAYOUT_FOLDERS);
    expect_folders(&guess, SW_SPLIT_TRAIN, "train", "trainannot", 7);
    expect_folders(&guess, SW_SPLIT_VAL, "val", "valannot", 3);
    expect_folders(&guess, SW_SPLIT_TEST, "test", "testannot", 4);
    cr_expect_eq(guess.masks_read, 14);
    cr_expect_eq(guess.value_count, 4);
    cr_expect_eq(guess.values[3].images, 14);
    cr_expect_eq(guess.values[3].pixels, 14 * PIXELS / 4);
    expect_class(&guess, 3, "class_11", 11);
    cr_expect_null(guess.data.ignore);
    cr_expect(guess.one_size);
    cr_expect(sw_size_same(guess.data.size, (sw_size){HEIGHT, WIDTH}));
    cr_expect_eq(guess.data.fit, SW_FIT_STRETCH);
    cr_expect_eq(guess.remark_count, 0);
    sw_guess_deinit(&guess);
}

Test(data_guess, one_pair_of_folders_is_trained_on_and_a_share_of_it_validates)
{
    write_pictures("d/img", 20, ".JPG");
    write_masks("d/gt", 20, "_mask", STRIPES(0, 255));
    sw_guess guess = guessed("d");
    expect_folders(&guess, SW_SPLIT_TRAIN, "img", "gt", guess.splits[SW_SPLIT_TRAIN].pictures);
    cr_expect_gt(guess.splits[SW_SPLIT_VAL].pictures, 0);
    cr_expect_eq(guess.splits[SW_SPLIT_TRAIN].pictures + guess.splits[SW_SPLIT_VAL].pictures, 20);
    cr_expect_gt(guess.data.val_share, 0.09f);
    expect_class(&guess, 0, "background", 0);
    expect_class(&guess, 1, "object", 255);
    sw_guess_deinit(&guess);
}

Test(data_guess, splits_inside_or_outside_and_folders_that_belong_together_are_one)
{
    write_pictures("a/images/train", 5, ".jpg");
    write_masks("a/masks/train", 5, "", STRIPES(0, 1));
    write_pictures("a/images/val", 2, ".jpg");
    write_masks("a/masks/val", 2, "", STRIPES(0, 1));
    sw_guess guess = guessed("a");
    expect_folders(&guess, SW_SPLIT_TRAIN, "images/train", "masks/train", 5);
    expect_folders(&guess, SW_SPLIT_VAL, "images/val", "masks/val", 2);
    sw_guess_deinit(&guess);

    static const char *const cities[] = {"ulm", "bonn", "koeln"};
    for (int c = 0; c < 3; c++) {
        char images[80], masks[80];
        snprintf(images, sizeof images, "b/leftImg8bit/%s/%s", c < 2 ? "train" : "val", cities[c]);
        snprintf(masks, sizeof masks, "b/gtFine/%s/%s", c < 2 ? "train" : "val", cities[c]);
        write_pictures(images, 4, "_leftImg8bit.png");
        write_masks(masks, 4, "_gtFine_labelIds", STRIPES(0, 7, 8));
        write_masks(masks, 4, "_gtFine_instanceIds", STRIPES(0, 7, 8));
    }
    guess = guessed("b");
    expect_folders(&guess, SW_SPLIT_TRAIN, "leftImg8bit/train", "gtFine/train", 8);
    expect_folders(&guess, SW_SPLIT_VAL, "leftImg8bit/val/koeln", "gtFine/val/koeln", 4);
    sw_guess_deinit(&guess);
}

Test(data_guess, one_folder_may_hold_both_and_masks_may_lie_below_the_pictures)
{
    write_pictures("both", 6, ".jpg");
    write_masks("both", 6, "", STRIPES(0, 1));
    sw_guess guess = guessed("both");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].images, ".");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].masks, ".");
    cr_expect_eq(guess.masks, 6);
    sw_guess_deinit(&guess);

    write_pictures("png/x", 6, ".png");
    write_masks("png/x", 6, "_seg", STRIPES(0, 1));
    guess = guessed("png");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].images, "x");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].masks, "x");
    cr_expect_eq(guess.masks, 6);
    sw_guess_deinit(&guess);

    write_pictures("below", 6, ".png");
    write_masks("below/labels", 6, "", STRIPES(0, 1));
    guess = guessed("below");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].images, ".");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].masks, "labels");
    cr_expect_eq(guess.masks, 6);
    cr_expect_eq(guess.splits[SW_SPLIT_TRAIN].without_mask, 0);
    sw_guess_deinit(&guess);
}

Test(data_guess, an_unknown_ending_of_masks_is_found_and_written_down)
{
    write_pictures("d/pictures", 12, ".png");
    write_masks("d/ours", 12, "-cells", STRIPES(0, 1));
    sw_guess guess = guessed("d");
    cr_expect_str_eq(guess.data.mask_suffix, "-cells");
    cr_expect_eq(guess.masks, 12);
    sw_guess_deinit(&guess);

    write_pictures("one", 12, ".png");
    write_masks("one", 12, "-cells", STRIPES(0, 1));
    guess = guessed("one");
    cr_expect_str_eq(guess.data.mask_suffix, "-cells");
    cr_expect_eq(guess.masks, 12);
    sw_guess_deinit(&guess);
}

Test(data_guess, the_best_folder_of_masks_is_taken_and_others_are_told)
{
    static uint32_t colours[PIXELS];
    for (int i = 0; i < PIXELS; i++) colours[i] = i % WIDTH < 6 ? 0x804080 : 0x00FF00;
    write_pictures("d/images", 5, ".png");
    write_masks("d/masks", 5, "", STRIPES(0, 1));
    for (int i = 0; i < 5; i++) {
        char name[40];
        snprintf(name, sizeof name, "d/coloured/p%d.png", i);
        write_colour_mask(name, WIDTH, HEIGHT, colours);
    }
    write_pictures("d/new", 3, ".jpg");
    sw_guess guess = guessed("d");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].images, "images");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].masks, "masks");
    cr_assert_eq(guess.remark_count, 1);
    cr_expect_not_null(strstr(guess.remarks[0], "coloured (5 files)"), "%s", guess.remarks[0]);
    sw_guess_deinit(&guess);
}

Test(data_guess, lists_are_used_where_folders_do_not_say_the_splits)
{
    write_pictures("d/images", 10, ".jpg");
    write_masks("d/masks", 10, "", STRIPES(0, 1));
    scratch_write("d/train.txt", "p0\np1\np2\np3\np4\np5\n");
    scratch_write("d/sets/val.txt", "p6\np7\n");
    scratch_write("d/readme.txt", "hello\n");
    sw_guess guess = guessed("d");
    cr_expect_eq(guess.data.layout, SW_LAYOUT_LISTS);
    cr_expect_str_eq(guess.data.split[SW_SPLIT_TRAIN], "train.txt");
    cr_expect_str_eq(guess.data.split[SW_SPLIT_VAL], "sets/val.txt");
    cr_expect_str_eq(guess.data.folders[SW_SPLIT_TRAIN].masks, "masks");
    cr_expect_eq(guess.splits[SW_SPLIT_TRAIN].pictures, 6);
    cr_expect_eq(guess.splits[SW_SPLIT_VAL].pictures, 2);
    sw_guess_deinit(&guess);

    /* names that have nothing in common: only the list knows */
    write_picture("e/a/one.jpg", WIDTH, HEIGHT, 1);
    write_picture("e/a/two.jpg", WIDTH, HEIGHT, 2);
    write_gray_mask("e/b/x.png", WIDTH, HEIGHT, STRIPES(0, 1));
    write_gray_mask("e/b/y.png", WIDTH, HEIGHT, STRIPES(0, 1));
    scratch_write("e/train.csv", "image,mask\na/one.jpg,b/x.png\na/two.jpg,b/y.png\n");
    guess = guessed("e");
    cr_expect_eq(guess.data.layout, SW_LAYOUT_LISTS);
    cr_expect_str_eq(guess.data.split[SW_SPLIT_TRAIN], "train.csv");
    cr_expect_eq(guess.splits[SW_SPLIT_TRAIN].pictures + guess.splits[SW_SPLIT_VAL].pictures, 2);
    sw_guess_deinit(&guess);

    /* a list of other things */
    scratch_write("d/train.txt", "p0 1 2 3\n");
    guess = guessed("d");
    cr_expect_eq(guess.data.layout, SW_LAYOUT_FOLDERS);
    sw_guess_deinit(&guess);
}

Test(data_guess, voc_and_pets_are_recognised_also_below_the_folder)
{
    static const uint32_t palette[] = {0x000000, 0x800000, 0x008000};
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "v/VOC2012/SegmentationClass/p%d.png", i);
        write_palette_mask(name, WIDTH, HEIGHT, STRIPES(0, 1, 2, 0), palette, 3);
    }
    write_pictures("v/VOC2012/JPEGImages", 6, ".jpg");
    scratch_write("v/VOC2012/ImageSets/Segmentation/train.txt", "p0\np1\n");
    scratch_write("v/VOC2012/ImageSets/Segmentation/val.txt", "p2\np3\n");
    scratch_write("v/VOC2012/ImageSets/Segmentation/test.txt", "p4\np5\n");
    sw_guess guess = guessed("v");
    cr_expect_eq(guess.data.layout, SW_LAYOUT_VOC);
    cr_expect_str_eq(guess.data.root, scratch_path("v/VOC2012"));
    cr_expect_eq(guess.data.masks, SW_MASKS_PALETTE);
    expect_class(&guess, 0, "background", 0);
    expect_class(&guess, 2, "class_2", 2);
    cr_expect_eq(guess.data.classes->classes.list[1].rgb, 0x800000);
    expect_ignored(&guess, 1, 255);
    cr_expect_eq(guess.splits[SW_SPLIT_TEST].pictures, 0, "its images have no masks");
    cr_expect_eq(guess.remark_count, 1);
    sw_guess_deinit(&guess);

    write_pictures("pets/images", 3, ".jpg");
    write_masks("pets/annotations/trimaps", 3, "", STRIPES(1, 2, 3));
    scratch_write("pets/annotations/trainval.txt", "p0 1 1 1\np1 1 1 1\n");
    scratch_write("pets/annotations/test.txt", "p2 1 1 1\n");
    guess = guessed("pets/");
    cr_expect_eq(guess.data.layout, SW_LAYOUT_PETS);
    cr_expect_null(guess.data.classes);
    cr_expect_eq(guess.values[1].label, 1);
    sw_guess_deinit(&guess);
}

/* ---- values ---- */

/* The guess of two pictures with one mask in a folder of its own. */
static sw_guess guess_of_mask(const char *folder, const uint8_t *values)
{
    char images[80], masks[80];
    snprintf(images, sizeof images, "%s/images", folder);
    snprintf(masks, sizeof masks, "%s/masks", folder);
    write_pictures(images, 2, ".jpg");
    write_masks(masks, 2, "", values);
    return guessed(folder);
}

Test(data_guess, value_255_is_ignored_beside_others_unless_it_is_the_last_of_even_levels)
{
    sw_guess guess = guess_of_mask("a", STRIPES(0, 1, 255));
    cr_expect_eq(guess.data.classes->classes.count, 2);
    expect_class(&guess, 0, "background", 0);
    expect_class(&guess, 1, "object", 1);
    expect_ignored(&guess, 1, 255);
    sw_guess_deinit(&guess);
    guess = guess_of_mask("b", STRIPES(0, 128, 255));
    cr_expect_eq(guess.data.classes->classes.count, 3);
    cr_expect_null(guess.data.ignore);
    sw_guess_deinit(&guess);
    guess = guess_of_mask("c", STRIPES(1, 4, 9, 255));
    cr_expect_eq(guess.data.classes->classes.count, 3);
    expect_class(&guess, 1, "class_4", 4);
    sw_guess_deinit(&guess);
}

Test(data_guess, smoothed_edges_are_recognised_and_ignored)
{
    enum { SIDE = 200 };
    static uint8_t mask[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) mask[i] = i % SIDE < 80 ? 255 : 0;
    for (int i = 0; i < 40; i++) mask[i * SIDE + 80] = (uint8_t)(20 + 5 * i);
    write_picture("d/images/p.jpg", SIDE, SIDE, 0);
    write_picture("d/images/q.jpg", SIDE, SIDE, 1);
    write_gray_mask("d/masks/p.png", SIDE, SIDE, mask);
    write_gray_mask("d/masks/q.png", SIDE, SIDE, mask);
    sw_guess guess = guessed("d");
    cr_expect_eq(guess.value_count, 42);
    cr_expect_eq(guess.data.classes->classes.count, 2);
    expect_class(&guess, 1, "object", 255);
    expect_ignored(&guess, 40, 20);
    cr_expect(guess.values[1].is_edge);
    sw_guess_deinit(&guess);
}

Test(data_guess, colours_are_classes_and_palettes_that_disagree_are_read_as_colours)
{
    static uint32_t colours[PIXELS];
    for (int i = 0; i < PIXELS; i++) colours[i] = i % WIDTH < 4 ? 0x804080 : i % WIDTH < 8 ? 0 : 0x00FF00;
    write_pictures("a/images", 2, ".jpg");
    write_colour_mask("a/masks/p0.png", WIDTH, HEIGHT, colours);
    write_colour_mask("a/masks/p1.png", WIDTH, HEIGHT, colours);
    sw_guess guess = guessed("a");
    cr_expect_eq(guess.data.masks, SW_MASKS_COLOUR);
    expect_class(&guess, 0, "class_0", SW_MASK_IS_COLOUR);
    expect_class(&guess, 1, "class_1", SW_MASK_IS_COLOUR | 0x00FF00);
    expect_class(&guess, 2, "class_2", SW_MASK_IS_COLOUR | 0x804080);
    sw_guess_deinit(&guess);

    static const uint32_t one[] = {0x000000, 0x800000}, other[] = {0x800000, 0x000000};
    write_pictures("b/images", 2, ".jpg");
    write_palette_mask("b/masks/p0.png", WIDTH, HEIGHT, STRIPES(0, 1), one, 2);
    write_palette_mask("b/masks/p1.png", WIDTH, HEIGHT, STRIPES(0, 1), other, 2);
    guess = guessed("b");
    cr_expect_eq(guess.data.masks, SW_MASKS_COLOUR);
    expect_class(&guess, 0, "background", SW_MASK_IS_COLOUR);
    expect_class(&guess, 1, "object", SW_MASK_IS_COLOUR | 0x800000);
    sw_guess_deinit(&guess);

    /* grey levels in a palette beside files of grey levels */
    static const uint32_t levels[] = {0x000000, 0xFFFFFF};
    write_pictures("c/images", 2, ".jpg");
    write_palette_mask("c/masks/p0.png", WIDTH, HEIGHT, STRIPES(0, 1), levels, 2);
    write_gray_mask("c/masks/p1.png", WIDTH, HEIGHT, STRIPES(0, 255));
    guess = guessed("c");
    cr_expect_eq(guess.data.masks, SW_MASKS_INDEX);
    expect_class(&guess, 1, "object", 255);
    sw_guess_deinit(&guess);
}

Test(data_guess, sizes_that_differ_suggest_one_size_and_padding)
{
    static uint8_t halves[900 * 600];
    for (size_t i = 0; i < sizeof halves; i++) halves[i] = i > sizeof halves / 2;
    static const struct {
        int width, height;
    } sizes[] = {{900, 600}, {600, 900}, {900, 600}};
    for (int i = 0; i < 3; i++) {
        char image[40], label[40];
        snprintf(image, sizeof image, "d/images/p%d.jpg", i);
        snprintf(label, sizeof label, "d/masks/p%d.png", i);
        write_picture(image, sizes[i].width, sizes[i].height, (unsigned)i);
        write_gray_mask(label, sizes[i].width, sizes[i].height, halves);
    }
    sw_guess guess = guessed("d");
    cr_expect_not(guess.one_size);
    cr_expect_eq(guess.width_px.low, 600);
    cr_expect_eq(guess.width_px.median, 900);
    cr_expect_eq(guess.data.fit, SW_FIT_PAD);
    cr_expect(sw_size_same(guess.data.size, (sw_size){512, 512}));
    sw_guess_deinit(&guess);
}

Test(data_guess, of_very_many_pixels_a_sample_of_the_masks_is_read)
{
    sw_guess guess;
    write_pictures("d/images", 60, ".jpg");
    write_masks("d/masks", 60, "", STRIPES(0, 1));
    cr_assert_eq(sw_guess_files(&guess, scratch_path("d"), 2), SW_OK);
    cr_assert_eq(sw_guess_masks(&guess, 2, 30 * PIXELS), SW_OK, "%s", sw_error_message());
    cr_expect_eq(guess.masks, 60);
    cr_expect_geq(guess.masks_read, 25);
    cr_expect_leq(guess.masks_read, 30);
    sw_guess_deinit(&guess);
}

/* ---- what is wrong ---- */

Test(data_guess, what_cannot_be_described_is_refused_with_the_reason)
{
    expect_failure("nowhere", SW_E_CONFIG, "no such folder");
    scratch_write("file", "x");
    expect_failure("file", SW_E_CONFIG, "a file; expected the folder");
    scratch_write("empty/notes.txt", "x");
    expect_failure("empty", SW_E_DATA, "no picture in it");
    write_pictures("jpegs/images", 3, ".jpg");
    write_pictures("jpegs/masks", 3, ".jpg");
    expect_failure("jpegs", SW_E_DATA, "masks (3, such as p0.jpg: JPEG)");
    write_pictures("strangers/images", 3, ".jpg");
    write_gray_mask("strangers/masks/x.png", WIDTH, HEIGHT, STRIPES(0, 1));
    expect_failure("strangers", SW_E_DATA, "masks (1, such as x.png: like masks)");
    write_pictures("one/images", 3, ".jpg");
    write_masks("one/masks", 3, "", STRIPES(7));
    expect_failure("one", SW_E_DATA, "one value only, 7");
    write_pictures("bare/JPEGImages", 3, ".jpg");
    write_masks("bare/SegmentationClass", 3, "", STRIPES(0, 1));
    scratch_write("bare/ImageSets/Segmentation/train.txt", "q0\nq1\nq2\n");
    scratch_write("bare/ImageSets/Segmentation/val.txt", "q3\n");
    expect_failure("bare", SW_E_DATA, "none of the listed pictures has a mask");
    write_pictures("some/images", 3, ".jpg");
    write_masks("some/masks", 3, "", STRIPES(0, 1));
    scratch_write("some/masks/p1.png", "no PNG");
    sw_guess guess = guessed("some");
    cr_assert_eq(guess.remark_count, 1);
    cr_expect_not_null(strstr(guess.remarks[0], "1 of 3 masks cannot be read"), "%s", guess.remarks[0]);
    sw_guess_deinit(&guess);
}

Test(data_guess, masks_of_very_many_colours_are_no_masks)
{
    enum { SIDE = 120 };
    static uint32_t smooth[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        smooth[i] = i % SIDE < 100 ? 0x204060 : (uint32_t)(i * 7919) & 0xFFFFFF;
    for (int i = 0; i < 2; i++) {
        char image[40], mask[40];
        snprintf(image, sizeof image, "d/images/p%d.jpg", i);
        snprintf(mask, sizeof mask, "d/masks/p%d.png", i);
        write_picture(image, SIDE, SIDE, (unsigned)i);
        write_colour_mask(mask, SIDE, SIDE, smooth);
    }
    expect_failure("d", SW_E_DATA, "these are no masks of classes: they have 2401 colours");
}

Test(data_guess, a_mask_of_another_size_than_its_picture_is_told)
{
    write_pictures("d/images", 3, ".jpg");
    write_masks("d/masks", 3, "", STRIPES(0, 1));
    write_picture("d/images/p2.jpg", WIDTH, HEIGHT + 1, 0);
    sw_guess guess = guessed("d");
    cr_assert_eq(guess.remark_count, 1);
    cr_expect_not_null(strstr(guess.remarks[0], "p2.jpg (12 x 9)"), "%s", guess.remarks[0]);
    sw_guess_deinit(&guess);
}
