/* What changes how a run trains, or when it ends: steps of several batches, clipping, averaged weights, early
 * stopping, a limit of time, overfitting on purpose, the dry run. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "event_files.h"
#include "program.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(run_training, .init = scratch_create, .fini = scratch_remove);

#define TINY "$SRC/tests/support/tiny.yaml "

enum { MAX_ROWS = 64 };

/* A column of a run's .jsonl file; returns the number of rows. */
static int column(double *out, const char *run, const char *file, const char *key)
{
    char *path = sw_strf("%s/%s", run, file), *text = file_text(path, NULL);
    int count = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *row = cJSON_Parse(line);
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, key);
        cr_assert(value && count < MAX_ROWS, "%s: %s", path, line);
        out[count++] = cJSON_IsNumber(value) ? value->valuedouble : (double)NAN;
        cJSON_Delete(row);
    }
    free(text);
    free(path);
    return count;
}

/* A number in the metadata of a run's checkpoint. */
static long note_of(const char *path, const char *key)
{
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, scratch_path(path)), SW_OK, "%s", sw_error_message());
    const char *text = sw_safetensors_reader_metadata(reader, key);
    cr_assert_not_null(text, "%s has no %s", path, key);
    long value = strtol(text, NULL, 10);
    sw_safetensors_reader_destroy(reader);
    return value;
}

/* --- resuming with everything on --------------------------------------------------------------------- */

enum { TRAIN = 21, EPOCHS = 4, STEPS = 7 }; /* batches of one image, three a step */

#define EVERYTHING                                                                                           \
    "--set train.epochs=4 --set train.batch_size=1 --set train.accumulate=3 --set optimizer.clip_norm=0.3 "  \
    "--set train.ema_decay=0.8 --set train.early_stop.patience=50 "

static void stop_and_go_on(const char *run, int lines, int signal_number)
{
    program_stop_run(run, "steps.jsonl", lines, signal_number, TINY EVERYTHING);
    program_expect(0, "prediction grid", "segwork run --resume %s", run);
}

static void expect_same_events(const char *run_a, const char *run_b)
{
    char *a = event_contents(scratch_path(run_a), false), *b = event_contents(scratch_path(run_b), false);
    cr_expect(*a && strcmp(a, b) == 0, "the events of %s and %s differ:\n%s\n%s", run_a, run_b, a, b);
    free(a);
    free(b);
}

Test(run_training, with_everything_on_a_resumed_run_ends_with_the_same_bits_and_no_event_twice)
{
    static const int moments[] = {1, STEPS, 2 * STEPS + 3};
    program_draw_pets(TRAIN, 6);
    program_expect(0, NULL, "segwork run " TINY EVERYTHING "--out whole");
    program_expect(0, NULL, "segwork run " TINY EVERYTHING "--out again");
    expect_same_run("whole", "again", EPOCHS);
    expect_same_events("whole", "again");
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        char stopped[32], killed[32];
        snprintf(stopped, sizeof stopped, "stopped%zu", i);
        snprintf(killed, sizeof killed, "killed%zu", i);
        stop_and_go_on(stopped, moments[i], SIGINT);
        stop_and_go_on(killed, moments[i], SIGKILL);
        expect_same_run("whole", stopped, EPOCHS);
        expect_same_run("whole", killed, EPOCHS);
        expect_same_events("whole", stopped);
        expect_same_events("whole", killed);
    }
    double steps[MAX_ROWS];
    cr_expect_eq(column(steps, "whole", "steps.jsonl", "step"), EPOCHS * STEPS);
    cr_expect_eq(note_of("whole/checkpoints/resume.safetensors", "batches"), EPOCHS * TRAIN);
}

/* --- averaged weights -------------------------------------------------------------------------------- */

Test(run_training, averaged_weights_are_what_is_evaluated_and_saved_and_the_others_go_on)
{
    double loss[MAX_ROWS];
    program_draw_pets(8, 4);
    program_expect(0, "averages", "segwork run " TINY "--out averaged --set train.ema_decay=0.9");
    program_expect(0, NULL, "segwork run " TINY "--out plain");
    /* the averages only look on */
    expect_same_file("averaged/steps.jsonl", "plain/steps.jsonl");
    int rows = column(loss, "averaged", "metrics.jsonl", "val_loss");
    cr_assert_eq(rows, 3);
    program_expect(0, NULL, "segwork eval --checkpoint averaged/checkpoints/last.safetensors --out figures");
    char *text = file_text("figures/metrics.json", NULL);
    cJSON *figures = cJSON_Parse(text);
    const double found = cJSON_GetObjectItemCaseSensitive(figures, "loss")->valuedouble;
    cr_expect_float_eq(found, loss[2], 1e-6 * loss[2], "%.9g and %.9g", found, loss[2]);
    cJSON_Delete(figures);
    free(text);
    column(loss + 8, "plain", "metrics.jsonl", "val_loss");
    cr_expect_neq(loss[2], loss[8 + 2]);

    /* beside the averages, the resume file holds the weights themselves: those of the plain run */
    sw_safetensors_reader *resume, *plain;
    float a[216], b[216], average[216];
    cr_assert_eq(sw_safetensors_reader_open(&resume, scratch_path("averaged/checkpoints/resume.safetensors")),
                 SW_OK);
    cr_assert_eq(sw_safetensors_reader_open(&plain, scratch_path("plain/checkpoints/last.safetensors")),
                 SW_OK);
    const sw_safetensors_tensor *mean = sw_safetensors_reader_find(resume, "ema.dc1.seq.0.weight");
    cr_assert_not_null(mean);
    cr_assert_not_null(sw_safetensors_reader_find(resume, "ema.dc1.seq.1.running_var"));
    cr_assert_eq(sw_safetensors_reader_read(resume, mean, average, sizeof average), SW_OK);
    cr_assert_eq(sw_safetensors_reader_read(resume, sw_safetensors_reader_find(resume, "dc1.seq.0.weight"), a,
                                            sizeof a),
                 SW_OK);
    cr_assert_eq(
        sw_safetensors_reader_read(plain, sw_safetensors_reader_find(plain, "dc1.seq.0.weight"), b, sizeof b),
        SW_OK);
    cr_expect(memcmp(a, b, sizeof a) == 0);
    cr_expect(memcmp(a, average, sizeof a) != 0);
    sw_safetensors_reader_destroy(resume);
    sw_safetensors_reader_destroy(plain);
}

/* --- losses ------------------------------------------------------------------------------------------ */

/* Ten images in batches of four: the last step of an epoch has half the pixels of the others. */
Test(run_training, the_loss_of_an_epoch_is_the_mean_over_its_pixels)
{
    double steps[MAX_ROWS], epochs[MAX_ROWS];
    program_draw_pets(10, 4);
    program_expect(0, NULL, "segwork run " TINY "--set train.epochs=2 --out run");
    cr_assert_eq(column(steps, "run", "steps.jsonl", "loss"), 6);
    cr_assert_eq(column(epochs, "run", "metrics.jsonl", "train_loss"), 2);
    for (int e = 0; e < 2; e++) {
        const double *s = steps + 3 * e, mean = (4 * s[0] + 4 * s[1] + 2 * s[2]) / 10;
        cr_expect_float_eq(epochs[e], mean, 1e-6, "epoch %d: %.9g, not %.9g", e + 1, epochs[e], mean);
        cr_expect(fabs(epochs[e] - (s[0] + s[1] + s[2]) / 3) > 1e-5, "the steps do not suit this test");
    }
}

/* --- best and early stop ----------------------------------------------------------------------------- */

Test(run_training, the_best_weights_are_those_of_the_epoch_that_the_chosen_metric_names)
{
    static const char *const metrics[] = {"pixel_accuracy", "iou",        "custom_iou",
                                          "miou",           "iou_border", "val_loss"};
    double values[MAX_ROWS];
    program_draw_pets(8, 4);
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++) {
        char path[96];
        program_expect(0, NULL,
                       "segwork run " TINY "--set train.epochs=6 --set optimizer.lr=0.05 "
                       "--set train.save_best=%s --out %s",
                       metrics[m], metrics[m]);
        int rows = column(values, metrics[m], "metrics.jsonl", metrics[m]), best = 0;
        const double sign = strcmp(metrics[m], "val_loss") == 0 ? -1 : 1;
        for (int i = 1; i < rows; i++)
            if (sign * values[i] > sign * values[best]) best = i;
        snprintf(path, sizeof path, "%s/checkpoints/best.safetensors", metrics[m]);
        cr_expect_eq(note_of(path, "epoch"), best + 1, "%s: epoch %ld, not %d", metrics[m],
                     note_of(path, "epoch"), best + 1);
    }
}

/* After how many epochs a run with these values ends; 0: not. */
static int end_of(const double *values, int count, int patience, double delta)
{
    double best = values[0];
    int best_at = 0;
    for (int i = 1; i < count; i++) {
        if (values[i] < best - delta) {
            best = values[i];
            best_at = i;
        }
        if (i - best_at == patience) return i + 1;
    }
    return 0;
}

Test(run_training, a_run_that_no_longer_gets_better_ends_and_stays_ended)
{
    enum { LONG = 10, PATIENCE = 2 };
    static const double delta = 0.04;
    double values[MAX_ROWS], ended[MAX_ROWS];
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run " TINY "--set train.epochs=10 --out long");
    cr_assert_eq(column(values, "long", "metrics.jsonl", "val_loss"), LONG);
    const int expected = end_of(values, LONG, PATIENCE, delta);
    cr_assert(expected > PATIENCE + 1 && expected < LONG, "the data do not suit this test: %d", expected);

#define EARLY                                                                                                \
    "--set train.epochs=10 --set train.early_stop.metric=val_loss --set train.early_stop.patience=2 --set "  \
    "train.early_stop.min_delta=0.04 "
    program_expect(0, "stopped early after epoch", "segwork run " TINY EARLY "--out early");
    int rows = column(ended, "early", "metrics.jsonl", "val_loss");
    cr_expect_eq(rows, expected, "%d epochs, not %d", rows, expected);
    cr_expect(memcmp(ended, values, (size_t)rows * sizeof *ended) == 0, "the epochs before are the same");
    program_expect(0, "stopped early after epoch", "cp -r early copy && segwork run --resume copy");
    expect_same_run("early", "copy", expected);
    expect_same_events("early", "copy");

    /* how long it has waited survives a stop in any epoch */
    program_stop_run("halted", "metrics.jsonl", expected - 1, SIGINT, TINY EARLY);
    program_expect(0, "stopped early after epoch", "segwork run --resume halted");
    expect_same_run("early", "halted", expected);
}

/* --- a limit of time --------------------------------------------------------------------------------- */

Test(run_training, a_run_out_of_its_minutes_is_saved_and_goes_on_until_it_is_done)
{
    enum { MOST = 30 };
    int stops = 0, code;
    program_draw_pets(10, 4);
    program_expect(0, NULL, "segwork run " TINY "--set train.epochs=2 --out whole");
    program_expect(
        130,
        "stopped by train.max_minutes in epoch 1 after step 1; everything is saved. Continue with: "
        "segwork run --resume parts",
        "segwork run " TINY "--set train.epochs=2 --set train.max_minutes=1e-6 --out parts");
    while ((code = program_run("segwork run --resume parts")) == 130 && stops < MOST) stops++;
    cr_expect_eq(code, 0, "exit code %d\n%s", code, program_output);
    /* a process each: steps 2 and 3, the first validation, steps 4 to 6; the last one validates and is done
     */
    cr_expect_eq(stops, 6, "%d", stops);
    expect_same_file("whole/checkpoints/last.safetensors", "parts/checkpoints/last.safetensors");
    expect_same_file("whole/steps.jsonl", "parts/steps.jsonl");
    expect_same_metrics("whole", "parts");
    expect_same_events("whole", "parts");
    program_expect(0, NULL,
                   "segwork run " TINY "--set train.epochs=2 --set train.max_minutes=1000 --out enough");
    expect_same_file("whole/checkpoints/last.safetensors", "enough/checkpoints/last.safetensors");
}

Test(run_training, the_command_that_goes_on_can_be_pasted_and_keeps_the_device_that_was_named)
{
    program_draw_pets(8, 4);
    program_expect(130, "Continue with: segwork run --resume 'my run' --device 0:0\n",
                   "segwork run " TINY "--set train.epochs=1 --set train.max_minutes=1e-6 --device 0:0 "
                   "--out 'my run' 2> said; code=$?; cat said; exit $code");
    program_expect(130, "in epoch 1 after step 2; everything is saved",
                   "sed -n 's/.*Continue with: //p' said > go; . ./go");
    program_expect(130, "Continue with: segwork run --resume plain\n",
                   "export SEGWORK_DEVICE=0:0; segwork run " TINY "--set train.max_minutes=1e-6 "
                   "--set runtime.device=0:0 --out plain");
}

/* --- overfitting ------------------------------------------------------------------------------------- */

Test(run_training, overfitting_sees_the_same_few_batches_again_and_again)
{
    double loss[MAX_ROWS];
    program_draw_pets(16, 4);
    /* at this rate no weight moves, so that equal losses are equal batches */
    program_expect(0, "training on the first 8 images alone",
                   "segwork run " TINY "--set train.overfit_batches=2 --set optimizer.lr=1e-30 --out still");
    cr_assert_eq(column(loss, "still", "steps.jsonl", "loss"), 2 * 3);
    cr_expect_neq(loss[0], loss[1]);
    for (int i = 2; i < 6; i++) cr_expect_eq(loss[i], loss[i - 2], "step %d", i + 1);
    program_expect(0, NULL, "segwork run " TINY "--set optimizer.lr=1e-30 --out all");
    cr_assert_eq(column(loss, "all", "steps.jsonl", "loss"), 4 * 3);
    cr_expect_neq(loss[0], loss[4], "without it, batches are shuffled and augmented");
    program_expect(0, "training on the first 16 images alone",
                   "segwork run " TINY
                   "--set train.overfit_batches=1000000 --set train.batch_size=4 --out most");
    program_expect(0, NULL,
                   "segwork run " TINY "--set train.overfit_batches=1 --set train.epochs=40 "
                   "--set train.article_every=0 --set optimizer.lr=0.03 --out learnt");
    cr_assert_eq(column(loss, "learnt", "steps.jsonl", "loss"), 40);
    cr_expect_lt(loss[39], 0.5 * loss[0], "%g after %g", loss[39], loss[0]);
}

/* --- hold-out --- */

Test(run_training, with_a_holdout_the_validation_list_is_not_even_opened)
{
    program_draw_pets(12, 4);
    program_expect(0, NULL,
                   "rm pets/annotations/test.txt && segwork run " TINY "--set data.holdout=4 --out held");
    cr_expect_not_null(strstr(program_output, "pets/trainval: 9 images"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "pets/trainval (held out): 3 images"), "%s", program_output);
    program_expect(0, "pets/trainval (held out): 3 images", "segwork eval --checkpoint held");
}

/* --- dry run ----------------------------------------------------------------------------------------- */

/* The arguments of a dry run, and that it leaves the folder with the files it had, all as old as before. */
static void expect_nothing_written(const char *arguments)
{
    program_expect(0, "no run folder was made",
                   "before=../${PWD##*/}.before; find . | LC_ALL=C sort > $before && segwork run " TINY
                   "--dry-run %s && "
                   "find . | LC_ALL=C sort | diff $before - && test -z \"$(find . -newer $before)\"; "
                   "code=$?; rm $before; exit $code",
                   arguments);
}

Test(run_training, a_dry_run_tries_everything_and_writes_nothing)
{
    program_draw_pets(10, 4);
    expect_nothing_written("--set train.accumulate=2 --set train.ema_decay=0.9 --set optimizer.clip_norm=1");
    for (const char *const *words =
             (const char *const[]){"3 epochs of 2 steps, 10 images an epoch", "first step       8 images",
                                   "4 of 4 images", "averages", "device memory", NULL};
         *words; words++)
        cr_expect_not_null(strstr(program_output, *words), "no '%s' in\n%s", *words, program_output);
    expect_nothing_written("--out new/folder");
}

Test(run_training, a_dry_run_fails_as_the_run_would)
{
    program_draw_pets(8, 4);
    program_expect(2, "train.batch_size", "segwork run " TINY "--dry-run --set train.batch_size=no");
    program_expect(2, "nowhere", "segwork run " TINY "--dry-run --set data.root=nowhere");
    program_expect(2, "is not empty", "segwork run " TINY "--dry-run --out pets");
    program_expect(1, "cannot create folder", "touch file && segwork run " TINY "--dry-run --out file/run");
    program_expect(1, "cannot create folder",
                   "touch runs && segwork run " TINY "--dry-run; code=$?; rm runs; exit $code");
    program_expect(1, "init.from", "segwork run " TINY "--dry-run --set init.from=nothing.safetensors");
    program_expect(2, "--dry-run", "segwork run --resume pets --dry-run");
}

/* --- event files ------------------------------------------------------------------------------------- */

Test(run_training, event_files_hold_steps_epochs_and_grids_and_can_be_switched_off)
{
    char names[EVENT_FILES_MAX][300];
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run " TINY "--set train.epochs=1 --out run");
    char *found = event_contents(scratch_path("run"), true);
    static const char head[] =
        "brain.Event:2, grid 0, step/loss 1, step/lr 1, step/loss 2, step/lr 2, train/lr 1, "
        "train/loss 1, val/loss 1, val/pixel_accuracy 1, ";
    cr_expect_eq(strncmp(found, head, sizeof head - 1), 0, "%s", found);
    for (const char *const *tag =
             (const char *const[]){"val/iou 1, ", "val/iou_border 1, ", "article/iou 1, ", "time/seconds 1, ",
                                   "grid 1, ", NULL};
         *tag; tag++)
        cr_expect_not_null(strstr(found, *tag), "no %s in %s", *tag, found);
    free(found);
    program_expect(0, NULL,
                   "segwork run " TINY "--set train.epochs=1 --set train.tensorboard=false --out off");
    cr_expect_eq(event_files(scratch_path("off"), names), 0);
    expect_same_file("run/checkpoints/last.safetensors", "off/checkpoints/last.safetensors");
}
