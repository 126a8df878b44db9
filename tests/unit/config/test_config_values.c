/* What an experiment may say, and what it is told when it says something else. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config_case.h"
#include "scratch.h"
#include "setup/open.h"

TestSuite(config_values, .init = scratch_create, .fini = scratch_remove);

Test(config_values, the_smallest_experiment_is_filled_with_the_documented_defaults)
{
    sw_experiment *e = LOADED(SMALL_MODEL);
    cr_expect_str_eq(e->name, "exp", "named after its file");
    cr_expect(e->seed == 0 && sw_size_same(e->data.size, sw_size_square(128)) &&
              e->data.limit[SW_SPLIT_TRAIN] == 0 && e->data.limit[SW_SPLIT_VAL] == 0);
    cr_expect_str_eq(e->data.root, "data/oxford-iiit-pet");
    cr_expect_str_eq(e->data.split[SW_SPLIT_TRAIN], "trainval");
    cr_expect_str_eq(e->data.split[SW_SPLIT_VAL], "test");
    cr_expect(e->augment.hflip == 0 && e->augment.hue == 0);
    cr_expect(e->augment.scale.low == 1 && e->augment.scale.high == 1 && !e->augment.crop_to_size &&
              e->augment.cutout == 0 && e->data.normalize.std[0] == 0 && e->data.cache_mb == 0);
    cr_expect(e->model.classes == 3 && e->model.input_norm && !e->model.bias && e->model.norm_eps == 1e-5f &&
              e->model.norm_momentum == 0.1f && e->model.head == SW_HEAD_NORM_RELU);
    cr_expect(e->model.encoder_count == 2 && e->model.encoder[1].width == 8 &&
              e->model.encoder[1].kernel == 3 && e->model.encoder[1].conv == SW_CONV_DENSE &&
              e->model.encoder[1].pool == SW_POOL_MAX);
    cr_expect(e->model.decoder_count == 2 && e->model.decoder[1].unpool_from == 1 &&
              e->model.decoder[1].convs == 2 && e->model.decoder[1].up == SW_UP_UNPOOL);
    cr_expect(e->loss.items[0].kind == SW_LOSS_CROSS_ENTROPY &&
              e->loss.items[0].attrs.class_weight_count == 0 && !e->loss.items[0].attrs.median_frequency &&
              e->loss.items[0].attrs.ignore_index == -1);
    cr_expect(e->optimizer.kind == SW_OPT_ADAM && e->optimizer.lr == 1e-3f && e->optimizer.beta1 == 0.9f &&
              e->optimizer.beta2 == 0.999f && e->optimizer.eps == 1e-8f && e->optimizer.weight_decay == 0);
    cr_expect(e->schedule.kind == SW_SCHED_CONSTANT && e->schedule.warmup_epochs == 0);
    cr_expect(e->train.epochs == 20 && e->train.batch_size == 64 && e->train.val_batch_size == 21 &&
              e->train.shuffle && e->train.article_every == 0 && strcmp(e->train.save_best, "miou") == 0);
    cr_expect_str_eq(e->runtime.device, "");
    cr_expect(e->runtime.workspace_mb == 0 && e->runtime.conv_engine == SW_CONV_AUTO && !e->runtime.check);
    cr_expect(e->runtime.tune && e->runtime.conv_layers.count == 0);
    cr_expect(e->grid.count == 21 && e->grid.columns == 7 && e->grid.name_count == 0);
    sw_experiment_destroy(e);
}

Test(config_values, every_choice_has_its_name)
{
    sw_experiment *e = LOADED(SMALL_MODEL, "optimizer.kind=sgd", "schedule.kind=poly", "loss.kind=focal",
                              "loss.gamma=1.5", "data.resize=bilinear", "data.on_bad_file=fail",
                              "model.head=plain", "train.save_best=val_loss", "runtime.conv_engine=clblast",
                              "model.encoder.1.pool=average", "model.decoder.0.up=nearest",
                              "model.encoder.0.conv=separable", "train.shuffle=false", "runtime.device=0:1");
    cr_expect(e->optimizer.kind == SW_OPT_SGD && e->schedule.kind == SW_SCHED_POLY &&
              e->loss.items[0].kind == SW_LOSS_FOCAL && e->loss.items[0].attrs.gamma == 1.5f &&
              e->data.resize == SW_RESIZE_BILINEAR && e->data.on_bad_file == SW_BAD_FILE_FAIL &&
              e->model.head == SW_HEAD_PLAIN && strcmp(e->train.save_best, "val_loss") == 0 &&
              e->runtime.conv_engine == SW_CONV_CLBLAST && e->model.encoder[1].pool == SW_POOL_AVERAGE &&
              e->model.decoder[0].up == SW_UP_NEAREST && e->model.encoder[0].conv == SW_CONV_SEPARABLE &&
              !e->train.shuffle);
    cr_expect_str_eq(e->runtime.device, "0:1");
    sw_experiment_destroy(e);
    e = LOADED(SMALL_MODEL, "optimizer.kind=adamw", "schedule.kind=cosine", "train.save_best=iou_border");
    cr_expect(e->optimizer.kind == SW_OPT_ADAMW && e->schedule.kind == SW_SCHED_COSINE &&
              strcmp(e->train.save_best, "iou_border") == 0);
    sw_experiment_destroy(e);
}

Test(config_values, a_size_is_one_number_or_height_and_width_and_is_written_so_that_it_reads_back)
{
    static const struct {
        const char *set, *written;
        sw_size size;
    } cases[] = {{"data.size=90", "\n  size: 90\n", {90, 90}},
                 {"data.size=[90, 120]", "\n  size: [90, 120]\n", {90, 120}},
                 {"data.size=[90, 90]", "\n  size: 90\n", {90, 90}},
                 {"data.size=[4, 4096]", "\n  size: [4, 4096]\n", {4, 4096}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_str text = {0};
        sw_experiment *e = LOADED(SMALL_MODEL, cases[i].set);
        cr_expect(sw_size_same(e->data.size, cases[i].size), "%s", cases[i].set);
        sw_experiment_dump_yaml(&text, e, false);
        cr_expect_not_null(strstr(text.text, cases[i].written), "%s", cases[i].set);
        sw_experiment_destroy(e);
        e = LOADED(text.text, NULL);
        cr_expect(sw_size_same(e->data.size, cases[i].size), "%s", cases[i].set);
        sw_experiment_destroy(e);
        sw_str_deinit(&text);
    }
}

Test(config_values, engines_are_named_layer_by_layer_and_written_so_that_they_read_back)
{
    sw_str text = {0}, again = {0};
    static const char *const sets[] = {
        "runtime.conv_layers={dc1.seq.0: gemm}",
        "runtime.conv_layers={uc1.seq.3: winograd/gemm/clblast, 'on': gemm/auto/gemm}", NULL};
    sw_experiment *e = NULL, *read = NULL; /* of runs, whose layers may be any */
    cr_assert_eq(sw_experiment_load_run(&e, scratch_write("a.yaml", SMALL_MODEL), sets), SW_OK, "%s",
                 sw_error_message());
    const sw_conv_pins *pins = &e->runtime.conv_layers;
    cr_assert_eq(pins->count, 3);
    const sw_conv_pin *last = sw_conv_pins_find(pins, "uc1.seq.3");
    cr_assert_not_null(last);
    cr_expect(last->pass[SW_CONV_FORWARD] == SW_CONV_WINOGRAD &&
              last->pass[SW_CONV_BACKWARD_DATA] == SW_CONV_GEMM &&
              last->pass[SW_CONV_BACKWARD_WEIGHTS] == SW_CONV_CLBLAST);
    cr_expect_null(sw_conv_pins_find(pins, "uc1.seq"));

    static char names[40][16]; /* more than a line holds */
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "layer.%d", i);
        e->runtime.conv_layers.pins[3 + i] = *last;
        e->runtime.conv_layers.pins[3 + i].layer = names[i];
    }
    e->runtime.conv_layers.count = 43;
    sw_experiment_dump_yaml(&text, e, false);
    cr_assert_eq(sw_experiment_load_run(&read, scratch_write("b.yaml", text.text), NULL), SW_OK, "%s",
                 sw_error_message());
    sw_experiment_dump_yaml(&again, read, false);
    cr_expect_eq(read->runtime.conv_layers.count, 43);
    cr_expect_str_eq(text.text, again.text);
    sw_str_deinit(&text);
    sw_str_deinit(&again);
    sw_experiment_destroy(read);
    sw_experiment_destroy(e);

    e = LOADED(SMALL_MODEL, "runtime.conv_layers={dc1.seq.0: gemm}", "runtime.conv_layers=none");
    cr_expect_eq(e->runtime.conv_layers.count, 0);
    sw_experiment_destroy(e);
    config_expect_problem(SMALL_MODEL "runtime: {conv_layers: {dc1.seq.0: fast}}\n", NULL, "exp.yaml:4:36: ",
                          "runtime.conv_layers: expected none | mapping of layers to engines");
    config_expect_problem(SMALL_MODEL "runtime: {conv_layers: {dc1.seq.9: gemm}}\n", NULL, "exp.yaml:4:25: ",
                          "runtime.conv_layers: the network has no convolution 'dc1.seq.9'; did you mean "
                          "dc1.seq.0?");
    config_expect_problem(SMALL_MODEL "runtime: {conv_layers: {dc1.seq.1: gemm}}\n", NULL, "exp.yaml:4:25: ",
                          "runtime.conv_layers: the network has no convolution 'dc1.seq.1'"); /* a norm */
    config_expect_problem(SMALL_MODEL "runtime: {conv_layers: {nowhere: gemm}}\n", NULL, "exp.yaml:4:25: ",
                          "runtime.conv_layers: the network has no convolution 'nowhere'; segwork describe");
    config_expect_problem(SMALL_MODEL "runtime: {conv_layers: gemm}\n", NULL, "exp.yaml:4:24: ",
                          "runtime.conv_layers: expected none | mapping of layers to engines");
}

Test(config_values, class_weights_are_numbers_a_rule_or_none)
{
    sw_experiment *e = LOADED(SMALL_MODEL, "loss.class_weights=[1, 0.5, 2]");
    cr_expect(!e->loss.items[0].attrs.median_frequency && e->loss.items[0].attrs.class_weight_count == 3 &&
              e->loss.items[0].attrs.class_weights[1] == 0.5f);
    sw_experiment_destroy(e);
    e = LOADED(SMALL_MODEL, "loss.class_weights=median_frequency");
    cr_expect(e->loss.items[0].attrs.median_frequency && e->loss.items[0].attrs.class_weight_count == 0);
    sw_experiment_destroy(e);
    e = LOADED(SMALL_MODEL, "loss.class_weights=[1, 2, 3]", "loss.class_weights=none");
    cr_expect(!e->loss.items[0].attrs.median_frequency && e->loss.items[0].attrs.class_weight_count == 0);
    sw_experiment_destroy(e);
}

Test(config_values, named_grid_images_decide_how_many_there_are)
{
    sw_experiment *e = LOADED(SMALL_MODEL "grid: {names: [Abyssinian_1, pug_7]}\n");
    cr_expect(e->grid.count == 2 && e->grid.name_count == 2);
    cr_expect_str_eq(e->grid.names[1], "pug_7");
    sw_experiment_destroy(e);
}

Test(config_values, a_single_wrong_value_is_named_with_place_expectation_and_finding)
{
    static const struct {
        const char *lines, *place, *words;
    } cases[] = {
        {"train:\n  epochs: many\n",
         "exp.yaml:5:11: ", "train.epochs: expected integer in 1..1000000, found 'many'"},
        {"train: {epochs: 0}\n",
         "exp.yaml:4:17: ", "train.epochs: expected integer in 1..1000000, found '0'"},
        {"train: {epochs: 1.5}\n", "exp.yaml:4:17: ", "train.epochs: expected integer"},
        {"train: {epoch: 3}\n",
         "exp.yaml:4:9: ", "unknown key 'train.epoch'; the nearest known key is 'train.epochs'"},
        {"lr: 1\n", "exp.yaml:4:1: ", "unknown key 'lr'; the nearest known key is 'optimizer.lr'"},
        {"optimiser: {lr: 1}\n",
         "exp.yaml:4:1: ", "unknown key 'optimiser'; the nearest known key is 'optimizer'"},
        {"train: {lr: 1}\n",
         "exp.yaml:4:9: ", "unknown key 'train.lr'; the nearest known key is 'optimizer.lr'"},
        {"includes: [x.yaml]\n",
         "exp.yaml:4:1: ", "unknown key 'includes'; the nearest known key is 'include'"},
        {"loss: {kind: focus}\n", "exp.yaml:4:14: ", "loss.kind: expected cross_entropy | focal | dice"},
        {"loss: {class_weights: sometimes}\n",
         "exp.yaml:4:23: ", "loss.class_weights: expected none | median_frequency"},
        {"loss: {class_weights: [1, x, 3]}\n", "exp.yaml:4:27: ", "loss.class_weights: expected none"},
        {"loss: {class_weights: [1, -1, 3]}\n", "exp.yaml:4:27: ", "loss.class_weights: expected none"},
        {"loss: {class_weights: []}\n", "exp.yaml:4:23: ", "loss.class_weights: expected none"},
        {"augment: {hflip: 1.5}\n", "exp.yaml:4:18: ", "augment.hflip: expected number in 0..1, found '1.5'"},
        {"augment: {hue: 0.6}\n", "exp.yaml:4:16: ", "augment.hue: expected number in 0..0.5, found '0.6'"},
        {"augment: {scale: 2}\n", "exp.yaml:4:18: ", "augment.scale: expected [low, high]"},
        {"augment: {scale: [2, 1]}\n", "exp.yaml:4:18: ", "augment.scale: expected [low, high]"},
        {"augment: {scale: [0, 1]}\n", "exp.yaml:4:19: ", "augment.scale: expected [low, high], two numbers"},
        {"augment: {scale: [1, much]}\n",
         "exp.yaml:4:22: ", "augment.scale: expected [low, high], two numbers"},
        {"augment: {cutout_count: 9}\n",
         "exp.yaml:4:25: ", "augment.cutout_count: expected integer in 1..8, found '9'"},
        {"data: {normalize: imagenet}\n",
         "exp.yaml:4:19: ", "data.normalize: expected none | {mean: [r, g, b]"},
        {"data: {normalize: {mean: [0, 0, 0]}}\n",
         "exp.yaml:4:19: ", "data.normalize: expected none | {mean:"},
        {"data: {normalize: {mean: [0, 0], std: [1, 1, 1]}}\n",
         "exp.yaml:4:26: ", "data.normalize: expected"},
        {"data: {normalize: {mean: [124, 116, 104], std: [58, 57, 57]}}\n",
         "exp.yaml:4:27: ", "data.normalize: expected a number from 0 to 1, since colours are 0 to 1 here"},
        {"data: {normalize: {mean: [0, 0, 0], std: [1, 0, 1]}}\n",
         "exp.yaml:4:46: ", "data.normalize: expected a number from 0.001 to 1"},
        {"optimizer: {lr: 0}\n",
         "exp.yaml:4:17: ", "optimizer.lr: expected number > 0, at most 100, found '0'"},
        {"data: {root: [a]}\n", "exp.yaml:4:14: ", "data.root: expected text, found a list of 1"},
        {"data: 5\n", "exp.yaml:4:7: ", "data: expected mapping, found '5'"},
        {"data:\nseed: 1\n", "exp.yaml:4:6: ", "data: expected mapping, found nothing"},
        {"seed: -1\n", "exp.yaml:4:7: ", "seed: expected integer in 0..9007199254740991, found '-1'"},
        {"seed: 1\nseed: 2\n", "exp.yaml:5:1: ", "duplicate key 'seed'; the first is at line 4"},
        {"data: {size: *big}\n", "exp.yaml:4:14: ", "unknown alias '*big'"},
        {"data: {size: 64\n", "exp.yaml:5:1: ", "did not find expected ',' or '}'"},
        {"train: {shuffle: yes}\n", "exp.yaml:4:18: ", "train.shuffle: expected true | false, found 'yes'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[600];
        snprintf(text, sizeof text, "%s%s", SMALL_MODEL, cases[i].lines);
        config_expect_problem(text, NULL, cases[i].place, cases[i].words);
    }
    config_expect_problem("seed: 1\n", NULL,
                          "exp.yaml:1:1: ", "model: has neither layers nor encoder and decoder");
    config_expect_problem("model:\n  encoder: []\n", NULL,
                          "exp.yaml:2:3: ", "model: has neither layers nor encoder and decoder");
    config_expect_problem("model:\n  encoder: [{width: 3}]\n", NULL,
                          "exp.yaml:2:13: ", "model.encoder.0.convs is missing: expected integer in 1..8");
    config_expect_problem("", NULL, "exp.yaml:1:1: ", "expected a mapping of keys to values, found nothing");
    config_expect_problem("- a\n", NULL,
                          "exp.yaml:1:1: ", "expected a mapping of keys to values, found a list");
    config_expect_problem("word\n", NULL,
                          "exp.yaml:1:1: ", "expected a mapping of keys to values, found a single");
}

#define STAGES(encoder, decoder) "model:\n  encoder: [" encoder "]\n  decoder: [" decoder "]\n"

Test(config_values, values_that_do_not_fit_each_other_are_named_at_their_place)
{
    static const struct {
        const char *text, *place, *words;
    } cases[] = {
        {STAGES("{convs: 1, width: 4}, {convs: 1, width: 8}", "{unpool_from: 2, convs: 1, width: 0}"),
         "exp.yaml:3:12: ", "model.decoder: expected 2 stages, one for each encoder stage, found 1"},
        {STAGES("{convs: 1, width: 4}, {convs: 1, width: 8}",
                "{unpool_from: 1, convs: 1, width: 4}, {unpool_from: 2, convs: 1, width: 0}"),
         "exp.yaml:3:27: ", "model.decoder.0.unpool_from: expected 2, found 1: the decoder must undo"},
        {STAGES("{convs: 1, width: 4}", "{unpool_from: 3, convs: 1, width: 0}"),
         "exp.yaml:3:27: ", "model.decoder.0.unpool_from: there is no encoder stage 3; the encoder has 1"},
        {STAGES("{convs: 1, width: 4}, {convs: 1, width: 8}",
                "{unpool_from: 2, convs: 1, width: 5}, {unpool_from: 1, convs: 1, width: 0}"),
         "exp.yaml:3:47: ",
         "model.decoder.0.width: 5 channels leave this stage, but the next one (uc1) unpools with "
         "the offsets of encoder stage 1, whose width is 4"},
        {STAGES("{convs: 1, width: 4, pool: average}", "{unpool_from: 1, convs: 1, width: 0}"),
         "exp.yaml:3:13: ",
         "model.decoder.0.up: 'unpool' needs the offsets of a max pool, but encoder stage 1 pools by "
         "average"},
        {STAGES("{convs: 1, width: 4}, {convs: 1, width: 8}",
                "{unpool_from: 2, convs: 1, width: 0}, {unpool_from: 1, convs: 1, width: 0}"),
         "exp.yaml:3:47: ", "model.decoder.0.width: 0 (as many as classes) is for the last stage only"},
        {STAGES("{convs: 1, width: 4}", "{unpool_from: 1, convs: 1, width: 4}"), "exp.yaml:3:47: ",
         "model.decoder.0.width: the last stage must end in one channel a class: 0 or 3, found 4"},
        {STAGES("{convs: 1, width: 4, kernel: 4}", "{unpool_from: 1, convs: 1, width: 0}"),
         "exp.yaml:2:42: ", "model.encoder.0.kernel: 4 is even"},
        {STAGES("{convs: 1, width: 4, kernel: 9}", "{unpool_from: 1, convs: 1, width: 0}"),
         "exp.yaml:2:42: ", "model.encoder.0.kernel: expected integer in 1..7, found '9'"},
        {STAGES("{convs: 1, width: 4}", "{unpool_from: 1, convs: 1, width: 0, kernel: 2}"),
         "exp.yaml:3:58: ", "model.decoder.0.kernel: 2 is even"},
        {SMALL_MODEL "data: {size: 3}\n", "exp.yaml:4:14: ", "data.size: 3 pixels a side are too few"},
        {SMALL_MODEL "data: {size: [90, 2]}\n", "exp.yaml:4:14: ",
         "data.size: 2 pixels a side are too few: each of the 2 encoder stages halves them and must leave "
         "one; "
         "the smallest size that works is 4"},
        {SMALL_MODEL "data: {size: [90, 4097]}\n",
         "exp.yaml:4:19: ", "data.size: expected integer in 1..4096 | [height, width], found '4097'"},
        {SMALL_MODEL "data: {size: [90]}\n",
         "exp.yaml:4:14: ", "data.size: expected integer in 1..4096 | [height, width], found a list"},
        {SMALL_MODEL "data: {size: 45.5}\n",
         "exp.yaml:4:14: ", "data.size: expected integer in 1..4096 | [height, width], found '45.5'"},
        {SMALL_MODEL "loss: {class_weights: [1, 2]}\n",
         "exp.yaml:4:23: ", "loss.class_weights: expected 3 numbers, one a class, found 2"},
        {SMALL_MODEL "loss: {class_weights: [0, 0, 0]}\n",
         "exp.yaml:4:23: ", "loss.class_weights: at least one"},
        {SMALL_MODEL "loss: {class_weights: [0, 1, 0], ignore_index: 1}\n",
         "exp.yaml:4:23: ", "loss.class_weights: at least one class that counts"},
        {SMALL_MODEL "schedule: {kind: cosine, min_lr: 0.1}\n",
         "exp.yaml:4:34: ", "schedule.min_lr: 0.1 is above optimizer.lr, 0.001"},
        {SMALL_MODEL "schedule: {warmup_epochs: 20}\n",
         "exp.yaml:4:27: ", "schedule.warmup_epochs: 20 epochs of warm-up"},
        {SMALL_MODEL "optimizer: {kind: sgd, momentum: 0, nesterov: true}\n",
         "exp.yaml:4:47: ", "optimizer.nesterov: needs optimizer.momentum above 0"},
        {SMALL_MODEL "grid: {count: 3, names: [a, b]}\n",
         "exp.yaml:4:15: ", "grid.count: 3, but grid.names lists 2"},
        {SMALL_MODEL "name: ../escape\n", "exp.yaml:4:7: ", "name: '../escape' must be a plain file name"},
        {SMALL_MODEL "name: .hidden\n", "exp.yaml:4:7: ", "name: '.hidden' must be a plain file name"},
        {SMALL_MODEL "name: -x\n", "exp.yaml:4:7: ", "name: '-x' must be a plain file name"},
        {SMALL_MODEL "data: {val_split: ../../etc/passwd}\n",
         "exp.yaml:4:19: ", "data.val_split: '../../etc/passwd' must"},
        {SMALL_MODEL "data: {root: ''}\n",
         "exp.yaml:4:14: ", "data.root: expected a folder, found an empty text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        config_expect_problem(cases[i].text, NULL, cases[i].place, cases[i].words);
    const char *const two[] = {"model.classes=2", NULL};
    config_expect_problem(SMALL_MODEL, two,
                          "--set model.classes=2: ", "model.classes: 2, but the data has 3 classes");
    /* the trainer counts each class of the masks, also where one is ignored */
    const char *const ignored[] = {"model.classes=2", "loss.ignore_index=2", NULL};
    config_expect_problem(SMALL_MODEL, ignored,
                          "--set model.classes=2: ", "model.classes: 2, but the data has 3 classes");
    const char *const four[] = {"model.classes=4", NULL};
    config_expect_problem(SMALL_MODEL, four,
                          "--set model.classes=4: ", "model.classes: 4, but the data has 3 classes");
    sw_experiment_destroy(LOADED(SMALL_MODEL, "model.classes=3", "loss.ignore_index=2"));
}

Test(config_values, a_metric_to_judge_by_is_a_column_of_the_clean_validation_that_is_defined)
{
    static const struct {
        const char *text, *place, *words;
    } cases[] = {
        {SMALL_MODEL "train: {save_best: pixel_acuracy}\n", "exp.yaml:4:20: ",
         "train.save_best: there is no metric 'pixel_acuracy'; did you mean pixel_accuracy?"},
        {SMALL_MODEL "train: {save_best: beauty}\n", "exp.yaml:4:20: ",
         "train.save_best: there is no metric 'beauty'; it is a column of metrics.csv, such as miou"},
        {SMALL_MODEL "train: {save_best: train_loss}\n",
         "exp.yaml:4:20: ", "train.save_best: 'train_loss' is no figure of the clean validation"},
        {SMALL_MODEL "train: {early_stop: {metric: article_iou}}\n",
         "exp.yaml:4:30: ", "train.early_stop.metric: 'article_iou' is no figure of the clean validation"},
        {SMALL_MODEL "loss: {ignore_index: 2}\ntrain: {save_best: iou_border}\n", "exp.yaml:5:20: ",
         "train.save_best: 'iou_border' is never defined, since loss.ignore_index: 2 leaves out the pixels "
         "of "
         "border; take another metric, such as miou"},
        {SMALL_MODEL "loss: {ignore_index: 2}\ntrain: {early_stop: {metric: border_recall}}\n",
         "exp.yaml:5:30: ", "train.early_stop.metric: 'border_recall' is never defined"},
        {SMALL_MODEL "loss: {ignore_index: 0}\ntrain: {save_best: boundary_f1_pet}\n",
         "exp.yaml:5:20: ", "train.save_best: 'boundary_f1_pet' is never defined"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        config_expect_problem(cases[i].text, NULL, cases[i].place, cases[i].words);
    static const char *const good[] = {"miou",     "iou_border", "boundary_f1_pet", "precision_border",
                                       "val_loss", "iou",        "class_accuracy",  "border_recall"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char set[64];
        snprintf(set, sizeof set, "train.save_best=%s", good[i]);
        sw_experiment_destroy(LOADED(SMALL_MODEL, set, "loss.ignore_index=1"));
    }
}

Test(config_values, all_problems_of_an_experiment_are_listed_at_once)
{
    sw_experiment *e = NULL;
    const char *path =
        scratch_write("exp.yaml", SMALL_MODEL "train: {epochs: x}\nsede: 1\naugment: {hflip: 2}\n");
    cr_expect_eq(sw_experiment_load(&e, path, NULL), SW_E_CONFIG);
    const char *message = sw_error_message();
    cr_expect_eq(strncmp(message, "3 problems:\n", 12), 0, "%s", message);
    cr_expect_not_null(strstr(message, "exp.yaml:4:17: train.epochs"));
    cr_expect_not_null(strstr(message, "exp.yaml:5:1: unknown key 'sede'; the nearest known key is 'seed'"));
    cr_expect_not_null(strstr(message, "exp.yaml:6:18: augment.hflip"));
}

Test(config_values, the_workspace_suits_the_device_unless_it_is_named)
{
    sw_experiment *e = LOADED(SMALL_MODEL, "seed=1"), *named = LOADED(SMALL_MODEL, "runtime.workspace_mb=7");
    const sw_device_info cpu = {.type = CL_DEVICE_TYPE_CPU, .global_bytes = 1ull << 40},
                         small = {.type = CL_DEVICE_TYPE_GPU, .global_bytes = 1ull << 30},
                         gpu = {.type = CL_DEVICE_TYPE_GPU, .global_bytes = 8ull << 30},
                         large = {.type = CL_DEVICE_TYPE_GPU, .global_bytes = 1ull << 40};
    const size_t mib = 1 << 20;
    cr_expect_eq(sw_workspace_cap_bytes(e, NULL), 64 * mib);
    cr_expect_eq(sw_workspace_cap_bytes(e, &cpu), 64 * mib);
    cr_expect_eq(sw_workspace_cap_bytes(e, &small), 64 * mib);
    cr_expect_eq(sw_workspace_cap_bytes(e, &gpu), 128 * mib);
    cr_expect_eq(sw_workspace_cap_bytes(e, &large), 1024 * mib);
    cr_expect_eq(sw_workspace_cap_bytes(named, &large), 7 * mib);
    sw_experiment_destroy(e);
    sw_experiment_destroy(named);
}
