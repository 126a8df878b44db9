/* The geometry of augmentation against a plain reference in double precision, and on cases known by heart. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "augment_warp.h"
#include "base/classes.h"
#include "base/rng.h"

static const warp_draw plain = {.scale = 1, .x = 0.5, .y = 0.5, .cut = {0, 0, 1}};

/* Smooth enough that a wrong place shows, not so smooth that a wrong filter doesn't. */
static sw_image make_picture(sw_size size, uint32_t seed)
{
    sw_image image;
    cr_assert_eq(sw_image_init(&image, size.width, size.height, 3), SW_OK);
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 1);
    for (int i = 0; i < size.width * size.height * 3; i++) image.pixels[i] = (uint8_t)sw_rng_u32(&rng);
    return image;
}

static sw_image make_labels(sw_size size, uint32_t seed)
{
    sw_image labels;
    cr_assert_eq(sw_image_init(&labels, size.width, size.height, 1), SW_OK);
    sw_rng rng = sw_rng_at(seed, SW_RNG_TEST, 2);
    for (int i = 0; i < size.width * size.height; i++) labels.pixels[i] = (uint8_t)sw_rng_below(&rng, 200);
    return labels;
}

static warp_source make_source(sw_size size, uint32_t seed)
{
    return (warp_source){size, make_picture(size, seed), make_labels(size, seed), 1, 1};
}

static void free_source(warp_source *source)
{
    sw_image_deinit(&source->image);
    sw_image_deinit(&source->labels);
}

/* The byte of a block of step_x by step_y pixels, averaged and rounded. */
static double block_value(const sw_image *image, int bx, int by, int step_x, int step_y, int c)
{
    long sum = 0, count = 0;
    for (int y = by * step_y; y < (by + 1) * step_y && y < image->height; y++)
        for (int x = bx * step_x; x < (bx + 1) * step_x && x < image->width; x++, count++)
            sum += image->pixels[3 * (y * image->width + x) + c];
    return floor((double)(sum + count / 2) / (double)count);
}

static double blend(double a, double b, double weight)
{
    return a + weight * (b - a);
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* What the header says, a pixel at a time. */
static double reference(const warp_source *source, double u, double v, int step_x, int step_y, int c)
{
    const sw_image *image = &source->image;
    int columns = (image->width - 1) / step_x + 1, rows = (image->height - 1) / step_y + 1;
    double x = clamp(u / (source->image_step * step_x) - 0.5, 0, columns - 1);
    double y = clamp(v / (source->image_step * step_y) - 0.5, 0, rows - 1);
    int left = (int)x, upper = (int)y;
    int right = left + 1 < columns ? left + 1 : left, lower = upper + 1 < rows ? upper + 1 : upper;
    double top = blend(block_value(image, left, upper, step_x, step_y, c),
                       block_value(image, right, upper, step_x, step_y, c), x - left);
    double bottom = blend(block_value(image, left, lower, step_x, step_y, c),
                          block_value(image, right, lower, step_x, step_y, c), x - left);
    return blend(top, bottom, y - upper) / 255;
}

/* The picture's point that a point of the output shows, the steps one after the other. */
static void trace(double *u, double *v, double x, double y, const sw_fit *fit, const warp_draw *draw)
{
    double width = fit->to.width, height = fit->to.height;
    if (draw->hflip) x = width - x;
    if (draw->vflip) y = height - y;
    x = draw->cut.left * width + x * draw->cut.side;
    y = draw->cut.top * height + y * draw->cut.side;
    double c = cos(draw->radians), s = sin(draw->radians);
    double step_x = draw->own_pixels ? 1 : (double)fit->part.width / fit->place.width;
    double step_y = draw->own_pixels ? 1 : (double)fit->part.height / fit->place.height;
    double dx = c * (x - width / 2) - s * (y - height / 2);
    double dy = s * (x - width / 2) + c * (y - height / 2);
    dx += (draw->x - 0.5) * (fit->from.width / step_x * draw->scale - width);
    dy += (draw->y - 0.5) * (fit->from.height / step_y * draw->scale - height);
    x = width / 2 + dx / draw->scale;
    y = height / 2 + dy / draw->scale;
    *u = draw->own_pixels ? x + (fit->from.width - width) / 2
                          : fit->part.left + (x - fit->place.left) * step_x;
    *v = draw->own_pixels ? y + (fit->from.height - height) / 2
                          : fit->part.top + (y - fit->place.top) * step_y;
}

/* Whether a number is so near a whole one that rounding may decide. */
static bool at_edge(double value)
{
    return fabs(value - floor(value + 0.5)) < 1e-6;
}

static void expect_reference(const warp_source *source, sw_fit_kind kind, sw_size size, const warp_draw *draw)
{
    sw_fit fit = sw_fit_find(kind, source->size, size);
    warp_map map = warp_compose(&fit, draw);
    size_t pixels = (size_t)(size.height * size.width);
    float *image = malloc(3 * pixels * sizeof *image);
    uint8_t *labels = malloc(pixels);
    warp_place place = {0};
    cr_assert(image && labels);
    for (size_t i = 0; i < 3 * pixels; i++) image[i] = NAN;
    cr_assert_eq(warp_apply(image, labels, size, &map, source, &place), SW_OK);
    int step_x = (int)fmax(1, floor(hypot(map.u[0], map.u[1]) / source->image_step + 0.5));
    int step_y = (int)fmax(1, floor(hypot(map.v[0], map.v[1]) / source->image_step + 0.5));
    for (int y = 0; y < size.height; y++)
        for (int x = 0; x < size.width; x++) {
            double u, v;
            trace(&u, &v, x + 0.5, y + 0.5, &fit, draw);
            const float *pixel = image + 3 * (y * size.width + x);
            uint8_t label = labels[y * size.width + x];
            if (u < 1e-6 || v < 1e-6 || u > source->size.width - 1e-6 || v > source->size.height - 1e-6) {
                if (u < -1e-6 || v < -1e-6 || u > source->size.width + 1e-6 ||
                    v > source->size.height + 1e-6) {
                    cr_assert_eq(label, SW_NO_CLASS, "row %d column %d", y, x);
                    for (int c = 0; c < 3; c++) cr_assert_eq(pixel[c], 0.0f);
                }
                continue;
            }
            double lu = u / source->label_step, lv = v / source->label_step;
            if (!at_edge(lu) && !at_edge(lv)) {
                int column = (int)fmin(lu, source->labels.width - 1);
                int row = (int)fmin(lv, source->labels.height - 1);
                cr_assert_eq(label, source->labels.pixels[row * source->labels.width + column],
                             "row %d column %d", y, x);
            }
            for (int c = 0; c < 3; c++)
                cr_assert_float_eq((double)pixel[c], reference(source, u, v, step_x, step_y, c), 2e-6,
                                   "row %d column %d: %.7f", y, x, (double)pixel[c]);
        }
    free(image);
    free(labels);
    warp_place_deinit(&place);
}

Test(data_warp, agrees_with_a_plain_reference)
{
    static const sw_size pictures[] = {{37, 53}, {90, 41}, {8, 9}, {1, 1}, {64, 64}};
    static const sw_size outputs[] = {{16, 16}, {24, 32}, {33, 7}};
    sw_rng rng = sw_rng_at(3, SW_RNG_TEST, 0);
    for (size_t p = 0; p < sizeof pictures / sizeof pictures[0]; p++) {
        warp_source source = make_source(pictures[p], (uint32_t)p);
        for (size_t o = 0; o < sizeof outputs / sizeof outputs[0]; o++)
            for (int i = 0; i < 24; i++) {
                float side = i % 2 ? 1 : sw_rng_uniform(&rng, 0.5f, 1);
                warp_draw draw = {
                    .own_pixels = i % 5 == 4,
                    .scale = sw_rng_uniform(&rng, 0.4f, 2.5f),
                    .x = sw_rng_float(&rng),
                    .y = sw_rng_float(&rng),
                    .radians = i % 3 ? sw_rng_uniform(&rng, -3.2f, 3.2f) : 0,
                    .cut = {sw_rng_uniform(&rng, 0, 1 - side), sw_rng_uniform(&rng, 0, 1 - side), side},
                    .hflip = sw_rng_chance(&rng, 0.5f),
                    .vflip = sw_rng_chance(&rng, 0.5f)};
                expect_reference(&source, (sw_fit_kind)(i % 3), outputs[o], &draw);
            }
        free_source(&source);
    }
}

/* A picture kept at half its size, labels at their own: both are found where they were. */
Test(data_warp, a_picture_may_be_kept_more_coarsely_than_its_labels)
{
    const sw_size size = {61, 83};
    warp_source source = {size, make_picture((sw_size){16, 21}, 5), make_labels((sw_size){31, 42}, 5), 4, 2};
    warp_draw draw = plain;
    expect_reference(&source, SW_FIT_STRETCH, (sw_size){12, 16}, &draw);
    draw.radians = 0.3;
    draw.scale = 0.7;
    expect_reference(&source, SW_FIT_PAD, (sw_size){12, 16}, &draw);
    free_source(&source);
}

static void expect_plain(sw_size from, sw_size to, sw_fit_kind kind)
{
    warp_source source = make_source(from, 9);
    sw_fit fit = sw_fit_find(kind, from, to);
    warp_map map = warp_compose(&fit, &plain);
    size_t pixels = (size_t)(to.height * to.width);
    float *image = malloc(3 * pixels * sizeof *image);
    uint8_t *labels = malloc(pixels), *resized = malloc(3 * pixels), *resized_labels = malloc(pixels);
    cr_assert(image && labels && resized && resized_labels);
    warp_place place = {0};
    cr_assert_eq(warp_apply(image, labels, to, &map, &source, &place), SW_OK);
    sw_fit_apply(resized, &fit, &source.image, SW_RESIZE_NEAREST, 0);
    sw_fit_apply(resized_labels, &fit, &source.labels, SW_RESIZE_NEAREST, SW_NO_CLASS);
    cr_assert_arr_eq(labels, resized_labels, pixels);
    if (from.width == to.width)
        for (size_t i = 0; i < 3 * pixels; i++) cr_assert_eq(image[i], (float)resized[i] / 255.0f);
    free(image);
    free(labels);
    free(resized);
    free(resized_labels);
    warp_place_deinit(&place);
    free_source(&source);
}

Test(data_warp, without_a_change_it_is_the_fit)
{
    expect_plain((sw_size){20, 31}, (sw_size){20, 31}, SW_FIT_STRETCH);
    expect_plain((sw_size){20, 31}, (sw_size){31, 31}, SW_FIT_PAD);
    expect_plain((sw_size){31, 31}, (sw_size){20, 31}, SW_FIT_CROP);
    /* magnified by whole numbers, the nearest pixel is the same by either rule */
    expect_plain((sw_size){9, 7}, (sw_size){27, 28}, SW_FIT_STRETCH);
    expect_plain((sw_size){9, 7}, (sw_size){40, 28}, SW_FIT_PAD);
}

static void warp_small(uint8_t *out, const uint8_t *labels, sw_size from, sw_size to, const warp_draw *draw)
{
    warp_source source = {from, make_picture(from, 1), {0}, 1, 1};
    source.labels =
        (sw_image){.pixels = (uint8_t *)labels, .width = from.width, .height = from.height, .channels = 1};
    sw_fit fit = sw_fit_find(SW_FIT_STRETCH, from, to);
    warp_map map = warp_compose(&fit, draw);
    float image[3 * 64];
    warp_place place = {0};
    cr_assert_eq(warp_apply(image, out, to, &map, &source, &place), SW_OK);
    warp_place_deinit(&place);
    sw_image_deinit(&source.image);
}

Test(data_warp, a_quarter_turn_goes_counterclockwise)
{
    static const uint8_t labels[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, turned[9] = {3, 6, 9, 2, 5, 8, 1, 4, 7};
    uint8_t out[9];
    warp_draw draw = plain;
    draw.radians = acos(-1) / 2;
    warp_small(out, labels, (sw_size){3, 3}, (sw_size){3, 3}, &draw);
    cr_assert_arr_eq(out, turned, 9);
    draw.radians = -acos(-1) / 2;
    warp_small(out, turned, (sw_size){3, 3}, (sw_size){3, 3}, &draw);
    cr_assert_arr_eq(out, labels, 9);
}

Test(data_warp, flips_and_cut_outs_are_where_they_should_be)
{
    static const uint8_t labels[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t out[8];
    const sw_size size = {2, 4};
    warp_draw draw = plain;
    draw.hflip = true;
    warp_small(out, labels, size, size, &draw);
    cr_assert_arr_eq(out, ((uint8_t[]){4, 3, 2, 1, 8, 7, 6, 5}), 8);
    draw.vflip = true;
    warp_small(out, labels, size, size, &draw);
    cr_assert_arr_eq(out, ((uint8_t[]){8, 7, 6, 5, 4, 3, 2, 1}), 8);
    draw = plain;
    draw.cut.side = 0.5;
    draw.cut.left = 0.5;
    warp_small(out, labels, size, size, &draw);
    cr_assert_arr_eq(out, ((uint8_t[]){3, 3, 4, 4, 3, 3, 4, 4}), 8);
}

Test(data_warp, what_is_no_picture_is_ignored_and_a_larger_picture_fills_the_frame)
{
    static const uint8_t labels[4] = {1, 2, 3, 4};
    uint8_t out[16];
    warp_draw draw = plain;
    draw.scale = 0.5;
    warp_small(out, labels, (sw_size){2, 2}, (sw_size){4, 4}, &draw);
    cr_assert_arr_eq(
        out, ((uint8_t[]){255, 255, 255, 255, 255, 1, 2, 255, 255, 3, 4, 255, 255, 255, 255, 255}), 16);
    draw.x = 1; /* the right end of the frame */
    draw.y = 0;
    warp_small(out, labels, (sw_size){2, 2}, (sw_size){4, 4}, &draw);
    cr_assert_arr_eq(
        out, ((uint8_t[]){255, 255, 1, 2, 255, 255, 3, 4, 255, 255, 255, 255, 255, 255, 255, 255}), 16);
    for (int i = 0; i <= 4; i++) {
        draw = (warp_draw){.scale = 1.7, .x = i / 4.0, .y = 1 - i / 4.0, .cut = {0, 0, 1}};
        warp_small(out, labels, (sw_size){2, 2}, (sw_size){4, 4}, &draw);
        for (int p = 0; p < 16; p++) cr_assert_neq(out[p], SW_NO_CLASS);
    }
}

/* Stripes finer than the output's pixels: picked pixel by pixel they would come out as coarse ones. */
Test(data_warp, shrinking_averages_instead_of_picking)
{
    enum { WIDE = 390, SMALL = 40 };
    warp_source source = {{WIDE, WIDE}, {0}, make_labels((sw_size){WIDE, WIDE}, 2), 1, 1};
    cr_assert_eq(sw_image_init(&source.image, WIDE, WIDE, 3), SW_OK);
    for (int i = 0; i < WIDE * WIDE; i++) memset(source.image.pixels + 3 * i, i % WIDE % 2 ? 255 : 0, 3);
    sw_fit fit = sw_fit_find(SW_FIT_STRETCH, source.size, (sw_size){SMALL, SMALL});
    static float image[3 * SMALL * SMALL];
    static uint8_t labels[SMALL * SMALL];
    warp_place place = {0};
    for (int turn = 0; turn < 4; turn++) {
        warp_draw draw = plain;
        draw.radians = turn;
        warp_map map = warp_compose(&fit, &draw);
        cr_assert_eq(warp_apply(image, labels, fit.to, &map, &source, &place), SW_OK);
        for (int i = 0; i < SMALL * SMALL; i++)
            if (labels[i] != SW_NO_CLASS) cr_assert_float_eq(image[3 * i], 0.5f, 0.01f);
    }
    warp_place_deinit(&place);
    free_source(&source);
}

Test(data_warp, colours_outside_are_black_again_when_told)
{
    const sw_size size = {5, 7};
    warp_source source = make_source((sw_size){9, 9}, 4);
    sw_fit fit = sw_fit_find(SW_FIT_PAD, source.size, size);
    warp_draw draw = plain;
    draw.radians = 0.5;
    warp_map map = warp_compose(&fit, &draw);
    float image[3 * 35];
    uint8_t labels[35];
    warp_place place = {0};
    cr_assert_eq(warp_apply(image, labels, size, &map, &source, &place), SW_OK);
    int outside = 0;
    for (int i = 0; i < 3 * 35; i++) image[i] += 0.5f;
    warp_blacken_outside(image, size, &place);
    for (int i = 0; i < 35; i++) {
        outside += labels[i] == SW_NO_CLASS;
        for (int c = 0; c < 3; c++) cr_assert_eq(image[3 * i + c] == 0, labels[i] == SW_NO_CLASS);
    }
    cr_assert(outside > 5 && outside < 30);
    warp_place_deinit(&place);
    free_source(&source);
}

Test(data_warp, the_finest_step_is_what_a_picture_may_be_kept_with)
{
    sw_fit fit = sw_fit_find(SW_FIT_STRETCH, (sw_size){600, 1000}, (sw_size){100, 125});
    cr_assert_float_eq(warp_finest_step(&fit, false, 1, 1), 6, 1e-12);
    cr_assert_float_eq(warp_finest_step(&fit, false, 2, 0.5), 1.5, 1e-12);
    cr_assert_float_eq(warp_finest_step(&fit, true, 0.5, 1), 2, 1e-12);
}
