/* The learning rate that each step and each epoch of a run had, against values worked out by hand. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_schedule, .init = scratch_create, .fini = scratch_remove);

/* Two steps an epoch. The first of the four epochs is the warm-up, from a tenth of the rate: 0.1 and 0.55 of
 * it. A step schedule then halves the rate after every second epoch; a cosine falls from 0.01 to 0.002, once
 * an epoch: 0.002 + 0.008 (1 + cos(k pi / 4)) / 2. */
enum { EPOCHS = 4, STEPS = 2 };

static const struct {
    const char *keys;
    double steps[EPOCHS * STEPS], epochs[EPOCHS];
} cases[] = {
    {"--set schedule.kind=step --set schedule.step_epochs=2 --set schedule.gamma=0.5",
     {0.001, 0.0055, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005},
     {0.001, 0.01, 0.005, 0.005}},
    {"--set schedule.kind=cosine --set schedule.min_lr=0.002",
     {0.001, 0.0055, 0.00882842712, 0.00882842712, 0.006, 0.006, 0.00317157288, 0.00317157288},
     {0.001, 0.00882842712, 0.006, 0.00317157288}},
};

/* Files keep single precision, in seven digits at least. */
static void expect_rate(double found, double worked_out, const char *what, int number)
{
    cr_expect_float_eq(found, worked_out, 1e-6 * worked_out, "%s %d: %.9g, not %.9g", what, number, found,
                       worked_out);
}

static void expect_steps(const double *rates)
{
    char *text = file_text("run/steps.jsonl", NULL);
    int count = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), count++) {
        cJSON *row = cJSON_Parse(line);
        cr_assert(row && count < EPOCHS * STEPS, "%s", line);
        expect_rate(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(row, "lr")), rates[count], "step",
                    count + 1);
        cJSON_Delete(row);
    }
    cr_expect_eq(count, EPOCHS * STEPS);
    free(text);
}

/* The first two columns of metrics.csv are epoch and lr. */
static void expect_epochs(const double *rates)
{
    char *text = file_text("run/metrics.csv", NULL), *line = strtok(text, "\n");
    int count = 0;
    cr_assert(line && strncmp(line, "epoch,lr,", 9) == 0, "%s", line);
    for (line = strtok(NULL, "\n"); line; line = strtok(NULL, "\n"), count++) {
        int epoch;
        double lr;
        cr_assert(count < EPOCHS && sscanf(line, "%d,%lf,", &epoch, &lr) == 2, "%s", line);
        cr_expect_eq(epoch, count + 1);
        expect_rate(lr, rates[count], "epoch", epoch);
    }
    cr_expect_eq(count, EPOCHS);
    free(text);
}

Test(run_schedule, every_step_and_epoch_has_the_rate_that_its_schedule_gives_it)
{
    program_draw_pets(8, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_expect(0, NULL,
                       "rm -rf run && segwork run $SRC/tests/support/tiny.yaml --out run "
                       "--set train.epochs=4 --set train.article_every=0 --set schedule.warmup_epochs=1 "
                       "--set schedule.warmup_start=0.1 %s",
                       cases[i].keys);
        expect_steps(cases[i].steps);
        expect_epochs(cases[i].epochs);
    }
}
