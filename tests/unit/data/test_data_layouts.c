/* Where the files of a data set are looked for: folders, lists and VOC; shares and samples of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "image/picture_files.h"
#include "mask_files.h"
#include "pets_folder.h"
#include "scratch.h"

TestSuite(data_layouts, .init = scratch_create, .fini = scratch_remove);

static const uint8_t zeros[4] = {0, 0, 1, 1};
static sw_mask_value values[] = {{0, 0}, {1, 1}};
static sw_class_list classes;

static sw_data_config config_of(sw_layout_kind layout)
{
    classes = (sw_class_list){.classes = sw_classes_none(), .values = values, .value_count = 2};
    cr_assert(sw_classes_add(&classes.classes, "a") && sw_classes_add(&classes.classes, "b"));
    return (sw_data_config){.layout = layout,
                            .root = scratch_path("."),
                            .folders = {{"img", "msk"}},
                            .classes = &classes,
                            .size = {1, 4},
                            .loader_threads = 1};
}

static void expect_names(const sw_data_config *data, sw_split split, const char *expected)
{
    char names[512] = "";
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, data, split), SW_OK, "%s", sw_error_message());
    for (int i = 0; i < sw_dataset_count(dataset); i++)
        strcat(strcat(names, i ? " " : ""), sw_dataset_name(dataset, i));
    cr_expect_str_eq(names, expected);
    sw_dataset_destroy(dataset);
}

static void expect_fail(const sw_data_config *data, sw_split split, sw_status kind, const char *part)
{
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, data, split), kind, "%s", sw_error_message());
    cr_expect(strstr(sw_error_message(), part), "'%s' is not in: %s", part, sw_error_message());
}

static void add(const char *image, const char *mask)
{
    write_picture(image, 4, 1, 0);
    write_gray_mask(mask, 4, 1, zeros);
}

Test(data_layouts, folders_are_paired_by_name_whatever_the_extension_its_case_and_the_ending_of_masks)
{
    const sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    add("img/b.jpg", "msk/b.png");
    add("img/c.JPEG", "msk/c_mask.png");
    add("img/a.PNG", "msk/a_L.PNG");
    add("img/town/x_leftImg8bit.png", "msk/town/x_gtFine_labelIds.png");
    add("img/a.b.png", "msk/a.b.png");
    scratch_write("img/notes.txt", "no picture");
    expect_names(&data, SW_SPLIT_TRAIN, "a a.b b c town/x_leftImg8bit");
}

Test(data_layouts, a_suffix_of_ones_own_is_the_only_one)
{
    sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    data.mask_suffix = "-truth";
    add("img/a.png", "msk/a-truth.png");
    add("img/b.png", "msk/b.png");
    expect_names(&data, SW_SPLIT_TRAIN, "a");
}

Test(data_layouts, pictures_and_masks_may_share_a_folder)
{
    sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    data.folders[SW_SPLIT_TRAIN] = (sw_split_folders){"all", "all"};
    add("all/a.png", "all/a_mask.png");
    add("all/b.jpg", "all/b.png");
    expect_names(&data, SW_SPLIT_TRAIN, "a b");
}

Test(data_layouts, a_picture_without_mask_is_told_from_a_mask_that_cannot_be_read)
{
    sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    data.on_bad_file = SW_BAD_FILE_FAIL;
    write_picture("img/a.png", 4, 1, 0);
    write_gray_mask("msk/other.png", 4, 1, zeros);
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "img/a.png: no mask in ");
    write_gray_mask("msk/a.png", 2, 2, zeros);
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "msk/a.png: 2 x 2 pixels, but its picture has 4 x 1");
}

Test(data_layouts, what_is_missing_or_empty_is_said_with_its_key)
{
    sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_CONFIG, "img: no such folder");
    scratch_write("img/notes.txt", "");
    scratch_write("msk/notes.txt", "");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "no picture in it");
    expect_fail(&data, SW_SPLIT_VAL, SW_E_CONFIG, "no validation images: set data.val_share");
    expect_fail(&data, SW_SPLIT_TEST, SW_E_CONFIG,
                "no test images: set data.test: {images: DIR, masks: DIR}");
    data.root = scratch_path("nowhere");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_CONFIG, "there is no data folder");
    add("img/a.png", "msk/a.png");
    add("img/a.jpg", "msk/a.png");
    data.root = scratch_path(".");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "two pictures are called 'a'");
}

Test(data_layouts, many_warnings_of_one_kind_are_counted)
{
    const sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    sw_dataset *dataset;
    add("img/good.png", "msk/good.png");
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "img/lost%d.png", i);
        write_picture(name, 4, 1, 0);
    }
    caught_log_clear();
    cr_assert_eq(sw_dataset_open(&dataset, &data, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    cr_expect_eq(caught_log_lines(), 5, "%s", caught_log());
    cr_expect(strstr(caught_log(), "17 more like "), "%s", caught_log());
    cr_expect(strstr(caught_log(), "20 of 21 images of img skipped"), "%s", caught_log());
    sw_dataset_destroy(dataset);
}

Test(data_layouts, a_picture_keeps_its_side_of_a_share_when_others_come)
{
    sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    sw_dataset *before = NULL, *after, *train;
    data.val_share = 0.3f;
    for (int i = 0; i < 40; i++) {
        char image[32], mask[32];
        snprintf(image, sizeof image, "img/n%d.png", i);
        snprintf(mask, sizeof mask, "msk/n%d.png", i);
        add(image, mask);
        if (i == 19)
            cr_assert_eq(sw_dataset_open(&before, &data, SW_SPLIT_VAL), SW_OK, "%s", sw_error_message());
    }
    cr_assert_eq(sw_dataset_open(&after, &data, SW_SPLIT_VAL), SW_OK);
    cr_assert_eq(sw_dataset_open(&train, &data, SW_SPLIT_TRAIN), SW_OK);
    cr_expect_eq(sw_dataset_count(after) + sw_dataset_count(train), 40);
    cr_expect(sw_dataset_count(after) >= 5 && sw_dataset_count(after) <= 20, "%d", sw_dataset_count(after));
    for (int i = 0; i < sw_dataset_count(before); i++)
        cr_expect_geq(sw_dataset_find(after, sw_dataset_name(before, i)), 0);
    for (int i = 0; i < sw_dataset_count(after); i++)
        cr_expect_eq(sw_dataset_find(train, sw_dataset_name(after, i)), -1);
    sw_dataset_destroy(before);
    sw_dataset_destroy(after);
    sw_dataset_destroy(train);
    data.folders[SW_SPLIT_VAL] = data.folders[SW_SPLIT_TRAIN]; /* given: no share is taken */
    cr_assert_eq(sw_dataset_open(&train, &data, SW_SPLIT_TRAIN), SW_OK);
    cr_expect_eq(sw_dataset_count(train), 40);
    sw_dataset_destroy(train);
}

Test(data_layouts, a_share_leaves_images_on_both_sides_or_says_that_it_cannot)
{
    sw_data_config data = config_of(SW_LAYOUT_FOLDERS);
    data.val_share = 0.01f;
    add("img/a.png", "msk/a.png");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_CONFIG, "data.val_share 0.01 leaves no training image of 1");
    add("img/b.png", "msk/b.png");
    for (sw_split split = SW_SPLIT_TRAIN; split <= SW_SPLIT_VAL; split++) {
        sw_dataset *dataset;
        cr_assert_eq(sw_dataset_open(&dataset, &data, split), SW_OK, "%s", sw_error_message());
        cr_expect_eq(sw_dataset_count(dataset), 1);
        sw_dataset_destroy(dataset);
    }
}

Test(data_layouts, lists_hold_names_or_pairs_or_csv)
{
    sw_data_config data = config_of(SW_LAYOUT_LISTS);
    static const char *const lists[] = {
        "# names, with and without extension\r\na\nb.jpg\n\n",
        "img/a.png msk/a.png\nimg/b.jpg   msk/b.png\n",
        "image,mask\nimg/a.png,msk/a.png\n\"img/b.jpg\", \"msk/b.png\"\n",
        "img/a.png\tmsk/a.png\nimg/b.jpg\tmsk/b.png",
    };
    add("img/a.png", "msk/a.png");
    add("img/b.jpg", "msk/b.png");
    add("img/with blank, comma.png", "msk/w.png");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        scratch_write("train.txt", lists[i]);
        expect_names(&data, SW_SPLIT_TRAIN, i == 0 ? "a b" : "img/a img/b");
    }
    data.split[SW_SPLIT_TEST] = "held.csv";
    scratch_write("held.csv", "\"img/with blank, comma.png\",msk/w.png\n");
    expect_names(&data, SW_SPLIT_TEST, "img/with blank, comma");
}

Test(data_layouts, a_wrong_line_of_a_list_is_named)
{
    const sw_data_config data = config_of(SW_LAYOUT_LISTS);
    add("img/a.png", "msk/a.png");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_CONFIG, "train.txt is missing (data.train_split");
    scratch_write("train.txt", "a\na 1 2\n");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "train.txt:2: 3 fields");
    scratch_write("train.txt", "a\n\na\n");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "train.txt:3: 'a' is listed already in line 1");
    scratch_write("train.txt", "a,\n");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "train.txt:1: a field is empty");
    scratch_write("train.txt", "# nothing\n");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "no name in it");
}

Test(data_layouts, voc_has_its_folders_and_ignores_the_void)
{
    sw_data_config data = config_of(SW_LAYOUT_VOC);
    static const uint8_t with_void[4] = {0, 255, 1, 1};
    static const uint32_t palette[256] = {0x000000, 0x800000, [255] = 0xE0E0C0};
    sw_dataset *dataset;
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_CONFIG, "ImageSets/Segmentation/train.txt is missing");
    write_picture("JPEGImages/x.jpg", 4, 1, 0);
    write_palette_mask("SegmentationClass/x.png", 4, 1, with_void, palette, 256);
    scratch_write("ImageSets/Segmentation/train.txt", "x\n");
    cr_assert_eq(sw_dataset_open(&dataset, &data, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
    uint8_t labels[4];
    cr_assert_eq(sw_dataset_read(NULL, labels, dataset, 0), SW_OK);
    cr_expect_arr_eq(labels, ((const uint8_t[]){0, SW_NO_CLASS, 1, 1}), 4);
    sw_dataset_destroy(dataset);
    scratch_write("ImageSets/Segmentation/val.txt", "x\n");
    expect_names(&data, SW_SPLIT_VAL, "x");
}

/* ---- links ---- */

static void expect_files(const char *folder, const char *expected)
{
    sw_picture_files files;
    char found[400] = "";
    cr_assert_eq(sw_picture_files_list(&files, scratch_path(folder), true), SW_OK, "%s", sw_error_message());
    for (int i = 0; i < files.count; i++) strcat(strcat(found, files.paths[i]), " ");
    cr_expect_str_eq(found, expected);
    sw_picture_files_deinit(&files);
}

Test(data_layouts, links_are_followed_but_no_folder_is_listed_twice)
{
    scratch_write("d/a/1.png", "");
    scratch_write("d/v3/2.png", "");
    scratch_write("elsewhere/3.png", "");
    cr_assert_eq(symlink(".", scratch_path("d/self")), 0);
    cr_assert_eq(symlink("..", scratch_path("d/a/up")), 0);
    cr_assert_eq(symlink("v3", scratch_path("d/latest")), 0);
    cr_assert_eq(symlink("../elsewhere", scratch_path("d/b")), 0);
    cr_assert_eq(symlink("../elsewhere", scratch_path("d/c")), 0);
    cr_assert_eq(symlink("3.png", scratch_path("elsewhere/4.png")), 0);
    cr_assert_eq(symlink("nowhere", scratch_path("d/gone")), 0);
    expect_files("d", "a/1.png b/3.png b/4.png v3/2.png ");
    expect_files("d/latest", "2.png ");
}

/* ---- lists as spreadsheets and people write them ---- */

Test(data_layouts, lists_may_have_semicolons_and_paths_below_the_pictures_folder)
{
    sw_data_config data = config_of(SW_LAYOUT_LISTS);
    data.split[SW_SPLIT_TRAIN] = "train.csv";
    add("img/x.png", "msk/x.png");
    add("img/y.png", "msk/y.png");
    scratch_write("train.csv", "image;mask\nimg/x.png;msk/x.png\n\"img/y.png\";msk/y.png\n");
    expect_names(&data, SW_SPLIT_TRAIN, "img/x img/y");
    scratch_write("train.csv", "img/x.png\ny\n");
    expect_names(&data, SW_SPLIT_TRAIN, "x y");
    scratch_write("train.csv", "img/x.png,\"msk/x.png\n");
    expect_fail(&data, SW_SPLIT_TRAIN, SW_E_DATA, "train.csv:1: a quote (\") is not closed");
}
