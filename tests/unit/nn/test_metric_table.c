/* The table from which every column, order and title of a metric follows. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/metric_table.h"

static sw_classes three_classes(void)
{
    sw_classes classes = sw_classes_none();
    cr_assert(sw_classes_add(&classes, "thing") && sw_classes_add(&classes, "ground") &&
              sw_classes_add(&classes, "rim"));
    classes.background = 1;
    classes.border = 2;
    return classes;
}

/* The columns of each test. */
static sw_columns columns;

static void begin(const sw_classes *classes)
{
    sw_columns_deinit(&columns);
    cr_assert_eq(sw_columns_init(&columns, classes, NULL), SW_OK);
}

static void end(void)
{
    sw_columns_deinit(&columns);
}

TestSuite(metric_table, .fini = end);

static const sw_column *column(const char *key)
{
    const int at = sw_columns_find(&columns, key);
    cr_assert_geq(at, 0, "%s", key);
    return &columns.list[at];
}

Test(metric_table, every_column_has_a_key_of_its_own_a_label_and_a_place_in_the_promised_order)
{
    static const char *const first[] = {"lr",
                                        "train_loss",
                                        "val_loss",
                                        "pixel_accuracy",
                                        "iou",
                                        "custom_iou",
                                        "miou",
                                        "iou_thing",
                                        "iou_ground",
                                        "iou_rim",
                                        "border_recall",
                                        "article_pixel_accuracy",
                                        "images_per_second",
                                        "seconds"};
    const sw_classes classes = three_classes();
    begin(&classes);
    for (int i = 0; i < columns.count; i++) {
        cr_expect_eq(sw_columns_find(&columns, columns.list[i].key), i, "%s", columns.list[i].key);
        cr_expect(*columns.list[i].label);
    }
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) cr_expect_str_eq(columns.list[i].key, first[i]);
    cr_expect_str_eq(column("dice_rim")->label, "rim Dice");
    cr_expect_str_eq(column("iou")->label, "micro IoU", "nobody should take it for the mean");
    cr_expect_eq(sw_columns_find(&columns, "dice"), -1);
    cr_expect_eq(column("iou")->article, sw_columns_find(&columns, "article_iou"));
    cr_expect_eq(column("miou")->article, -1);
}

Test(metric_table, a_key_that_is_nearly_one_is_recognised)
{
    const sw_classes classes = three_classes();
    begin(&classes);
    cr_expect_str_eq(sw_columns_nearest(&columns, "iou_things"), "iou_thing");
    cr_expect_str_eq(sw_columns_nearest(&columns, "fwiou"), "fw_iou");
    cr_expect_null(sw_columns_nearest(&columns, "beauty"));
}

Test(metric_table, the_most_classes_there_may_be_have_columns_that_are_found)
{
    sw_classes classes = sw_classes_none();
    char name[SW_CLASS_NAME_BYTES];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int c = 0; c < SW_MAX_CLASSES; c++) {
        name[0] = (char)('A' + c % 26);
        name[1] = (char)('A' + c / 26);
        cr_assert(sw_classes_add(&classes, name));
    }
    classes.border = 0;
    begin(&classes);
    cr_expect_gt(columns.count, 5 * SW_MAX_CLASSES);
    for (int i = 0; i < columns.count; i++)
        cr_expect_eq(sw_columns_find(&columns, columns.list[i].key), i, "%s is not cut", columns.list[i].key);
    cr_expect_eq(sw_columns_find(&columns, ""), -1);
    cr_expect_eq(sw_columns_find(&columns, "zzz"), -1);
}

Test(metric_table, the_border_s_columns_are_there_only_where_a_class_is_the_border)
{
    sw_classes classes = three_classes();
    begin(&classes);
    const int one = sw_columns_find(&columns, "border_recall"),
              other = sw_columns_find(&columns, "recall_rim");
    cr_expect(one >= 0 && columns.list[one].same == other && columns.list[other].same == one);
    cr_expect(sw_column_is_headline(&columns, &columns.list[sw_columns_find(&columns, "iou_rim")]));
    cr_expect_not(sw_column_is_headline(&columns, &columns.list[sw_columns_find(&columns, "iou_thing")]));
    cr_expect_not(sw_column_is_score(&columns.list[one]), "a second name");
    classes.border = -1;
    begin(&classes);
    cr_expect_eq(sw_columns_find(&columns, "border_recall"), -1);
    cr_expect_not(sw_column_is_headline(&columns, &columns.list[sw_columns_find(&columns, "iou_rim")]));
}

/* Rows truth, columns prediction; those of an ignored class stay 0. */
static void evaluate(sw_evaluation *e, int ignored)
{
    static const uint64_t counts[3][3] = {{6, 1, 1}, {2, 20, 0}, {1, 1, 2}};
    cr_assert_eq(sw_evaluation_init(e, 3, ignored), SW_OK);
    e->loss = 0.5;
    e->soft_iou = 0.25;
    for (int c = 0; c < 3; c++) e->boundary.f1_images[c] = c != ignored;
    e->boundary.mean_images = 1;
    for (int t = 0; t < 3; t++)
        for (int p = 0; p < 3; p++)
            if (t != ignored) sw_confusion_add(&e->confusion, t, p, counts[t][p]);
}

Test(metric_table, what_was_not_validated_has_no_figures_and_what_was_has_all)
{
    const sw_classes classes = three_classes();
    sw_evaluation clean, article;
    begin(&classes);
    double *values = malloc((size_t)columns.count * sizeof *values);
    sw_measures m = {.classes = &classes, .lr = 1, .train_loss = 2, .images_per_second = 3, .seconds = 4};
    sw_columns_measure(values, &columns, &m);
    for (int i = 0; i < columns.count; i++) {
        const sw_metric_group group = columns.list[i].metric->group;
        cr_expect_eq(isnan(values[i]), group == SW_METRIC_VAL || group == SW_METRIC_ARTICLE, "%s",
                     columns.list[i].key);
    }
    evaluate(&clean, -1);
    evaluate(&article, -1);
    article.batch_iou = 0.75;
    m.clean = &clean;
    m.article = &article;
    sw_columns_measure(values, &columns, &m);
    for (int i = 0; i < columns.count; i++) cr_expect(isfinite(values[i]), "%s", columns.list[i].key);
    cr_expect_eq(values[sw_columns_find(&columns, "seconds")], 4);
    cr_expect_eq(values[sw_columns_find(&columns, "val_loss")], 0.5);
    cr_expect_eq(values[sw_columns_find(&columns, "custom_iou")], 0.25);
    cr_expect_eq(values[sw_columns_find(&columns, "article_iou")], 0.75);
    cr_expect_float_eq(values[sw_columns_find(&columns, "pixel_accuracy")], 28.0 / 34, 1e-12);
    cr_expect_float_eq(values[sw_columns_find(&columns, "iou_thing")], 6.0 / 11, 1e-12);
    /* recalls 6/8, 20/22, 2/4; IoUs 6/11, 20/24, 2/5 weighted by 8, 22 and 4 of 34 pixels */
    cr_expect_float_eq(values[sw_columns_find(&columns, "class_accuracy")],
                       (6.0 / 8 + 20.0 / 22 + 2.0 / 4) / 3, 1e-12);
    cr_expect_float_eq(values[sw_columns_find(&columns, "fw_iou")],
                       (8 * 6.0 / 11 + 22 * 20.0 / 24 + 4 * 2.0 / 5) / 34, 1e-12);
    sw_evaluation_deinit(&clean);
    sw_evaluation_deinit(&article);
    free(values);
}

Test(metric_table, an_ignored_class_has_no_figure_at_all)
{
    const sw_classes classes = three_classes();
    sw_evaluation clean;
    begin(&classes);
    double *values = malloc((size_t)columns.count * sizeof *values);
    evaluate(&clean, 2);
    const sw_measures m = {.classes = &classes, .clean = &clean};
    sw_columns_measure(values, &columns, &m);
    for (int i = 0; i < columns.count; i++)
        if (columns.list[i].metric->group == SW_METRIC_VAL)
            cr_expect_eq(isnan(values[i]), columns.list[i].c == 2, "%s", columns.list[i].key);
    cr_expect_float_eq(values[sw_columns_find(&columns, "miou")], (6.0 / 10 + 20.0 / 23) / 2, 1e-12);
    sw_evaluation_deinit(&clean);
    free(values);
}

Test(metric_table, captions_are_the_article_s_three_for_its_data_and_else_what_means_something)
{
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    const char *captions[SW_MAX_CAPTIONS];
    sw_classes classes = three_classes();
    cr_assert_eq(sw_metrics_captioned(metrics, captions, &classes), 3);
    cr_expect_str_eq(captions[0], "Pixel");
    cr_expect_str_eq(captions[1], "IoU");
    cr_expect_str_eq(captions[2], "Custom IoU");
    classes.border = -1;
    cr_assert_eq(sw_metrics_captioned(metrics, captions, &classes), 3);
    cr_expect_str_eq(captions[0], "Pixel");
    cr_expect_str_eq(captions[1], "mIoU");
    cr_expect_str_eq(captions[2], "Class");
    cr_expect_str_eq(metrics[2]->key, "class_accuracy");
}

Test(metric_table, several_losses_have_columns_by_their_names_behind_all_others_and_are_no_scores)
{
    const sw_classes classes = three_classes();
    const sw_loss_names losses = {.count = 2, .list = {"dice", "dice_2"}};
    begin(&classes);
    const int without = columns.count;
    sw_columns_deinit(&columns);
    cr_assert_eq(sw_columns_init(&columns, &classes, &losses), SW_OK);
    cr_assert_eq(columns.count, without + 4);
    static const char *const keys[] = {"train_loss_dice", "train_loss_dice_2", "val_loss_dice",
                                       "val_loss_dice_2"};
    for (int i = 0; i < 4; i++) {
        const sw_column *c = &columns.list[without + i];
        cr_expect_str_eq(c->key, keys[i]);
        cr_expect(c->metric->is_loss && c->metric->better == SW_BETTER_LOWER && c->loss == i % 2 &&
                  c->c == -1);
        cr_expect_not(sw_column_is_score(c));
    }
    cr_expect_str_eq(column("val_loss_dice_2")->label, "dice_2 validation loss");
    sw_evaluation clean;
    evaluate(&clean, -1);
    clean.losses[0] = 0.25;
    clean.losses[1] = 0.75;
    const sw_measures m = {.classes = &classes, .clean = &clean, .train_losses = {1, 2}};
    double *values = malloc((size_t)columns.count * sizeof *values);
    sw_columns_measure(values, &columns, &m);
    cr_expect(values[without] == 1 && values[without + 1] == 2 && values[without + 2] == 0.25 &&
              values[without + 3] == 0.75);
    sw_evaluation_deinit(&clean);
    free(values);
}
