/* From logits to classes and to what is shown of them. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "apply/label_map.h"
#include "draw/tiles.h"

Test(label_map, at_the_logits_own_size_the_largest_wins_and_ties_go_to_the_lowest_class)
{
    const float logits[2 * 2 * 3] = {0, 1, 2, /**/ 3, 3, 1, /**/ -5, -4, -4, /**/ 0, 0, 0};
    uint8_t labels[4];
    cr_assert_eq(sw_label_map(labels, 2, 2, logits, sw_size_square(2), 3), SW_OK);
    cr_expect_arr_eq(labels, ((uint8_t[]){2, 0, 1, 0}), 4);
}

/* Two pixels a row, two classes. Class 1 leads by -4 on the left and by 1 on the right; enlarged to 8 columns
 * the lead at column x is that of source place (x + 0.5) / 4 - 0.5, clamped: -4, -4, -3.375, -2.125, -0.875,
 * 0.375, 1, 1. */
Test(label_map, logits_are_enlarged_bilinearly_before_the_largest_is_taken)
{
    const float logits[2 * 2 * 2] = {4, 0, /**/ 0, 1, /**/ 4, 0, /**/ 0, 1};
    uint8_t labels[8 * 3];
    cr_assert_eq(sw_label_map(labels, 8, 3, logits, sw_size_square(2), 2), SW_OK);
    for (int y = 0; y < 3; y++)
        cr_expect_arr_eq(labels + (ptrdiff_t)8 * y, ((uint8_t[]){0, 0, 0, 0, 0, 1, 1, 1}), 8);
}

Test(label_map, rows_are_enlarged_as_columns_are)
{
    const float logits[2 * 2 * 2] = {4, 0, /**/ 4, 0, /**/ 0, 1, /**/ 0, 1};
    uint8_t labels[1 * 8];
    cr_assert_eq(sw_label_map(labels, 1, 8, logits, sw_size_square(2), 2), SW_OK);
    cr_expect_arr_eq(labels, ((uint8_t[]){0, 0, 0, 0, 0, 1, 1, 1}), 8);
}

Test(label_map, rows_and_columns_of_the_logits_need_not_be_as_many)
{
    const float logits[1 * 2 * 2] = {4, 0, /**/ 0, 1}, three[3 * 1 * 2] = {1, 0, /**/ 0, 1, /**/ 1, 0};
    uint8_t labels[3 * 8];
    cr_assert_eq(sw_label_map(labels, 8, 3, logits, (sw_size){.height = 1, .width = 2}, 2), SW_OK);
    for (int y = 0; y < 3; y++)
        cr_expect_arr_eq(labels + (ptrdiff_t)8 * y, ((uint8_t[]){0, 0, 0, 0, 0, 1, 1, 1}), 8);
    cr_assert_eq(sw_label_map(labels, 2, 3, three, (sw_size){.height = 3, .width = 1}, 2), SW_OK);
    cr_expect_arr_eq(labels, ((uint8_t[]){0, 0, 1, 1, 0, 0}), 6);
}

Test(label_map, a_logit_that_is_no_number_is_an_error)
{
    uint8_t label;
    cr_expect_eq(sw_label_map(&label, 1, 1, (const float[]){0, NAN}, sw_size_square(1), 2), SW_E_NUMERIC);
    cr_expect_eq(sw_label_map(&label, 1, 1, (const float[]){INFINITY, 0}, sw_size_square(1), 2),
                 SW_E_NUMERIC);
}

Test(label_map, an_overlay_is_half_picture_half_colour)
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
