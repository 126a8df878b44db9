#include "nn/metric_table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"

/* ---- what is no plain member or function of a confusion matrix ---- */

static double micro_iou(const sw_measures *m, int c)
{
    (void)c;
    return sw_confusion_micro_iou(&m->clean->confusion, m->classes->background);
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
     .line = "accuracy %.4f", .caption = "Pixel", .article_caption = "Pixel"},
    {SCORE("iou", "micro IoU"), .value = micro_iou, .shown = IMAGE | REPORT, .article_caption = "IoU"},
    {SCORE("custom_iou", "custom IoU"), OF_EVALUATION(soft_iou), .shown = IMAGE | REPORT,
     .article_caption = "Custom IoU"},
    {SCORE("miou", "mean IoU"), OF_CONFUSION(sw_confusion_mean_iou), .shown = IMAGE | REPORT,
     .line = "mIoU %.4f", .caption = "mIoU"},
    {CLASS("iou", "IoU"), OF_CLASS(sw_confusion_iou), .shown = IMAGE | REPORT, .line = " %.4f"},
    {SCORE("border_recall", "border recall"), OF_CLASS(sw_confusion_recall), .border_only = true},
    {ARTICLE("pixel_accuracy", "pixel accuracy, article's"), OF_EVALUATION(batch_accuracy),
     .line = "(article's %.4f)"},
    {TIME("images_per_second", "images/s"), OF_RUN(images_per_second), .better = SW_BETTER_HIGHER,
     .shown = REPORT, .line = "%.2f img/s"},
    {TIME("seconds", "seconds an epoch"), OF_RUN(seconds), .better = SW_BETTER_LOWER, .line = "%.0f s"},
    {ARTICLE("iou", "micro IoU, article's"), OF_EVALUATION(batch_iou)},
    {ARTICLE("custom_iou", "custom IoU, article's"), OF_EVALUATION(batch_soft_iou)},
    {SCORE("boundary_f1", "boundary F1"), .value = mean_boundary_f1, .shown = IMAGE | REPORT},
    {CLASS("precision", "precision"), OF_CLASS(sw_confusion_precision)},
    {CLASS("recall", "recall"), OF_CLASS(sw_confusion_recall)},
    {CLASS("dice", "Dice"), OF_CLASS(sw_confusion_dice)},
    {CLASS("boundary_f1", "boundary F1"), .value = boundary_f1},
    {SCORE("class_accuracy", "class accuracy"), OF_CONFUSION(sw_confusion_class_accuracy), .shown = REPORT,
     .line = "class accuracy %.4f", .caption = "Class"},
    {SCORE("fw_iou", "frequency-weighted IoU"), OF_CONFUSION(sw_confusion_weighted_iou), .shown = REPORT},
    {TRAIN("train_loss", "training loss"), OF_RUN(train_losses), .better = SW_BETTER_LOWER, .is_loss = true,
     .per_loss = true},
    {.key = "val_loss", .label = "validation loss", .group = SW_METRIC_VAL, OF_EVALUATION(losses),
     .better = SW_BETTER_LOWER, .is_loss = true, .per_loss = true},
};
/* clang-format on */
const int sw_metric_count = sizeof sw_metric_table / sizeof sw_metric_table[0];

double sw_metric_value(const sw_metric *metric, const sw_measures *m, int c)
{
    const sw_evaluation *e = metric->group == SW_METRIC_ARTICLE ? m->article : m->clean;
    const size_t place = metric->offset + (metric->per_loss ? (size_t)c * sizeof(double) : 0);
    double value;
    if (metric->source == SW_METRIC_OF_RUN) {
        memcpy(&value, (const char *)m + place, sizeof value);
        return value;
    }
    if (!e) return (double)NAN;
    switch (metric->source) {
    case SW_METRIC_OF_EVALUATION:
        memcpy(&value, (const char *)e + place, sizeof value);
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

/* How many columns a metric has. */
static int columns_of(const sw_metric *metric, const sw_columns *columns)
{
    if (metric->border_only) return columns->classes.border >= 0 ? 1 : 0;
    if (metric->per_loss) return columns->losses.count;
    return metric->per_class ? columns->classes.count : 1;
}

/* Adds the i-th column of a metric. The name of its class or loss is part of the key. */
static sw_status add(sw_columns *columns, const sw_metric *metric, int i)
{
    const bool named = metric->per_class || metric->per_loss;
    const char *name = metric->per_class  ? columns->classes.list[i].name
                       : metric->per_loss ? columns->losses.list[i]
                                          : "";
    sw_column *column = &columns->list[columns->count];
    *column = (sw_column){.metric = metric,
                          .c = metric->border_only ? columns->classes.border
                               : metric->per_class ? i
                                                   : -1,
                          .loss = metric->per_loss ? i : -1,
                          .same = -1,
                          .article = -1};
    column->key = sw_arena_printf(&columns->arena, "%s%s%s", metric->key, named ? "_" : "", name);
    column->label = sw_arena_printf(&columns->arena, "%s%s%s", name, named ? " " : "", metric->label);
    if (!column->key || !column->label) return SW_E_MEMORY;
    columns->by_key[columns->count++] = column;
    return SW_OK;
}

static sw_status add_all(sw_columns *columns)
{
    for (int i = 0; i < sw_metric_count; i++) {
        const sw_metric *metric = &sw_metric_table[i];
        const int count = columns_of(metric, columns);
        for (int k = 0; k < count; k++) SW_ENSURE(add(columns, metric, k));
    }
    return SW_OK;
}

/* Links a second name with the column of the same metric of the same class. */
static void pair_second_name(sw_columns *columns, int at)
{
    sw_column *one = &columns->list[at];
    for (int i = 0; i < columns->count; i++) {
        sw_column *other = &columns->list[i];
        if (i == at || one->c != other->c || one->metric->of_class != other->metric->of_class) continue;
        one->same = i;
        other->same = at;
    }
}

static void link(sw_columns *columns)
{
    for (int i = 0; i < columns->count; i++) {
        const sw_metric *metric = columns->list[i].metric;
        const int of = metric->article_of ? sw_columns_find(columns, metric->article_of) : -1;
        if (of >= 0) columns->list[of].article = i;
        if (metric->border_only) pair_second_name(columns, i);
    }
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(sw_column *const *)a)->key, (*(sw_column *const *)b)->key);
}

sw_status sw_columns_init(sw_columns *out, const sw_classes *classes, const sw_loss_names *losses)
{
    sw_status status = SW_OK;
    size_t count = 0;
    *out = (sw_columns){.classes = *classes};
    if (losses) out->losses = *losses;
    for (int i = 0; i < sw_metric_count; i++) count += (size_t)columns_of(&sw_metric_table[i], out);
    out->list = sw_arena_alloc(&out->arena, count * sizeof *out->list);
    out->by_key = sw_arena_alloc(&out->arena, count * sizeof(sw_column *));
    if (!out->list || !out->by_key) SW_TRY(SW_E_MEMORY);
    SW_TRY(add_all(out));
    qsort(out->by_key, count, sizeof(sw_column *), compare_keys);
    link(out);
done:
    if (status != SW_OK) sw_columns_deinit(out);
    return status;
}

void sw_columns_deinit(sw_columns *columns)
{
    sw_arena_deinit(&columns->arena);
    *columns = (sw_columns){0};
}

int sw_columns_find(const sw_columns *columns, const char *key)
{
    const sw_column wanted = {.key = key}, *pointer = &wanted;
    if (columns->count == 0) return -1;
    sw_column *const *found =
        bsearch(&pointer, columns->by_key, (size_t)columns->count, sizeof(sw_column *), compare_keys);
    return found ? (int)(*found - columns->list) : -1;
}

const char *sw_columns_nearest(const sw_columns *columns, const char *key)
{
    const char **keys = calloc((size_t)columns->count + 1, sizeof *keys);
    if (!keys) return NULL;
    for (int i = 0; i < columns->count; i++) keys[i] = columns->list[i].key;
    const char *nearest = sw_nearest_word(key, keys);
    free(keys);
    return nearest;
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
        values[i] = sw_metric_value(column->metric, measures, column->loss >= 0 ? column->loss : column->c);
    }
}

int sw_metrics_captioned(const sw_metric *out[SW_MAX_CAPTIONS], const char *captions[SW_MAX_CAPTIONS],
                         const sw_classes *classes)
{
    const bool article = classes->border >= 0; /* no other data has one */
    int count = 0;
    for (int i = 0; i < sw_metric_count; i++) {
        const char *caption = article ? sw_metric_table[i].article_caption : sw_metric_table[i].caption;
        if (!caption) continue;
        assert(count < SW_MAX_CAPTIONS);
        if (captions) captions[count] = caption;
        out[count++] = &sw_metric_table[i];
    }
    return count;
}
