#include "run/epoch_title.h"

#include <stdio.h>

void sw_epoch_title(char *out, size_t bytes, int epoch, double pixel_accuracy, double iou, double custom_iou)
{
    snprintf(out, bytes, "Epoch: %02d, Accuracy[Pixel: %.4f, IoU: %.4f, Custom IoU: %.4f]", epoch,
             pixel_accuracy, iou, custom_iou);
}

void sw_epoch_title_bare(char *out, size_t bytes, int epoch)
{
    snprintf(out, bytes, epoch ? "Epoch: %02d" : "Epoch: %02d, before training", epoch);
}
