#include "nn/metric_table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fields.h"

/* ---- what is no plain member or function of a confusion matrix ---- */

static double micro_iou(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_micro_iou(&m->clean->confusion, m->classes->background);
}

static double mean_iou(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_mean_iou(&m->clean->confusion, m->clean->ignore_index);
}

static double mean_boundary_f1(const sw_measures *m, int c)
{
    (void)c;
    return sw_boundary_mean_f1(&m->clean->boundary);
}

static double boundary_f1(const sw_measures *m, int c)
{
    return sw_boundary_class_f1(&m->clean->boundary, c);
}

/* ---- the table ---- */

enum { IMAGE = SW_METRIC_OF_IMAGE, REPORT = SW_METRIC_IN_REPORT };

/* clang-format off */
#define OF_RUN(member)  .source = SW_METRIC_OF_RUN, .offset = offsetof(sw_measures, member)
#define OF_EVALUATION(member) .source = SW_METRIC_OF_EVALUATION, .offset = offsetof(sw_evaluation, member)
#define OF_CONFUSION(f) .source = SW_METRIC_OF_CONFUSION, .of_confusion = f
#define OF_CLASS(f)     .source = SW_METRIC_OF_CLASS, .of_class = f
#define TRAIN(k, text)  .key = k, .label = text, .group = SW_METRIC_TRAIN
#define TIME(k, text)   .key = k, .label = text, .group = SW_METRIC_TIME
#define SCORE(k, text)  .key = k, .label = text, .group = SW_METRIC_VAL, .better = SW_BETTER_HIGHER
#define CLASS(k, text)  SCORE(k, text), .per_class = true
#define ARTICLE(of, text) \
    .key = "article_" of, .label = text, .group = SW_METRIC_ARTICLE, .better = SW_BETTER_HIGHER, .article_of = of

/* Other tools rely on the order: new rows go to the end. */
const sw_metric sw_metric_table[] = {
    {TRAIN("lr", "learning rate"), OF_RUN(lr), .shown = REPORT},
    {TRAIN("train_loss", "training loss"), OF_RUN(train_loss), .better = SW_BETTER_LOWER, .is_loss = true,
     .shown = REPORT, .line = "loss %.4f"},
    {.key = "val_loss", .label = "validation loss", .group = SW_METRIC_VAL, OF_EVALUATION(loss),
     .better = SW_BETTER_LOWER, .is_loss = true, .shown = REPORT, .line = "val %.4f"},
    {SCORE("pixel_accuracy", "pixel accuracy"), OF_CONFUSION(sw_confusion_accuracy), .shown = IMAGE | REPORT,
     .line = "accuracy %.4f", .caption = "Pixel"},
    {SCORE("iou", "IoU"), .value = micro_iou, .shown = IMAGE | REPORT, .line = "IoU %.4f", .caption = "IoU"},
    {SCORE("custom_iou", "custom IoU"), OF_EVALUATION(soft_iou), .shown = IMAGE | REPORT,
     .caption = "Custom IoU"},
    {SCORE("miou", "mean IoU"), .value = mean_iou, .shown = IMAGE | REPORT},
    {CLASS("iou", "IoU"), OF_CLASS(sw_confusion_iou), .shown = IMAGE | REPORT, .line = " %.4f"},
    {SCORE("border_recall", "border recall"), OF_CLASS(sw_confusion_recall), .border_only = true},
    {ARTICLE("pixel_accuracy", "pixel accuracy, article's"), OF_EVALUATION(batch_accuracy),
     .line = "(article's %.4f)"},
    {TIME("images_per_second", "images/s"), OF_RUN(images_per_second), .better = SW_BETTER_HIGHER,
     .shown = REPORT, .line = "%.2f img/s"},
    {TIME("seconds", "seconds an epoch"), OF_RUN(seconds), .better = SW_BETTER_LOWER, .line = "%.0f s"},
    {ARTICLE("iou", "IoU, article's"), OF_EVALUATION(batch_iou)},
    {ARTICLE("custom_iou", "custom IoU, article's"), OF_EVALUATION(batch_soft_iou)},
    {SCORE("boundary_f1", "boundary F1"), .value = mean_boundary_f1, .shown = IMAGE | REPORT},
    {CLASS("precision", "precision"), OF_CLASS(sw_confusion_precision)},
    {CLASS("recall", "recall"), OF_CLASS(sw_confusion_recall)},
    {CLASS("dice", "Dice"), OF_CLASS(sw_confusion_dice)},
    {CLASS("boundary_f1", "boundary F1"), .value = boundary_f1},
    {SCORE("class_accuracy", "class accuracy"), OF_CONFUSION(sw_confusion_class_accuracy), .shown = REPORT},
    {SCORE("fw_iou", "frequency-weighted IoU"), OF_CONFUSION(sw_confusion_weighted_iou), .shown = REPORT},
};
/* clang-format on */
const int sw_metric_count = sizeof sw_metric_table / sizeof sw_metric_table[0];

double sw_metric_value(const sw_metric *metric, const sw_measures *m, int c)
{
    const sw_evaluation *e = metric->group == SW_METRIC_ARTICLE ? m->article : m->clean;
    double value;
    if (metric->source == SW_METRIC_OF_RUN) {
        memcpy(&value, (const char *)m + metric->offset, sizeof value);
        return value;
    }
    if (!e) return (double)NAN;
    switch (metric->source) {
    case SW_METRIC_OF_EVALUATION:
        memcpy(&value, (const char *)e + metric->offset, sizeof value);
        return value;
    case SW_METRIC_OF_CONFUSION:
        return metric->of_confusion(&e->confusion);
    case SW_METRIC_OF_CLASS:
        return metric->of_class(&e->confusion, c);
    default:
        return metric->value(m, c);
    }
}

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
    const bool named = class_name[0] != '\0';
    snprintf(column->key, sizeof column->key, "%s%s%s", metric->key, named ? "_" : "", class_name);
    snprintf(column->label, sizeof column->label, "%s%s%s", class_name, named ? " " : "", metric->label);
}

/* Links each second name with the column of the same metric of the same class. */
static void pair_second_names(sw_columns *columns)
{
    for (int i = 0; i < columns->count; i++)
        for (int k = 0; k < columns->count; k++) {
            const sw_column *one = &columns->list[i], *other = &columns->list[k];
            if (one->metric->border_only && k != i && one->c == other->c &&
                one->metric->of_class == other->metric->of_class) {
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

const char *sw_columns_nearest(const sw_columns *columns, const char *key)
{
    const char *keys[SW_MAX_COLUMNS + 1];
    for (int i = 0; i < columns->count; i++) keys[i] = columns->list[i].key;
    keys[columns->count] = NULL;
    return sw_nearest_word(key, keys);
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
    for (int i = 0; i < columns->count; i++)
        values[i] = sw_metric_value(columns->list[i].metric, measures, columns->list[i].c);
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
