/* Runs side by side: differences, columns over seeds, figures, what is not comparable. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_case.h"
#include "config/config_values.h"
#include "config_case.h"
#include "run_case.h"
#include "scratch.h"

TestSuite(compare, .init = scratch_create, .fini = scratch_remove);

/* ---- configuration ---- */

static sw_config_keys differing(const char *a, const char *b, sw_config_values sets[2])
{
    sw_config_keys keys;
    const char *const texts[] = {a, b};
    for (int i = 0; i < 2; i++) {
        sw_experiment *e = LOADED(texts[i]);
        cr_assert_eq(sw_config_values_read(&sets[i], e), SW_OK);
        sw_experiment_destroy(e);
    }
    const sw_config_values *const both[] = {&sets[0], &sets[1]};
    cr_assert_eq(sw_config_differing(&keys, both, 2), SW_OK);
    return keys;
}

Test(compare, keys_differ_by_value_not_by_spelling_and_come_in_the_schemas_order)
{
    sw_config_values sets[2];
    sw_config_keys keys = differing(SMALL_MODEL "optimizer: {lr: 0.001}\nseed: 3\nloss: {gamma: 2.0}\n",
                                    SMALL_MODEL "optimizer: {lr: 1.0e-3}\nseed: 4\ndata: {size: 64}\n", sets);
    cr_assert_eq(keys.count, 2);
    cr_expect_str_eq(keys.items[0], "seed");
    cr_expect_str_eq(keys.items[1], "data.size");
    cr_expect_null(sw_config_values_find(&sets[0], "data.size")->origin);
    cr_expect_not_null(strstr(sw_config_values_find(&sets[1], "data.size")->origin, "exp.yaml:6"));
    free(keys.items);
    for (int i = 0; i < 2; i++) sw_config_values_deinit(&sets[i]);
}

Test(compare, a_stage_that_one_has_more_differs_key_by_key_in_its_place)
{
    sw_config_values sets[2];
    sw_config_keys keys = differing(
        "model:\n  encoder: [{convs: 1, width: 4}]\n  decoder: [{unpool_from: 1, convs: 1, width: 0}]\n",
        SMALL_MODEL, sets);
    size_t encoder = keys.count, decoder = keys.count;
    for (size_t i = 0; i < keys.count; i++) {
        if (strcmp(keys.items[i], "model.encoder.1.width") == 0) encoder = i;
        if (strcmp(keys.items[i], "model.decoder.1.convs") == 0) decoder = i;
    }
    cr_expect(encoder < decoder && decoder < keys.count, "%zu %zu of %zu", encoder, decoder, keys.count);
    cr_expect_null(sw_config_values_find(&sets[0], "model.encoder.1.width"));
    free(keys.items);
    for (int i = 0; i < 2; i++) sw_config_values_deinit(&sets[i]);
}

Test(compare, only_keys_that_differ_are_listed_with_value_runs_and_origin)
{
    made("a", "", 0.1, 0.2);
    made("b", "schedule: {gamma: 1}\n", 0.1, 0.3);
    cJSON *json = json_of(NAMES("a", "b"));
    cr_expect_eq(cJSON_GetArraySize(at(json, "configuration")), 1);
    expect_text(json, "configuration.0.key", "schedule.gamma");
    expect_text(json, "configuration.0.values.A.value", "0.7");
    expect_text(json, "configuration.0.values.A.origin", "default");
    expect_text(json, "configuration.0.values.B.value", "1");
    cr_expect_not_null(
        strstr(cJSON_GetStringValue(at(json, "configuration.0.values.B.origin")), "b/config.yaml:5"));
    cJSON_Delete(json);
    char *text = written(NAMES("a", "b"), &by_border, SW_COMPARE_TEXT);
    expect_words(text, "Configuration: 1 of ");
    expect_words(text, "\nschedule.gamma  0.7    A     default\n                1      B     ");
    cr_expect_null(strstr(text, "optimizer.lr"));
    free(text);
}

/* ---- columns ---- */

Test(compare, runs_that_differ_in_their_seed_only_share_a_column_of_mean_and_deviation)
{
    made("a0", "seed: 0\n", 0.10, 0.20);
    made("b0", "seed: 0\nschedule: {gamma: 1}\n", 0.30, 0.25);
    made("a1", "seed: 1\nname: another\n", 0.50, 0.40);
    made("a2", "seed: 2\n", 0.10, 0.30);
    cJSON *json = json_of(NAMES("a0", "b0", "a1", "a2"));
    cr_expect_eq(cJSON_GetArraySize(at(json, "columns")), 2);
    expect_text(json, "columns.0.runs.1", "A2");
    expect_text(json, "runs.2.label", "A2");
    expect_text(json, "runs.1.label", "B");
    expect_number(json, "columns.0.final.iou_border.mean", 0.3);
    expect_number(json, "columns.0.final.iou_border.sd", 0.1);
    expect_number(json, "columns.0.best.iou_border.mean", (0.2 + 0.5 + 0.3) / 3);
    expect_null(json, "columns.0.final.iou_border.delta");
    expect_number(json, "columns.1.final.iou_border.mean", 0.25);
    expect_null(json, "columns.1.final.iou_border.sd");
    expect_number(json, "columns.1.final.iou_border.delta", -0.05);
    expect_truth(json, "columns.0.final.iou_border.best", true);
    expect_truth(json, "columns.1.final.iou_border.best", false);
    expect_number(json, "runs.2.best.epoch", 1);
    expect_number(json, "runs.2.final.epoch", 2);
    expect_number(json, "runs.2.epochs.0.iou_border", 0.5);
    expect_number(json, "columns.0.epochs.0.epoch", 1);
    expect_number(json, "columns.0.epochs.0.iou_border.mean", 0.7 / 3);
    expect_number(json, "columns.1.epochs.0.iou_border.delta", 0.3 - 0.7 / 3);
    expect_truth(json, "columns.1.epochs.0.iou_border.best", true);
    expect_text(json, "ranking.0", "A");
    expect_text(json, "ranking.1", "B");
    cJSON_Delete(json);
    char *text = written(NAMES("a0", "b0", "a1", "a2"), &by_border, SW_COMPARE_TEXT);
    expect_words(text, "0.3000 ±0.1000*");
    expect_words(text, "and 2 more seeds");
    free(text);
}

Test(compare, a_figure_that_some_seeds_lack_says_of_how_many_it_is)
{
    made("a0", "seed: 0\n", 0.10, 0.30);
    made("a1", "seed: 1\n", (double)NAN, (double)NAN);
    made("a2", "seed: 2\n", (double)NAN, (double)NAN);
    made("b0", "seed: 0\nschedule: {gamma: 1}\n", 0.1, 0.2);
    made("b1", "seed: 1\nschedule: {gamma: 1}\n", 0.1, 0.4);
    made("b2", "seed: 2\nschedule: {gamma: 1}\n", (double)NAN, (double)NAN);
    const char *const *names = NAMES("a0", "a1", "a2", "b0", "b1", "b2");
    cJSON *json = json_of(names);
    expect_number(json, "columns.0.best.iou_border.n", 1);
    expect_number(json, "columns.0.best.pixel_accuracy.n", 1);
    expect_number(json, "columns.0.final.lr.n", 3);
    expect_number(json, "columns.0.final.boundary_f1.n", 0);
    expect_number(json, "columns.1.final.iou_border.n", 2);
    expect_number(json, "columns.1.epochs.0.iou_border.n", 2);
    expect_number(json, "columns.0.cost.seconds.n", 3);
    expect_null(json, "runs.1.best");
    cJSON_Delete(json);
    char *text = written(names, &by_border, SW_COMPARE_TEXT);
    expect_words(text, "0.3000 (1 of 3)");
    expect_words(text, "0.3000 ±0.1414 (2 of 3)");
    expect_words(text, "  2, -, -  ");
    expect_words(text, "  2, 2, -  ");
    cr_expect_null(strstr(text, "2.00 ±0.00 ("), "all three have their seconds:\n%s", text);
    free(text);
}

Test(compare, the_same_seed_twice_other_lengths_and_other_data_do_not_share_a_column)
{
    const double figures[] = {0.1, 0.2};
    made("a", "seed: 0\n", 0.1, 0.2);
    made("again", "seed: 0\n", 0.1, 0.2);
    run_case_write(&(run_case){.folder = "short",
                               .config = "train: {epochs: 2}\nseed: 1\n",
                               .outcome = "interrupted",
                               .iou_border = figures,
                               .epochs = 1});
    run_case_write(&(run_case){.folder = "other",
                               .config = "train: {epochs: 2}\nseed: 2\n",
                               .outcome = "done",
                               .train_data = "other",
                               .iou_border = figures,
                               .epochs = 2});
    cJSON *json = json_of(NAMES("a", "again", "short", "other"));
    cr_expect_eq(cJSON_GetArraySize(at(json, "columns")), 4);
    expect_text(json, "runs.2.state", "interrupted");
    expect_number(json, "runs.2.epochs_done", 1);
    expect_number(json, "runs.2.epochs_planned", 2);
    cJSON_Delete(json);
}

Test(compare, the_same_images_in_another_place_do_share_one)
{
    made("here", "seed: 0\ndata: {root: here/pets}\n", 0.1, 0.2);
    made("there", "seed: 1\ndata: {root: /mnt/pets}\n", 0.1, 0.2);
    cJSON *json = json_of(NAMES("here", "there"));
    cr_expect_eq(cJSON_GetArraySize(at(json, "columns")), 1);
    cJSON_Delete(json);
}

Test(compare, another_place_whose_images_nobody_knows_does_not_share_one)
{
    const double figures[] = {0.1, 0.2};
    for (int i = 0; i < 2; i++)
        run_case_write(&(run_case){.folder = i ? "there" : "here",
                                   .config = i ? "train: {epochs: 2}\nseed: 1\ndata: {root: there}\n"
                                               : "train: {epochs: 2}\n",
                                   .outcome = "done",
                                   .train_data = "",
                                   .val_data = "",
                                   .iou_border = figures,
                                   .epochs = 2});
    cJSON *json = json_of(NAMES("here", "there"));
    cr_expect_eq(cJSON_GetArraySize(at(json, "columns")), 2);
    cJSON_Delete(json);
}

Test(compare, of_equal_epochs_the_first_is_the_best_and_a_loss_is_best_where_it_is_least)
{
    static const sw_compare_options by_loss = {.rank = "val_loss"};
    made("a", "", 0.5, 0.5);
    made("b", "schedule: {gamma: 1}\n", 0.2, 0.1);
    char *text = written(NAMES("a", "b"), &by_loss, SW_COMPARE_JSON);
    cJSON *json = cJSON_Parse(text);
    free(text);
    expect_number(json, "runs.0.best.epoch", 1);
    expect_number(json, "runs.1.best.epoch", 1);
    expect_number(json, "runs.1.best.val_loss", 0.8);
    expect_text(json, "ranking.0", "A");
    expect_truth(json, "columns.0.best.val_loss.best", true);
    cJSON_Delete(json);
}

/* ---- what is comparable ---- */

static bool has_note(const cJSON *json, const char *kind)
{
    const cJSON *note;
    cJSON_ArrayForEach(note, at(json, "notes")) if (strcmp(cJSON_GetStringValue(at(note, "kind")), kind) ==
                                                    0) return true;
    return false;
}

Test(compare, other_validation_images_or_another_size_are_said_and_neither_marked_nor_subtracted)
{
    const double figures[] = {0.1, 0.9};
    made("a", "", 0.1, 0.2);
    made("c", "seed: 5\nschedule: {gamma: 1}\n", 0.1, 0.3);
    made("size", "data: {size: 64}\n", 0.1, 0.95);
    run_case_write(&(run_case){.folder = "b",
                               .config = "train: {epochs: 2}\n",
                               .outcome = "done",
                               .val_data = "others",
                               .iou_border = figures,
                               .epochs = 2});
    cJSON *json = json_of(NAMES("a", "b", "c", "size"));
    cr_expect(has_note(json, "validation_data") && has_note(json, "image_size"));
    cr_expect_not(has_note(json, "training_data"));
    expect_truth(json, "runs.1.comparable", false);
    expect_truth(json, "runs.2.comparable", true);
    expect_null(json, "columns.1.best.iou_border.delta");
    expect_truth(json, "columns.1.best.iou_border.best", false);
    expect_truth(json, "columns.2.best.iou_border.best", true);
    expect_number(json, "columns.2.best.iou_border.delta", 0.1);
    cr_expect_eq(cJSON_GetArraySize(at(json, "ranking")), 2);
    expect_text(json, "ranking.0", "C");
    cJSON_Delete(json);
    char *text = written(NAMES("a", "b", "c", "size"), &by_border, SW_COMPARE_TEXT);
    expect_words(text, "! B: validated on other images than A: metrics are not comparable\n");
    expect_words(text, "! D: images of another size than A's: metrics are not comparable\n");
    free(text);
}

Test(compare, another_way_of_resizing_is_only_noted_though_the_fingerprints_differ)
{
    const double figures[] = {0.1, 0.9};
    made("a", "", 0.1, 0.2);
    run_case_write(&(run_case){.folder = "b",
                               .config = "train: {epochs: 2}\ndata: {resize: bilinear}\n",
                               .outcome = "done",
                               .train_data = "resized t",
                               .val_data = "resized v",
                               .iou_border = figures,
                               .epochs = 2});
    char *text = written(NAMES("a", "b"), &by_border, SW_COMPARE_TEXT);
    expect_words(text, "! B: images were resized another way than A's (data.resize)\n");
    cr_expect_null(strstr(text, "not comparable"));
    free(text);
}

Test(compare, losses_of_another_kind_are_not_compared_but_the_rest_is)
{
    made("a", "", 0.1, 0.2);
    made("b", "loss: {kind: focal}\n", 0.1, 0.3);
    cJSON *json = json_of(NAMES("a", "b"));
    cr_expect(has_note(json, "loss"));
    expect_null(json, "columns.1.final.val_loss.delta");
    expect_truth(json, "columns.1.final.val_loss.best", false);
    expect_number(json, "columns.1.final.iou_border.delta", 0.1);
    cJSON_Delete(json);
    made("c", "loss: {gamma: 2}\n", 0.1, 0.3); /* focal's default, which cross-entropy does not use */
    json = json_of(NAMES("a", "c"));
    cr_expect_not(has_note(json, "loss"));
    expect_truth(json, "columns.1.final.val_loss.best", true);
    expect_number(json, "columns.1.final.val_loss.delta", -0.1);
    cJSON_Delete(json);
    made("d", "loss: [{kind: cross_entropy}, {kind: dice}]\n", 0.1, 0.3);
    json = json_of(NAMES("a", "d"));
    cr_expect(has_note(json, "loss"));
    cJSON_Delete(json);
}

Test(compare, what_all_have_alike_is_not_marked)
{
    made("a", "", 0.1, 0.2);
    made("b", "schedule: {gamma: 1}\n", 0.1, 0.2);
    cJSON *json = json_of(NAMES("a", "b"));
    expect_truth(json, "columns.0.final.iou_border.best", false);
    expect_truth(json, "columns.1.final.iou_border.best", false);
    cJSON_Delete(json);
}

/* ---- cost ---- */

Test(compare, costs_are_those_of_the_manifest_or_follow_from_the_experiment)
{
    made("a", "", 0.1, 0.2);
    scratch_write("b.yaml", SMALL_MODEL "data: {size: 32}\ntrain: {batch_size: 2, val_batch_size: 2}\n");
    cJSON *json = json_of(NAMES("a", "b.yaml"));
    expect_number(json, "runs.0.cost.parameters", 1234567);
    expect_number(json, "runs.0.cost.device_memory_bytes", 3145728);
    expect_number(json, "runs.0.cost.seconds", 4.0);
    expect_number(json, "runs.0.cost.epoch_seconds", 2.0);
    expect_number(json, "runs.0.cost.images_per_second", 10.0);
    expect_text(json, "runs.1.state", "not run");
    /* input norm 6; dc 108+8, 288+16; uc 288+8, 144+8, 108+6 */
    expect_number(json, "runs.1.cost.parameters", 988);
    cr_expect_gt(cJSON_GetNumberValue(at(json, "runs.1.cost.device_memory_bytes")), 1e5);
    expect_null(json, "runs.1.cost.seconds");
    expect_null(json, "runs.1.final");
    cJSON_Delete(json);
}

/* ---- folders ---- */

Test(compare, a_folder_of_runs_stands_for_them_in_the_order_of_their_names)
{
    made("sweep/b", "schedule: {gamma: 1}\n", 0.1, 0.2);
    made("sweep/a", "", 0.1, 0.2);
    scratch_write("sweep/notes/readme.txt", "x");
    scratch_write("sweep/torn/manifest.json", "{}");
    cJSON *json = json_of(NAMES("sweep"));
    cr_expect_eq(cJSON_GetArraySize(at(json, "runs")), 2);
    cr_expect_str_eq(cJSON_GetStringValue(at(json, "runs.0.path")), scratch_path("sweep/a"));
    cJSON_Delete(json);
}
