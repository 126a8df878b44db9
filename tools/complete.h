/* What may stand at the end of a command line, for the shells' completion scripts (cmd_completion.c). */
#ifndef TOOLS_COMPLETE_H
#define TOOLS_COMPLETE_H

#include "base/str.h"

/* `words` follow the program's name; the last one is under the cursor and may be "". Appends lines:
 *
 *   WORD<TAB>DESCRIPTION            a word that begins with what is there; one that ends in '=' goes on
 *   :paths                          the words are paths
 *   :files<TAB>PREFIX<TAB>ENDINGS   files are wanted, after PREFIX of the word, of these endings (none: all)
 *   :folders<TAB>PREFIX<TAB>        folders, likewise
 *   :hint<TAB>TEXT                  there is nothing to choose from; what is expected, in words */
void complete(sw_str *out, int count, const char *const *words);

#endif
