/* segwork: the program. Parses the command line, runs one subcommand, prints messages, maps statuses to exit
 * codes. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "command.h"
#include "complete.h"
#include "details.h"
#include "draw/tiles.h"
#include "options.h"
#include "terminal_line.h"

#ifndef SEGWORK_VERSION
#error "SEGWORK_VERSION comes from CMake"
#endif

static void print_line(void *user, sw_log_level level, const char *line)
{
    (void)user;
    if (level == SW_LOG_DEBUG) return;
    terminal_clear_line(); /* a progress bar may stand there */
    if (level == SW_LOG_INFO)
        fprintf(stderr, "%s\n", line);
    else
        fprintf(stderr, "%s: %s\n", sw_log_level_name(level), line);
}

static void print_overview(FILE *to)
{
    fprintf(to, "segwork %s: an OpenCL research workbench for image segmentation\n\n", SEGWORK_VERSION);
    fprintf(to, "Usage: segwork COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
    for (size_t i = 0; sw_commands[i]; i++)
        fprintf(to, "  %-10s %s\n", sw_commands[i]->name, sw_commands[i]->summary);
    fprintf(to, "\nTo begin with (minutes on two cores):\n"
                "  segwork data synth data/synthetic-pets --train 800 --val 105 --size 96\n"
                "  segwork run experiments/quickstart.yaml\n"
                "\n'segwork COMMAND --help' explains a command; --version prints the version.\n"
                "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted;\n"
                "an interrupted run is saved.\n");
}

/* popt's table of options without its own usage line, which knows neither the program nor the arguments. */
static void print_options(poptContext context)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (!memory) return;
    poptPrintHelp(context, memory, 0);
    fclose(memory);
    const char *after_usage = strchr(text, '\n');
    printf("Options:%s", after_usage ? after_usage : "\n");
    free(text);
}

static void print_command_help(const sw_command *command, poptContext context)
{
    sw_str details = {0};
    printf("Usage: segwork %s %s%s[OPTIONS]\n%s.\n", command->name, command->arguments,
           command->arguments[0] ? " " : "", command->summary);
    if (command->details) details_append(&details, command->details);
    if (details.text && !details.failed) printf("\n%s", details.text);
    sw_str_deinit(&details);
    printf("\n");
    print_options(context);
}

/* What popt stumbled over, with the option that was probably meant. */
static sw_status fail_parsing(poptContext context, int code, const sw_command *command,
                              const char *const *argv)
{
    const char *bad = poptBadOption(context, POPT_BADOPTION_NOALIAS), *before = NULL, *nearest = NULL;
    for (int i = 1; argv[i]; i++) /* of "--steps few" popt names only the second */
        if (code == POPT_ERROR_BADNUMBER && argv[i - 1][0] == '-' && strcmp(argv[i], bad) == 0)
            before = argv[i - 1];
    if (code == POPT_ERROR_BADOPT) nearest = options_nearest(command, bad);
    return sw_fail(SW_E_USAGE, "%s%s%s: %s%s%s%s (see 'segwork %s --help')", before ? before : "",
                   before ? " " : "", bad, poptStrerror(code), nearest ? "; did you mean --" : "",
                   nearest ? nearest : "", nearest ? "?" : "", command->name);
}

static int run_command(const sw_command *command, int argc, const char **argv)
{
    const struct poptOption none[] = {POPT_TABLEEND};
    const struct poptOption table[] = {
        {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(command->options ? command->options : none), 0, NULL,
         NULL},
        {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)options_help, 0, NULL, NULL},
        POPT_TABLEEND};
    poptContext context = poptGetContext("segwork", argc, argv, table, 0);
    sw_status status = SW_OK;
    int code = poptGetNextOpt(context);
    if (options_help_wanted) {
        print_command_help(command, context);
    } else if (code < -1) {
        status = fail_parsing(context, code, command, argv);
    } else {
        const char **rest = poptGetArgs(context);
        int count = 0;
        while (rest && rest[count]) count++;
        static const char *const nothing[] = {NULL};
        status = command->run(count, rest ? (const char *const *)rest : nothing);
    }
    if (status != SW_OK) fprintf(stderr, "segwork %s: %s\n", command->name, sw_error_message());
    poptFreeContext(context);
    sw_tiles_cleanup(); /* leak checkers: fonts are cached for the process */
    return sw_exit_code(status);
}

static const sw_command *find_command(const char *name)
{
    for (size_t i = 0; sw_commands[i]; i++)
        if (strcmp(name, sw_commands[i]->name) == 0) return sw_commands[i];
    return NULL;
}

/* For the scripts of `segwork completion`: what may stand in place of the last word. */
static int print_completions(int count, const char *const *words)
{
    sw_str out = {0};
    complete(&out, count, words);
    if (out.text && !out.failed) fputs(out.text, stdout);
    sw_str_deinit(&out);
    return 0;
}

static int fail_command(const char *name)
{
    const char *nearest = commands_nearest(name);
    fprintf(stderr, "segwork: there is no command '%s'%s%s%s (see 'segwork --help')\n", name,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return 2;
}

/* Results that could not be written (a full disk behind a redirection) are no success. */
static int finish_output(int code)
{
    errno = 0;
    bool failed = fflush(stdout) != 0;
    int cause = errno;
    if (!failed && !ferror(stdout)) return code;
    /* a write that failed earlier left no errno behind: a full disk is by far the likeliest cause */
    fprintf(stderr, "segwork: cannot write to standard output: %s\n", strerror(cause ? cause : ENOSPC));
    return code ? code : 1;
}

static int dispatch(int argc, const char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return 2;
    }
    if (strcmp(argv[1], "__complete") == 0) return print_completions(argc - 2, argv + 2);
    if (strcmp(argv[1], "--version") == 0) {
        printf("segwork %s\n", SEGWORK_VERSION);
        return 0;
    }
    bool help = strcmp(argv[1], "help") == 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (help && argc == 2)) {
        print_overview(stdout);
        return 0;
    }
    const char *name = help ? argv[2] : argv[1];
    const sw_command *command = find_command(name);
    if (!command) return fail_command(name);
    const char *for_help[] = {name, "--help", NULL};
    return help ? run_command(command, 2, for_help) : run_command(command, argc - 1, argv + 1);
}

int main(int argc, const char **argv)
{
    /* a file over the allowed size is then an error with a message, as a full disk is */
    signal(SIGXFSZ, SIG_IGN);
    sw_log_add_sink(print_line, NULL);
    return finish_output(dispatch(argc, argv));
}
