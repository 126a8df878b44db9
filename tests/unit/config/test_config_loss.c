/* The section loss: one loss or a list of them, each with its own keys. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config_case.h"
#include "nn/losses.h"
#include "ops/ops.h"
#include "scratch.h"

TestSuite(config_loss, .init = scratch_create, .fini = scratch_remove);

Test(config_loss, one_mapping_is_a_list_of_one_and_is_written_as_one)
{
    sw_experiment *e = LOADED(SMALL_MODEL "loss: {kind: tversky, beta: 0.9, ignore_index: 2}\n");
    const sw_loss_item *loss = &e->loss.items[0];
    cr_expect(e->loss.count == 1 && loss->kind == SW_LOSS_TVERSKY && loss->weight == 1);
    cr_expect(loss->attrs.alpha == 0.3f && loss->attrs.beta == 0.9f && loss->attrs.ignore_index == 2);
    sw_str yaml = {0};
    sw_experiment_dump_yaml(&yaml, e, true);
    const char *written = strstr(yaml.text, "loss:\n  kind: tversky ");
    cr_assert_not_null(written, "%s", yaml.text);
    cr_expect_not_null(strstr(written, "\n  beta: 0.9"));
    cr_expect_null(strstr(yaml.text, "label_smoothing"), "keys of other losses are not written");
    sw_str_deinit(&yaml);
    sw_experiment_destroy(e);

    e = LOADED(SMALL_MODEL);
    cr_expect(e->loss.count == 1 && e->loss.items[0].kind == SW_LOSS_CROSS_ENTROPY);
    sw_experiment_destroy(e);
}

Test(config_loss, a_list_has_weights_and_reads_back_to_the_same_values)
{
    sw_experiment *e = LOADED(SMALL_MODEL "loss:\n"
                                          "  - {kind: cross_entropy, label_smoothing: 0.1, ignore_index: 1}\n"
                                          "  - {kind: dice, weight: 0.5, class_weights: [1, 2, 3]}\n"
                                          "  - {kind: ohem, weight: 2, share: 0.5}\n"
                                          "train: {save_best: val_loss_dice}\n",
                              "loss.2.threshold=0.7");
    const sw_loss_item *items = e->loss.items;
    cr_assert_eq(e->loss.count, 3);
    cr_expect(items[0].attrs.label_smoothing == 0.1f && items[0].weight == 1);
    cr_expect(items[1].kind == SW_LOSS_DICE && items[1].weight == 0.5f &&
              items[1].attrs.class_weights[2] == 3);
    cr_expect(items[2].attrs.share == 0.5f && items[2].attrs.threshold == 0.7f);
    cr_expect(items[1].attrs.ignore_index == 1 && items[2].attrs.ignore_index == 1,
              "a loss that names no label ignores that of the first");
    sw_str yaml = {0};
    sw_experiment_dump_yaml(&yaml, e, false);
    sw_experiment *again = NULL;
    cr_assert_eq(sw_experiment_load(&again, scratch_write("again.yaml", yaml.text), NULL), SW_OK, "%s\n%s",
                 sw_error_message(), yaml.text);
    cr_expect_eq(memcmp(&again->loss, &e->loss, sizeof e->loss), 0, "%s", yaml.text);
    sw_str_deinit(&yaml);
    sw_experiment_destroy(again);
    sw_experiment_destroy(e);
}

Test(config_loss, a_key_that_the_loss_does_not_use_is_refused_with_its_place)
{
    static const struct {
        const char *lines, *place, *words;
    } cases[] = {
        {"loss: {gamma: 3}\n", "exp.yaml:4:8: ",
         "loss.gamma: cross_entropy does not use this key; its own are label_smoothing, class_weights, "
         "ignore_index"},
        {"loss: {kind: dice, label_smoothing: 0.1}\n", "exp.yaml:4:20: ",
         "loss.label_smoothing: dice does not use this key; its own are smooth, class_weights, ignore_index"},
        {"loss: [{kind: lovasz}, {kind: focal, alpha: 0.5}]\n", "exp.yaml:4:38: ",
         "loss.1.alpha: focal does not use this key; its own are gamma, class_weights, ignore_index"},
        {"loss: {kind: dice, gamma: [2]}\n", "exp.yaml:4:20: ", "loss.gamma: dice does not use this key"},
        {"loss: {kind: focal, gama: 2}\n",
         "exp.yaml:4:21: ", "unknown key 'loss.gama'; the nearest known key is 'loss.gamma'"},
        {"loss: [{kind: dise}]\n", "exp.yaml:4:15: ", "loss.0.kind: expected cross_entropy | focal | dice"},
        {"loss: []\n",
         "exp.yaml:4:7: ", "loss: expected mapping, or list of 1..8 mappings, found a list of 0"},
        {"loss: dice\n", "exp.yaml:4:7: ", "loss: expected mapping, or list of 1..8 mappings, found 'dice'"},
        {"loss: [dice]\n", "exp.yaml:4:8: ", "loss.0: expected a mapping, found 'dice'"},
        {"loss: {weight: 0}\n", "exp.yaml:4:16: ", "loss.weight: expected number > 0"},
        {"loss: {kind: tversky, beta: 0}\n", "exp.yaml:4:29: ", "loss.beta: expected number > 0"},
        {"loss: {kind: boundary, sigma: 81}\n", "exp.yaml:4:31: ", "loss.sigma: expected number > 0"},
        {"loss: [{ignore_index: 1}, {kind: dice, ignore_index: 2}]\n", "exp.yaml:4:54: ",
         "loss.1.ignore_index: 2, but the first loss has 1; all losses and the metrics ignore the same "
         "label"},
        {"loss: [{kind: dice}, {class_weights: [1, 2]}]\n",
         "exp.yaml:4:38: ", "loss.1.class_weights: expected 3 numbers, one a class, found 2"},
        {"loss: {kind: dice}\ntrain: {save_best: val_loss_dice}\n",
         "exp.yaml:5:20: ", "train.save_best: there is no metric 'val_loss_dice'; it is a column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s", SMALL_MODEL, cases[i].lines);
        config_expect_problem(text, NULL, cases[i].place, cases[i].words);
    }
}

/* Earlier versions wrote every key of the section, and a fragment may leave its own behind. */
Test(config_loss, a_key_of_another_loss_may_stand_there_with_its_default)
{
    sw_experiment *e =
        LOADED(SMALL_MODEL "loss:\n  kind: cross_entropy\n  gamma: 2.0\n  class_weights: none\n"
                           "  ignore_index: -1\n");
    cr_expect(e->loss.items[0].kind == SW_LOSS_CROSS_ENTROPY && e->loss.items[0].attrs.gamma == 0);
    sw_experiment_destroy(e);
    scratch_write("focal.yaml", "loss: {kind: focal, gamma: 2}\n");
    scratch_write("entropy.yaml", "loss: {kind: cross_entropy, class_weights: none}\n");
    sw_experiment_destroy(LOADED("include: [focal.yaml, entropy.yaml]\n" SMALL_MODEL));
    sw_experiment_destroy(LOADED("include: [entropy.yaml, focal.yaml]\n" SMALL_MODEL));
}

Test(config_loss, a_list_takes_the_place_of_a_mapping_and_the_other_way_round)
{
    scratch_write("list.yaml", "loss: [{kind: cross_entropy}, {kind: dice}]\n");
    scratch_write("one.yaml", "loss: {kind: focal}\n");
    sw_experiment *e = LOADED("include: [one.yaml, list.yaml]\n" SMALL_MODEL);
    cr_expect(e->loss.count == 2 && e->loss.items[1].kind == SW_LOSS_DICE);
    sw_experiment_destroy(e);
    e = LOADED("include: [list.yaml, one.yaml]\n" SMALL_MODEL);
    cr_expect(e->loss.count == 1 && e->loss.items[0].kind == SW_LOSS_FOCAL);
    sw_experiment_destroy(e);
}

Test(config_loss, every_loss_among_the_ops_has_a_kind_of_its_name_and_options)
{
    int losses = 0;
    for (int i = 0; sw_ops[i]; i++) losses += sw_ops[i]->is_loss;
    cr_expect_eq(losses, SW_LOSS_KINDS);
    for (int k = 0; k < SW_LOSS_KINDS; k++) {
        const sw_op *op = sw_losses[k];
        cr_expect(op->is_loss && op->weigh && op->fields && op->attr_bytes == sizeof(sw_loss_attrs), "%s",
                  op->name);
        cr_expect_str_eq(op->name, sw_loss_kinds[k]);
    }
    cr_expect_null(sw_loss_kinds[SW_LOSS_KINDS]);
}

Test(config_loss, losses_are_named_by_kind_and_number_where_there_are_several)
{
    sw_loss_config config = {.count = 4,
                             .items = {{.kind = SW_LOSS_DICE},
                                       {.kind = SW_LOSS_CROSS_ENTROPY},
                                       {.kind = SW_LOSS_DICE},
                                       {.kind = SW_LOSS_DICE}}};
    sw_loss_names names = sw_losses_name(&config);
    cr_assert_eq(names.count, 4);
    cr_expect_str_eq(names.list[0], "dice");
    cr_expect_str_eq(names.list[1], "cross_entropy");
    cr_expect_str_eq(names.list[2], "dice_2");
    cr_expect_str_eq(names.list[3], "dice_3");
    config.count = 1;
    cr_expect_eq(sw_losses_name(&config).count, 0);
}
