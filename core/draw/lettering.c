#include "lettering.h"

#include <errno.h>
#include <string.h>

void sw_lettering_colour(cairo_t *cr, uint32_t rgb, double alpha)
{
    cairo_set_source_rgba(cr, (rgb >> 16 & 0xFF) / 255.0, (rgb >> 8 & 0xFF) / 255.0, (rgb & 0xFF) / 255.0,
                          alpha);
}

void sw_lettering_type(cairo_t *cr, double size_px, bool bold)
{
    cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size_px);
}

double sw_lettering_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

void sw_lettering_draw(cairo_t *cr, const char *text, double x, double baseline, double anchor)
{
    cairo_move_to(cr, x - anchor * sw_lettering_width(cr, text), baseline);
    cairo_show_text(cr, text);
}

cairo_status_t sw_lettering_write(void *sink, const unsigned char *data, unsigned int length)
{
    sw_lettering_sink *to = sink;
    if (fwrite(data, 1, length, to->stream) == length) return CAIRO_STATUS_SUCCESS;
    if (!to->error) to->error = errno;
    return CAIRO_STATUS_WRITE_ERROR;
}

const char *sw_lettering_failure(const sw_lettering_sink *sink, cairo_status_t status)
{
    return sink->error ? strerror(sink->error) : cairo_status_to_string(status);
}
