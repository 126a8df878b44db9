/* The strongest channels of each level for the picture, and where in the validation pictures they are excited
 * most. */
#ifndef INSPECT_LEVELS_SEARCH_H
#define INSPECT_LEVELS_SEARCH_H

#include "inspect/channels.h"
#include "inspection.h"

enum { LEVEL_CHANNELS = 6, LEVEL_PATCHES = 8 };

typedef struct level_channels {
    const sw_node *node;
    int value;
    sw_shape shape; /* of one image */
    int count;
    sw_channel_strength channels[LEVEL_CHANNELS];
    float *maps; /* (count, H, W) of the picture */
    sw_peak peaks[LEVEL_CHANNELS][LEVEL_PATCHES];
} level_channels;

/* Looks at the picture that was computed last. `out` has an item for each level of the probe and is to be
 * freed, also after a failure. */
sw_status levels_look(level_channels *out, inspection *s) SW_NODISCARD;
void levels_free(level_channels *levels, int count);

/* Searches the validation pictures; *searched: how many. */
sw_status levels_search(level_channels *levels, inspection *s, int *searched) SW_NODISCARD;

#endif
