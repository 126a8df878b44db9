/* A sweep run: one run after the other here, or as commands for other programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "page/shell.h"
#include "run/folder.h"
#include "run/other_version.h"
#include "sweep_runs.h"
#include "train/trainer.h"

enum { LISTED = 8 };

/* `before`: text in front of the run's bar. */
static sw_status train(const sw_sweep_run *run, const char *before, const sw_trainer_options *options)
{
    sw_status status = SW_OK;
    sw_train_result result = {0};
    sw_experiment *begun = NULL;
    const bool resumes = run->state == SW_SWEEP_RESUME;
    sw_trainer_options trainer = *options;
    trainer.out = resumes ? NULL : run->path;
    trainer.resume = resumes ? run->path : NULL;
    trainer.progress.before = before;
    SW_TRY(sweep_clear_folder(run));
    /* its own config.yaml also names the engine of every convolution */
    if (resumes) SW_TRY(sw_run_config_load_to_resume(&begun, run->path, NULL));
    status = sw_train(&result, resumes ? begun : run->experiment, &trainer);
done:
    sw_train_result_deinit(&result);
    sw_experiment_destroy(begun);
    return status;
}

static sw_status note_failure(sw_sweep *sweep, sw_sweep_run *run)
{
    run->failure = sw_arena_strdup(&sweep->arena, sw_error_message());
    if (!run->failure) return SW_E_MEMORY;
    sw_log(SW_LOG_ERROR, "%s: %s", run->name, run->failure);
    return SW_OK;
}

static sw_status stopped(const sw_sweep *sweep)
{
    int done = 0;
    for (int i = 0; i < sweep->count; i++) done += sweep->runs[i].state == SW_SWEEP_DONE;
    return sw_fail(
        SW_E_INTERRUPTED,
        "stopped with %d of %d runs done; the one under way is saved, and the same command continues", done,
        sweep->count);
}

/* train.max_minutes limits each run of the sweep by itself. */
static void note_out_of_time(sw_sweep_run *run)
{
    run->state = SW_SWEEP_RESUME;
    sw_log(SW_LOG_INFO, "%s: %s", run->name, sw_error_message());
}

/* Appends the runs that failed with their messages, or those that ran out of their minutes: a line each, the
 * first LISTED of them. Returns how many there are. */
static int append_runs(sw_str *out, const sw_sweep *sweep, bool failed)
{
    int count = 0;
    for (int i = 0; i < sweep->count; i++) {
        const sw_sweep_run *run = &sweep->runs[i];
        bool listed = failed ? run->failure != NULL : run->state == SW_SWEEP_RESUME && !run->failure;
        if (!listed || count++ >= LISTED) continue;
        sw_str_printf(out, "\n  %s%s%s", run->name, failed ? ": " : "", failed ? run->failure : "");
    }
    if (count > LISTED) sw_str_printf(out, "\n  and %d more", count - LISTED);
    return count;
}

/* Makes the message at the end. SW_OK where no run failed or is unfinished; `kind` is the status of the
 * failures. */
static sw_status conclude(const sw_sweep *sweep, sw_status kind)
{
    sw_str text = {0}, failures = {0}, unfinished = {0};
    int failed = append_runs(&failures, sweep, true), left = append_runs(&unfinished, sweep, false);
    if (failed)
        sw_str_printf(&text, "%d of %d runs failed:%s", failed, sweep->count, sw_str_part(&text, &failures));
    if (left)
        sw_str_printf(
            &text,
            "%s%d of %d runs are saved, but stopped by train.max_minutes; the same command continues "
            "them:%s",
            failed ? "\n" : "", left, sweep->count, sw_str_part(&text, &unfinished));
    sw_status status = sw_str_status(&text);
    if (status == SW_OK && text.length) status = sw_fail(failed ? kind : SW_E_INTERRUPTED, "%s", text.text);
    sw_str_deinit(&text);
    sw_str_deinit(&failures);
    sw_str_deinit(&unfinished);
    return status;
}

/* Checks the run's folder again first: another process may be working on the same sweep. */
static sw_status execute_run(sw_sweep_run *run, const sw_sweep *sweep, const sw_trainer_options *options)
{
    sw_status status = SW_OK;
    const int number = (int)(run - sweep->runs) + 1;
    char before[48];
    sw_str words = {0};
    SW_TRY(sweep_look_at(run));
    sw_sweep_describe(&words, run);
    SW_TRY(sw_str_status(&words));
    sw_log(SW_LOG_INFO, "run %d of %d: %s, %s", number, sweep->count, run->name, words.text);
    if (run->state == SW_SWEEP_DONE || run->state == SW_SWEEP_BUSY) goto done;
    snprintf(before, sizeof before, "run %d/%d ", number, sweep->count);
    SW_TRY(train(run, before, options));
    run->state = SW_SWEEP_DONE;
done:
    sw_str_deinit(&words);
    if (status != SW_E_USAGE || !sw_run_folder_is_busy(run->path)) return status;
    sw_log(SW_LOG_INFO, "%s", sw_error_message()); /* somebody else was quicker */
    run->state = SW_SWEEP_BUSY;
    return SW_OK;
}

sw_status sw_sweep_execute(sw_sweep *sweep, const sw_trainer_options *options)
{
    sw_status failure = SW_OK;
    int failed = 0;
    for (int i = 0; i < sweep->count; i++) {
        sw_sweep_run *run = &sweep->runs[i];
        if (options->stop && *options->stop) return stopped(sweep);
        sw_status status = execute_run(run, sweep, options);
        if (status == SW_OK) continue;
        if (status == SW_E_INTERRUPTED) {
            if (options->stop && *options->stop) return stopped(sweep);
            note_out_of_time(run);
            continue;
        }
        failed++;
        if (failure == SW_OK || sw_exit_code(status) == 1) failure = status;
        SW_ENSURE(note_failure(sweep, run));
    }
    /* a mistake that all of them share, such as missing data, is the mistake of the request */
    bool shared = failed == sweep->count || sw_exit_code(failure) == 1;
    return conclude(sweep, shared ? failure : SW_E_DATA);
}

/* ---- commands ---- */

static void append_command(sw_str *out, const sw_sweep *sweep, const sw_sweep_run *run, const char *program,
                           const char *device)
{
    if (run->state == SW_SWEEP_RESUME) {
        sw_shell_append_resume(out, program, run->path, device);
    } else {
        sw_shell_append_word(out, program);
        sw_shell_append_option(out, "run", sweep->experiment_path);
        for (const char *const *set = run->sets; *set; set++) sw_shell_append_option(out, "--set", *set);
        sw_shell_append_option(out, "--out", run->path);
        if (device) sw_shell_append_option(out, "--device", device);
    }
    sw_str_append(out, "\n");
}

sw_status sw_sweep_commands(sw_str *out, const sw_sweep *sweep, const char *program, const char *device)
{
    for (int i = 0; i < sweep->count; i++) {
        const sw_sweep_run *run = &sweep->runs[i];
        if (run->state == SW_SWEEP_DONE || run->state == SW_SWEEP_BUSY) continue;
        for (const char *const *set = run->sets; *set; set++)
            if (strchr(*set, '\n'))
                return sw_fail(SW_E_USAGE, "--set %s: a line break can't stand in a list of commands", *set);
        SW_ENSURE(sweep_clear_folder(run));
        append_command(out, sweep, run, program, device);
    }
    return sw_str_status(out);
}
