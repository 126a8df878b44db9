#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024 };

struct sw_arena_block {
    struct sw_arena_block *next;
    size_t used, capacity;
    alignas(max_align_t) unsigned char bytes[];
};

void *sw_arena_alloc(sw_arena *arena, size_t bytes)
{
    size_t align = alignof(max_align_t);
    if (bytes > SIZE_MAX / 2) {
        (void)sw_fail_alloc("an arena", bytes);
        return NULL;
    }
    size_t rounded = (bytes + align - 1) / align * align;
    struct sw_arena_block *block = arena->blocks;
    if (!block || block->capacity - block->used < rounded) {
        size_t capacity = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;
        block = calloc(1, sizeof *block + capacity);
        if (!block) {
            (void)sw_fail_alloc("an arena", capacity);
            return NULL;
        }
        block->capacity = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *result = block->bytes + block->used;
    block->used += rounded;
    return result;
}

char *sw_arena_strdup(sw_arena *arena, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = sw_arena_alloc(arena, bytes);
    if (copy) memcpy(copy, text, bytes);
    return copy;
}

char *sw_arena_printf(sw_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    char *text = length < 0 ? NULL : sw_arena_alloc(arena, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}

void sw_arena_deinit(sw_arena *arena)
{
    struct sw_arena_block *block = arena->blocks;
    while (block) {
        struct sw_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
}
