/* Which epochs count as better, and when a run that no longer gets better ends. */
#include <criterion/criterion.h>
#include <math.h>

#include "run/best.h"

Test(best, better_is_higher_but_for_the_loss_and_nothing_is_better_than_itself)
{
    cr_expect(sw_best_improves(SW_BEST_IOU, 0.5, 0.4, 0));
    cr_expect_not(sw_best_improves(SW_BEST_IOU, 0.5, 0.5, 0));
    cr_expect_not(sw_best_improves(SW_BEST_IOU, 0.5, 0.45, 0.1));
    cr_expect(sw_best_improves(SW_BEST_VAL_LOSS, 0.4, 0.5, 0));
    cr_expect_not(sw_best_improves(SW_BEST_VAL_LOSS, 0.4, 0.4, 0));
    cr_expect_not(sw_best_improves(SW_BEST_VAL_LOSS, 0.45, 0.5, 0.1));
    cr_expect(sw_best_improves(SW_BEST_MIOU, -1, NAN, 5));
    cr_expect_not(sw_best_improves(SW_BEST_MIOU, NAN, NAN, 0));
    cr_expect_not(sw_best_improves(SW_BEST_VAL_LOSS, NAN, 1, 0));
}

Test(best, each_metric_is_its_own_column)
{
    sw_epoch_record r = sw_epoch_record_empty(1);
    r.pixel_accuracy = 1;
    r.iou = 2;
    r.custom_iou = 3;
    r.miou = 4;
    r.class_iou[2] = 5;
    r.val_loss = 6;
    for (int metric = SW_BEST_PIXEL_ACCURACY; metric <= SW_BEST_VAL_LOSS; metric++)
        cr_expect_eq(sw_best_value(&r, (sw_best_metric)metric), metric + 1.0, "%s",
                     sw_best_metric_name((sw_best_metric)metric));
}

/* The number of epochs after which a run with these losses ends, or 0. */
static int epochs_until_the_end(const sw_early_stop_config *config, const double *losses, int count)
{
    sw_early_stop stop = {.best = NAN};
    for (int i = 0; i < count; i++) {
        sw_epoch_record r = sw_epoch_record_empty(i + 1);
        r.val_loss = losses[i];
        sw_early_stop_take(&stop, config, &r);
        if (sw_early_stop_is_due(&stop, config)) return i + 1;
    }
    return 0;
}

Test(best, a_run_ends_after_patience_epochs_in_a_row_without_an_improvement)
{
    const double losses[] = {1.0, 0.8, 0.81, 0.79, 0.79, 0.785, 0.9, 0.9};
    enum { COUNT = sizeof losses / sizeof *losses };
    sw_early_stop_config config = {.metric = SW_BEST_VAL_LOSS};
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
