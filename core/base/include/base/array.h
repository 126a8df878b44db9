/* Arrays that grow by one item at a time. Nobody keeps a capacity: it is the power of two that follows from
 * the count. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#include "base/status.h"

/* Makes room for one item behind the `count` items of an array, of which `items` is the pointer (NULL when it
 * is empty). Nothing else may have resized the array; the caller raises the count and frees the pointer.
 * SW_E_MEMORY, naming `what` it is a list of: the array is as it was. */
#define SW_ARRAY_GROW(items, count, what) sw_array_grow(&(items), (size_t)(count), sizeof *(items), (what))

/* The function behind it: `array` points to the pointer. */
sw_status sw_array_grow(void *array, size_t count, size_t item_bytes, const char *what) SW_NODISCARD;

#endif
