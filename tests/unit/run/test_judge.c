/* Which epochs count as better, and when a run that no longer gets better ends. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "data/pets.h"
#include "epoch_row.h"
#include "run/judge.h"

Test(judge, better_is_higher_but_for_the_loss_and_nothing_is_better_than_itself)
{
    cr_expect(sw_figure_improves(SW_BETTER_HIGHER, 0.5, 0.4, 0));
    cr_expect_not(sw_figure_improves(SW_BETTER_HIGHER, 0.5, 0.5, 0));
    cr_expect_not(sw_figure_improves(SW_BETTER_HIGHER, 0.5, 0.45, 0.1));
    cr_expect(sw_figure_improves(SW_BETTER_LOWER, 0.4, 0.5, 0));
    cr_expect_not(sw_figure_improves(SW_BETTER_LOWER, 0.4, 0.4, 0));
    cr_expect_not(sw_figure_improves(SW_BETTER_LOWER, 0.45, 0.5, 0.1));
    cr_expect(sw_figure_improves(SW_BETTER_HIGHER, -1, NAN, 5));
    cr_expect_not(sw_figure_improves(SW_BETTER_HIGHER, NAN, NAN, 0));
    cr_expect_not(sw_figure_improves(SW_BETTER_LOWER, NAN, 1, 0));
}

Test(judge, every_column_is_found_by_its_key_and_others_are_not_there)
{
    sw_columns columns;
    sw_epoch_record r = epoch_row_empty(1);
    cr_assert_eq(sw_columns_init(&columns, &sw_pets_class_list.classes, NULL), SW_OK);
    for (int i = 0; i < columns.count; i++) r.values[i] = i;
    for (int i = 0; i < columns.count; i++)
        cr_expect_eq(sw_epoch_figure(&r, &columns, columns.list[i].key), i, "%s", columns.list[i].key);
    cr_expect(isnan(sw_epoch_figure(&r, &columns, "beauty")));
    sw_columns_deinit(&columns);
    sw_epoch_record_deinit(&r);
}

Test(judge, the_best_epoch_is_the_first_of_the_best_by_the_metric_s_own_sense)
{
    static const double accuracies[] = {0.9, 0.5, 0.7, 0.7}, losses[] = {0.0, 0.4, NAN, 0.2};
    sw_epoch_record *rows = calloc(4, sizeof *rows);
    sw_epoch_table table = {.rows = rows, .count = 4};
    cr_assert_eq(sw_columns_init(&table.columns, &sw_pets_class_list.classes, NULL), SW_OK);
    for (int e = 0; e < 4; e++) {
        rows[e] = epoch_row_empty(e);
        *epoch_row_figure(&rows[e], "pixel_accuracy") = accuracies[e];
        *epoch_row_figure(&rows[e], "val_loss") = losses[e];
    }
    cr_expect_eq(sw_best_epoch(&table, "pixel_accuracy"), &rows[2], "epoch 0 does not count");
    cr_expect_eq(sw_best_epoch(&table, "val_loss"), &rows[3]);
    cr_expect_null(sw_best_epoch(&table, "iou"), "no row has it");
    cr_expect_null(sw_best_epoch(&table, "beauty"));
    sw_epoch_table_deinit(&table);
}

/* The number of epochs after which a run with these losses ends, or 0. */
static int epochs_until_the_end(const sw_early_stop_config *config, const double *losses, int count)
{
    sw_early_stop stop = {.best = NAN};
    sw_columns columns;
    int end = 0;
    cr_assert_eq(sw_columns_init(&columns, &sw_pets_class_list.classes, NULL), SW_OK);
    for (int i = 0; i < count && end == 0; i++) {
        sw_epoch_record r = epoch_row_empty(i + 1);
        *epoch_row_figure(&r, "val_loss") = losses[i];
        sw_early_stop_take(&stop, config, &r, &columns);
        if (sw_early_stop_is_due(&stop, config)) end = i + 1;
        sw_epoch_record_deinit(&r);
    }
    sw_columns_deinit(&columns);
    return end;
}

Test(judge, a_run_ends_after_patience_epochs_in_a_row_without_an_improvement)
{
    const double losses[] = {1.0, 0.8, 0.81, 0.79, 0.79, 0.785, 0.9, 0.9};
    enum { COUNT = sizeof losses / sizeof *losses };
    sw_early_stop_config config = {.metric = "val_loss"};
    cr_expect_eq(epochs_until_the_end(&config, losses, COUNT), 0, "patience 0 is off");
    config.patience = 1;
    cr_expect_eq(epochs_until_the_end(&config, losses, COUNT), 3);
    config.patience = 2;
    cr_expect_eq(epochs_until_the_end(&config, losses, COUNT), 8);
    config.patience = 3;
    cr_expect_eq(epochs_until_the_end(&config, losses, COUNT), 0);
    config.min_delta = 0.02f; /* 0.79 is no improvement on 0.8 */
    cr_expect_eq(epochs_until_the_end(&config, losses, COUNT), 5);
    const double nothing[] = {NAN, NAN, NAN};
    cr_expect_eq(epochs_until_the_end(&config, nothing, 3), 3, "what is no number is no improvement");
}
