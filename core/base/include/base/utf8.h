/* UTF-8 out of anything: file names and what a manifest quotes may hold any bytes. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* The character that *text begins with, which is not at its end: *out points to its bytes, or to those of
 * U+FFFD where there is none, for one byte. Overlong forms, surrogates and what lies past U+10FFFF are none.
 * Moves *text on and returns how many bytes *out has. */
size_t sw_utf8_next(const char **out, const char **text);

/* Whether a text of `length` bytes, with a NUL after them, is all such characters. A NUL within counts as
 * one. */
bool sw_utf8_is_valid(const char *text, size_t length);

/* Appends all of the text so, "" too. */
void sw_utf8_append(sw_str *out, const char *text);

#endif
