/* Figures of what a trained network sees. */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include "setup/trained.h"

enum { SW_INSPECT_PICTURES = 256, SW_INSPECT_SAMPLES = 20 };

typedef struct sw_inspect_options {
    const char *out;        /* FILE.html: one page; else a folder, made where it is missing */
    const char *image;      /* picture to look at; NULL: the first one of validation */
    const char *class_name; /* NULL: the class predicted at the pixel */
    bool has_pixel;         /* else one inside what is predicted is chosen */
    int x, y;               /* of the picture as the network sees it */
    int pictures;           /* of validation, searched for patches, evenly spread; 0: none */
    const char *device;     /* overrides the experiment's; NULL: not */
} sw_inspect_options;

/* Draws the figures of an opened network, which it starts, and says how many there are: filters of the first
 * layer, channels of each level with what excites them, a pool and its unpool, the receptive field of a
 * pixel, how sure the network is, and what covering parts of the picture changes (docs/inspect.md). What a
 * network has no part for is left out, with a log line. The same weights, picture and options give the same
 * figures on one machine.
 *
 * SW_E_USAGE: a pixel outside the picture, a class that there is not, an output that would replace something.
 * SW_E_DATA, SW_E_IO: the picture can't be read; SW_E_CONFIG: nor the validation pictures. */
sw_status sw_inspect(int *figures, sw_trained *saved, const sw_inspect_options *options) SW_NODISCARD;

#endif
