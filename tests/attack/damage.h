/* Damage to a file of a known form. All choices come from one seed, so that a seed is a damaged file. */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "base/str.h"

/* Bytes that change their number. */
typedef struct damaged {
    char *bytes; /* on the heap */
    size_t length;
    sw_rng rng;
    sw_str did; /* what was done, in words */
} damaged;

/* A number in 0..n-1; 0 for n == 0. */
size_t damage_pick(damaged *d, size_t n);

/* Puts `count` bytes in the place of `old_count` bytes at `at`. */
void damage_splice(damaged *d, size_t at, size_t old_count, const void *bytes, size_t count);

/* Each does one thing to the file, and returns whether there was something to do it to. */
bool damage_bytes(damaged *d);
bool damage_lines(damaged *d);
bool damage_numbers(damaged *d); /* anywhere in the text from `begin` to `end` */
bool damage_numbers_in(damaged *d, size_t begin, size_t end);
bool damage_safetensors(damaged *d);
bool damage_png(damaged *d);

#endif
