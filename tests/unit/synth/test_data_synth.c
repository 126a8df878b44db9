/* Synthetic pets: the same bytes again, exact trimaps, and folders that are never overwritten by mistake. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "data/dataset.h"
#include "pets_folder.h"
#include "scratch.h"
#include "synth/synth.h"

TestSuite(data_synth, .init = scratch_create, .fini = scratch_remove);

static sw_synth_options small_set(void)
{
    return (sw_synth_options){.train = 6, .val = 3, .size_px = 48, .seed = 5, .threads = 2};
}

static const char *write_set(const char *name, const sw_synth_options *options)
{
    const char *dir = scratch_path(name);
    cr_assert_eq(sw_synth_write(dir, options), SW_OK, "%s", sw_error_message());
    return dir;
}

static void expect_same_file(const char *dir, const char *other, const char *below, bool same)
{
    char *a, *b;
    size_t a_length, b_length;
    cr_assert_eq(sw_fs_read(&a, &a_length, pets_folder_path(dir, below), 1 << 20), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_fs_read(&b, &b_length, pets_folder_path(other, below), 1 << 20), SW_OK, "%s",
                 sw_error_message());
    bool equal = a_length == b_length && memcmp(a, b, a_length) == 0;
    cr_assert_eq(equal, same, "%s", below);
    free(a);
    free(b);
}

Test(data_synth, the_same_seed_makes_the_same_bytes_with_any_number_of_threads)
{
    static const char *const files[] = {"images/pet_000001.jpg",
                                        "images/pet_000006.jpg",
                                        "images/pet_100003.jpg",
                                        "annotations/trimaps/pet_000002.png",
                                        "annotations/trimaps/pet_100001.png",
                                        "annotations/trainval.txt",
                                        "annotations/test.txt",
                                        "annotations/list.txt",
                                        "synth.json"};
    sw_synth_options options = small_set();
    const char *first = write_set("first", &options);
    options.threads = 1;
    const char *second = write_set("second", &options);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        expect_same_file(first, second, files[i], true);
    options.seed = 6;
    const char *other = write_set("other", &options);
    expect_same_file(first, other, "images/pet_000001.jpg", false);
    expect_same_file(first, other, "annotations/trimaps/pet_000001.png", false);
}

Test(data_synth, more_training_pictures_leave_the_others_as_they_are)
{
    sw_synth_options options = small_set();
    const char *few = write_set("few", &options);
    options.train = 8;
    const char *more = write_set("more", &options);
    expect_same_file(few, more, "images/pet_000006.jpg", true);
    expect_same_file(few, more, "images/pet_100002.jpg", true);
    expect_same_file(few, more, "annotations/test.txt", true);
}

Test(data_synth, the_loader_of_the_real_data_reads_it_without_a_word)
{
    sw_synth_options options = small_set();
    const char *dir = write_set("set", &options);
    static const struct {
        const char *split;
        int count;
    } splits[] = {{"trainval", 6}, {"test", 3}, {"list", 9}};
    caught_log_clear();
    for (int i = 0; i < 3; i++) {
        sw_data_config how = {
            .root = dir, .split = {splits[i].split}, .size = {48, 48}, .on_bad_file = SW_BAD_FILE_FAIL};
        sw_dataset *dataset;
        cr_assert_eq(sw_dataset_open(&dataset, &how, SW_SPLIT_TRAIN), SW_OK, "%s", sw_error_message());
        cr_assert_eq(sw_dataset_count(dataset), splits[i].count);
        sw_dataset_destroy(dataset);
    }
    cr_assert_eq(caught_log_lines(), 0, "%s", caught_log());
}

Test(data_synth, a_constant_answer_scores_about_sixty_percent_and_the_border_takes_about_twelve)
{
    enum { PICTURES = 100, SIDE = 64 };
    double counts[4] = {0}, smallest = 1, largest = 0;
    for (uint32_t number = 0; number < PICTURES; number++) {
        sw_image image, trimap;
        cr_assert_eq(sw_synth_draw(&image, &trimap, 1, number, SIDE), SW_OK);
        double here[4] = {0};
        for (int i = 0; i < SIDE * SIDE; i++) here[trimap.pixels[i]]++;
        for (int v = 0; v < 4; v++) counts[v] += here[v];
        double pet = here[1] / (SIDE * SIDE);
        smallest = pet < smallest ? pet : smallest;
        largest = pet > largest ? pet : largest;
        sw_image_deinit(&image);
        sw_image_deinit(&trimap);
    }
    double all = (double)PICTURES * SIDE * SIDE;
    cr_assert_eq(counts[0], 0);
    cr_assert(counts[1] / all > 0.24 && counts[1] / all < 0.34, "pet %f", counts[1] / all);
    cr_assert(counts[2] / all > 0.56 && counts[2] / all < 0.64, "background %f", counts[2] / all);
    cr_assert(counts[3] / all > 0.10 && counts[3] / all < 0.14, "border %f", counts[3] / all);
    cr_assert(smallest > 0.01, "a picture with hardly any pet: %f", smallest);
    cr_assert(largest > 0.45 && largest < 0.8, "sizes vary, but none fills the picture: %f", largest);
}

Test(data_synth, a_border_lies_between_pet_and_background_everywhere)
{
    static const int sizes[] = {16, 31, 64, 128};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (uint32_t number = 0; number < 4; number++) {
            sw_image image, trimap;
            int side = sizes[s];
            cr_assert_eq(sw_synth_draw(&image, &trimap, 2, number, side), SW_OK);
            cr_assert_eq(trimap.width, side);
            for (int i = 0; i < side * side; i++) {
                int right = i % side + 1 < side ? trimap.pixels[i + 1] : 3,
                    below = i + side < side * side ? trimap.pixels[i + side] : 3;
                cr_assert(trimap.pixels[i] + right != 3 && trimap.pixels[i] + below != 3,
                          "size %d, picture %u: pet meets background at %d, %d", side, number, i % side,
                          i / side);
            }
            sw_image_deinit(&image);
            sw_image_deinit(&trimap);
        }
}

/* Mean colours of pet and background tell little: the same colours are used for both. */
Test(data_synth, colour_alone_does_not_tell_the_pet)
{
    enum { PICTURES = 60, SIDE = 32 };
    int brighter = 0, redder = 0;
    for (uint32_t number = 0; number < PICTURES; number++) {
        sw_image image, trimap;
        cr_assert_eq(sw_synth_draw(&image, &trimap, 3, number, SIDE), SW_OK);
        double sums[4][3] = {{0}}, pixels[4] = {0};
        for (int i = 0; i < SIDE * SIDE; i++) {
            pixels[trimap.pixels[i]]++;
            for (int c = 0; c < 3; c++) sums[trimap.pixels[i]][c] += image.pixels[3 * i + c];
        }
        brighter += sums[1][1] / (pixels[1] + 1) > sums[2][1] / (pixels[2] + 1);
        redder += (sums[1][0] - sums[1][2]) / (pixels[1] + 1) > (sums[2][0] - sums[2][2]) / (pixels[2] + 1);
        sw_image_deinit(&image);
        sw_image_deinit(&trimap);
    }
    cr_assert(brighter > PICTURES / 5 && brighter < PICTURES * 4 / 5, "the pet is brighter in %d", brighter);
    cr_assert(redder > PICTURES / 5 && redder < PICTURES * 4 / 5, "the pet is redder in %d", redder);
}

static ino_t inode_of(const char *dir, const char *below)
{
    struct stat info;
    cr_assert_eq(stat(pets_folder_path(dir, below), &info), 0);
    return info.st_ino;
}

Test(data_synth, a_whole_set_of_the_same_options_is_left_alone)
{
    sw_synth_options options = small_set();
    const char *dir = write_set("set", &options);
    /* A picture that is gone is not made anew: nothing in the folder is touched */
    cr_assert_eq(unlink(pets_folder_path(dir, "images/pet_000001.jpg")), 0);
    ino_t marker = inode_of(dir, "synth.json");
    options.threads = 7; /* no part of what is made */
    cr_assert_eq(sw_synth_write(dir, &options), SW_OK);
    cr_assert_not(sw_fs_exists(pets_folder_path(dir, "images/pet_000001.jpg")));
    cr_assert_eq(inode_of(dir, "synth.json"), marker);
}

/* Gives a folder the marker of a set like `whole` that is being drawn. */
static void mark_unfinished(const char *dir, const char *whole)
{
    char *marker;
    size_t length;
    cr_assert_eq(sw_fs_read(&marker, &length, pets_folder_path(whole, "synth.json"), 4096), SW_OK);
    char *state = strstr(marker, "true");
    cr_assert_not_null(state);
    char unfinished[4096];
    snprintf(unfinished, sizeof unfinished, "%.*sfalse%s", (int)(state - marker), marker, state + 4);
    free(marker);
    cr_assert_eq(sw_fs_write(pets_folder_path(dir, "synth.json"), unfinished, strlen(unfinished)), SW_OK);
}

Test(data_synth, an_unfinished_set_is_finished)
{
    sw_synth_options options = small_set();
    const char *whole = write_set("whole", &options), *dir = write_set("cut", &options);
    mark_unfinished(dir, whole);
    cr_assert_eq(unlink(pets_folder_path(dir, "images/pet_000003.jpg")), 0);
    cr_assert_eq(sw_synth_write(dir, &options), SW_OK, "%s", sw_error_message());
    expect_same_file(whole, dir, "images/pet_000003.jpg", true);
    expect_same_file(whole, dir, "synth.json", true);
}

/* A folder where the fourth picture should be ends the drawing there. */
Test(data_synth, a_set_has_no_lists_before_all_its_pictures_are_there)
{
    static const char *const lists[] = {"annotations/trainval.txt", "annotations/test.txt",
                                        "annotations/list.txt"};
    sw_synth_options options = small_set();
    options.threads = 1;
    const char *whole = write_set("whole", &options), *dir = scratch_path("half");
    cr_assert_eq(sw_fs_mkdirs(pets_folder_path(dir, "images/pet_000004.jpg")), SW_OK);
    mark_unfinished(dir, whole);
    cr_assert_eq(sw_synth_write(dir, &options), SW_E_IO, "%s", sw_error_message());
    expect_same_file(whole, dir, "images/pet_000003.jpg", true);
    for (int i = 0; i < 3; i++) cr_expect_not(sw_fs_exists(pets_folder_path(dir, lists[i])), "%s", lists[i]);

    cr_assert_eq(rmdir(pets_folder_path(dir, "images/pet_000004.jpg")), 0);
    cr_assert_eq(sw_synth_write(dir, &options), SW_OK, "%s", sw_error_message());
    for (int i = 0; i < 3; i++) expect_same_file(whole, dir, lists[i], true);
}

/* Whoever reads the old file while it is drawn anew keeps it whole. */
Test(data_synth, pictures_replace_what_is_there_and_are_not_written_into_it)
{
    sw_synth_options options = small_set();
    const char *whole = write_set("whole", &options), *dir = write_set("again", &options);
    const char *old = scratch_write("old.jpg", "old");
    mark_unfinished(dir, whole);
    cr_assert_eq(unlink(pets_folder_path(dir, "images/pet_000002.jpg")), 0);
    cr_assert_eq(link(old, pets_folder_path(dir, "images/pet_000002.jpg")), 0);
    cr_assert_eq(sw_synth_write(dir, &options), SW_OK, "%s", sw_error_message());
    expect_same_file(whole, dir, "images/pet_000002.jpg", true);
    char *text;
    size_t length;
    cr_assert_eq(sw_fs_read(&text, &length, old, 100), SW_OK);
    cr_expect_str_eq(text, "old");
    free(text);
}

static void expect_refused(const char *dir, const sw_synth_options *options, sw_status kind, const char *part)
{
    cr_assert_eq(sw_synth_write(dir, options), kind, "%s", sw_error_message());
    cr_assert(strstr(sw_error_message(), part), "%s", sw_error_message());
}

Test(data_synth, a_folder_with_anything_else_is_not_touched)
{
    sw_synth_options options = small_set(), other = small_set();
    other.seed = 77;
    const char *dir = write_set("set", &options);
    expect_refused(dir, &other, SW_E_CONFIG, "made with other options");
    scratch_write("mine/notes.txt", "mine");
    expect_refused(scratch_path("mine"), &options, SW_E_CONFIG, "holds other files");
    cr_assert_not(sw_fs_exists(scratch_path("mine/images")));
    expect_refused(scratch_path("mine/notes.txt"), &options, SW_E_CONFIG, "is a file");
    cr_assert_eq(sw_fs_mkdirs(scratch_path("empty/deeper")), SW_OK);
    cr_assert_eq(sw_synth_write(scratch_path("empty/deeper"), &options), SW_OK);
}

Test(data_synth, options_out_of_range_are_refused)
{
    sw_synth_options options = small_set();
    const char *dir = scratch_path("never");
    options.train = 0;
    expect_refused(dir, &options, SW_E_USAGE, "each must be 1 to");
    options = small_set();
    options.val = SW_SYNTH_MAX_COUNT + 1;
    expect_refused(dir, &options, SW_E_USAGE, "each must be 1 to");
    options = small_set();
    options.size_px = 8;
    expect_refused(dir, &options, SW_E_USAGE, "size must be 16 to 1024");
    cr_assert_not(sw_fs_exists(dir));
}
