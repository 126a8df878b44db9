/* segwork export: which weights, which format, and what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"
#include "weights/safetensors.h"

TestSuite(export_command, .init = scratch_create, .fini = scratch_remove);

static void train(void)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL,
                   "segwork run $SRC/tests/support/tiny.yaml --out run --set train.epochs=3 "
                   "--set train.save_best=custom_iou");
}

static sw_safetensors_reader *opened(const char *name)
{
    sw_safetensors_reader *reader;
    cr_assert_eq(sw_safetensors_reader_open(&reader, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return reader;
}

Test(export_command, the_weights_alone_can_be_taken_from_any_checkpoint_and_start_a_run)
{
    train();
    program_expect(0, "written  a.safetensors", "segwork export run --which last --out a.safetensors");
    program_expect(0, NULL, "segwork export run/checkpoints/last.safetensors --out b.safetensors");
    program_expect(0, NULL, "segwork export run/checkpoints/resume.safetensors --format safetensors --out c");
    expect_same_file("a.safetensors", "b.safetensors");
    expect_same_file("a.safetensors", "c");
    expect_same_file("a.safetensors", "run/checkpoints/last.safetensors");
    program_expect(0, NULL, "segwork export run --out best.safetensors");
    expect_same_file("best.safetensors", "run/checkpoints/best.safetensors");
    sw_safetensors_reader *resume = opened("run/checkpoints/resume.safetensors"), *c = opened("c");
    cr_expect_lt(sw_safetensors_reader_count(c), sw_safetensors_reader_count(resume));
    cr_expect_str_eq(sw_safetensors_reader_metadata(c, "epoch"), "3");
    sw_safetensors_reader_destroy(resume);
    sw_safetensors_reader_destroy(c);
    program_expect(0, "tensors taken from c",
                   "segwork run $SRC/tests/support/tiny.yaml --out next --set train.epochs=1 --set "
                   "init.from=c");
}

/* Of two floats around a weight, one is no farther than half a step of 11 bits. */
static void expect_rounded(const sw_safetensors_reader *from, const sw_safetensors_reader *half, size_t i)
{
    const sw_safetensors_tensor *exact = sw_safetensors_reader_get(from, i);
    const sw_safetensors_tensor *rounded = sw_safetensors_reader_find(half, exact->name);
    const bool is_conv = exact->rank >= 2;
    cr_assert_not_null(rounded, "no %s", exact->name);
    cr_assert_eq(rounded->dtype, is_conv ? SW_SAFETENSORS_F16 : exact->dtype, "%s", exact->name);
    if (!is_conv) return;
    float *a = malloc(exact->elems * sizeof *a), *b = malloc(exact->elems * sizeof *b);
    cr_assert_eq(sw_safetensors_reader_read_floats(from, exact, a), SW_OK, "%s", sw_error_message());
    cr_assert_eq(sw_safetensors_reader_read_floats(half, rounded, b), SW_OK, "%s", sw_error_message());
    for (uint64_t k = 0; k < exact->elems; k++)
        cr_assert_float_eq(b[k], a[k], fmaxf(fabsf(a[k]) * 0x1p-11f, 0x1p-25f), "%s", exact->name);
    free(a);
    free(b);
}

Test(export_command, weights_of_16_bits_are_the_nearest_ones_and_can_be_used)
{
    train();
    program_expect(0, "written  half.safetensors", "segwork export run --f16 --out half.safetensors");
    sw_safetensors_reader *from = opened("run/checkpoints/best.safetensors"),
                          *half = opened("half.safetensors");
    for (size_t i = 0; i < sw_safetensors_reader_count(from); i++) expect_rounded(from, half, i);
    cr_expect_eq(sw_safetensors_reader_count(half), sw_safetensors_reader_count(from));
    sw_safetensors_reader_destroy(from);
    sw_safetensors_reader_destroy(half);
    program_expect(0, "predicted 12 pictures",
                   "segwork predict --checkpoint half.safetensors --config $SRC/tests/support/tiny.yaml "
                   "pets/images --out half");
    program_expect(0, NULL, "segwork export half.safetensors --f16 --out again.safetensors");
    expect_same_file("half.safetensors", "again.safetensors");
}

Test(export_command, onnx_needs_the_experiment_and_no_device)
{
    train();
    program_expect(0, "written  m.onnx", "OCL_ICD_VENDORS=/nonexistent segwork export run --out m.onnx");
    program_expect(0, NULL,
                   "cp run/checkpoints/best.safetensors w.safetensors && "
                   "segwork export w.safetensors --config $SRC/tests/support/tiny.yaml --out m2.onnx");
    expect_same_file("m.onnx", "m2.onnx");
    program_expect(0, NULL, "segwork export run --fold --out folded.onnx && ! cmp -s m.onnx folded.onnx");
    program_expect(0, NULL, "segwork export run --unpool max --out max.onnx");
    expect_same_file("m.onnx", "max.onnx");
    program_expect(0, NULL, "segwork export run --unpool basic --out basic.onnx");
    program_expect(0, NULL, "grep -q MaxUnpool m.onnx && ! grep -q MaxUnpool basic.onnx");
    program_expect(2, "give its experiment with --config", "segwork export w.safetensors --out no.onnx");
    program_expect(1, "w.safetensors does not hold this model",
                   "segwork export w.safetensors --config $SRC/experiments/segnet_small.yaml --out no.onnx");
    cr_expect_not(file_exists("no.onnx"));
}

Test(export_command, a_config_of_something_else_beside_the_weights_is_not_taken_for_a_run_s)
{
    train();
    program_expect(0, "written  w.npz",
                   "mkdir weights && cp run/checkpoints/last.safetensors weights/w.safetensors && "
                   "echo 'apiVersion: v1' > config.yaml && segwork export weights/w.safetensors --out w.npz");
    program_expect(2, "give its experiment with --config",
                   "segwork export weights/w.safetensors --out w.onnx");
    program_expect(0, NULL, "segwork export weights/w.safetensors --config run/config.yaml --out w.onnx");
}

Test(export_command, what_cannot_be_meant_is_refused)
{
    program_expect(2, "takes one run or checkpoint, got 0", "segwork export");
    program_expect(2, "needs --out", "segwork export run");
    program_expect(2, "give the format with --format", "segwork export run --out weights");
    program_expect(2, "--format pt: expected safetensors, onnx or npz",
                   "segwork export run --out weights --format pt");
    program_expect(2, "--fold is for ONNX", "segwork export run --out w.npz --fold");
    program_expect(2, "--unpool is for ONNX", "segwork export run --out w.npz --unpool basic");
    program_expect(2, "--f16 is for safetensors", "segwork export run --out w.npz --f16");
    program_expect(2, "--unpool sparse: expected max or basic",
                   "segwork export run --out w.onnx --unpool sparse");
    program_expect(2, "--which first: expected best or last", "segwork export run --out w.npz --which first");
    program_expect(1, "run: No such file or directory", "segwork export run --out w.npz");
    program_expect(2, "is a file: best or last is a choice for the folder of a run",
                   "touch file && segwork export file --which best --out w.npz");
    program_expect(2, "run is not the folder of a run", "mkdir run && segwork export run --out w.npz");
    program_expect(2, "the run has not finished an epoch yet",
                   "touch run/config.yaml && segwork export run --out w.npz");
    program_expect(2,
                   "run/checkpoints/best.safetensors is missing: the metric that train.save_best names was",
                   "mkdir run/checkpoints && touch run/checkpoints/last.safetensors && "
                   "segwork export run --out w.npz");
    program_expect(2, "run/checkpoints/last.safetensors has the weights of the last one",
                   "segwork eval --checkpoint run");
}
