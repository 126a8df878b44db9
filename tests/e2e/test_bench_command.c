/* segwork bench, and its comparison with PyTorch, as a user meets them. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(bench_command, .init = scratch_create, .fini = scratch_remove);

#define TINY "$SRC/experiments/segnet_small.yaml --no-tune --set data.size=32 --batch 2 "

/* The JSON document on the command's standard output; progress goes to the other stream. */
static cJSON *json_of(const char *arguments)
{
    program_expect(0, NULL, "segwork bench %s --json 2>progress", arguments);
    cJSON *root = cJSON_Parse(program_output);
    cr_assert_not_null(root, "%s", program_output);
    return root;
}

static const cJSON *item(const cJSON *object, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert_not_null(found, "no '%s'", key);
    return found;
}

static double number(const cJSON *object, const char *key)
{
    cr_assert(cJSON_IsNumber(item(object, key)), "'%s' is no number", key);
    return item(object, key)->valuedouble;
}

static const char *text(const cJSON *object, const char *key)
{
    cr_assert(cJSON_IsString(item(object, key)), "'%s' is no text", key);
    return item(object, key)->valuestring;
}

static void expect_close(double a, double b, const char *what)
{
    cr_expect(fabs(a - b) <= 1e-6 * fabs(b), "%s: %g and %g", what, a, b);
}

static void check_steps(const cJSON *steps, const cJSON *root, int count)
{
    const cJSON *seconds = item(steps, "step_seconds");
    cr_expect_eq(number(steps, "batch"), 2);
    cr_expect_eq(number(steps, "steps"), count);
    cr_assert_eq(cJSON_GetArraySize(seconds), count);
    double fastest = INFINITY;
    for (int i = 0; i < count; i++) {
        double s = cJSON_GetArrayItem(seconds, i)->valuedouble;
        cr_expect_gt(s, 0);
        fastest = fmin(fastest, s);
    }
    double best = number(steps, "best_images_per_second"), median = number(steps, "images_per_second");
    expect_close(best, 2 / fastest, "best");
    cr_expect(median > 0 && median <= best, "median %g, best %g", median, best);
    expect_close(number(steps, "gflops"), number(steps, "gflop_per_image") * median, "GFLOP/s");
    expect_close(number(steps, "share_of_peak"), number(steps, "gflops") / number(root, "peak_gflops"),
                 "share");
}

/* segnet_small at 32 px: a sixteenth of what describe says for 128 px. */
static const double forward_gflop = 1.160773632 / 16;

/* Rows of one pass: how many, and their work together. */
static int count_rows(const cJSON *rows, const char *pass, double *gflop)
{
    int count = 0;
    *gflop = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        if (number(row, "launches") > 0)
            cr_expect_gt(number(row, "ms"), 0);
        else /* the statistics of a norm that a convolution does are kept */
            cr_expect_str_eq(text(row, "algorithm"), "merged");
        cr_expect_geq(number(row, "median_ms"), number(row, "ms"));
        cr_expect_gt(number(row, "bytes"), 0);
        if (strcmp(text(row, "pass"), pass) != 0) continue;
        expect_close(number(row, "gflops") * number(row, "ms"), number(row, "gflop") * 1e3,
                     "a row's GFLOP/s");
        *gflop += number(row, "gflop");
        count++;
    }
    return count;
}

static double bytes_of(const cJSON *rows, const char *layer, const char *pass)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        if (strcmp(text(row, "layer"), layer) == 0 && strcmp(text(row, "pass"), pass) == 0)
            return number(row, "bytes");
    }
    cr_expect_fail("no row for %s, %s", layer, pass);
    return 0;
}

Test(bench_command, json_has_whole_steps_and_every_layer_and_pass)
{
    cJSON *root = json_of(TINY "--steps 3");
    cr_expect_str_eq(text(root, "experiment"), "segnet_small");
    cr_expect_gt(strlen(text(item(root, "device"), "name")), 0);
    cr_expect_gt(number(root, "peak_gflops"), 0);
    cr_expect_gt(number(root, "copy_gbytes_per_second"), 0);
    cr_expect_gt(number(root, "first_step_seconds"), 0);
    cr_expect_gt(number(root, "device_bytes"), 1e6);
    cr_expect_gt(number(root, "peak_resident_bytes"), number(root, "device_bytes") / 2);
    check_steps(item(root, "train"), root, 3);
    check_steps(item(root, "infer"), root, 3);
    expect_close(number(item(root, "train"), "gflop_per_image"), 3 * forward_gflop, "a training step");
    expect_close(number(item(root, "infer"), "gflop_per_image"), forward_gflop, "a forward pass");

    double gflop;
    const cJSON *layers = item(root, "layers");
    cr_expect_eq(count_rows(layers, "forward", &gflop), 46, "the norms before them do the four pools");
    expect_close(gflop, 2 * forward_gflop, "forward, batch 2");
    cr_expect_eq(count_rows(layers, "backward", &gflop), 26, "what is no convolution and no pool");
    cr_expect_eq(gflop, 0);
    cr_expect_eq(count_rows(layers, "backward-data", &gflop), 20);
    expect_close(gflop, 2 * forward_gflop, "backward data, batch 2");
    cr_expect_eq(count_rows(layers, "backward-weights", &gflop), 20);
    expect_close(gflop, 2 * forward_gflop, "backward weights, batch 2");
    cr_expect_eq(count_rows(layers, "infer", &gflop), 50);
    expect_close(gflop, 2 * forward_gflop, "inference, batch 2");
    cr_expect_eq(count_rows(layers, "update", &gflop), 1);
    cr_expect_gt(count_rows(layers, "recompute", &gflop), 10);

    /* two images of 32x32 with 16 channels, halved, and one word of offsets a pixel */
    const double image = 2 * 32 * 32 * 16 * 4, pooled = image / 4, offsets = 2 * 16 * 16 * 4;
    const double weights = 16 * 16 * 9 * 4, channel = 16 * 4;
    cr_expect_eq(bytes_of(layers, "dc1.seq.4", "forward"), image + pooled + offsets + 2 * channel,
                 "x, gamma and beta; what is pooled, and the offsets");
    cr_expect_eq(bytes_of(layers, "dc1.seq.4", "backward"), 2 * image + pooled + offsets + 6 * channel,
                 "x, dy of the pool, the offsets, dx; gamma and beta, and their gradients both ways");
    cr_expect_eq(bytes_of(layers, "dc1.seq.3", "forward"), 2 * image + weights);
    cr_expect_eq(bytes_of(layers, "dc1.seq.3", "backward-data"), 2 * image + weights, "dy, dx; w");
    cr_expect_eq(bytes_of(layers, "dc1.seq.3", "backward-weights"), 2 * image + 2 * weights,
                 "x, dy; dw both ways");
    cr_expect_eq(bytes_of(layers, "(input)", "upload"), 2 * 32 * 32 * (3 * 4 + 1), "images and labels");

    int convolutions = 0, norms_that_pool = 0;
    const cJSON *one;
    cJSON_ArrayForEach(one, layers)
    {
        bool convolution = strcmp(text(one, "op"), "conv2d 3x3") == 0;
        if (strcmp(text(one, "op"), "norm+relu") == 0 && cJSON_HasObjectItem(one, "algorithm")) {
            bool infer = strcmp(text(one, "step"), "infer") == 0;
            cr_expect_str_eq(text(one, "algorithm"), infer ? "merged" : "norm+max_pool");
            norms_that_pool += !infer;
            if (!infer) continue;
            cr_expect(number(one, "bytes") <= 128 * 4 * 4, "statistics of 128 channels, not images: %g",
                      number(one, "bytes"));
            continue;
        }
        cr_expect_eq(cJSON_HasObjectItem(one, "algorithm"), convolution, "%s", text(one, "op"));
        convolutions += convolution;
    }
    cr_expect_eq(convolutions, 4 * 20, "forward, backward data, backward weights, infer");
    cr_expect_eq(norms_that_pool, 2 * 4, "forward and backward");

    /* totals are sums of rows, and shares of the two kinds of step add up to one each */
    double of_layers = 0, of_totals = 0, train_share = 0, infer_share = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, layers)
    {
        of_layers += number(row, "ms");
        *(strcmp(text(row, "step"), "infer") == 0 ? &infer_share : &train_share) +=
            number(row, "share_of_time");
    }
    cJSON_ArrayForEach(row, item(root, "totals")) of_totals += number(row, "ms");
    expect_close(of_totals, of_layers, "totals");
    expect_close(train_share, 1, "shares of training");
    expect_close(infer_share, 1, "shares of inference");
    cJSON_Delete(root);
}

Test(bench_command, measures_one_of_the_two_when_asked)
{
    cJSON *root = json_of(TINY "--steps 1 --only infer --no-layers");
    cr_expect(!cJSON_HasObjectItem(root, "train") && !cJSON_HasObjectItem(root, "layers"));
    check_steps(item(root, "infer"), root, 1);
    cJSON_Delete(root);
    root = json_of(TINY "--steps 1 --only train");
    cr_expect(!cJSON_HasObjectItem(root, "infer"));
    check_steps(item(root, "train"), root, 1);
    cJSON_Delete(root);
}

/* All launches of a step: what a step enqueues must not go unnamed. */
Test(bench_command, every_launch_of_a_step_has_its_row)
{
    cJSON *root = json_of(TINY "--steps 1 --only train --set runtime.conv_engine=clblast");
    const cJSON *row;
    double launches = 0;
    cJSON_ArrayForEach(row, item(root, "layers"))
    {
        cr_expect_str_neq(text(row, "pass"), "");
        cr_expect_str_neq(text(row, "layer"), "(other)");
        cr_expect_gt(number(row, "launches"), 0, "%s %s", text(row, "layer"), text(row, "pass"));
        launches += number(row, "launches");
    }
    cr_expect_gt(launches, 300);
    cJSON_Delete(root);
}

Test(bench_command, the_document_goes_into_a_file_that_is_named)
{
    program_expect(0, "whole steps",
                   "segwork bench " TINY "--steps 1 --only infer --no-layers --json a.json");
    char *first = file_text("a.json", NULL);
    cJSON *root = cJSON_Parse(first);
    check_steps(item(root, "infer"), root, 1);
    cJSON_Delete(root);
    free(first);
    program_expect(0, "whole steps",
                   "segwork bench --json b.json " TINY "--steps 1 --only infer --no-layers");
    cr_expect(file_exists("b.json"));
    program_expect(1, "no/c.json",
                   "segwork bench " TINY "--steps 1 --only infer --no-layers --json no/c.json");
    program_expect(2, "takes one experiment file, got 2", "segwork bench " TINY "d.json");
}

Test(bench_command, a_second_experiment_is_not_taken_for_the_file_to_write)
{
    program_expect(0, NULL, "cp $SRC/experiments/segnet_small.yaml a.yaml && cp a.yaml b.yaml");
    program_expect(2, "neither a.yaml nor b.yaml is a file for --json: its name must end in .json",
                   "segwork bench a.yaml b.yaml --json --steps 1 --no-layers");
    program_expect(2, "neither a.yaml nor figures", "segwork bench a.yaml --json figures --steps 1");
    expect_same_file("a.yaml", "b.yaml");
    cr_expect_not(file_exists("figures"));
}

Test(bench_command, shows_whether_the_loader_keeps_up)
{
    program_draw_pets(8, 2);
    cJSON *root = json_of("$SRC/tests/support/tiny.yaml --steps 4 --only train --no-layers --data");
    const cJSON *loading = item(root, "loading");
    cr_expect_eq(number(loading, "steps"), 4);
    cr_expect_gt(number(loading, "step_ms_without_loader"), 0);
    cr_expect_gt(number(loading, "step_ms_with_loader"), number(loading, "wait_ms"));
    cJSON_Delete(root);
    program_expect(0, "  of it waiting for a batch",
                   "segwork bench $SRC/tests/support/tiny.yaml --steps 1 --only train --no-layers --data");
    program_expect(2, "has 8 images, fewer than a batch of 9",
                   "segwork bench $SRC/tests/support/tiny.yaml --batch 9 --steps 1 --no-layers --data");
    program_expect(2, "not with --only infer", "segwork bench " TINY "--only infer --data");
}

Test(bench_command, takes_the_engine_the_experiment_names)
{
    program_expect(0, "\ndc2.seq.3    clblast 3x3    bwd-data ",
                   "segwork bench " TINY
                   "--steps 1 --only train --set runtime.conv_engine=clblast 2>progress");
    cr_expect_null(strstr(program_output, "winograd"), "%s", program_output);
}

Test(bench_command, tables_fit_80_columns)
{
    program_expect(0, "whole steps", "segwork bench " TINY "--steps 1 2>progress");
    program_expect_narrow();
    const char *const lines[] = {"\ntraining         2      1 ", "\ninference        2      1 ",
                                 "\ndc1.seq.1    norm+relu      recompute ",
                                 "\n(optimiser)  adam           update "};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_not_null(strstr(program_output, lines[i]), "'%s' is not in\n%s", lines[i], program_output);
}

Test(bench_command, refuses_what_does_not_fit_or_is_no_option)
{
    program_expect(
        1, "batch 20000: ",
        "export POCL_MEMORY_LIMIT=1; "
        "segwork bench $SRC/experiments/segnet_small.yaml --no-tune --batch 20000 --set data.size=64");
    cr_expect_not_null(strstr(program_output, "train.batch_size"), "%s", program_output);
    program_expect(2, "more than the 2147483647",
                   "segwork bench $SRC/experiments/segnet_small.yaml --no-tune --batch 1000000");
    program_expect(2, "--only both: expected train or infer", "segwork bench " TINY "--only both");
    program_expect(2, "--steps 0: at least one step", "segwork bench " TINY "--steps 0");
    program_expect(2, "--batch -1: at least one image",
                   "segwork bench $SRC/experiments/segnet_small.yaml --batch -1");
    program_expect(2, "--batch 0: at least one image",
                   "segwork bench $SRC/experiments/segnet_small.yaml --batch 0");
    program_expect(2, "takes one experiment file, got 0", "segwork bench");
    program_expect(2, "no-such-device", "segwork bench " TINY "--device no-such-device");
}

/* --- tools/bench_vs_pytorch ------------------------------------------------------------------ */

/* Stand-ins with known figures: a segwork whose rounds differ, and a reference for a torch that is an empty
 * file. */
static void write_stand_ins(void)
{
    scratch_write("torch.py", "");
    scratch_write(
        "reference.py",
        "import sys\n"
        "assert sys.argv[1:] == ['bench', '--batch', '5', '--steps', '2'], sys.argv\n"
        "n = len(open('log').readlines())\n"
        "print('reference', file=open('log', 'a'))\n"
        "for layout, train, infer in (('nchw', 3.0, 10.0 + n), ('channels-last', 2.0, 14.0 - n)):\n"
        "    for mode, rate in (('train', train), ('infer', infer)):\n"
        "        print(f'torch 9.9 threads 2 batch 5 {layout} {mode} img/s median {rate:.2f} best 99.00')\n");
    scratch_write("fast", "#!/bin/sh\n"
                          "echo segwork \"$*\" >> log\n"
                          "n=$(grep -c segwork log)\n"
                          "echo \"{\\\"train\\\": {\\\"images_per_second\\\": $((6 * n))}, "
                          "\\\"infer\\\": {\\\"images_per_second\\\": 30}}\"\n");
    scratch_write("log", "");
}

#define COMPARE "chmod +x fast; PYTHONPATH=. $SRC/tools/bench_vs_pytorch --segwork ./fast "

Test(bench_command, the_comparison_takes_medians_and_pytorchs_better_format)
{
    if (program_run("command -v python3") != 0) cr_skip_test("no python3 here");
    write_stand_ins();
    program_expect(0, "Batch 5, medians of 3 rounds. PyTorch 9.9, 2 threads: nchw in training,",
                   COMPARE "--reference reference.py --batch 5 --steps 2 --rounds 3 -- --set a.b=1");
    /* segwork 6, 12, 18 against 3; 30 against channels-last 13, 11, 9 or nchw 11, 13, 15 */
    cr_expect_not_null(
        strstr(program_output, "| training | 12.00 images/s | 3.00 images/s | 4.00 (2.00 to 6.00) |"), "%s",
        program_output);
    cr_expect_not_null(
        strstr(program_output, "| inference | 30.00 images/s | 13.00 images/s | 2.31 (2.00 to 2.73) |"), "%s",
        program_output);
    cr_expect_not_null(strstr(program_output, "nchw in inference"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "| peak resident memory | "), "%s", program_output);
    char *log = file_text("log", NULL);
    const char *round =
        "segnet_baseline.yaml --batch 5 --steps 2 --no-layers --json --set a.b=1\nreference\n";
    int rounds = 0;
    for (const char *at = log; (at = strstr(at, round)); at++) rounds++;
    cr_expect_eq(rounds, 3, "in turn:\n%s", log);
    free(log);
}

Test(bench_command, the_comparison_says_what_is_missing)
{
    if (program_run("command -v python3") != 0) cr_skip_test("no python3 here");
    write_stand_ins();
    program_expect(77, "no PyTorch reference at nowhere.py", COMPARE "--reference nowhere.py");
    program_expect(1, "no program at ./slow", COMPARE "--reference reference.py --segwork ./slow");
    program_expect(2, "--rounds takes a number from 1, got '0'", COMPARE "--rounds 0");
    program_expect(2, "--rounds N", COMPARE "--nonsense");
    program_expect(1, "the PyTorch reference failed",
                   COMPARE "--reference reference.py --rounds 1 --batch 7");
    program_expect(77, "PyTorch sees no CUDA device here", COMPARE "--cuda"); /* nor in an empty file */
    scratch_write("torch.py", "raise ImportError\n");
    program_expect(77, "apt-get install python3-torch", COMPARE "--reference reference.py");
}

/* A clone alone: the experiment's own network in PyTorch, on the processor. */
Test(bench_command, the_comparison_needs_nothing_but_the_repository)
{
    if (program_run("/usr/bin/python3 -c 'import torch, yaml'") != 0) cr_skip_test("no PyTorch here");
    program_expect(0, "Batch 2, medians of 1 rounds. PyTorch ",
                   "$SRC/tools/bench_vs_pytorch --segwork \"$SEGWORK_BINARY\" "
                   "--experiment $SRC/tests/support/tiny.yaml --batch 2 --steps 1 --rounds 1 -- "
                   "--set data.size=24");
    cr_expect_not_null(strstr(program_output, "| training | "), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "| inference | "), "%s", program_output);
}
