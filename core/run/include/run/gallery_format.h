/* The validation images that are worth a look: the worst, the least certain, and those whose truth is
 * doubtful. A run keeps them in RUN/gallery for the epoch of its best weights:
 *
 *   epoch_NN.json   the epoch's confusion counts; of each list its images in order, with their figures
 *   epoch_NN.png    a row of four tiles an image: photograph, truth, prediction, confidence (gray)
 *   epoch_NN.csv    the figures of every validation image
 *
 * Each file is written aside and renamed, the JSON last: an epoch is there once its JSON is. */
#ifndef RUN_GALLERY_FORMAT_H
#define RUN_GALLERY_FORMAT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/classes.h"
#include "base/size.h"
#include "base/status.h"
#include "nn/metric_table.h"
#include "run/epoch_files.h"

enum { SW_GALLERY_LENGTH = 12, SW_GALLERY_TILES = 4, SW_GALLERY_FORMAT = 1 };

extern const sw_epoch_files sw_gallery_files;

typedef enum sw_gallery_list {
    SW_GALLERY_WORST,     /* lowest first score: pixel accuracy */
    SW_GALLERY_UNCERTAIN, /* lowest mean confidence */
    SW_GALLERY_DOUBTFUL,  /* highest confident_error plus the truth's border share above the median of all
                             images: the share of pixels where the truth may be wrong */
    SW_GALLERY_LISTS
} sw_gallery_list;

/* "worst", "uncertain", "doubtful" */
const char *sw_gallery_list_name(sw_gallery_list list);

/* Figures of an image: places in sw_gallery_figures. */
enum {
    SW_GALLERY_CONFIDENCE,      /* mean of the predicted class's softmax over the image */
    SW_GALLERY_CONFIDENT_ERROR, /* share of pixels that are wrong at a confidence of 0.9 or more */
    SW_GALLERY_BORDER,          /* share of pixels whose truth is border */
    SW_GALLERY_SCORE,           /* the first of the metrics with a caption (nn/metric_table.h) */
    SW_GALLERY_FIGURES = SW_GALLERY_SCORE + SW_MAX_CAPTIONS
};

/* NaN: not defined, such as the IoU of an image that is all background. */
typedef struct sw_gallery_figures {
    double values[SW_GALLERY_FIGURES];
} sw_gallery_figures;

typedef struct sw_gallery_figure {
    const char *key, *label; /* in the files; for people */
    int at;                  /* place in sw_gallery_figures */
} sw_gallery_figure;

/* The figures of a gallery of these classes in the order of the files; returns their number. */
int sw_gallery_list_figures(sw_gallery_figure out[SW_GALLERY_FIGURES], const sw_classes *classes);

typedef struct sw_gallery_item {
    const char *name;
    int row; /* of the sheet */
    sw_gallery_figures figures;
} sw_gallery_item;

typedef struct sw_gallery_view {
    int epoch; /* 0: the run has no gallery yet, or is of an earlier version, and all else is empty */
    int images, rows;
    sw_size size; /* of a tile */
    double border_median;
    sw_confusion confusion;
    sw_classes classes;
    sw_gallery_item items[SW_GALLERY_LISTS][SW_GALLERY_LENGTH];
    int counts[SW_GALLERY_LISTS];
    char *sheet; /* the PNG file's bytes; NULL: no rows */
    size_t sheet_bytes;
    sw_arena arena; /* holds the names */
} sw_gallery_view;

/* Reads the newest epoch's gallery of a run's folder. SW_E_IO, SW_E_DATA: one of its files is missing or not
 * what a run writes. */
sw_status sw_gallery_read(sw_gallery_view *out, const char *run) SW_NODISCARD;
void sw_gallery_view_deinit(sw_gallery_view *view); /* accepts a zeroed one */

#endif
