#include "guess_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "mask_files.h"
#include "scratch.h"

/* Stripes of these values. */
const uint8_t *stripes(const uint8_t *values, int count)
{
    static uint8_t mask[PIXELS];
    for (int i = 0; i < PIXELS; i++) mask[i] = values[i % WIDTH * count / WIDTH];
    return mask;
}

/* Pictures FOLDER/0..count-1 with this ending. */
void write_pictures(const char *folder, int count, const char *ending)
{
    for (int i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/p%d%s", folder, i, ending);
        write_picture(name, WIDTH, HEIGHT, (unsigned)i);
    }
}

void write_masks(const char *folder, int count, const char *ending, const uint8_t *values)
{
    for (int i = 0; i < count; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/p%d%s.png", folder, i, ending);
        write_gray_mask(name, WIDTH, HEIGHT, values);
    }
}

sw_guess guessed(const char *folder)
{
    sw_guess guess;
    cr_assert_eq(sw_guess_files(&guess, scratch_path(folder), 2), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_guess_masks(&guess, 2, 0, NULL), SW_OK, "%s", sw_error_message());
    return guess;
}

void expect_class(const sw_guess *guess, int c, const char *name, unsigned code)
{
    const sw_class_list *list = guess->data.classes;
    cr_assert_not_null(list);
    cr_assert_lt(c, list->classes.count);
    cr_expect_str_eq(list->classes.list[c].name, name);
    cr_expect_eq(list->values[c].code, code);
    cr_expect_eq(list->values[c].label, c);
}

void expect_ignored(const sw_guess *guess, int count, unsigned first)
{
    cr_assert_not_null(guess->data.ignore);
    cr_expect_eq(guess->data.ignore->count, count);
    cr_expect_eq(guess->data.ignore->codes[0], first);
}

void expect_failure(const char *folder, sw_status status, const char *words)
{
    sw_guess guess;
    sw_status got = sw_guess_files(&guess, scratch_path(folder), 2);
    if (got == SW_OK) {
        got = sw_guess_masks(&guess, 2, 0, NULL);
        sw_guess_deinit(&guess);
    }
    cr_expect_eq(got, status, "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), words), "no '%s' in: %s", words, sw_error_message());
}
