/* Every model of configs/model: it trains, and is evaluated, resumed and predicted from. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "epoch_row.h"
#include "image/image.h"
#include "program.h"
#include "run/records.h"
#include "scratch.h"

TestSuite(models, .init = scratch_create, .fini = scratch_remove);

typedef struct shipped {
    const char *name;
    int size_px;      /* small, since the larger ones have tens of millions of weights */
    const char *sets; /* what it needs to learn a batch in a few steps */
} shipped;

static void write_experiment(const char *name, int size_px)
{
    program_expect(0, NULL,
                   "printf 'include: [%%s/tests/support/tiny.yaml, %%s/configs/model/%s.yaml]\n"
                   "data: {size: %d, resize: bilinear}\n' $SRC $SRC > %s.yaml",
                   name, size_px, name);
}

/* One batch, again and again. */
static void expect_learns(const shipped *model)
{
    char metrics[64];
    write_experiment(model->name, model->size_px);
    program_expect(0, NULL,
                   "segwork run %s.yaml --out %s --set train.overfit_batches=1 --set train.epochs=8 --set "
                   "train.article_every=0 --set train.tensorboard=false %s",
                   model->name, model->name, model->sets);
    snprintf(metrics, sizeof metrics, "%s/metrics.jsonl", model->name);
    sw_epoch_table table;
    cr_assert_eq(sw_epoch_table_read(&table, scratch_path(metrics)), SW_OK, "%s", sw_error_message());
    const double first = epoch_row_read(&table, 0, "train_loss"),
                 last = epoch_row_read(&table, table.count - 1, "train_loss");
    cr_expect_lt(last, 0.9 * first, "%s: loss %g, after 8 steps %g", model->name, first, last);
    sw_epoch_table_deinit(&table);
}

Test(models, each_shipped_one_learns_a_batch, .timeout = 900)
{
    static const shipped all[] = {
        {"unet", 32, "--set optimizer.lr=0.001"},
        {"unet_small", 32, ""},
        {"resunet", 32, "--set optimizer.lr=0.003"},
        {"linknet", 64, "--set optimizer.lr=0.003"},
        {"segnet_basic", 32, ""},
        {"segnet_bayesian", 32, "--set optimizer.lr=0.001"},
        {"fcn8", 32, "--set optimizer.lr=0.001"},
        {"deeplab_small", 64, ""},
    };
    program_draw_pets(4, 2);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) expect_learns(&all[i]);
}

/* A graph with skips, dropout and every way of enlarging, at a size that no stage divides. */
Test(models, a_run_of_layers_is_repeated_and_resumed_to_the_bit)
{
    program_draw_pets(9, 4);
    program_expect(0, NULL,
                   "printf 'include: [%%s/tests/support/tiny.yaml]\n"
                   "data: {size: [37, 30], resize: bilinear}\n"
                   "model:\n"
                   "  layers:\n"
                   "    - {name: e1, op: conv2d, width: 8}\n"
                   "    - {name: n1, op: batchnorm, relu: true}\n"
                   "    - {name: p1, op: max_pool}\n"
                   "    - {name: e2, op: conv2d, width: 8, dilation: 2}\n"
                   "    - {name: n2, op: group_norm, groups: 2, relu: true}\n"
                   "    - {op: dropout, rate: 0.2}\n"
                   "    - {name: u, op: max_unpool, from: [before, p1.offsets]}\n"
                   "    - {name: b, op: bilinear, like: n1, from: n2}\n"
                   "    - {op: conv_transpose2d, width: 8, like: n1, from: n2}\n"
                   "    - {name: sum, op: add, from: [before, u], relu: true}\n"
                   "    - {op: concat, from: [sum, b, n1]}\n"
                   "    - {name: out, op: conv2d, width: 0, bias: true}\n"
                   "' $SRC > graph.yaml");
    program_expect(0, NULL, "segwork run graph.yaml --out a");
    program_expect(0, NULL, "segwork run graph.yaml --out b");
    expect_same_run("a", "b", 3);
    program_expect(130, NULL, "segwork run graph.yaml --out c --set train.max_minutes=0.00001");
    program_expect(0, NULL, "segwork run --resume c --set train.max_minutes=0");
    expect_same_file("a/checkpoints/last.safetensors", "c/checkpoints/last.safetensors");
    program_expect(0, NULL, "segwork eval -c a");
    program_expect(0, NULL, "segwork predict -c a pets/images --out masks");
}

Test(models, samples_with_dropout_give_a_mean_and_how_far_they_differ)
{
    program_draw_pets(4, 2);
    program_expect(0, NULL,
                   "printf 'include: [%%s/tests/support/tiny.yaml]\nmodel:\n  decoder:\n"
                   "    - {unpool_from: 2, convs: 1, width: 8, dropout: 0.5}\n"
                   "    - {unpool_from: 1, convs: 2, width: 0}\n' $SRC > dropped.yaml");
    program_expect(0, NULL, "segwork run dropped.yaml --out run --set train.epochs=1");
    program_expect(0, NULL, "segwork predict -c run pets/images --out a --samples 3 --probabilities");
    program_expect(0, NULL, "segwork predict -c run pets/images --out b --samples 3 --probabilities");
    program_expect(0, NULL, "segwork predict -c run pets/images --out one --samples 1 --probabilities");
    program_expect(0, NULL, "diff -r a b");
    program_expect(1, NULL, "cmp -s a/pet_000001.probabilities.npy one/pet_000001.probabilities.npy");
    sw_image spread, none;
    cr_assert_eq(sw_image_read_rgb(&spread, scratch_path("a/pet_000001.uncertainty.png")), SW_OK);
    cr_assert_eq(sw_image_read_rgb(&none, scratch_path("one/pet_000001.uncertainty.png")), SW_OK);
    int most = 0, most_of_one = 0;
    for (int i = 0; i < spread.width * spread.height * 3; i++) {
        if (spread.pixels[i] > most) most = spread.pixels[i];
        if (none.pixels[i] > most_of_one) most_of_one = none.pixels[i];
    }
    cr_expect(most > 0 && most_of_one == 0, "one sample differs from nothing: %d, %d", most, most_of_one);
    sw_image_deinit(&spread);
    sw_image_deinit(&none);
    program_expect(2, "leave --tta out", "segwork predict -c run pets --out c --samples 2 --tta flip");
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --out plain --set train.epochs=1");
    program_expect(2, "this network has no dropout layer",
                   "segwork predict -c plain pets --out c --samples 2");
}
