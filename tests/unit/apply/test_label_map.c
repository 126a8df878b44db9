/* From logits to probabilities, and from windows to the map of a picture. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apply/label_map.h"

static sw_map_side whole(int length, int scaled)
{
    return (sw_map_side){.length = length, .scaled = scaled, .window = scaled, .to = scaled};
}

static void fill(sw_label_map map, const float *values, sw_map_side rows, sw_map_side columns, int classes)
{
    cr_assert_eq(sw_label_map_fill(&map, values, &rows, &columns, classes), SW_OK, "%s", sw_error_message());
}

Test(label_map, at_its_own_size_the_most_likely_class_wins_and_ties_go_to_the_lowest)
{
    const float values[2 * 2 * 3] = {.1f, .2f, .7f, /**/ .4f, .4f, .2f, /**/ .2f, .4f, .4f, /**/ 0, 0, 0};
    uint8_t labels[4];
    float planes[3 * 4];
    fill((sw_label_map){labels, planes}, values, whole(2, 2), whole(2, 2), 3);
    cr_expect_arr_eq(labels, ((uint8_t[]){2, 0, 1, 0}), 4);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 4; i++) cr_expect_eq(planes[4 * c + i], values[3 * i + c]);
}

/* Two pixels a row, two classes, four times enlarged. Class 1 leads by -.8 on the left and by .2 on the
 * right; at column x the lead is that of source place (x + 0.5) / 4 - 0.5, clamped: shares of the right one
 * 0, 0, 1/8, 3/8, 5/8, 7/8, 1, 1. */
static const float pair[2 * 2] = {.9f, .1f, /**/ .4f, .6f};
static const float shares[8] = {0, 0, .125f, .375f, .625f, .875f, 1, 1};

Test(label_map, probabilities_are_enlarged_bilinearly_before_the_largest_is_taken)
{
    float values[2 * 2 * 2];
    memcpy(values, pair, sizeof pair);
    memcpy(values + 4, pair, sizeof pair);
    uint8_t labels[8 * 3];
    float planes[2 * 8 * 3];
    fill((sw_label_map){labels, planes}, values, whole(3, 2), whole(8, 2), 2);
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 8; x++) {
            const float expected = .1f + .5f * shares[x];
            cr_expect_eq(labels[8 * y + x], expected > .5f);
            cr_expect_float_eq(planes[24 + 8 * y + x], expected, 1e-6);
            cr_expect_float_eq(planes[8 * y + x], 1 - expected, 1e-6);
        }
}

Test(label_map, rows_are_enlarged_as_columns_are)
{
    uint8_t labels[8];
    fill((sw_label_map){labels, NULL}, pair, whole(8, 2), whole(1, 1), 2);
    cr_expect_arr_eq(labels, ((uint8_t[]){0, 0, 0, 0, 0, 1, 1, 1}), 8);
}

/* The same picture seen whole, and in windows of which some reach over its ends. */
Test(label_map, windows_give_what_the_whole_gives)
{
    enum { HEIGHT = 11, WIDTH = 14, CLASSES = 3, SIDE = 6, MAPS = 3 };
    static const sw_size sizes[MAPS] = {{HEIGHT, WIDTH}, {29, 40}, {5, 9}};
    float values[HEIGHT * WIDTH * CLASSES];
    for (int i = 0; i < HEIGHT * WIDTH * CLASSES; i++)
        values[i] = (float)((unsigned)i * 2654435761u >> 16 & 0xffff) / 65536.0f;
    for (int m = 0; m < MAPS; m++) {
        const sw_size size = sizes[m];
        const size_t pixels = sw_size_pixels(size);
        uint8_t *expected = malloc(pixels), *labels = malloc(pixels);
        float *planes = malloc(pixels * CLASSES * sizeof *planes),
              *parts = calloc(pixels, CLASSES * sizeof *parts);
        fill((sw_label_map){expected, planes}, values, whole(size.height, HEIGHT), whole(size.width, WIDTH),
             CLASSES);
        memset(labels, 77, pixels);
        for (int top = -1; top < HEIGHT; top += 4)
            for (int left = -1; left < WIDTH; left += 4) {
                float window[SIDE * SIDE * CLASSES];
                for (int i = 0; i < SIDE * SIDE * CLASSES; i++) window[i] = -1.0f; /* margins are not used */
                for (int y = 0; y < SIDE; y++)
                    for (int x = 0; x < SIDE; x++)
                        if (top + y >= 0 && top + y < HEIGHT && left + x >= 0 && left + x < WIDTH)
                            memcpy(window + (y * SIDE + x) * CLASSES,
                                   values + ((top + y) * WIDTH + left + x) * CLASSES,
                                   CLASSES * sizeof *values);
                const sw_map_side rows = {size.height,
                                          HEIGHT,
                                          SIDE,
                                          top,
                                          top + 1 > 0 ? top + 1 : 0,
                                          top + 5 < HEIGHT ? top + 5 : HEIGHT};
                const sw_map_side columns = {size.width,
                                             WIDTH,
                                             SIDE,
                                             left,
                                             left + 1 > 0 ? left + 1 : 0,
                                             left + 5 < WIDTH ? left + 5 : WIDTH};
                fill((sw_label_map){labels, parts}, window, rows, columns, CLASSES);
            }
        for (size_t i = 0; i < pixels; i++) cr_assert_eq(labels[i], expected[i], "map %d, pixel %zu", m, i);
        for (size_t i = 0; i < pixels * CLASSES; i++) cr_assert_eq(parts[i], planes[i]);
        free(expected);
        free(labels);
        free(planes);
        free(parts);
    }
}
