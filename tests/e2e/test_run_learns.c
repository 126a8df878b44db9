/* Training makes the loss small: the whole chain from files to weights works. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "epoch_row.h"
#include "program.h"
#include "run/records.h"
#include "scratch.h"

TestSuite(run_learns, .init = scratch_create, .fini = scratch_remove);

static size_t last_epoch(sw_epoch_table *table, const char *metrics)
{
    cr_assert_eq(sw_epoch_table_read(table, scratch_path(metrics)), SW_OK, "%s", sw_error_message());
    cr_assert_gt(table->count, 0);
    return table->count - 1;
}

/* Four pictures, one batch, no augmentation: a network that can learn at all learns them by heart. They are
 * the validation pictures too, so that running statistics and metrics must agree with the training's. */
static void overfit(const char *name, const char *sets)
{
    program_expect(0, NULL,
                   "segwork run $SRC/tests/support/tiny.yaml --out %s --set data.val_split=trainval "
                   "--set augment.hflip=0 --set augment.contrast=0 --set train.article_every=0 "
                   "--set model.encoder.0.width=32 --set model.encoder.1.width=32 "
                   "--set model.decoder.0.width=32 --set train.epochs=120 --set grid.count=1 %s",
                   name, sets);
    char metrics[64];
    snprintf(metrics, sizeof metrics, "%s/metrics.jsonl", name);
    sw_epoch_table table;
    const size_t last = last_epoch(&table, metrics);
    const double first_loss = epoch_row_read(&table, 0, "train_loss"),
                 last_loss = epoch_row_read(&table, last, "train_loss"),
                 accuracy = epoch_row_read(&table, last, "pixel_accuracy"),
                 border = epoch_row_read(&table, last, "iou_border");
    cr_expect_gt(first_loss, 2 * last_loss, "%s: loss %g, then %g", name, first_loss, last_loss);
    cr_expect_gt(accuracy, 0.95, "%s: accuracy %g", name, accuracy);
    cr_expect_gt(border, 0.7, "%s: border IoU %g", name, border);
    sw_epoch_table_deinit(&table);
}

Test(run_learns, one_batch_is_learnt_by_heart_with_every_loss)
{
    program_draw_pets(4, 1);
    overfit("dice", "--set loss.kind=dice");
    overfit("tversky", "--set loss.kind=tversky --set loss.smooth=1");
    overfit("lovasz", "--set 'loss=[{kind: cross_entropy}, {kind: lovasz}]'");
    overfit("boundary", "--set loss.kind=boundary");
    overfit("ohem", "--set loss.kind=ohem");
}

Test(run_learns, one_batch_is_learnt_by_heart_with_every_optimiser)
{
    program_draw_pets(4, 1);
    overfit("adam", "--set loss.kind=cross_entropy");
    overfit("focal", "--set loss.kind=focal --set loss.class_weights=median_frequency");
    overfit("adamw", "--set optimizer.kind=adamw --set optimizer.weight_decay=0.01");
    overfit("sgd", "--set optimizer.kind=sgd --set optimizer.lr=0.3 --set schedule.kind=cosine");
    overfit("separable", "--set model.encoder.1.conv=separable --set model.decoder.0.conv=separable");
    overfit("plain", "--set model.head=plain --set model.bias=true --set model.input_norm=false");
}
