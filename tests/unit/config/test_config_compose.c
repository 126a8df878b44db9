/* How fragments, own keys and --set come together, and what goes wrong on the way. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_case.h"
#include "scratch.h"

TestSuite(config_compose, .init = scratch_create, .fini = scratch_remove);

Test(config_compose, later_fragments_win_over_earlier_ones_own_keys_over_both_and_set_over_all)
{
    scratch_write("parts/a.yaml", "train: {epochs: 1, batch_size: 1, val_batch_size: 1}\nseed: 1\n");
    scratch_write("parts/b.yaml", "train: {batch_size: 2, val_batch_size: 2}\n");
    const char *text = SMALL_MODEL "train: {val_batch_size: 3}\ninclude: [parts/a.yaml, parts/b.yaml]\n";
    sw_experiment *e = LOADED(text);
    cr_expect(e->train.epochs == 1 && e->train.batch_size == 2 && e->train.val_batch_size == 3 &&
              e->seed == 1);
    sw_experiment_destroy(e);
    e = LOADED(text, "train.val_batch_size=4", "seed=5", "train.val_batch_size=6");
    cr_expect(e->train.epochs == 1 && e->train.batch_size == 2 && e->train.val_batch_size == 6 &&
              e->seed == 5);
    sw_experiment_destroy(e);
}

Test(config_compose, the_order_of_the_fragments_decides)
{
    scratch_write("a.yaml", "seed: 1\n");
    scratch_write("b.yaml", "seed: 2\n");
    sw_experiment *e = LOADED("include: [a.yaml, b.yaml]\n" SMALL_MODEL);
    cr_expect_eq(e->seed, 2);
    sw_experiment_destroy(e);
    e = LOADED("include: [b.yaml, a.yaml]\n" SMALL_MODEL);
    cr_expect_eq(e->seed, 1);
    sw_experiment_destroy(e);
}

Test(config_compose, lists_are_replaced_as_a_whole)
{
    scratch_write("base.yaml", SMALL_MODEL "loss: {class_weights: [1, 2, 3]}\ngrid: {names: [a, b, c]}\n");
    sw_experiment *e = LOADED("include: base.yaml\nmodel:\n  encoder: [{convs: 3, width: 5}]\n"
                              "  decoder: [{unpool_from: 1, convs: 1, width: 0}]\ngrid: {names: [d]}\n");
    cr_expect(e->model.encoder_count == 1 && e->model.encoder[0].width == 5 && e->grid.name_count == 1);
    cr_expect_str_eq(e->grid.names[0], "d");
    cr_expect_eq(e->loss.items[0].attrs.class_weights[2], 3);
    sw_experiment_destroy(e);
}

Test(config_compose, fragments_include_fragments_relative_to_themselves)
{
    scratch_write("sub/deep/leaf.yaml", "seed: 7\ntrain: {epochs: 7}\n");
    scratch_write("sub/branch.yaml", "include: [deep/leaf.yaml, ../side.yaml]\ntrain: {epochs: 8}\n");
    scratch_write("side.yaml", SMALL_MODEL);
    sw_experiment *e = LOADED("include: sub/branch.yaml\n");
    cr_expect(e->seed == 7 && e->train.epochs == 8 && e->model.encoder_count == 2);
    sw_experiment_destroy(e);
}

Test(config_compose, the_same_fragment_may_come_twice_by_different_ways)
{
    scratch_write("leaf.yaml", SMALL_MODEL);
    scratch_write("a.yaml", "include: leaf.yaml\n");
    scratch_write("b.yaml", "include: leaf.yaml\n");
    sw_experiment_destroy(LOADED("include: [a.yaml, b.yaml, leaf.yaml]\n"));
}

Test(config_compose, every_value_keeps_the_place_it_was_last_given_at)
{
    scratch_write("a.yaml", "train: {epochs: 1, batch_size: 1}\n");
    sw_experiment *e = LOADED("include: a.yaml\n" SMALL_MODEL "train: {epochs: 2}\n", "seed=3");
    const sw_yaml_node *epochs = sw_yaml_find(e->tree, "train.epochs"),
                       *batch = sw_yaml_find(e->tree, "train.batch_size"),
                       *seed = sw_yaml_find(e->tree, "seed");
    cr_expect_not_null(strstr(epochs->place.source, "exp.yaml"));
    cr_expect_eq(epochs->place.line, 5);
    cr_expect_not_null(strstr(batch->place.source, "a.yaml"));
    cr_expect_eq(batch->place.line, 1);
    cr_expect_str_eq(seed->place.source, "--set seed=3");
    sw_str text = {0};
    sw_experiment_dump_yaml(&text, e, true);
    cr_expect_not_null(strstr(text.text, "exp.yaml:5\n"), "%s", text.text);
    cr_expect_not_null(strstr(text.text, "a.yaml:1\n"));
    cr_expect_not_null(strstr(text.text, "# --set seed=3\n"));
    cr_expect_not_null(strstr(text.text, "lr: 0.001                                     # default\n"));
    sw_str_deinit(&text);
    sw_experiment_destroy(e);
}

Test(config_compose, a_missing_fragment_names_the_places_looked_at)
{
    setenv("SEGWORK_CONFIG_DIR", scratch_path("elsewhere"), 1);
    config_expect_problem("# x\ninclude:\n  - ../nowhere/none.yaml\n", NULL, "exp.yaml:3:5: ",
                          "fragment '../nowhere/none.yaml' not found; looked at /tmp/nowhere/none.yaml, ");
    cr_expect_not_null(strstr(sw_error_message(), "elsewhere/nowhere/none.yaml, "));
    cr_expect_not_null(strstr(sw_error_message(), "share/segwork/nowhere/none.yaml"));
}

Test(config_compose, what_is_not_beside_the_file_is_found_in_the_config_folder)
{
    scratch_write("installed/configs/seed.yaml", "seed: 11\n");
    setenv("SEGWORK_CONFIG_DIR", scratch_path("installed"), 1);
    sw_experiment *e = LOADED("include: ../configs/seed.yaml\n" SMALL_MODEL);
    cr_expect_eq(e->seed, 11);
    sw_experiment_destroy(e);
    scratch_write("installed/experiments/there.yaml", "include: [../configs/seed.yaml]\n" SMALL_MODEL);
    cr_assert_eq(sw_experiment_load(&e, "experiments/there.yaml", NULL), SW_OK, "%s", sw_error_message());
    cr_expect_str_eq(e->name, "there");
    sw_experiment_destroy(e);
}

Test(config_compose, an_include_cycle_is_shown_with_its_chain)
{
    scratch_write("a.yaml", "seed: 1\ninclude: [b.yaml]\n");
    scratch_write("b.yaml", "include:\n  - ./a.yaml\n");
    config_expect_problem("include: a.yaml\n", NULL, "b.yaml:2:5: ", "include cycle: ");
    const char *message = sw_error_message(), *chain = strstr(message, "cycle: ");
    const char *a = strstr(chain, "a.yaml -> "), *b = strstr(chain, "b.yaml -> ");
    cr_expect(a && b && a < b && strstr(b, "a.yaml"), "%s", message);
    cr_expect_null(strstr(chain, "exp.yaml"), "only what is in the circle: %s", message);
    config_expect_problem("include: exp.yaml\n", NULL, "exp.yaml:1:10: ", "include cycle: ");
}

Test(config_compose, a_cycle_through_a_symbolic_link_is_a_cycle)
{
    scratch_write("a.yaml", "include: link.yaml\n");
    cr_assert_eq(symlink("a.yaml", scratch_path("link.yaml")), 0);
    config_expect_problem("include: a.yaml\n", NULL, "a.yaml:1:10: ", "include cycle: ");
}

Test(config_compose, endless_chains_end)
{
    char name[32], text[64];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "f%d.yaml", i);
        snprintf(text, sizeof text, "include: f%d.yaml\n", i + 1);
        scratch_write(name, text);
    }
    config_expect_problem("include: f0.yaml\n", NULL,
                          "f14.yaml:1:10: ", "more than 64 fragments in all, or more than 16");
}

Test(config_compose, wrong_includes_are_named_at_their_place)
{
    scratch_write("empty.yaml", "# nothing\n");
    scratch_write("list.yaml", "[1, 2]\n");
    scratch_write("bad.yaml", "train:\n  epochs: [\n");
    scratch_write("unknown.yaml", "# x\ntrain: {epoch: 1}\n");
    scratch_write("folder/x.yaml", "seed: 1\n");
    config_expect_problem("include: {a: b}\n", NULL, "exp.yaml:1:10: ", "include: expected a list of paths");
    config_expect_problem("include: [a, [b]]\n", NULL, "exp.yaml:1:11: ", "fragment 'a' not found");
    config_expect_problem("include: [[b]]\n", NULL,
                          "exp.yaml:1:11: ", "include: expected the path of a YAML file");
    config_expect_problem("include:\n", NULL, "exp.yaml:1:9: ", "include: expected the path of a YAML file");
    config_expect_problem("include: folder\n", NULL, "exp.yaml:1:10: ", "'");
    cr_expect_not_null(strstr(sw_error_message(), "folder' is a folder; expected a YAML file"));
    config_expect_problem("include: empty.yaml\n", NULL,
                          "empty.yaml:1:1: ", "expected a mapping of keys to values");
    config_expect_problem("include: list.yaml\n", NULL,
                          "list.yaml:1:1: ", "expected a mapping of keys to values");
    config_expect_problem("include: bad.yaml\n", NULL,
                          "bad.yaml:3:1: ", "did not find expected node content");
    config_expect_problem("include: unknown.yaml\n" SMALL_MODEL, NULL, "unknown.yaml:2:9: ",
                          "unknown key 'train.epoch'; the nearest known key is 'train.epochs'");
}

Test(config_compose, an_experiment_that_is_not_there_is_a_config_error)
{
    sw_experiment *e = NULL;
    cr_expect_eq(sw_experiment_load(&e, "no/such/thing.yaml", NULL), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "experiment 'no/such/thing.yaml' not found; looked at "));
    cr_expect_null(e);
    cr_expect_eq(sw_experiment_load(&e, "experiments", NULL), SW_E_CONFIG);
    cr_expect_not_null(strstr(sw_error_message(), "'experiments' is a folder"));
}

Test(config_compose, set_reads_yaml_and_reaches_into_mappings_and_lists)
{
    sw_experiment *e =
        LOADED(SMALL_MODEL, "train.epochs=3", "loss.class_weights=[1, 2, 3]", "loss.class_weights.1=9",
               "model.encoder.1.convs=5", "data={size: 32, train_limit: 4}", "name=\"quoted\"",
               "data.root=a=b/c", "optimizer={lr: 1e-2}", "augment.hflip=.5");
    cr_expect(e->train.epochs == 3 && e->loss.items[0].attrs.class_weights[1] == 9 &&
              e->loss.items[0].attrs.class_weights[2] == 3);
    cr_expect(e->model.encoder[1].convs == 5 && e->model.encoder[0].convs == 1 &&
              e->model.encoder[1].width == 8);
    cr_expect(sw_size_same(e->data.size, sw_size_square(32)) && e->data.limit[SW_SPLIT_TRAIN] == 4 &&
              e->optimizer.lr == 1e-2f && e->augment.hflip == 0.5f);
    cr_expect_str_eq(e->name, "quoted");
    cr_expect_str_eq(e->data.root, "a=b/c");
    sw_experiment_destroy(e);
}

Test(config_compose, set_on_an_aliased_value_changes_only_the_one_addressed)
{
    sw_experiment *e =
        LOADED("model:\n  encoder: [&s {convs: 2, width: 4}, *s]\n"
               "  decoder: [{unpool_from: 2, convs: 1, width: 4}, {unpool_from: 1, convs: 1, width: 0}]\n",
               "model.encoder.1.convs=3");
    cr_expect(e->model.encoder[0].convs == 2 && e->model.encoder[1].convs == 3);
    sw_experiment_destroy(e);
}

Test(config_compose, a_wrong_set_is_quoted_in_the_message)
{
    static const char *const cases[][3] = {
        {"train.epochs", "--set train.epochs: ", "expected key=value"},
        {"train.epochs=x",
         "--set train.epochs=x: ", "train.epochs: expected integer in 1..1000000, found 'x'"},
        {"train.epoch=3",
         "--set train.epoch=3: ", "unknown key 'train.epoch'; the nearest known key is 'train.epochs'"},
        {"train.epochs=", "--set train.epochs=: ",
         "train.epochs: expected integer in 1..1000000, found nothing"},
        {"train.epochs=[1", "--set train.epochs=[1: ", "did not find expected ',' or ']'"},
        {"train.epochs=*a", "--set train.epochs=*a: ", "unknown alias '*a'"},
        {"train.epochs.deep=1",
         "--set train.epochs.deep=1: ", "there is a single value, '5', where 'deep' should be"},
        {"model.encoder.2.width=1", "--set model.encoder.2.width=1: ", "'2' is no item of a list of 2"},
        {"model.encoder.x.width=1", "--set model.encoder.x.width=1: ", "'x' is no item of a list of 2"},
        {"model.encoder.99999999999999999999.width=1", "--set model.encoder.99999999999999999999.width=1: ",
         "'99999999999999999999' is no item of a list of 2"},
        {"=3", "--set =3: ", "'' is not a key"},
        {".a=3", "--set .a=3: ", "'.a' is not a key"},
        {"train.=3", "--set train.=3: ", "'train.' is not a key"},
        {"train..epochs=3", "--set train..epochs=3: ", "'train..epochs' is not a key"},
        {"include=[a.yaml]", "--set include=[a.yaml]: ", "fragments are included by files, not by --set"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const sets[] = {cases[i][0], NULL};
        config_expect_problem(SMALL_MODEL "train: {epochs: 5}\n", sets, cases[i][1], cases[i][2]);
    }
}

Test(config_compose, the_name_comes_from_the_file_and_is_fit_for_a_folder)
{
    static const char *const cases[][2] = {{"pets.yaml", "pets"},
                                           {"my pets.yml", "my_pets"},
                                           {"a.b.yaml", "a.b"},
                                           {"none", "none"},
                                           {".x.yaml", "_x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_experiment *e = NULL;
        const char *path = scratch_write(cases[i][0], SMALL_MODEL);
        cr_assert_eq(sw_experiment_load(&e, path, NULL), SW_OK, "%s", sw_error_message());
        cr_expect_str_eq(e->name, cases[i][1]);
        cr_expect_str_eq(e->path, path);
        sw_experiment_destroy(e);
    }
}
