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
 * that the option stands in, or NULL. Stops when it returns false. */
typedef bool (*options_visitor)(void *user, const struct poptOption *option, const char *group);
void options_visit(const sw_command *command, options_visitor visit, void *user);

/* Tells whether a value follows the option. */
bool option_takes_value(const struct poptOption *option);

/* Returns the option that "--name", "--name=value" or "-n" stands for, or NULL. */
const struct poptOption *options_find(const sw_command *command, const char *word);

/* Returns the known long option, without its dashes, or the command that a mistyped word is nearest to; NULL
 * when none is near enough to have been meant. A list of commands ends in NULL. */
const char *options_nearest(const sw_command *command, const char *word);
const char *commands_nearest(const sw_command *const *commands, const char *word);

/* Returns the command of that name, or NULL. */
const sw_command *commands_find(const sw_command *const *commands, const char *name);

/* Options that several commands have, each with the static that it sets. */
#define OPTION_SET(sets)                                                                                     \
    {                                                                                                        \
        "set", 's', POPT_ARG_ARGV, &(sets), 0, "Give a key another value, as YAML (may be repeated)",        \
            "KEY=VALUE"                                                                                      \
    }
#define OPTION_DEVICE(device)                                                                                \
    {                                                                                                        \
        "device", 'd', POPT_ARG_STRING, &(device), 0,                                                        \
            "OpenCL device: platform:device numbers or a part of its name (see 'segwork devices')", "DEVICE" \
    }
#define OPTION_CHOOSE_DEVICE(device)                                                                         \
    {                                                                                                        \
        "device", 'd', POPT_ARG_STRING, &(device), 0, "Choose by platform:device numbers or part of a name", \
            "SPEC"                                                                                           \
    }
#define OPTION_CHECKPOINT(checkpoint)                                                                        \
    {                                                                                                        \
        "checkpoint", 'c', POPT_ARG_STRING, &(checkpoint), 0,                                                \
            "Weights: a safetensors file, or a run's folder for its best ones", "FILE|RUN"                   \
    }
#define OPTION_CONFIG(config)                                                                                \
    {                                                                                                        \
        "config", '\0', POPT_ARG_STRING, &(config), 0,                                                       \
            "Experiment the weights belong to (default: config.yaml of the run they lie in)",                \
            "EXPERIMENT.yaml"                                                                                \
    }

#endif
