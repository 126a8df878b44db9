/* The line over the pictures of an epoch. */
#ifndef RUN_EPOCH_TITLE_H
#define RUN_EPOCH_TITLE_H

#include <stddef.h>

/* "Epoch: 07, Accuracy[Pixel: 0.8828, IoU: 0.7524, Custom IoU: 0.6543]" */
void sw_epoch_title(char *out, size_t bytes, int epoch, double pixel_accuracy, double iou, double custom_iou);

/* Without figures: epoch 0 is before training. */
void sw_epoch_title_bare(char *out, size_t bytes, int epoch);

#endif
