/* Runs that minimise other losses than cross-entropy, or several of them. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "program.h"
#include "scratch.h"

TestSuite(run_losses, .init = scratch_create, .fini = scratch_remove);

#define TINY "$SRC/tests/support/tiny.yaml "

/* Every kind there is. */
#define LIST                                                                                                 \
    "--set 'loss=[{kind: cross_entropy, label_smoothing: 0.1, class_weights: median_frequency, "             \
    "ignore_index: 2}, {kind: dice, weight: 0.5}, {kind: tversky, weight: 0.25, smooth: 1, class_weights: "  \
    "[1, 2, 1]}, {kind: lovasz}, {kind: boundary, sigma: 2}, {kind: ohem, threshold: 0.4}, {kind: focal, "   \
    "weight: 2}, {kind: dice, smooth: 1}]' "

static const char *const names[] = {"cross_entropy", "dice", "tversky", "lovasz",
                                    "boundary",      "ohem", "focal",   "dice_2"};
static const double weights[] = {1, 0.5, 0.25, 1, 1, 1, 2, 1};
enum { LOSSES = sizeof names / sizeof *names, EPOCHS = 3 };

/* The row of an epoch, or, for 0, the only object of the file. */
static cJSON *row_of(const char *path, int epoch)
{
    char *text = file_text(path, NULL), start[32];
    snprintf(start, sizeof start, "{\"epoch\":%d,", epoch);
    const char *row = epoch ? strstr(text, start) : text;
    cr_assert_not_null(row, "%s has no epoch %d", path, epoch);
    cJSON *json = cJSON_Parse(row);
    cr_assert_not_null(json);
    free(text);
    return json;
}

static double number(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    cr_assert(cJSON_IsNumber(item), "no number %s", key);
    return item->valuedouble;
}

/* The sum of train_loss_NAME or val_loss_NAME by their weights. */
static double sum_of(const cJSON *row, const char *prefix)
{
    double sum = 0;
    for (int i = 0; i < LOSSES; i++) {
        char key[64];
        snprintf(key, sizeof key, "%s_%s", prefix, names[i]);
        sum += weights[i] * number(row, key);
    }
    return sum;
}

Test(run_losses, each_of_several_losses_has_its_columns_and_their_sum_is_the_loss)
{
    program_draw_pets(10, 4);
    program_expect(0, NULL, "segwork run " TINY LIST "--set train.save_best=val_loss_lovasz --out run");
    double best = INFINITY;
    int best_epoch = 0;
    for (int e = 1; e <= EPOCHS; e++) {
        cJSON *row = row_of("run/metrics.jsonl", e);
        cr_expect_float_eq(number(row, "train_loss"), sum_of(row, "train_loss"), 1e-5);
        cr_expect_float_eq(number(row, "val_loss"), sum_of(row, "val_loss"), 1e-5);
        cr_expect_neq(number(row, "val_loss_dice"), number(row, "val_loss_dice_2"));
        if (number(row, "val_loss_lovasz") < best) best = number(row, "val_loss_lovasz"), best_epoch = e;
        cJSON_Delete(row);
    }
    char *csv = file_text("run/metrics.csv", NULL);
    cr_expect_not_null(strstr(csv, ",train_loss_cross_entropy,train_loss_dice,train_loss_tversky,"), "%s",
                       csv);
    cr_expect_not_null(strstr(csv, ",val_loss_focal,val_loss_dice_2\n"), "%s", csv);
    free(csv);
    char what[64];
    snprintf(what, sizeof what, "\"epoch\":\"%d\"", best_epoch);
    program_expect(0, what, "head -c 2000 run/checkpoints/best.safetensors | strings");
}

Test(run_losses, one_loss_alone_has_no_column_of_its_own)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run " TINY "--set loss.kind=dice --set train.epochs=1 --out run");
    char *csv = file_text("run/metrics.csv", NULL);
    cr_expect_null(strstr(csv, "loss_dice"), "%s", csv);
    free(csv);
}

Test(run_losses, the_readers_of_runs_know_the_columns_also_beside_runs_without_them)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run " TINY LIST "--out several");
    program_expect(0, NULL, "segwork run " TINY "--out one");
    program_expect(0, "val_loss_lovasz", "segwork compare one several --rank val_loss_lovasz");
    program_expect(0, "another loss than", "segwork compare several one");
    program_expect(0, NULL, "segwork report several one --out report.html");
    program_expect(0, NULL,
                   "segwork plot several --metrics val_loss_dice,train_loss_dice_2,loss --out plot.svg");
    program_expect(0, NULL, "segwork eval --checkpoint several --out figures");
    cJSON *figures = row_of("figures/metrics.json", 0), *row = row_of("several/metrics.jsonl", EPOCHS);
    cr_expect_float_eq(number(figures, "loss"), number(row, "val_loss"), 1e-5);
    cJSON_Delete(figures);
    cJSON_Delete(row);
}

Test(run_losses, no_loss_depends_on_the_size_of_the_validation_batches)
{
    program_draw_pets(8, 5);
    program_expect(0, NULL, "segwork run " TINY LIST "--set train.epochs=1 --out run");
    double one[LOSSES] = {0};
    for (int batch = 1; batch <= 5; batch++) {
        char out[16], path[48];
        snprintf(out, sizeof out, "b%d", batch);
        snprintf(path, sizeof path, "%s/metrics.jsonl", out);
        /* with a rate so low that no weight moves */
        program_expect(0, NULL,
                       "segwork run " TINY LIST "--set init.from=run/checkpoints/last.safetensors --set "
                       "optimizer.lr=1e-30 --set train.epochs=1 --set train.val_batch_size=%d --out %s",
                       batch, out);
        cJSON *row = row_of(path, 1);
        for (int i = 0; i < LOSSES; i++) {
            char key[64];
            snprintf(key, sizeof key, "val_loss_%s", names[i]);
            if (batch == 1) one[i] = number(row, key);
            cr_expect_float_eq(number(row, key), one[i], 2e-6 * one[i], "%s, batches of %d: %.9g, not %.9g",
                               names[i], batch, number(row, key), one[i]);
        }
        cJSON_Delete(row);
    }
}

/* --- resuming ------------------------------------------------------------------------------------------- */

/* Steps of three batches, the last one shorter. */
#define STEPS LIST "--set train.batch_size=1 --set train.accumulate=3 --set train.epochs=3 "

static void stop_and_go_on(const char *run, int lines, int signal_number)
{
    program_stop_run(run, "steps.jsonl", lines, signal_number, TINY STEPS);
    program_expect(0, "prediction grid", "segwork run --resume %s", run);
    expect_same_run("whole", run, EPOCHS);
}

Test(run_losses, a_resumed_run_of_several_losses_ends_with_the_same_bits)
{
    program_draw_pets(10, 4);
    program_expect(0, NULL, "segwork run " TINY STEPS "--out whole");
    program_expect(0, NULL, "segwork run " TINY STEPS "--set runtime.loss_every=1 --out again");
    expect_same_metrics("whole", "again");
    stop_and_go_on("stopped", 2, SIGINT);
    stop_and_go_on("killed", 6, SIGKILL);
}

/* --- mistakes ------------------------------------------------------------------------------------------- */

Test(run_losses, a_loss_that_becomes_nan_names_its_place_with_several_losses_too)
{
    program_draw_pets(8, 4);
    program_expect(1, "the first value that is not finite is in ",
                   "segwork run " TINY "--set 'loss=[{kind: lovasz}, {kind: ohem}]' --set optimizer.kind=sgd "
                   "--set optimizer.lr=100 --set optimizer.weight_decay=100 --set train.epochs=40 --out run");
    cr_expect_not_null(strstr(program_output, ": the loss is "), "%s", program_output);
}

Test(run_losses, keys_that_a_loss_does_not_use_are_refused_where_they_stand)
{
    scratch_write("bad.yaml", "loss:\n  - {kind: cross_entropy}\n  - {kind: lovasz, smooth: 1}\n");
    program_expect(2, "bad.yaml:3:20: loss.1.smooth: lovasz does not use this key",
                   "printf 'include: [%%s, %%s]\\n' $SRC/tests/support/tiny.yaml $PWD/bad.yaml >x.yaml && "
                   "segwork check x.yaml");
}
