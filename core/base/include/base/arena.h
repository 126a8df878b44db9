/* One arena a lifetime: many small allocations, freed together. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/status.h"

typedef struct sw_arena {
    struct sw_arena_block *blocks;
} sw_arena;

/* Zeroed memory aligned for any type, or NULL when memory is out (the message is set). Zero-initialise an
 * arena before use. */
void *sw_arena_alloc(sw_arena *arena, size_t bytes);
char *sw_arena_strdup(sw_arena *arena, const char *text);
char *sw_arena_printf(sw_arena *arena, const char *fmt, ...) SW_PRINTF(2, 3);
void sw_arena_deinit(sw_arena *arena);

#endif
