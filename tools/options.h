/* The options of a command, found in its popt tables: for the manual page, the shells' completion and hints.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>

#include "command.h"

/* --help, which every command has besides its own; main includes this table. */
extern const struct poptOption options_help[];
extern int options_help_wanted;

/* Calls `visit` for every option that --help shows, --help last. `group` is the title of the included table
 * that the option stands in, or NULL. Stops when it returns false. */
typedef bool (*options_visitor)(void *user, const struct poptOption *option, const char *group);
void options_visit(const sw_command *command, options_visitor visit, void *user);

bool option_takes_value(const struct poptOption *option);

/* The option that "--name", "--name=value" or "-n" stands for, or NULL. */
const struct poptOption *options_find(const sw_command *command, const char *word);

/* The known long option without its dashes, or command, that a mistyped word is nearest to; NULL when none is
 * near enough to have been meant. */
const char *options_nearest(const sw_command *command, const char *word);
const char *commands_nearest(const char *word);

#endif
