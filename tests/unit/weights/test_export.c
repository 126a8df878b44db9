/* Weights for other programs. Values are checked by other programs too: tests/golden/check_export.py. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "exported.h"
#include "graph_weights.h"
#include "scratch.h"

TestSuite(export, .init = scratch_create, .fini = scratch_remove);

enum { SIZE_PX = 8 };

static const sw_loss_config loss = SW_ONE_LOSS(CROSS_ENTROPY, .ignore_index = -1);

/* Two stages; the second is of separable convolutions and pools by average. */
static sw_model small_model(sw_size size)
{
    const sw_model_config config = {
        .name = "small",
        .classes = 3,
        .input_norm = true,
        .norm_eps = 1e-3f,
        .norm_momentum = 0.1f,
        .head = SW_HEAD_PLAIN,
        .encoder_count = 2,
        .decoder_count = 2,
        .encoder =
            {{.convs = 1, .width = 4, .kernel = 3},
             {.convs = 1, .width = 6, .kernel = 5, .conv = SW_CONV_SEPARABLE, .pool = SW_POOL_AVERAGE}},
        .decoder = {{.unpool_from = 2, .convs = 1, .width = 4, .kernel = 3, .up = SW_UP_NEAREST},
                    {.unpool_from = 1, .convs = 2, .width = 0, .kernel = 3}},
    };
    const sw_model_options options = {.batch = 1, .size = size};
    sw_model model;
    cr_assert_eq(sw_model_build(&model, &config, &loss, &options, NULL), SW_OK, "%s", sw_error_message());
    return model;
}

/* --- ONNX -------------------------------------------------------------------------------- */

static exported export_unpooled(sw_size size, bool fold, sw_onnx_unpool unpool)
{
    return exported_of(small_model(size), fold, unpool);
}

static exported export_sized(sw_size size, bool fold)
{
    return export_unpooled(size, fold, SW_ONNX_UNPOOL_MAX);
}

static exported export_small(bool fold)
{
    return export_sized(sw_size_square(SIZE_PX), fold);
}

static void expect_shape(const exported *e, int field, const char *name, int64_t channels, sw_size size)
{
    wire_message info = wire_message_at(e->graph, field, 0);
    cr_expect_eq(wire_count(e->graph, field), 1);
    cr_expect(wire_text_is(info, 1, 0, name));
    wire_message tensor = wire_message_at(wire_message_at(info, 2, 0), 1, 0);
    wire_message shape = wire_message_at(tensor, 2, 0);
    cr_expect_eq(wire_int(tensor, 1, 0), 1);
    cr_assert_eq(wire_count(shape, 1), 4);
    cr_expect(wire_text_is(wire_message_at(shape, 1, 0), 2, 0, "batch"));
    const int64_t sides[] = {channels, size.height, size.width};
    for (size_t i = 0; i < 3; i++) cr_expect_eq(wire_int(wire_message_at(shape, 1, i + 1), 1, 0), sides[i]);
}

Test(export, an_onnx_graph_is_complete_and_in_order_folded_or_not)
{
    for (int fold = 0; fold < 2; fold++) {
        exported e = export_small(fold);
        cr_expect_eq(wire_int(e.all, 1, 0), 8);
        cr_expect(wire_text_is(e.all, 2, 0, "segwork"));
        cr_expect_eq(wire_int(wire_message_at(e.all, 8, 0), 2, 0), 15);
        cr_expect(wire_text_is(wire_message_at(e.all, 14, 0), 1, 0, "input"));
        cr_expect(wire_text_is(wire_message_at(e.all, 14, 0), 2, 0, "RGB"));
        expect_shape(&e, 11, "images", 3, sw_size_square(SIZE_PX));
        expect_shape(&e, 12, "logits", 3, sw_size_square(SIZE_PX));
        expect_connected(&e);
        /* dc1, dc2 (two), uc2, uc1 (two); bn_input and a norm after all but the last */
        cr_expect_eq(nodes_of(&e, "Conv"), 6);
        cr_expect_eq(nodes_of(&e, "BatchNormalization"), fold ? 1 : 5);
        cr_expect_eq(nodes_of(&e, "Relu"), 4);
        cr_expect_eq(nodes_of(&e, "MaxPool"), 1);
        cr_expect_eq(nodes_of(&e, "MaxUnpool"), 1);
        cr_expect_eq(nodes_of(&e, "AveragePool"), 1);
        cr_expect_eq(nodes_of(&e, "Resize"), 1);
        exported_dispose(&e);
    }
}

Test(export, onnx_attributes_say_what_the_layers_are)
{
    exported e = export_small(false);
    wire_message depthwise = node_named(&e, "dc2.seq.0.depthwise");
    expect_ints(depthwise, "kernel_shape", 2, 5);
    expect_ints(depthwise, "pads", 4, 2);
    cr_expect_eq(wire_int(attribute_named(depthwise, "group"), 3, 0), 4);
    cr_expect_eq(wire_int(attribute_named(depthwise, "group"), 20, 0), 2);
    wire_message pointwise = node_named(&e, "dc2.seq.0.pointwise");
    expect_ints(pointwise, "kernel_shape", 2, 1);
    expect_ints(pointwise, "pads", 4, 0);
    wire_message epsilon = attribute_named(node_named(&e, "bn_input"), "epsilon");
    cr_expect_eq(wire_float(epsilon, 2, 0), 1e-3f);
    cr_expect_eq(wire_int(epsilon, 20, 0), 1);
    wire_message pool = node_named(&e, "dc1.mp"), unpool = node_named(&e, "uc1.mup");
    expect_ints(pool, "kernel_shape", 2, 2);
    expect_ints(pool, "strides", 2, 2);
    cr_expect_eq(wire_count(pool, 2), 2);
    expect_ints(unpool, "kernel_shape", 2, 2);
    expect_ints(unpool, "strides", 2, 2);
    cr_expect(wire_same(wire_message_at(unpool, 1, 1), wire_message_at(pool, 2, 1)),
              "the pool's own indices");
    wire_message last = node_named(&e, "logits");
    cr_expect(wire_text_is(last, 1, 2, "uc1.seq.3.bias"));
    exported_dispose(&e);
}

Test(export, onnx_weights_are_the_file_s_bit_for_bit)
{
    exported e = export_small(false);
    const sw_graph *g = &e.model.graph;
    for (int i = 0; i < g->param_count + g->state_count; i++) {
        bool state = i >= g->param_count;
        const sw_param *p = state ? &g->states[i - g->param_count] : &g->params[i];
        size_t number = (size_t)(state ? 100 + i - g->param_count : i), elems;
        float *values = initializer(&e, p->name, &elems);
        cr_assert_not_null(values, "%s", p->name);
        cr_assert_eq(elems, p->elems);
        for (size_t j = 0; j < elems; j++)
            cr_assert_eq(values[j], graph_weights_value(number, j), "%s", p->name);
        free(values);
    }
    exported_dispose(&e);
}

static size_t number_of(const sw_param *tensors, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(tensors[i].name, name) == 0) return (size_t)i;
    cr_assert_fail("no %s", name);
    return 0;
}

Test(export, folding_multiplies_weights_by_the_norm_s_scale_and_moves_the_rest_into_a_bias)
{
    exported e = export_small(true);
    const sw_graph *g = &e.model.graph;
    size_t w = number_of(g->params, g->param_count, "dc1.seq.0.weight"), weights, biases, unused;
    size_t gamma = number_of(g->params, g->param_count, "dc1.seq.1.weight");
    size_t beta = number_of(g->params, g->param_count, "dc1.seq.1.bias");
    size_t mean = 100 + number_of(g->states, g->state_count, "dc1.seq.1.running_mean");
    size_t var = 100 + number_of(g->states, g->state_count, "dc1.seq.1.running_var");
    float *weight = initializer(&e, "dc1.seq.0.weight", &weights);
    float *bias = initializer(&e, "dc1.seq.0.bias", &biases);
    cr_assert(weight && bias);
    cr_assert(weights == 4 * 27 && biases == 4);
    for (size_t o = 0; o < 4; o++) {
        double scale =
            (double)graph_weights_value(gamma, o) / sqrt((double)graph_weights_value(var, o) + 1e-3);
        for (size_t i = 27 * o; i < 27 * (o + 1); i++)
            cr_assert_float_eq((double)weight[i], scale * (double)graph_weights_value(w, i), 1e-6);
        cr_assert_float_eq(
            (double)bias[o],
            (double)graph_weights_value(beta, o) - scale * (double)graph_weights_value(mean, o), 1e-6);
    }
    cr_expect_null(initializer(&e, "dc1.seq.1.weight", &unused));
    cr_expect(wire_text_is(node_named(&e, "dc1.seq.0"), 1, 2, "dc1.seq.0.bias"));
    free(weight);
    free(bias);
    exported_dispose(&e);
}

Test(export, onnx_of_weights_that_do_not_fit_is_refused_and_no_file_is_made)
{
    const sw_onnx_options options = {0};
    const char *path = scratch_path("m.onnx");
    sw_model model = small_model(sw_size_square(SIZE_PX));
    sw_safetensors_reader *weights = exported_weights(&model.graph, false);
    cr_expect_eq(sw_export_onnx(path, &model, weights, "w.safetensors", &options), SW_E_DATA);
    cr_expect_not_null(strstr(sw_error_message(), "uc1.seq.3.bias is missing"), "%s", sw_error_message());
    sw_safetensors_reader_destroy(weights);
    sw_model_deinit(&model);
    cr_expect_not(sw_fs_exists(path));
}

/* An odd size is not twice the half of it, rounded down: the last row or column is repeated. */
Test(export, onnx_of_an_odd_size_doubles_and_pads)
{
    static const struct {
        sw_size size;
        int64_t rows, columns; /* more, where 1x2, 3x2 and 2x3 are brought back to what was pooled */
    } cases[] = {{{7, 8}, 1, 0}, {{14, 11}, 1, 1}, {{8, 14}, 0, 1}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        exported e = export_sized(cases[c].size, false);
        expect_shape(&e, 11, "images", 3, cases[c].size);
        expect_shape(&e, 12, "logits", 3, cases[c].size);
        expect_connected(&e);
        const int64_t expected[] = {0, 0, 0, 0, 0, 0, cases[c].rows, cases[c].columns};
        wire_message pad = node_named(&e, "uc2.mup"), pads = tensor_named(&e, "uc2.mup.pads");
        cr_expect(wire_text_is(pad, 4, 0, "Pad") && wire_text_is(pad, 1, 1, "uc2.mup.pads"));
        cr_expect(wire_text_is(attribute_named(pad, "mode"), 4, 0, "edge"));
        cr_expect_eq(wire_int(pads, 2, 0), 7);
        cr_assert_eq(wire_message_at(pads, 9, 0).length, sizeof expected);
        cr_expect_arr_eq(wire_message_at(pads, 9, 0).bytes, expected, sizeof expected);
        exported_dispose(&e);
    }
}

Test(export, onnx_unpooling_with_basic_ops_has_no_other_and_pads_an_odd_size_with_zeros)
{
    static const sw_size sizes[] = {{8, 8}, {7, 10}};
    for (int odd = 0; odd < 2; odd++) {
        exported e = export_unpooled(sizes[odd], false, SW_ONNX_UNPOOL_BASIC);
        expect_connected(&e);
        cr_expect_eq(nodes_of(&e, "MaxUnpool"), 0);
        cr_expect_eq(nodes_of(&e, "Shape"), 0);
        cr_expect_eq(nodes_of(&e, "MaxPool"), 4, "the maximum, and three places of its window");
        cr_expect_eq(nodes_of(&e, "Sign"), 3);
        cr_expect_eq(wire_count(node_named(&e, "dc1.mp"), 2), 1, "no indices");
        expect_ints(node_named(&e, "dc1.mp"), "kernel_shape", 2, 2);
        expect_ints(node_named(&e, "dc1.mp.a"), "kernel_shape", 2, 1);
        expect_ints(node_named(&e, "dc1.mp.a"), "strides", 2, 2);
        wire_message last = node_named(&e, "uc1.mup");
        cr_expect(wire_text_is(last, 4, 0, odd ? "Pad" : "Reshape"));
        if (odd) {
            size_t elems;
            float *zero = initializer(&e, "uc1.mup.zero", &elems);
            cr_expect(wire_text_is(attribute_named(last, "mode"), 4, 0, "constant"));
            cr_assert(zero && elems == 1);
            cr_expect_eq(*zero, 0);
            free(zero);
        }
        exported_dispose(&e);
    }
}

/* --- safetensors ------------------------------------------------------------------------- */

Test(export, safetensors_hold_the_weights_with_notes_and_without_what_the_optimiser_keeps)
{
    sw_model model = small_model(sw_size_square(SIZE_PX));
    sw_safetensors_reader *weights = exported_weights(&model.graph, true), *copy;
    const char *path = scratch_path("c.safetensors");
    const sw_checkpoint_note note = {"format", "pt"};
    cr_assert_eq(sw_export_safetensors(path, weights, false, &note, 1), SW_OK);
    cr_assert_eq(sw_safetensors_reader_open(&copy, path), SW_OK);
    cr_expect_str_eq(sw_safetensors_reader_metadata(copy, "format"), "pt");
    cr_expect_eq(sw_safetensors_reader_count(copy), sw_safetensors_reader_count(weights) - 2);
    cr_expect_null(sw_safetensors_reader_find(copy, "optimizer.m.x"));
    cr_expect_null(sw_safetensors_reader_find(copy, "ema.x"));
    cr_expect_eq(sw_checkpoint_check(&model.graph, copy, path), SW_OK);
    const sw_param *p = &model.graph.params[2];
    const sw_safetensors_tensor *t = sw_safetensors_reader_find(copy, p->name);
    float *values = malloc(t->bytes);
    cr_assert_eq(sw_safetensors_reader_read(copy, t, values, t->bytes), SW_OK);
    for (size_t i = 0; i < p->elems; i++) cr_assert_eq(values[i], graph_weights_value(2, i));
    free(values);
    sw_safetensors_reader_destroy(copy);
    sw_safetensors_reader_destroy(weights);
    sw_model_deinit(&model);
}

/* A file with one matrix of one value. */
static sw_safetensors_reader *matrix_of(float value)
{
    const int64_t shape[] = {1, 1};
    const char *path = scratch_path("one.safetensors");
    sw_safetensors_writer *writer;
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_writer_create(&writer), SW_OK);
    cr_assert_eq(sw_safetensors_writer_declare(writer, "w", SW_SAFETENSORS_F32, 2, shape), SW_OK);
    cr_assert_eq(sw_safetensors_writer_begin(writer, path), SW_OK);
    cr_assert_eq(sw_safetensors_writer_put(writer, "w", &value, sizeof value), SW_OK);
    cr_assert_eq(sw_safetensors_writer_finish(writer), SW_OK);
    sw_safetensors_writer_destroy(writer);
    cr_assert_eq(sw_safetensors_reader_open(&reader, path), SW_OK, "%s", sw_error_message());
    return reader;
}

Test(export, a_weight_that_16_bits_do_not_reach_is_refused_and_nothing_is_written)
{
    char *out = strdup(scratch_path("half.safetensors"));
    sw_safetensors_reader *large = matrix_of(65520), *largest = matrix_of(65519);
    cr_expect_eq(sw_export_safetensors(out, large, true, NULL, 0), SW_E_DATA);
    cr_expect_not_null(strstr(sw_error_message(), "tensor 'w' holds 65520, and F16 ends at 65504"));
    cr_expect_not(sw_fs_exists(out));
    cr_expect_eq(sw_export_safetensors(out, largest, true, NULL, 0), SW_OK, "%s", sw_error_message());
    sw_safetensors_reader_destroy(large);
    sw_safetensors_reader_destroy(largest);
    free(out);
}
