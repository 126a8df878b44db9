/* A run that was stopped, however it was stopped, goes on and ends with the same bits. */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/str.h"
#include "program.h"
#include "scratch.h"

TestSuite(run_resume, .init = scratch_create, .fini = scratch_remove);

enum { TRAIN = 24, EPOCHS = 5, STEPS = TRAIN }; /* batches of one image */

#define SLOW                                                                                                 \
    "$SRC/tests/support/tiny.yaml --set train.epochs=5 --set train.batch_size=1 --set grid.columns=4 "

/* The run that all tests compare theirs with is made once, by the first of them; each gets a copy. */
static const char shared[] = "SEGWORK_TEST_WHOLE_RUN";

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    char folder[] = "/tmp/segwork-test-XXXXXX";
    (void)tests;
    if (mkdtemp(folder)) setenv(shared, folder, true);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    (void)stats;
    char *command = sw_strf("rm -r \"$%s\"", shared);
    if (!command || system(command) != 0) fprintf(stderr, "%s: not removed\n", getenv(shared));
    free(command);
}

static void run_whole(void)
{
    if (program_run("cp -r \"$%s\"/pets \"$%s\"/whole .", shared, shared) == 0) return;
    program_draw_pets(TRAIN, 6);
    program_expect(0, NULL, "segwork run " SLOW "--out whole && cp -r pets whole \"$%s\"", shared);
}

/* Goes on with a run and sends it the signal once steps.jsonl has so many lines. */
static void resume_and_stop(const char *run, int lines, int signal_number)
{
    pid_t pid = program_start("run --resume %s", run);
    char *steps = sw_strf("%s/steps.jsonl", run);
    program_wait_for_lines(pid, steps, lines);
    free(steps);
    kill(pid, signal_number);
    int code = program_wait(pid);
    cr_expect_eq(code, signal_number == SIGKILL ? 128 + SIGKILL : 130, "exit code %d\n%s", code,
                 program_output);
}

static void finish_and_compare(const char *run)
{
    program_expect(0, "prediction grid", "segwork run --resume %s", run);
    expect_same_run("whole", run, EPOCHS);
}

Test(run_resume, an_interrupted_run_says_how_to_go_on_and_ends_with_the_same_bits)
{
    static const int moments[] = {1, 10, STEPS - 1, STEPS, 2 * STEPS + 7};
    run_whole();
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        char run[32], hint[64];
        snprintf(run, sizeof run, "stopped%zu", i);
        snprintf(hint, sizeof hint, "segwork run --resume %s", run);
        program_stop_run(run, "steps.jsonl", moments[i], i % 2 ? SIGTERM : SIGINT, SLOW);
        cr_expect_not_null(strstr(program_output, hint), "%s", program_output);
        finish_and_compare(run);
    }
}

Test(run_resume, a_killed_run_goes_on_from_the_last_saved_epoch_and_ends_with_the_same_bits)
{
    static const int moments[] = {0, 1, STEPS - 1, STEPS, STEPS + 1, 2 * STEPS, 3 * STEPS - 2};
    run_whole();
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        char run[32];
        snprintf(run, sizeof run, "killed%zu", i);
        program_stop_run(run, "steps.jsonl", moments[i], SIGKILL, SLOW);
        finish_and_compare(run);
    }
}

static void wait_ms(double ms)
{
    nanosleep(&(struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(fmod(ms, 1000) * 1e6)},
              NULL);
}

/* Kills a run so many milliseconds after its start, or after its folder has its configuration, and goes on
 * with it if it can be. Returns its exit code. */
static int kill_and_go_on(const char *run, double ms, bool once_begun, int *went_on)
{
    char config[64];
    snprintf(config, sizeof config, "%s/config.yaml", run);
    pid_t pid = program_start("run " SLOW "--out %s", run);
    const char *begun = scratch_path(config);
    for (int polls = 0; once_begun && !sw_fs_exists(begun); polls++) {
        cr_assert_lt(polls, 60000, "%s was not written within a minute", config);
        wait_ms(1);
    }
    wait_ms(ms);
    kill(pid, SIGKILL);
    int code = program_wait(pid);
    cr_expect(code == 0 || code == 128 + SIGKILL, "exit code %d\n%s", code, program_output);
    if (file_exists(config)) {
        ++*went_on;
        finish_and_compare(run);
    } else {
        program_expect(2, "is not the folder of a run", "segwork run --resume %s", run);
    }
    return code;
}

/* Later and later, until a run is done before it can be killed. How long a run takes to begin is the
 * machine's and its load's, so the moments in its course are counted from there. */
Test(run_resume, a_run_killed_at_any_time_either_goes_on_or_says_that_it_never_began)
{
    int went_on = 0;
    char run[32];
    run_whole();
    for (double ms = 5; went_on == 0; ms *= 1.5) {
        snprintf(run, sizeof run, "started%.0fms", ms);
        kill_and_go_on(run, ms, false, &went_on);
    }
    went_on = 0;
    int code = -1;
    for (double ms = 0; code != 0; ms = 1 + ms * 1.5) {
        snprintf(run, sizeof run, "begun%.0fms", ms);
        code = kill_and_go_on(run, ms, true, &went_on);
    }
    cr_expect_gt(went_on, 1, "no run was killed in its course");
}

Test(run_resume, killed_and_stopped_again_and_again_it_still_ends_with_the_same_bits)
{
    run_whole();
    program_stop_run("often", "steps.jsonl", 5, SIGKILL, SLOW);
    for (int i = 1; i < EPOCHS; i++) {
        resume_and_stop("often", i * STEPS - 5, SIGINT);
        resume_and_stop("often", i * STEPS + 5, SIGKILL);
    }
    finish_and_compare("often");
}

/* Waits until the process has a handler of its own for the signal, or has it no longer, as Linux tells it. */
static void wait_for_handler(pid_t pid, int signal_number, bool has)
{
    for (int polls = 0; polls < 60000; polls++) {
        char path[32], line[256];
        unsigned long long caught = 0;
        snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
        FILE *status = fopen(path, "r");
        while (status && fgets(line, sizeof line, status)) sscanf(line, "SigCgt: %llx", &caught);
        if (status) fclose(status);
        if ((caught >> (signal_number - 1) & 1) == has) return;
        wait_ms(1);
    }
    cr_assert_fail("signal %d: no change within a minute", signal_number);
}

/* Steps that take long, so that the second signal comes before the first one's is done. */
Test(run_resume, a_second_signal_ends_a_run_at_once)
{
    static const int signals[] = {SIGINT, SIGTERM};
    program_draw_pets(24, 4);
    for (int i = 0; i < 2; i++) {
        pid_t pid = program_start("run $SRC/tests/support/tiny.yaml --set data.size=256 "
                                  "--set train.batch_size=24 --set train.epochs=100 --out run%d",
                                  i);
        wait_for_handler(pid, signals[i], true);
        cr_assert(program_wait_for_lines(pid, i ? "run1/log.txt" : "run0/log.txt", 1), "%s", program_output);
        kill(pid, signals[i]);
        wait_for_handler(pid, signals[i], false);
        kill(pid, signals[i]);
        cr_expect_eq(program_wait(pid), 128 + signals[i], "%s", program_output);
        cr_expect_null(strstr(program_output, "everything is saved"), "%s", program_output);
    }
}

Test(run_resume, a_finished_run_is_left_as_it_is)
{
    run_whole();
    program_expect(0, "all 5 epochs are done already", "cp -r whole copy && segwork run --resume copy");
    program_expect(0, NULL, "diff -r -x log.txt whole copy");
}

/* One that was killed between its last epoch and its end has yet to be called done. */
Test(run_resume, a_run_whose_end_was_not_written_down_is_done_once_it_is_resumed)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL,
                   "segwork run $SRC/tests/support/tiny.yaml --set train.epochs=1 --out run && "
                   "sed -i '/\"ended\"/d; /\"outcome\"/d; s/\\(\"started\".*\\),/\\1/' run/manifest.json");
    program_expect(0, "cut off", "segwork compare run");
    program_expect(0, "epochs are done already", "segwork run --resume run");
    program_expect(0, "finished", "segwork compare run");
}

Test(run_resume, what_cannot_go_on_keeps_the_outcome_that_it_had)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL,
                   "segwork run $SRC/tests/support/tiny.yaml --set train.epochs=1 --out run && "
                   "cp run/manifest.json before");
    program_expect(2, "no OpenCL device matches 'quantum'", "segwork run --resume run --device quantum");
    program_expect(0, NULL, "cmp before run/manifest.json");
    program_expect(2, "the training data have changed",
                   "mv pets old && segwork data synth pets --train 8 --val 4 --size 32 --seed 6 && "
                   "segwork run --resume run");
    program_expect(0, NULL, "cmp before run/manifest.json");
    program_expect(0, "finished", "segwork compare run");
}

Test(run_resume, a_run_does_not_go_on_with_other_data_a_broken_checkpoint_or_twice_at_a_time)
{
    run_whole();
    program_expect(2, "the training data have changed",
                   "mv pets old && segwork data synth pets --train %d --val 6 --size 32 --seed 6 && "
                   "segwork run --resume whole",
                   TRAIN);
    program_expect(1, "whole/checkpoints/resume.safetensors",
                   "rm -r pets && mv old pets && cp whole/checkpoints/resume.safetensors saved && "
                   "head -c 5000 saved > whole/checkpoints/resume.safetensors && "
                   "segwork run --resume whole");
    program_expect(0, NULL, "cp saved whole/checkpoints/resume.safetensors; segwork run --resume whole");
    program_expect(2, "no config.yaml", "segwork run --resume pets");
    program_expect(2, "no config.yaml", "segwork run --resume nowhere");
    static const char *const fixed[] = {"--out other", "--no-tune", "whole/config.yaml"};
    for (int i = 0; i < 3; i++)
        program_expect(2, "no experiment file, --out or --no-tune", "segwork run --resume whole %s",
                       fixed[i]);

    pid_t pid = program_start("run " SLOW "--set train.epochs=1000 --out busy");
    cr_assert(program_wait_for_lines(pid, "busy/steps.jsonl", 1));
    program_expect(2, "another process", "segwork run --resume busy");
    kill(pid, SIGINT);
    cr_expect_eq(program_wait(pid), 130, "%s", program_output);
}
