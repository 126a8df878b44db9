/* Draws pictures of grid images: cairo for the type, plain stores for the images, so that each pixel is
 * exactly what the network saw. */
#include "draw/tiles.h"

#include <assert.h>
#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "lettering.h"
#include "tiles_legend.h"
#include "tiles_panels.h"

enum {
    MIN_IMAGE_PX = 128,
    MIN_CONTENT_PX = 480, /* a title needs some room even over few images */
    GAP_PX = 2,
    MAX_SIDE_PX = 32767, /* of a cairo image */
};

static const uint32_t hatch_rgb[2] = {TILES_HATCH_RGB, TILES_OTHER_HATCH_RGB};

static const char *const captions[SW_TILES_PANELS] = {[SW_TILES_INPUTS] = "Inputs",
                                                      [SW_TILES_TRUTH] = "Ground truth",
                                                      [SW_TILES_PREDICTION] = "Prediction",
                                                      [SW_TILES_ERROR] = "Errors",
                                                      [SW_TILES_CONFIDENCE] = "Confidence"};

/* ---- colours ---- */

uint32_t sw_tiles_confidence_rgb(uint8_t confidence, int classes)
{
    int least = (255 + classes / 2) / classes; /* what all classes alike would give */
    int above = confidence > least ? confidence - least : 0, range = least < 255 ? 255 - least : 1;
    return (uint32_t)(above * 255 / range) * 0x010101u;
}

int sw_tiles_flat_rgb(uint32_t *rgb, const sw_classes *classes)
{
    const uint32_t others[] = {TILES_RIGHT_RGB, TILES_WRONG_RGB, hatch_rgb[0],   hatch_rgb[1],
                               SW_PAPER_RGB,    SW_INK_RGB,      TILES_FRAME_RGB};
    int count = 0;
    for (int c = 0; c < classes->count; c++) rgb[count++] = classes->list[c].rgb;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) rgb[count++] = others[i];
    assert(count <= classes->count + SW_TILES_OTHER_FLAT);
    return count;
}

/* ---- measures ---- */

typedef struct measures {
    int columns, scale;
    sw_size image;   /* in the picture */
    int tile_height; /* with the name under it */
    int panel_width, panel_height, content_width, margin;
    int title_px, caption_px, legend_px, name_px; /* type */
    int label_height, title_height, caption_height, legend_height, panel_gap;
} measures;

static sw_status too_large(const sw_tiles_spec *spec)
{
    return sw_fail(
        SW_E_CONFIG,
        "a grid of %d images of %d x %d px in %d columns is more than a picture can be; take fewer or "
        "smaller images",
        spec->count, spec->size.width, spec->size.height, spec->columns);
}

static sw_status measure(measures *m, const sw_tiles_spec *spec)
{
    int64_t columns = spec->count < spec->columns ? spec->count : spec->columns;
    int64_t rows = (spec->count + columns - 1) / columns;
    int64_t scale = spec->scale ? spec->scale : 1;
    int longer = sw_size_longer(spec->size);
    if (!spec->scale && longer < MIN_IMAGE_PX) scale = (MIN_IMAGE_PX + longer - 1) / longer;
    int64_t image_width = spec->size.width * scale, image_height = spec->size.height * scale;
    int64_t wide = columns * (image_width + GAP_PX) - GAP_PX;
    int content = wide > MIN_CONTENT_PX ? (int)(wide < MAX_SIDE_PX ? wide : MAX_SIDE_PX) : MIN_CONTENT_PX;
    /* type grows with a picture that is shown scaled down */
    int title = content / 40 > 16 ? content / 40 : 16, name = image_width < MIN_IMAGE_PX ? 9 : 11;
    int64_t tile = image_height + (spec->names ? name * 3 / 2 : 0), high = rows * (tile + GAP_PX) - GAP_PX;
    if (wide > MAX_SIDE_PX || high > MAX_SIDE_PX) return too_large(spec);
    *m = (measures){.columns = (int)columns,
                    .scale = (int)scale,
                    .image = {.height = (int)image_height, .width = (int)image_width},
                    .tile_height = (int)tile,
                    .panel_width = (int)wide,
                    .panel_height = (int)high,
                    .content_width = content,
                    .margin = title,
                    .title_px = title,
                    .caption_px = title * 3 / 4,
                    .legend_px = title * 2 / 3,
                    .name_px = name,
                    .label_height = spec->label ? title * 3 / 2 : 0,
                    .title_height = title * 2,
                    .caption_height = title * 5 / 4,
                    .legend_height = title * 5 / 4,
                    .panel_gap = title * 2 / 3};
    return SW_OK;
}

static tiles_legend_place legend_place(const measures *m, int top)
{
    return (tiles_legend_place){.left = m->margin,
                                .top = top,
                                .width = m->content_width,
                                .type_px = m->legend_px,
                                .line_px = m->legend_height};
}

/* ---- type ---- */

static void draw_inked(cairo_t *cr, const char *text, double x, double baseline, uint32_t rgb)
{
    sw_lettering_colour(cr, rgb, 1);
    sw_lettering_draw(cr, text, x, baseline, 0);
}

/* Draws the text in a width, where it is too long cut at its end and with an ellipsis. */
static sw_status draw_cut(cairo_t *cr, const char *text, double width, double x, double baseline,
                          uint32_t rgb)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t length = strlen(text);
    char *cut = sw_strf("%s%s", text, ellipsis); /* for its room */
    if (!cut) return SW_E_MEMORY;
    cut[length] = '\0';
    while (length > 0 && sw_lettering_width(cr, cut) > width) {
        do length--;
        while (length > 0 && ((unsigned char)cut[length] & 0xC0) == 0x80); /* whole characters */
        memcpy(cut + length, ellipsis, sizeof ellipsis);
    }
    draw_inked(cr, cut, x, baseline, rgb);
    free(cut);
    return SW_OK;
}

/* Draws a line that fits into the picture's width: in smaller type, and where that is not enough, cut. */
static sw_status draw_line(cairo_t *cr, const char *line, int size, bool bold, int top, const measures *m)
{
    static const int min_px = 11;
    const int baseline = top + size;
    for (sw_lettering_type(cr, size, bold); size > min_px && sw_lettering_width(cr, line) > m->content_width;)
        sw_lettering_type(cr, --size, bold);
    return draw_cut(cr, line, m->content_width, m->margin, baseline, SW_INK_RGB);
}

/* ---- images ---- */

/* Colour of pixel `at` of image i, whose place in the picture is (x, y). */
typedef uint32_t (*pixel_rgb)(const sw_tiles_spec *spec, int i, size_t at, int x, int y);

static uint32_t class_rgb(const sw_tiles_spec *spec, uint8_t label, int x, int y)
{
    return label < spec->classes->count ? spec->classes->list[label].rgb
                                        : hatch_rgb[(x + y) / 4 % 2]; /* no class */
}

static uint32_t input_rgb(const sw_tiles_spec *spec, int i, size_t at, int x, int y)
{
    (void)x, (void)y;
    const uint8_t *rgb = spec->images[i] + 3 * at;
    return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

static uint32_t truth_rgb(const sw_tiles_spec *spec, int i, size_t at, int x, int y)
{
    return class_rgb(spec, spec->truths[i][at], x, y);
}

static uint32_t prediction_rgb(const sw_tiles_spec *spec, int i, size_t at, int x, int y)
{
    return class_rgb(spec, spec->predictions[i][at], x, y);
}

static uint32_t error_rgb(const sw_tiles_spec *spec, int i, size_t at, int x, int y)
{
    uint8_t truth = spec->truths[i][at];
    if (truth >= spec->classes->count) return class_rgb(spec, truth, x, y);
    return truth == spec->predictions[i][at] ? TILES_RIGHT_RGB : TILES_WRONG_RGB;
}

static uint32_t confidence_rgb(const sw_tiles_spec *spec, int i, size_t at, int x, int y)
{
    (void)x, (void)y;
    return sw_tiles_confidence_rgb(spec->confidences[i][at], spec->classes->count);
}

static const pixel_rgb colours[SW_TILES_PANELS] = {[SW_TILES_INPUTS] = input_rgb,
                                                   [SW_TILES_TRUTH] = truth_rgb,
                                                   [SW_TILES_PREDICTION] = prediction_rgb,
                                                   [SW_TILES_ERROR] = error_rgb,
                                                   [SW_TILES_CONFIDENCE] = confidence_rgb};

static int tile_x(const measures *m, int i)
{
    return m->margin + i % m->columns * (m->image.width + GAP_PX);
}

static int tile_y(const measures *m, int i, int top)
{
    return top + i / m->columns * (m->tile_height + GAP_PX);
}

static void fill_panel(cairo_surface_t *surface, const sw_tiles_spec *spec, const measures *m, int top,
                       pixel_rgb colour)
{
    cairo_surface_flush(surface);
    unsigned char *pixels = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (int i = 0; i < spec->count; i++) {
        int x0 = tile_x(m, i), y0 = tile_y(m, i, top);
        for (int y = 0; y < m->image.height; y++) {
            unsigned char *row = pixels + (size_t)(y0 + y) * stride;
            for (int x = 0; x < m->image.width; x++) {
                size_t at = (size_t)(y / m->scale) * (size_t)spec->size.width + (size_t)(x / m->scale);
                uint32_t rgb = colour(spec, i, at, x, y);
                memcpy(row + (size_t)(x0 + x) * sizeof rgb, &rgb, sizeof rgb);
            }
        }
    }
    cairo_surface_mark_dirty(surface);
}

static sw_status draw_names(cairo_t *cr, const sw_tiles_spec *spec, const measures *m, int top)
{
    sw_lettering_type(cr, m->name_px, false);
    for (int i = 0; i < spec->count; i++)
        SW_ENSURE(draw_cut(cr, spec->names[i], m->image.width, tile_x(m, i),
                           tile_y(m, i, top) + m->image.height + m->name_px, SW_FAINT_INK_RGB));
    return SW_OK;
}

/* ---- the picture ---- */

static sw_status write_png(const char *path, cairo_surface_t *surface)
{
    sw_fs_writer writer;
    SW_ENSURE(sw_fs_writer_open(&writer, path));
    return sw_lettering_finish(
        &writer, cairo_surface_write_to_png_stream(surface, sw_lettering_write, &writer),
        (size_t)cairo_image_surface_get_stride(surface) * (size_t)cairo_image_surface_get_height(surface));
}

static sw_status draw(cairo_t *cr, cairo_surface_t *surface, const sw_tiles_spec *spec, const measures *m)
{
    int y = m->margin;
    sw_lettering_colour(cr, SW_PAPER_RGB, 1);
    cairo_paint(cr);
    if (spec->label) SW_ENSURE(draw_line(cr, spec->label, m->title_px, false, y, m));
    y += m->label_height;
    SW_ENSURE(draw_line(cr, spec->title, m->title_px, true, y, m));
    y += m->title_height;
    for (int p = 0; p < tiles_panel_count(spec); p++) {
        sw_tiles_panel panel = tiles_panel_at(spec, p);
        sw_lettering_type(cr, m->caption_px, false);
        draw_inked(cr, captions[panel], m->margin, y + m->caption_px, SW_FAINT_INK_RGB);
        y += m->caption_height;
        fill_panel(surface, spec, m, y, colours[panel]);
        if (spec->names) SW_ENSURE(draw_names(cr, spec, m, y));
        y += m->panel_height + m->panel_gap;
    }
    const tiles_legend_place place = legend_place(m, y);
    tiles_legend_draw(cr, spec, &place);
    return SW_OK;
}

/* Makes a surface and a context on it, which the caller destroys. Neither is NULL, but both may be in error.
 */
static cairo_t *canvas(cairo_surface_t **surface, int width, int height)
{
    *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(*surface);
    sw_lettering_hint(cr, CAIRO_HINT_STYLE_SLIGHT, CAIRO_HINT_METRICS_ON);
    return cr;
}

/* Counts the lines of the legend by drawing it on a surface of one pixel. */
static int count_legend_lines(const sw_tiles_spec *spec, const measures *m)
{
    cairo_surface_t *surface;
    cairo_t *cr = canvas(&surface, 1, 1);
    const tiles_legend_place place = legend_place(m, 0);
    int lines = tiles_legend_draw(cr, spec, &place);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return lines;
}

typedef struct limits {
    int64_t side_px, pixels;
} limits;

/* Lays out a whole picture and checks it against the limits. */
static sw_status measure_picture(int *width, int *height, measures *m, const sw_tiles_spec *spec, limits most)
{
    assert(spec->count > 0 && spec->columns > 0 && sw_size_shorter(spec->size) > 0 &&
           spec->classes->count > 0);
    SW_ENSURE(measure(m, spec));
    int64_t wide = m->content_width + 2 * (int64_t)m->margin;
    int64_t high = 2 * (int64_t)m->margin + m->label_height + m->title_height +
                   tiles_panel_count(spec) * ((int64_t)m->caption_height + m->panel_height + m->panel_gap) +
                   (int64_t)count_legend_lines(spec, m) * m->legend_height - m->legend_px / 2;
    if (wide > most.side_px || high > most.side_px || wide * high > most.pixels) return too_large(spec);
    *width = (int)wide;
    *height = (int)high;
    return SW_OK;
}

/* Draws on a surface that the caller destroys. */
static sw_status draw_surface(cairo_surface_t **surface, const sw_tiles_spec *spec, limits most)
{
    sw_status status;
    int width = 0, height = 0;
    measures m = {0};
    cairo_t *cr = NULL;
    SW_TRY(measure_picture(&width, &height, &m, spec, most));
    cr = canvas(surface, width, height);
    if (cairo_surface_status(*surface) != CAIRO_STATUS_SUCCESS)
        SW_TRY(sw_fail_alloc("picture of the grid", (size_t)width * (size_t)height * 4));
    SW_TRY(draw(cr, *surface, spec, &m));
    if (cairo_status(cr) != CAIRO_STATUS_SUCCESS)
        status = sw_fail(SW_E_IO, "cannot draw a grid: %s", cairo_status_to_string(cairo_status(cr)));
done:
    if (cr) cairo_destroy(cr);
    return status;
}

static const limits of_cairo = {MAX_SIDE_PX, INT64_MAX};

sw_status sw_tiles_check(const sw_tiles_spec *spec)
{
    int width = 0, height = 0;
    measures m = {0};
    return measure_picture(&width, &height, &m, spec, of_cairo);
}

sw_status sw_tiles_draw(const char *path, const sw_tiles_spec *spec)
{
    cairo_surface_t *surface = NULL;
    sw_status status = draw_surface(&surface, spec, of_cairo);
    if (status == SW_OK) status = write_png(path, surface);
    if (surface) cairo_surface_destroy(surface);
    return status;
}

sw_status sw_tiles_picture(sw_image *out, const sw_tiles_spec *spec)
{
    sw_status status = SW_OK;
    cairo_surface_t *surface = NULL;
    *out = (sw_image){0};
    SW_TRY(draw_surface(&surface, spec, (limits){SW_IMAGE_MAX_SIDE_PX, SW_IMAGE_MAX_PIXELS}));
    SW_TRY(sw_lettering_image(out, surface));
done:
    if (surface) cairo_surface_destroy(surface);
    return status;
}

void sw_tiles_cleanup(void)
{
    cairo_debug_reset_static_data();
    FcFini(); /* cairo finds its fonts through fontconfig */
}
