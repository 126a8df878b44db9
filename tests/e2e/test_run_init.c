/* A run that starts from given weights. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(run_init, .init = scratch_create, .fini = scratch_remove);

#define TINY "segwork run $SRC/tests/support/tiny.yaml "
/* a step so small that no weight moves, and statistics that stay */
#define STANDING_STILL "--set train.epochs=1 --set optimizer.lr=1e-30 --set model.norm_momentum=0 "

static sw_safetensors_reader *opened(const char *name)
{
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return reader;
}

static void expect_same_tensors(const char *name_a, const char *name_b)
{
    sw_safetensors_reader *a = opened(name_a), *b = opened(name_b);
    cr_assert_eq(sw_safetensors_reader_count(a), sw_safetensors_reader_count(b));
    size_t compared = 0;
    for (size_t i = 0; i < sw_safetensors_reader_count(a); i++) {
        const sw_safetensors_tensor *in_a = sw_safetensors_reader_get(a, i);
        const sw_safetensors_tensor *in_b = sw_safetensors_reader_find(b, in_a->name);
        cr_assert_not_null(in_b, "%s", in_a->name);
        cr_assert_eq(in_a->bytes, in_b->bytes);
        if (in_a->dtype != SW_SAFETENSORS_F32) continue; /* batches seen are counted by each run for itself */
        char *bytes_a = malloc(in_a->bytes), *bytes_b = malloc(in_b->bytes);
        cr_assert_eq(sw_safetensors_reader_read(a, in_a, bytes_a, in_a->bytes), SW_OK);
        cr_assert_eq(sw_safetensors_reader_read(b, in_b, bytes_b, in_b->bytes), SW_OK);
        cr_expect(memcmp(bytes_a, bytes_b, in_a->bytes) == 0, "%s differs", in_a->name);
        free(bytes_a);
        free(bytes_b);
        compared++;
    }
    cr_expect_eq(compared, 4 + 5 * 5); /* bn_input, then weight, scale, shift, mean, variance of 5 blocks */
    sw_safetensors_reader_destroy(a);
    sw_safetensors_reader_destroy(b);
}

Test(run_init, a_run_begins_with_the_given_weights_and_so_does_one_resumed_before_it_was_ever_saved)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, TINY "--out first --set train.epochs=1");
    program_expect(0, "init: 29 tensors taken from first/checkpoints/last.safetensors\n",
                   TINY STANDING_STILL "--out second --set init.from=first/checkpoints/last.safetensors");
    expect_same_tensors("first/checkpoints/last.safetensors", "second/checkpoints/last.safetensors");

    program_expect(0, "init: 29 tensors taken",
                   "rm second/checkpoints/* second/*.jsonl && "
                   "sed -i 's/\"outcome\":.*/\"outcome\": \"\"/' second/manifest.json && "
                   "segwork run --resume second");
    expect_same_tensors("first/checkpoints/last.safetensors", "second/checkpoints/last.safetensors");

    /* once it is saved, the file it began with may be gone */
    program_expect(0, "all 1 epochs are done already", "rm -r first && segwork run --resume second");
}

Test(run_init, weights_of_another_model_are_refused_by_name_and_shape_and_nothing_is_made)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, TINY "--out first --set train.epochs=1");
#define FROM_FIRST "--out other --set train.epochs=1 --set init.from=first/checkpoints/best.safetensors "
    program_expect(1, "uc1.seq.3.bias is missing", TINY FROM_FIRST "--set model.head=plain");
    cr_expect_not_null(strstr(program_output, "first/checkpoints/best.safetensors does not hold this model"));
    cr_expect_not_null(strstr(program_output, "It holds what this model does not have: uc1.seq.4."), "%s",
                       program_output);
    program_expect(1, "dc2.seq.0.weight is F32 [8, 8, 3, 3], the model has F32 [8, 8, 5, 5]",
                   TINY FROM_FIRST "--set model.encoder.1.kernel=5");
    program_expect(1, "init.from: nowhere.safetensors",
                   TINY "--out other --set init.from=nowhere.safetensors");
    program_expect(1, "init.from: pets/annotations/test.txt",
                   TINY "--out other --set init.from=pets/annotations/test.txt");
    cr_expect_not(file_exists("other"));

    program_expect(0, "; 4 of the file's not used: bn_input.",
                   TINY FROM_FIRST "--set model.input_norm=false");
}

/* --- files of others --------------------------------------------------------------------------- */

/* A copy of a weights file with other names, another type, or without some of its tensors. */
typedef struct variant {
    const char *prefix;         /* of every name */
    const char *without;        /* tensors whose names begin so are left out; NULL: none are */
    sw_safetensors_dtype dtype; /* F32, or BF16: the upper halves */
} variant;

static bool is_in(const variant *v, const sw_safetensors_tensor *t)
{
    return !v->without || strncmp(t->name, v->without, strlen(v->without)) != 0;
}

static void put_tensor(sw_safetensors_writer *w, const char *name, const variant *v,
                       const sw_safetensors_reader *r, const sw_safetensors_tensor *t)
{
    const bool halved = v->dtype == SW_SAFETENSORS_BF16 && t->dtype == SW_SAFETENSORS_F32;
    uint16_t *data = malloc(t->bytes);
    cr_assert_eq(sw_safetensors_reader_read(r, t, data, t->bytes), SW_OK);
    for (size_t i = 0; halved && i < t->elems; i++) data[i] = data[2 * i + 1];
    cr_assert_eq(sw_safetensors_writer_put(w, name, data, halved ? t->bytes / 2 : t->bytes), SW_OK);
    free(data);
}

static void write_variant(const char *from, const char *to, const variant *v)
{
    sw_safetensors_reader *r = opened(from);
    sw_safetensors_writer *w;
    cr_assert_eq(sw_safetensors_writer_create(&w), SW_OK);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sw_safetensors_reader_count(r); i++) {
            const sw_safetensors_tensor *t = sw_safetensors_reader_get(r, i);
            char name[200];
            snprintf(name, sizeof name, "%s%s", v->prefix, t->name);
            if (!is_in(v, t)) continue;
            if (pass == 1)
                put_tensor(w, name, v, r, t);
            else
                cr_assert_eq(
                    sw_safetensors_writer_declare(
                        w, name, t->dtype == SW_SAFETENSORS_F32 ? v->dtype : t->dtype, t->rank, t->shape),
                    SW_OK);
        }
        if (pass == 0) cr_assert_eq(sw_safetensors_writer_begin(w, scratch_path(to)), SW_OK);
    }
    cr_assert_eq(sw_safetensors_writer_finish(w), SW_OK);
    sw_safetensors_writer_destroy(w);
    sw_safetensors_reader_destroy(r);
}

static void train_first(void)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, TINY "--out first --set train.epochs=1");
}

#define LAST   "first/checkpoints/last.safetensors"
#define SECOND "second/checkpoints/last.safetensors"

Test(run_init, prefixes_are_stripped_and_module_is_one_of_them)
{
    train_first();
    write_variant(LAST, "wrapped.safetensors", &(variant){"module.", NULL, SW_SAFETENSORS_F32});
    program_expect(0, "init: 29 tensors taken from wrapped.safetensors\n",
                   TINY STANDING_STILL "--out second --set init.from=wrapped.safetensors");
    expect_same_tensors(LAST, SECOND);
    write_variant(LAST, "deep.safetensors", &(variant){"model.net.", NULL, SW_SAFETENSORS_F32});
    program_expect(1, "none of its tensors is one of the network's",
                   TINY STANDING_STILL "--out third --set init.from=deep.safetensors");
    cr_expect_not_null(strstr(program_output, "Its names are model.net."), "%s", program_output);
    program_expect(0, "init: 29 tensors taken from deep.safetensors\n",
                   TINY STANDING_STILL "--out third --set init.from=deep.safetensors "
                                       "--set init.strip=[model.,net.]");
    expect_same_tensors(LAST, "third/checkpoints/last.safetensors");
}

/* The upper half of a float is a float, so that both files say the same. */
Test(run_init, weights_of_16_bits_are_taken_as_the_floats_they_are)
{
    train_first();
    write_variant(LAST, "halves.safetensors", &(variant){"", NULL, SW_SAFETENSORS_BF16});
    program_expect(0, "init: 29 tensors taken from halves.safetensors\n",
                   TINY STANDING_STILL "--out second --set init.from=halves.safetensors");
    program_expect(0, "init: 29 tensors taken", TINY STANDING_STILL "--out third --set init.from=" SECOND);
    write_variant(SECOND, "again.safetensors", &(variant){"", NULL, SW_SAFETENSORS_BF16});
    program_expect(0, NULL, "cmp halves.safetensors again.safetensors");
    /* and so does eval */
    program_expect(0, "miou",
                   "segwork eval --checkpoint again.safetensors --config second/config.yaml --out halves && "
                   "segwork eval --checkpoint second --out floats && cat floats/metrics.json");
    expect_same_file("halves/per_image.csv", "floats/per_image.csv");
}

Test(run_init, a_part_is_taken_where_partial_says_so_and_the_rest_is_drawn_by_the_seed)
{
    train_first();
    write_variant(LAST, "part.safetensors", &(variant){"", "uc1.", SW_SAFETENSORS_F32});
    program_expect(1, "uc1.seq.0.weight is missing",
                   TINY STANDING_STILL "--out second --set init.from=part.safetensors");
    cr_expect_not_null(strstr(program_output, "To start with what fits: init.partial: true"), "%s",
                       program_output);
    program_expect(0,
                   "init: 19 tensors taken from part.safetensors; 10 of the network's not in it, drawn by "
                   "the seed: uc1.seq.0.weight, uc1.seq.1.weight",
                   TINY STANDING_STILL
                   "--out second --set init.from=part.safetensors --set init.partial=true");
    program_expect(0, NULL, TINY STANDING_STILL "--out drawn");
    /* the rest is what the seed alone would have drawn, and the whole list is in the manifest */
    program_expect(0, "\"uc1.seq.4.running_var\"", "grep -A20 '\"missing\"' second/manifest.json");
}

Test(run_init, a_head_of_another_shape_is_drawn_and_any_other_tensor_of_another_shape_is_refused)
{
    train_first();
#define OTHER_HEAD "--out second --set init.from=" LAST " --set model.decoder.1.convs=1 "
    program_expect(1, "uc1.seq.0.weight is F32 [8, 8, 3, 3], the model has F32 [3, 8, 3, 3]",
                   TINY STANDING_STILL OTHER_HEAD);
    cr_expect_not_null(strstr(program_output, "To start with what fits: init.partial: true"), "%s",
                       program_output);
    program_expect(0,
                   "init: 19 tensors taken from " LAST "; 5 of the network's not in it, drawn by the seed: "
                   "uc1.seq.0.weight, uc1.seq.1.weight, uc1.seq.1.bias, uc1.seq.1.running_mean, "
                   "uc1.seq.1.running_var; 10 of the file's not used: uc1.seq.",
                   TINY STANDING_STILL OTHER_HEAD "--set init.partial=true");
    program_expect(1, "dc2.seq.0.weight is F32 [8, 8, 3, 3], the model has F32 [8, 8, 5, 5]",
                   TINY "--out third --set init.from=" LAST
                        " --set init.partial=true --set model.encoder.1.kernel=5");
    cr_expect_null(strstr(program_output, "init.partial: true"), "%s", program_output);
}

Test(run_init, a_map_brings_names_together_and_what_it_has_no_name_for_may_be_missing)
{
    train_first();
    write_variant(LAST, "other.safetensors", &(variant){"net.", "uc", SW_SAFETENSORS_F32});
    program_expect(0, NULL, "printf 'net.dc1.seq.*: dc1.seq.*\nnet.dc2.*: dc2.*\n' > table.yaml");
    program_expect(0, "init: 10 tensors taken from other.safetensors; 19 of the network's not in it",
                   TINY STANDING_STILL
                   "--out second --set init.from=other.safetensors --set init.map=table.yaml");
    cr_expect_not_null(strstr(program_output, "4 of the file's not used: net.bn_input."), "%s",
                       program_output);
    /* the run's own configuration no longer needs the table */
    program_expect(0, "init: 10 tensors taken",
                   "rm table.yaml && segwork run second/config.yaml --out third");
    program_expect(1, "uc2.seq.0.weight is missing",
                   TINY "--out fourth --set init.from=other.safetensors "
                        "--set init.map='{net.*: \"*\"}'");
    program_expect(1, "would both be dc1.seq.0.weight",
                   TINY "--out fourth --set init.from=" LAST " --set init.map='{dc1.seq.0.weight: "
                        "dc1.seq.0.weight, dc2.seq.0.weight: dc1.seq.0.weight}'");
}

Test(run_init, a_table_that_is_not_there_or_no_table_is_refused_before_anything_starts)
{
    program_expect(2, "there is no such table of names (shipped are vgg16, vgg16_bn, resnet18, resnet34)",
                   "segwork check $SRC/tests/support/tiny.yaml --set init.map=vgg17");
    program_expect(2, "must have one '*' each, or none",
                   "segwork check $SRC/tests/support/tiny.yaml --set init.map='{a.*: b}'");
    program_expect(2, "init.map", "segwork check $SRC/tests/support/tiny.yaml --set init.map=[a]");
}
