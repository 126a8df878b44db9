/* What may stand at the end of a command line, for the shells' completion scripts (cmd_completion.c). */
#ifndef TOOLS_COMPLETE_H
#define TOOLS_COMPLETE_H

#include "base/str.h"
#include "command.h"

/* Appends what may be typed for the last of `words`, which follow the program's name; that one may be "". The
 * list of commands ends in NULL. The lines are:
 *
 *   WORD<TAB>DESCRIPTION            a word that begins as typed; one that ends in '=' is not the end
 *   :paths                          the words are paths
 *   :files<TAB>PREFIX<TAB>ENDINGS   files are wanted, after PREFIX of the word, of these endings (none: all)
 *   :folders<TAB>PREFIX<TAB>        folders, likewise
 *   :hint<TAB>TEXT                  there is no choice; what is expected, in words */
void complete(sw_str *out, const sw_command *const *commands, int count, const char *const *words);

#endif
