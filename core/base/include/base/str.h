/* A growing string. A failed allocation is remembered and reported by sw_str_take or sw_str_status, so that
 * code that builds a text need not check every step. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct sw_str {
    char *text; /* always ends in NUL once anything was appended; NULL before */
    size_t length, capacity;
    bool failed;
} sw_str;

/* Append a text, bytes, or a text formatted as by printf. */
void sw_str_append(sw_str *s, const char *text);
void sw_str_append_bytes(sw_str *s, const void *bytes, size_t count);
void sw_str_printf(sw_str *s, const char *fmt, ...) SW_PRINTF(2, 3);
void sw_str_vprintf(sw_str *s, const char *fmt, va_list args) SW_PRINTF(2, 0);
/* Appends `text`, broken at blanks so that no line is longer than `columns` (a longer word gets its own
 * line). The text begins at `column` of the present line; the lines after it are indented by `indent`.
 * Several blanks count as one. No newline is added at the end. */
void sw_str_wrap(sw_str *s, const char *text, int column, int indent, int columns);
/* Returns SW_E_MEMORY if an append ran out of memory. */
sw_status sw_str_status(const sw_str *s) SW_NODISCARD;
/* Returns the text, "" where nothing was appended. */
const char *sw_str_text(const sw_str *s);
/* Returns the text of `part`, to be put into `whole`, which fails if the part did: a text is never whole with
 * a shortened part. */
const char *sw_str_part(sw_str *whole, const sw_str *part);
/* Hands the text to the caller, who frees it; the sw_str is empty afterwards. */
sw_status sw_str_take(char **out, sw_str *s) SW_NODISCARD;
void sw_str_deinit(sw_str *s);

/* Returns a formatted string on the heap, or NULL when memory is out (the message is set). */
char *sw_strf(const char *fmt, ...) SW_PRINTF(1, 2);

#endif
