/* Lays a figure out and draws it with Cairo. Lengths are px of a page; the picture has DENSITY for each. */
#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "draw/figure.h"
#include "lettering.h"

enum {
    DENSITY = 2,
    MARGIN_PX = 14,
    GAP_PX = 6,
    LEAST_CONTENT_PX = 460, /* a paragraph needs some room even over few pictures */
    TITLE_PX = 16,
    TEXT_PX = 12,
    HEAD_PX = 11,
    NAME_PX = 10,
    BAR_WIDTH_PX = 160,
    BAR_HEIGHT_PX = 10,
    FRAME_RGB = 0x8C959F,
    MOST_WORD_BYTES = 256,
    LARGE_PX = 8, /* are of a whole number of px of the picture */
    SMALL_PX = 3, /* are smoothed where they are smaller */
    DARK = 140,   /* brightness below which numbers are white */
};

static const double line_spacing = 1.4;

typedef struct layout {
    cairo_t *cr;
    const sw_figure *figure;
    bool titled, inked; /* not inked: only to find the height */
    double label_width, cell_width, content_width;
} layout;

/* --- type -------------------------------------------------------------------------------------- */

/* The next word of a paragraph with the blank after it; *text moves on. */
static void take_word(char word[MOST_WORD_BYTES], const char **text)
{
    size_t length = strcspn(*text, " ");
    if (length >= MOST_WORD_BYTES) length = MOST_WORD_BYTES - 1;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length;
    *text += strspn(*text, " ");
}

/* Draws a paragraph in lines of at most `width`, and returns the height it takes. */
static double draw_paragraph(const layout *l, const char *text, double size, bool bold, double top,
                             double width)
{
    const double line = size * line_spacing;
    double x = 0, y = top + size;
    char word[MOST_WORD_BYTES];
    sw_lettering_type(l->cr, size, bold);
    sw_lettering_colour(l->cr, SW_INK_RGB, 1);
    const double blank = sw_lettering_width(l->cr, " ");
    while (*text) {
        take_word(word, &text);
        const double wide = sw_lettering_width(l->cr, word);
        if (x > 0 && x + wide > width) {
            x = 0;
            y += line;
        }
        if (l->inked) sw_lettering_draw(l->cr, word, MARGIN_PX + x, y, 0);
        x += wide + blank;
    }
    return y - top - size + line;
}

/* The lines of a label: '\n' between them. */
static int count_lines(const char *text)
{
    int lines = 1;
    for (; *text; text++) lines += *text == '\n';
    return lines;
}

/* Draws the lines of a label from a first baseline on, or measures its longest line. */
static double draw_label(const layout *l, const char *text, double x, double baseline, double anchor,
                         bool inked)
{
    double longest = 0;
    for (const char *from = text;; from++) {
        sw_str line = {0};
        const size_t length = strcspn(from, "\n");
        sw_str_append_bytes(&line, from, length);
        longest = fmax(longest, sw_lettering_width(l->cr, sw_str_text(&line)));
        if (inked) sw_lettering_draw(l->cr, sw_str_text(&line), x, baseline, anchor);
        sw_str_deinit(&line);
        baseline += NAME_PX * line_spacing;
        from += length;
        if (!*from) return longest;
    }
}

/* --- pictures ---------------------------------------------------------------------------------- */

/* Page px for each px of a tile. Large px are all of one size; with smaller ones that would leave much room.
 */
static double scale_of(const sw_figure *figure, const sw_figure_tile *tile)
{
    const double most = (double)(DENSITY * figure->tile_px) / sw_size_longer(tile->size);
    return (most >= LARGE_PX ? floor(most) : most) / DENSITY;
}

static cairo_surface_t *surface_of(const sw_figure_tile *tile)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, tile->size.width, tile->size.height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) return surface;
    unsigned char *row = cairo_image_surface_get_data(surface);
    const uint8_t *from = tile->rgb;
    for (int y = 0; y < tile->size.height; y++, row += cairo_image_surface_get_stride(surface))
        for (int x = 0; x < tile->size.width; x++, from += 3) {
            const uint32_t rgb = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(row + (size_t)x * sizeof rgb, &rgb, sizeof rgb);
        }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static void draw_pixels(cairo_t *cr, const sw_figure_tile *tile, double left, double top, double scale)
{
    cairo_surface_t *surface = surface_of(tile);
    cairo_save(cr);
    cairo_translate(cr, left, top);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr),
                             scale * DENSITY >= SMALL_PX ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
    cairo_rectangle(cr, 0, 0, tile->size.width, tile->size.height);
    cairo_fill(cr);
    cairo_restore(cr);
    cairo_surface_destroy(surface);
}

/* A line in colour over a wider dark one, so that it shows on every picture. */
static void draw_mark(cairo_t *cr, const sw_figure_mark *mark, double left, double top, double scale)
{
    cairo_rectangle(cr, left + mark->left * scale, top + mark->top * scale, mark->width * scale,
                    mark->height * scale);
    sw_lettering_colour(cr, 0x000000, 0.6);
    cairo_set_line_width(cr, 3);
    cairo_stroke_preserve(cr);
    sw_lettering_colour(cr, mark->rgb, 1);
    cairo_set_line_width(cr, 1.5);
    cairo_stroke(cr);
}

static void draw_numbers(cairo_t *cr, const sw_figure_tile *tile, double left, double top, double scale)
{
    const double size = fmin(scale * 0.36, TEXT_PX);
    sw_lettering_type(cr, size, false);
    for (int y = 0; y < tile->size.height; y++)
        for (int x = 0; x < tile->size.width; x++) {
            const size_t at = (size_t)y * (size_t)tile->size.width + (size_t)x;
            if (!tile->numbers[at]) continue;
            sw_lettering_colour(
                cr, sw_colour_brightness(tile->rgb + 3 * at) < DARK ? SW_PAPER_RGB : SW_INK_RGB, 1);
            sw_lettering_draw(cr, tile->numbers[at], left + (x + 0.5) * scale,
                              top + (y + 0.5) * scale + size * 0.36, 0.5);
        }
}

/* Draws a tile in the middle of its cell. */
static void draw_tile(const layout *l, const sw_figure_tile *tile, double left, double top)
{
    const double scale = scale_of(l->figure, tile), width = tile->size.width * scale,
                 height = tile->size.height * scale;
    left += floor((l->cell_width - width) / 2);
    draw_pixels(l->cr, tile, left, top, scale);
    cairo_rectangle(l->cr, left, top, width, height);
    cairo_save(l->cr);
    cairo_clip(l->cr);
    for (int i = 0; i < tile->mark_count; i++) draw_mark(l->cr, &tile->marks[i], left, top, scale);
    cairo_restore(l->cr);
    if (tile->numbers) draw_numbers(l->cr, tile, left, top, scale);
    cairo_rectangle(l->cr, left, top, width, height);
    sw_lettering_colour(l->cr, FRAME_RGB, 1);
    cairo_set_line_width(l->cr, 0.5);
    cairo_stroke(l->cr);
}

/* --- the grid ---------------------------------------------------------------------------------- */

static const sw_figure_tile *tile_at(const sw_figure *figure, int row, int column)
{
    const int i = row * figure->columns + column;
    return i < figure->count && figure->tiles[i].rgb ? &figure->tiles[i] : NULL;
}

static int count_rows(const sw_figure *figure)
{
    return (figure->count + figure->columns - 1) / figure->columns;
}

static double row_height(const layout *l, int row)
{
    double height = 0;
    if (row < l->figure->row_count) height = count_lines(l->figure->rows[row]) * NAME_PX * line_spacing;
    for (int c = 0; c < l->figure->columns; c++) {
        const sw_figure_tile *tile = tile_at(l->figure, row, c);
        if (tile) height = fmax(height, tile->size.height * scale_of(l->figure, tile));
    }
    return height;
}

static int name_lines(const layout *l, int row)
{
    int lines = 0;
    for (int c = 0; c < l->figure->columns; c++) {
        const sw_figure_tile *tile = tile_at(l->figure, row, c);
        const int of_tile = tile && tile->name ? count_lines(tile->name) : 0;
        if (of_tile > lines) lines = of_tile;
    }
    return lines;
}

static double cell_left(const layout *l, int column)
{
    return MARGIN_PX + l->label_width + column * (l->cell_width + GAP_PX);
}

static void draw_row(const layout *l, int row, double top, double height)
{
    for (int c = 0; c < l->figure->columns; c++) {
        const sw_figure_tile *tile = tile_at(l->figure, row, c);
        if (!tile) continue;
        draw_tile(l, tile, cell_left(l, c), top);
        if (!tile->name) continue;
        sw_lettering_type(l->cr, NAME_PX, false);
        sw_lettering_colour(l->cr, SW_FAINT_INK_RGB, 1);
        draw_label(l, tile->name, cell_left(l, c) + l->cell_width / 2, top + height + NAME_PX * 1.2, 0.5,
                   true);
    }
    if (row >= l->figure->row_count) return;
    sw_lettering_type(l->cr, NAME_PX, false);
    sw_lettering_colour(l->cr, SW_INK_RGB, 1);
    draw_label(l, l->figure->rows[row], MARGIN_PX, top + NAME_PX * 1.2, 0, true);
}

static double draw_heads(const layout *l, double top)
{
    int lines = 0;
    sw_lettering_type(l->cr, HEAD_PX, true);
    sw_lettering_colour(l->cr, SW_FAINT_INK_RGB, 1);
    for (int c = 0; c < l->figure->columns; c++)
        if (l->figure->heads[c] && count_lines(l->figure->heads[c]) > lines)
            lines = count_lines(l->figure->heads[c]);
    for (int c = 0; c < l->figure->columns && l->inked; c++)
        if (l->figure->heads[c]) draw_label(l, l->figure->heads[c], cell_left(l, c), top + HEAD_PX, 0, true);
    return lines * HEAD_PX * line_spacing;
}

static double draw_grid(const layout *l, double top)
{
    double y = top + draw_heads(l, top);
    for (int row = 0; row < count_rows(l->figure); row++) {
        const double height = row_height(l, row);
        if (l->inked) draw_row(l, row, y, height);
        y += height + name_lines(l, row) * NAME_PX * line_spacing + GAP_PX;
    }
    return y - top;
}

/* --- what colours mean ------------------------------------------------------------------------- */

static void draw_bar(const layout *l, double left, double top)
{
    const double least = l->figure->map == SW_COLOURS_SIGNED ? -1 : 0, steps = BAR_WIDTH_PX * DENSITY;
    cairo_set_antialias(l->cr, CAIRO_ANTIALIAS_NONE);
    for (int i = 0; i < steps; i++) {
        const double value = least + (1 - least) * (i + 0.5) / steps;
        sw_lettering_colour(l->cr, sw_colour_map_rgb(l->figure->map, value), 1);
        cairo_rectangle(l->cr, left + (double)i / DENSITY, top, 1.0 / DENSITY, BAR_HEIGHT_PX);
        cairo_fill(l->cr);
    }
    cairo_set_antialias(l->cr, CAIRO_ANTIALIAS_DEFAULT);
}

static double draw_scale(const layout *l, double top)
{
    if (!l->figure->has_scale) return 0;
    if (l->inked) {
        const double baseline = top + BAR_HEIGHT_PX - 1;
        sw_lettering_type(l->cr, NAME_PX, false);
        const double low = sw_lettering_width(l->cr, l->figure->low) + GAP_PX;
        draw_bar(l, MARGIN_PX + low, top);
        sw_lettering_colour(l->cr, SW_INK_RGB, 1);
        sw_lettering_draw(l->cr, l->figure->low, MARGIN_PX, baseline, 0);
        sw_lettering_draw(l->cr, l->figure->high, MARGIN_PX + low + BAR_WIDTH_PX + GAP_PX, baseline, 0);
    }
    return BAR_HEIGHT_PX + GAP_PX;
}

static double draw_keys(const layout *l, double top)
{
    const double line = NAME_PX * 1.6;
    double x = 0, y = top;
    sw_lettering_type(l->cr, NAME_PX, false);
    for (int i = 0; i < l->figure->key_count; i++) {
        const sw_figure_key *key = &l->figure->keys[i];
        const double wide = NAME_PX * 1.5 + sw_lettering_width(l->cr, key->text);
        if (x > 0 && x + wide > l->content_width) {
            x = 0;
            y += line;
        }
        if (l->inked) {
            sw_lettering_colour(l->cr, key->rgb, 1);
            cairo_rectangle(l->cr, MARGIN_PX + x, y, NAME_PX, NAME_PX);
            cairo_fill(l->cr);
            sw_lettering_colour(l->cr, SW_INK_RGB, 1);
            sw_lettering_draw(l->cr, key->text, MARGIN_PX + x + NAME_PX * 1.5, y + NAME_PX - 1, 0);
        }
        x += wide + NAME_PX * 1.5;
    }
    return l->figure->key_count ? y - top + line : 0;
}

/* --- the whole --------------------------------------------------------------------------------- */

/* Draws everything, or without ink only measures it; returns the height. */
static double draw_all(const layout *l)
{
    double y = MARGIN_PX;
    if (l->titled) {
        y += draw_paragraph(l, l->figure->title, TITLE_PX, true, y, l->content_width) + GAP_PX / 2.0;
        y += draw_paragraph(l, l->figure->text, TEXT_PX, false, y, l->content_width) + GAP_PX;
    }
    y += draw_grid(l, y);
    y += draw_scale(l, y);
    y += draw_keys(l, y);
    return y + MARGIN_PX - GAP_PX;
}

static void find_widths(layout *l)
{
    const sw_figure *figure = l->figure;
    sw_lettering_type(l->cr, NAME_PX, false);
    for (int i = 0; i < figure->row_count; i++)
        l->label_width = fmax(l->label_width, draw_label(l, figure->rows[i], 0, 0, 0, false) + GAP_PX);
    for (int i = 0; i < figure->count; i++) {
        const sw_figure_tile *tile = &figure->tiles[i];
        if (!tile->rgb) continue;
        l->cell_width = fmax(l->cell_width, tile->size.width * scale_of(figure, tile));
        if (tile->name) l->cell_width = fmax(l->cell_width, draw_label(l, tile->name, 0, 0, 0, false));
    }
    l->cell_width = ceil(l->cell_width);
    l->label_width = ceil(l->label_width);
    l->content_width =
        fmax(l->label_width + figure->columns * (l->cell_width + GAP_PX) - GAP_PX, LEAST_CONTENT_PX);
}

static cairo_t *canvas(cairo_surface_t **surface, int width, int height)
{
    *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(*surface);
    cairo_scale(cr, DENSITY, DENSITY);
    sw_lettering_hint(cr, CAIRO_HINT_STYLE_NONE, CAIRO_HINT_METRICS_OFF);
    return cr;
}

/* Lays out on a surface of one pixel and finds the size of the picture. */
static sw_size measure(layout *l)
{
    cairo_surface_t *surface;
    l->cr = canvas(&surface, 1, 1);
    find_widths(l);
    const double height = draw_all(l);
    cairo_destroy(l->cr);
    cairo_surface_destroy(surface);
    return (sw_size){(int)ceil(height * DENSITY), (int)ceil((l->content_width + 2 * MARGIN_PX) * DENSITY)};
}

sw_status sw_figure_picture(sw_image *out, const sw_figure *figure, bool titled)
{
    sw_status status = SW_OK;
    cairo_surface_t *surface = NULL;
    layout l = {.figure = figure, .titled = titled};
    *out = (sw_image){0};
    SW_ENSURE(sw_figure_status(figure));
    const sw_size size = measure(&l);
    if (sw_size_longer(size) > SW_IMAGE_MAX_SIDE_PX || sw_size_pixels(size) > SW_IMAGE_MAX_PIXELS)
        return sw_fail(SW_E_CONFIG, "the figure '%s' of %d x %d px is more than a picture can be",
                       figure->title, size.width, size.height);
    l.inked = true;
    l.cr = canvas(&surface, size.width, size.height);
    sw_lettering_colour(l.cr, SW_PAPER_RGB, 1);
    cairo_paint(l.cr);
    draw_all(&l);
    if (cairo_status(l.cr) != CAIRO_STATUS_SUCCESS)
        SW_TRY(sw_fail(cairo_status(l.cr) == CAIRO_STATUS_NO_MEMORY ? SW_E_MEMORY : SW_E_IO,
                       "cannot draw a figure: %s", cairo_status_to_string(cairo_status(l.cr))));
    SW_TRY(sw_lettering_image(out, surface));
done:
    cairo_destroy(l.cr);
    cairo_surface_destroy(surface);
    return status;
}
