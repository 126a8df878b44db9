#include "run/epoch_title.h"

#include <stdio.h>

#include "run/judge.h"

void sw_epoch_title(char *out, size_t bytes, int epoch, const sw_columns *columns, const sw_epoch_record *row)
{
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    const char *captions[SW_MAX_CAPTIONS];
    const int count = row ? sw_metrics_captioned(metrics, captions, &columns->classes) : 0;
    size_t used = (size_t)snprintf(out, bytes, "Epoch: %02d%s", epoch,
                                   row     ? ", Accuracy["
                                   : epoch ? ""
                                           : ", before training");
    for (int i = 0; i < count && used < bytes; i++)
        used += (size_t)snprintf(out + used, bytes - used, "%s%s: %.4f%s", i ? ", " : "", captions[i],
                                 sw_epoch_figure(row, columns, metrics[i]->key), i == count - 1 ? "]" : "");
}
