/* What the levels of a network answer to: maps of channels, and patches that excite them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/receptive_field.h"
#include "levels_search.h"

enum {
    TILE_PX = 92,
    MAP_COLUMNS = 6,
    MAP_PX = 148,
    OUTSIDE_GRAY = 0xD0,
    MARK_RGB = 0xFFD400,
    MARK_SHARE = 2, /* patches of this part of the picture or more have the px marked that was excited */
};

/* --- maps ---------------------------------------------------------------------------------------- */

static bool is_signed(const level_channels *l)
{
    for (int c = 0; c < l->count; c++)
        if (l->channels[c].least < 0.0f) return true;
    return false;
}

static double magnitude(const sw_channel_strength *c)
{
    return fmax(fabs((double)c->least), fabs((double)c->most));
}

static sw_figure_tile *add_map(sw_figure *f, const level_channels *l, int c, bool both_signs)
{
    const sw_size size = {l->shape.h, l->shape.w};
    return sw_figure_add_map(f, size, l->maps + (size_t)c * sw_size_pixels(size),
                             both_signs ? SW_COLOURS_SIGNED : SW_COLOURS_HEAT, magnitude(&l->channels[c]));
}

static void add_scale(sw_figure *f, bool both_signs)
{
    if (both_signs)
        sw_figure_scale(f, SW_COLOURS_SIGNED, "-1", "1 times the channel's largest magnitude");
    else
        sw_figure_scale(f, SW_COLOURS_HEAT, "0", "the channel's maximum");
}

/* "norm+relu, 32 x 32, 64 channels" */
static const char *describe(sw_figure *f, const level_channels *l)
{
    char label[32];
    sw_node_label(label, sizeof label, l->node);
    return sw_figure_print(f, "%s, %d x %d px, %d channels", label, l->shape.w, l->shape.h, l->shape.c);
}

/* Where in the network it is: all levels side by side, by their strongest channels. */
static sw_status draw_overview(inspection *s, const level_channels *levels, int count)
{
    bool both_signs = false;
    sw_figure *f =
        inspection_add_figure(s, "overview", MAP_COLUMNS < count + 1 ? MAP_COLUMNS : count + 1, MAP_PX);
    if (!f) return SW_E_MEMORY;
    f->title = "The strongest channel of each level";
    f->text = sw_figure_print(
        f,
        "From the picture through encoder and decoder: at each resolution the channel of the last "
        "activation that answers most to %s (mean magnitude over all px), each on a scale of its own.",
        s->picture_name);
    sw_figure_add_rgb(f, s->size, s->picture)->name =
        sw_figure_print(f, "the picture\n%d x %d", s->size.width, s->size.height);
    for (int i = 0; i < count; i++) both_signs |= is_signed(&levels[i]);
    for (int i = 0; i < count; i++) {
        const level_channels *l = &levels[i];
        add_map(f, l, 0, both_signs)->name =
            sw_figure_print(f, "%s, channel %d\n%d x %d, up to %.3g", l->node->name, l->channels[0].channel,
                            l->shape.w, l->shape.h, magnitude(&l->channels[0]));
    }
    add_scale(f, both_signs);
    return sw_figure_status(f);
}

/* --- patches ------------------------------------------------------------------------------------- */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* A stretch of px that is as long as others of its kind: how far a px sees may depend on where it lies. One
 * that ends at an edge of the picture is cut off there and stays. */
static void widen(int *from, int *length, int wanted, int whole)
{
    const int more = wanted - *length;
    if (*from == 0 || *from + *length >= whole || more <= 0) return;
    *from -= more / 2;
    if (*from < 0) *from = 0;
    if (*from + wanted > whole) *from = whole - wanted;
    *length = wanted;
}

/* Where a patch's picture begins in a tile that is as long as what is seen at most: at its other end, where
 * the picture's edge cuts off the beginning. */
static int place_in(int tile, int seen, int from)
{
    return from == 0 ? tile - seen : 0;
}

static void copy_patch(sw_figure_tile *tile, const uint8_t *picture, sw_size size, sw_receptive_field field)
{
    const int top = place_in(tile->size.height, field.height, field.top),
              left = place_in(tile->size.width, field.width, field.left);
    memset(tile->rgb, OUTSIDE_GRAY, sw_size_pixels(tile->size) * 3);
    for (int y = 0; y < field.height; y++)
        memcpy(tile->rgb + 3 * ((size_t)(top + y) * (size_t)tile->size.width + (size_t)left),
               picture + 3 * ((size_t)(field.top + y) * (size_t)size.width + (size_t)field.left),
               (size_t)field.width * 3);
}

/* Whether a patch is so large that it does not show what lies in its middle. */
static bool is_marked(const inspection *s, const level_channels *l)
{
    return s->fields[l->value] * MARK_SHARE >= sw_size_shorter(s->size);
}

/* Marks the px of the picture that the excited px of the level stands for. */
static void mark_peak(sw_figure *f, sw_figure_tile *tile, const inspection *s, const level_channels *l,
                      const sw_peak *peak, sw_receptive_field field)
{
    const double step_y = (double)s->size.height / l->shape.h, step_x = (double)s->size.width / l->shape.w;
    if (!is_marked(s, l)) return;
    const sw_figure_mark mark = {
        .left = peak->x * step_x - field.left + place_in(tile->size.width, field.width, field.left),
        .top = peak->y * step_y - field.top + place_in(tile->size.height, field.height, field.top),
        .width = step_x,
        .height = step_y,
        .rgb = MARK_RGB};
    sw_figure_add_mark(f, tile, mark);
}

static sw_status add_patch(sw_figure *f, inspection *s, const level_channels *l, const sw_peak *peak,
                           uint8_t *picture)
{
    const int side = s->fields[l->value];
    sw_receptive_field field;
    if (peak->image < 0) {
        sw_figure_add(f, (sw_size){0, 0});
        return SW_OK;
    }
    SW_ENSURE(sw_dataset_read(picture, NULL, s->val, peak->image));
    SW_ENSURE(sw_receptive_field_at(&field, &s->probe.model.graph, l->value, peak->y, peak->x,
                                    s->probe.model.images));
    const sw_size size = {smaller(side, s->size.height), smaller(side, s->size.width)};
    widen(&field.top, &field.height, size.height, s->size.height);
    widen(&field.left, &field.width, size.width, s->size.width);
    sw_figure_tile *tile = sw_figure_add(f, size);
    tile->name = sw_figure_print(f, "%.3g", (double)peak->value);
    if (!tile->rgb) return SW_E_MEMORY;
    copy_patch(tile, picture, s->size, field);
    mark_peak(f, tile, s, l, peak, field);
    return SW_OK;
}

static sw_status draw_patches(inspection *s, const level_channels *l, int searched, uint8_t *picture)
{
    const bool both_signs = is_signed(l);
    const int patches = smaller(searched, LEVEL_PATCHES);
    sw_figure *f = inspection_add_figure(s, "level", 1 + patches, TILE_PX);
    if (!f) return SW_E_MEMORY;
    f->title = sw_figure_print(f, "What excites %s", l->node->name);
    f->text =
        sw_figure_print(f,
                        "The channels of %s (%s) that answer most to %s, strongest first, each on a scale of "
                        "its own. Right of each map: where in %d validation pictures the channel is excited "
                        "most, at most once a picture, with the value. The patches are what an excited px "
                        "sees, %d px a side; %s.",
                        l->node->name, describe(f, l), s->picture_name, searched, s->fields[l->value],
                        is_marked(s, l) ? "the yellow square is that px, and it does not see what is gray"
                                        : "gray lies outside of the picture");
    f->heads[0] = "Map";
    f->heads[1] = "In validation";
    for (int c = 0; c < l->count; c++) {
        sw_figure_add_row(f, sw_figure_print(f, "channel %d\nmean %.2g\n%.2g to %.2g", l->channels[c].channel,
                                             l->channels[c].mean, (double)l->channels[c].least,
                                             (double)l->channels[c].most));
        add_map(f, l, c, both_signs);
        for (int p = 0; p < patches; p++) SW_ENSURE(add_patch(f, s, l, &l->peaks[c][p], picture));
    }
    add_scale(f, both_signs);
    return sw_figure_status(f);
}

/* Without validation pictures: the maps alone. */
static sw_status draw_maps(inspection *s, const level_channels *l)
{
    const bool both_signs = is_signed(l);
    sw_figure *f = inspection_add_figure(s, "level", MAP_COLUMNS, MAP_PX);
    if (!f) return SW_E_MEMORY;
    f->title = sw_figure_print(f, "The strongest channels of %s", l->node->name);
    f->text = sw_figure_print(
        f, "The channels of %s (%s) that answer most to %s, strongest first, each on a scale of its own.",
        l->node->name, describe(f, l), s->picture_name);
    for (int c = 0; c < l->count; c++)
        add_map(f, l, c, both_signs)->name =
            sw_figure_print(f, "channel %d, mean %.2g\n%.2g to %.2g", l->channels[c].channel,
                            l->channels[c].mean, (double)l->channels[c].least, (double)l->channels[c].most);
    add_scale(f, both_signs);
    return sw_figure_status(f);
}

sw_status inspect_levels(inspection *s)
{
    sw_status status = SW_OK;
    int searched;
    const int count = s->probe.levels.count;
    level_channels *levels = calloc((size_t)count + 1, sizeof *levels);
    uint8_t *picture = malloc(sw_size_pixels(s->size) * 3);
    if (!levels || !picture) SW_TRY(sw_fail_alloc("the levels of a network", (size_t)count * sizeof *levels));
    SW_TRY(levels_look(levels, s));
    SW_TRY(levels_search(levels, s, &searched));
    SW_TRY(draw_overview(s, levels, count));
    for (int i = 0; i < count; i++)
        SW_TRY(searched ? draw_patches(s, &levels[i], searched, picture) : draw_maps(s, &levels[i]));
done:
    if (levels) levels_free(levels, count);
    free(picture);
    return status;
}
