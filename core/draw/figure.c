/* What a figure is made of; figure_draw.c draws it. */
#include "draw/figure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void sw_figure_init(sw_figure *figure, int columns, int tile_px)
{
    assert(columns > 0 && columns <= SW_FIGURE_COLUMNS && tile_px > 0);
    *figure = (sw_figure){.columns = columns, .tile_px = tile_px};
}

void sw_figure_deinit(sw_figure *figure)
{
    for (int i = 0; i < figure->count; i++) free(figure->tiles[i].marks);
    free(figure->tiles);
    free(figure->rows);
    free(figure->keys);
    sw_arena_deinit(&figure->arena);
    *figure = (sw_figure){0};
}

sw_status sw_figure_status(const sw_figure *figure)
{
    return figure->failed ? SW_E_MEMORY : SW_OK;
}

const char *sw_figure_print(sw_figure *figure, const char *fmt, ...)
{
    sw_str text = {0};
    va_list args;
    va_start(args, fmt);
    sw_str_vprintf(&text, fmt, args);
    va_end(args);
    const char *copy = sw_str_status(&text) == SW_OK ? sw_arena_strdup(&figure->arena, text.text) : NULL;
    sw_str_deinit(&text);
    figure->failed |= !copy;
    return copy ? copy : "";
}

sw_figure_tile *sw_figure_add(sw_figure *figure, sw_size size)
{
    figure->no_tile = (sw_figure_tile){0};
    figure->failed |= SW_ARRAY_GROW(figure->tiles, figure->count, "a figure") != SW_OK;
    if (figure->failed) return &figure->no_tile;
    sw_figure_tile *tile = &figure->tiles[figure->count++];
    *tile = (sw_figure_tile){.size = size};
    if (sw_size_pixels(size)) tile->rgb = sw_arena_alloc(&figure->arena, sw_size_pixels(size) * 3);
    figure->failed |= sw_size_pixels(size) && !tile->rgb;
    return tile;
}

sw_figure_tile *sw_figure_add_rgb(sw_figure *figure, sw_size size, const uint8_t *rgb)
{
    sw_figure_tile *tile = sw_figure_add(figure, size);
    if (tile->rgb) memcpy(tile->rgb, rgb, sw_size_pixels(size) * 3);
    return tile;
}

sw_figure_tile *sw_figure_add_map(sw_figure *figure, sw_size size, const float *values, sw_colour_map map,
                                  double most)
{
    sw_figure_tile *tile = sw_figure_add(figure, size);
    for (size_t i = 0; tile->rgb && i < sw_size_pixels(size); i++) {
        const uint32_t rgb = sw_colour_map_rgb(map, most > 0 ? (double)values[i] / most : 0);
        for (int c = 0; c < 3; c++) tile->rgb[3 * i + (size_t)c] = (uint8_t)(rgb >> (16 - 8 * c));
    }
    return tile;
}

void sw_figure_add_mark(sw_figure *figure, sw_figure_tile *tile, sw_figure_mark mark)
{
    if (!tile->rgb) return;
    figure->failed |= SW_ARRAY_GROW(tile->marks, tile->mark_count, "a figure") != SW_OK;
    if (!figure->failed) tile->marks[tile->mark_count++] = mark;
}

void sw_figure_add_row(sw_figure *figure, const char *name)
{
    figure->failed |= SW_ARRAY_GROW(figure->rows, figure->row_count, "a figure") != SW_OK;
    if (!figure->failed) figure->rows[figure->row_count++] = name;
}

void sw_figure_add_key(sw_figure *figure, uint32_t rgb, const char *text)
{
    figure->failed |= SW_ARRAY_GROW(figure->keys, figure->key_count, "a figure") != SW_OK;
    if (!figure->failed) figure->keys[figure->key_count++] = (sw_figure_key){rgb, text};
}

void sw_figure_scale(sw_figure *figure, sw_colour_map map, const char *low, const char *high)
{
    figure->has_scale = true;
    figure->map = map;
    figure->low = low;
    figure->high = high;
}
