/* Classes drawn over a picture. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "apply/overlay.h"

Test(overlay, is_half_picture_half_colour)
{
    const sw_classes none = sw_classes_none(); /* so that classes have the default colours */
    uint8_t rgb[2 * 3] = {0, 100, 255, 255, 255, 255};
    sw_label_overlay(rgb, (const uint8_t[]){1, 2}, 2, &none);
    for (int i = 0; i < 2; i++) {
        uint32_t color = sw_class_default_rgb(i + 1);
        const unsigned before[2][3] = {{0, 100, 255}, {255, 255, 255}};
        for (int c = 0; c < 3; c++) {
            unsigned part = color >> (16 - 8 * c) & 0xff;
            cr_expect_eq(rgb[3 * i + c], (before[i][c] + part + 1) / 2);
        }
    }
}

static sw_classes three(int background)
{
    sw_classes classes = sw_classes_none();
    cr_assert(sw_classes_add(&classes, "a") && sw_classes_add(&classes, "b") &&
              sw_classes_add(&classes, "c"));
    for (int c = 0; c < 3; c++) classes.list[c].rgb = 0x010203u * (unsigned)(c + 1);
    classes.background = background;
    return classes;
}

/* What was drawn on a white picture: '#' the class's colour, '+' a tint, '.' nothing. */
static void expect_outline(const char *labels, const char *drawn, sw_size size, int background)
{
    const sw_classes classes = three(background);
    const size_t pixels = sw_size_pixels(size);
    uint8_t *rgb = malloc(3 * pixels), *numbers = malloc(pixels);
    memset(rgb, 255, 3 * pixels);
    for (size_t i = 0; i < pixels; i++) numbers[i] = (uint8_t)(labels[i] - '0');
    cr_assert_eq(sw_label_outline(rgb, numbers, size, &classes), SW_OK);
    for (size_t i = 0; i < pixels; i++) {
        const unsigned red = numbers[i] + 1u; /* of the class's colour */
        const unsigned expected = drawn[i] == '#' ? red : drawn[i] == '+' ? (3 * 255 + red + 2) / 4 : 255;
        cr_expect_eq(rgb[3 * i], expected, "pixel %zu is %d", i, rgb[3 * i]);
    }
    free(rgb);
    free(numbers);
}

Test(overlay, an_outline_runs_inside_the_region_and_leaves_the_background)
{
    expect_outline("0000000"
                   "0111110"
                   "0111110"
                   "0111110"
                   "0111112",
                   "......."
                   ".#####."
                   ".#+++#."
                   ".#+++#."
                   ".#+++##", /* the picture's own edge is none */
                   (sw_size){5, 7}, 0);
}

Test(overlay, without_a_background_all_regions_have_an_outline)
{
    expect_outline("0000222"
                   "0000222"
                   "0000222",
                   "+++##++"
                   "+++##++"
                   "+++##++",
                   (sw_size){3, 7}, -1);
    expect_outline("1", "+", (sw_size){1, 1}, -1);
}

Test(overlay, the_line_grows_with_the_picture)
{
    enum { SIDE = 800, MIDDLE = SIDE / 2 };
    char *labels = malloc(SIDE * SIDE), *drawn = malloc(SIDE * SIDE);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            labels[SIDE * y + x] = y < MIDDLE ? '0' : '1';
            drawn[SIDE * y + x] = y < MIDDLE ? '.' : y < MIDDLE + 3 ? '#' : '+';
        }
    expect_outline(labels, drawn, (sw_size){SIDE, SIDE}, 0);
    free(labels);
    free(drawn);
}
