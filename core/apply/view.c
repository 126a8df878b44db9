#include "apply/view.h"

#include <string.h>

/* Windows at the scale of `fit: crop` have a quarter in common. */
enum { CROP_OVERLAP = 4 };

static int scale(int length, int to, int part)
{
    return (int)(((int64_t)2 * length * to + part) / (2 * (int64_t)part));
}

sw_view sw_view_make(const sw_view_rule *rule, sw_size picture)
{
    sw_view view = {.rule = *rule, .scaled = picture};
    const sw_size window = rule->window;
    sw_size overlap = {rule->overlap, rule->overlap};
    int stride = rule->stride;
    if (!rule->tiles) {
        const sw_fit fit = sw_fit_find(rule->fit, picture, window);
        view.scaled = (sw_size){scale(picture.height, fit.place.height, fit.part.height),
                                scale(picture.width, fit.place.width, fit.part.width)};
        view.top = fit.place.top;
        view.left = fit.place.left;
        overlap = (sw_size){window.height / CROP_OVERLAP, window.width / CROP_OVERLAP};
        stride = 1;
    }
    view.rows = sw_tiling_make(view.scaled.height, window.height, overlap.height, stride);
    view.columns = sw_tiling_make(view.scaled.width, window.width, overlap.width, stride);
    return view;
}

int sw_view_windows(const sw_view *view)
{
    return view->rows.count * view->columns.count;
}

sw_status sw_view_scale(sw_image *out, sw_image *picture, const sw_view *view)
{
    if (picture->height == view->scaled.height && picture->width == view->scaled.width) {
        *out = *picture;
        *picture = (sw_image){0};
        return SW_OK;
    }
    SW_ENSURE(sw_image_init(out, view->scaled.width, view->scaled.height, picture->channels));
    sw_image_resize_part(out, sw_image_whole(out), picture, sw_image_whole(picture), view->rule.resize);
    return SW_OK;
}

/* The pixel that stands at a place which may lie behind the end: mirrored there, as often as it takes. */
static int mirror(int at, int length)
{
    at %= 2 * length;
    return at < length ? at : 2 * length - 1 - at;
}

static void cut_row(uint8_t *out, const uint8_t *row, const sw_view *view, int at, bool mirrored)
{
    const int width = view->rule.window.width, length = view->scaled.width;
    for (int i = 0; i < width; i++, out += 3) {
        const int x = at + (mirrored ? width - 1 - i : i);
        if (x < 0 || (x >= length && !view->rule.tiles))
            memset(out, 0, 3);
        else
            memcpy(out, row + (ptrdiff_t)3 * mirror(x, length), 3);
    }
}

void sw_view_cut(uint8_t *out, const sw_view *view, const sw_image *scaled, int i, bool mirrored)
{
    const size_t row_bytes = 3 * (size_t)view->rule.window.width;
    const int top = sw_tiling_at(&view->rows, i / view->columns.count).at - view->top;
    const int left = sw_tiling_at(&view->columns, i % view->columns.count).at - view->left;
    for (int y = 0; y < view->rule.window.height; y++, out += row_bytes) {
        const int from = top + y;
        if (from < 0 || (from >= scaled->height && !view->rule.tiles))
            memset(out, 0, row_bytes);
        else
            cut_row(out, scaled->pixels + 3 * (size_t)mirror(from, scaled->height) * (size_t)scaled->width,
                    view, left, mirrored);
    }
}

static sw_map_side side_of(const sw_tiling *tiling, int i, int margin, int length)
{
    const sw_tile tile = sw_tiling_at(tiling, i);
    return (sw_map_side){.length = length,
                         .scaled = tiling->length,
                         .window = tiling->window,
                         .at = tile.at - margin,
                         .from = tile.from,
                         .to = tile.to};
}

void sw_view_place(sw_map_side *rows, sw_map_side *columns, const sw_view *view, int i, sw_size map)
{
    *rows = side_of(&view->rows, i / view->columns.count, view->top, map.height);
    *columns = side_of(&view->columns, i % view->columns.count, view->left, map.width);
}
