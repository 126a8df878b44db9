/* Learning curves out of runs' folders. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "curves.h"
#include "run_case.h"
#include "scratch.h"

TestSuite(curves, .init = scratch_create, .fini = scratch_remove);

static const double figures[] = {0.25, 0.5, 0.375};

static run_list *runs;

static void open_runs(const char *const *names, int count)
{
    const char *paths[SW_CHART_RUNS + 1];
    for (int i = 0; i < count; i++) paths[i] = scratch_path(names[i]);
    runs = calloc(1, sizeof *runs);
    cr_assert_eq(run_list_open(runs, paths, count), SW_OK, "%s", sw_error_message());
}

static void close_runs(void)
{
    run_list_close(runs);
    free(runs);
}

static void write_run(const char *name, const char *outcome, int epochs)
{
    run_case_write(&(run_case){.folder = name,
                               .config = "train: {epochs: 3}\n",
                               .outcome = outcome,
                               .iou_border = figures,
                               .epochs = epochs});
}

static void expect_points(const sw_chart_series *s, size_t count, const double *x, const double *y)
{
    cr_assert_eq(s->count, count);
    for (size_t i = 0; i < count; i++) {
        cr_expect_float_eq(s->x[i], x[i], 1e-9, "x[%zu] = %g", i, s->x[i]);
        cr_expect_float_eq(s->y[i], y[i], 1e-6, "y[%zu] = %g", i, s->y[i]);
    }
}

Test(curves, the_loss_has_training_validation_and_each_step_of_every_run)
{
    sw_chart chart;
    write_run("all/a/001", "done", 3);
    write_run("all/b/001", "interrupted", 2);
    open_runs((const char *const[]){"all/a/001", "all/b/001"}, 2);
    cr_expect_str_eq(runs->labels[0], "a/001");
    cr_expect_str_eq(runs->labels[1], "b/001");
    cr_assert_eq(curves_make(&chart, "loss", runs), SW_OK, "%s", sw_error_message());
    cr_assert_eq(chart.series_count, 6);
    expect_points(&chart.series[0], 3, (double[]){1, 2, 3}, (double[]){0.5, 0.25, 0.5 / 3});
    expect_points(&chart.series[3], 2, (double[]){1, 2}, (double[]){0.75, 0.5});
    expect_points(&chart.series[5], 4, (double[]){0.5, 1, 1.5, 2}, (double[]){1, 1, 0.5, 0.5});
    cr_expect_eq(chart.series[5].run, 1);
    sw_chart_deinit(&chart);
    close_runs();
}

Test(curves, a_run_in_its_first_epoch_has_its_steps_and_no_more)
{
    sw_chart chart;
    write_run("run", NULL, 0);
    scratch_write("run/steps.jsonl", "{\"step\":1,\"epoch\":1,\"loss\":2,\"lr\":0.5}\n"
                                     "{\"step\":2,\"epoch\":1,\"loss\":null,\"lr\":0.5}\n{\"step\":3,\"ep");
    open_runs((const char *const[]){"run"}, 1);
    cr_assert_eq(curves_make(&chart, "loss", runs), SW_OK, "%s", sw_error_message());
    cr_expect(curves_has_points(&chart));
    cr_assert_eq(chart.series_count, 3);
    cr_expect_eq(chart.series[0].count, 0);
    cr_expect(chart.series[2].count == 2 && chart.series[2].y[0] == 2 && isnan(chart.series[2].y[1]));
    /* the manifest's 20 images are one batch of 64: a step an epoch */
    cr_expect_eq(chart.series[2].x[0], 1);
    sw_chart_deinit(&chart);
    cr_assert_eq(curves_make(&chart, "iou_border", runs), SW_OK, "%s", sw_error_message());
    cr_expect_not(curves_has_points(&chart));
    sw_chart_deinit(&chart);
    close_runs();
}

/* The manifest's 20 images in batches of 4 are 5; updates of 2 of them 3 steps. */
Test(curves, steps_of_the_first_epoch_are_updates_of_the_batches_it_trains_on)
{
    static const struct {
        const char *config;
        int steps;
    } cases[] = {{"{batch_size: 4}", 5},
                 {"{batch_size: 4, accumulate: 2}", 3},
                 {"{batch_size: 4, accumulate: 9}", 1},
                 {"{batch_size: 4, overfit_batches: 2}", 2},
                 {"{batch_size: 4, overfit_batches: 9}", 5},
                 {"{batch_size: 4, overfit_batches: 4, accumulate: 3}", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[16], config[96];
        snprintf(name, sizeof name, "run%zu", i);
        snprintf(config, sizeof config, "train: %s\n", cases[i].config);
        run_case_write(&(run_case){.folder = name, .config = config, .iou_border = figures, .epochs = 0});
        char *steps = sw_strf("%s/steps.jsonl", name);
        scratch_write(steps, "{\"step\":1,\"epoch\":1,\"loss\":2,\"lr\":0.5}\n");
        free(steps);
        open_runs((const char *const[]){name}, 1);
        cr_expect_eq(run_list_steps_per_epoch(runs, 0), cases[i].steps, "%s: %d", cases[i].config,
                     run_list_steps_per_epoch(runs, 0));
        close_runs();
    }
}

Test(curves, what_was_not_measured_is_a_gap_and_one_epoch_is_a_point)
{
    sw_chart chart;
    write_run("run", "done", 1);
    open_runs((const char *const[]){"run"}, 1);
    cr_assert_eq(curves_make(&chart, "boundary_f1", runs), SW_OK, "%s", sw_error_message());
    cr_expect_not(curves_has_points(&chart));
    cr_expect(chart.series[0].count == 1 && isnan(chart.series[0].y[0]));
    sw_chart_deinit(&chart);
    cr_assert_eq(curves_make(&chart, "pixel_accuracy", runs), SW_OK, "%s", sw_error_message());
    cr_expect_eq(chart.series_count, 1); /* the article's was not measured */
    cr_expect_eq(sw_chart_points(&chart.series[0]), 1);
    sw_chart_deinit(&chart);
    close_runs();
}

Test(curves, many_steps_are_averaged_over_equal_stretches)
{
    sw_chart chart;
    sw_str text = {0};
    write_run("run", "done", 1);
    for (int i = 1; i <= 1000; i++)
        sw_str_printf(&text, "{\"step\":%d,\"epoch\":1,\"loss\":%d,\"lr\":0.5}\n", i, i);
    scratch_write("run/steps.jsonl", text.text);
    sw_str_deinit(&text);
    open_runs((const char *const[]){"run"}, 1);
    cr_assert_eq(curves_make(&chart, "loss", runs), SW_OK);
    const sw_chart_series *steps = &chart.series[2];
    cr_assert_eq(steps->count, 334); /* threes of a thousand */
    cr_expect_eq(steps->y[0], 2);
    cr_expect_float_eq(steps->x[0], 0.002, 1e-12);
    cr_expect_eq(steps->y[333], 1000);
    sw_chart_deinit(&chart);
    close_runs();
}

Test(curves, a_metric_that_is_none_is_refused_with_those_there_are)
{
    sw_chart chart;
    write_run("run", "done", 1);
    open_runs((const char *const[]){"run"}, 1);
    cr_expect_eq(curves_make(&chart, "accuracy", runs), SW_E_USAGE);
    cr_expect_not_null(
        strstr(sw_error_message(), "'accuracy', did you mean pixel_accuracy; there are loss, lr, train_loss"),
        "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), "iou_border"), "%s", sw_error_message());
    close_runs();
}

Test(curves, no_run_too_many_and_one_twice_are_refused)
{
    const char *paths[SW_CHART_RUNS + 1];
    write_run("run", "done", 1);
    for (int i = 0; i <= SW_CHART_RUNS; i++) paths[i] = scratch_path("run");
    runs = calloc(1, sizeof *runs);
    cr_expect_eq(run_list_open(runs, paths, 0), SW_E_USAGE);
    cr_expect_eq(run_list_open(runs, paths, SW_CHART_RUNS + 1), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "9 runs"), "%s", sw_error_message());
    paths[1] = scratch_path("run/../run/");
    cr_expect_eq(run_list_open(runs, paths, 2), SW_E_USAGE);
    cr_expect_not_null(strstr(sw_error_message(), "given twice"), "%s", sw_error_message());
    free(runs);
}
