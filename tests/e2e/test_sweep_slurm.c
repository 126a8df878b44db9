/* segwork sweep --slurm: what its script does when Slurm starts an element of it, ends its time or cancels
 * it. */
#include <criterion/criterion.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(sweep_slurm, .init = scratch_create, .fini = scratch_remove);

#define TINY "$SRC/tests/support/tiny.yaml --set grid.count=2 --set grid.columns=2 "

static void expect_words(const char *words)
{
    cr_expect_not_null(strstr(program_output, words), "no '%s' in\n%s", words, program_output);
}

Test(sweep_slurm, each_element_of_the_array_is_one_run_and_a_second_submission_skips_it)
{
    program_draw_pets(8, 4);
    program_expect(0, "an array job of 2 runs written to job.sh",
                   "segwork sweep " TINY
                   "--set train.epochs=1 --set seed=0..1 --out 'all \"runs\"/50%%' --slurm job.sh");
    program_expect(0, NULL, "bash -n job.sh && cat job.sh");
    expect_words("\n#SBATCH --job-name=\"50%%\"\n");
    expect_words("\n#SBATCH --array=1-2\n");
    expect_words("\n#SBATCH --output=\"all \\\"runs\\\"/50%%/slurm-%a.log\"\n");
    program_expect(0, NULL, "ls -A 'all \"runs\"/50%%'"); /* made for the logs */
    cr_expect_str_eq(program_output, "");
    program_expect(0, "run 1 of 1: seed=1, new", "SLURM_ARRAY_TASK_ID=2 bash job.sh");
    program_expect(0, "seed=1\n", "ls 'all \"runs\"/50%%'");
    cr_expect_null(strstr(program_output, "seed=0"), "%s", program_output);
    program_expect(0, "run 1 of 1: seed=1, done", "SLURM_ARRAY_TASK_ID=2 bash job.sh");
    program_expect(2, "--run 3: the sweep has runs 1 to 2", "SLURM_ARRAY_TASK_ID=3 bash job.sh");
}

/* The script in the background gets a signal once its run has begun; prints its exit code. */
static void stop_element(const char *signal_name)
{
    program_expect(0, "exit code 130\n",
                   "PATH=$PWD/bin:$PATH; rm -f r/seed=0/steps.jsonl; "
                   "SLURM_JOB_ID=7 SLURM_ARRAY_TASK_ID=1 bash job.sh & job=$!; "
                   "until test -s r/seed=0/steps.jsonl; do sleep 0.05; done; "
                   "kill -%s $job; wait $job; echo exit code $?",
                   signal_name);
}

Test(sweep_slurm, an_element_saves_its_run_and_is_put_back_into_the_queue_only_where_its_time_was_over)
{
    program_draw_pets(8, 4);
    scratch_write("scontrol", "#!/bin/sh\necho \"$@\" > requeued\n");
    program_expect(0, NULL, "mkdir bin && mv scontrol bin && chmod +x bin/scontrol");
    program_expect(0, "array job of 1 run written",
                   "segwork sweep " TINY "--set train.epochs=100000 --set seed=0..0 --out r --slurm job.sh");
    stop_element("TERM");
    cr_expect_not(file_exists("requeued"), "cancelled, and yet put back");
    program_expect(0, "unfinished",
                   "segwork sweep " TINY
                   "--set train.epochs=100000 --set seed=0..0 --out r --dry-run --json");
    program_expect(0, NULL, "rm -r r");
    stop_element("USR1");
    program_expect(0, "requeue 7\n", "cat requeued");
}

Test(sweep_slurm, mistakes_are_told_and_nothing_is_written)
{
    program_expect(2, "choose one", "segwork sweep " TINY "--set seed=0,1 --slurm s.sh --jobs j");
    program_expect(2, "--slurm writes and --dry-run does not",
                   "segwork sweep " TINY "--set seed=0,1 --slurm s.sh -n");
    program_expect(2, "not with --run", "segwork sweep " TINY "--set seed=0,1 --slurm s.sh --run 1");
    program_expect(2, "not with --json", "segwork sweep " TINY "--set seed=0,1 --slurm s.sh --json");
    program_expect(2, "--run 0: the sweep has runs 1 to 2", "segwork sweep " TINY "--set seed=0,1 --run 0");
    program_expect(2, "--run -1: the sweep has runs 1 to 2", "segwork sweep " TINY "--set seed=0,1 --run -1");
    program_expect(2, "a line break can't stand in a batch script's first lines",
                   "segwork sweep " TINY "--set seed=0,1 --out 'a\nb' --slurm s.sh");
    program_expect(0, NULL, "test ! -e s.sh && test ! -e runs");
}
