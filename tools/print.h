/* Printing: what a command made, and over a line of progress. */
#ifndef TOOLS_PRINT_H
#define TOOLS_PRINT_H

#include "base/str.h"

/* Prints the text to stdout and empties it, or fails where it could not be made. */
sw_status print_text(sw_str *text) SW_NODISCARD;

/* Clears the line that the cursor is on, if standard error is a terminal that can do it. */
void print_clear_line(void);

#endif
