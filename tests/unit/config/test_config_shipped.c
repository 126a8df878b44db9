/* The configs and experiments of this repository, the documents made from the schema, and the way there and
 * back. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "config/schema.h"
#include "config_case.h"
#include "scratch.h"

TestSuite(config_shipped, .init = scratch_create, .fini = scratch_remove);

static sw_experiment *load(const char *path)
{
    sw_experiment *e = NULL;
    cr_assert_eq(sw_experiment_load(&e, path, NULL), SW_OK, "%s: %s", path, sw_error_message());
    return e;
}

static void expect_stages(const sw_experiment *e, const int *encoder, const int *decoder)
{
    for (int i = 0; i < 4; i++) {
        cr_expect(e->model.encoder[i].convs == encoder[2 * i] &&
                  e->model.encoder[i].width == encoder[2 * i + 1]);
        cr_expect(e->model.decoder[i].convs == decoder[2 * i] &&
                  e->model.decoder[i].width == decoder[2 * i + 1]);
        cr_expect(e->model.decoder[i].unpool_from == 4 - i && e->model.decoder[i].up == SW_UP_UNPOOL);
        cr_expect(e->model.encoder[i].kernel == 3 && e->model.decoder[i].kernel == 3);
    }
}

Test(config_shipped, the_baseline_says_what_the_article_does)
{
    sw_experiment *e = load("experiments/segnet_baseline.yaml");
    cr_expect_str_eq(e->name, "segnet_baseline");
    cr_expect(e->model.encoder_count == 4 && e->model.decoder_count == 4 && e->model.classes == 3);
    expect_stages(e, (const int[]){2, 64, 2, 128, 3, 256, 3, 512},
                  (const int[]){3, 256, 3, 128, 2, 64, 2, 0});
    cr_expect(!e->model.bias && e->model.input_norm && e->model.head == SW_HEAD_NORM_RELU);
    cr_expect(e->model.norm_eps == 1e-5f && e->model.norm_momentum == 0.1f);
    cr_expect(sw_size_same(e->data.size, sw_size_square(128)) && e->data.resize == SW_RESIZE_NEAREST);
    cr_expect_str_eq(e->data.root, "data/oxford-iiit-pet");
    cr_expect(e->augment.hflip == 0.5f && e->augment.contrast == 0.3f && e->augment.brightness == 0 &&
              e->augment.saturation == 0 && e->augment.hue == 0);
    cr_expect(e->loss.items[0].kind == SW_LOSS_CROSS_ENTROPY &&
              e->loss.items[0].attrs.class_weight_count == 0 && !e->loss.items[0].attrs.median_frequency);
    cr_expect(e->optimizer.kind == SW_OPT_ADAM && e->optimizer.lr == 1e-3f && e->optimizer.weight_decay == 0);
    cr_expect(e->schedule.kind == SW_SCHED_STEP && e->schedule.step_epochs == 7 && e->schedule.gamma == 0.7f);
    cr_expect(e->train.epochs == 20 && e->train.batch_size == 64 && e->train.val_batch_size == 21 &&
              e->train.shuffle);
    cr_expect(e->grid.count == 21 && e->grid.columns == 7);
    sw_experiment_destroy(e);
}

Test(config_shipped, the_variants_change_what_their_names_say)
{
    sw_experiment *focal = load("experiments/segnet_focal.yaml"),
                  *long_run = load("experiments/segnet_long.yaml"),
                  *small = load("experiments/segnet_small.yaml"),
                  *quick = load("experiments/quickstart.yaml");
    cr_expect(focal->loss.items[0].kind == SW_LOSS_FOCAL && focal->loss.items[0].attrs.gamma == 2 &&
              focal->train.epochs == 20);
    cr_expect(long_run->train.epochs == 30 && long_run->schedule.kind == SW_SCHED_COSINE);
    expect_stages(small, (const int[]){2, 16, 2, 32, 3, 64, 3, 128},
                  (const int[]){3, 64, 3, 32, 2, 16, 2, 0});
    cr_expect_str_eq(small->data.root, "data/oxford-iiit-pet");
    cr_expect_str_eq(quick->data.root, "data/synthetic-pets");
    cr_expect(sw_size_same(quick->data.size, sw_size_square(96)));
    sw_experiment_destroy(focal);
    sw_experiment_destroy(long_run);
    sw_experiment_destroy(small);
    sw_experiment_destroy(quick);
}

Test(config_shipped, every_fragment_works_on_top_of_the_baseline)
{
    glob_t found;
    cr_assert_eq(glob("configs/*/*.yaml", 0, NULL, &found), 0);
    cr_expect_geq(found.gl_pathc, 16);
    setenv("SEGWORK_CONFIG_DIR", ".", 1);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char text[200];
        snprintf(text, sizeof text, "include: [experiments/segnet_baseline.yaml, %s]\n", found.gl_pathv[i]);
        sw_experiment_destroy(LOADED(text));
    }
    globfree(&found);
}

/* Patterns are copied, so that only the pointers to them differ. */
static void expect_same_optimizer(const sw_optimizer_config *after, const sw_optimizer_config *before)
{
    sw_optimizer_config optimizer = *after;
    for (int g = 0; g < before->group_count; g++) {
        cr_assert_eq(after->groups[g].match_count, before->groups[g].match_count);
        for (int i = 0; i < before->groups[g].match_count; i++)
            cr_expect_str_eq(after->groups[g].match[i], before->groups[g].match[i]);
        optimizer.groups[g].match = before->groups[g].match;
    }
    cr_expect_eq(memcmp(&optimizer, before, sizeof optimizer), 0);
}

static void expect_round_trip(const sw_experiment *before)
{
    sw_str first = {0}, second = {0};
    sw_experiment_dump_yaml(&first, before, false);
    sw_experiment *after = load(scratch_write("dumped.yaml", first.text));
    sw_experiment_dump_yaml(&second, after, false);
    cr_expect_str_eq(first.text, second.text);
    cr_expect_str_eq(after->name, before->name);
    cr_expect_str_eq(after->data.root, before->data.root);
    cr_expect_str_eq(after->runtime.device, before->runtime.device);
    cr_expect(after->seed == before->seed && sw_size_same(after->data.size, before->data.size));
    /* no pointers in these, and nothing but zeros between their members */
    cr_expect_eq(memcmp(after->model.encoder, before->model.encoder, sizeof after->model.encoder), 0);
    cr_expect_eq(memcmp(after->model.decoder, before->model.decoder, sizeof after->model.decoder), 0);
    cr_expect_eq(memcmp(&after->augment, &before->augment, sizeof after->augment), 0);
    cr_expect_eq(memcmp(&after->loss, &before->loss, sizeof after->loss), 0);
    expect_same_optimizer(&after->optimizer, &before->optimizer);
    cr_expect_eq(memcmp(&after->schedule, &before->schedule, sizeof after->schedule), 0);
    cr_expect_str_eq(after->train.save_best, before->train.save_best);
    cr_expect_str_eq(after->train.early_stop.metric, before->train.early_stop.metric);
    sw_train_config train = after->train; /* texts are copied, so that only the pointers differ */
    train.save_best = before->train.save_best;
    train.early_stop.metric = before->train.early_stop.metric;
    cr_expect_eq(memcmp(&train, &before->train, sizeof train), 0);
    cr_expect(after->grid.count == before->grid.count && after->grid.name_count == before->grid.name_count);
    for (int i = 0; i < before->grid.name_count; i++)
        cr_expect_str_eq(after->grid.names[i], before->grid.names[i]);
    sw_str annotated = {0};
    sw_experiment_dump_yaml(&annotated, before, true);
    sw_experiment_destroy(after);
    after = load(scratch_write("dumped.yaml", annotated.text)); /* the comments change nothing */
    sw_str_deinit(&second);
    sw_experiment_dump_yaml(&second, after, false);
    cr_expect_str_eq(first.text, second.text);
    sw_experiment_destroy(after);
    sw_str_deinit(&first);
    sw_str_deinit(&second);
    sw_str_deinit(&annotated);
}

Test(config_shipped, a_resolved_experiment_loads_to_the_same_values)
{
    glob_t found;
    cr_assert_eq(glob("experiments/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        sw_experiment *e = load(found.gl_pathv[i]);
        expect_round_trip(e);
        sw_experiment_destroy(e);
    }
    globfree(&found);
    sw_experiment *odd = LOADED(
        SMALL_MODEL, "seed=9007199254740991", "optimizer.lr=0.0123456789", "augment.contrast=0.333333333",
        "loss.class_weights=[0.1, 1e-7, 3.3333333]", "data.root=\"a \\\"quoted\\\" \\\\ caf\\u00e9\\n: #x\"",
        "runtime.device=0:1", "grid.names=['a b', \"c: d\", yes please]", "schedule.warmup_epochs=0.1",
        "loss.ignore_index=255", "optimizer.eps=3e-45", "augment.scale=[0.333333333, 3]",
        "data.normalize={std: [0.1, 0.2, 0.333333333], mean: [0.485, 0, 1]}");
    cr_expect(odd->augment.scale.low == 0.333333333f && odd->augment.scale.high == 3);
    cr_expect(odd->data.normalize.mean[0] == 0.485f && odd->data.normalize.std[1] == 0.2f);
    expect_round_trip(odd);
    sw_experiment_destroy(odd);
}

static void expect_file_content(const char *path, const sw_str *generated, const char *command)
{
    char *committed = NULL;
    size_t length = 0;
    cr_assert_eq(sw_fs_read(&committed, &length, path, 1 << 20), SW_OK, "%s", sw_error_message());
    cr_expect(strcmp(committed, generated->text) == 0, "%s is not what the schema says; run: %s > %s", path,
              command, path);
    free(committed);
}

Test(config_shipped, the_committed_documents_are_those_the_schema_makes)
{
    sw_str markdown = {0}, json = {0};
    sw_schema_markdown(&markdown);
    cr_assert_eq(sw_schema_json(&json), SW_OK);
    expect_file_content("configs/README.md", &markdown, "segwork check --schema-markdown");
    expect_file_content("configs/experiment.schema.json", &json, "segwork check --schema-json");
    sw_str_deinit(&markdown);
    sw_str_deinit(&json);
}

static bool documented(void *user, const sw_field *field, const char *path)
{
    cr_expect(field->help && *field->help && field->help[strlen(field->help) - 1] != '\n', "%s has no help",
              path);
    cr_expect_not_null(strstr(user, path), "%s is in no document", path);
    return true;
}

Test(config_shipped, every_key_has_a_help_text_and_stands_in_the_lists)
{
    sw_str markdown = {0}, keys = {0};
    sw_schema_markdown(&markdown);
    sw_schema_keys(&keys);
    sw_fields_visit(&sw_experiment_schema, documented, markdown.text);
    sw_fields_visit(&sw_experiment_schema, documented, keys.text);
    sw_str_deinit(&markdown);
    sw_str_deinit(&keys);
}

Test(config_shipped, the_example_of_the_readme_does_what_it_says)
{
    char *readme = NULL;
    size_t length = 0;
    cr_assert_eq(sw_fs_read(&readme, &length, "configs/README.md", 1 << 20), SW_OK);
    char *example = strstr(readme, "```yaml\n");
    cr_assert_not_null(example);
    example += strlen("```yaml\n");
    *strstr(example, "```") = '\0';
    setenv("SEGWORK_CONFIG_DIR", ".", 1);
    sw_experiment *e = LOADED(example, "train.batch_size=32");
    cr_expect(e->train.epochs == 5 && e->loss.items[0].kind == SW_LOSS_FOCAL &&
              e->loss.items[0].attrs.gamma == 3 && e->model.encoder[0].width == 16 &&
              e->train.batch_size == 32 && e->schedule.kind == SW_SCHED_STEP);
    sw_experiment_destroy(e);
    free(readme);
}

Test(config_shipped, every_prefix_of_an_experiment_is_loaded_or_refused_with_a_place)
{
    sw_str text = {0};
    sw_experiment *baseline = load("experiments/segnet_baseline.yaml");
    sw_experiment_dump_yaml(&text, baseline, false);
    sw_experiment_destroy(baseline);
    int loaded = 0;
    const char *path = scratch_path("cut.yaml");
    for (size_t cut = 0; cut <= text.length; cut += 3) {
        sw_experiment *e = NULL;
        cr_assert_eq(sw_fs_write(path, text.text, cut), SW_OK);
        sw_status status = sw_experiment_load(&e, path, NULL);
        cr_assert(status == SW_OK || status == SW_E_CONFIG, "cut at %zu: %s", cut, sw_error_message());
        if (status != SW_OK)
            cr_assert_not_null(strstr(sw_error_message(), "cut.yaml:"), "%s", sw_error_message());
        loaded += status == SW_OK;
        sw_experiment_destroy(e);
    }
    cr_expect_gt(loaded, 0);
    sw_str_deinit(&text);
}
