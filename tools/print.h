/* Printing what a command made. */
#ifndef TOOLS_PRINT_H
#define TOOLS_PRINT_H

#include "base/str.h"

/* Prints the text to stdout and empties it, or fails where it could not be made. */
sw_status print_text(sw_str *text) SW_NODISCARD;

#endif
