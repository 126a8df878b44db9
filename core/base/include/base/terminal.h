/* What a stream can show besides plain lines. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

enum { SW_TERMINAL_DEFAULT_COLUMNS = 80 };

/* Tells whether a line can be overwritten: on a terminal, with TERM set and not "dumb". */
bool sw_terminal_rewrites(FILE *stream);
/* Tells whether it also takes escape sequences: NO_COLOR must be unset or empty. */
bool sw_terminal_escapes(FILE *stream);
/* Returns the present width, the default when it is no terminal. */
int sw_terminal_columns(FILE *stream);

/* Appends what clears the cursor's line: an escape sequence, or without escapes blanks over it. */
void sw_terminal_erase(sw_str *out, bool escapes, int columns);

#endif
