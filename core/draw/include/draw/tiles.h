/* Pictures of a run's grid images: a title over captioned panels (inputs, ground truth, prediction, ...),
 * each the same images in rows and columns, and a legend of the colours. */
#ifndef DRAW_TILES_H
#define DRAW_TILES_H

#include <stdint.h>

#include "base/classes.h"
#include "base/size.h"
#include "base/status.h"
#include "image/image.h"

typedef enum sw_tiles_panel {
    SW_TILES_INPUTS,
    SW_TILES_TRUTH,
    SW_TILES_PREDICTION,
    SW_TILES_ERROR,      /* where prediction and truth differ */
    SW_TILES_CONFIDENCE, /* from black, all classes alike, to white, certain */
    SW_TILES_PANELS
} sw_tiles_panel;

typedef struct sw_tiles_spec {
    const char *label; /* a line above the title; NULL: none */
    const char *title;
    int count, columns;           /* images and images a row; both > 0 */
    sw_size size;                 /* of an image */
    int scale;                    /* pixels a side for each of an image's; 0: as many as make its longer
                                     one 128 px or more */
    const uint8_t *const *images; /* count x (height, width, 3) RGB */
    const uint8_t *const
        *truths; /* count x (height, width) class numbers; others (ignored) are drawn hatched grey */
    const uint8_t *const *predictions; /* count x (height, width) class numbers */
    const uint8_t *const *confidences; /* count x (height, width), round(255 p) of the predicted class */
    const char *const *names;          /* (count) written under the images; NULL: not */
    const sw_classes *classes;
    const sw_tiles_panel *panels; /* from top to bottom; what none of them shows may be NULL above */
    int panel_count;              /* `panels` NULL: inputs, truth, prediction */
} sw_tiles_spec;

/* Gray of a confidence. */
uint32_t sw_tiles_confidence_rgb(uint8_t confidence, int classes);

/* Lists the flat colours of a picture, which a palette needs exactly: all but those of photographs,
 * confidences and the smooth edges of type. Writes them to `rgb`, which has room for classes->count +
 * SW_TILES_OTHER_FLAT, and returns their number. */
enum { SW_TILES_OTHER_FLAT = 8 };
int sw_tiles_flat_rgb(uint32_t *rgb, const sw_classes *classes);

/* Draws a PNG, written aside and renamed. Images are enlarged nearest; a title too wide shrinks, then is cut
 * with an ellipsis. The same spec gives the same bytes on one machine (type comes from its fonts).
 * SW_E_CONFIG: the picture would exceed 32,767 px a side; SW_E_IO: the file can't be written. */
sw_status sw_tiles_draw(const char *path, const sw_tiles_spec *spec) SW_NODISCARD;

/* Fails as sw_tiles_draw would if the picture is too large. Does not look at the pixels. */
sw_status sw_tiles_check(const sw_tiles_spec *spec) SW_NODISCARD;

/* The same picture in memory, RGB, within the limits of image/image.h (else SW_E_CONFIG). Specs that differ
 * only in label (both have one, or none), title and pixels give pictures of one size. */
sw_status sw_tiles_picture(sw_image *out, const sw_tiles_spec *spec) SW_NODISCARD;

/* Frees the caches of the drawing library, for leak checkers. Drawing again is possible. */
void sw_tiles_cleanup(void);

#endif
