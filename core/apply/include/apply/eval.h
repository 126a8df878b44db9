/* A trained network measured on a split of its data, as a whole and image by image. */
#ifndef APPLY_EVAL_H
#define APPLY_EVAL_H

#include "base/str.h"
#include "data/dataset.h"
#include "nn/metric_table.h"
#include "setup/trained.h"
#include "train/evaluate.h"

typedef struct sw_eval_options {
    sw_split split;
    bool flip;                          /* averages with the prediction of the mirrored images */
    const char *device;                 /* overrides the experiment's; NULL: not */
    const sw_progress_output *progress; /* NULL: none */
} sw_eval_options;

typedef struct sw_eval {
    const sw_trained *saved; /* borrowed, as are its names */
    sw_split split;
    bool flip;       /* as the options say */
    sw_dataset *val; /* the split's images */
    sw_evaluation clean;
    bool has_article;      /* unless train.article_every is 0 */
    sw_evaluation article; /* augmented as in the epoch after which the weights were saved */
    sw_columns columns;    /* of all figures below */
    double *figures;       /* (columns.count) */
    double *image_figures; /* (image_count, columns.count) in the order of the split */
    int image_count;
} sw_eval;

/* Starts the opened network and measures it as the training of its experiment does after an epoch: for the
 * weights of a run the figures are those that the run recorded. */
sw_status sw_eval_run(sw_eval *eval, sw_trained *saved, const sw_eval_options *options) SW_NODISCARD;
void sw_eval_deinit(sw_eval *eval); /* accepts a zeroed one */

/* Appends every figure as tables of 80 columns. */
void sw_eval_print(sw_str *out, const sw_eval *eval);

/* Appends what metrics.json holds. */
sw_status sw_eval_json(sw_str *out, const sw_eval *eval) SW_NODISCARD;

/* Writes metrics.json and per_image.csv into the folder, which is made where it is missing. A figure without
 * a denominator is null, or an empty cell. */
sw_status sw_eval_write(const sw_eval *eval, const char *folder) SW_NODISCARD;

#endif
