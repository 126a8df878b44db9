/* Arrays that grow by one item at a time. There is no capacity to store: it follows from the count, as the
 * next power of two. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#include "base/status.h"

/* Makes room for one more item after the `count` items at `items`, a pointer to any type (NULL when empty)
 * that may move. The array must have grown only in this way. The caller stores the item, raises the count,
 * and frees the pointer in the end:
 *
 *   SW_ENSURE(SW_ARRAY_GROW(names, count, "names of runs"));
 *   names[count++] = name;
 *
 * SW_E_MEMORY: memory is out; the message says for `what`, and the array is unchanged. */
#define SW_ARRAY_GROW(items, count, what) sw_array_grow(&(items), (size_t)(count), sizeof *(items), (what))

/* Does the work of SW_ARRAY_GROW; `array` points to the pointer. */
sw_status sw_array_grow(void *array, size_t count, size_t item_bytes, const char *what) SW_NODISCARD;

#endif
