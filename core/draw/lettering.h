/* What every picture drawn with Cairo shares: ink, type, and how it gets into its file. */
#ifndef DRAW_LETTERING_H
#define DRAW_LETTERING_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"
#include "image/image.h"

enum { SW_PAPER_RGB = 0xFFFFFF, SW_INK_RGB = 0x1B1F24, SW_FAINT_INK_RGB = 0x57606A };

/* The colour of what is drawn next; alpha 1 is opaque. */
void sw_lettering_colour(cairo_t *cr, uint32_t rgb, double alpha);

/* The type of the texts drawn and measured next. */
void sw_lettering_type(cairo_t *cr, double size_px, bool bold);

/* Pixels from a text's beginning to where the next would begin, in the type that is set. */
double sw_lettering_width(cairo_t *cr, const char *text);

/* anchor: 0 begins at x, 0.5 is centred on it, 1 ends there. */
void sw_lettering_draw(cairo_t *cr, const char *text, double x, double baseline, double anchor);

/* Makes type look the same on every screen, whatever the desktop's settings. */
void sw_lettering_hint(cairo_t *cr, cairo_hint_style_t style, cairo_hint_metrics_t metrics);

/* What Cairo's stream functions take, with an open sw_fs_writer as their closure. */
cairo_status_t sw_lettering_write(void *writer, const unsigned char *data, unsigned int length);

/* Copies what was drawn on an RGB24 surface into a new picture of three channels. SW_E_MEMORY. */
sw_status sw_lettering_image(sw_image *out, cairo_surface_t *surface) SW_NODISCARD;

/* Ends the file that Cairo wrote with that result: gives it its name, or removes it. `bytes` are those of the
 * picture in memory. SW_E_IO, SW_E_MEMORY. */
sw_status sw_lettering_finish(sw_fs_writer *writer, cairo_status_t result, size_t bytes) SW_NODISCARD;

#endif
