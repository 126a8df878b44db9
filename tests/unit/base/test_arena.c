/* Texts in an arena. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/arena.h"

Test(arena, a_formatted_text_is_whole_whatever_its_length)
{
    sw_arena arena = {0};
    char *empty = sw_arena_printf(&arena, "%s", ""), *name = sw_arena_printf(&arena, "%s.%d", "conv", 12);
    char *wide = sw_arena_printf(&arena, "%200000d|", 7); /* more than a block */
    cr_assert(empty && name && wide);
    cr_expect_str_eq(empty, "");
    cr_expect_str_eq(name, "conv.12");
    cr_expect_eq(strlen(wide), 200001);
    cr_expect_str_eq(wide + 199999, "7|");
    sw_arena_deinit(&arena);
}
