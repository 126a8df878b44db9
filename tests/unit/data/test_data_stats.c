/* Statistics of a data folder: every kind of remark, and the figures. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/stats.h"
#include "mask_files.h"
#include "pets_folder.h"
#include "scratch.h"

TestSuite(data_stats, .init = scratch_create, .fini = scratch_remove);

static sw_data_config pets_at(const char *root)
{
    return (sw_data_config){.root = root, .split = {"trainval", "test"}, .size = {8, 8}};
}

static const sw_stats_remark *find_remark(const sw_stats *stats, sw_stats_remark_kind kind, const char *name)
{
    for (int i = 0; i < stats->remark_count; i++)
        if (stats->remarks[i].kind == kind && strcmp(stats->remarks[i].name, name) == 0)
            return &stats->remarks[i];
    return NULL;
}

static int count_remarks(const sw_stats *stats, sw_stats_remark_kind kind)
{
    int count = 0;
    for (int i = 0; i < stats->remark_count; i++) count += stats->remarks[i].kind == kind;
    return count;
}

static const char *make_folder(void)
{
    const char *root = pets_folder_create("pets");
    uint8_t background[64];
    memset(background, 2, sizeof background);
    pets_folder_add(root, "small", 8, 8, 0);
    pets_folder_add(root, "wide", 40, 10, 1);
    pets_folder_add(root, "tall", 20, 30, 2);
    pets_folder_add(root, "empty", 8, 8, 0);
    pets_folder_add_trimap(root, "empty", 8, 8, background);
    pets_folder_add(root, "extra", 8, 8, 0);
    scratch_write("pets/images/movie.gif", "GIF89a");
    pets_folder_list(root, "trainval", "small wide gone");
    pets_folder_list(root, "test", "tall empty small");
    return root;
}

Test(data_stats, every_odd_file_is_remarked_and_the_rest_counted)
{
    sw_stats stats = {0};
    const sw_data_config data = pets_at(make_folder());
    cr_assert_eq(sw_stats_collect(&stats, &data, 3, NULL), SW_OK, "%s", sw_error_message());
    cr_assert_eq(stats.image_files, 6);
    cr_assert_eq(stats.splits[0].listed, 3);
    cr_assert_eq(stats.splits[0].usable, 2);
    cr_assert_eq(stats.splits[1].listed, 3);
    cr_assert_eq(stats.splits[1].usable, 3);
    cr_assert_eq(stats.splits[0].all_background, 0);
    cr_assert_eq(stats.splits[1].all_background, 1);
    cr_assert_eq(stats.remark_count, 5);
    for (int i = 1; i < stats.remark_count; i++)
        cr_assert_leq(stats.remarks[i - 1].kind, stats.remarks[i].kind);
    const sw_stats_remark *gone = find_remark(&stats, SW_REMARK_BAD, "gone");
    cr_assert_not_null(gone);
    cr_assert(strncmp(gone->text, "images/gone.jpg: ", 17) == 0, "%s", gone->text);
    cr_assert_not_null(find_remark(&stats, SW_REMARK_ALL_BACKGROUND, "empty"));
    cr_assert_not_null(find_remark(&stats, SW_REMARK_IN_BOTH, "small"));
    cr_assert_not_null(find_remark(&stats, SW_REMARK_UNLISTED, "extra.jpg"));
    const sw_stats_remark *movie = find_remark(&stats, SW_REMARK_UNLISTED, "movie.gif");
    cr_assert_not_null(movie);
    cr_assert(strstr(movie->text, "a GIF"), "%s", movie->text);
    cr_assert_eq(count_remarks(&stats, SW_REMARK_CONVERTED), 0);
    sw_stats_deinit(&stats);
}

Test(data_stats, sizes_and_fractions_are_those_of_the_usable_pictures)
{
    sw_stats stats = {0};
    const sw_data_config data = pets_at(make_folder());
    cr_assert_eq(sw_stats_collect(&stats, &data, 1, NULL), SW_OK);
    /* usable: small 8x8, wide 40x10, tall 20x30, empty 8x8 */
    cr_assert_eq(stats.width_px.low, 8);
    cr_assert_eq(stats.width_px.median, 20);
    cr_assert_eq(stats.width_px.high, 40);
    cr_assert_eq(stats.height_px.low, 8);
    cr_assert_eq(stats.height_px.median, 10);
    cr_assert_eq(stats.height_px.high, 30);
    for (int s = 0; s < 2; s++) {
        double sum = 0;
        for (int c = 0; c < stats.classes->count; c++) sum += sw_stats_share(&stats.splits[s], c);
        cr_assert_float_eq(sum, 1, 1e-12);
    }
    /* test: three pictures of 64 pixels at 8 px; "empty" is all background, small has columns 3 + 3 + 2 of 8
     */
    const double background = sw_stats_share(&stats.splits[1], stats.classes->background);
    cr_assert(background > 0.5 && background < 0.65, "%f", background);
    cr_assert_eq(stats.splits[1].images[stats.classes->background], 3);
    cr_assert_eq(stats.splits[0].images[0], 2);
    cr_assert_eq(sw_stats_ignored_share(&stats.splits[1]), 0);
    sw_stats_deinit(&stats);
}

Test(data_stats, one_list_suffices_and_none_is_a_failure)
{
    const char *root = make_folder();
    sw_data_config data = pets_at(root);
    sw_stats stats = {0};
    cr_assert_eq(unlink(pets_folder_path(root, "annotations/trainval.txt")), 0);
    cr_assert_eq(sw_stats_collect(&stats, &data, 1, NULL), SW_OK);
    cr_assert_eq(stats.splits[0].present, 0);
    cr_assert_not_null(stats.splits[0].missing);
    cr_expect_not_null(strstr(stats.splits[0].missing, "trainval.txt"), "%s", stats.splits[0].missing);
    cr_assert_eq(stats.splits[1].present, 1);
    cr_assert_null(stats.splits[1].missing);
    cr_assert_eq(count_remarks(&stats, SW_REMARK_UNLISTED), 3);
    sw_stats_deinit(&stats);
    cr_assert_eq(unlink(pets_folder_path(root, "annotations/test.txt")), 0);
    cr_assert_eq(sw_stats_collect(&stats, &data, 1, NULL), SW_E_CONFIG);
    data.root = scratch_path("nowhere");
    cr_assert_eq(sw_stats_collect(&stats, &data, 1, NULL), SW_E_CONFIG);
}

/* Two classes, 255 ignored, in folders of their own; `count` pictures whose masks hold `values` (8 x 8). */
static void add_pairs(const char *folder, int count, const uint8_t *values)
{
    for (int i = 0; i < count; i++) {
        char name[80];
        snprintf(name, sizeof name, "own/images/%s%d.jpg", folder, i);
        write_picture(name, 8, 8, (unsigned)i);
        snprintf(name, sizeof name, "own/masks/%s%d.png", folder, i);
        write_gray_mask(name, 8, 8, values);
    }
}

static sw_mask_value own_values[] = {{0, 0}, {7, 1}};
static unsigned own_ignored[] = {255};
static const sw_class_list own_classes = {
    {.count = 2, .list = {{.name = "background"}, {.name = "cell"}}, .background = 0, .border = -1},
    own_values,
    2};
static const sw_ignore_list own_ignore = {own_ignored, 1};

static sw_data_config own_data(void)
{
    return (sw_data_config){.layout = SW_LAYOUT_FOLDERS,
                            .root = scratch_path("own"),
                            .folders = {{"images", "masks"}},
                            .classes = &own_classes,
                            .ignore = &own_ignore,
                            .size = {8, 8}};
}

Test(data_stats, ignored_pixels_are_in_no_share_and_equal_reasons_are_one_group)
{
    uint8_t half[64], nothing[64], background[64] = {0}, wrong[64], odd[64];
    sw_stats stats = {0};
    for (int i = 0; i < 64; i++) half[i] = i < 16 ? 7 : i < 48 ? 0 : 255;
    memset(nothing, 255, sizeof nothing);
    memset(wrong, 9, sizeof wrong);
    memset(odd, 13, sizeof odd);
    add_pairs("half", 3, half);
    add_pairs("nothing", 1, nothing);
    add_pairs("background", 1, background);
    add_pairs("wrong", 4, wrong);
    add_pairs("odd", 2, odd);
    scratch_write("own/images/broken.png", "no PNG");
    sw_data_config data = own_data();
    cr_assert_eq(sw_stats_collect(&stats, &data, 2, NULL), SW_OK, "%s", sw_error_message());
    const sw_stats_split *train = &stats.splits[SW_SPLIT_TRAIN];
    cr_expect_eq(train->listed, 12);
    cr_expect_eq(train->usable, 5);
    cr_expect_eq(train->all_background, 1);
    cr_expect_eq(train->all_ignored, 1);
    cr_expect_eq(train->images[1], 3);
    cr_expect_eq(train->images[SW_NO_CLASS], 4);
    cr_expect_float_eq(sw_stats_share(train, 1), 48.0 / (3 * 48 + 64), 1e-12);
    cr_expect_float_eq(sw_stats_ignored_share(train), 112.0 / 320, 1e-12);
    cr_expect_eq(count_remarks(&stats, SW_REMARK_ALL_IGNORED), 1);
    cr_expect_eq(count_remarks(&stats, SW_REMARK_BAD), 7);
    const sw_stats_remark *wrong_one = find_remark(&stats, SW_REMARK_BAD, "wrong3");
    const sw_stats_remark *odd_one = find_remark(&stats, SW_REMARK_BAD, "odd1");
    const sw_stats_remark *broken = find_remark(&stats, SW_REMARK_BAD, "broken");
    cr_assert(wrong_one && odd_one && broken);
    cr_expect_eq(wrong_one->group, odd_one->group, "they differ in the value only");
    cr_expect_neq(wrong_one->group, broken->group);
    sw_stats_deinit(&stats);

    /* padding is not counted as ignored */
    data.size = (sw_size){8, 16};
    data.fit = SW_FIT_PAD;
    cr_assert_eq(sw_stats_collect(&stats, &data, 2, NULL), SW_OK);
    cr_expect_float_eq(sw_stats_ignored_share(&stats.splits[SW_SPLIT_TRAIN]), 112.0 / 320, 1e-12);
    sw_stats_deinit(&stats);
}

Test(data_stats, a_share_of_the_training_images_counts_as_validation)
{
    uint8_t half[64];
    sw_stats stats = {0};
    for (int i = 0; i < 64; i++) half[i] = i < 16 ? 7 : 0;
    add_pairs("half", 20, half);
    sw_data_config data = own_data();
    data.val_share = 0.3f;
    cr_assert_eq(sw_stats_collect(&stats, &data, 2, NULL), SW_OK, "%s", sw_error_message());
    cr_expect_gt(stats.splits[SW_SPLIT_VAL].usable, 0);
    cr_expect_eq(stats.splits[SW_SPLIT_TRAIN].usable + stats.splits[SW_SPLIT_VAL].usable, 20);
    cr_expect_eq(stats.remark_count, 0);
    sw_stats_deinit(&stats);
}
