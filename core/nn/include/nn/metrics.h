/* Segmentation metrics: all that follow from the confusion matrix, and boundary F1.
 *
 * Quotients without a denominator are NaN, never 0 or 1: a class that is nowhere has no recall. Means leave
 * NaN entries out and are NaN when nothing remains. */
#ifndef NN_METRICS_H
#define NN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "nn/config.h"

typedef struct sw_confusion {
    int classes;                                     /* 1..SW_MAX_CLASSES */
    uint64_t counts[SW_MAX_CLASSES][SW_MAX_CLASSES]; /* rows: truth, columns: prediction; pixels */
} sw_confusion;

sw_confusion sw_confusion_empty(int classes);

void sw_confusion_merge(sw_confusion *into, const sw_confusion *from); /* same number of classes (asserted) */

uint64_t sw_confusion_pixels(const sw_confusion *confusion);
uint64_t sw_confusion_row(const sw_confusion *confusion, int truth); /* pixels whose truth is that class */
double sw_confusion_accuracy(const sw_confusion *confusion);         /* correct / all; NaN without pixels */

/* Micro-averaged IoU without `ignored_class` (-1: none): pixels whose truth is that class are dropped, then
 * the sum over the other classes of diagonal / (row + column - diagonal). With 3 classes and ignored_class 1
 * this is torchmetrics' MulticlassJaccardIndex(3, average="micro", ignore_index=1), the article's "IoU". */
double sw_confusion_micro_iou(const sw_confusion *confusion, int ignored_class);

/* Of one class; NaN where the denominator is 0. */
double sw_confusion_iou(const sw_confusion *confusion, int c);       /* NaN: neither true nor predicted */
double sw_confusion_precision(const sw_confusion *confusion, int c); /* NaN: never predicted            */
double sw_confusion_recall(const sw_confusion *confusion, int c);    /* NaN: never true                 */
double sw_confusion_dice(const sw_confusion *confusion, int c);      /* NaN: neither true nor predicted */

/* Mean of the IoU over the classes that are true or predicted somewhere, without `ignored_class` (-1: none):
 * no pixel of an ignored class is counted as true, so that its IoU could only be 0. */
double sw_confusion_mean_iou(const sw_confusion *confusion, int ignored_class);

/* Mean of the recall over the classes that are true somewhere (the "class average accuracy" of the SegNet
 * papers). */
double sw_confusion_class_accuracy(const sw_confusion *confusion);

/* Sum over the classes of IoU times the share of pixels whose truth is the class ("frequency weighted IU" of
 * Long, Shelhamer, Darrell, "Fully convolutional networks for semantic segmentation", 2015). */
double sw_confusion_weighted_iou(const sw_confusion *confusion);

/* ---- boundary F1 (Csurka et al., "What is a good evaluation measure for semantic segmentation?", 2013) ----
 *
 * Per image and class: a pixel of the class is on its boundary when one of its 4 neighbours inside the image
 * has another label; the frame of the image is no boundary. Precision is the share of predicted boundary
 * pixels that have a true one of the class within the tolerance (Euclidean, between pixel centres), recall
 * the reverse, F1 = 2PR / (P + R), 0 where both are 0. A class with neither a true nor a predicted boundary
 * in an image is left out, as is an ignored one; with only one of the two its F1 is 0. The tolerance is
 * 0.0075 of the image's diagonal, at least 1 px. Pixels whose true label is ignored (or no class) are void in
 * truth and prediction alike: on no boundary, and no neighbour that would make one. */
typedef struct sw_boundary {
    int classes;
    double f1_sum[SW_MAX_CLASSES]; /* over images where the class counts */
    uint64_t f1_images[SW_MAX_CLASSES];
    double mean_sum; /* over images, of the mean over the classes that count */
    uint64_t mean_images;
} sw_boundary;

sw_boundary sw_boundary_empty(int classes);
double sw_boundary_tolerance_px(int width, int height);

/* Adds one image of label maps (height, width). SW_E_MEMORY when the working memory (2 bytes a pixel) is not
 * to be had. */
sw_status sw_boundary_add(sw_boundary *boundary, const uint8_t *truth, const uint8_t *prediction, int width,
                          int height, int ignore_index) SW_NODISCARD;
void sw_boundary_merge(sw_boundary *into, const sw_boundary *from);

double sw_boundary_class_f1(const sw_boundary *boundary, int c); /* mean over images; NaN: in no image */
double sw_boundary_mean_f1(const sw_boundary *boundary); /* mean over images of the mean over classes */

/* ---- one pass over a validation set, or one image ---- */

typedef struct sw_evaluation {
    sw_confusion confusion;
    sw_boundary boundary; /* empty where it was not asked for */
    int ignore_index;     /* label of pixels that are left out; -1: none */
    uint64_t images;
    double loss;     /* mean over images of their batch's loss */
    double soft_iou; /* IoU of softmax against truth, the article's custom IoU: mean over images */
    /* The article's way: a figure a batch, then the plain mean over batches whatever their sizes. */
    double batch_accuracy, batch_iou, batch_soft_iou;
} sw_evaluation;

#endif
