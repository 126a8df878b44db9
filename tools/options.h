/* The options of a command, found in its popt tables: for the manual page, the shells' completion and hints.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>

#include "command.h"

/* --help, which every command has besides its own; main includes this table. */
extern const struct poptOption options_help[];
extern int options_help_wanted;

/* Bit n is set when an option was given whose `val` is n, for a command that has several actions. */
extern unsigned options_given_groups;

/* Calls `visit` for every option that --help shows, --help last. `group` is the title of the included table
 * that has the option, or NULL. Stops when it returns false. */
typedef bool (*options_visitor)(void *user, const struct poptOption *option, const char *group);
void options_visit(const sw_command *command, options_visitor visit, void *user);

/* Tells whether a value follows the option. */
bool option_takes_value(const struct poptOption *option);

/* Returns the option for "--name", "--name=value" or "-n", or NULL. */
const struct poptOption *options_find(const sw_command *command, const char *word);

/* Returns the known long option, without its dashes, or the command that a mistyped word is nearest to; NULL
 * when none is near enough to have been meant. A list of commands ends in NULL. */
const char *options_nearest(const sw_command *command, const char *word);
const char *commands_nearest(const sw_command *const *commands, const char *word);

/* Reads the value of --tta (OPTION_TTA); NULL: not given, nothing is averaged. SW_E_USAGE: no such way. */
sw_status options_read_tta(bool *flip, const char *how) SW_NODISCARD;

/* Returns the command of that name, or NULL. */
const sw_command *commands_find(const sw_command *const *commands, const char *name);

/* Options without a value, and with a text. `letter` is '\0' where there is no short form; the static is NULL
 * or 0 until the option is given. */
#define OPTION_FLAG(name, letter, flag, help)                                                                \
    {                                                                                                        \
        name, letter, POPT_ARG_NONE, &(flag), 0, help, NULL                                                  \
    }
#define OPTION_TEXT(name, letter, text, value, help)                                                         \
    {                                                                                                        \
        name, letter, POPT_ARG_STRING, &(text), 0, help, value                                               \
    }

/* Of the commands that show progress: set by --quiet, after which only warnings, errors and results are
 * printed. */
extern int options_quiet;
#define OPTION_QUIET                                                                                         \
    OPTION_FLAG("quiet", 'q', options_quiet, "Print no progress and no messages but warnings and errors")
/* Of the commands whose results a script may want to read. */
#define OPTION_WHICH(which)                                                                                  \
    OPTION_TEXT("which", 'w', which, "best|last", "Which weights of a run (default: best)")
#define OPTION_JSON(json) OPTION_FLAG("json", '\0', json, "Print one JSON document instead of text")

/* Options that several commands have, each with the static that it sets. */
#define OPTION_SET(sets)                                                                                     \
    {                                                                                                        \
        "set", 's', POPT_ARG_ARGV, &(sets), 0,                                                               \
            "Set a key of the experiment to another value, in YAML (may be repeated)", "KEY=VALUE"           \
    }
#define OPTION_DEVICE(device)                                                                                \
    OPTION_TEXT("device", 'd', device, "DEVICE",                                                             \
                "OpenCL device: platform:device numbers or a part of its name (see 'segwork devices')")
#define OPTION_CHECKPOINT(checkpoint)                                                                        \
    OPTION_TEXT("checkpoint", 'c', checkpoint, "FILE|RUN|pets",                                              \
                "Weights: a safetensors file, the folder of a run, which means its best ones, or the model " \
                "that comes with segwork")
#define OPTION_TTA(tta)                                                                                      \
    OPTION_TEXT("tta", '\0', tta, "HOW",                                                                     \
                "flip: average with the prediction for the mirrored picture (takes twice as long)")
#define OPTION_CONFIG(config)                                                                                \
    OPTION_TEXT("config", '\0', config, "EXPERIMENT.yaml",                                                   \
                "Experiment of the weights (default: config.yaml of their run)")

#endif
