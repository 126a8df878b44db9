/* Confusion matrices from label maps, for tests: the program's come from the device. */
#ifndef COUNT_PIXELS_H
#define COUNT_PIXELS_H

#include <assert.h>

#include "nn/metrics.h"

/* Counts `pixels` pairs of labels. A pixel whose true label is `ignore_index` (-1: none) or no class at all
 * is left out; a prediction is a class (asserted). */
static inline void count_pixels_add(sw_confusion *confusion, const uint8_t *truth, const uint8_t *prediction,
                                    size_t pixels, int ignore_index)
{
    for (size_t i = 0; i < pixels; i++) {
        if (truth[i] == ignore_index || truth[i] >= confusion->classes) continue;
        assert(prediction[i] < confusion->classes);
        sw_confusion_add(confusion, truth[i], prediction[i], 1);
    }
}

#endif
