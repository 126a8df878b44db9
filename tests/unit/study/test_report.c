/* What a page of several runs says: the text on top with and without seeds, differences, best marks, links.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "compare_case.h"
#include "report_data.h"
#include "report_pictures.h"
#include "run/gallery_scores.h"
#include "study/report.h"

TestSuite(report, .init = scratch_create, .fini = scratch_remove);

/* A run whose best border IoU is that figure. */
static void run_of(const char *name, const char *config, double figure)
{
    const double figures[] = {figure / 2, figure};
    char text[256];
    snprintf(text, sizeof text, "train: {epochs: 2, save_best: iou_border}\n%s", config);
    run_case_write(
        &(run_case){.folder = name, .config = text, .outcome = "done", .iou_border = figures, .epochs = 2});
}

/* The page of the runs as it is written; the caller frees it. */
static char *page_of(const char *const *names)
{
    const char *paths[MOST];
    int count = 0;
    for (; names[count]; count++) paths[count] = scratch_path(names[count]);
    sw_report_page page;
    char *text;
    size_t length;
    cr_assert_eq(sw_report(&page, paths, count, scratch_path("page.html"), SW_REPORT_BY_SIZE), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_fs_read(&text, &length, scratch_path("page.html"), 1 << 24), SW_OK);
    cr_expect_eq(length, page.bytes);
    cr_expect_not(page.linked);
    return text;
}

/* The section "Overview" alone; the caller frees it. */
static char *overview_of(const char *const *names)
{
    char *page = page_of(names), *from = strstr(page, "<section id=\"overview\""),
         *end = from ? strstr(from, "</section>") : NULL;
    cr_assert_not_null(end);
    char *overview = strndup(from, (size_t)(end - from));
    free(page);
    return overview;
}

static void expect_none(const char *text, const char *words)
{
    cr_expect_null(strstr(text, words), "'%s' in\n%s", words, text);
}

/* ---- differences and marks ---- */

Test(report, two_runs_have_their_difference_and_the_best_is_marked)
{
    run_of("a", "", 0.2);
    run_of("b", "schedule: {gamma: 1}\n", 0.3);
    char *text = overview_of(NAMES("a", "b"));
    expect_words(text, "<strong>What differs:</strong> <code>schedule.gamma</code> 0.7 (A), 1 (B).</p>");
    expect_words(text, "<strong>B against A</strong>: border IoU +0.1000, from 0.2000 to 0.3000");
    expect_words(text, ">border IoU</th><td>0.2000</td><td class=\"best\">0.3000<small>+0.1000</small></td>");
    expect_words(text,
                 ">validation loss</th><td>0.8000</td><td class=\"best\">0.7000<small>-0.1000</small></td>");
    expect_words(text, ">parameters</th><td>1,234,567</td><td>1,234,567</td>");
    expect_words(text, "A  a</th>");
    expect_none(text, "NaN");
    expect_none(text, "nan");
    free(text);
}

Test(report, many_keys_of_one_section_are_counted_and_long_values_left_to_the_table)
{
    run_of("a", "", 0.2);
    run_of("b",
           "optimizer: {kind: sgd, lr: 0.5, momentum: 0.25, weight_decay: 0.125, nesterov: true}\n"
           "data: {root: a/folder/whose/name/is/longer/than/what/a/sentence/takes}\n",
           0.3);
    char *text = overview_of(NAMES("a", "b"));
    expect_words(text, " more keys of <code>optimizer</code>");
    expect_words(text, "<code>data.root</code>;");
    expect_none(text, "than/what/a/sentence");
    free(text);
}

Test(report, what_does_not_compare_is_neither_subtracted_nor_marked)
{
    const double figures[] = {0.1, 0.5};
    run_of("a", "", 0.2);
    run_case_write(&(run_case){.folder = "b",
                               .config = "train: {epochs: 2, save_best: iou_border}\nseed: 1\n",
                               .outcome = "done",
                               .val_data = "other",
                               .iou_border = figures,
                               .epochs = 2});
    char *text = overview_of(NAMES("a", "b"));
    expect_words(text, "<strong>B against A</strong>: metrics are not comparable, see below.");
    expect_words(text, "validated on other images than a: metrics are not comparable");
    expect_words(text, ">border IoU</th><td>0.2000</td><td>0.5000</td>");
    expect_none(text, "one run each");
    expect_none(text, "spread of seeds");
    free(text);
}

Test(report, a_run_without_epochs_has_no_figures_to_tell_of)
{
    run_of("a", "", 0.2);
    run_case_write(&(run_case){.folder = "b", .config = "train: {epochs: 2}\n", .epochs = 0});
    char *text = overview_of(NAMES("a", "b"));
    expect_words(text, "<strong>B against A</strong>: no figures of both yet.");
    expect_none(text, "spread of seeds");
    expect_none(text, "seeds alone");
    expect_none(text, "one run each");
    free(text);
}

/* ---- seeds ---- */

/* Three seeds each of two configurations, as far apart as asked for. The deviation of each is 0.01. */
static void six_runs(const char *folder, double apart)
{
    char name[32], config[64];
    for (int s = 0; s < 3; s++) {
        snprintf(name, sizeof name, "%s/a%d", folder, s);
        snprintf(config, sizeof config, "seed: %d\n", s);
        run_of(name, config, 0.20 + 0.01 * s);
        snprintf(name, sizeof name, "%s/b%d", folder, s);
        snprintf(config, sizeof config, "seed: %d\nschedule: {gamma: 1}\n", s);
        run_of(name, config, 0.20 + apart + 0.01 * s);
    }
}

Test(report, one_run_each_cannot_tell)
{
    run_of("a", "seed: 0\n", 0.2);
    run_of("b", "seed: 1\nschedule: {gamma: 1}\n", 0.9);
    char *text = overview_of(NAMES("a", "b"));
    expect_words(text, "<code>seed</code> 0 (A), 1 (B)");
    expect_words(text, "<p>A, B: one run each, which cannot tell whether the configuration or the seed");
    expect_none(text, "the spread of seeds");
    expect_none(text, "Student");
    free(text);
}

/* With 4 degrees of freedom t is 2.776; means of three each: 2.776 * 0.01 * sqrt(2 / 3) = 0.0227. */
Test(report, means_over_seeds_are_beyond_their_spread_or_within)
{
    six_runs("sweep", 0.03);
    char *text = overview_of(NAMES("sweep/a0", "sweep/a1", "sweep/a2", "sweep/b0", "sweep/b1", "sweep/b2"));
    expect_words(text,
                 "border IoU +0.0300, from 0.2100 to 0.2400: <strong>beyond the spread of seeds</strong> "
                 "(\xC2\xB1"
                 "0.0227)");
    expect_words(text, "0.2400 \xC2\xB1"
                       "0.0100<small>+0.0300</small>");
    expect_words(text, "and 2 more seeds</th>");
    expect_none(text, "one run each");
    expect_none(text, "in the same folders");
    free(text);
    six_runs("near", 0.02);
    text = overview_of(NAMES("near/a0", "near/a1", "near/a2", "near/b0", "near/b1", "near/b2"));
    expect_words(text,
                 "border IoU +0.0200, from 0.2100 to 0.2300: <strong>within the spread of seeds</strong>");
    expect_none(text, "beyond");
    free(text);
}

/* Single runs are further apart by chance than means: 2.776 * 0.01 * sqrt(2) = 0.0393. */
Test(report, other_seeds_in_the_runs_folder_tell_how_far_single_runs_spread)
{
    six_runs("sweep", 0.04);
    run_of("sweep/else", "seed: 9\nschedule: {gamma: 0.5}\n", 0.9); /* of neither configuration */
    scratch_write("sweep/torn/config.yaml", "seed: [\n");
    scratch_write("sweep/torn/manifest.json", "{\n");
    char *text = overview_of(NAMES("sweep/a0", "sweep/b0"));
    expect_words(text, "<strong>beyond the spread of seeds</strong> (\xC2\xB1"
                       "0.0393)");
    expect_words(text, "For it 4 more runs with other seeds in the same folders were read.");
    expect_words(text, ">border IoU</th><td>0.2000</td><td class=\"best\">0.2400");
    free(text);
    six_runs("near", 0.035);
    text = overview_of(NAMES("near/a0", "near/b0"));
    expect_words(text, "<strong>within the spread of seeds</strong>");
    free(text);
}

/* One degree of freedom: t is 12.706, and B's single run counts for itself. The deviation is 0.0141. */
Test(report, two_seeds_of_one_of_them_are_little_to_go_by)
{
    run_of("a0", "seed: 0\n", 0.20);
    run_of("a1", "seed: 1\n", 0.22);
    run_of("b0", "seed: 0\nschedule: {gamma: 1}\n", 0.40);
    char *text = overview_of(NAMES("a0", "a1", "b0"));
    expect_words(text,
                 "border IoU +0.1900, from 0.2100 to 0.4000: <strong>within the spread of seeds</strong> "
                 "(\xC2\xB1"
                 "0.2201)");
    free(text);
}

Test(report, runs_of_one_configuration_are_not_set_against_each_other)
{
    run_of("a0", "seed: 0\n", 0.20);
    run_of("a1", "seed: 1\n", 0.22);
    char *text = overview_of(NAMES("a0", "a1"));
    expect_words(text, "The runs differ in their seed only:</strong> border IoU 0.2100 \xC2\xB1"
                       "0.0141");
    expect_words(text, "(mean and standard deviation of 2 runs)");
    expect_none(text, "against A</strong>");
    free(text);
}

/* ---- pictures inside or outside ---- */

Test(report, pictures_beyond_the_limit_are_not_put_inside_and_links_lead_from_the_page_to_the_run)
{
    run_of("runs/a b/1", "", 0.2);
    scratch_write("runs/a b/1/masks/x.png", "a picture");
    scratch_write("pages/old.html", "");
    const char *paths[] = {scratch_path("runs/a b/1")};
    run_list *runs = calloc(1, sizeof *runs);
    report_pictures pictures;
    sw_str out = {0};
    cr_assert_eq(run_list_open(runs, paths, 1), SW_OK, "%s", sw_error_message());
    cr_assert_eq(report_pictures_open(&pictures, runs, scratch_path("pages/page.html")), SW_OK);
    pictures.limit = 5;
    for (int i = 0; i < 2; i++)
        cr_assert_eq(report_picture(&out, &pictures, runs, 0, sw_strf("%s/masks/x.png", paths[0])), SW_OK);
    cr_expect_str_eq(out.text, "data:image/png;base64,YSBwaWN0dXJl");
    cr_expect(report_pictures_too_many(&pictures));
    sw_str_deinit(&out);
    pictures.linked = true;
    cr_assert_eq(report_picture(&out, &pictures, runs, 0, sw_strf("%s/masks/x.png", paths[0])), SW_OK);
    cr_expect_str_eq(out.text, "../runs/a%20b/1/masks/x.png");
    cr_expect_not(report_pictures_too_many(&pictures));
    sw_str_deinit(&out);
    report_pictures_close(&pictures);
    cr_assert_eq(report_pictures_open(&pictures, runs, scratch_path("runs/page.html")), SW_OK);
    cr_expect_str_eq(pictures.folders[0], "a%20b/1");
    report_pictures_close(&pictures);
    cr_assert_eq(report_pictures_open(&pictures, runs, scratch_path("runs/a b/1/page.html")), SW_OK);
    cr_expect_str_eq(pictures.folders[0], ".");
    report_pictures_close(&pictures);
    run_list_close(runs);
    free(runs);
}

/* An earlier version's run has whole pictures of its epochs, which are put into the page unread. */
Test(report, a_page_that_would_be_too_large_for_mail_links_its_pictures_unless_all_are_asked_for)
{
    enum { BYTES = 12 << 20 }; /* of a picture that is shown at first and by the slider */
    run_of("run", "", 0.2);
    scratch_write("run/grids/epoch_01.png", "");
    cr_assert_eq(truncate(scratch_path("run/grids/epoch_01.png"), BYTES), 0);
    const char *paths[] = {scratch_path("run")};
    sw_report_page page;
    cr_assert_eq(sw_report(&page, paths, 1, scratch_path("page.html"), SW_REPORT_BY_SIZE), SW_OK, "%s",
                 sw_error_message());
    cr_expect(page.linked && page.bytes < 1 << 20, "%zu", page.bytes);
    char *text;
    size_t length;
    cr_assert_eq(sw_fs_read(&text, &length, scratch_path("page.html"), 1 << 24), SW_OK);
    expect_words(text, "\"whole\":\"run/grids/epoch_01.png\"");
    expect_words(text, "src=\"run/grids/epoch_01.png\"");
    free(text);
    cr_assert_eq(sw_report(&page, paths, 1, scratch_path("page.html"), SW_REPORT_EMBED), SW_OK);
    cr_expect(!page.linked && page.bytes > 2 * (BYTES / 3 * 4), "%zu", page.bytes);
}

/* ---- figures of images ---- */

static sw_status scores_of(sw_gallery_scores *scores, const char *text)
{
    scratch_write("run/gallery/epoch_02.csv", text);
    return sw_gallery_scores_read(scores, scratch_path("run"), 2, "pixel_accuracy");
}

Test(report, scores_of_images_are_found_by_any_name)
{
    sw_gallery_scores scores;
    cr_assert_eq(scores_of(&scores, "name,iou,pixel_accuracy\nz,0.1,0.5\n\"a,\"\"b\"\"\",,0.25\nnone,1,\n"),
                 SW_OK, "%s", sw_error_message());
    cr_expect_eq(scores.count, 3);
    cr_expect_eq(sw_gallery_score_of(&scores, "z"), 0.5);
    cr_expect_eq(sw_gallery_score_of(&scores, "a,\"b\""), 0.25);
    cr_expect(isnan(sw_gallery_score_of(&scores, "none")));
    cr_expect(isnan(sw_gallery_score_of(&scores, "nobody")));
    sw_gallery_scores_deinit(&scores);
    cr_expect_eq(sw_gallery_scores_read(&scores, scratch_path("run"), 3, "pixel_accuracy"), SW_OK);
    cr_expect_eq(scores.count, 0);
}

Test(report, scores_that_no_run_wrote_are_refused_with_their_line)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"name,iou\na,1\n", "no column pixel_accuracy"}, {"", "no column pixel_accuracy"},
        {"name,pixel_accuracy\na,0.5\nb\n", "line 3"},   {"name,pixel_accuracy\na,half\n", "line 2"},
        {"name,pixel_accuracy\n\"a,0.5\n", "line 2"},    {"name,pixel_accuracy\n\"a\"b,0.5\n", "line 2"},
        {"name,pixel_accuracy\n,0.5\n", "line 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_gallery_scores scores;
        cr_expect_eq(scores_of(&scores, cases[i].text), SW_E_DATA, "%s", cases[i].text);
        cr_expect_not_null(strstr(sw_error_message(), cases[i].words), "%s", sw_error_message());
    }
}
