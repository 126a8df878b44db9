/* Opening a data folder: what is read, what is refused and how it is said. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "data/dataset.h"
#include "exif_file.h"
#include "image/image.h"
#include "pets_folder.h"
#include "scratch.h"

TestSuite(data_dataset, .init = scratch_create, .fini = scratch_remove);

static sw_data_config options_of(const char *root)
{
    return (sw_data_config){.root = root, .split = {"trainval"}, .size = {8, 8}, .loader_threads = 2};
}

static sw_dataset *open_or_fail(const sw_data_config *options, sw_split split)
{
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, options, split), SW_OK, "%s", sw_error_message());
    return dataset;
}

/* Three good pets a, b, c of different sizes, listed in trainval. */
static const char *make_three(void)
{
    const char *root = pets_folder_create("pets");
    pets_folder_add(root, "a", 8, 8, 0);
    pets_folder_add(root, "b", 21, 10, 1);
    pets_folder_add(root, "c", 5, 33, 2);
    pets_folder_list(root, "trainval", "a b c");
    return root;
}

static void expect_refused(const char *root, sw_status kind, const char *part)
{
    sw_data_config options = options_of(root);
    sw_dataset *dataset = NULL;
    cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_TRAIN), kind, "%s", sw_error_message());
    cr_assert_null(dataset);
    cr_assert(strstr(sw_error_message(), part), "'%s' is not in: %s", part, sw_error_message());
}

Test(data_dataset, images_and_labels_are_what_the_files_hold_resized)
{
    const char *root = make_three();
    sw_data_config options = options_of(root);
    sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
    cr_assert_eq(sw_dataset_count(dataset), 3);
    cr_assert_eq(sw_dataset_skipped(dataset), 0);
    cr_assert_eq(sw_dataset_size(dataset).height, 8);
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        cr_assert_str_eq(sw_dataset_name(dataset, i), names[i]);
        cr_assert_eq(sw_dataset_find(dataset, names[i]), i);
        char below[64];
        sw_image image, trimap;
        snprintf(below, sizeof below, "images/%s.jpg", names[i]);
        cr_assert_eq(sw_image_read_rgb(&image, pets_folder_path(root, below)), SW_OK);
        snprintf(below, sizeof below, "annotations/trimaps/%s.png", names[i]);
        cr_assert_eq(sw_image_read_mask(&trimap, pets_folder_path(root, below)), SW_OK);
        uint8_t resized[3 * 64], labels[64];
        cr_assert_eq(sw_dataset_read(resized, labels, dataset, i), SW_OK);
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++) {
                int source = y * image.height / 8 * image.width + x * image.width / 8;
                cr_assert_arr_eq(resized + 3 * (8 * y + x), image.pixels + 3 * source, 3);
                cr_assert_eq(labels[8 * y + x], trimap.pixels[source] - 1);
            }
        sw_image_deinit(&image);
        sw_image_deinit(&trimap);
    }
    cr_assert_eq(sw_dataset_find(dataset, "d"), -1);
    sw_dataset_destroy(dataset);
}

Test(data_dataset, lists_may_have_comments_blank_lines_tabs_carriage_returns_and_a_byte_order_mark)
{
    const char *root = make_three();
    scratch_write("pets/annotations/trainval.txt",
                  "\xef\xbb\xbf#Image CLASS-ID SPECIES BREED ID\r\n\r\n a\t1  1 1 \r\n#x\nc 2 2 1");
    sw_data_config options = options_of(root);
    sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
    cr_assert_eq(sw_dataset_count(dataset), 2);
    cr_assert_str_eq(sw_dataset_name(dataset, 1), "c");
    sw_dataset_destroy(dataset);
}

Test(data_dataset, a_malformed_line_is_refused_with_its_place)
{
    static const struct {
        const char *list, *part;
    } cases[] = {
        {"a 1 1 1\nb 1 1\n", "trainval.txt:2: 'b'"},
        {"a\n", "trainval.txt:1: 'a'"},
        {"a 1 x 1\n", "three numbers"},
        {"a 1 -1 1\n", "three numbers"},
        {"a 1 1 1 1\n", "more than"},
        {"a 1 1 12345678901\n", "three numbers"},
        {"# x\n\nb 1 1 1\na 1 1 1\nb 1 1 1\n", ":5: 'b' is listed already in line 3"},
        {"", "no name"},
        {"# only a comment\n", "no name"},
    };
    const char *root = make_three();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scratch_write("pets/annotations/trainval.txt", cases[i].list);
        expect_refused(root, SW_E_DATA, cases[i].part);
    }
}

Test(data_dataset, a_name_never_leads_out_of_the_folder)
{
    static const char *const names[] = {"../secret", "..",   "a/b",   "/etc/passwd",
                                        "a..b",      "a\\b", "a\x01", "a\x7f"};
    const char *root = make_three();
    char line[512];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(line, sizeof line, "a 1 1 1\n%s 1 1 1\n", names[i]);
        scratch_write("pets/annotations/trainval.txt", line);
        expect_refused(root, SW_E_DATA, "trainval.txt:2: the name");
    }
    memset(line, 'x', 300);
    memcpy(line + 300, " 1 1 1", 7);
    scratch_write("pets/annotations/trainval.txt", line);
    expect_refused(root, SW_E_DATA, "over 200 bytes");
    write_file(pets_folder_path(root, "annotations/trainval.txt"), "a\0b 1 1 1\n", 10);
    expect_refused(root, SW_E_DATA, "control character");
}

Test(data_dataset, what_is_missing_is_said_with_the_way_on)
{
    expect_refused(scratch_path("nowhere"), SW_E_CONFIG, "segwork data fetch ");
    expect_refused(scratch_path("nowhere"), SW_E_CONFIG, "segwork data synth ");
    expect_refused(scratch_write("file", "x"), SW_E_CONFIG, "file is a file; data.root must be a folder");
    const char *root = pets_folder_create("empty");
    expect_refused(root, SW_E_CONFIG, "annotations/trainval.txt is missing");
    pets_folder_list(root, "trainval", "a");
    cr_assert_eq(rmdir(pets_folder_path(root, "images")), 0);
    expect_refused(root, SW_E_CONFIG, "/images");
    sw_dataset *dataset;
    sw_data_config options = options_of(root);
    options.split[SW_SPLIT_TRAIN] = "../trainval";
    cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_TRAIN), SW_E_CONFIG);
}

/* Eight names of which only "ok" and "png" are usable. */
static const char *make_bad(void)
{
    const char *root = pets_folder_create("bad");
    uint8_t wrong[64];
    memset(wrong, 2, sizeof wrong);
    pets_folder_add(root, "ok", 8, 8, 0);
    pets_folder_add(root, "png", 8, 8, 1);
    pets_folder_add(root, "gif", 8, 8, 1);
    pets_folder_add(root, "unmasked", 8, 8, 1);
    pets_folder_add(root, "smaller", 8, 8, 1);
    pets_folder_add(root, "valued", 8, 8, 1);
    pets_folder_add(root, "cut", 8, 8, 1);
    sw_image image;
    cr_assert_eq(sw_image_init(&image, 8, 8, 3), SW_OK);
    memset(image.pixels, 9, 192);
    cr_assert_eq(sw_image_write_png(pets_folder_path(root, "images/png.jpg"), &image), SW_OK);
    sw_image_deinit(&image);
    scratch_write("bad/images/gif.jpg", "GIF89a");
    cr_assert_eq(unlink(pets_folder_path(root, "annotations/trimaps/unmasked.png")), 0);
    pets_folder_add_trimap(root, "smaller", 8, 7, wrong);
    wrong[8 * 5 + 3] = 4;
    pets_folder_add_trimap(root, "valued", 8, 8, wrong);
    cr_assert_eq(sw_fs_truncate(pets_folder_path(root, "images/cut.jpg"), 300), SW_OK);
    pets_folder_list(root, "trainval", "gone gif png unmasked smaller ok valued cut");
    return root;
}

Test(data_dataset, a_turned_picture_and_its_unturned_mask_are_refused_by_naming_the_turn)
{
    const char *root = pets_folder_create("turned");
    uint8_t values[8 * 6];
    memset(values, 2, sizeof values);
    pets_folder_add(root, "right", 8, 6, 0);
    pets_folder_add_trimap(root, "right", 6, 8, values);
    pets_folder_add(root, "wrong", 8, 6, 1);
    exif_file_turn(pets_folder_path(root, "images/right.jpg"), 6);
    exif_file_turn(pets_folder_path(root, "images/wrong.jpg"), 6);
    pets_folder_list(root, "trainval", "right wrong");
    sw_data_config options = options_of(root);
    caught_log_clear();
    sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
    cr_expect_eq(sw_dataset_count(dataset), 1);
    cr_expect_not_null(
        strstr(caught_log(), "trimaps/wrong.png: 8 x 6 pixels, but its picture has 6 x 8, being turned by 90 "
                             "degrees as its Exif says (stored 8 x 6): turn the mask too, or remove the "
                             "Exif orientation"),
        "%s", caught_log());
    sw_dataset_destroy(dataset);
}

Test(data_dataset, bad_files_are_skipped_with_one_line_each_in_the_order_of_the_list)
{
    static const char *const parts[] = {"images/gone.jpg: No such file",
                                        "images/gif.jpg: a GIF",
                                        "images/png.jpg: a PNG under a .jpg name; used",
                                        "trimaps/unmasked.png: No such file",
                                        "trimaps/smaller.png: 8 x 7 pixels, but its picture has 8 x 8",
                                        "trimaps/valued.png: value 4 at column 3, row 5",
                                        "images/cut.jpg: damaged JPEG",
                                        "6 of 8 images of trainval skipped"};
    enum { LINES = sizeof parts / sizeof parts[0] };
    sw_data_config options = options_of(make_bad());
    for (int threads = 1; threads <= 4; threads += 3) {
        options.loader_threads = threads;
        caught_log_clear();
        sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
        cr_assert_eq(sw_dataset_count(dataset), 2);
        cr_assert_eq(sw_dataset_skipped(dataset), 6);
        cr_assert_str_eq(sw_dataset_name(dataset, 0), "png");
        cr_assert_str_eq(sw_dataset_name(dataset, 1), "ok");
        uint8_t image[3 * 64];
        cr_assert_eq(sw_dataset_read(image, NULL, dataset, 0), SW_OK);
        cr_assert_eq(image[0], 9);
        cr_assert_eq(caught_log_lines(), LINES, "%s", caught_log());
        const char *at = caught_log();
        for (int i = 0; i < LINES; i++) {
            at = strstr(at, parts[i]);
            cr_assert_not_null(at, "'%s' is missing or out of order in:\n%s", parts[i], caught_log());
        }
        sw_dataset_destroy(dataset);
    }
}

Test(data_dataset, the_first_bad_file_fails_the_whole_where_that_is_asked_for)
{
    sw_data_config options = options_of(make_bad());
    options.on_bad_file = SW_BAD_FILE_FAIL;
    for (int threads = 1; threads <= 8; threads++) {
        options.loader_threads = threads;
        sw_dataset *dataset;
        cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_TRAIN), SW_E_DATA);
        cr_assert_null(dataset);
        cr_assert(strstr(sw_error_message(), "images/gone.jpg"), "%s", sw_error_message());
        cr_assert(strstr(sw_error_message(), "data.on_bad_file: skip"), "%s", sw_error_message());
    }
}

Test(data_dataset, nothing_usable_is_a_failure)
{
    const char *root = make_bad();
    pets_folder_list(root, "trainval", "gone gif");
    expect_refused(root, SW_E_DATA, "none of the 2 images");
}

Test(data_dataset, a_link_out_of_the_folder_is_a_bad_file)
{
    const char *root = make_three();
    const char *outside = pets_folder_create("outside");
    pets_folder_add(outside, "x", 8, 8, 0);
    pets_folder_add(root, "x", 8, 8, 0);
    cr_assert_eq(unlink(pets_folder_path(root, "images/x.jpg")), 0);
    cr_assert_eq(symlink(pets_folder_path(outside, "images/x.jpg"), pets_folder_path(root, "images/x.jpg")),
                 0);
    pets_folder_list(root, "trainval", "x");
    expect_refused(root, SW_E_DATA, "none of the 1");

    /* A link that stays inside is fine, and so is a root that is one */
    cr_assert_eq(unlink(pets_folder_path(root, "images/x.jpg")), 0);
    cr_assert_eq(symlink("a.jpg", pets_folder_path(root, "images/x.jpg")), 0);
    cr_assert_eq(symlink(root, scratch_path("link")), 0);
    sw_data_config options = options_of(scratch_path("link"));
    sw_dataset_destroy(open_or_fail(&options, SW_SPLIT_TRAIN));
}

Test(data_dataset, more_than_the_machine_holds_is_refused_before_reading)
{
    sw_data_config options = options_of(make_three());
    options.size = sw_size_square(2000000);
    sw_dataset *dataset;
    cr_assert_eq(sw_dataset_open(&dataset, &options, SW_SPLIT_TRAIN), SW_E_MEMORY);
    cr_assert(strstr(sw_error_message(), "lower data.size"), "%s", sw_error_message());
}

Test(data_dataset, classes_are_counted_and_weighed_by_median_frequency)
{
    const char *root = pets_folder_create("counted");
    uint8_t values[64];
    /* a: 32 pet, 32 background; b: 48 background, 16 border; c: 64 background */
    pets_folder_add(root, "a", 8, 8, 0);
    pets_folder_add(root, "b", 8, 8, 0);
    pets_folder_add(root, "c", 8, 8, 0);
    for (int i = 0; i < 64; i++) values[i] = i < 32 ? 1 : 2;
    pets_folder_add_trimap(root, "a", 8, 8, values);
    for (int i = 0; i < 64; i++) values[i] = i < 48 ? 2 : 3;
    pets_folder_add_trimap(root, "b", 8, 8, values);
    memset(values, 2, sizeof values);
    pets_folder_add_trimap(root, "c", 8, 8, values);
    pets_folder_list(root, "trainval", "a b c");
    sw_data_config options = options_of(root);
    sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
    static const uint64_t pixels[] = {32, 144, 16};
    float weights[SW_MAX_CLASSES];
    sw_dataset_median_frequency(dataset, weights);
    for (int c = 0; c < sw_dataset_classes(dataset)->count; c++) {
        cr_assert_float_eq(sw_dataset_class_fraction(dataset, c), (double)pixels[c] / 192, 1e-12);
    }
    /* frequencies 0.5, 0.75, 0.25: the median is 0.5 */
    cr_assert_float_eq(weights[0], 1, 1e-6);
    cr_assert_float_eq(weights[1], 0.5 / 0.75, 1e-6);
    cr_assert_float_eq(weights[2], 2, 1e-6);
    sw_dataset_destroy(dataset);

    /* Without a pet: frequencies 112/128 and 16/64, median their mean */
    pets_folder_list(root, "trainval", "b c");
    dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
    sw_dataset_median_frequency(dataset, weights);
    cr_assert_eq(weights[0], 0);
    cr_assert_float_eq(weights[1], 0.5625 / 0.875, 1e-6);
    cr_assert_float_eq(weights[2], 0.5625 / 0.25, 1e-6);
    sw_dataset_destroy(dataset);
}

static void fingerprint_of(char out[33], const sw_data_config *options)
{
    sw_dataset *dataset = open_or_fail(options, SW_SPLIT_TRAIN);
    snprintf(out, 33, "%s", sw_dataset_fingerprint(dataset));
    cr_assert_eq(strspn(out, "0123456789abcdef"), 32, "%s", out);
    sw_dataset_destroy(dataset);
}

/* A row of pixels is `width` long: each is that of the picture at the same share of its sides. */
Test(data_dataset, a_rectangle_has_its_height_and_its_width)
{
    const char *root = make_three();
    sw_data_config options = options_of(root);
    options.size = (sw_size){.height = 5, .width = 33};
    sw_dataset *dataset = open_or_fail(&options, SW_SPLIT_TRAIN);
    cr_expect(sw_size_same(sw_dataset_size(dataset), options.size));
    double sum = 0;
    for (int c = 0; c < 3; c++) sum += sw_dataset_class_fraction(dataset, c);
    cr_expect_float_eq(sum, 1, 1e-12);
    sw_image stored, mask;
    cr_assert_eq(sw_image_read_rgb(&stored, pets_folder_path(root, "images/c.jpg")), SW_OK);
    cr_assert_eq(sw_image_read_mask(&mask, pets_folder_path(root, "annotations/trimaps/c.png")), SW_OK);
    uint8_t image[3 * 5 * 33], labels[5 * 33];
    cr_assert_eq(sw_dataset_read(image, labels, dataset, sw_dataset_find(dataset, "c")), SW_OK);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 33; x++) {
            const int from = y * stored.height / 5 * stored.width + x * stored.width / 33;
            cr_assert_arr_eq(image + 3 * (33 * y + x), stored.pixels + 3 * from, 3);
            cr_assert_eq(labels[33 * y + x], mask.pixels[from] - 1);
        }
    sw_image_deinit(&stored);
    sw_image_deinit(&mask);
    sw_dataset_destroy(dataset);
}

Test(data_dataset, the_fingerprint_tells_any_difference_but_not_the_threads)
{
    const char *root = make_three();
    sw_data_config options = options_of(root);
    char first[33], other[33];
    fingerprint_of(first, &options);
    for (options.loader_threads = 1; options.loader_threads <= 5; options.loader_threads += 4) {
        fingerprint_of(other, &options);
        cr_assert_str_eq(first, other);
    }
    options.size = sw_size_square(9);
    fingerprint_of(other, &options);
    cr_assert_str_neq(first, other);
    options.size = (sw_size){.height = 8, .width = 2};
    fingerprint_of(other, &options);
    char turned[33];
    options.size = (sw_size){.height = 2, .width = 8};
    fingerprint_of(turned, &options);
    cr_assert(strcmp(other, first) != 0 && strcmp(other, turned) != 0 && strcmp(turned, first) != 0);
    options.size = sw_size_square(8);
    pets_folder_list(root, "trainval", "b a c");
    fingerprint_of(other, &options);
    cr_assert_str_neq(first, other);
    pets_folder_list(root, "trainval", "a b c");
    cr_assert_eq(rename(pets_folder_path(root, "images/c.jpg"), pets_folder_path(root, "images/d.jpg")), 0);
    cr_assert_eq(rename(pets_folder_path(root, "annotations/trimaps/c.png"),
                        pets_folder_path(root, "annotations/trimaps/d.png")),
                 0);
    pets_folder_list(root, "trainval", "a b d");
    fingerprint_of(other, &options);
    cr_assert_str_neq(first, other, "another name");
    pets_folder_add(root, "c", 5, 33, 2);
    pets_folder_list(root, "trainval", "a b c");
    fingerprint_of(other, &options);
    cr_assert_str_eq(first, other);
    uint8_t values[5 * 33];
    memset(values, 1, sizeof values);
    pets_folder_add_trimap(root, "c", 5, 33, values);
    fingerprint_of(other, &options);
    cr_assert_str_neq(first, other, "another trimap");
}
