/* Arrays that grow by one item at a time. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

typedef struct item {
    int number;
    char pad[20];
} item;

Test(array, keeps_its_items_while_it_grows)
{
    item *items = NULL;
    enum { COUNT = 1000 };
    for (int count = 0; count < COUNT; count++) {
        cr_assert_eq(SW_ARRAY_GROW(items, count, "a list"), SW_OK);
        memset(&items[count], 0x5a, sizeof *items); /* a sanitizer sees what has no room */
        items[count].number = count;
    }
    for (int i = 0; i < COUNT; i++) cr_assert_eq(items[i].number, i);
    free(items);
}

Test(array, has_room_after_items_were_taken_off_its_end)
{
    int *items = NULL;
    size_t count = 0;
    for (; count < 33; count++) {
        cr_assert_eq(SW_ARRAY_GROW(items, count, "a list"), SW_OK);
        items[count] = (int)count;
    }
    for (count = 16; count < 40; count++) {
        cr_assert_eq(SW_ARRAY_GROW(items, count, "a list"), SW_OK);
        items[count] = -(int)count;
    }
    for (int i = 0; i < 16; i++) cr_assert_eq(items[i], i);
    free(items);
}

Test(array, is_as_it_was_when_memory_is_out)
{
    char *items = NULL;
    cr_assert_eq(SW_ARRAY_GROW(items, 0, "a list"), SW_OK);
    char *before = items;
    items[0] = 'x';
    cr_assert_eq(sw_array_grow(&items, (size_t)1 << 62, 4, "a list"), SW_E_MEMORY);
    cr_assert_not_null(strstr(sw_error_message(), "a list"));
    cr_assert_eq(items, before);
    cr_assert_eq(items[0], 'x');
    free(items);
}
