/* A description guessed from a folder: layouts and splits. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/fs.h"
#include "guess_case.h"
#include "mask_files.h"
#include "scratch.h"

TestSuite(data_guess, .init = scratch_create, .fini = scratch_remove);

static void expect_folders(const sw_guess *guess, sw_split split, const char *images, const char *masks,
                           int pictures)
{
    const sw_split_folders *folders = &guess->data.folders[split];
    cr_assert_not_null(folders->images, "split %d", split);
    cr_expect_str_eq(folders->images, images);
    cr_expect_str_eq(folders->masks, masks);
    cr_expect_eq(guess->splits[split].pictures, pictures, "%d", guess->splits[split].pictures);
}

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
