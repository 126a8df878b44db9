/* The subcommands of the segwork program: one file each, one line each in the table of commands.c. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <popt.h>

#include "base/status.h"

typedef struct sw_command {
    const char *name;      /* "run" */
    const char *arguments; /* "EXPERIMENT.yaml" for the usage line; "" for none */
    const char *summary;   /* one line for `segwork --help` */
    const char *details;   /* paragraphs and examples for `segwork run --help`; may be NULL */
    const struct poptOption
        *options; /* ends in POPT_TABLEEND; option values land in the command file's statics */
    /* Gets the arguments that are no options, NULL-terminated. Results are printed to stdout; messages for
     * people go through sw_log. A failure is returned, and main prints its message and maps it to the exit
     * code. */
    sw_status (*run)(int argc, const char *const *argv);
} sw_command;

extern const sw_command *const sw_commands[]; /* ends in NULL */

#endif
