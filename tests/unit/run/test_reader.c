/* The folder of a run read back: facts, state, numbers, and what is wrong with it. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"
#include "epoch_row.h"
#include "run/reader.h"
#include "run_case.h"
#include "scratch.h"

TestSuite(run_reader, .init = scratch_create, .fini = scratch_remove);

static const double figures[] = {0.25, 0.5, 0.375};

static sw_run_reader opened(const char *name)
{
    sw_run_reader run;
    cr_assert_eq(sw_run_reader_open(&run, scratch_path(name)), SW_OK, "%s", sw_error_message());
    return run;
}

static void expect_refused(const char *name, sw_status kind, const char *words)
{
    sw_run_reader run;
    cr_expect_eq(sw_run_reader_open(&run, scratch_path(name)), kind, "%s", sw_error_message());
    cr_expect_not_null(strstr(sw_error_message(), words), "expected '%s' in: %s", words, sw_error_message());
    cr_expect_null(run.path);
    sw_run_reader_close(&run);
}

static void write_whole(const char *name, const char *outcome)
{
    run_case_write(&(run_case){.folder = name,
                               .config = "train: {epochs: 3}\n",
                               .outcome = outcome,
                               .iou_border = figures,
                               .epochs = 3});
}

Test(run_reader, a_finished_run_tells_its_facts_values_and_epochs)
{
    run_case_write(&(run_case){.folder = "run",
                               .config = "train: {epochs: 3}\n",
                               .outcome = "done",
                               .manifest = "\"origins\": {\"train.epochs\": \"exp.yaml:7\"}",
                               .iou_border = figures,
                               .epochs = 3});
    cr_expect(sw_run_is_folder(scratch_path("run")));
    sw_run_reader run = opened("run///");
    cr_expect_str_eq(run.path, scratch_path("run"));
    cr_expect_eq(run.state, SW_RUN_FINISHED);
    cr_expect_str_eq(run.failure, "");
    cr_expect_eq(run.experiment->train.epochs, 3);
    cr_expect_str_eq(run.facts.train.fingerprint, "t");
    cr_expect_str_eq(run.facts.val.split, "test");
    cr_expect_eq(run.facts.train.images, 20);
    cr_expect_eq(run.facts.train.skipped, 1);
    cr_expect_eq(run.facts.parameters, 1234567.0);
    cr_expect_eq(run.facts.macs, 2.5e9);
    cr_expect_eq(run.facts.device_memory_bytes, 3145728.0);
    cr_expect_str_eq(run.facts.device, "A device");
    cr_expect_str_eq(run.facts.host, "here");
    cr_expect_str_eq(run.facts.revision, "abc");
    cr_expect_str_eq(run.facts.started, "2025-03-01T12:00:00Z");
    cr_expect_str_eq(run.facts.ended, "2025-03-01T12:01:00Z");
    cr_expect_eq(run.facts.processes, 1);
    cr_expect_eq(sw_run_reader_epochs_done(&run), 3);
    cr_assert_eq(run.epochs.count, 3);
    cr_expect_eq(epoch_row_read(&run.epochs, 1, "iou_border"), 0.5);
    const sw_config_value *epochs = sw_config_values_find(&run.values, "train.epochs");
    cr_assert_not_null(epochs);
    cr_expect_str_eq(epochs->value, "3");
    cr_expect_str_eq(epochs->origin, "exp.yaml:7");
    const sw_config_value *width = sw_config_values_find(&run.values, "model.encoder.1.width");
    cr_assert_not_null(width);
    cr_expect_str_eq(width->value, "8");
    cr_expect_null(width->origin, "the manifest says where values came from, and of this one it does not");
    cr_expect_null(sw_config_values_find(&run.values, "model.encoder.2.width"));
    sw_run_reader_close(&run);
}

Test(run_reader, without_origins_in_the_manifest_the_line_of_the_config_stands_for_them)
{
    write_whole("run", "done");
    sw_run_reader run = opened("run");
    const sw_config_value *epochs = sw_config_values_find(&run.values, "train.epochs");
    cr_assert_not_null(epochs);
    cr_expect_not_null(strstr(epochs->origin, "run/config.yaml:4"), "%s", epochs->origin);
    cr_expect_null(sw_config_values_find(&run.values, "optimizer.lr")->origin);
    sw_run_reader_close(&run);
}

Test(run_reader, steps_come_with_epoch_loss_and_rate)
{
    write_whole("run", "done");
    sw_run_reader run = opened("run");
    sw_step_table steps;
    cr_assert_eq(sw_run_reader_steps(&steps, &run), SW_OK, "%s", sw_error_message());
    cr_assert_eq(steps.count, 6);
    cr_expect_eq(steps.rows[5].step, 6);
    cr_expect_eq(steps.rows[3].epoch, 2);
    cr_expect_eq(steps.rows[3].loss, 0.5);
    cr_expect_eq(steps.rows[0].lr, 0.01);
    sw_step_table_deinit(&steps);

    cr_assert_eq(unlink(scratch_path("run/steps.jsonl")), 0);
    cr_expect_eq(sw_run_reader_steps(&steps, &run), SW_E_DATA);
    cr_expect_not_null(strstr(sw_error_message(), "steps.jsonl is missing"), "%s", sw_error_message());
    sw_run_reader_close(&run);
}

Test(run_reader, steps_that_were_torn_or_mixed_up_are_told_apart)
{
    static const struct {
        const char *text;
        size_t rows;       /* read */
        const char *words; /* or refused with */
    } cases[] = {
        {"", 0, NULL},
        {"{\"step\":1,\"epoch\":1,\"loss\":null,\"lr\":1}\n{\"step\":2,\"ep", 1, NULL},
        {"{\"step\":1,\"epoch\":1,\"loss\":1,\"lr\":1}\n{\"step\":3,\"epoch\":1,\"loss\":1,\"lr\":1}\n", 0,
         "steps.jsonl:2: step 3 stands where step 2 should"},
        {"{\"step\":1e300,\"epoch\":1}\n", 0, "steps.jsonl:1: step 1e+300"},
        {"{\"step\":1,\"loss\":1}\n", 0, "steps.jsonl:1: the step has no epoch"},
        {"x\n{\"step\":1,\"epoch\":1}\n", 0, "steps.jsonl:1: not a row"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sw_step_table steps;
        scratch_write("steps.jsonl", cases[i].text);
        sw_status status = sw_step_table_read(&steps, scratch_path("steps.jsonl"));
        cr_expect_eq(status, cases[i].words ? SW_E_DATA : SW_OK, "case %zu: %s", i, sw_error_message());
        cr_expect_eq(steps.count, cases[i].rows, "case %zu", i);
        if (cases[i].words)
            cr_expect_not_null(strstr(sw_error_message(), cases[i].words), "%s", sw_error_message());
        else if (steps.count)
            cr_expect(isnan(steps.rows[0].loss));
        sw_step_table_deinit(&steps);
    }
}

Test(run_reader, the_state_follows_from_the_last_process)
{
    static const struct {
        const char *outcome;
        int epochs;
        sw_run_state state;
        const char *failure;
    } cases[] = {
        {"done", 3, SW_RUN_FINISHED, ""},
        {"interrupted", 2, SW_RUN_INTERRUPTED, ""},
        {"failed: the disk is full", 1, SW_RUN_FAILED, "the disk is full"},
        {NULL, 1, SW_RUN_CUT_OFF, ""},
        {NULL, 0, SW_RUN_CUT_OFF, ""},
        {"done", 2, SW_RUN_CUT_OFF, ""}, /* copied before the rest was there */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[16];
        snprintf(name, sizeof name, "run%zu", i);
        run_case_write(&(run_case){.folder = name,
                                   .config = "train: {epochs: 3}\n",
                                   .outcome = cases[i].outcome,
                                   .iou_border = figures,
                                   .epochs = cases[i].epochs});
        sw_run_reader run = opened(name);
        cr_expect_eq(run.state, cases[i].state, "case %zu: %s", i, sw_run_state_name(run.state));
        cr_expect_str_eq(run.failure, cases[i].failure);
        cr_expect_eq(sw_run_reader_epochs_done(&run), cases[i].epochs);
        sw_run_reader_close(&run);
    }
}

Test(run_reader, a_run_that_was_done_stays_finished_whatever_came_of_resuming_it)
{
    static const char manifest[] = "{\"segwork\": {}, \"sessions\": [{\"outcome\": \"done\"}, "
                                   "{\"outcome\": \"failed: there is no such device\"}]}";
    write_whole("run", "done");
    scratch_write("run/manifest.json", manifest);
    sw_run_reader run = opened("run");
    cr_expect_eq(run.state, SW_RUN_FINISHED, "%s", sw_run_state_name(run.state));
    cr_expect_str_eq(run.failure, "");
    sw_run_reader_close(&run);
    /* but one that was then given more epochs, and failed in them, failed */
    run_case_write(&(run_case){.folder = "more",
                               .config = "train: {epochs: 9}\n",
                               .outcome = "done",
                               .iou_border = figures,
                               .epochs = 3});
    scratch_write("more/manifest.json", manifest);
    run = opened("more");
    cr_expect_eq(run.state, SW_RUN_FAILED, "%s", sw_run_state_name(run.state));
    cr_expect_str_eq(run.failure, "there is no such device");
    sw_run_reader_close(&run);
}

Test(run_reader, a_run_that_early_stop_ended_is_finished_before_its_last_epoch)
{
    static const double worse[] = {0.5, 0.4}, better[] = {0.4, 0.5};
    run_case made = {.folder = "ended",
                     .config = "train: {epochs: 9, early_stop: {patience: 1, metric: val_loss}}\n",
                     .outcome = "done",
                     .iou_border = worse,
                     .epochs = 2};
    run_case_write(&made);
    sw_run_reader run = opened("ended");
    cr_expect_eq(run.state, SW_RUN_FINISHED);
    sw_run_reader_close(&run);
    made.folder = "copied";
    made.iou_border = better; /* nothing ends such a run here: the rest is missing */
    run_case_write(&made);
    run = opened("copied");
    cr_expect_eq(run.state, SW_RUN_CUT_OFF);
    sw_run_reader_close(&run);
}

Test(run_reader, a_run_is_running_while_its_log_is_locked)
{
    write_whole("run", NULL);
    int fd = open(scratch_path("run/log.txt"), O_WRONLY);
    cr_assert(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    sw_run_reader run = opened("run");
    cr_expect_eq(run.state, SW_RUN_RUNNING);
    sw_run_reader_close(&run);
    close(fd);
    run = opened("run");
    cr_expect_eq(run.state, SW_RUN_CUT_OFF);
    sw_run_reader_close(&run);
    fd = open(scratch_path("run/log.txt"), O_WRONLY);
    cr_expect_eq(flock(fd, LOCK_EX | LOCK_NB), 0, "reading left its lock behind");
    close(fd);
}

Test(run_reader, a_run_without_an_epoch_has_none_and_a_torn_last_row_is_left_out)
{
    write_whole("run", "interrupted");
    char *text;
    size_t length;
    cr_assert_eq(sw_fs_read(&text, &length, scratch_path("run/metrics.jsonl"), 1 << 20), SW_OK);
    text[length - 20] = '\0';
    scratch_write("run/metrics.jsonl", text);
    free(text);
    sw_run_reader run = opened("run");
    cr_expect_eq(run.epochs.count, 2);
    sw_run_reader_close(&run);

    cr_assert_eq(unlink(scratch_path("run/metrics.jsonl")), 0);
    run = opened("run");
    cr_expect_eq(run.epochs.count, 0);
    cr_expect_eq(sw_run_reader_epochs_done(&run), 0);
    sw_run_reader_close(&run);
}

Test(run_reader, what_is_no_run_is_refused_with_what_it_lacks)
{
    expect_refused("nowhere", SW_E_USAGE, "there is no such run folder");
    scratch_write("file", "x");
    expect_refused("file", SW_E_USAGE, "is a file");
    scratch_write("photos/a.txt", "x");
    expect_refused("photos", SW_E_USAGE, "is not the folder of a run: it has no config.yaml");
    scratch_write("begun/manifest.json", "{}");
    expect_refused("begun", SW_E_USAGE, "stopped before its first step");
    write_whole("partial", "done");
    cr_assert_eq(unlink(scratch_path("partial/manifest.json")), 0);
    expect_refused("partial", SW_E_USAGE, "has no manifest.json: the folder was not copied whole");
    cr_expect_not(sw_run_is_folder(scratch_path("partial")));
}

Test(run_reader, torn_and_foreign_files_are_named)
{
    static const struct {
        const char *file, *text;
        sw_status kind;
        const char *words;
    } cases[] = {
        {"manifest.json", "{\"segwork\": {}, \"sess", SW_E_DATA, "manifest.json: not a JSON object"},
        {"manifest.json", "{\"name\": \"web page\"}", SW_E_DATA, "it has no \"segwork\""},
        {"manifest.json", "{\"segwork\": {}}", SW_E_DATA, "it has no \"sessions\""},
        {"manifest.json", "{\"segwork\": {}, \"sessions\": [3]}", SW_E_DATA, "it has no \"sessions\""},
        {"metrics.jsonl", "epoch,lr\n1,2\n", SW_E_DATA, "metrics.jsonl:1: not a row"},
        {"metrics.jsonl", "{\"epoch\":1,\"iou_pet\":1}\n{\"epoch\":1,\"iou_pet\":1}\n", SW_E_DATA,
         "epoch 1 stands where epoch 2 should"},
        {"metrics.jsonl", "{\"epoch\":1,\"accuracy\":0.5}\n", SW_E_DATA, "not the metrics of a run"},
        {"metrics.jsonl", NULL, SW_E_DATA, "metrics.jsonl is missing although the run is done"},
        {"config.yaml", "model: {encoder: [", SW_E_CONFIG, "config.yaml:"},
        {"config.yaml", "apiVersion: v1\n", SW_E_CONFIG, "apiVersion"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[64];
        write_whole("run", "done");
        snprintf(path, sizeof path, "run/%s", cases[i].file);
        if (cases[i].text)
            scratch_write(path, cases[i].text);
        else
            cr_assert_eq(unlink(scratch_path(path)), 0);
        expect_refused("run", cases[i].kind, cases[i].words);
        cr_assert_eq(unlink(scratch_path("run/metrics.jsonl")) == 0 || !cases[i].text, true);
        unlink(scratch_path("run/steps.jsonl"));
    }
}

Test(run_reader, a_manifest_that_says_little_leaves_facts_open)
{
    write_whole("run", "done");
    scratch_write("run/manifest.json",
                  "{\"segwork\": 1, \"sessions\": [{}], \"parameters\": \"many\", \"data\": {\"val\": "
                  "{\"images\": -3}}}");
    expect_refused("run", SW_E_DATA, "it has no \"segwork\"");
    scratch_write("run/manifest.json",
                  "{\"segwork\": {}, \"sessions\": [{}], \"parameters\": \"many\", \"data\": {\"val\": "
                  "{\"images\": -3}}}");
    sw_run_reader run = opened("run");
    cr_expect_eq(run.facts.parameters, -1.0);
    cr_expect_eq(run.facts.val.images, -1);
    cr_expect_str_eq(run.facts.val.fingerprint, "");
    cr_expect_str_eq(run.facts.started, "");
    cr_expect_eq(run.state, SW_RUN_CUT_OFF);
    sw_run_reader_close(&run);
}
