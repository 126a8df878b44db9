/* Draws the prediction grid: cairo for the type, plain stores for the images, so that each pixel is exactly
 * what the network saw. */
#include "exp/grid.h"

#include <assert.h>
#include <cairo.h>
#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"

enum {
    MIN_IMAGE_PX = 128,
    MIN_CONTENT_PX = 480, /* a title needs some room even over few images */
    GAP_PX = 2,
    PANELS = 3,
    MAX_SIDE_PX = 32767, /* of a cairo image */
};

static const char font_family[] = "DejaVu Sans";
static const uint32_t paper_rgb = 0xFFFFFF, ink_rgb = 0x1B1F24, faint_ink_rgb = 0x57606A,
                      frame_rgb = 0x8C959F;

/* ---- colours ---- */

/* Neighbours differ in lightness first and in hue second, so that they stay apart for every kind of colour
 * blindness and in grey print; after the third, Okabe and Ito's colours. */
static const uint32_t palette[] = {
    0xF0A030, /* pet: orange           */
    0x1F3A5F, /* background: dark blue */
    0xBFE2F6, /* border: pale blue     */
    0x009E73, /* bluish green          */
    0xCC79A7, /* reddish purple        */
    0x56B4E9, /* sky blue              */
    0xD55E00, /* vermilion             */
    0xF0E442, /* yellow                */
};

uint32_t sw_grid_class_rgb(int c)
{
    enum { COUNT = sizeof palette / sizeof palette[0] };
    assert(c >= 0);
    uint32_t rgb = palette[c % COUNT];
    /* more classes than colours: darker at each round */
    for (int round = c / COUNT; round > 0; round--)
        rgb = (rgb >> 16) * 2 / 3 << 16 | (rgb >> 8 & 0xFF) * 2 / 3 << 8 | (rgb & 0xFF) * 2 / 3;
    return rgb;
}

static void set_colour(cairo_t *cr, uint32_t rgb)
{
    cairo_set_source_rgb(cr, (rgb >> 16) / 255.0, (rgb >> 8 & 0xFF) / 255.0, (rgb & 0xFF) / 255.0);
}

/* ---- measures ---- */

typedef struct measures {
    int columns, scale, image_px; /* image_px: side in the picture */
    int panel_width, panel_height, content_width, margin;
    int title_px, caption_px, legend_px; /* type */
    int title_height, caption_height, legend_height, panel_gap;
} measures;

static sw_status too_large(const sw_grid_spec *spec)
{
    return sw_fail(SW_E_CONFIG,
                   "a grid of %d images of %d px in %d columns exceeds %d px a side; take fewer images",
                   spec->count, spec->size_px, spec->columns, MAX_SIDE_PX);
}

static sw_status measure(measures *m, const sw_grid_spec *spec)
{
    int64_t columns = spec->count < spec->columns ? spec->count : spec->columns;
    int64_t rows = (spec->count + columns - 1) / columns;
    int64_t scale = spec->size_px < MIN_IMAGE_PX ? (MIN_IMAGE_PX + spec->size_px - 1) / spec->size_px : 1;
    int64_t image = spec->size_px * scale;
    int64_t wide = columns * (image + GAP_PX) - GAP_PX, high = rows * (image + GAP_PX) - GAP_PX;
    if (wide > MAX_SIDE_PX || high > MAX_SIDE_PX) return too_large(spec);
    int content = wide > MIN_CONTENT_PX ? (int)wide : MIN_CONTENT_PX;
    int title =
        content / 40 > 16 ? content / 40 : 16; /* type grows with a picture that is shown scaled down */
    *m = (measures){.columns = (int)columns,
                    .scale = (int)scale,
                    .image_px = (int)image,
                    .panel_width = (int)wide,
                    .panel_height = (int)high,
                    .content_width = content,
                    .margin = title,
                    .title_px = title,
                    .caption_px = title * 3 / 4,
                    .legend_px = title * 2 / 3,
                    .title_height = title * 2,
                    .caption_height = title * 5 / 4,
                    .legend_height = title * 5 / 4,
                    .panel_gap = title * 2 / 3};
    return SW_OK;
}

/* ---- type ---- */

static void set_type(cairo_t *cr, int size_px, bool bold)
{
    cairo_select_font_face(cr, font_family, CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size_px);
}

static double text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

static void draw_text(cairo_t *cr, const char *text, double x, double baseline, uint32_t rgb)
{
    set_colour(cr, rgb);
    cairo_move_to(cr, x, baseline);
    cairo_show_text(cr, text);
}

/* Cuts the text at its end until it and an ellipsis fit. */
static void cut_to_width(char *text, cairo_t *cr, double width)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t length = strlen(text);
    while (length > 0 && text_width(cr, text) > width) {
        do length--;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80); /* whole characters */
        memcpy(text + length, ellipsis, sizeof ellipsis);
    }
}

static sw_status draw_title(cairo_t *cr, const char *title, const measures *m)
{
    static const int min_title_px = 11;
    char *text = sw_strf("%s   ", title); /* room for the ellipsis after the shortest cut */
    if (!text) return SW_E_MEMORY;
    text[strlen(title)] = '\0';
    int size = m->title_px;
    for (set_type(cr, size, true); size > min_title_px && text_width(cr, text) > m->content_width;)
        set_type(cr, --size, true);
    cut_to_width(text, cr, m->content_width);
    draw_text(cr, text, m->margin, m->margin + m->title_px, ink_rgb);
    free(text);
    return SW_OK;
}

/* Draws the legend from `top` on, in as many lines as it needs, and returns that number. */
static int draw_legend(cairo_t *cr, const sw_grid_spec *spec, const measures *m, int top)
{
    double x = m->margin;
    int lines = 1, swatch = m->legend_px;
    set_type(cr, m->legend_px, false);
    for (int c = 0; c < spec->classes; c++) {
        double entry = swatch * 1.5 + text_width(cr, spec->class_names[c]);
        if (x > m->margin && x + entry > m->margin + m->content_width) {
            x = m->margin;
            lines++;
        }
        int baseline = top + (lines - 1) * m->legend_height + m->legend_px;
        int y = baseline - swatch * 7 / 8;
        cairo_rectangle(cr, floor(x) + 0.5, y + 0.5, swatch - 1, swatch - 1);
        set_colour(cr, sw_grid_class_rgb(c));
        cairo_fill_preserve(cr);
        set_colour(cr, frame_rgb);
        cairo_set_line_width(cr, 1);
        cairo_stroke(cr);
        draw_text(cr, spec->class_names[c], floor(x) + swatch * 1.5, baseline, ink_rgb);
        x += entry + swatch * 1.5;
    }
    return lines;
}

/* ---- images ---- */

/* Colour of pixel `at` of an image, whose place in the picture is (x, y). */
typedef uint32_t (*pixel_rgb)(const uint8_t *image, size_t at, int classes, int x, int y);

static uint32_t photo_rgb(const uint8_t *image, size_t at, int classes, int x, int y)
{
    (void)classes, (void)x, (void)y;
    const uint8_t *rgb = image + 3 * at;
    return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

static uint32_t mask_rgb(const uint8_t *mask, size_t at, int classes, int x, int y)
{
    if (mask[at] < classes) return sw_grid_class_rgb(mask[at]);
    return (x + y) / 4 % 2 ? 0xB0B0B0 : 0x808080; /* no class: hatched */
}

static void fill_panel(cairo_surface_t *surface, const uint8_t *const *images, const sw_grid_spec *spec,
                       const measures *m, int left, int top, pixel_rgb colour)
{
    cairo_surface_flush(surface);
    unsigned char *pixels = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (int i = 0; i < spec->count; i++) {
        int x0 = left + i % m->columns * (m->image_px + GAP_PX);
        int y0 = top + i / m->columns * (m->image_px + GAP_PX);
        for (int y = 0; y < m->image_px; y++) {
            unsigned char *row = pixels + (size_t)(y0 + y) * stride;
            for (int x = 0; x < m->image_px; x++) {
                size_t at = (size_t)(y / m->scale) * (size_t)spec->size_px + (size_t)(x / m->scale);
                uint32_t rgb = colour(images[i], at, spec->classes, x, y);
                memcpy(row + (size_t)(x0 + x) * sizeof rgb, &rgb, sizeof rgb);
            }
        }
    }
    cairo_surface_mark_dirty(surface);
}

/* ---- the picture ---- */

typedef struct sink {
    FILE *stream;
    int error; /* errno of the first failed write */
} sink;

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int length)
{
    sink *to = closure;
    if (fwrite(data, 1, length, to->stream) == length) return CAIRO_STATUS_SUCCESS;
    if (!to->error) to->error = errno;
    return CAIRO_STATUS_WRITE_ERROR;
}

static sw_status write_png(const char *path, cairo_surface_t *surface)
{
    sw_fs_writer writer;
    sw_status status = sw_fs_writer_open(&writer, path);
    if (status != SW_OK) return status;
    sink to = {.stream = writer.stream};
    cairo_status_t result = cairo_surface_write_to_png_stream(surface, write_bytes, &to);
    if (result == CAIRO_STATUS_SUCCESS) return sw_fs_writer_commit(&writer);
    sw_fs_writer_discard(&writer);
    return sw_fail(SW_E_IO, "cannot write %s: %s", path,
                   to.error ? strerror(to.error) : cairo_status_to_string(result));
}

static sw_status draw(cairo_t *cr, cairo_surface_t *surface, const sw_grid_spec *spec, const measures *m)
{
    const struct {
        const char *caption;
        const uint8_t *const *images;
        pixel_rgb colour;
    } panels[PANELS] = {{"Inputs", spec->images, photo_rgb},
                        {"Ground truth", spec->truths, mask_rgb},
                        {"Prediction", spec->predictions, mask_rgb}};
    set_colour(cr, paper_rgb);
    cairo_paint(cr);
    sw_status status = draw_title(cr, spec->title, m);
    if (status != SW_OK) return status;
    int y = m->margin + m->title_height;
    for (int p = 0; p < PANELS; p++) {
        set_type(cr, m->caption_px, false);
        draw_text(cr, panels[p].caption, m->margin, y + m->caption_px, faint_ink_rgb);
        y += m->caption_height;
        fill_panel(surface, panels[p].images, spec, m, m->margin, y, panels[p].colour);
        y += m->panel_height + m->panel_gap;
    }
    draw_legend(cr, spec, m, y);
    return SW_OK;
}

/* A context on a new surface; destroyed together. *surface and the result are never NULL, but may be in
 * error. */
static cairo_t *canvas(cairo_surface_t **surface, int width, int height)
{
    *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(*surface);
    cairo_font_options_t *options = cairo_font_options_create();
    /* not the desktop's taste: same type on every screen */
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_ON);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
    return cr;
}

/* How many lines the legend takes, found by drawing it where nothing shows. */
static int count_legend_lines(const sw_grid_spec *spec, const measures *m)
{
    cairo_surface_t *surface;
    cairo_t *cr = canvas(&surface, 1, 1);
    int lines = draw_legend(cr, spec, m, 0);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return lines;
}

sw_status sw_grid_draw(const char *path, const sw_grid_spec *spec)
{
    assert(spec->count > 0 && spec->columns > 0 && spec->size_px > 0 && spec->classes > 0);
    sw_status status;
    measures m = {0};
    cairo_surface_t *surface = NULL;
    cairo_t *cr = NULL;
    SW_TRY(measure(&m, spec));
    int64_t width = m.content_width + 2 * (int64_t)m.margin;
    int64_t height = 2 * (int64_t)m.margin + m.title_height +
                     PANELS * ((int64_t)m.caption_height + m.panel_height + m.panel_gap) +
                     (int64_t)count_legend_lines(spec, &m) * m.legend_height - m.legend_px / 2;
    if (width > MAX_SIDE_PX || height > MAX_SIDE_PX) {
        status = too_large(spec);
        goto done;
    }
    cr = canvas(&surface, (int)width, (int)height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        status = sw_fail_alloc("picture of the grid", (size_t)(width * height * 4));
        goto done;
    }
    SW_TRY(draw(cr, surface, spec, &m));
    if (cairo_status(cr) != CAIRO_STATUS_SUCCESS) {
        status = sw_fail(SW_E_IO, "cannot draw %s: %s", path, cairo_status_to_string(cairo_status(cr)));
        goto done;
    }
    SW_TRY(write_png(path, surface));
done:
    if (cr) cairo_destroy(cr);
    if (surface) cairo_surface_destroy(surface);
    return status;
}

void sw_grid_cleanup(void)
{
    cairo_debug_reset_static_data();
    FcFini(); /* cairo finds its fonts through fontconfig */
}
