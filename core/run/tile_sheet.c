#include "run/tile_sheet.h"

#include <stdbool.h>
#include <string.h>

#include "image/image.h"

void sw_tile_sheet_shape(int *columns, int *rows, const sw_tile_sheet *s)
{
    *columns = s->columns < s->count ? s->columns : s->count;
    *rows = (s->count + *columns - 1) / *columns;
}

bool sw_tile_sheet_fits(const sw_tile_sheet *s)
{
    int columns, rows;
    sw_tile_sheet_shape(&columns, &rows, s);
    const int64_t width = (int64_t)columns * s->size.width, height = (int64_t)rows * s->size.height;
    return width <= SW_IMAGE_MAX_SIDE_PX && height <= SW_IMAGE_MAX_SIDE_PX &&
           width * height <= SW_IMAGE_MAX_PIXELS;
}

/* Where row y of tile i begins in the picture. */
static uint8_t *tile_row(const sw_image *picture, const sw_tile_sheet *s, int i, int y)
{
    int columns, rows;
    sw_tile_sheet_shape(&columns, &rows, s);
    size_t left = (size_t)(i % columns) * (size_t)s->size.width;
    size_t top = (size_t)(i / columns) * (size_t)s->size.height + (size_t)y;
    return picture->pixels + (top * (size_t)picture->width + left) * (size_t)picture->channels;
}

/* ---- writing ---- */

static void put_rgb(uint8_t *to, uint32_t rgb)
{
    to[0] = (uint8_t)(rgb >> 16);
    to[1] = (uint8_t)(rgb >> 8);
    to[2] = (uint8_t)rgb;
}

static void put_tile(sw_image *picture, const sw_tile_sheet *s, int i, sw_tile_kind kind, const uint8_t *tile)
{
    const int channels = kind == SW_TILE_RGB ? 3 : 1;
    const size_t row = (size_t)s->size.width * (size_t)channels;
    for (int y = 0; y < s->size.height; y++, tile += row) {
        uint8_t *to = tile_row(picture, s, i, y);
        if (channels == picture->channels)
            memcpy(to, tile, row);
        else
            for (int x = 0; x < s->size.width; x++, to += 3)
                put_rgb(to, kind == SW_TILE_GRAY ? tile[x] * 0x010101u : sw_class_rgb(s->classes, tile[x]));
    }
}

/* As a PNG with a palette, which has the colour of ignored pixels only where there are any. */
static sw_status write_classes(const char *path, const sw_image *picture, const sw_classes *classes)
{
    uint32_t rgb[SW_NO_CLASS + 1] = {0};
    const size_t pixels = (size_t)picture->width * (size_t)picture->height;
    for (int c = 0; c < classes->count; c++) rgb[c] = classes->list[c].rgb;
    rgb[SW_NO_CLASS] = sw_class_rgb(classes, SW_NO_CLASS);
    const bool ignored = memchr(picture->pixels, SW_NO_CLASS, pixels) != NULL;
    return sw_image_write_png_indexed(path, picture, rgb, ignored ? SW_NO_CLASS + 1 : classes->count);
}

sw_status sw_tile_sheet_write(const char *path, const sw_tile_sheet *s, const uint8_t *const *tiles,
                              const sw_tile_kind *kinds, int kind_count)
{
    sw_status status = SW_OK;
    int columns, rows;
    sw_image picture = {0};
    sw_tile_sheet_shape(&columns, &rows, s);
    SW_TRY(sw_image_init(&picture, columns * s->size.width, rows * s->size.height,
                         kind_count > 1 || kinds[0] == SW_TILE_RGB ? 3 : 1));
    memset(picture.pixels, 0, (size_t)picture.width * (size_t)picture.height * (size_t)picture.channels);
    for (int i = 0; i < s->count; i++) put_tile(&picture, s, i, kinds[i % kind_count], tiles[i]);
    if (kind_count == 1 && kinds[0] == SW_TILE_CLASSES) {
        SW_TRY(write_classes(path, &picture, s->classes));
    } else {
        SW_TRY(sw_image_write_png(path, &picture));
    }
done:
    sw_image_deinit(&picture);
    return status;
}

/* ---- reading ---- */

static sw_status check_size(const sw_image *picture, const sw_tile_sheet *s, const char *path)
{
    int columns, rows;
    sw_tile_sheet_shape(&columns, &rows, s);
    if (picture->width == columns * s->size.width && picture->height == rows * s->size.height) return SW_OK;
    return sw_fail(SW_E_DATA, "%s: %d x %d pixels, but %d images of %d x %d in %d columns are %d x %d", path,
                   picture->width, picture->height, s->count, s->size.width, s->size.height, columns,
                   columns * s->size.width, rows * s->size.height);
}

static sw_status check_classes(const uint8_t *maps, const sw_tile_sheet *s, const char *path,
                               const char *const *names)
{
    const size_t pixels = sw_size_pixels(s->size);
    for (size_t i = 0; i < (size_t)s->count * pixels; i++)
        if (maps[i] >= s->classes->count && maps[i] != SW_NO_CLASS)
            return sw_fail(SW_E_DATA, "%s: a pixel of %s is %d, and the %d classes are 0 to %d", path,
                           names[i / pixels], maps[i], s->classes->count, s->classes->count - 1);
    return SW_OK;
}

sw_status sw_tile_sheet_read(uint8_t *out, const sw_tile_sheet *s, const char *path, sw_tile_kind kind,
                             const char *const *names)
{
    sw_status status = SW_OK;
    sw_image picture = {0};
    SW_TRY(kind == SW_TILE_RGB ? sw_image_read_rgb(&picture, path) : sw_image_read_mask(&picture, path));
    SW_TRY(check_size(&picture, s, path));
    const size_t row = (size_t)s->size.width * (size_t)picture.channels;
    uint8_t *to = out;
    for (int i = 0; out && i < s->count; i++)
        for (int y = 0; y < s->size.height; y++, to += row) memcpy(to, tile_row(&picture, s, i, y), row);
    if (out && kind == SW_TILE_CLASSES) SW_TRY(check_classes(out, s, path, names));
done:
    sw_image_deinit(&picture);
    return status;
}
