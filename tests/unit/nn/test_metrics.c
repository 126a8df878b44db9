/* Metrics against numbers computed independently with numpy. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/classes.h"
#include "count_pixels.h"
#include "nn/metrics.h"

/* The matrix of each test. */
static sw_confusion m;

static void begin(int classes, int ignored)
{
    cr_assert_eq(sw_confusion_init(&m, classes, ignored), SW_OK);
}

static void end(void)
{
    sw_confusion_deinit(&m);
}

TestSuite(metrics, .fini = end);

/* rows truth, columns prediction; pet, background, border */
static void begin_example(int ignored)
{
    static const uint64_t example[3][3] = {{50, 7, 3}, {4, 200, 11}, {9, 6, 30}};
    begin(3, ignored);
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++)
            if (t != ignored) sw_confusion_add(&m, t, p, example[t][p]);
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
    begin_example(-1);
    cr_assert_eq(sw_confusion_pixels(&m), 320);
    assert_near(sw_confusion_accuracy(&m), 0.875, "pixel accuracy");
    assert_near(sw_confusion_mean_iou(&m), 0.69019968852554714, "mean IoU");
    for (int c = 0; c < 3; c++) {
        assert_near(sw_confusion_iou(&m, c), iou[c], "IoU");
        assert_near(sw_confusion_precision(&m, c), precision[c], "precision");
        assert_near(sw_confusion_recall(&m, c), recall[c], "recall");
        assert_near(sw_confusion_dice(&m, c), dice[c], "Dice");
    }
}

Test(metrics, micro_iou_drops_the_pixels_whose_truth_is_the_class_left_out)
{
    /* k = m.copy(); k[1] = 0; d = np.diag(k); u = k.sum(1)+k.sum(0)-d; d[[0,2]].sum()/u[[0,2]].sum() */
    begin_example(-1);
    assert_near(sw_confusion_micro_iou(&m, 1), 0.68376068376068377, "IoU as the article has it");
    assert_near(sw_confusion_micro_iou(&m, -1), 0.77777777777777779, "IoU of all classes");
    sw_confusion_add(&m, 1, 0, 1000); /* background taken for pet: this IoU does not see it */
    assert_near(sw_confusion_micro_iou(&m, 1), 0.68376068376068377, "IoU with false pets");
}

Test(metrics, an_ignored_class_has_no_figures_and_being_taken_for_it_is_a_mistake_of_the_true_class)
{
    /* the example without its third row: d = 50, 200; r = 60, 215; c = 54, 207 */
    const double iou[2] = {50.0 / (60 + 54 - 50), 200.0 / (215 + 207 - 200)};
    const double recall[2] = {50.0 / 60, 200.0 / 215};
    begin_example(2);
    cr_assert_eq(m.ignored, 2);
    cr_assert_eq(sw_confusion_pixels(&m), 275);
    cr_expect(isnan(sw_confusion_iou(&m, 2)) && isnan(sw_confusion_dice(&m, 2)) &&
              isnan(sw_confusion_recall(&m, 2)) && isnan(sw_confusion_precision(&m, 2)));
    for (int c = 0; c < 2; c++) {
        assert_near(sw_confusion_iou(&m, c), iou[c], "IoU");
        assert_near(sw_confusion_recall(&m, c), recall[c], "recall");
    }
    assert_near(sw_confusion_accuracy(&m), 250.0 / 275, "pixel accuracy");
    assert_near(sw_confusion_mean_iou(&m), (iou[0] + iou[1]) / 2, "mean IoU");
    assert_near(sw_confusion_class_accuracy(&m), (recall[0] + recall[1]) / 2, "class accuracy");
    assert_near(sw_confusion_weighted_iou(&m), (60 * iou[0] + 215 * iou[1]) / 275, "weighted IoU");
    assert_near(sw_confusion_micro_iou(&m, 1), 50.0 / 60, "micro IoU without background");
}

Test(metrics, a_label_that_is_no_class_ignores_none)
{
    begin(3, 255);
    cr_assert_eq(m.ignored, -1);
}

Test(metrics, pixels_are_counted_at_truth_and_prediction_and_ignored_ones_are_not)
{
    const uint8_t truth[] = {0, 1, 2, 2, 255, 3, 1, 0};
    const uint8_t prediction[] = {0, 2, 2, 1, 0, 0, 1, 1};
    const uint64_t want[3][3] = {{1, 1, 0}, {0, 0, 0}, {0, 1, 1}};
    begin(3, -1);
    count_pixels_add(&m, truth, prediction, sizeof truth, -1);
    cr_assert_eq(sw_confusion_pixels(&m), 6, "255 and 3 are no classes");
    sw_confusion_clear(&m);
    count_pixels_add(&m, truth, prediction, sizeof truth, 1);
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++)
            cr_assert_eq(sw_confusion_at(&m, t, p), want[t][p], "truth %d prediction %d", t, p);
    sw_confusion_merge(&m, &m);
    cr_assert_eq(sw_confusion_pixels(&m), 8);
    cr_assert(m.truths[0] == 4 && m.truths[2] == 4 && m.predictions[1] == 4 && m.predictions[2] == 2);
}

Test(metrics, an_absent_class_has_no_figures_and_does_not_enter_the_mean)
{
    begin(3, -1);
    sw_confusion_add(&m, 0, 0, 3);
    sw_confusion_add(&m, 0, 1, 1);
    cr_assert(isnan(sw_confusion_iou(&m, 2)));
    cr_assert(isnan(sw_confusion_dice(&m, 2)));
    cr_assert(isnan(sw_confusion_recall(&m, 1)), "class 1 is never true");
    cr_assert_eq(sw_confusion_precision(&m, 1), 0.0, "but predicted, wrongly");
    cr_assert_eq(sw_confusion_iou(&m, 1), 0.0);
    assert_near(sw_confusion_mean_iou(&m), 0.75 / 2, "mean over the two classes that occur");
}

Test(metrics, without_pixels_nothing_is_a_number)
{
    begin(2, -1);
    cr_assert(isnan(sw_confusion_accuracy(&m)));
    cr_assert(isnan(sw_confusion_micro_iou(&m, 1)));
    cr_assert(isnan(sw_confusion_mean_iou(&m)));
    cr_assert(isnan(sw_confusion_class_accuracy(&m)) && isnan(sw_confusion_weighted_iou(&m)));
}

Test(metrics, class_accuracy_and_weighted_iou_count_only_classes_that_occur)
{
    begin(3, -1);
    /* class 2 is never true, only predicted */
    sw_confusion_add(&m, 0, 0, 3);
    sw_confusion_add(&m, 0, 2, 1);
    sw_confusion_add(&m, 1, 1, 6);
    sw_confusion_add(&m, 1, 0, 6);
    cr_expect_float_eq(sw_confusion_class_accuracy(&m), (3.0 / 4 + 6.0 / 12) / 2, 1e-12);
    cr_expect_float_eq(sw_confusion_weighted_iou(&m), (4 * 3.0 / 10 + 12 * 6.0 / 12) / 16, 1e-12);
}

Test(metrics, as_many_classes_as_there_may_be_are_counted_and_averaged)
{
    begin(SW_MAX_CLASSES, 7);
    double sum = 0;
    for (int c = 0; c < SW_MAX_CLASSES; c++) {
        if (c == 7 || c % 5 == 4) continue; /* ignored; nowhere true and never predicted */
        sw_confusion_add(&m, c, c, (uint64_t)c + 1);
        sw_confusion_add(&m, c, 7, 3); /* taken for the ignored class */
        sum += (c + 1.0) / (c + 4.0);
    }
    cr_expect_float_eq(sw_confusion_mean_iou(&m), sum / (SW_MAX_CLASSES - 1 - 51), 1e-12);
    cr_expect_float_eq(sw_confusion_class_accuracy(&m), sum / (SW_MAX_CLASSES - 1 - 51), 1e-12);
    cr_expect(isnan(sw_confusion_iou(&m, 7)) && isnan(sw_confusion_iou(&m, 4)));
}

/* ---- what is taken for what ---- */

Test(metrics, the_largest_mistakes_come_in_order)
{
    sw_mistake found[8];
    begin_example(-1);
    static const int want[6][3] = {{1, 2, 11}, {2, 0, 9}, {0, 1, 7}, {2, 1, 6}, {1, 0, 4}, {0, 2, 3}};
    cr_assert_eq(sw_confusion_mistakes(found, 8, &m), 6);
    for (int i = 0; i < 6; i++)
        cr_expect(found[i].truth == want[i][0] && found[i].prediction == want[i][1] &&
                      found[i].pixels == (uint64_t)want[i][2],
                  "number %d", i);
    cr_assert_eq(sw_confusion_mistakes(found, 2, &m), 2);
    cr_expect(found[0].pixels == 11 && found[1].pixels == 9);
    cr_expect(sw_confusion_taken_for(&m, 0) == 1 && sw_confusion_taken_for(&m, 1) == 2 &&
              sw_confusion_taken_for(&m, 2) == 0);
    sw_confusion_clear(&m);
    sw_confusion_add(&m, 1, 1, 5);
    sw_confusion_add(&m, 0, 1, 4);
    sw_confusion_add(&m, 0, 2, 4);
    cr_expect_eq(sw_confusion_taken_for(&m, 1), -1, "all right");
    cr_expect_eq(sw_confusion_taken_for(&m, 2), -1, "never true");
    cr_assert_eq(sw_confusion_mistakes(found, 8, &m), 2);
    cr_expect(found[0].prediction == 1 && found[1].prediction == 2, "equal ones by their classes");
}

/* ---- one pass over a validation set ---- */

Test(metrics, an_evaluation_is_empty_after_it_is_made_and_after_it_is_cleared)
{
    const uint8_t truth[6] = {0, 0, 0, 1, 1, 1}, prediction[6] = {0, 0, 1, 1, 1, 1};
    sw_evaluation e;
    cr_assert_eq(sw_evaluation_init(&e, 2, -1), SW_OK);
    for (int round = 0; round < 2; round++) {
        cr_expect(e.images == 0 && e.loss == 0 && isnan(sw_confusion_accuracy(&e.confusion)) &&
                  isnan(sw_boundary_mean_f1(&e.boundary)));
        e.images = 1;
        e.loss = e.soft_iou = 0.5;
        count_pixels_add(&e.confusion, truth, prediction, 6, -1);
        cr_assert_eq(sw_boundary_add(&e.boundary, truth, prediction, 6, 1), SW_OK);
        cr_expect_float_eq(sw_confusion_accuracy(&e.confusion), 5.0 / 6, 1e-12);
        cr_expect_eq(sw_boundary_mean_f1(&e.boundary), 1.0);
        sw_evaluation_clear(&e);
    }
    sw_evaluation_deinit(&e);
    sw_evaluation_deinit(&e);
}
