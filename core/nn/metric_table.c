#include "nn/metric_table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double lr(const sw_measures *m, int c)
{
    (void)c;
    return m->lr;
}

static double train_loss(const sw_measures *m, int c)
{
    (void)c;
    return m->train_loss;
}

static double images_per_second(const sw_measures *m, int c)
{
    (void)c;
    return m->images_per_second;
}

static double seconds(const sw_measures *m, int c)
{
    (void)c;
    return m->seconds;
}

/* ---- of the clean validation ---- */

static double val_loss(const sw_measures *m, int c)
{
    (void)c;
    return m->clean->loss;
}

static double accuracy(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_accuracy(&m->clean->confusion);
}

static double micro_iou(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_micro_iou(&m->clean->confusion, m->classes->background);
}

static double soft_iou(const sw_measures *m, int c)
{
    (void)c;
    return m->clean->soft_iou;
}

static double mean_iou(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_mean_iou(&m->clean->confusion, m->clean->ignore_index);
}

static double class_accuracy(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_class_accuracy(&m->clean->confusion);
}

static double weighted_iou(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_weighted_iou(&m->clean->confusion);
}

static double mean_boundary_f1(const sw_measures *m, int c)
{
    (void)c;
    return sw_boundary_mean_f1(&m->clean->boundary);
}

static double iou(const sw_measures *m, int c)
{
    return sw_confusion_iou(&m->clean->confusion, c);
}

static double precision(const sw_measures *m, int c)
{
    return sw_confusion_precision(&m->clean->confusion, c);
}

static double recall(const sw_measures *m, int c)
{
    return sw_confusion_recall(&m->clean->confusion, c);
}

static double dice(const sw_measures *m, int c)
{
    return sw_confusion_dice(&m->clean->confusion, c);
}

static double boundary_f1(const sw_measures *m, int c)
{
    return sw_boundary_f1(&m->clean->boundary, c);
}

/* ---- of the article's validation ---- */

static double article_accuracy(const sw_measures *m, int c)
{
    (void)c;
    return m->article->batch_accuracy;
}

static double article_iou(const sw_measures *m, int c)
{
    (void)c;
    return m->article->batch_iou;
}

static double article_soft_iou(const sw_measures *m, int c)
{
    (void)c;
    return m->article->batch_soft_iou;
}

/* ---- the table ---- */

enum { IMAGE = SW_METRIC_OF_IMAGE, REPORT = SW_METRIC_IN_REPORT };

/* clang-format off */
#define TRAIN(k, text)   .key = k, .label = text, .group = SW_METRIC_TRAIN
#define TIME(k, text)    .key = k, .label = text, .group = SW_METRIC_TIME
#define SCORE(k, text)   .key = k, .label = text, .group = SW_METRIC_VAL, .better = SW_BETTER_HIGHER
#define ARTICLE(of, text) \
    .key = "article_" of, .label = text, .group = SW_METRIC_ARTICLE, .better = SW_BETTER_HIGHER, .article_of = of

/* Other tools rely on the order: new rows go to the end. */
const sw_metric sw_metric_table[] = {
    {TRAIN("lr", "learning rate"), .shown = REPORT, .value = lr},
    {TRAIN("train_loss", "training loss"), .better = SW_BETTER_LOWER, .is_loss = true, .shown = REPORT,
     .line = "loss %.4f", .value = train_loss},
    {.key = "val_loss", .label = "validation loss", .group = SW_METRIC_VAL, .better = SW_BETTER_LOWER,
     .is_loss = true, .shown = REPORT, .line = "val %.4f", .value = val_loss},
    {SCORE("pixel_accuracy", "pixel accuracy"), .shown = IMAGE | REPORT, .line = "accuracy %.4f",
     .caption = "Pixel", .value = accuracy},
    {SCORE("iou", "IoU"), .shown = IMAGE | REPORT, .line = "IoU %.4f", .caption = "IoU", .value = micro_iou},
    {SCORE("custom_iou", "custom IoU"), .shown = IMAGE | REPORT, .caption = "Custom IoU", .value = soft_iou},
    {SCORE("miou", "mean IoU"), .shown = IMAGE | REPORT, .value = mean_iou},
    {SCORE("iou", "IoU"), .per_class = true, .shown = IMAGE | REPORT, .line = " %.4f", .value = iou},
    {SCORE("border_recall", "border recall"), .border_only = true, .value = recall},
    {ARTICLE("pixel_accuracy", "pixel accuracy, article's"), .line = "(article's %.4f)",
     .value = article_accuracy},
    {TIME("images_per_second", "images/s"), .better = SW_BETTER_HIGHER, .shown = REPORT,
     .line = "%.2f img/s", .value = images_per_second},
    {TIME("seconds", "seconds an epoch"), .better = SW_BETTER_LOWER, .line = "%.0f s", .value = seconds},
    {ARTICLE("iou", "IoU, article's"), .value = article_iou},
    {ARTICLE("custom_iou", "custom IoU, article's"), .value = article_soft_iou},
    {SCORE("boundary_f1", "boundary F1"), .shown = IMAGE | REPORT, .value = mean_boundary_f1},
    {SCORE("precision", "precision"), .per_class = true, .value = precision},
    {SCORE("recall", "recall"), .per_class = true, .value = recall},
    {SCORE("dice", "Dice"), .per_class = true, .value = dice},
    {SCORE("boundary_f1", "boundary F1"), .per_class = true, .value = boundary_f1},
    {SCORE("class_accuracy", "class accuracy"), .shown = REPORT, .value = class_accuracy},
    {SCORE("fw_iou", "frequency-weighted IoU"), .shown = REPORT, .value = weighted_iou},
};
/* clang-format on */
const int sw_metric_count = sizeof sw_metric_table / sizeof sw_metric_table[0];

const char *sw_metric_group_name(sw_metric_group group)
{
    static const char *const names[] = {"train", "val", "article", "time"};
    return names[group];
}

/* ---- columns ---- */

static void add(sw_columns *columns, const sw_metric *metric, int c, const char *class_name)
{
    assert(columns->count < SW_MAX_COLUMNS);
    sw_column *column = &columns->list[columns->count++];
    *column = (sw_column){.metric = metric, .c = c, .same = -1};
    const bool named = metric->per_class;
    snprintf(column->key, sizeof column->key, "%s%s%s", metric->key, named ? "_" : "",
             named ? class_name : "");
    snprintf(column->label, sizeof column->label, "%s%s%s", named ? class_name : "", named ? " " : "",
             metric->label);
}

/* Whatever else has the same value of the same class is the same figure. */
static void pair_second_names(sw_columns *columns)
{
    for (int i = 0; i < columns->count; i++)
        for (int k = 0; k < columns->count; k++) {
            const sw_column *one = &columns->list[i], *other = &columns->list[k];
            if (one->metric->border_only && k != i && one->c == other->c &&
                one->metric->value == other->metric->value) {
                columns->list[i].same = k;
                columns->list[k].same = i;
            }
        }
}

void sw_columns_init(sw_columns *out, const sw_classes *classes)
{
    out->count = 0;
    out->classes = *classes;
    for (int i = 0; i < sw_metric_count; i++) {
        const sw_metric *metric = &sw_metric_table[i];
        if (metric->border_only) {
            if (classes->border >= 0) add(out, metric, classes->border, "");
        } else if (metric->per_class) {
            for (int c = 0; c < classes->count; c++) add(out, metric, c, classes->list[c].name);
        } else {
            add(out, metric, -1, "");
        }
    }
    pair_second_names(out);
}

int sw_columns_find(const sw_columns *columns, const char *key)
{
    for (int i = 0; i < columns->count; i++)
        if (strcmp(columns->list[i].key, key) == 0) return i;
    return -1;
}

int sw_columns_article_of(const sw_columns *columns, int at)
{
    for (int i = 0; i < columns->count; i++) {
        const char *of = columns->list[i].metric->article_of;
        if (of && strcmp(of, columns->list[at].key) == 0) return i;
    }
    return -1;
}

bool sw_column_is_score(const sw_column *column)
{
    const sw_metric *metric = column->metric;
    return metric->group == SW_METRIC_VAL && !metric->is_loss && !metric->border_only;
}

bool sw_column_is_headline(const sw_columns *columns, const sw_column *column)
{
    return sw_column_is_score(column) && (!column->metric->per_class || column->c == columns->classes.border);
}

void sw_columns_measure(double *values, const sw_columns *columns, const sw_measures *measures)
{
    for (int i = 0; i < columns->count; i++) {
        const sw_column *column = &columns->list[i];
        const sw_metric_group group = column->metric->group;
        const bool absent = (group == SW_METRIC_VAL && !measures->clean) ||
                            (group == SW_METRIC_ARTICLE && !measures->article);
        values[i] = absent ? (double)NAN : column->metric->value(measures, column->c);
    }
}

int sw_metrics_captioned(const sw_metric *out[SW_MAX_CAPTIONS])
{
    int count = 0;
    for (int i = 0; i < sw_metric_count; i++)
        if (sw_metric_table[i].caption) {
            assert(count < SW_MAX_CAPTIONS);
            out[count++] = &sw_metric_table[i];
        }
    return count;
}
