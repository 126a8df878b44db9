/* Valid UTF-8 from any bytes, as file names and quoted texts may hold them. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Takes the first character off *text, which is not empty. *out points to its bytes, of which the return
 * value is the number. A byte that begins no valid character gives U+FFFD instead. Overlong forms, surrogates
 * and code points past U+10FFFF are not valid. */
size_t sw_utf8_next(const char **out, const char **text);

/* Tells whether `length` bytes, with a NUL after them, are valid throughout. A NUL among them is valid. */
bool sw_utf8_is_valid(const char *text, size_t length);

/* Appends the text with its invalid bytes replaced so. After it out->text is not NULL, even for "". */
void sw_utf8_append(sw_str *out, const char *text);

#endif
