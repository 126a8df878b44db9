/* The manual page, in the language of man(7). */
#ifndef TOOLS_MANUAL_H
#define TOOLS_MANUAL_H

#include "base/str.h"
#include "command.h"

/* Appends the page, with these commands (the list ends in NULL) and the options of their tables. */
void manual_append(sw_str *out, const sw_command *const *commands);

#endif
