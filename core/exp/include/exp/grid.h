/* The picture of an epoch: a title over three captioned panels (inputs, ground truth, prediction), each the
 * same images in rows and columns, and a legend of the classes' colours. */
#ifndef EXP_GRID_H
#define EXP_GRID_H

#include <stdint.h>

#include "base/status.h"

typedef struct sw_grid_spec {
    const char *title;
    int count, columns;           /* images and images a row; both > 0 */
    int size_px;                  /* side of an image */
    const uint8_t *const *images; /* count x (size, size, 3) RGB */
    const uint8_t *const
        *truths; /* count x (size, size) class numbers; others (ignored) are drawn hatched grey */
    const uint8_t *const *predictions; /* count x (size, size) class numbers */
    const char *const *class_names;    /* for the legend */
    int classes;
} sw_grid_spec;

/* Colour of a class as 0xRRGGBB, chosen to differ in lightness and to survive colour blindness; the first
 * three are those of pet, background and border. Any class number >= 0 has one. */
uint32_t sw_grid_class_rgb(int c);

/* Draws a PNG, written aside and renamed. Images under 128 px are enlarged by a whole factor, nearest; a
 * title too wide shrinks, then is cut with an ellipsis. The same spec gives the same bytes on one machine
 * (type comes from its fonts). SW_E_CONFIG: the picture would exceed 32,767 px a side; SW_E_IO: the file
 * can't be written. */
sw_status sw_grid_draw(const char *path, const sw_grid_spec *spec) SW_NODISCARD;

/* Frees what the drawing library caches for the process, for leak checkers; drawing again is fine. */
void sw_grid_cleanup(void);

#endif
