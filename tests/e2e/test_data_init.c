/* segwork data init on folders of one's own, and what the other commands make of its descriptions. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask_files.h"
#include "program.h"
#include "scratch.h"

TestSuite(data_init, .init = scratch_create, .fini = scratch_remove);

enum { WIDTH = 24, HEIGHT = 18, PIXELS = WIDTH * HEIGHT };

static void expect_words(const char *words)
{
    cr_expect_not_null(strstr(program_output, words), "no '%s' in\n%s", words, program_output);
}

static void expect_text(const char *file, const char *words)
{
    char *text = file_text(file, NULL);
    cr_expect_not_null(strstr(text, words), "no '%s' in\n%s", words, text);
    free(text);
}

/* Column x has the value at x of `count` equal parts. */
static void write_mask(const char *name, const uint8_t *values, int count)
{
    uint8_t mask[PIXELS];
    for (int i = 0; i < PIXELS; i++) mask[i] = values[i % WIDTH * count / WIDTH];
    write_gray_mask(name, WIDTH, HEIGHT, mask);
}

/* Pairs IMAGES/p0.jpg, MASKS/p0ENDING.png and so on. */
static void write_pairs(const char *images, const char *masks, const char *ending, int count,
                        const uint8_t *values, int value_count)
{
    for (int i = 0; i < count; i++) {
        char name[120];
        snprintf(name, sizeof name, "%s/p%d.jpg", images, i);
        write_picture(name, WIDTH, HEIGHT, (unsigned)i);
        snprintf(name, sizeof name, "%s/p%d%s.png", masks, i, ending);
        write_mask(name, values, value_count);
    }
}

static const uint8_t road_values[] = {0, 3, 4, 11, 3, 3};

static void draw_roads(void)
{
    write_pairs("roads/train", "roads/trainannot", "", 6, road_values, 6);
    write_pairs("roads/val", "roads/valannot", "", 3, road_values, 6);
    write_pairs("roads/test", "roads/testannot", "", 2, road_values, 6);
}

Test(data_init, a_folder_becomes_a_description_that_experiments_include)
{
    draw_roads();
    program_expect(0, "Wrote roads.yaml", "segwork data init roads/ --out roads.yaml");
    program_expect_narrow();
    expect_words("layout folders");
    expect_words("valannot");
    expect_words("all 24 wide and 18 high");
    expect_words("class_11  11     0.1667     11");
    expect_words("include: [experiments/segnet_small.yaml, roads.yaml]");
    expect_words("segwork data stats roads.yaml");
    expect_text("roads.yaml", "# Made by: segwork data init roads/ --out roads.yaml\n");
    expect_text("roads.yaml", "test: {images: test, masks: testannot}");
    expect_text("roads.yaml", "# 0.5000 of the pixels, in 11 of 11 masks");
    expect_text("roads.yaml", "size: [18, 24]");

    program_expect(0, "class_11  11     0.1667       6  0.1667       3  0.1667       2",
                   "segwork data stats roads.yaml");
    program_expect_narrow();
    expect_words("no odd file");
    program_expect(0, NULL,
                   "printf 'include: [%%s, roads.yaml]\\nname: mine\\ntrain: {epochs: 2, batch_size: 2, "
                   "save_best: miou}\\n' $SRC/experiments/segnet_small.yaml > mine.yaml");
    program_expect(0, NULL, "segwork check mine.yaml");
    program_expect(0, "seen.png: 2 images", "segwork data browse mine.yaml --out seen.png");
    program_expect(0, "11 picture files", "segwork data stats mine.yaml");

    /* a class is named, another is ignored */
    program_expect(0, NULL,
                   "sed -i 's/class_3,/street,/; /class_11/d; s/ignore: none/ignore: 11/' roads.yaml");
    program_expect(0, "street   3      0.6000", "segwork data stats roads.yaml");
    expect_words("train       6       6   0.1667");
}

Test(data_init, names_that_were_given_are_not_overwritten)
{
    draw_roads();
    scratch_write("roads.yaml", "mine");
    program_expect(2, "roads.yaml is there already", "segwork data init roads --out roads.yaml");
    expect_text("roads.yaml", "mine");
}

Test(data_init, without_a_file_the_description_is_all_that_is_printed)
{
    draw_roads();
    write_picture("roads/new/a.jpg", WIDTH, HEIGHT, 1);
    program_expect(0, "left out", "segwork data init roads > printed.yaml");
    program_expect(0, NULL, "head -1 printed.yaml | grep -x '# Made by: segwork data init roads'");
    program_expect(0, "no odd file", "segwork data stats printed.yaml");
}

Test(data_init, masks_of_0_and_255_colours_and_voc_are_described_so_that_all_is_usable)
{
    static const uint8_t medical[] = {0, 255, 0}, voc[] = {0, 1, 255, 15};
    static const uint32_t palette[256] = {[1] = 0x800000, [15] = 0xC08080, [255] = 0xE0E0C0};
    uint32_t colours[PIXELS];
    uint8_t labels[PIXELS];

    write_pairs("scans", "scans", "_mask", 8, medical, 3);
    program_expect(0, NULL, "segwork data init scans --out scans.yaml");
    expect_text("scans.yaml", "{name: background, value: 0}");
    expect_text("scans.yaml", "{name: object, value: 255}");
    expect_text("scans.yaml", "train: {images: \".\", masks: \".\"}");
    program_expect(0, "no odd file", "segwork data stats scans.yaml");

    for (int i = 0; i < PIXELS; i++) colours[i] = i % WIDTH < 8 ? 0x804080 : i % WIDTH < 16 ? 0xC0 : 0;
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "colours/img/p%d.JPEG", i);
        write_picture(name, WIDTH, HEIGHT, (unsigned)i);
        snprintf(name, sizeof name, "colours/gt/p%d_L.png", i);
        write_colour_mask(name, WIDTH, HEIGHT, colours);
    }
    program_expect(0, NULL, "segwork data init colours --out colours.yaml");
    expect_text("colours.yaml", "{name: class_2, value: \"#804080\"}");
    expect_text("colours.yaml", "masks: colour");
    program_expect(0, "no odd file", "segwork data stats colours.yaml");

    for (int i = 0; i < PIXELS; i++) labels[i] = voc[i % WIDTH * 4 / WIDTH];
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "voc/JPEGImages/p%d.jpg", i);
        write_picture(name, WIDTH, HEIGHT, (unsigned)i);
        snprintf(name, sizeof name, "voc/SegmentationClass/p%d.png", i);
        write_palette_mask(name, WIDTH, HEIGHT, labels, palette, 256);
    }
    scratch_write("voc/ImageSets/Segmentation/train.txt", "p0\np1\np3\n");
    scratch_write("voc/ImageSets/Segmentation/val.txt", "p2\n");
    program_expect(0, NULL, "segwork data init voc --out voc.yaml");
    expect_text("voc.yaml", "layout: voc");
    expect_text("voc.yaml", "{name: class_15, value: 15, colour: \"#c08080\"}");
    expect_text("voc.yaml", "ignore: [255]");
    program_expect(0, "val         1       1   0.2500", "segwork data stats voc.yaml");
    expect_words("no odd file");
}

Test(data_init, folders_may_be_called_as_they_like)
{
    write_pairs("my \"data\": # 1/img [a]", "my \"data\": # 1/gt, b", "", 4, road_values, 6);
    program_expect(0, NULL, "segwork data init 'my \"data\": # 1' --out my.yaml");
    program_expect(0, "no odd file", "segwork data stats my.yaml");
    program_expect(0, NULL, "mv my*1 \"$(printf 'two\\nlines: {')\"");
    program_expect(0, NULL, "segwork data init \"$(printf 'two\\nlines: {')\" --out two.yaml");
    program_expect(0, "no odd file", "segwork data stats two.yaml");
}

Test(data_init, what_is_no_data_is_refused_with_place_and_remedy)
{
    program_expect(2, "nowhere: no such folder", "segwork data init nowhere");
    scratch_write("notes.txt", "x");
    program_expect(2, "notes.txt: a file; expected the folder", "segwork data init notes.txt");
    program_expect(1, "empty: no picture in it", "mkdir empty && segwork data init empty --out e.yaml");
    program_expect(1, "empty: no picture in it", "segwork data stats empty");
    for (int i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "photos/p%d.jpg", i);
        write_picture(name, WIDTH, HEIGHT, (unsigned)i);
    }
    program_expect(1, "photos: no pictures with masks in it. Its files: . (3, such as p0.jpg: JPEG)",
                   "segwork data init photos");
    cr_expect_not(file_exists("e.yaml"));
    program_expect(2, "an option of 'data init and browse' was given to 'data stats'",
                   "segwork data stats photos --out e.yaml");
    program_expect(2, "'data init' takes no --size", "segwork data init photos --size 3");
    draw_roads();
    program_expect(1, "no/such.yaml", "segwork data init roads --out no/such.yaml");
}

/* ---- stats of descriptions ---- */

Test(data_init, stats_count_equal_reasons_and_fail_when_nothing_is_usable)
{
    static const uint8_t wrong[] = {0, 9};
    draw_roads();
    program_expect(0, NULL, "segwork data init roads --out roads.yaml");
    for (int i = 0; i < 6; i++) {
        char name[80];
        snprintf(name, sizeof name, "roads/trainannot/p%d.png", i);
        write_mask(name, wrong, 2);
    }
    program_expect(1, "none of the 6 pictures of the train split is usable", "segwork data stats roads.yaml");
    expect_words("listed, but not usable: 6\n  trainannot/p0.png: value 9 at column 12, row 0 belongs");
    expect_words("and 3 more like these (--all lists them)");
    expect_words("val         3       3");
    program_expect(1, "trainannot/p5.png: value 9", "segwork data stats roads.yaml --all");
    program_expect(0, NULL, "rm roads/trainannot/p1.png roads/trainannot/p2.png");
    program_expect(0, "p1.jpg: no mask in",
                   "segwork data stats roads.yaml --set 'data.classes=[{name: a, "
                   "value: [0, 3, 4]}, {name: b, value: [9, 11]}]'");
    expect_words("listed, but not usable: 2");
}

Test(data_init, stats_of_a_folder_are_those_of_its_guess_and_of_a_file_are_checked)
{
    draw_roads();
    program_expect(0, "roads: layout folders, 11 picture files", "segwork data stats roads");
    expect_words("class_4   4      0.1667       6");
    program_expect(0, NULL, "segwork data init roads --out roads.yaml");
    program_expect(2, "roads/elsewhere: no such folder",
                   "segwork data stats roads.yaml --set data.val.images=elsewhere");
    program_expect(2, "data.fit: expected stretch | pad | crop",
                   "segwork data stats roads.yaml --set data.fit=squash");
    program_expect(2, "unknown key 'dta'; the nearest known key is 'data'",
                   "segwork data stats roads.yaml --set dta.root=x");
    program_expect(2, "and cannot be ignored too", "segwork data stats roads.yaml --set data.ignore=11");
    program_expect(2, "--set changes a key of an experiment", "segwork data stats roads --set data.root=x");
    program_expect(2, "not found", "segwork data stats nothing.yaml");
    program_expect(0, "at 8 x 8", "segwork data stats roads.yaml --size 8");
}

/* ---- what is wrong with the files ---- */

/* 24 x 18 grey levels of 16 bits, 0 to 3. */
static const uint8_t deep_png[] = {
    137, 80, 78,  71,  13,  10,  26, 10, 0,  0,   0,   13, 73, 72,  68, 82,  0,  0,   0,   24,  0,   0,
    0,   18, 16,  0,   0,   0,   0,  52, 23, 157, 1,   0,  0,  0,   28, 73,  68, 65,  84,  120, 218, 99,
    96,  64, 6,   140, 72,  144, 9,  9,  50, 35,  193, 81, 13, 163, 26, 70,  53, 144, 175, 1,   0,   69,
    98,  2,  137, 229, 172, 152, 4,  0,  0,  0,   0,   73, 69, 78,  68, 174, 66, 96,  130};

static void write_deep(const char *name)
{
    const char *path = scratch_write(name, "");
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(deep_png, 1, sizeof deep_png, file) == sizeof deep_png && fclose(file) == 0);
}

Test(data_init, masks_of_16_bits_are_told_with_the_way_to_convert_them)
{
    write_pairs("d/images", "d/masks", "", 6, road_values, 6);
    for (int i = 0; i < 6; i++) {
        char name[40];
        snprintf(name, sizeof name, "d/masks/p%d.png", i);
        write_deep(name);
    }
    program_expect(1, "masks (6, such as p0.png: which cannot be read as masks)",
                   "segwork data init d --out d.yaml");
    expect_words("d/masks/p0.png: a PNG of 1 channel and 16 bits; a mask has at most 8 bits");
    expect_words("astype('uint8')");
    cr_expect_not(file_exists("d.yaml"));
    scratch_write("d.yaml", "data:\n  layout: folders\n  root: d\n  train: {images: images, masks: masks}\n"
                            "  classes: [a, b, c, d]\n");
    program_expect(1, "16 bits", "segwork data stats d.yaml");
    expect_words("astype");
}

Test(data_init, masks_of_which_most_are_damaged_are_still_seen_to_be_masks)
{
    write_pairs("d/images", "d/masks", "", 9, road_values, 6);
    program_expect(0, NULL, "cd d/masks && for i in 0 1 2 4 5; do echo nothing > p$i.png; done");
    program_expect(0, "5 of 9 masks cannot be read, and will be skipped: d/masks/p0.png",
                   "segwork data init d --out d.yaml");
}

Test(data_init, pictures_that_cannot_be_read_are_told)
{
    write_pairs("d/images", "d/masks", "", 6, road_values, 6);
    program_expect(0, NULL, ": > d/images/p2.jpg");
    program_expect(0, "1 of 6 pictures cannot be read, and will be skipped: d/images/p2.jpg",
                   "segwork data init d --out d.yaml");
    program_expect(1, "none of 6 pictures can be read; the first: d/images/p",
                   "for i in 0 1 2 3 4 5; do : > d/images/p$i.jpg; done; segwork data init d --out e.yaml");
    cr_expect_not(file_exists("e.yaml"));
}

Test(data_init, masks_without_a_picture_are_told_by_init_and_stats)
{
    write_pairs("d/images", "d/masks", "_mask", 6, road_values, 6);
    write_mask("d/masks/q_mask.png", road_values, 6);
    write_mask("d/masks/r_mask.png", road_values, 6);
    program_expect(0, "2 masks have no picture, such as d/masks/q_mask.png",
                   "segwork data init d --out d.yaml");
    program_expect(0, "masks without a picture: 2", "segwork data stats d.yaml");
    expect_words("masks/r_mask.png");
    /* a list that names few of the pictures leaves no mask alone */
    scratch_write("d/train.txt", "p0\np1\n");
    scratch_write("l.yaml", "data:\n  layout: lists\n  root: d\n  classes: [{name: a, value: 0}, {name: b, "
                            "value: [3, 4, 11]}]\n");
    program_expect(0, "masks without a picture: 2", "segwork data stats l.yaml");
}
