/* The subcommands of the segwork program, one file each. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <limits.h>
#include <popt.h>

#include "base/status.h"

/* What the static of a number's option holds until it is given: nothing that anybody would type. */
#define OPTION_NOT_GIVEN INT_MIN

typedef struct sw_command sw_command;

/* Gets the arguments that are no options, NULL-terminated. Prints results to stdout and sends messages for
 * people through sw_log. main prints the message of a failure and maps its status to the exit code. */
typedef sw_status (*sw_command_run)(int argc, const char *const *argv);

struct sw_command {
    const char *name;                 /* "run" */
    const char *arguments;            /* "EXPERIMENT.yaml" for the usage line; "" for none; see below */
    const char *summary;              /* one line for `segwork --help` */
    const char *details;              /* for `segwork run --help`, as it is printed; see below */
    const struct poptOption *options; /* ends in POPT_TABLEEND; NULL: none. Sets statics of the file. */
    sw_command_run run;
    /* In place of `run`, for a command about all commands: it also gets their list, which ends in NULL. */
    sw_status (*run_on_all)(const sw_command *const *commands, int argc, const char *const *argv);
};

/* Every command, each defined at the end of its cmd_<name>.c. */
extern const sw_command sw_cmd_bench, sw_cmd_check, sw_cmd_compare, sw_cmd_completion, sw_cmd_data,
    sw_cmd_describe, sw_cmd_devices, sw_cmd_eval, sw_cmd_export, sw_cmd_inspect, sw_cmd_man, sw_cmd_plot,
    sw_cmd_predict, sw_cmd_render, sw_cmd_report, sw_cmd_run, sw_cmd_selftest, sw_cmd_sweep, sw_cmd_tune;

/* Help, manual page and completion are made from this struct and the option table; there is nothing else to
 * write.
 *
 * `details` fits into 80 columns. The manual page lays paragraphs out again; it keeps indented lines
 * (examples, tables), which therefore end at column 75, and hangs "word  explanation" on its word.
 *
 * Completion knows what to offer by the words in `arguments` and in an option's argDescrip:
 *
 *   lower case, best|last       the words themselves
 *   EXPERIMENT.yaml             an experiment           KEY=VALUE, KEY    a key of the experiment
 *   RUN, RUN_A                  a run's folder          DIR, FOLDER       a folder
 *   CHECKPOINT                  weights                 IMAGE, PNG        a picture
 *   FILE, REPORT.html           a file (of this ending) OP, COMMAND       a subject of selftest, a command
 *   anything else               nothing
 *
 * '|' separates alternatives, a blank separates arguments, "..." after one that may be repeated, ", or "
 * separates usages with different first words. In a table with several actions (segwork data), the title of
 * an included table names the actions it is for. */

#endif
