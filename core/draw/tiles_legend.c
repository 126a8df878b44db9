#include "tiles_legend.h"

#include <math.h>
#include <string.h>

#include "lettering.h"

/* The legend names the colours of the panels that are there. */
typedef struct legend_entry {
    const char *text;
    uint32_t rgb;
    bool ramp;    /* from black to white instead of `rgb` */
    bool hatched; /* with the second colour of what is no class */
} legend_entry;

enum { OTHER_ENTRIES = 4, RAMP_SWATCHES = 4, ALL_CLASSES = 24 };

/* Which labels the true masks have. */
static void find_labels(bool found[SW_NO_CLASS + 1], const sw_tiles_spec *spec)
{
    const size_t pixels = sw_size_pixels(spec->size);
    memset(found, 0, (SW_NO_CLASS + 1) * sizeof *found);
    for (int i = 0; spec->truths && i < spec->count; i++)
        for (size_t p = 0; p < pixels; p++) found[spec->truths[i][p]] = true;
}

static int list_classes(legend_entry *entries, const sw_tiles_spec *spec, const bool *found)
{
    int count = 0;
    const bool all = !spec->truths || spec->classes->count <= ALL_CLASSES;
    for (int c = 0; c < spec->classes->count; c++) {
        const sw_class *class = &spec->classes->list[c];
        if (all || found[c]) entries[count++] = (legend_entry){.text = class->name, .rgb = class->rgb};
    }
    return count;
}

static int list_entries(legend_entry *entries, const sw_tiles_spec *spec)
{
    int count = 0;
    bool found[SW_NO_CLASS + 1], ignored = false;
    const bool truth = tiles_show(spec, SW_TILES_TRUTH), errors = tiles_show(spec, SW_TILES_ERROR);
    find_labels(found, spec);
    for (int label = spec->classes->count; label <= SW_NO_CLASS; label++) ignored = ignored || found[label];
    if (truth || tiles_show(spec, SW_TILES_PREDICTION)) count = list_classes(entries, spec, found);
    if (ignored && (truth || errors))
        entries[count++] = (legend_entry){.text = "ignored", .rgb = TILES_HATCH_RGB, .hatched = true};
    if (errors) {
        entries[count++] = (legend_entry){.text = "right", .rgb = TILES_RIGHT_RGB};
        entries[count++] = (legend_entry){.text = "wrong", .rgb = TILES_WRONG_RGB};
    }
    if (tiles_show(spec, SW_TILES_CONFIDENCE))
        entries[count++] = (legend_entry){.text = "unsure to sure", .ramp = true};
    return count;
}

/* Stripes from lower left to upper right. */
static void draw_hatch(cairo_t *cr, int x, int y, int width, int height)
{
    cairo_save(cr);
    cairo_clip_preserve(cr);
    cairo_new_path(cr);
    sw_lettering_colour(cr, TILES_OTHER_HATCH_RGB, 1);
    cairo_set_line_width(cr, 3);
    for (int at = 0; at < width + height; at += 8) {
        cairo_move_to(cr, x + at, y);
        cairo_line_to(cr, x + at - height, y + height);
    }
    cairo_stroke(cr);
    cairo_restore(cr);
    cairo_rectangle(cr, x + 0.5, y + 0.5, width - 1, height - 1);
}

static void draw_swatch(cairo_t *cr, const legend_entry *entry, int x, int y, int width, int height)
{
    cairo_rectangle(cr, x + 0.5, y + 0.5, width - 1, height - 1);
    sw_lettering_colour(cr, entry->rgb, 1);
    if (entry->ramp) {
        cairo_pattern_t *ramp = cairo_pattern_create_linear(x, 0, x + width, 0);
        cairo_pattern_add_color_stop_rgb(ramp, 0, 0, 0, 0);
        cairo_pattern_add_color_stop_rgb(ramp, 1, 1, 1, 1);
        cairo_set_source(cr, ramp);
        cairo_pattern_destroy(ramp);
    }
    cairo_fill_preserve(cr);
    if (entry->hatched) draw_hatch(cr, x, y, width, height);
    sw_lettering_colour(cr, TILES_FRAME_RGB, 1);
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
}

int tiles_legend_draw(cairo_t *cr, const sw_tiles_spec *spec, const tiles_legend_place *place)
{
    legend_entry entries[SW_MAX_CLASSES + OTHER_ENTRIES];
    double x = place->left;
    int count = list_entries(entries, spec), lines = count ? 1 : 0;
    sw_lettering_type(cr, place->type_px, false);
    for (int i = 0; i < count; i++) {
        int swatch = place->type_px * (entries[i].ramp ? RAMP_SWATCHES : 1);
        double text = swatch + place->type_px * 0.5, entry = text + sw_lettering_width(cr, entries[i].text);
        if (x > place->left && x + entry > place->left + place->width) {
            x = place->left;
            lines++;
        }
        int baseline = place->top + (lines - 1) * place->line_px + place->type_px;
        draw_swatch(cr, &entries[i], (int)x, baseline - place->type_px * 7 / 8, swatch, place->type_px);
        sw_lettering_colour(cr, SW_INK_RGB, 1);
        sw_lettering_draw(cr, entries[i].text, floor(x) + text, baseline, 0);
        x += entry + place->type_px * 1.5;
    }
    return lines;
}
