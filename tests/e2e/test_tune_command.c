/* Engines chosen by timing, as a user meets them: segwork tune, and what runs make of it. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "program.h"
#include "scratch.h"

TestSuite(tune_command, .init = scratch_create, .fini = scratch_remove);

/* Wide enough for there to be a choice; everything is kept in the scratch folder. */
#define WIDE                                                                                                 \
    "$SRC/tests/support/tiny.yaml --set runtime.tune=true --set model.encoder.0.width=16 "                   \
    "--set model.encoder.1.width=16 --set model.decoder.0.width=16 "
#define CACHE "export SEGWORK_CACHE_DIR=cache; "

/* Makes the kept choice another one: clblast everywhere. */
#define SPOIL_CHOICE "sed -i 's/\"engine\":.*\"/\"engine\": \"clblast\"/' cache/*.json"

/* The engines of a run's convolutions, as its manifest has them; freed by the caller. */
static char *engines_of(const char *run)
{
    char *path = sw_strf("%s/manifest.json", run), *text = file_text(path, NULL);
    cJSON *manifest = cJSON_Parse(text);
    cJSON *convolutions = cJSON_GetObjectItemCaseSensitive(manifest, "convolutions");
    cr_assert(cJSON_IsObject(convolutions), "%s", text);
    cJSON_DeleteItemFromObjectCaseSensitive(convolutions, "chosen_by");
    cJSON_DeleteItemFromObjectCaseSensitive(convolutions, "gemm_parameters");
    cr_expect_eq(cJSON_GetArraySize(convolutions), 5);
    char *printed = cJSON_PrintUnformatted(convolutions), *engines = sw_strf("%s", printed);
    cJSON_free(printed);
    cJSON_Delete(manifest);
    free(text);
    free(path);
    return engines;
}

static void expect_engines(const char *run, const char *engines)
{
    char *found = engines_of(run);
    cr_expect_str_eq(found, engines, "%s: %s instead of %s", run, found, engines);
    free(found);
}

static const char all_clblast[] = "{\"dc1.seq.0\":\"clblast\",\"dc2.seq.0\":\"clblast\",\"uc2.seq.0\":"
                                  "\"clblast\",\"uc1.seq.0\":\"clblast\","
                                  "\"uc1.seq.3\":\"clblast\"}";
static const char fixed_order[] = "{\"dc1.seq.0\":\"direct\",\"dc2.seq.0\":\"winograd\",\"uc2.seq.0\":"
                                  "\"winograd\",\"uc1.seq.0\":\"winograd\","
                                  "\"uc1.seq.3\":\"direct\"}";

Test(tune_command, prints_a_table_of_80_columns_and_times_once)
{
    program_expect(0, "timing the engines of 4 kinds of convolution", CACHE "segwork tune " WIDE);
    cr_expect_not_null(strstr(program_output, "3x3 16 > 16, 16x16  forward "), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "kept in cache/convolutions-"), "%s", program_output);
    int taken = 0;
    for (const char *c = program_output; (c = strstr(c, "* ")); c++) taken++;
    for (char *line = strtok(program_output, "\n"); line; line = strtok(NULL, "\n"))
        cr_expect(strlen(line) <= 80 || strstr(line, "timing the engines"), "%s", line);
    cr_expect_geq(taken, 4 * 3 - 4, "%s", program_output); /* the last column's star ends its line */
    program_expect(0, "kept in", CACHE "segwork tune " WIDE);
    cr_expect_null(strstr(program_output, "timing the engines"), "%s", program_output);
    int code = program_run_on_terminal(CACHE "segwork tune " WIDE "--force --json");
    cr_expect_eq(code, 0, "%s", program_output);
    cr_expect_not_null(strstr(program_output, "timing the engines of 4 kinds"), "%s", program_output);
    cr_expect_not_null(strstr(program_output, "] 12/12"), "a bar for 3 passes of each: %s", program_output);
    cJSON *document = cJSON_Parse(strchr(program_output, '{'));
    const cJSON *passes = cJSON_GetObjectItemCaseSensitive(document, "passes");
    cr_expect_eq(cJSON_GetArraySize(passes), 4 * 3, "%s", program_output);
    cr_expect_not_null(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(passes, 0), "ms_per_image"));
    cJSON_Delete(document);
}

Test(tune_command, a_run_takes_what_was_timed_and_its_config_repeats_it_without)
{
    program_draw_pets(6, 4);
    program_expect(0, NULL, CACHE "segwork tune " WIDE " && " SPOIL_CHOICE);
    program_expect(0, "as timed before", CACHE "segwork run " WIDE "--set train.epochs=1 --out a");
    expect_engines("a", all_clblast);
    program_expect(0, "runtime.conv_layers",
                   "export SEGWORK_CACHE_DIR=empty; segwork run a/config.yaml --out b");
    expect_same_run("a", "b", 1);
    expect_engines("b", all_clblast);
    cr_expect(!file_exists("empty"));
    program_expect(
        0, "the fixed order",
        CACHE "segwork run a/config.yaml --no-tune --out c && cmp a/steps.jsonl c/steps.jsonl; test $? = 1");
    expect_engines("c", fixed_order);
}

Test(tune_command, without_a_cache_a_run_times_and_the_next_one_computes_the_same)
{
    program_draw_pets(6, 4);
    program_expect(0, "timed now", CACHE "segwork run " WIDE "--set train.epochs=1 --out a");
    program_expect(0, "as timed before", CACHE "segwork run " WIDE "--set train.epochs=1 --out b");
    expect_same_run("a", "b", 1);
}

/* The signal is heeded from before the first line on. */
Test(tune_command, a_run_stopped_while_it_times_says_that_nothing_was_begun)
{
    program_draw_pets(6, 4);
    setenv("SEGWORK_CACHE_DIR", "cache", 1);
    pid_t pid = program_start("run " WIDE "--out a");
    cr_assert(program_wait_for_lines(pid, "background.txt", 1));
    kill(pid, SIGINT);
    cr_expect_eq(program_wait(pid), 130, "%s", program_output);
    cr_expect_not_null(strstr(program_output, "interrupted while timing convolutions: nothing was begun"),
                       "%s", program_output);
    cr_expect_not(file_exists("a"));
    /* the shell holds the locks that another process would */
    program_expect(130, "interrupted while waiting to time convolutions: nothing was begun",
                   "for l in cache/*.lock; do exec 9>>$l; flock 9; done; "
                   "timeout --preserve-status -s INT 3 \"$SEGWORK_BINARY\" run " WIDE "--out a; exit $?");
    cr_expect_not(file_exists("a"));
}

Test(tune_command, two_runs_that_begin_at_once_choose_the_same)
{
    program_draw_pets(6, 4);
    program_expect(0, NULL,
                   CACHE "segwork run " WIDE "--set train.epochs=1 --out a & first=$!; segwork run " WIDE
                         "--set train.epochs=1 --out b && wait $first");
    expect_same_run("a", "b", 1);
}

Test(tune_command, a_resumed_run_goes_on_as_it_began_whatever_was_timed_since)
{
    program_draw_pets(12, 4);
    program_expect(0, NULL, CACHE "segwork tune " WIDE);
    setenv("SEGWORK_CACHE_DIR", "cache", 1);
    program_expect(0, NULL, "segwork run " WIDE "--set train.epochs=40 --out whole");
    pid_t pid = program_start("run " WIDE "--set train.epochs=40 --out stopped");
    cr_assert(program_wait_for_lines(pid, "stopped/steps.jsonl", 5));
    kill(pid, SIGINT);
    cr_assert_eq(program_wait(pid), 130, "%s", program_output);
    program_expect(0, "as the run began", SPOIL_CHOICE " && segwork run --resume stopped");
    expect_same_run("whole", "stopped", 40);
    char *began = engines_of("whole");
    expect_engines("stopped", began);
    free(began);
    program_expect(2, "--no-tune", "segwork run --resume stopped --no-tune");
}

/* Nothing is timed here, for it could not be kept; another choice than the fixed order is written into the
 * run. */
Test(tune_command, a_sweep_goes_on_with_the_engines_that_its_runs_began_with)
{
    program_draw_pets(6, 4);
    program_expect(0, NULL, "touch file");
    setenv("SEGWORK_CACHE_DIR", "file/below", 1);
    program_expect(130, NULL,
                   "segwork run " WIDE "--set train.epochs=1 --set train.max_minutes=1e-6 --set seed=3 "
                   "--out s/seed=3");
    expect_engines("s/seed=3", fixed_order);
    /* without what is noted of its configuration, as the folders of older programs are */
    program_expect(130, "seed=3, continues after epoch 0",
                   "sed -i 's/\\(seq\\.[0-9]\\): [a-z]*/\\1: clblast/g' s/seed=3/config.yaml && "
                   "sed -i 's/\"config\":/\"another\":/' s/seed=3/manifest.json && "
                   "segwork sweep " WIDE "--set train.epochs=1 --set train.max_minutes=1e-6 --set seed=3..3 "
                   "--out s");
    expect_engines("s/seed=3", all_clblast);
}

Test(tune_command, engines_named_in_the_experiment_win_and_misfits_are_told)
{
    program_draw_pets(6, 4);
    scratch_write("pins.yaml",
                  "runtime: {conv_layers: {dc1.seq.0: clblast, uc1.seq.0: gemm/clblast/winograd,\n"
                  "  uc1.seq.3: winograd}}\n");
    program_expect(0, "3 passes do not run on their engine",
                   "{ echo 'include: [pins.yaml]'; cat $SRC/tests/support/tiny.yaml; } > x.yaml; "
                   "segwork run x.yaml --set model.encoder.0.width=16 --set model.encoder.1.width=16 "
                   "--set model.decoder.0.width=16 --set train.epochs=1 --out a");
    expect_engines("a", "{\"dc1.seq.0\":\"clblast\",\"dc2.seq.0\":\"winograd\",\"uc2.seq.0\":\"winograd\","
                        "\"uc1.seq.0\":\"gemm/clblast/winograd\",\"uc1.seq.3\":\"direct\"}");
    program_expect(2, "runtime.conv_layers", "segwork run x.yaml --set 'runtime.conv_layers={a: fast}'");
    program_expect(2, "runtime.conv_layers", "segwork run x.yaml --set 'runtime.conv_layers=[gemm]'");
    /* a run goes on, whatever the version that wrote it called its layers */
    program_expect(0, NULL,
                   "sed -i 's/conv_layers: {/&nowhere: gemm, /' a/config.yaml && "
                   "sed -i 's/\"config\":/\"another\":/' a/manifest.json && "
                   "segwork run --resume a --set train.epochs=2");
    program_expect(0, NULL, "segwork eval --checkpoint a");
}

Test(tune_command, a_spoilt_cache_is_one_warning_and_timed_anew)
{
    program_draw_pets(6, 4);
    program_expect(0, NULL, CACHE "segwork tune " WIDE);
    program_expect(0, "not a file of convolution timings; the convolutions are timed anew",
                   CACHE "for f in cache/*.json; do head -c 700 $f > x; cat x > $f; done; "
                         "segwork run " WIDE "--set train.epochs=1 --out a");
    const char *warning = strstr(program_output, "timed anew");
    cr_expect_null(strstr(warning + 1, "timed anew"), "%s", program_output);
    program_expect(0, "as timed before", CACHE "segwork run " WIDE "--set train.epochs=1 --out b");
    expect_same_run("a", "b", 1);
}

Test(tune_command, where_nothing_can_be_kept_nothing_is_timed)
{
    program_draw_pets(6, 4);
    program_expect(0, "the fixed order of engines holds",
                   "touch file; export SEGWORK_CACHE_DIR=file/below; segwork run " WIDE
                   "--set train.epochs=1 --out a");
    expect_engines("a", fixed_order);
    program_expect(0, "HOME is not set",
                   "unset HOME XDG_CACHE_HOME SEGWORK_CACHE_DIR; segwork run " WIDE
                   "--set train.epochs=1 --out b");
    expect_engines("b", fixed_order);
    program_expect(1, "file", "export SEGWORK_CACHE_DIR=file/below; segwork tune " WIDE);
}

Test(tune_command, tells_what_is_wrong)
{
    program_expect(2, "takes one experiment file, got 0", "segwork tune");
    program_expect(2, "nowhere.yaml", "segwork tune nowhere.yaml");
    program_expect(2, "no such device", "segwork tune " WIDE "--device 'no such device'");
}
