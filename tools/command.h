/* The subcommands of the segwork program: one file each, one line each in the table of commands.c. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <limits.h>
#include <popt.h>

#include "base/status.h"

/* What the static of a number's option holds until it is given: nothing that anybody would type. */
#define OPTION_NOT_GIVEN      INT_MIN
#define OPTION_NOT_GIVEN_LONG LLONG_MIN

typedef struct sw_command {
    const char *name;      /* "run" */
    const char *arguments; /* "EXPERIMENT.yaml" for the usage line; "" for none; see below */
    const char *summary;   /* one line for `segwork --help` */
    const char *details;   /* paragraphs and examples for `segwork run --help` (details.h); may be NULL */
    const struct poptOption
        *options; /* ends in POPT_TABLEEND; option values land in the command file's statics */
    /* Gets the arguments that are no options, NULL-terminated. Results are printed to stdout; messages for
     * people go through sw_log. A failure is returned, and main prints its message and maps it to the exit
     * code. */
    sw_status (*run)(int argc, const char *const *argv);
} sw_command;

extern const sw_command *const sw_commands[]; /* ends in NULL */

/* Help, manual page and completion are made from this struct and the option table; there is nothing else to
 * write. Completion knows what to offer by the words in `arguments` and in an option's argDescrip:
 *
 *   lower case, best|last       the words themselves
 *   EXPERIMENT.yaml             an experiment           KEY=VALUE, KEY    a key of the experiment
 *   RUN, RUN_A                  a run's folder          DIR, FOLDER       a folder
 *   CHECKPOINT                  weights                 IMAGE, PNG        a picture
 *   FILE, REPORT.html           a file (of this ending) OP, COMMAND       a subject of selftest, a command
 *   anything else               nothing
 *
 * '|' stands between alternatives, a blank between arguments, "..." after one that may be repeated, ", or "
 * between usages that are told apart by their first word. In a table with several actions (segwork data), the
 * title of an included table names the actions it is for. */

#endif
