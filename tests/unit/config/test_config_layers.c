/* model.layers and model.blocks: what they become, and what is said of wrong ones. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config_case.h"
#include "ops/ops.h"
#include "scratch.h"

TestSuite(config_layers, .init = scratch_create, .fini = scratch_remove);

static const sw_layer *layer(const sw_experiment *e, int i, const char *name, const char *from)
{
    cr_assert_lt(i, e->model.layers.count);
    const sw_layer *found = &e->model.layers.list[i];
    cr_expect_str_eq(found->name, name);
    cr_expect_str_eq(found->from[0], from, "'%s' reads '%s', not '%s'", name, found->from[0], from);
    return found;
}

Test(config_layers, each_reads_the_one_before_unless_it_names_another)
{
    sw_experiment *e = LOADED("model:\n"
                              "  layers:\n"
                              "    - {name: a, op: conv2d, width: 8, kernel: 5, bias: true}\n"
                              "    - {op: batchnorm, relu: true}\n"
                              "    - {name: p, op: max_pool}\n"
                              "    - {name: u, op: max_unpool, from: [before, p.offsets]}\n"
                              "    - {op: conv2d, width: 0, from: [u]}\n");
    cr_expect_eq(e->model.layers.count, 5);
    const sw_layer *a = layer(e, 0, "a", "images");
    const sw_conv2d_attrs *conv = a->attrs;
    cr_expect(a->op == &sw_op_conv2d && conv->out_channels == 8 && conv->kernel == 5 && conv->bias);
    cr_expect(((const sw_batchnorm_attrs *)layer(e, 1, "layers.1", "a")->attrs)->relu);
    layer(e, 2, "p", "layers.1");
    const sw_layer *unpool = layer(e, 3, "u", "p");
    cr_expect_eq(unpool->from_count, 2);
    cr_expect_str_eq(unpool->from[1], "p.offsets");
    layer(e, 4, "layers.4", "u");
    sw_experiment_destroy(e);
}

Test(config_layers, a_block_is_written_out_under_the_name_of_the_layer_that_uses_it)
{
    sw_experiment *e = LOADED("model:\n"
                              "  blocks:\n"
                              "    one: [{op: conv2d, width: $width}, {name: n, op: batchnorm, relu: true}]\n"
                              "    two: [{block: one, width: $width}, {name: b, block: one, width: $last}]\n"
                              "  layers:\n"
                              "    - {name: e, block: two, width: 4, last: 6}\n"
                              "    - {op: max_pool}\n"
                              "    - {op: upsample, like: e}\n"
                              "    - {name: out, op: conv2d, width: 0, from: before}\n");
    cr_expect_eq(e->model.layers.count, 7);
    layer(e, 0, "e.0.0", "images");
    layer(e, 1, "e.0.n", "e.0.0");
    const sw_layer *inner = layer(e, 2, "e.b.0", "e.0.n");
    cr_expect_eq(((const sw_conv2d_attrs *)inner->attrs)->out_channels, 6);
    layer(e, 3, "e.b.n", "e.b.0");
    layer(e, 4, "layers.1", "e.b.n");
    cr_expect_str_eq(layer(e, 5, "layers.2", "layers.1")->like, "e.b.n");
    layer(e, 6, "out", "layers.2");
    sw_experiment_destroy(e);
}

Test(config_layers, a_name_is_looked_for_in_the_block_first_and_then_around_it)
{
    sw_experiment *e =
        LOADED("model:\n"
               "  blocks:\n"
               "    up: [{name: a, op: upsample, like: $skip}, {op: conv2d, width: 4, from: a},\n"
               "         {op: batchnorm, from: before}]\n"
               "  layers:\n"
               "    - {name: a, op: conv2d, width: 4}\n"
               "    - {op: max_pool}\n"
               "    - {name: top, block: up, skip: images}\n"
               "    - {name: out, op: conv2d, width: 0}\n");
    layer(e, 2, "top.a", "layers.1");
    layer(e, 3, "top.1", "top.a");
    layer(e, 5, "out", "top.2");
    sw_experiment_destroy(e);
}

Test(config_layers, a_name_that_a_block_is_given_means_what_it_means_where_it_is_given)
{
    sw_experiment *e = LOADED("model:\n"
                              "  blocks:\n"
                              "    in: [{name: a, op: upsample, like: $size}]\n"
                              "    up: [{name: a, op: conv2d, width: 4}, {name: b, block: in, size: $skip},\n"
                              "         {op: batchnorm, from: b}]\n"
                              "  layers:\n"
                              "    - {name: a, op: conv2d, width: 4}\n"
                              "    - {op: max_pool}\n"
                              "    - {name: top, block: up, skip: a}\n"
                              "    - {name: out, op: conv2d, width: 0}\n");
    cr_expect_str_eq(layer(e, 3, "top.b.a", "top.a")->like, "a");
    sw_experiment_destroy(e);
    e = LOADED(
        "model:\n"
        "  blocks: {join: [{name: a, op: relu}, {op: add, from: $with}, {op: add, from: [before, a]}]}\n"
        "  layers:\n"
        "    - {name: a, op: conv2d, width: 4}\n"
        "    - {name: b, op: conv2d, width: 4}\n"
        "    - {name: j, block: join, with: [a, b]}\n"
        "    - {name: out, op: conv2d, width: 0}\n");
    layer(e, 3, "j.1", "a");
    sw_experiment_destroy(e);
}

Test(config_layers, what_is_written_reads_back_to_the_same)
{
    const char *text = "model:\n"
                       "  blocks: {c: [{op: conv2d, width: $w, bias: true}]}\n"
                       "  layers: [{name: \"a\", block: c, w: 16}, {name: out, op: conv2d, width: 0}]\n";
    sw_experiment *e = LOADED(text);
    sw_str first = {0}, second = {0};
    sw_experiment_dump_yaml(&first, e, false);
    sw_experiment *again = LOADED(first.text);
    sw_experiment_dump_yaml(&second, again, false);
    cr_expect_str_eq(first.text, second.text);
    cr_expect_eq(again->model.layers.count, 2);
    sw_str_deinit(&first);
    sw_str_deinit(&second);
    sw_experiment_destroy(e);
    sw_experiment_destroy(again);
}

Test(config_layers, the_later_of_two_forms_of_a_model_replaces_the_earlier)
{
    scratch_write("stages.yaml", SMALL_MODEL "  head: plain\n  bias: true\n");
    scratch_write("layers.yaml", "model: {layers: [{name: out, op: conv2d, width: 0}]}\n");
    sw_experiment *e = LOADED("include: [stages.yaml, layers.yaml]\n");
    cr_expect(e->model.layers.count == 1 && e->model.encoder_count == 0 && !e->model.bias);
    sw_experiment_destroy(e);
    e = LOADED("include: [layers.yaml, stages.yaml]\n");
    cr_expect(e->model.layers.count == 0 && e->model.encoder_count == 2 && e->model.bias);
    sw_experiment_destroy(e);
    /* a block may be called as the keys of the other form are */
    scratch_write("block.yaml", "model: {blocks: {encoder: [{op: relu}], head: [{op: conv2d, width: 0}]}}\n");
    e = LOADED("include: block.yaml\nmodel:\n  blocks: {layers: [{block: encoder}, {block: head}]}\n"
               "  layers: [{block: layers}]\n");
    cr_expect_eq(e->model.layers.count, 2);
    sw_experiment_destroy(e);
    config_expect_problem(
        SMALL_MODEL "  layers: [{name: out, op: conv2d, width: 0}]\n", NULL,
        "exp.yaml:4:11: ", "model.layers: a network has layers, or encoder and decoder, not both");
    config_expect_problem("include: layers.yaml\nmodel: {head: plain}\n", NULL,
                          "exp.yaml:2:15: ", "model.head: is for encoder and decoder");
}

typedef struct mistake {
    const char *layers; /* from line 3 on */
    const char *place, *words;
} mistake;

#define OUT "  - {name: out, op: conv2d, width: 0}\n"

Test(config_layers, wrong_graphs_are_refused_with_the_line_both_shapes_and_a_remedy)
{
    static const mistake mistakes[] = {
        {"  - {name: stem, op: conv2d, width: 4}\n  - {op: conv2d, width: 0, from: sten}\n",
         "exp.yaml:4:34: ", "there is no layer 'sten'; did you mean 'stem'?"},
        {"  - {name: a, op: conv2d, width: 4, from: b}\n  - {name: b, op: conv2d, width: 0, from: a}\n",
         "exp.yaml:3:43: ", "there is no layer 'b' before this one: it is written in line 4"},
        {"  - {name: a, op: conv2d, width: 4, from: a}\n" OUT,
         "exp.yaml:3:43: ", "there is no layer 'a' before this one"},
        {"  - {name: a, op: conv2d, width: 4}\n  - {name: a, op: conv2d, width: 0}\n",
         "exp.yaml:4:12: ", "two layers have the name 'a'; the other one is in line 3"},
        {"  - {name: a, op: conv2d, width: 4}\n  - {name: out, op: conv2d, width: 0, from: images}\n",
         "exp.yaml:3:5: ", "nothing reads layer 'a'"},
        {"  - {name: out, op: conv2d, width: 4}\n",
         "exp.yaml:3:5: ", "the network ends in 64x64 with 4 channels, not 64x64 with 3 classes"},
        {"  - {op: max_pool}\n" OUT,
         "exp.yaml:4:5: ", "the network ends in 32x32 with 3 channels, not 64x64"},
        {"  - {name: p, op: max_pool}\n  - {op: conv2d, width: 20}\n"
         "  - {op: max_unpool, from: [before, p.offsets]}\n" OUT,
         "exp.yaml:5:5: ",
         "max_unpool 'layers.2': offsets 'p.offsets' of shape (1,32,32,1) do not fit 'layers.1' of shape "
         "(1,32,32,20)"},
        {"  - {op: max_pool, from: [images, images]}\n" OUT,
         "exp.yaml:3:5: ", "max_pool 'layers.0': takes 1 input, got 2"},
        {"  - {op: conv3d, width: 4}\n" OUT,
         "exp.yaml:3:10: ", "there is no op 'conv3d'; did you mean conv2d?"},
        {"  - {op: cross_entropy}\n" OUT, "exp.yaml:3:10: ", "there is no op 'cross_entropy'"},
        {"  - {op: conv2d, widht: 4}\n" OUT,
         "exp.yaml:3:18: ", "unknown key 'widht'; the nearest known key is 'width'"},
        {"  - {op: conv2d}\n" OUT, "exp.yaml:3:5: ", "width is missing: expected integer in 0..4096"},
        {"  - {op: conv2d, width: 4, kernel: 4}\n" OUT,
         "exp.yaml:3:5: ", "conv2d 'layers.0': the window side is 4"},
        {"  - {op: max_pool, size: 3}\n" OUT, "exp.yaml:3:20: ", "unknown key 'size'"},
        {"  - {op: max_pool, like: images}\n" OUT,
         "exp.yaml:3:5: ", "max_pool 'layers.0': its size follows from its input"},
        {"  - {name: a.b, op: conv2d, width: 4}\n" OUT, "exp.yaml:3:12: ", "name: expected letters, digits"},
        {"  - {name: before, op: conv2d, width: 4}\n" OUT,
         "exp.yaml:3:12: ", "name: expected letters, digits"},
        {"  - {width: 4}\n" OUT, "exp.yaml:3:5: ", "a layer has an op (op: conv2d) or is a block"},
        {"  - {block: nine}\n" OUT, "exp.yaml:3:13: ", "there is no block 'nine' in model.blocks"},
        {"  - 7\n" OUT, "exp.yaml:3:5: ", "expected a layer: {op: conv2d, width: 16}"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        snprintf(text, sizeof text, "model:\n  layers:\n%sdata: {size: 64}\n", mistakes[i].layers);
        config_expect_problem(text, NULL, mistakes[i].place, mistakes[i].words);
    }
}

Test(config_layers, wrong_blocks_are_refused_where_they_are_used_or_written)
{
    static const mistake mistakes[] = {
        {"    b: [{op: conv2d, width: $width}]\n  layers: [{block: b}, {name: out, op: conv2d, width: 0}]\n",
         "exp.yaml:4:12: ", "block 'b' needs 'width', which it uses as $width"},
        {"    b: [{op: batchnorm}]\n  layers: [{block: b, with: 3}, {name: out, op: conv2d, width: 0}]\n",
         "exp.yaml:4:23: ", "unknown key 'with': nothing in block 'b' uses $with"},
        {"    b: [{block: b}]\n  layers: [{block: b}, {name: out, op: conv2d, width: 0}]\n",
         "exp.yaml:3:17: ", "blocks within blocks, more than 8 deep: 'b' may use itself"},
        {"    b: 3\n  layers: [{block: b}, {name: out, op: conv2d, width: 0}]\n",
         "exp.yaml:3:8: ", "model.blocks.b: expected a list of layers"},
        {"    b: [{op: conv2d, width: $w}]\n  layers: [{block: b, w: wide}, {name: out, op: conv2d, width: "
         "0}]\n",
         "exp.yaml:4:26: ", "width: expected integer in 0..4096, found 'wide'"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        snprintf(text, sizeof text, "model:\n  blocks:\n%s", mistakes[i].layers);
        config_expect_problem(text, NULL, mistakes[i].place, mistakes[i].words);
    }
}
