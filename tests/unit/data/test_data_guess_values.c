/* A description guessed from a folder: values, colours, sizes, and what cannot be described. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "guess_case.h"
#include "mask_files.h"
#include "scratch.h"

TestSuite(data_guess_values, .init = scratch_create, .fini = scratch_remove);

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

Test(data_guess_values, value_255_is_ignored_beside_others_unless_it_is_the_last_of_even_levels)
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

Test(data_guess_values, smoothed_edges_are_recognised_and_ignored)
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

Test(data_guess_values, colours_are_classes_and_palettes_that_disagree_are_read_as_colours)
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

Test(data_guess_values, sizes_that_differ_suggest_one_size_and_padding)
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

Test(data_guess_values, of_very_many_pixels_a_sample_of_the_masks_is_read)
{
    sw_guess guess;
    write_pictures("d/images", 60, ".jpg");
    write_masks("d/masks", 60, "", STRIPES(0, 1));
    cr_assert_eq(sw_guess_files(&guess, scratch_path("d"), 2), SW_OK);
    cr_assert_eq(sw_guess_masks(&guess, 2, 30 * PIXELS, NULL), SW_OK, "%s", sw_error_message());
    cr_expect_eq(guess.masks, 60);
    cr_expect_geq(guess.masks_read, 25);
    cr_expect_leq(guess.masks_read, 30);
    sw_guess_deinit(&guess);
}

/* ---- what is wrong ---- */

Test(data_guess_values, what_cannot_be_described_is_refused_with_the_reason)
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

Test(data_guess_values, masks_of_very_many_colours_are_no_masks)
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

Test(data_guess_values, a_mask_of_another_size_than_its_picture_is_told)
{
    write_pictures("d/images", 3, ".jpg");
    write_masks("d/masks", 3, "", STRIPES(0, 1));
    write_picture("d/images/p2.jpg", WIDTH, HEIGHT + 1, 0);
    sw_guess guess = guessed("d");
    cr_assert_eq(guess.remark_count, 1);
    cr_expect_not_null(strstr(guess.remarks[0], "p2.jpg (12 x 9)"), "%s", guess.remarks[0]);
    sw_guess_deinit(&guess);
}
