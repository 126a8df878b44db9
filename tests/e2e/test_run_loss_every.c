/* The host may look at the losses every few steps: nothing else changes. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_loss_every, .init = scratch_create, .fini = scratch_remove);

#define TINY "run $SRC/tests/support/tiny.yaml "

/* All but the number itself. */
static void expect_same_training(const char *a, const char *b, int epochs)
{
    program_expect(0, NULL, "sed -i 's/loss_every: [0-9]*/loss_every: 0/' %s/config.yaml %s/config.yaml", a,
                   b);
    expect_same_run(a, b, epochs);
}

Test(run_loss_every, the_run_is_the_same_to_the_bit_whatever_the_number)
{
    static const int numbers[] = {2, 4, 7, 1000};
    program_draw_pets(26, 6); /* seven batches an epoch, the last of two images */
    for (int accumulate = 1; accumulate <= 3; accumulate += 2) {
        char whole[16];
        snprintf(whole, sizeof whole, "whole%d", accumulate);
        program_expect(0, NULL,
                       "segwork " TINY "--out %s --set runtime.loss_every=1 --set train.accumulate=%d", whole,
                       accumulate);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            char name[32];
            snprintf(name, sizeof name, "every%d-%d", numbers[i], accumulate);
            program_expect(0, NULL,
                           "segwork " TINY "--out %s --set runtime.loss_every=%d --set train.accumulate=%d",
                           name, numbers[i], accumulate);
            expect_same_training(whole, name, 3);
        }
    }
}

/* SIGINT in the middle of an interval and SIGKILL, again and again. */
Test(run_loss_every, stopped_and_killed_runs_go_on_to_the_same_bits)
{
    static const int signals[] = {SIGINT, SIGKILL, SIGINT, SIGINT};
    static const int lines[] = {4, 12, 24, 31};
    int stopped = 0;
    program_draw_pets(26, 6);
    program_expect(0, NULL,
                   "segwork " TINY "--out whole --set train.batch_size=2 --set runtime.loss_every=1 --set "
                   "train.epochs=4");
    for (int i = 0; i < 4; i++) {
        pid_t pid = i == 0
                        ? program_start(TINY "--out run --set train.batch_size=2 --set runtime.loss_every=5 "
                                             "--set train.epochs=4")
                        : program_start("run --resume run");
        program_wait_for_lines(pid, "run/steps.jsonl", lines[i]);
        kill(pid, signals[i]);
        int code = program_wait(pid);
        cr_expect(code == 0 || code == 130 || code == 128 + SIGKILL, "exit code %d\n%s", code,
                  program_output);
        stopped += code != 0;
    }
    cr_expect_gt(stopped, 0, "no run was stopped in its course");
    program_expect(0, "prediction grid", "segwork run --resume run");
    expect_same_training("whole", "run", 4);
}

/* "epoch E, step S: the loss is ..." of the last command. */
static char *message(void)
{
    const char *found = strstr(program_output, ": the loss is ");
    cr_assert_not_null(found, "%s", program_output);
    while (found > program_output && found[-1] != '\n') found--;
    return strndup(found, strcspn(found, "\n"));
}

#define DIVERGING                                                                                            \
    "--set optimizer.kind=sgd --set optimizer.lr=100 --set optimizer.weight_decay=100 --set "                \
    "train.epochs=40 "                                                                                       \
    "--set train.batch_size=2 "

static void expect_named(int accumulate)
{
    static const int numbers[] = {3, 4, 5, 50};
    char whole[16], whole_steps[32];
    snprintf(whole, sizeof whole, "each%d", accumulate);
    snprintf(whole_steps, sizeof whole_steps, "%s/steps.jsonl", whole);
    program_expect(1, "the first value that is not finite is in ",
                   "segwork " TINY DIVERGING "--out %s --set runtime.loss_every=1 --set train.accumulate=%d",
                   whole, accumulate);
    char *want = message();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char name[32], path[48];
        snprintf(name, sizeof name, "every%d-%d", numbers[i], accumulate);
        snprintf(path, sizeof path, "%s/steps.jsonl", name);
        program_expect(1, NULL,
                       "segwork " TINY DIVERGING
                       "--out %s --set runtime.loss_every=%d --set train.accumulate=%d",
                       name, numbers[i], accumulate);
        char *got = message();
        cr_expect_str_eq(got, want);
        free(got);
        expect_same_file(whole_steps, path);
    }
    free(want);
}

Test(run_loss_every, a_loss_that_is_no_number_is_named_with_its_step_and_layer_however_late)
{
    program_draw_pets(22, 4);
    expect_named(1);
    expect_named(4);
}
