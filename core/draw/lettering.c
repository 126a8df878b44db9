#include "lettering.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

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

static double width_of_valid(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

/* A text that is not UTF-8, such as a file's name in Latin-1, would end the whole drawing. */
double sw_lettering_width(cairo_t *cr, const char *text)
{
    sw_str valid = {0};
    sw_utf8_append(&valid, text);
    const double width = width_of_valid(cr, sw_str_text(&valid));
    sw_str_deinit(&valid);
    return width;
}

void sw_lettering_draw(cairo_t *cr, const char *text, double x, double baseline, double anchor)
{
    sw_str valid = {0};
    sw_utf8_append(&valid, text);
    cairo_move_to(cr, x - anchor * width_of_valid(cr, sw_str_text(&valid)), baseline);
    cairo_show_text(cr, sw_str_text(&valid));
    sw_str_deinit(&valid);
}

void sw_lettering_hint(cairo_t *cr, cairo_hint_style_t style, cairo_hint_metrics_t metrics)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, style);
    cairo_font_options_set_hint_metrics(options, metrics);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
}

cairo_status_t sw_lettering_write(void *writer, const unsigned char *data, unsigned int length)
{
    sw_fs_writer *to = writer;
    if (fwrite(data, 1, length, to->stream) == length) return CAIRO_STATUS_SUCCESS;
    if (!to->cause) to->cause = errno;
    return CAIRO_STATUS_WRITE_ERROR;
}

sw_status sw_lettering_finish(sw_fs_writer *writer, cairo_status_t result, size_t bytes)
{
    /* of a failed write, the file itself knows more */
    if (result == CAIRO_STATUS_SUCCESS || ferror(writer->stream)) return sw_fs_writer_commit(writer);
    sw_status status =
        result == CAIRO_STATUS_NO_MEMORY
            ? sw_fail_alloc(writer->path, bytes)
            : sw_fail(SW_E_IO, "cannot write %s: %s", writer->path, cairo_status_to_string(result));
    sw_fs_writer_discard(writer);
    return status;
}

sw_status sw_lettering_image(sw_image *out, cairo_surface_t *surface)
{
    cairo_surface_flush(surface);
    SW_ENSURE(sw_image_init(out, cairo_image_surface_get_width(surface),
                            cairo_image_surface_get_height(surface), 3));
    const unsigned char *row = cairo_image_surface_get_data(surface);
    uint8_t *to = out->pixels;
    for (int y = 0; y < out->height; y++, row += cairo_image_surface_get_stride(surface))
        for (int x = 0; x < out->width; x++) {
            uint32_t rgb;
            memcpy(&rgb, row + (size_t)x * sizeof rgb, sizeof rgb);
            for (int shift = 16; shift >= 0; shift -= 8) *to++ = (uint8_t)(rgb >> shift);
        }
    return SW_OK;
}
