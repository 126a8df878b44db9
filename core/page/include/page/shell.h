/* Command lines that people paste and scripts run. */
#ifndef PAGE_SHELL_H
#define PAGE_SHELL_H

#include "base/str.h"

/* Appends the word, in quotes where a shell needs them. */
void sw_shell_append_word(sw_str *out, const char *word);

/* Appends " <option> <word>". */
void sw_shell_append_option(sw_str *out, const char *option, const char *word);

/* Appends what continues a run: "segwork run --resume RUN", with --device unless that is NULL. `program` is
 * how segwork is called. */
void sw_shell_append_resume(sw_str *out, const char *program, const char *run, const char *device);

#endif
