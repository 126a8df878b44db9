/* What may be written to a stream besides plain lines. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

enum { SW_TERMINAL_DEFAULT_COLUMNS = 80 };

/* A terminal on which a line can be written over: TERM is set, and not to "dumb". */
bool sw_terminal_rewrites(FILE *stream);
/* Such a terminal, and NO_COLOR is not set to anything but the empty string: escape sequences are welcome. */
bool sw_terminal_escapes(FILE *stream);
int sw_terminal_columns(FILE *stream); /* now; the default when it is no terminal */

/* Appends what empties the line the cursor is on: an escape sequence, or without escapes blanks over it. */
void sw_terminal_erase(sw_str *out, bool escapes, int columns);

#endif
