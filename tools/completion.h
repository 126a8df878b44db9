/* One word under completion, and what is offered for it (complete.h has the lines). */
#ifndef TOOLS_COMPLETION_H
#define TOOLS_COMPLETION_H

#include <stdbool.h>

#include "base/str.h"
#include "command.h"

typedef struct completion {
    sw_str *out;
    const sw_command *const *commands; /* ends in NULL */
    char prefix[128];                  /* of the word, not under completion: "--config=" */
    const char *typed;                 /* the rest of it */
    int offered;
} completion;

/* Appends the word if it begins as typed. */
void completion_offer(completion *c, const char *word, const char *description);
/* Asks the shell for files of these endings; "": of any. */
void completion_files(completion *c, const char *endings);
/* Offers keys of the experiments' schema; with `values` "key=", then the values of a key that has a choice.
 */
void completion_keys(completion *c, bool values);

#endif
