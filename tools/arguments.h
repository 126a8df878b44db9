/* The meaning of the words in a usage line and after an option: "RUN|CHECKPOINT", "best|last", "KEY=VALUE".
 * People and the shells' completion read them (command.h has the list). */
#ifndef TOOLS_ARGUMENTS_H
#define TOOLS_ARGUMENTS_H

#include "command.h"

typedef enum argument_kind {
    ARGUMENT_OTHER,      /* a number, a device: nothing to choose from */
    ARGUMENT_CHOICE,     /* the word itself */
    ARGUMENT_COMMAND,    /* a command of segwork */
    ARGUMENT_EXPERIMENT, /* an experiment's file */
    ARGUMENT_FILE,       /* a file; `endings` says which */
    ARGUMENT_FOLDER,
    ARGUMENT_KEY, /* a key of the experiment, with "=VALUE" where the description has it */
    ARGUMENT_OP,  /* a subject of selftest */
    ARGUMENT_RUN, /* a run's folder */
} argument_kind;

typedef struct argument {
    argument_kind kind;
    char word[64];       /* as written in the description, without '[', ']' and "..." */
    const char *endings; /* FILE: "jpg jpeg png"; "" for any */
} argument;

/* Calls `visit` for each alternative of a description. */
typedef void (*argument_visitor)(void *user, const argument *argument);
void arguments_visit(const char *description, argument_visitor visit, void *user);

/* Copies the description of argument `number` (0 = first) of a command into out[bytes]; "" when it takes no
 * more. `first` is the first argument given, or NULL. It selects among several usages ("synth DIR, or browse
 * EXPERIMENT.yaml"). */
void arguments_at(char *out, size_t bytes, const sw_command *command, int number, const char *first);

#endif
