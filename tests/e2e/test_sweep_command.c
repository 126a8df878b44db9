/* segwork sweep: the product of values, stopped, killed, gone on with, and as a list of commands. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(sweep_command, .init = scratch_create, .fini = scratch_remove);

#define TINY  "$SRC/tests/support/tiny.yaml --set grid.count=2 --set grid.columns=2 "
#define SWEEP "sweep " TINY "--set train.epochs=2 --set loss.kind=focal --set loss.gamma=0,1 --set seed=0..1 "

static void expect_words(const char *words)
{
    cr_expect_not_null(strstr(program_output, words), "no '%s' in\n%s", words, program_output);
}

static void expect_no_words(const char *words)
{
    cr_expect_null(strstr(program_output, words), "'%s' in\n%s", words, program_output);
}

Test(sweep_command, every_combination_is_a_run_named_by_what_varies_and_they_are_ranked)
{
    program_draw_pets(8, 4);
    program_expect(0, "Ranking by iou_border at its best epoch", "segwork " SWEEP "--rank iou_border");
    expect_words("4 runs compared, 2 but for seeds");
    program_expect(0, "loss.gamma=0,seed=0\nloss.gamma=0,seed=1\nloss.gamma=1,seed=0\nloss.gamma=1,seed=1\n",
                   "ls runs/tiny-sweep");
    /* a run of a sweep is the run that its values would have been alone */
    program_expect(0, NULL,
                   "segwork run " TINY "--set train.epochs=2 --set loss.kind=focal --set loss.gamma=1 "
                   "--set seed=1 --out alone");
    expect_same_run("alone", "runs/tiny-sweep/loss.gamma=1,seed=1", 2);
}

Test(sweep_command, what_is_done_is_skipped_and_more_values_are_added)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork " SWEEP "--out s/ && cp -r s before");
    program_expect(0, "run 4 of 4: loss.gamma=1,seed=1, done",
                   "segwork " SWEEP "--out s && diff -r s before");
    expect_no_words("epoch 1/2");
    program_expect(0, "run 6 of 6: loss.gamma=2,seed=1, new",
                   "segwork sweep " TINY "--set seed=0..1 --set loss.gamma=0,1,2 --set loss.kind=focal --set "
                   "train.epochs=2 --out s");
    expect_words("loss.gamma=1,seed=0, done");
    expect_words("6 runs compared, 3 but for seeds");
    program_expect(2, "optimizer.lr is 0.01 there and 0.5 now",
                   "segwork " SWEEP "--set optimizer.lr=0.5 --out s");
}

/* A run's own configuration names the engine of every layer. */
Test(sweep_command, an_experiment_that_decides_some_engines_finds_its_runs_again)
{
#define ENGINE(engines) "sweep " TINY "--set seed=1..1 --set 'runtime.conv_layers={" engines "}' --out s "
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork " ENGINE("dc1.seq.0: clblast"));
    program_expect(0, "s/seed=1  done", "segwork " ENGINE("dc1.seq.0: clblast") "--dry-run");
    program_expect(0, "s/seed=1  done", "segwork " ENGINE("dc1.seq.0: auto/clblast/auto") "--dry-run");
    program_expect(2, "begun with another configuration: runtime.conv_layers is",
                   "segwork " ENGINE("dc1.seq.0: clblast/gemm/clblast") "--dry-run");
}

Test(sweep_command, a_dry_run_lists_and_touches_nothing)
{
    program_expect(0, "runs/tiny-sweep/loss.gamma=1,seed=0  new\n",
                   "segwork " SWEEP "--dry-run && test ! -e runs");
}

/* Enough steps an epoch to be caught within one. */
#define SLOW                                                                                                 \
    "sweep " TINY                                                                                            \
    "--set train.batch_size=1 --set train.epochs=3 --set seed=0..2 --set optimizer.lr=0.01 --out s"

static void stop_in_second(int signal_number, int lines)
{
    pid_t pid = program_start(SLOW);
    cr_assert(program_wait_for_lines(pid, "s/seed=1/steps.jsonl", lines), "%s", program_output);
    kill(pid, signal_number);
    int code = program_wait(pid);
    cr_expect_eq(code, signal_number == SIGINT ? 130 : 128 + SIGKILL, "exit code %d\n%s", code,
                 program_output);
}

Test(sweep_command, stopped_or_killed_the_same_command_goes_on_and_ends_with_the_same_bits)
{
    program_draw_pets(24, 4);
    program_expect(0, NULL, "segwork " SLOW " && mv s whole");
    stop_in_second(SIGINT, 30);
    expect_words("stopped with 1 of 3 runs done");
    cr_expect_not(file_exists("s/seed=2"));
    program_expect(0, "s/seed=0  done\ns/seed=1  continues after epoch", "segwork " SLOW " --dry-run");
    stop_in_second(SIGKILL, 40);
    program_expect(0, "run 2 of 3: seed=1, continues after epoch", "segwork " SLOW);
    for (int i = 0; i < 3; i++) {
        char whole[32], again[32];
        snprintf(whole, sizeof whole, "whole/seed=%d", i);
        snprintf(again, sizeof again, "s/seed=%d", i);
        expect_same_run(whole, again, 3);
    }
}

Test(sweep_command, a_run_that_did_not_begin_begins_anew_and_foreign_folders_are_left_alone)
{
    program_draw_pets(8, 4);
    program_expect(0, "seed=1, starts over",
                   "mkdir -p s/seed=1/grids s/seed=1/checkpoints && echo x > s/seed=1/log.txt && "
                   "echo x > s/seed=1/manifest.json.partial && "
                   "segwork sweep " TINY
                   "--set seed=0..1 --out s && test ! -e s/seed=1/manifest.json.partial");
    program_expect(2, "t/seed=1 holds something that is no run",
                   "mkdir -p t/seed=1/grids && echo precious > t/seed=1/grids/photo && "
                   "segwork sweep " TINY "--set seed=0..1 --out t");
    cr_expect(file_exists("t/seed=1/grids/photo"));
    cr_expect_not(file_exists("t/seed=0"), "nothing is started when something is wrong");
}

Test(sweep_command, a_failed_run_does_not_lose_the_others)
{
    program_draw_pets(8, 4);
    program_expect(1, "1 of 2 runs failed:\n  data.root=nowhere: there is no data folder nowhere",
                   "segwork sweep " TINY "--set data.root=nowhere,pets --out s");
    expect_words("1 run compared");
    cr_expect(file_exists("s/data.root=pets/checkpoints/last.safetensors"));
    program_expect(2, "2 of 2 runs failed",
                   "segwork sweep " TINY "--set data.root=nowhere --set seed=0..1 --out t");
    program_expect(1, "seed=0: ",
                   "segwork sweep " TINY "--set seed=0..1 --out u >/dev/null && "
                   "head -c 3000 u/seed=0/checkpoints/resume.safetensors > cut && "
                   "mv cut u/seed=0/checkpoints/resume.safetensors && "
                   "sed -i 's/\"done\"/\"interrupted\"/' u/seed=0/manifest.json && rm -r u/seed=1 && "
                   "segwork sweep " TINY "--set seed=0..1 --out u");
    cr_expect(file_exists("u/seed=1/checkpoints/last.safetensors"));
}

Test(sweep_command, a_run_out_of_its_minutes_is_saved_and_the_others_have_theirs)
{
#define MINUTES "segwork sweep " TINY "--set train.epochs=1 --set train.max_minutes=1e-6 --set seed=0..1 "
    program_draw_pets(8, 4);
    program_expect(130, "2 of 2 runs are saved, but stopped by train.max_minutes; the same command", MINUTES);
    expect_words("continues them:\n  seed=0\n  seed=1\n");
    expect_words("seed=0: stopped by train.max_minutes in epoch 1 after step 1");
    expect_words("2 runs compared");
    program_expect(130, "seed=1, continues after epoch 0", MINUTES);
    program_expect(0, "seed=1, continues after epoch 0", MINUTES);
    expect_no_words("stopped by");
    /* what failed matters more, but does not hide it */
    program_expect(1, "1 of 2 runs failed:\n  data.root=nowhere: ",
                   "segwork sweep " TINY "--set train.max_minutes=1e-6 --set data.root=nowhere,pets --out f");
    expect_words("\n1 of 2 runs are saved, but stopped by train.max_minutes");
}

Test(sweep_command, a_run_that_another_process_writes_is_left_to_it)
{
    program_draw_pets(8, 4);
    pid_t pid = program_start("run " TINY "--set train.epochs=100000 --set seed=0 --out s/seed=0");
    cr_assert(program_wait_for_lines(pid, "s/seed=0/steps.jsonl", 1));
    program_expect(
        0, "seed=0, being written by another process",
        "segwork sweep " TINY "--set train.epochs=100000 --set seed=0..1 --out s --dry-run; "
        "segwork sweep " TINY "--set train.epochs=100000 --set seed=0..1 --out s --jobs jobs && "
        "grep -c seed=1 jobs && ! grep -q seed=0 jobs && echo 'seed=0, being written by another process'");
    expect_words("s/seed=0  being written by another process");
    kill(pid, SIGINT);
    cr_expect_eq(program_wait(pid), 130);
    /* the shell holds the lock that a run would; the other run is done meanwhile */
    program_expect(0, "run 1 of 2: seed=0, being written by another process",
                   "segwork sweep " TINY "--set seed=0..1 --out t >/dev/null 2>&1 && rm -r t/seed=1 && "
                   "sed -i 's/\"outcome\":/\"was\":/' t/seed=0/manifest.json && "
                   "exec 9>>t/seed=0/log.txt && flock -n 9 && segwork sweep " TINY "--set seed=0..1 --out t");
    expect_words("A1  running   3/3     0     t/seed=0\n");
    expect_words("A2  finished  3/3     1     t/seed=1\n");
}

/* The sweep is held within its first run while another process does its second one. */
Test(sweep_command, a_run_that_another_process_did_meanwhile_is_found_done)
{
#define ONE "--set train.batch_size=1 --set train.epochs=10 "
    program_draw_pets(24, 4);
    pid_t pid = program_start("sweep " TINY ONE "--set seed=0..1 --out s");
    cr_assert(program_wait_for_lines(pid, "s/seed=0/steps.jsonl", 1));
    kill(pid, SIGSTOP);
    cr_assert_not(file_exists("s/seed=1"), "the first run was done before the sweep could be held");
    program_expect(0, NULL, "segwork run " TINY ONE "--set seed=1 --out s/seed=1 && cp -r s/seed=1 before");
    kill(pid, SIGCONT);
    cr_expect_eq(program_wait(pid), 0, "%s", program_output);
    expect_words("run 2 of 2: seed=1, done");
    program_expect(0, NULL, "diff -r s/seed=1 before");
}

Test(sweep_command, a_list_of_commands_does_what_the_sweep_would)
{
    program_draw_pets(8, 4);
    program_expect(0, "6 commands written to jobs.txt",
                   "segwork sweep " TINY "--set 'loss.class_weights=none,[1,1,2],[1, 1, 3]' --set seed=0..1 "
                   "--out 's it'\\''s' --jobs jobs.txt");
    cr_expect_not(file_exists("s it's"));
    program_expect(0, NULL, "wc -l < jobs.txt | grep -x 6 && head -3 jobs.txt | sh");
    program_expect(0, "3 commands written to jobs.txt",
                   "segwork sweep " TINY "--set 'loss.class_weights=none,[1,1,2],[1, 1, 3]' --set seed=0..1 "
                   "--out 's it'\\''s' --jobs jobs.txt && sh jobs.txt");
    program_expect(0, "0 commands written to jobs.txt",
                   "segwork sweep " TINY "--set 'loss.class_weights=none,[1,1,2],[1, 1, 3]' --set seed=0..1 "
                   "--out 's it'\\''s' --jobs jobs.txt; ls 's it'\\''s'");
    expect_words("loss.class_weights=1-1-3,seed=0\n");
    pid_t pid = program_start("run " TINY "--set train.epochs=100000 --set seed=0 --out r/seed=0");
    cr_assert(program_wait_for_lines(pid, "r/seed=0/steps.jsonl", 1));
    kill(pid, SIGINT);
    cr_expect_eq(program_wait(pid), 130);
    program_expect(0, "run --resume r/seed=0 --device 'a device'",
                   "segwork sweep " TINY "--set train.epochs=100000 --set seed=0..1 --out r --jobs jobs "
                   "--device 'a device' && cat jobs");
}

Test(sweep_command, every_mistake_is_told_before_anything_is_started)
{
    program_draw_pets(8, 4);
    program_expect(2, "takes one experiment file, got 0", "segwork sweep --set seed=0..1");
    program_expect(2, "nothing varies", "segwork sweep " TINY);
    program_expect(2, "nothing varies", "segwork sweep " TINY "--set seed=3");
    program_expect(2, "seed is set twice", "segwork sweep " TINY "--set seed=1,2 --set seed=3");
    program_expect(2, "between commas is empty", "segwork sweep " TINY "--set seed=1,,2");
    program_expect(2, "runs backwards", "segwork sweep " TINY "--set seed=2..1");
    program_expect(2, "[ has no counterpart", "segwork sweep " TINY "--set 'loss.class_weights=[1,1,2'");
    program_expect(2, "found '-3'", "segwork sweep " TINY "--set optimizer.lr=0.1,-3");
    program_expect(2, "nope", "segwork sweep " TINY "--set loss.nope=0,1");
    program_expect(2, "more than 1000 runs",
                   "segwork sweep " TINY "--set seed=0..99 --set train.epochs=1..11");
    program_expect(2, "make the same folder name", "segwork sweep " TINY "--set init.from=a/b,a:b");
    program_expect(2, "there is no metric 'beauty'", "segwork sweep " TINY "--set seed=0,1 --rank beauty");
    program_expect(2, "not found", "segwork sweep nope.yaml --set seed=0,1");
    program_expect(2, "choose one", "segwork sweep " TINY "--set seed=0,1 --jobs j --dry-run");
    program_expect(1, "nowhere/jobs", "segwork sweep " TINY "--set seed=0,1 --jobs nowhere/jobs");
    program_expect(0, NULL, "test ! -e runs");
}
