/* The line over the pictures of an epoch. */
#ifndef RUN_EPOCH_TITLE_H
#define RUN_EPOCH_TITLE_H

#include <stddef.h>

#include "run/records.h"

/* Writes "Epoch: 07, Accuracy[Pixel: 0.8828, IoU: 0.7524, Custom IoU: 0.6543]" of the epoch's row, as the
 * article does for its data; for all other data the three are "Pixel", "mIoU" and "Class". Without a row
 * (NULL) there are no figures; epoch 0 is before training. */
void sw_epoch_title(char *out, size_t bytes, int epoch, const sw_columns *columns,
                    const sw_epoch_record *row);

#endif
