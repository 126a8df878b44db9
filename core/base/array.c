#include "base/array.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

/* The pointer is copied as bytes, for a pointer to any type comes in. */
sw_status sw_array_grow(void *array, size_t count, size_t item_bytes, const char *what)
{
    void *items;
    bool is_full = count == 0 || (count >= FIRST_CAPACITY && (count & (count - 1)) == 0);
    if (!is_full) return SW_OK;
    size_t capacity = count ? 2 * count : FIRST_CAPACITY, bytes = capacity * item_bytes;
    if (count > SIZE_MAX / 2 / item_bytes) return sw_fail_alloc(what, SIZE_MAX);
    memcpy(&items, array, sizeof items);
    items = realloc(items, bytes);
    if (!items) return sw_fail_alloc(what, bytes);
    memcpy(array, &items, sizeof items);
    return SW_OK;
}
