/* Channels of an activation: which are strongest for an image, and which images excite them most. */
#ifndef INSPECT_CHANNELS_H
#define INSPECT_CHANNELS_H

#include "base/status.h"
#include "graph/graph.h"

/* How much a channel answers to an image. */
typedef struct sw_channel_strength {
    int channel;
    double mean; /* of the magnitudes over all pixels; by this they are ranked */
    float least, most;
} sw_channel_strength;

/* Finds the `count` strongest channels of one image's values (H,W,C), strongest first; of equal ones the
 * first comes first. Returns how many there are: fewer where the shape has fewer. */
int sw_channels_strongest(sw_channel_strength *out, int count, const float *values, sw_shape shape);

/* Copies a channel of one image's values (H,W,C) to out (H,W). */
void sw_channel_copy(float *out, const float *values, sw_shape shape, int channel);

/* The largest value of a channel in an image. */
typedef struct sw_peak {
    float value;
    int image; /* number of the image; -1: none yet */
    int y, x;  /* px of the activation; of equal ones the first in reading order */
} sw_peak;

/* Takes an image's largest value of a channel into the list of the `count` largest of different images,
 * largest first; of equal ones the earlier stays first. Images come in any order of numbers, each once. */
void sw_peaks_add(sw_peak *peaks, int count, const float *values, sw_shape shape, int channel, int image);

#endif
