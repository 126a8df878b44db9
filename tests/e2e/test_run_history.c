/* A run folder that has lost something, or that something was done to: nothing more is lost by going on. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "program.h"
#include "scratch.h"

TestSuite(run_history, .init = scratch_create, .fini = scratch_remove);

#define ARGUMENTS "$SRC/tests/support/tiny.yaml --set train.batch_size=1 --set train.epochs=3 "
#define RUN       "segwork run " ARGUMENTS

enum { TRAIN = 120 };

/* Commands in a run folder, as if no process had saved anything: no state, and no outcome in the manifest. */
#define FORGET                                                                                               \
    "rm checkpoints/resume.safetensors && "                                                                  \
    "sed -i 's/\"outcome\":.*/\"outcome\": \"\"/' manifest.json"

/* A run that was stopped in its third epoch, with `best` the first epoch, and one that went to its end. */
static void make_runs(void)
{
    program_draw_pets(TRAIN, 4);
    program_expect(0, NULL, RUN "--out whole");
    program_stop_run("stopped", "steps.jsonl", 2 * TRAIN + 2, SIGINT, ARGUMENTS);
}

/* Copies a run, damages the copy with a command, and resumes it, which must fail and change nothing. */
static void expect_refused(const char *run, const char *damage, const char *words)
{
    program_expect(0, NULL, "rm -rf run before && cp -r %s run && cd run && %s && cd .. && cp -a run before",
                   run, damage);
    program_expect(1, words, "segwork run --resume run");
    program_expect(0, NULL, "diff -r --no-dereference -x log.txt before run");
}

Test(run_history, a_run_whose_state_is_gone_or_cannot_be_seen_does_not_begin_anew)
{
    make_runs();
    static const char *const runs[] = {"whole", "stopped"};
    for (int i = 0; i < 2; i++) {
        expect_refused(runs[i], "rm checkpoints/resume.safetensors",
                       "run/checkpoints/resume.safetensors is missing, without which the run cannot go on");
        expect_refused(runs[i], "rm checkpoints/resume.safetensors metrics.* steps.*",
                       "though the manifest says that the run was saved");
        expect_refused(
            runs[i],
            "rm checkpoints/resume.safetensors && ln -s resume.safetensors checkpoints/resume.safetensors",
            "run/checkpoints/resume.safetensors: whether it is there cannot be seen");
    }
    expect_refused("stopped", FORGET, "though metrics.jsonl has the rows of several epochs");
    expect_refused("stopped", FORGET " && sed -i 2,99d metrics.jsonl",
                   "though steps.jsonl goes beyond the first epoch");
    expect_refused("stopped", FORGET " && rm metrics.jsonl steps.jsonl",
                   "though there are weights of a finished epoch");
}

Test(run_history, records_that_were_shortened_are_not_continued)
{
    make_runs();
    static const char *const runs[] = {"whole", "stopped"};
    for (int i = 0; i < 2; i++) {
        expect_refused(runs[i], "sed -i 2,99d metrics.jsonl", "run/metrics.jsonl ends with epoch 1, but");
        expect_refused(runs[i], "rm metrics.jsonl", "run/metrics.jsonl ends with epoch 0, but");
        expect_refused(runs[i], "sed -i 1d metrics.jsonl",
                       "run/metrics.jsonl:1: epoch 2 stands where epoch 1 should");
        expect_refused(runs[i], "sed -i '4,$d' steps.jsonl", "run/steps.jsonl ends with step 3, but");
        expect_refused(runs[i], ": > steps.jsonl", "run/steps.jsonl ends with step 0, but");
        expect_refused(runs[i], "sed -i 3d steps.jsonl",
                       "run/steps.jsonl:3: step 4 stands where step 3 should");
    }
}

Test(run_history, weights_that_were_lost_are_written_again_where_the_state_has_them)
{
    make_runs();
    /* the best epoch's are in no other file, unless it is the last */
    program_expect(0, NULL,
                   "grep -q '\"val_loss\"' whole/metrics.jsonl && cp -r whole mended && "
                   "rm mended/checkpoints/last.safetensors");
    program_expect(0, "mended/checkpoints/last.safetensors was missing or damaged, and is written again",
                   "segwork run --resume mended");
    cr_expect_null(strstr(program_output, "best.safetensors was missing"), "%s", program_output);
    expect_same_file("whole/checkpoints/last.safetensors", "mended/checkpoints/last.safetensors");
    program_expect(0, "was missing or damaged",
                   "printf x | dd of=mended/checkpoints/last.safetensors bs=1 seek=9000 conv=notrunc && "
                   "segwork run --resume mended");
    expect_same_file("whole/checkpoints/last.safetensors", "mended/checkpoints/last.safetensors");
    static const char *const damages[] = {
        "rm checkpoints/best.safetensors", ": > checkpoints/best.safetensors",
        "dd if=/dev/zero of=checkpoints/best.safetensors bs=1000 count=20 conv=notrunc",
        "printf x | dd of=checkpoints/best.safetensors bs=1 seek=9000 conv=notrunc"};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++)
        expect_refused("stopped", damages[i], "the weights of epoch");
}

/* A process that was killed may have written rows and weights of an epoch whose state it had not saved yet.
 */
Test(run_history, what_was_written_before_the_state_is_no_obstacle)
{
    make_runs();
    program_expect(0, NULL,
                   "cp -r stopped later && "
                   "cp whole/checkpoints/last.safetensors later/checkpoints/best.safetensors && "
                   "segwork run --resume later");
    expect_same_file("whole/checkpoints/last.safetensors", "later/checkpoints/last.safetensors");
    program_expect(0, NULL,
                   "cp -r stopped first && cd first && " FORGET " && "
                   "sed -i '2,$d' metrics.jsonl && sed -i '%d,$d' steps.jsonl && cd .. && "
                   "segwork run --resume first",
                   TRAIN + 1);
    expect_same_file("whole/checkpoints/last.safetensors", "first/checkpoints/last.safetensors");
}

Test(run_history, weights_of_another_epoch_are_not_taken_for_those_that_were_saved)
{
    make_runs();
    program_expect(0, NULL, RUN "--set train.epochs=4 --out longer");
    expect_refused("stopped", "cp ../longer/checkpoints/last.safetensors checkpoints/best.safetensors",
                   "best.safetensors has the weights of epoch 4, not of epoch");
}

Test(run_history, a_flipped_bit_is_noticed_by_whoever_reads_the_weights)
{
    make_runs();
    static const char *const commands[] = {
        "segwork eval --checkpoint run", "segwork predict --checkpoint run pets/images --out masks",
        "segwork export run --out m.onnx", "segwork export run --out m.npz",
        RUN "--set init.from=run/checkpoints/best.safetensors --out other"};
    program_expect(0, NULL,
                   "cp -r whole run && printf x | dd of=run/checkpoints/best.safetensors bs=1 seek=9000 "
                   "conv=notrunc");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        program_expect(1, "its values are not those that were written", "%s", commands[i]);
    program_expect(0, NULL,
                   "rm -r run && cp -r whole run && "
                   "sed -i 's/\"epoch\":\"[1-3]\"/\"epoch\":\"9\"/' run/checkpoints/*.safetensors");
    program_expect(1, "the header is not as segwork wrote it", "segwork eval --checkpoint run");
}

Test(run_history, progress_is_written_into_no_file_where_standard_streams_are_closed)
{
    program_draw_pets(TRAIN, 4);
    program_expect(0, NULL, RUN "--out whole");
    program_expect(0, NULL, "exec 3>&1; " RUN "--out closed <&- >&- 2>&-");
    expect_same_run("whole", "closed", 3);
    program_expect(0, "all 3 epochs are done", "segwork run --resume closed");
}

Test(run_history, what_is_in_the_place_of_a_file_that_is_to_be_written_is_seen_before_anything_is)
{
    make_runs();
    static const char *const files[] = {"images.json", "inputs.png", "truth.png"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char damage[80];
        snprintf(damage, sizeof damage, "rm masks/%s && mkdir masks/%s", files[i], files[i]);
        expect_refused("stopped", damage, "a folder of that name is in the way");
    }
}

Test(run_history, a_pipe_in_the_place_of_a_file_is_refused_at_once)
{
    static const char *const files[] = {"log.txt",     "metrics.jsonl", "steps.jsonl",
                                        "config.yaml", "manifest.json", "checkpoints/resume.safetensors"};
    program_draw_pets(TRAIN, 4);
    program_expect(0, NULL, RUN "--out whole");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        program_expect(0, NULL, "rm -rf run && cp -r whole run && rm run/%s && mkfifo run/%s", files[i],
                       files[i]);
        int code = program_run("segwork run --resume run");
        cr_expect(code == 1 || code == 2, "%s: exit code %d\n%s", files[i], code, program_output);
        cr_expect_not_null(strstr(program_output, "not a regular file"), "%s: %s", files[i], program_output);
    }
}

Test(run_history, of_two_commands_that_write_one_file_one_wins_whole)
{
    program_draw_pets(TRAIN, 4);
    program_expect(0, NULL, RUN "--out a && " RUN "--set seed=2 --out b");
    program_expect(0, NULL, "segwork export a --out a.npz && segwork export b --out b.npz");
    for (int i = 0; i < 10; i++)
        program_expect(0, NULL,
                       "{ segwork export a --out m.npz & segwork export b --out m.npz & wait; } && "
                       "{ cmp -s m.npz a.npz || cmp -s m.npz b.npz; } && ! ls -A | grep partial");
}
