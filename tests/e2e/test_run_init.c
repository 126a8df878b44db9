/* A run that starts from given weights. */
#include <criterion/criterion.h>
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
    program_expect(0, "starting from the weights of first/checkpoints/last.safetensors",
                   TINY STANDING_STILL "--out second --set init.from=first/checkpoints/last.safetensors");
    expect_same_tensors("first/checkpoints/last.safetensors", "second/checkpoints/last.safetensors");

    program_expect(0, "starting from the weights",
                   "rm second/checkpoints/* second/*.jsonl && segwork run --resume second");
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

    program_expect(0, "left aside, as this model has no such tensors: bn_input.",
                   TINY FROM_FIRST "--set model.input_norm=false");
}
