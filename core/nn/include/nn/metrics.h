/* Segmentation metrics: all that follow from the confusion matrix, and what one pass over a validation set
 * gives.
 *
 * Quotients without a denominator are NaN, never 0 or 1: a class that is nowhere has no recall. Means leave
 * NaN entries out and are NaN when nothing remains. No pixel of an ignored class is counted, so that none of
 * its figures is defined, and it is in no mean. Where a pixel that counts is taken for the ignored class,
 * that is an error of the pixel's own class, as in torchmetrics. */
#ifndef NN_METRICS_H
#define NN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "nn/boundary.h"
#include "nn/config.h"

typedef struct sw_confusion {
    int classes;           /* 1..SW_MAX_CLASSES */
    int ignored;           /* the class whose pixels are not counted; -1: none */
    uint64_t *counts;      /* (classes, classes), rows: truth, columns: prediction; pixels; owned */
    uint64_t *truths;      /* (classes) sums of the rows, in the same memory */
    uint64_t *predictions; /* (classes) sums of the columns, likewise */
} sw_confusion;

/* Begins without pixels. `ignored` may be -1 or a label that is no class: then no class is ignored. */
sw_status sw_confusion_init(sw_confusion *out, int classes, int ignored) SW_NODISCARD;
void sw_confusion_deinit(sw_confusion *confusion); /* accepts a zeroed one */
void sw_confusion_clear(sw_confusion *confusion);  /* as after init */

/* Count pixels: of one cell, or all of another matrix with the same number of classes (asserted). */
void sw_confusion_add(sw_confusion *confusion, int truth, int prediction, uint64_t pixels);
void sw_confusion_merge(sw_confusion *into, const sw_confusion *from);

/* Returns the pixels of class `truth` that were taken for class `prediction`. */
static inline uint64_t sw_confusion_at(const sw_confusion *confusion, int truth, int prediction)
{
    return confusion->counts[(size_t)truth * (size_t)confusion->classes + (size_t)prediction];
}

uint64_t sw_confusion_pixels(const sw_confusion *confusion);
double sw_confusion_accuracy(const sw_confusion *confusion); /* correct / all; NaN without pixels */

/* Micro-averaged IoU without the class `dropped` (-1: none): pixels whose truth is that class are dropped,
 * then the sum over the other classes of diagonal / (row + column - diagonal). With 3 classes and class 1
 * dropped this is torchmetrics' MulticlassJaccardIndex(3, average="micro", ignore_index=1), the article's
 * "IoU". */
double sw_confusion_micro_iou(const sw_confusion *confusion, int dropped);

/* Of one class; NaN where the denominator is 0, and of an ignored class. */
double sw_confusion_iou(const sw_confusion *confusion, int c);       /* NaN: neither true nor predicted */
double sw_confusion_precision(const sw_confusion *confusion, int c); /* NaN: never predicted            */
double sw_confusion_recall(const sw_confusion *confusion, int c);    /* NaN: never true                 */
double sw_confusion_dice(const sw_confusion *confusion, int c);      /* NaN: neither true nor predicted */

/* Mean of the IoU over the classes that are true or predicted somewhere. */
double sw_confusion_mean_iou(const sw_confusion *confusion);

/* Mean of the recall over the classes that are true somewhere (the "class average accuracy" of the SegNet
 * papers). */
double sw_confusion_class_accuracy(const sw_confusion *confusion);

/* Sum over the classes of IoU times the share of pixels whose truth is the class ("frequency weighted IU" of
 * Long, Shelhamer, Darrell, "Fully convolutional networks for semantic segmentation", 2015). */
double sw_confusion_weighted_iou(const sw_confusion *confusion);

/* ---- what is taken for what ---- */

/* Pixels of class `truth` that were taken for another class. */
typedef struct sw_mistake {
    int truth, prediction;
    uint64_t pixels; /* more than 0 */
} sw_mistake;

/* Finds the largest mistakes, at most `limit`, the largest first; equal ones by their classes. Returns how
 * many there are. */
int sw_confusion_mistakes(sw_mistake *out, int limit, const sw_confusion *confusion);

/* Returns the class that most of the class's pixels that are not right were taken for, or -1. */
int sw_confusion_taken_for(const sw_confusion *confusion, int truth);

/* ---- one pass over a validation set, or one image ---- */

/* The losses of a training that has several; none where it has one. */
enum { SW_LOSS_NAME_BYTES = 24 };

typedef struct sw_loss_names {
    int count;
    char list[SW_MAX_LOSSES][SW_LOSS_NAME_BYTES];
} sw_loss_names;

typedef struct sw_evaluation {
    sw_confusion confusion;
    sw_boundary boundary; /* empty where it was not asked for */
    uint64_t images;
    double loss;                  /* the sum of the losses by their weights in it; NaN: one of them is */
    double losses[SW_MAX_LOSSES]; /* each: its sum over all images by their weights / the sum of these, NaN
                                     where that is 0 */
    double soft_iou; /* IoU of softmax against truth, the article's custom IoU: mean over the images that have
                        a pixel that counts */
    /* The article's way: a figure a batch, then the plain mean over batches whatever their sizes. */
    double batch_accuracy, batch_iou, batch_soft_iou;
} sw_evaluation;

/* Begins without images. ignored: label that counts for nothing; -1: none. */
sw_status sw_evaluation_init(sw_evaluation *out, int classes, int ignored) SW_NODISCARD;
void sw_evaluation_deinit(sw_evaluation *evaluation); /* accepts a zeroed one */
void sw_evaluation_clear(sw_evaluation *evaluation);  /* as after init */

#endif
