/* A network under inspection, with the picture that it is shown. */
#ifndef INSPECT_INSPECTION_H
#define INSPECT_INSPECTION_H

#include "data/dataset.h"
#include "draw/figure.h"
#include "inspect/inspect.h"
#include "inspect/probe.h"

typedef struct inspected_figure {
    const char *id; /* begins its file's name: "filters", "level"; figures are numbered anyway */
    sw_figure figure;
} inspected_figure;

typedef struct inspection {
    const sw_inspect_options *options;
    const sw_experiment *x;
    sw_trained *saved;
    const sw_classes *classes; /* of the data set; a network may have more */
    int class_count;           /* of the network */
    sw_size size;              /* of what the network sees */
    sw_probe probe;
    int *fields;     /* by value of the probe's graph: side in px of what a px of it sees */
    sw_dataset *val; /* NULL: not needed */

    const char *picture_name;
    uint8_t *picture;     /* (height,width,3) */
    float *image;         /* the same as the network sees it */
    float *probabilities; /* (height,width,class_count) */
    uint8_t *labels;      /* (height,width) */
    int pixel_x, pixel_y, class_number;

    inspected_figure *figures;
    int figure_count;
    sw_arena arena; /* of texts */
} inspection;

/* Checks the pixel and the class that the options name. */
sw_status inspection_begin(inspection *s, sw_trained *saved, const sw_inspect_options *options) SW_NODISCARD;
/* Opens device, network, data and picture; predicts it and chooses pixel and class. */
sw_status inspection_open(inspection *s) SW_NODISCARD;
void inspection_close(inspection *s); /* accepts a zeroed one, and one half open */

/* Appends a figure; NULL when memory is out. Valid until the next one is added. */
sw_figure *inspection_add_figure(inspection *s, const char *id, int columns, int tile_px);

/* Marks the chosen pixel of the picture in a tile. */
void inspection_mark_pixel(const inspection *s, sw_figure *figure, sw_figure_tile *tile);

/* Turns pixels (n,H,W,3) of bytes into what the network sees. */
void inspection_to_image(const inspection *s, float *image, const uint8_t *picture);

/* Reads the values of the picture's forward pass; the caller frees *out. */
sw_status inspection_read(void **out, inspection *s, int value) SW_NODISCARD;

/* Computes the picture once more, where something else was computed since. */
sw_status inspection_forward(inspection *s) SW_NODISCARD;

/* "pet"; "class 4" where the data set has no name for it. */
const char *inspection_class_name(inspection *s, int class_number);

/* The figures, each in a file of its own (figures_*.c). */
sw_status inspect_filters(inspection *s) SW_NODISCARD;
sw_status inspect_levels(inspection *s) SW_NODISCARD;
sw_status inspect_pooling(inspection *s) SW_NODISCARD;
sw_status inspect_field(inspection *s) SW_NODISCARD;
sw_status inspect_sureness(inspection *s) SW_NODISCARD;
sw_status inspect_occlusion(inspection *s) SW_NODISCARD;

/* Refuses an output before the work; then writes the figures. */
sw_status inspection_check_out(const inspection *s) SW_NODISCARD;
sw_status inspection_write(inspection *s) SW_NODISCARD;

#endif
