/* Metrics against numbers computed independently with numpy. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "count_pixels.h"
#include "nn/metrics.h"

/* rows truth, columns prediction; pet, background, border */
static const uint64_t example[3][3] = {{50, 7, 3}, {4, 200, 11}, {9, 6, 30}};

static sw_confusion example_confusion(void)
{
    sw_confusion confusion = sw_confusion_empty(3);
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++) confusion.counts[t][p] = example[t][p];
    return confusion;
}

static void assert_near(double got, double want, const char *what)
{
    cr_assert(fabs(got - want) < 1e-12, "%s: %.15g instead of %.15g", what, got, want);
}

Test(metrics, quotients_of_a_confusion_matrix_are_those_of_numpy)
{
    /* m = np.array([[50,7,3],[4,200,11],[9,6,30]], float); d = np.diag(m); r, c = m.sum(1), m.sum(0)
     * d.sum()/m.sum(); d/(r+c-d); d/c; d/r; 2*d/(r+c); (d/(r+c-d)).mean() */
    const double iou[3] = {0.68493150684931503, 0.8771929824561403, 0.50847457627118642};
    const double precision[3] = {0.79365079365079361, 0.93896713615023475, 0.68181818181818177};
    const double recall[3] = {0.83333333333333337, 0.93023255813953487, 0.66666666666666663};
    const double dice[3] = {0.81300813008130079, 0.93457943925233644, 0.6741573033707865};
    sw_confusion confusion = example_confusion();
    cr_assert_eq(sw_confusion_pixels(&confusion), 320);
    assert_near(sw_confusion_accuracy(&confusion), 0.875, "pixel accuracy");
    assert_near(sw_confusion_mean_iou(&confusion, -1), 0.69019968852554714, "mean IoU");
    for (int c = 0; c < 3; c++) {
        assert_near(sw_confusion_iou(&confusion, c), iou[c], "IoU");
        assert_near(sw_confusion_precision(&confusion, c), precision[c], "precision");
        assert_near(sw_confusion_recall(&confusion, c), recall[c], "recall");
        assert_near(sw_confusion_dice(&confusion, c), dice[c], "Dice");
    }
}

Test(metrics, micro_iou_drops_the_pixels_whose_truth_is_the_ignored_class)
{
    /* k = m.copy(); k[1] = 0; d = np.diag(k); u = k.sum(1)+k.sum(0)-d; d[[0,2]].sum()/u[[0,2]].sum() */
    sw_confusion confusion = example_confusion();
    assert_near(sw_confusion_micro_iou(&confusion, 1), 0.68376068376068377, "IoU as the article has it");
    assert_near(sw_confusion_micro_iou(&confusion, -1), 0.77777777777777779, "IoU of all classes");
    confusion.counts[1][0] += 1000; /* background taken for pet: this IoU does not see it */
    assert_near(sw_confusion_micro_iou(&confusion, 1), 0.68376068376068377, "IoU with false pets");
}

Test(metrics, pixels_are_counted_at_truth_and_prediction_and_ignored_ones_are_not)
{
    const uint8_t truth[] = {0, 1, 2, 2, 255, 3, 1, 0};
    const uint8_t prediction[] = {0, 2, 2, 1, 0, 0, 1, 1};
    const uint64_t want[3][3] = {{1, 1, 0}, {0, 0, 0}, {0, 1, 1}};
    sw_confusion all = sw_confusion_empty(3), some = sw_confusion_empty(3);
    count_pixels_add(&all, truth, prediction, sizeof truth, -1);
    cr_assert_eq(sw_confusion_pixels(&all), 6, "255 and 3 are no classes");
    count_pixels_add(&some, truth, prediction, sizeof truth, 1);
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++)
            cr_assert_eq(some.counts[t][p], want[t][p], "truth %d prediction %d", t, p);
    sw_confusion_merge(&some, &some);
    cr_assert_eq(sw_confusion_pixels(&some), 8);
}

Test(metrics, an_absent_class_has_no_figures_and_does_not_enter_the_mean)
{
    sw_confusion confusion = sw_confusion_empty(3);
    confusion.counts[0][0] = 3;
    confusion.counts[0][1] = 1;
    cr_assert(isnan(sw_confusion_iou(&confusion, 2)));
    cr_assert(isnan(sw_confusion_dice(&confusion, 2)));
    cr_assert(isnan(sw_confusion_recall(&confusion, 1)), "class 1 is never true");
    cr_assert_eq(sw_confusion_precision(&confusion, 1), 0.0, "but predicted, wrongly");
    cr_assert_eq(sw_confusion_iou(&confusion, 1), 0.0);
    assert_near(sw_confusion_mean_iou(&confusion, -1), 0.75 / 2, "mean over the two classes that occur");
}

Test(metrics, without_pixels_nothing_is_a_number)
{
    sw_confusion confusion = sw_confusion_empty(2);
    cr_assert(isnan(sw_confusion_accuracy(&confusion)));
    cr_assert(isnan(sw_confusion_micro_iou(&confusion, 1)));
    cr_assert(isnan(sw_confusion_mean_iou(&confusion, -1)));
    sw_boundary boundary = sw_boundary_empty(2);
    cr_assert(isnan(sw_boundary_class_f1(&boundary, 0)));
    cr_assert(isnan(sw_boundary_mean_f1(&boundary)));
}

/* ---- boundary F1 ---- */

/* A disc of class 0 in a ring of class 2 on class 1; the first rows void. The caller frees. */
static uint8_t *rings(int width, int height, int cx, int cy, int inner, int outer, int void_rows)
{
    uint8_t *map = malloc((size_t)width * (size_t)height);
    cr_assert_not_null(map);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int d = (x - cx) * (x - cx) + (y - cy) * (y - cy);
            int label = d < inner * inner ? 0 : d < outer * outer ? 2 : 1;
            map[y * width + x] = y < void_rows ? 255 : (uint8_t)label;
        }
    return map;
}

static void add_rings(sw_boundary *boundary, int width, int height, const int truth[5],
                      const int predicted[4])
{
    uint8_t *t = rings(width, height, truth[0], truth[1], truth[2], truth[3], truth[4]);
    uint8_t *p = rings(width, height, predicted[0], predicted[1], predicted[2], predicted[3], 0);
    cr_assert_eq(sw_boundary_add(boundary, t, p, width, height, 255), SW_OK);
    free(t);
    free(p);
}

Test(metrics, boundary_f1_is_that_of_a_pairwise_distance_matrix_in_numpy)
{
    /* Boundary pixels by 4 neighbours, D = sqrt of all pairwise squared distances between the class's true
     * (A) and predicted (B) boundary pixels, recall (D.min(1) <= tol).mean(), precision (D.min(0) <=
     * tol).mean(), tol = max(1, .0075*np.hypot(h, w)); the label maps as in rings(). */
    const double first[3] = {1.0, 0.555433589462, 0.854700854701}, first_mean = 0.803378148054;
    const double second[3] = {0.606123239891, 0.602790872304, 0.604330708661}, second_mean = 0.604414940286;
    sw_boundary boundary = sw_boundary_empty(3), other = sw_boundary_empty(3);
    add_rings(&boundary, 24, 20, (int[]){11, 9, 5, 7, 2}, (int[]){12, 9, 5, 8});
    for (int c = 0; c < 3; c++)
        cr_assert_float_eq(sw_boundary_class_f1(&boundary, c), first[c], 1e-11, "class %d: %.12f", c,
                           sw_boundary_class_f1(&boundary, c));
    cr_assert_float_eq(sw_boundary_mean_f1(&boundary), first_mean, 1e-11);
    add_rings(&other, 200, 150, (int[]){90, 70, 40, 50, 0}, (int[]){92, 71, 41, 49});
    for (int c = 0; c < 3; c++)
        cr_assert_float_eq(sw_boundary_class_f1(&other, c), second[c], 1e-11, "class %d", c);
    sw_boundary_merge(&boundary, &other);
    for (int c = 0; c < 3; c++)
        cr_assert_float_eq(sw_boundary_class_f1(&boundary, c), (first[c] + second[c]) / 2, 1e-11, "class %d",
                           c);
    cr_assert_float_eq(sw_boundary_mean_f1(&boundary), (first_mean + second_mean) / 2, 1e-11);
}

Test(metrics, the_boundary_tolerance_grows_with_the_diagonal_from_one_pixel)
{
    cr_assert_eq(sw_boundary_tolerance_px(8, 8), 1.0);
    cr_assert_float_eq(sw_boundary_tolerance_px(300, 400), 3.75, 1e-12);
}

static sw_boundary boundary_of_row(const uint8_t *truth, const uint8_t *prediction, int width)
{
    sw_boundary boundary = sw_boundary_empty(3);
    cr_assert_eq(sw_boundary_add(&boundary, truth, prediction, width, 1, 255), SW_OK);
    return boundary;
}

Test(metrics, a_boundary_one_pixel_away_matches_and_one_two_pixels_away_does_not)
{
    const uint8_t truth[8] = {0, 0, 0, 0, 1, 1, 1, 1}, near[8] = {0, 0, 0, 1, 1, 1, 1, 1};
    const uint8_t far[8] = {0, 0, 1, 1, 1, 1, 1, 1};
    sw_boundary one = boundary_of_row(truth, near, 8), two = boundary_of_row(truth, far, 8);
    cr_assert_eq(sw_boundary_mean_f1(&one), 1.0);
    cr_assert_eq(sw_boundary_mean_f1(&two), 0.0);
}

Test(metrics, uniform_images_have_no_boundary_and_count_nowhere)
{
    const uint8_t flat[6] = {1, 1, 1, 1, 1, 1}, split[6] = {1, 1, 1, 0, 0, 0};
    sw_boundary boundary = boundary_of_row(flat, flat, 6);
    cr_assert(isnan(sw_boundary_mean_f1(&boundary)));
    cr_assert_eq(sw_boundary_add(&boundary, flat, split, 6, 1, 255), SW_OK);
    cr_assert_eq(sw_boundary_class_f1(&boundary, 0), 0.0, "a boundary where there is none is wrong");
    cr_assert_eq(boundary.mean_images, 1);
    cr_assert(isnan(sw_boundary_class_f1(&boundary, 2)));
}

Test(metrics, a_single_pixel_and_an_image_all_void_are_fine)
{
    const uint8_t one = 2, nothing[4] = {255, 255, 255, 255}, any[4] = {0, 1, 2, 0};
    sw_boundary boundary = boundary_of_row(&one, &one, 1);
    cr_assert(isnan(sw_boundary_mean_f1(&boundary)));
    boundary = boundary_of_row(nothing, any, 4);
    cr_assert(isnan(sw_boundary_mean_f1(&boundary)));
}

Test(metrics, class_accuracy_and_weighted_iou_count_only_classes_that_occur)
{
    sw_confusion m = sw_confusion_empty(3);
    cr_expect(isnan(sw_confusion_class_accuracy(&m)) && isnan(sw_confusion_weighted_iou(&m)), "no pixels");
    /* class 2 is never true, only predicted */
    m.counts[0][0] = 3;
    m.counts[0][2] = 1;
    m.counts[1][1] = 6;
    m.counts[1][0] = 6;
    cr_expect_float_eq(sw_confusion_class_accuracy(&m), (3.0 / 4 + 6.0 / 12) / 2, 1e-12);
    cr_expect_float_eq(sw_confusion_weighted_iou(&m), (4 * 3.0 / 10 + 12 * 6.0 / 12) / 16, 1e-12);
}
