/* What may stand at the end of a command line, for the shells' completion scripts (cmd_completion.c). */
#ifndef TOOLS_COMPLETE_H
#define TOOLS_COMPLETE_H

#include "base/str.h"
#include "options.h"

/* `words` follow the program's name; the last one is under the cursor and may be "". Appends lines:
 *
 *   WORD<TAB>DESCRIPTION            a word that begins with what is there; one that ends in '=' goes on
 *   :paths                          the words are paths
 *   :files<TAB>PREFIX<TAB>ENDINGS   files are wanted, after PREFIX of the word, of these endings (none: all)
 *   :folders<TAB>PREFIX<TAB>        folders, likewise
 *   :hint<TAB>TEXT                  there is nothing to choose from; what is expected, in words */
void complete(sw_str *out, int count, const char *const *words);

/* One word under completion, as its parts see it. */
typedef struct completion {
    sw_str *out;
    char prefix[128];  /* of the word, not under completion: "--config=" */
    const char *typed; /* the rest of it */
    int offered;
} completion;

/* Appends the word if it begins as typed. */
void complete_offer(completion *c, const char *word, const char *description);
void complete_files(completion *c, const char *endings);

/* A key of the experiment, or with `values` "key=value". */
void complete_key(completion *c, bool values);

#endif
