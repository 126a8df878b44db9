/* The program as a whole: overview, help, version, exit codes. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "program.h"
#include "scratch.h"

TestSuite(program, .init = scratch_create, .fini = scratch_remove);

Test(program, the_overview_lists_the_commands_and_the_exit_codes)
{
    program_expect(0, "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted",
                   "segwork --help");
    static const char *const commands[] = {"run",      "check", "describe", "devices",
                                           "selftest", "data",  "bench"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char entry[32];
        snprintf(entry, sizeof entry, "\n  %-10s ", commands[i]);
        cr_expect_not_null(strstr(program_output, entry), "no '%s' in\n%s", entry, program_output);
    }
    program_expect(2, "there is no command 'fly'", "segwork fly");
    program_expect(0, "segwork 0.", "segwork --version");
}

Test(program, alone_it_shows_the_five_commands_of_a_first_day)
{
    program_expect(2, "Usage: segwork COMMAND", "segwork");
    static const char *const commands[] = {"data init", "check", "run", "report", "predict"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char entry[32];
        snprintf(entry, sizeof entry, "\n  segwork %s ", commands[i]);
        cr_expect_not_null(strstr(program_output, entry), "no '%s' in\n%s", entry, program_output);
    }
    cr_expect_null(strstr(program_output, "selftest"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "'segwork --help' lists all commands"), "%s", program_output);
}

Test(program, quiet_leaves_results_warnings_and_errors)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --quiet 2>messages");
    cr_expect_str_eq(program_output, "run folder       runs/tiny/001\n"
                                     "prediction grid  runs/tiny/001/grids/epoch_03.png\n");
    program_expect(0, NULL, "cat messages");
    cr_expect_str_eq(program_output, "");
    program_expect(0, NULL, "segwork eval --checkpoint runs/tiny/001 -q --json 2>&1 >figures");
    cr_expect_str_eq(program_output, "");
    int code = program_run_on_terminal("segwork predict --checkpoint runs/tiny/001 pets/images --out m -q");
    cr_expect_eq(code, 0);
    cr_expect_str_eq(program_output, "predicted 12 pictures into m\r\n");
    program_expect(0, NULL, "printf x > pets/images/pet_000001.jpg");
    program_expect(1, "pet_000001.jpg", "segwork predict --checkpoint runs/tiny/001 pets/images --out n -q");
    program_expect(2, "--quite: unknown option; did you mean --quiet?", "segwork run x.yaml --quite");
}

/* One JSON document and nothing else; `key` is in it. */
static void expect_json(const char *key, const char *command)
{
    program_expect(0, NULL, "segwork %s --json 2>messages", command);
    cJSON *document = cJSON_ParseWithOpts(program_output, NULL, true);
    cr_expect_not_null(document, "%s: no JSON: %s", command, program_output);
    const cJSON *first = cJSON_IsArray(document) ? document->child : document;
    cr_expect_not_null(cJSON_GetObjectItemCaseSensitive(first, key), "%s: no %s in %s", command, key,
                       program_output);
    cJSON_Delete(document);
}

Test(program, what_a_script_reads_is_one_json_document)
{
    program_draw_pets(8, 4);
    expect_json("folder", "run $SRC/tests/support/tiny.yaml");
    expect_json("step_loss", "run $SRC/tests/support/tiny.yaml --dry-run");
    expect_json("confusion", "eval --checkpoint runs/tiny/001 --out figures");
    program_expect(0, NULL, "segwork eval --checkpoint runs/tiny/001 --json | cmp - figures/metrics.json");
    expect_json("predicted", "predict --checkpoint runs/tiny/001 pets/images --out masks");
    expect_json("runs", "compare runs/tiny");
    expect_json("splits", "data stats pets");
    expect_json("classes", "check $SRC/tests/support/tiny.yaml");
    expect_json("chosen", "devices");
    expect_json("state", "sweep $SRC/tests/support/tiny.yaml --set seed=1,2 --dry-run");
    expect_json("runs", "sweep $SRC/tests/support/tiny.yaml --set seed=1,2 --set train.epochs=1");
    program_expect(2, "not with --json", "segwork check $SRC/tests/support/tiny.yaml --resolve --json");
    program_expect(2, "give one of them", "segwork compare runs/tiny --json --format csv");
    program_expect(2, "not with --json", "segwork sweep x.yaml --set seed=1,2 --jobs j.txt --json");
}

Test(program, every_command_explains_itself)
{
    program_expect(0, NULL, "segwork --help | sed -n '/^Commands:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p'");
    char *names = sw_strf("%s", program_output);
    int count = 0;
    for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n"), count++) {
        char usage[64];
        snprintf(usage, sizeof usage, "Usage: segwork %s ", name);
        program_expect(0, usage, "segwork %s --help", name);
        program_expect(2, "unknown option", "segwork %s --no-such-option", name);
        program_expect(0, usage, "segwork help %s", name);
    }
    cr_expect_geq(count, 7);
    free(names);
}

Test(program, a_mistyped_command_or_option_is_answered_with_the_nearest_one)
{
    program_expect(2, "there is no command 'descrbe'; did you mean 'describe'?", "segwork descrbe x.yaml");
    program_expect(2, "there is no command 'descr'; did you mean 'describe'?", "segwork help descr");
    program_expect(2, "there is no command 'fly' (see", "segwork fly");
    program_expect(2, "--sett: unknown option; did you mean --set? (see 'segwork run --help')",
                   "segwork run x.yaml --sett seed=1");
    program_expect(2, "--check-point=x: unknown option; did you mean --checkpoint?",
                   "segwork eval --check-point=x");
    program_expect(2, "--prob: unknown option; did you mean --probabilities?", "segwork predict --prob");
    program_expect(2, "--tain: unknown option; did you mean --train?", "segwork data synth x --tain 3");
    program_expect(2, "--colourful: unknown option (see", "segwork run --colourful");
    program_expect(2, "-x: unknown option (see", "segwork run -x");
    program_expect(2, "--steps few: invalid numeric value (see 'segwork bench --help')",
                   "segwork bench x.yaml --steps few");
}

Test(program, results_that_cannot_be_written_are_a_failure)
{
    static const char *const commands[] = {"--help",
                                           "--version",
                                           "run --help",
                                           "check --keys",
                                           "man",
                                           "completion bash",
                                           "describe $SRC/tests/support/tiny.yaml"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        program_expect(1, "segwork: cannot write to standard output: No space left on device",
                       "segwork %s > /dev/full", commands[i]);
    program_expect(2, "there is no command", "segwork fly > /dev/full");
    program_expect(0, "Usage: segwork", "segwork --help | head -n 3");
}

Test(program, a_file_is_written_where_a_file_may_be_and_nowhere_else)
{
    program_expect(0, NULL, "segwork man --out page && test -s page && segwork man --out page");
    program_expect(1, "segwork man: cannot write here: a folder of that name is in the way",
                   "mkdir here && segwork man --out here");
    program_expect(1, "cannot write pipe: it is a device or a pipe", "mkfifo pipe && segwork man --out pipe");
    program_expect(0, NULL, "test -p pipe && test -d here");
    program_expect(1, "cannot write none/page: there is no folder none", "segwork man --out none/page");
    program_expect(1, "cannot write page/page: ", "segwork man --out page/page");
    program_expect(0, NULL, "test -z \"$(ls -A | grep partial)\"");
}

/* The harness of these tests: a hung child must not cost the time of all of them. */
Test(program, what_does_not_end_is_killed_with_what_it_started)
{
    const double begun = sw_clock_s();
    program_limit_s = 0.5;
    cr_expect_eq(program_run("echo before; (sleep 77; touch late) & sleep 99"), 128 + SIGKILL);
    cr_expect_str_eq(program_output, "before\n");
    cr_expect_eq(program_run("exec > /dev/null 2>&1; sleep 99"), 128 + SIGKILL);
    cr_expect_eq(program_run_on_terminal("sleep 99"), 128 + SIGKILL);
    pid_t pid = program_start("data synth slow --train 100000 --val 1 --size 512");
    cr_expect_eq(program_wait(pid), 128 + SIGKILL);
    cr_expect_lt(sw_clock_s() - begun, 30);
}
