/* Boundary F1 against a matrix of all distances in numpy, and on rows of pixels that can be read. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "nn/boundary.h"

enum { VOID = 255 };

/* Of each test. */
static sw_boundary boundary, other;

static void begin(void)
{
    cr_assert_eq(sw_boundary_init(&boundary, 3, VOID), SW_OK);
    cr_assert_eq(sw_boundary_init(&other, 3, VOID), SW_OK);
}

static void end(void)
{
    sw_boundary_deinit(&boundary);
    sw_boundary_deinit(&other);
}

TestSuite(boundary, .init = begin, .fini = end);

/* A disc of class 0 in a ring of class 2 on class 1. The caller frees. */
static uint8_t *rings(int width, int height, int cx, int cy, int inner, int outer)
{
    uint8_t *map = malloc((size_t)width * (size_t)height);
    cr_assert_not_null(map);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int d = (x - cx) * (x - cx) + (y - cy) * (y - cy);
            map[y * width + x] = d < inner * inner ? 0 : d < outer * outer ? 2 : 1;
        }
    return map;
}

/* Of the truth the first rows are ignored, and the ring where `hidden`. */
static void add_rings_ignoring(sw_boundary *to, int width, int height, const int truth[4],
                               const int predicted[4], int void_rows, bool hidden)
{
    uint8_t *t = rings(width, height, truth[0], truth[1], truth[2], truth[3]);
    uint8_t *p = rings(width, height, predicted[0], predicted[1], predicted[2], predicted[3]);
    for (int i = 0; i < width * height; i++)
        if (i < void_rows * width || (hidden && t[i] == 2)) t[i] = VOID;
    cr_assert_eq(sw_boundary_add(to, t, p, width, height), SW_OK);
    free(t);
    free(p);
}

static void add_rings(sw_boundary *to, int width, int height, const int truth[4], const int predicted[4])
{
    add_rings_ignoring(to, width, height, truth, predicted, 0, false);
}

Test(boundary, f1_is_that_of_a_pairwise_distance_matrix_in_numpy)
{
    /* Boundary pixels by 4 neighbours, D = sqrt of all pairwise squared distances between the class's true
     * (A) and predicted (B) boundary pixels, recall (D.min(1) <= tol).mean(), precision (D.min(0) <=
     * tol).mean(), tol = max(1, .0075*np.hypot(h, w)); the label maps as in rings(). */
    const double first[3] = {1.0, 0.637622149837, 0.866141732283}, first_mean = 0.834587960707;
    const double second[3] = {0.606123239891, 0.602790872304, 0.604330708661}, second_mean = 0.604414940286;
    add_rings(&boundary, 24, 20, (int[]){11, 9, 5, 7}, (int[]){12, 9, 5, 8});
    for (int c = 0; c < 3; c++)
        cr_assert_float_eq(sw_boundary_class_f1(&boundary, c), first[c], 1e-11, "class %d: %.12f", c,
                           sw_boundary_class_f1(&boundary, c));
    cr_assert_float_eq(sw_boundary_mean_f1(&boundary), first_mean, 1e-11);
    add_rings(&other, 200, 150, (int[]){90, 70, 40, 50}, (int[]){92, 71, 41, 49});
    for (int c = 0; c < 3; c++)
        cr_assert_float_eq(sw_boundary_class_f1(&other, c), second[c], 1e-11, "class %d", c);
    sw_boundary_merge(&boundary, &other);
    for (int c = 0; c < 3; c++)
        cr_assert_float_eq(sw_boundary_class_f1(&boundary, c), (first[c] + second[c]) / 2, 1e-11, "class %d",
                           c);
    cr_assert_float_eq(sw_boundary_mean_f1(&boundary), (first_mean + second_mean) / 2, 1e-11);
}

Test(boundary, f1_with_ignored_pixels_is_that_of_the_same_in_numpy)
{
    /* filled() and boundary_f1() of tests/golden/golden_metrics.py */
    const double rows[3] = {1.0, 0.644709757102, 0.866141732283}, ring[3] = {1.0, 1.0, 0.0};
    add_rings_ignoring(&boundary, 24, 20, (int[]){11, 9, 5, 7}, (int[]){12, 9, 5, 8}, 2, false);
    add_rings_ignoring(&other, 40, 30, (int[]){19, 14, 6, 10}, (int[]){21, 14, 7, 8}, 0, true);
    for (int c = 0; c < 3; c++) {
        cr_expect_float_eq(sw_boundary_class_f1(&boundary, c), rows[c], 1e-11, "class %d", c);
        cr_expect_float_eq(sw_boundary_class_f1(&other, c), ring[c], 1e-11, "class %d", c);
    }
}

Test(boundary, the_tolerance_grows_with_the_diagonal_from_one_pixel)
{
    cr_assert_eq(sw_boundary_tolerance_px(8, 8), 1.0);
    cr_assert_float_eq(sw_boundary_tolerance_px(300, 400), 3.75, 1e-12);
}

/* A letter a pixel: a, b, c for the classes 0, 1, 2; '.' for an ignored one. */
static void add_row(sw_boundary *to, const char *truth, const char *prediction)
{
    uint8_t maps[2][64];
    const char *const rows[] = {truth, prediction};
    const size_t width = strlen(truth);
    cr_assert(width == strlen(prediction) && width <= sizeof maps[0]);
    for (int m = 0; m < 2; m++)
        for (size_t i = 0; i < width; i++)
            maps[m][i] = rows[m][i] == '.' ? VOID : (uint8_t)(rows[m][i] - 'a');
    cr_assert_eq(sw_boundary_add(to, maps[0], maps[1], (int)width, 1), SW_OK);
}

static double mean_of_row(const char *truth, const char *prediction)
{
    sw_boundary_clear(&boundary);
    add_row(&boundary, truth, prediction);
    return sw_boundary_mean_f1(&boundary);
}

Test(boundary, one_pixel_away_matches_and_two_pixels_away_does_not)
{
    cr_assert_eq(mean_of_row("aaaabbbb", "aaabbbbb"), 1.0);
    cr_assert_eq(mean_of_row("aaaabbbb", "aabbbbbb"), 0.0);
}

Test(boundary, uniform_images_have_none_and_count_nowhere)
{
    cr_assert(isnan(mean_of_row("bbbbbb", "bbbbbb")));
    add_row(&boundary, "bbbbbb", "bbbaaa");
    cr_assert_eq(sw_boundary_class_f1(&boundary, 0), 0.0, "a boundary where there is none is wrong");
    cr_assert_eq(boundary.mean_images, 1);
    cr_assert(isnan(sw_boundary_class_f1(&boundary, 2)));
}

Test(boundary, a_single_pixel_and_an_image_all_void_are_fine)
{
    cr_assert(isnan(mean_of_row("c", "c")));
    cr_assert(isnan(mean_of_row("....", "abca")));
}

/* ---- ignored pixels; the tolerance is one pixel, and labels reach four pixels into them ---- */

Test(boundary, a_contour_hidden_by_an_ignored_band_is_found_anywhere_in_it_and_not_beside_it)
{
    cr_expect_eq(mean_of_row("aaaa....bbbb", "aaaaaabbbbbb"), 1.0, "in its middle");
    cr_expect_eq(mean_of_row("aaaa....bbbb", "aaaabbbbbbbb"), 1.0, "at one edge");
    cr_expect_eq(mean_of_row("aaaa....bbbb", "aaaaaaaabbbb"), 1.0, "at the other");
    cr_expect_eq(mean_of_row("aaaa....bbbb", "aaabbbbbbbbb"), 1.0, "within the tolerance beside it");
    cr_expect_eq(mean_of_row("aaaa....bbbb", "aabbbbbbbbbb"), 0.0, "farther off");
    cr_expect_eq(mean_of_row("aaaa....bbbb", "aaaaaaaaaaaa"), 0.0, "not at all");
}

Test(boundary, a_hole_of_ignored_pixels_is_no_contour)
{
    cr_expect(isnan(mean_of_row("aaa...aaa", "aaaaaaaaa")), "truth and prediction have none");
    cr_expect(isnan(mean_of_row("aaa...aaa", "aaabbbaaa")),
              "what is predicted inside is neither right nor wrong");
    cr_expect_eq(mean_of_row("aaa...aaaa", "aaaaaaaabb"), 0.0, "what is predicted beside it is wrong");
}

Test(boundary, deep_inside_ignored_pixels_nothing_is_known)
{
    /* twelve pixels wide: the labels of both sides reach four pixels in, and do not meet */
    cr_expect(isnan(mean_of_row("aa............bb", "aaaaaaaabbbbbbbb")));
    /* ten: nor do these */
    cr_expect(isnan(mean_of_row("aa..........bb", "aaaaaaabbbbbbb")));
    /* eight: they do, in the middle */
    cr_expect_eq(mean_of_row("aa........bb", "aaaaaabbbbbb"), 1.0);
}

Test(boundary, an_ignored_class_may_be_predicted_and_has_no_figure_itself)
{
    sw_boundary ignoring;
    const uint8_t truth[9] = {0, 0, 0, 2, 2, 2, 1, 1, 1}, same[9] = {0, 0, 0, 2, 2, 2, 1, 1, 1},
                  shifted[9] = {2, 2, 2, 2, 2, 1, 1, 1, 1};
    cr_assert_eq(sw_boundary_init(&ignoring, 3, 2), SW_OK);
    cr_assert_eq(sw_boundary_add(&ignoring, truth, same, 9, 1), SW_OK);
    cr_expect_eq(sw_boundary_class_f1(&ignoring, 0), 1.0);
    cr_expect_eq(sw_boundary_class_f1(&ignoring, 1), 1.0);
    cr_expect(isnan(sw_boundary_class_f1(&ignoring, 2)));
    sw_boundary_clear(&ignoring);
    cr_assert_eq(sw_boundary_add(&ignoring, truth, shifted, 9, 1), SW_OK);
    cr_expect_eq(sw_boundary_class_f1(&ignoring, 0), 0.0);
    cr_expect_eq(sw_boundary_class_f1(&ignoring, 1), 1.0);
    cr_expect(isnan(sw_boundary_class_f1(&ignoring, 2)));
    sw_boundary_deinit(&ignoring);
}
