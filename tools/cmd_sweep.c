/* segwork sweep: a product of values as runs. */
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "data/dataset.h"
#include "nn/losses.h"
#include "options.h"
#include "page/json_text.h"
#include "print.h"
#include "run/out_file.h"
#include "run/reader.h"
#include "stop.h"
#include "study/compare.h"
#include "train/sweep.h"

static const char **sets;
static char *out, *device, *jobs, *slurm, *rank;
static int dry_run, json;

enum { ALL_RUNS = INT_MIN };
static int number = ALL_RUNS; /* of the one run to train */

static sw_status list(const sw_sweep *sweep)
{
    sw_str text = {0};
    for (int i = 0; i < sweep->count; i++) {
        sw_str_printf(&text, "%s  ", sweep->runs[i].path);
        sw_sweep_describe(&text, &sweep->runs[i]);
        sw_str_append(&text, "\n");
    }
    return print_text(&text);
}

static sw_status list_json(const sw_sweep *sweep)
{
    static const char *const states[] = {[SW_SWEEP_NEW] = "new",
                                         [SW_SWEEP_RESTART] = "starts over",
                                         [SW_SWEEP_RESUME] = "unfinished",
                                         [SW_SWEEP_BUSY] = "running",
                                         [SW_SWEEP_DONE] = "done"};
    cJSON *runs = cJSON_CreateArray();
    for (int i = 0; i < sweep->count; i++) {
        const sw_sweep_run *run = &sweep->runs[i];
        cJSON *item = cJSON_CreateObject();
        sw_json_add_text(item, "name", run->name);
        sw_json_add_text(item, "folder", run->path);
        cJSON_AddStringToObject(item, "state", states[run->state]);
        SW_JSON_ADD_NUMBERS(item, {"epochs_done", run->epochs_done},
                            {"epochs", run->experiment->train.epochs});
        cJSON_AddItemToArray(runs, item);
    }
    return print_json(runs);
}

/* Commands name the whole path: the PATH of the shell that runs them may lack segwork. */
static const char *this_program(char *buffer, size_t bytes)
{
    ssize_t length = readlink("/proc/self/exe", buffer, bytes - 1);
    if (length <= 0) return "segwork";
    buffer[length] = '\0';
    return buffer;
}

static sw_status write_jobs(const sw_sweep *sweep)
{
    static const char *const endings[] = {".txt", ".sh", ".jobs", ".list", "", NULL};
    char program[4096];
    sw_status status = SW_OK;
    sw_str text = {0};
    int count = 0;
    SW_TRY(sw_out_file_check(jobs, endings, NULL));
    SW_TRY(sw_sweep_commands(&text, sweep, this_program(program, sizeof program), device));
    SW_TRY(sw_fs_write(jobs, text.text ? text.text : "", text.length));
    for (size_t i = 0; i < text.length; i++) count += text.text[i] == '\n';
    sw_log(SW_LOG_INFO, "%d command%s written to %s, to be started in this folder", count,
           count == 1 ? "" : "s", jobs);
done:
    sw_str_deinit(&text);
    return status;
}

static sw_status write_slurm(const sw_sweep *sweep)
{
    static const char *const endings[] = {".sh", ".sbatch", ".slurm", "", NULL};
    char program[4096];
    sw_status status = SW_OK;
    sw_str text = {0};
    SW_TRY(sw_out_file_check(slurm, endings, NULL));
    SW_TRY(sw_sweep_slurm(&text, sweep, this_program(program, sizeof program), sets, device));
    SW_TRY(sw_fs_write(slurm, text.text, text.length));
    sw_log(SW_LOG_INFO, "an array job of %d run%s written to %s, to be submitted in this folder: sbatch %s",
           sweep->count, sweep->count == 1 ? "" : "s", slurm, slurm);
done:
    sw_str_deinit(&text);
    return status;
}

/* Compares the runs that have begun. */
static sw_status compare(const sw_sweep *sweep)
{
    sw_status status = SW_OK;
    sw_comparison *comparison = NULL;
    sw_str text = {0};
    size_t count = 0;
    const char **paths = calloc((size_t)sweep->count, sizeof *paths);
    if (!paths) return sw_fail_alloc("names of runs", (size_t)sweep->count * sizeof *paths);
    for (int i = 0; i < sweep->count; i++)
        if (sw_run_is_folder(sweep->runs[i].path)) paths[count++] = sweep->runs[i].path;
    if (count == 0) goto done;
    SW_TRY(sw_comparison_open(&comparison, paths, count, &(sw_compare_options){.rank = rank}));
    SW_TRY(sw_comparison_write(&text, comparison, json ? SW_COMPARE_JSON : SW_COMPARE_TEXT));
    status = print_text(&text);
done:
    sw_str_deinit(&text);
    sw_comparison_close(comparison);
    free(paths);
    return status;
}

/* Reports failures after the comparison of what was achieved. */
static sw_status execute(sw_sweep *sweep)
{
    const sw_trainer_options options = {
        .device = device, .progress = print_progress(), .stop = sw_stop_on_signals()};
    sw_status status = sw_sweep_execute(sweep, &options);
    if (status == SW_E_INTERRUPTED && *options.stop) return status;
    char *message = status == SW_OK ? NULL : sw_strf("%s", sw_error_message());
    sw_status compared = number == ALL_RUNS ? compare(sweep) : SW_OK;
    if (message) status = sw_fail(status, "%s", message);
    free(message);
    return status == SW_OK ? compared : status;
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_sweep sweep = {0};
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one experiment file, got %d (see 'segwork sweep --help')", argc);
    if (jobs && slurm) return sw_fail(SW_E_USAGE, "--jobs and --slurm write different files: choose one");
    const char *writes = jobs ? "--jobs" : slurm ? "--slurm" : NULL;
    if (writes && dry_run) return sw_fail(SW_E_USAGE, "%s writes and --dry-run does not: choose one", writes);
    if (writes && json)
        return sw_fail(SW_E_USAGE, "%s writes commands and prints no results: not with --json", writes);
    if (writes && number != ALL_RUNS)
        return sw_fail(SW_E_USAGE, "%s writes all runs: not with --run", writes);
    SW_TRY(sw_sweep_plan(&sweep, argv[0], sets, out));
    if (rank) { /* not after hours of training */
        const sw_experiment *x = sweep.runs[0].experiment;
        const sw_loss_names losses = sw_losses_name(&x->loss);
        SW_TRY(sw_compare_check_rank(rank, sw_data_classes(&x->data), &losses));
    }
    if (number != ALL_RUNS) SW_TRY(sw_sweep_select(&sweep, number));
    if (dry_run)
        status = json ? list_json(&sweep) : list(&sweep);
    else if (jobs)
        status = write_jobs(&sweep);
    else if (slurm)
        status = write_slurm(&sweep);
    else
        status = execute(&sweep);
done:
    sw_sweep_deinit(&sweep);
    return status;
}

static const struct poptOption options[] = {
    {"set", 's', POPT_ARG_ARGV, &sets, 0,
     "Values of a key, separated by commas, or 0..4 for whole numbers (may be repeated)", "KEY=VALUE"},
    OPTION_TEXT("out", 'o', out, "DIR", "Folder for the runs (default: runs/<experiment>-sweep)"),
    OPTION_TEXT("rank", 'r', rank, "METRIC", "Metric that ranks the runs (default: train.save_best)"),
    OPTION_TEXT("jobs", 'j', jobs, "FILE", "Write the commands of the runs, one per line, and run nothing"),
    OPTION_TEXT("slurm", '\0', slurm, "FILE",
                "Write an array job for Slurm's sbatch, an element a run, and run nothing"),
    {"run", '\0', POPT_ARG_INT, &number, 0, "Only the run of this number in the list, as an array job does",
     "N"},
    OPTION_FLAG("dry-run", 'n', dry_run, "List the runs and how far they are, and run nothing"),
    OPTION_DEVICE(device),
    OPTION_JSON(json),
    OPTION_QUIET,
    POPT_TABLEEND};

const sw_command sw_cmd_sweep = {
    .name = "sweep",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Train an experiment once per combination of some values",
    .details = "Each combination of the values becomes a run. Its folder is named after the\n"
               "keys that vary: runs/<experiment>-sweep/loss.gamma=1,seed=0. A key with a\n"
               "single value gets that value in all runs. Commas inside brackets or quotes do\n"
               "not separate: loss.class_weights='none,[1,1,2]' gives two values.\n\n"
               "Ctrl-C stops the current run and saves it. The same command continues the\n"
               "sweep: it skips finished runs, and it may be given more values. If a run fails,\n"
               "the others still run; the end of the output names it, and the exit code is 1.\n"
               "If a run reaches train.max_minutes, the others still run; the exit code is then\n"
               "130, and the same command continues that run. At the end all runs are compared,\n"
               "as 'segwork compare' does.\n\n"
               "--jobs and --slurm run nothing. --jobs writes one command per run, for GNU\n"
               "parallel. --slurm writes an array job, whose elements save their runs and go\n"
               "back into the queue before their time is over; adapt its first lines.\n\n"
               "Examples:\n"
               "  segwork sweep border.yaml --set optimizer.lr=1e-3,2e-3 --set seed=0..2\n"
               "  segwork sweep border.yaml --set loss.gamma=0,1,2 --rank iou_border\n"
               "  segwork sweep border.yaml --set loss.gamma=0,1,2 --jobs jobs.txt\n"
               "  parallel -j 2 < jobs.txt\n"
               "  segwork sweep border.yaml --set loss.gamma=0,1,2 --slurm border.sh\n"
               "  sbatch border.sh",
    .options = options,
    .run = run,
};
