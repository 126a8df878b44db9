/* What the tests of prediction grids share: images of one colour each, and the picture read back. */
#ifndef TILES_CASE_H
#define TILES_CASE_H

#include <cairo.h>
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw/tiles.h"
#include "scratch.h"

/* After a test: nothing is left of it, nor of the module's caches. */
static inline void clean_up(void)
{
    sw_tiles_cleanup();
    scratch_remove();
}

enum { MAX_IMAGES = 21, MAX_SIDE = 160 };

/* So many classes with the default colours; up to three have short names. */
static inline sw_classes classes_of(int count)
{
    sw_classes classes = sw_classes_none();
    for (int c = 0; c < count; c++) {
        char name[SW_CLASS_NAME_BYTES];
        snprintf(name, sizeof name, count > 3 ? "a_class_with_a_name_%d" : "class_%d", c);
        cr_assert(sw_classes_add(&classes, name));
    }
    return classes;
}

static sw_classes three;
static const char title[] = "Epoch: 07, Accuracy[Pixel: 0.8828, IoU: 0.7524, Custom IoU: 0.6543]";

/* A colour of its own for each image, unlike any the grid itself uses. */
static inline uint32_t image_rgb(int i)
{
    return 0x400040u + ((uint32_t)i << 8);
}

static uint8_t photo_bytes[MAX_IMAGES][3 * MAX_SIDE * MAX_SIDE];
static uint8_t truth_bytes[MAX_IMAGES][MAX_SIDE * MAX_SIDE], predicted_bytes[MAX_IMAGES][MAX_SIDE * MAX_SIDE];
static const uint8_t *photos[MAX_IMAGES], *truths[MAX_IMAGES], *predictions[MAX_IMAGES];

/* Images of one colour each; masks all background. */
static inline sw_tiles_spec make_spec(int count, int columns, int size_px)
{
    for (int i = 0; i < count; i++) {
        for (int p = 0; p < size_px * size_px; p++) {
            photo_bytes[i][3 * p] = (uint8_t)(image_rgb(i) >> 16);
            photo_bytes[i][3 * p + 1] = (uint8_t)(image_rgb(i) >> 8);
            photo_bytes[i][3 * p + 2] = (uint8_t)image_rgb(i);
            truth_bytes[i][p] = predicted_bytes[i][p] = 1;
        }
        photos[i] = photo_bytes[i];
        truths[i] = truth_bytes[i];
        predictions[i] = predicted_bytes[i];
    }
    three = classes_of(3);
    return (sw_tiles_spec){.title = title,
                           .count = count,
                           .columns = columns,
                           .size = {size_px, size_px},
                           .images = photos,
                           .truths = truths,
                           .predictions = predictions,
                           .classes = &three};
}

/* ---- the picture read back ---- */

typedef struct picture {
    int width, height;
    uint32_t *rgb;
} picture;

/* Of a PNG file; the caller frees its rgb. */
static inline picture load(const char *path)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    cr_assert_eq(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS, "%s", path);
    picture pic = {.width = cairo_image_surface_get_width(surface),
                   .height = cairo_image_surface_get_height(surface)};
    pic.rgb = malloc((size_t)pic.width * (size_t)pic.height * sizeof *pic.rgb);
    cr_assert_not_null(pic.rgb);
    const unsigned char *data = cairo_image_surface_get_data(surface);
    for (int y = 0; y < pic.height; y++)
        for (int x = 0; x < pic.width; x++) {
            uint32_t pixel;
            memcpy(&pixel, data + (size_t)y * (size_t)cairo_image_surface_get_stride(surface) + 4 * (size_t)x,
                   4);
            pic.rgb[y * pic.width + x] = pixel & 0xFFFFFF;
        }
    cairo_surface_destroy(surface);
    return pic;
}

/* The grid as a file has it. */
static inline picture draw(const sw_tiles_spec *spec)
{
    const char *path = scratch_path("grid.png");
    cr_assert_eq(sw_tiles_draw(path, spec), SW_OK, "%s", sw_error_message());
    return load(path);
}

typedef struct area {
    int count, x0, y0, x1, y1; /* pixels of the colour, and their bounding box (x1, y1 included) */
} area;

static inline area find(const picture *pic, uint32_t rgb)
{
    area a = {.x0 = pic->width, .y0 = pic->height, .x1 = -1, .y1 = -1};
    for (int y = 0; y < pic->height; y++)
        for (int x = 0; x < pic->width; x++) {
            if (pic->rgb[y * pic->width + x] != rgb) continue;
            a.count++;
            a.x0 = x < a.x0 ? x : a.x0;
            a.x1 = x > a.x1 ? x : a.x1;
            a.y0 = y < a.y0 ? y : a.y0;
            a.y1 = y > a.y1 ? y : a.y1;
        }
    return a;
}

/* Whether the colour fills a square of that side, and nothing else. */
static inline bool is_square(area a, int side)
{
    return a.count == side * side && a.x1 - a.x0 + 1 == side && a.y1 - a.y0 + 1 == side;
}

/* Nothing but paper in the last columns of the picture. */
static inline void assert_margin_is_free(const picture *pic)
{
    for (int y = 0; y < pic->height; y++)
        for (int x = pic->width - 12; x < pic->width; x++)
            cr_assert_eq(pic->rgb[y * pic->width + x], 0xFFFFFF, "ink at (%d, %d) of %d x %d", x, y,
                         pic->width, pic->height);
}

#endif
