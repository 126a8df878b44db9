/* Every metric of an epoch, described once: its key in the files, its label, which way is better and how it
 * is computed from a validation. The columns of metrics.csv and metrics.jsonl, train.save_best, early
 * stopping, curves, compare, eval, report, gallery and the trainer's line all come from this table: a new
 * metric is one row of metric_table.c and its test. */
#ifndef NN_METRIC_TABLE_H
#define NN_METRIC_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/classes.h"
#include "nn/metrics.h"

/* What the metrics of an epoch, or of one image, are computed from. */
typedef struct sw_measures {
    const sw_classes *classes;
    const sw_evaluation *clean;   /* NULL: nothing was validated, and what follows from it is NaN */
    const sw_evaluation *article; /* as the article validates; NULL: not done */
    double lr, train_loss, images_per_second, seconds; /* NaN: absent */
    double train_losses[SW_MAX_LOSSES];                /* of several losses each */
} sw_measures;

typedef enum sw_better { SW_BETTER_NEITHER = 0, SW_BETTER_HIGHER = 1, SW_BETTER_LOWER = -1 } sw_better;

/* Where a figure comes from; event files name their tags by it. */
typedef enum sw_metric_group {
    SW_METRIC_TRAIN,   /* the training steps */
    SW_METRIC_VAL,     /* the clean validation */
    SW_METRIC_ARTICLE, /* the article's: augmented images, averaged over batches */
    SW_METRIC_TIME,    /* the clock */
} sw_metric_group;

typedef enum sw_metric_source {
    SW_METRIC_COMPUTED, /* by its own function */
    SW_METRIC_OF_RUN,   /* a member of sw_measures; with per_loss the first of several, as below */
    SW_METRIC_OF_EVALUATION,
    SW_METRIC_OF_CONFUSION,
    SW_METRIC_OF_CLASS,
} sw_metric_source;

enum {
    SW_METRIC_OF_IMAGE = 1,  /* eval lists it for each image */
    SW_METRIC_IN_REPORT = 2, /* a column of the report's tables; if a score, a chart too */
};

typedef struct sw_metric {
    const char *key;   /* "iou"; a column of a class is "iou_<class>" */
    const char *label; /* in tables and texts: "mean IoU" */
    sw_metric_group group;
    sw_better better;
    bool is_loss;     /* comparable only between runs of the same loss */
    bool per_class;   /* a column a class, else one */
    bool per_loss;    /* a column for each of several losses, else none */
    bool border_only; /* a second name of a figure of the class that is the border; absent without one */
    unsigned shown;   /* SW_METRIC_OF_IMAGE | SW_METRIC_IN_REPORT */
    const char *line; /* printf format in the trainer's line an epoch; NULL: not there. Of a metric per class
                       * only the border's is there, after the name of the class */
    /* In the title of an epoch's pictures, "Pixel"; the gallery judges images by these. NULL: not there. The
     * article's own data have its three figures there, all other data those that mean something for them. */
    const char *caption, *article_caption;
    const char *article_of; /* the key whose article's figure this is; NULL */
    /* How it is computed; one of the four goes with `source`. */
    sw_metric_source source;
    size_t offset; /* of a double in sw_measures or sw_evaluation */
    double (*of_confusion)(const sw_confusion *confusion);
    double (*of_class)(const sw_confusion *confusion, int c);
    double (*value)(const sw_measures *m, int c); /* c: number of the class, else -1 */
} sw_metric;

/* Columns of the files, in their order. */
extern const sw_metric sw_metric_table[];
extern const int sw_metric_count;

/* The figure of a metric, of class or loss c where it has such; NaN where it is not defined (of an ignored
 * class, for one) or its source is absent. */
double sw_metric_value(const sw_metric *metric, const sw_measures *measures, int c);

/* "train", "val", "article", "time" */
const char *sw_metric_group_name(sw_metric_group group);

/* One column: a metric, or a metric of one class or one loss. */
typedef struct sw_column {
    const char *key, *label; /* "iou_border", "border IoU" */
    const sw_metric *metric;
    int c;       /* number of the class; -1: none */
    int loss;    /* number of the loss; -1: none */
    int same;    /* place of the column that holds the same figure under another key; -1: none */
    int article; /* place of the article's figure of this one; -1: none */
} sw_column;

typedef struct sw_columns {
    sw_classes classes;
    sw_loss_names losses;
    int count;
    sw_column *list;    /* in the order of the files */
    sw_column **by_key; /* in the order of their keys */
    sw_arena arena;     /* holds both, and the texts */
} sw_columns;

/* Makes all columns for these classes and losses (NULL: one loss alone): of a metric per class one for each,
 * so that many classes make more than a thousand. */
sw_status sw_columns_init(sw_columns *out, const sw_classes *classes,
                          const sw_loss_names *losses) SW_NODISCARD;
void sw_columns_deinit(sw_columns *columns); /* accepts a zeroed one */

/* The place of a column, or -1. */
int sw_columns_find(const sw_columns *columns, const char *key);

/* The key that was probably meant by one that no column has; NULL: none is near. */
const char *sw_columns_nearest(const sw_columns *columns, const char *key);

/* Whether the column is a score of the clean validation, by which runs are chosen and compared; times, losses
 * and second names are none. */
bool sw_column_is_score(const sw_column *column);

/* Whether it belongs into a short list of scores: those without a class, and the border's. */
bool sw_column_is_headline(const sw_columns *columns, const sw_column *column);

/* Computes values[0..count-1]. */
void sw_columns_measure(double *values, const sw_columns *columns, const sw_measures *measures);

/* The metrics in the captions of pictures of these classes, at most SW_MAX_CAPTIONS, with their captions
 * (which may be NULL); returns their number. */
enum { SW_MAX_CAPTIONS = 4 };
int sw_metrics_captioned(const sw_metric *out[SW_MAX_CAPTIONS], const char *captions[SW_MAX_CAPTIONS],
                         const sw_classes *classes);

#endif
