/* segwork: the program. Parses the command line, runs one subcommand, prints messages, maps statuses to exit
 * codes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/terminal.h"
#include "command.h"
#include "complete.h"
#include "draw/tiles.h"
#include "options.h"
#include "page/json_text.h"
#include "print.h"
#include "processes.h"

#ifndef SEGWORK_VERSION
#error "SEGWORK_VERSION comes from CMake"
#endif

static const sw_command *const commands[] = {
    &sw_cmd_run,     &sw_cmd_sweep,  &sw_cmd_compare,    &sw_cmd_eval,     &sw_cmd_predict,
    &sw_cmd_inspect, &sw_cmd_export, &sw_cmd_render,     &sw_cmd_report,   &sw_cmd_plot,
    &sw_cmd_devices, &sw_cmd_check,  &sw_cmd_bench,      &sw_cmd_describe, &sw_cmd_selftest,
    &sw_cmd_tune,    &sw_cmd_data,   &sw_cmd_completion, &sw_cmd_man,      NULL,
};

static void print_line(void *user, sw_log_level level, const char *line)
{
    (void)user;
    if (processes_follow() && level != SW_LOG_ERROR) return;
    if (level == SW_LOG_DEBUG || (options_quiet && level == SW_LOG_INFO)) return;
    print_clear_line(); /* a progress bar may stand there */
    if (level == SW_LOG_INFO)
        fprintf(stderr, "%s\n", line);
    else
        fprintf(stderr, "%s: %s\n", sw_log_level_name(level), line);
}

static void print_usage(FILE *to)
{
    fprintf(to, "segwork %s: an OpenCL research workbench for image segmentation\n\n", SEGWORK_VERSION);
    fprintf(to, "Usage: segwork COMMAND [OPTIONS] [ARGUMENTS]\n\n");
}

/* What a newcomer needs; --help has the rest. */
static void print_first_day(FILE *to)
{
    print_usage(to);
    fprintf(to, "The commands of a first day:\n\n"
                "  segwork data init photos --out data.yaml\n"
                "      describes a folder of your own pictures and masks, and says how to go on\n"
                "  segwork check mine.yaml\n"
                "      checks an experiment, and says in which line a mistake is\n"
                "  segwork run mine.yaml\n"
                "      trains the experiment's network and puts everything into runs/mine/001\n"
                "  segwork report runs/mine/001\n"
                "      shows the run as a page for a browser, report.html\n"
                "  segwork predict --checkpoint runs/mine/001 cat.jpg --out masks\n"
                "      segments new pictures with the weights of the run; without --checkpoint it\n"
                "      finds cats and dogs, with the model that comes with segwork\n"
                "\nNo data yet? These draw some and train on them (minutes on two cores):\n\n"
                "  segwork data synth data/synthetic-pets --train 800 --val 105 --size 96\n"
                "  segwork run experiments/quickstart.yaml\n"
                "\n'segwork --help' lists all commands, 'segwork COMMAND --help' explains one.\n");
}

static void print_overview(FILE *to)
{
    print_usage(to);
    fprintf(to, "Commands:\n");
    for (size_t i = 0; commands[i]; i++) fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(to, "\n'segwork COMMAND --help' explains a command and gives examples; 'segwork' alone\n"
                "shows how to begin; --version prints the version.\n"
                "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted;\n"
                "an interrupted run is saved.\n");
}

/* Appends popt's table of options without its usage line, which has neither the command nor its arguments. */
static void append_options(sw_str *out, poptContext context)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (memory) poptPrintHelp(context, memory, 0);
    out->failed |= !memory || ferror(memory);
    if (memory && fclose(memory) != 0) out->failed = true;
    const char *after_usage = text ? strchr(text, '\n') : NULL;
    sw_str_printf(out, "Options:%s", after_usage ? after_usage : "\n");
    free(text);
}

static sw_status print_command_help(const sw_command *command, poptContext context)
{
    sw_str out = {0}, usage = {0};
    sw_str_printf(&usage, "Usage: segwork %s %s%s[OPTIONS]", command->name, command->arguments,
                  command->arguments[0] ? " " : "");
    sw_str_wrap(&out, sw_str_part(&out, &usage), 0, 7, SW_TERMINAL_DEFAULT_COLUMNS);
    sw_str_deinit(&usage);
    sw_str_printf(&out, "\n%s.\n", command->summary);
    if (command->details) sw_str_printf(&out, "\n%s\n", command->details);
    sw_str_append(&out, "\n");
    append_options(&out, context);
    return print_text(&out);
}

/* Fails with the option that popt rejected, and the one that was probably meant. */
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

static sw_status refuse_processes(const sw_command *command)
{
    const int started = sw_comm_started();
    if (started == 1 || command == &sw_cmd_run) return SW_OK;
    return sw_fail(
        SW_E_USAGE,
        "%d processes were started, and each would do the whole work: only 'segwork run' shares it "
        "out. Start one process",
        started);
}

static int run_command(const sw_command *command, int argc, const char **argv)
{
    static const struct poptOption none[] = {POPT_TABLEEND};
    static const char *const nothing[] = {NULL};
    const struct poptOption table[] = {
        {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(command->options ? command->options : none), 0, NULL,
         NULL},
        {NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)options_help, 0, NULL, NULL},
        POPT_TABLEEND};
    poptContext context = poptGetContext("segwork", argc, argv, table, 0);
    sw_status status = SW_OK;
    int code;
    if (!context) {
        fprintf(stderr, "segwork %s: out of host memory\n", command->name);
        return 1;
    }
    while ((code = poptGetNextOpt(context)) > 0) options_given_groups |= 1u << code;
    if (options_help_wanted) {
        status = print_command_help(command, context);
    } else if (code < -1) {
        status = fail_parsing(context, code, command, argv);
    } else {
        const char *const *rest = (const char *const *)poptGetArgs(context);
        int count = 0;
        if (!rest) rest = nothing;
        while (rest[count]) count++;
        status = refuse_processes(command);
        if (status == SW_OK)
            status = command->run ? command->run(count, rest) : command->run_on_all(commands, count, rest);
    }
    if (status != SW_OK) fprintf(stderr, "segwork %s: %s\n", command->name, sw_error_message());
    poptFreeContext(context);
    sw_tiles_cleanup(); /* leak checkers: fonts are cached for the process */
    return sw_exit_code(status);
}

/* Prints candidates for the last word, for the scripts of `segwork completion`. */
static int print_completions(int count, const char *const *words)
{
    sw_str out = {0};
    complete(&out, commands, count, words);
    const sw_status status = print_text(&out);
    if (status != SW_OK) fprintf(stderr, "segwork: %s\n", sw_error_message());
    return sw_exit_code(status);
}

static int fail_command(const char *name)
{
    const char *nearest = commands_nearest(commands, name);
    fprintf(stderr, "segwork: there is no command '%s'%s%s%s (see 'segwork --help')\n", name,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return 2;
}

/* Fails when results could not be written (a full disk behind a redirection). */
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
        print_first_day(stderr);
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
    const sw_command *command = commands_find(commands, name);
    if (!command) return fail_command(name);
    const char *for_help[] = {name, "--help", NULL};
    return help ? run_command(command, 2, for_help) : run_command(command, argc - 1, argv + 1);
}

/* Whatever is opened first would otherwise become a standard stream that the caller has closed, and messages
 * would be written into it. */
static void open_missing_streams(void)
{
    int fd;
    do fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

int main(int argc, const char **argv)
{
    open_missing_streams();
    if (argc > 0) print_program = argv[0];
    /* a file over the allowed size is then an error with a message, as a full disk is */
    signal(SIGXFSZ, SIG_IGN);
    sw_json_watch_memory();
    sw_log_add_sink(print_line, NULL);
    return finish_output(dispatch(argc, argv));
}
