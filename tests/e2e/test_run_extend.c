/* Runs that go on after their end, and configurations that were edited in between. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_extend, .init = scratch_create, .fini = scratch_remove);

#define TINY "run $SRC/tests/support/tiny.yaml "

Test(run_extend, four_epochs_and_then_eight_are_eight_in_one_go)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork " TINY "--set train.epochs=8 --out whole");
    program_expect(0, NULL, "segwork " TINY "--set train.epochs=4 --out parts");
    program_expect(0, "train.epochs is 8 instead of 4 from epoch 5 on, and the learning rate follows it",
                   "segwork run --resume parts --set train.epochs=8");
    expect_same_run("whole", "parts", 8);
    program_expect(0, NULL,
                   "tr -d ' \\n\\t' < parts/manifest.json | "
                   "grep '\"train_epochs\":\\[{\"from\":1,\"epochs\":4},{\"from\":5,\"epochs\":8}\\]'");
    program_expect(0, "finished", "segwork compare parts");
    program_expect(0, "\"train.epochs\":\t\"--set train.epochs=8\"",
                   "grep -F -e '--set train.epochs' parts/manifest.json");
    program_expect(0, "all 8 epochs are done already", "segwork run --resume parts");
    program_expect(0, "8 of 8", "segwork report parts --out r.html && grep -o '8 of 8' r.html");
}

Test(run_extend, the_schedule_follows_the_new_number_from_there_on)
{
    program_draw_pets(8, 4);
#define COSINE TINY "--set schedule.kind=cosine "
    program_expect(0, NULL, "segwork " COSINE "--set train.epochs=2 --out short");
    program_expect(0, NULL, "segwork " COSINE "--set train.epochs=4 --out long");
    program_expect(0, NULL, "segwork run --resume short --set train.epochs=4");
    /* the rates of epochs 3 and 4 are those of a run of 4, that of epoch 2 the one it had */
    program_expect(
        0, NULL,
        "for r in short long; do sed -n 's/.*\"epoch\":[34],.*\\(\"lr\":.*\\)/\\1/p' $r/steps.jsonl "
        "> $r.lr; done; test $(wc -l < short.lr) = 4 && cmp short.lr long.lr");
    program_expect(1, NULL,
                   "for r in short long; do sed -n 's/.*\"epoch\":2,.*\\(\"lr\":.*\\)/\\1/p' $r/steps.jsonl "
                   "> $r.lr; done; cmp short.lr long.lr");
}

Test(run_extend, an_extended_run_that_is_stopped_goes_on_to_the_new_end)
{
    program_draw_pets(24, 4);
#define SLOW TINY "--set train.batch_size=1 --set grid.columns=4 "
    program_expect(0, NULL, "segwork " SLOW "--set train.epochs=3 --out whole");
    pid_t pid = program_start(SLOW "--set train.epochs=2 --out parts");
    program_wait_for_lines(pid, "parts/steps.jsonl", 30);
    kill(pid, SIGINT);
    cr_expect_eq(program_wait(pid), 130, "%s", program_output);
    program_expect(2, "the run has done 1 epochs and a part of the next already",
                   "segwork run --resume parts --set train.epochs=1");
    pid = program_start("run --resume parts --set train.epochs=3");
    program_wait_for_lines(pid, "parts/steps.jsonl", 53);
    kill(pid, SIGKILL);
    cr_expect_eq(program_wait(pid), 128 + SIGKILL, "%s", program_output);
    program_expect(0, NULL, "segwork run --resume parts");
    expect_same_run("whole", "parts", 3);
    program_expect(2, "the run has done 3 epochs already", "segwork run --resume parts --set train.epochs=2");
}

Test(run_extend, only_the_end_of_a_run_may_be_changed)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork " TINY "--set train.epochs=1 --out run");
    program_expect(2, "only train.epochs and train.max_minutes are allowed with it, not 'optimizer.lr=1'",
                   "segwork run --resume run --set train.epochs=2 --set optimizer.lr=1");
    program_expect(2, "train.epochs: expected", "segwork run --resume run --set train.epochs=x");
    program_expect(130, "stopped by train.max_minutes",
                   "segwork run --resume run --set train.epochs=2 --set train.max_minutes=0.00001");
    program_expect(0, "max_minutes: 1.0e-05", "grep max_minutes run/config.yaml");
}

Test(run_extend, a_configuration_that_was_edited_is_refused_with_what_differs)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork " TINY "--set train.epochs=1 --out run && cp run/config.yaml kept");
    program_expect(2, "optimizer.lr is 0.5 and was 0.01; train.epochs is 2 and was 1",
                   "sed -i 's/^  lr: .*/  lr: 0.5/; s/^  epochs: .*/  epochs: 2/' run/config.yaml && "
                   "segwork run --resume run");
    cr_expect_not_null(strstr(program_output, "segwork run --resume run --set train.epochs=N"), "%s",
                       program_output);
    cr_expect_not_null(strstr(program_output, "init.from=run/checkpoints/last.safetensors"), "%s",
                       program_output);
    program_expect(2, "optimizer.lr is 0.5", "segwork run --resume run --set train.epochs=2");
    /* a comment is no other value, and a run of an earlier version has nothing to be compared with */
    program_expect(0, "all 1 epochs are done already",
                   "cp kept run/config.yaml && echo '# seen' >> run/config.yaml && segwork run --resume run");
    program_expect(0, "init: 29 tensors taken",
                   "segwork run kept --out second --set init.from=run/checkpoints/last.safetensors");
    program_expect(0, "continuing run run",
                   "sed -i 's/\"config\"/\"was\"/' run/manifest.json && "
                   "sed -i 's/^  epochs: .*/  epochs: 2/' run/config.yaml && segwork run --resume run");
}

/* The manifest is written before config.yaml, so that this is what such a process leaves. */
Test(run_extend, a_process_killed_between_manifest_and_configuration_leaves_a_run_that_goes_on)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL,
                   "segwork " TINY "--set train.epochs=1 --out run && cp -r run kept && "
                   "segwork run --resume run --set train.epochs=2 && cp run/manifest.json kept");
    program_expect(0, "all 1 epochs are done already", "segwork run --resume kept");
    program_expect(0, "train.epochs is 2 instead of 1", "segwork run --resume kept --set train.epochs=2");
    expect_same_run("run", "kept", 2);
}
