/* What every picture drawn with Cairo shares: ink, type, and the way into its file. */
#ifndef DRAW_LETTERING_H
#define DRAW_LETTERING_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SW_PAPER_RGB = 0xFFFFFF, SW_INK_RGB = 0x1B1F24, SW_FAINT_INK_RGB = 0x57606A };

/* The colour of what is drawn next; alpha 1 is opaque. */
void sw_lettering_colour(cairo_t *cr, uint32_t rgb, double alpha);

/* The type of the texts drawn and measured next. */
void sw_lettering_type(cairo_t *cr, double size_px, bool bold);

/* Pixels from a text's beginning to where the next would begin, in the type that is set. */
double sw_lettering_width(cairo_t *cr, const char *text);

/* anchor: 0 begins at x, 0.5 is centred on it, 1 ends there. */
void sw_lettering_draw(cairo_t *cr, const char *text, double x, double baseline, double anchor);

/* Where Cairo's bytes go: its stream functions take sw_lettering_write with a sink. */
typedef struct sw_lettering_sink {
    FILE *stream;
    int error; /* errno of the first failed write */
} sw_lettering_sink;

cairo_status_t sw_lettering_write(void *sink, const unsigned char *data, unsigned int length);

/* What went wrong, for "cannot write PATH: ...": the file's error, else Cairo's. */
const char *sw_lettering_failure(const sw_lettering_sink *sink, cairo_status_t status);

#endif
