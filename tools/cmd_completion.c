/* segwork completion: scripts that complete segwork's command lines in bash and zsh. They hold no lists: they
 * ask the program on the line, which answers from its own tables (complete.h). */
#include <stdio.h>
#include <string.h>

#include "command.h"

/* tools/completion/segwork.bash and segwork.zsh, embedded at build time: lines, ending in NULL */
extern const char *const completion_bash[], *const completion_zsh[];

static void print_lines(const char *const *lines)
{
    for (; *lines; lines++) fputs(*lines, stdout);
}

static sw_status run(int argc, const char *const *argv)
{
    if (argc == 1 && strcmp(argv[0], "bash") == 0)
        print_lines(completion_bash);
    else if (argc == 1 && strcmp(argv[0], "zsh") == 0)
        print_lines(completion_zsh);
    else
        return sw_fail(SW_E_USAGE, "takes bash or zsh (see 'segwork completion --help')");
    return SW_OK;
}

const sw_command sw_cmd_completion = {
    .name = "completion",
    .arguments = "bash|zsh",
    .summary = "Print the script that completes segwork's commands in a shell",
    .details = "'cmake --install' puts it where both shells find it. Without an installation,\n"
               "or with a prefix that the shell does not search, load it into the current\n"
               "shell:\n\n"
               "Examples:\n"
               "  source <(build/segwork completion bash)\n"
               "  source <(build/segwork completion zsh)\n\n"
               "It completes commands, options and their values, experiments, run folders and\n"
               "files; after --set, the keys of the experiment and their values. The script\n"
               "asks the program itself, so it always offers what that version takes.",
    .run = run,
};
