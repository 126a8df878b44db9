/* Statistics of a data folder: every kind of remark, and the figures. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "data/stats.h"
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
    sw_stats stats;
    const sw_data_config data = pets_at(make_folder());
    cr_assert_eq(sw_stats_collect(&stats, &data, 3), SW_OK, "%s", sw_error_message());
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
    sw_stats stats;
    const sw_data_config data = pets_at(make_folder());
    cr_assert_eq(sw_stats_collect(&stats, &data, 1), SW_OK);
    /* usable: small 8x8, wide 40x10, tall 20x30, empty 8x8 */
    cr_assert_eq(stats.width_px.low, 8);
    cr_assert_eq(stats.width_px.median, 20);
    cr_assert_eq(stats.width_px.high, 40);
    cr_assert_eq(stats.height_px.low, 8);
    cr_assert_eq(stats.height_px.median, 10);
    cr_assert_eq(stats.height_px.high, 30);
    for (int s = 0; s < 2; s++) {
        double sum = 0;
        for (int c = 0; c < stats.classes->count; c++) sum += stats.splits[s].class_fraction[c];
        cr_assert_float_eq(sum, 1, 1e-12);
    }
    /* test: three pictures of 64 pixels at 8 px; "empty" is all background, small has columns 3 + 3 + 2 of 8
     */
    const double *fraction = stats.splits[1].class_fraction;
    cr_assert(fraction[stats.classes->background] > 0.5 && fraction[stats.classes->background] < 0.65, "%f",
              fraction[stats.classes->background]);
    sw_stats_deinit(&stats);
}

Test(data_stats, one_list_suffices_and_none_is_a_failure)
{
    const char *root = make_folder();
    sw_data_config data = pets_at(root);
    sw_stats stats;
    cr_assert_eq(unlink(pets_folder_path(root, "annotations/trainval.txt")), 0);
    cr_assert_eq(sw_stats_collect(&stats, &data, 1), SW_OK);
    cr_assert_eq(stats.splits[0].present, 0);
    cr_assert_eq(stats.splits[1].present, 1);
    cr_assert_eq(count_remarks(&stats, SW_REMARK_UNLISTED), 3);
    sw_stats_deinit(&stats);
    cr_assert_eq(unlink(pets_folder_path(root, "annotations/test.txt")), 0);
    cr_assert_eq(sw_stats_collect(&stats, &data, 1), SW_E_CONFIG);
    data.root = scratch_path("nowhere");
    cr_assert_eq(sw_stats_collect(&stats, &data, 1), SW_E_CONFIG);
}
