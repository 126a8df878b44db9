#include "train/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "page/shell.h"
#include "run/folder.h"
#include "run/reader.h"
#include "train/trainer.h"

enum { MAX_AXES = 64, SHOWN_BYTES = 40, MAX_NAME_BYTES = 200 };

/* ---- names ---- */

static uint32_t fnv1a(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

/* A value as part of a folder's name: what needs quoting becomes '-'. A long one is cut and told apart by its
 * hash. */
static void append_value(sw_str *out, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    char text[SHOWN_BYTES];
    size_t length = 0;
    bool cut = false;
    for (const char *c = value; *c && !cut; c++) {
        bool keeps = strchr(plain, *c) != NULL;
        if (!keeps && (length == 0 || text[length - 1] == '-')) continue;
        cut = length == sizeof text - 1;
        if (!cut) text[length++] = keeps ? *c : '-';
    }
    while (length > 0 && text[length - 1] == '-') length--;
    text[length] = '\0';
    if (cut)
        sw_str_printf(out, "%.*s-%08" PRIx32, SHOWN_BYTES - 10, text, fnv1a(value));
    else
        sw_str_append(out, text);
}

/* ---- the runs ---- */

typedef struct request {
    sw_sweep_axis axes[MAX_AXES];
    int count;
    int by_key[MAX_AXES]; /* axes in alphabetical order */
} request;

static sw_status read_axes(request *r, sw_arena *arena, const char *const *sets)
{
    bool varies = false;
    for (size_t i = 0; sets && sets[i]; i++) {
        if (r->count == MAX_AXES) return sw_fail(SW_E_USAGE, "more than %d keys are set", MAX_AXES);
        sw_sweep_axis *axis = &r->axes[r->count];
        SW_ENSURE(sw_sweep_axis_parse(axis, arena, sets[i]));
        int at = r->count++;
        for (int k = 0; k < at; k++)
            if (strcmp(r->axes[k].key, axis->key) == 0)
                return sw_fail(SW_E_USAGE, "%s is set twice; give all its values in one --set", axis->key);
        varies |= axis->varies;
        while (at > 0 && strcmp(r->axes[r->by_key[at - 1]].key, axis->key) > 0) {
            r->by_key[at] = r->by_key[at - 1];
            at--;
        }
        r->by_key[at] = r->count - 1;
    }
    if (varies) return SW_OK;
    return sw_fail(SW_E_USAGE, "nothing varies: give at least one key several values, as in --set "
                               "loss.gamma=0,1,2 or --set seed=0..2");
}

static sw_status count_runs(int *out, const request *r)
{
    int64_t count = 1;
    for (int a = 0; a < r->count; a++) {
        count *= r->axes[a].count;
        if (count > SW_SWEEP_MAX_RUNS)
            return sw_fail(SW_E_USAGE, "these values make more than %d runs; sweep in parts",
                           SW_SWEEP_MAX_RUNS);
    }
    *out = (int)count;
    return SW_OK;
}

/* The value of an axis in run number `run`: the last axis varies fastest. */
static const char *value_in(const request *r, int axis, int run)
{
    for (int a = r->count - 1; a > axis; a--) run /= r->axes[a].count;
    return r->axes[axis].values[run % r->axes[axis].count];
}

static sw_status keep(const char **out, sw_arena *arena, sw_str *text)
{
    sw_status status = sw_str_status(text);
    if (status == SW_OK) {
        *out = sw_arena_strdup(arena, text->text ? text->text : "");
        if (!*out) status = SW_E_MEMORY;
    }
    sw_str_deinit(text);
    return status;
}

static sw_status name_run(sw_sweep_run *run, sw_sweep *sweep, const request *r, int number)
{
    sw_str name = {0}, path = {0};
    for (int i = 0; i < r->count; i++) {
        const sw_sweep_axis *axis = &r->axes[r->by_key[i]];
        if (!axis->varies) continue;
        sw_str_printf(&name, "%s%s=", name.length ? "," : "", axis->key);
        append_value(&name, value_in(r, r->by_key[i], number));
    }
    size_t length = name.length;
    SW_ENSURE(keep(&run->name, &sweep->arena, &name));
    if (length > MAX_NAME_BYTES)
        return sw_fail(SW_E_USAGE, "%.80s...: too many keys vary to name a folder by them", run->name);
    sw_str_printf(&path, "%s/%s", sweep->folder, run->name);
    return keep(&run->path, &sweep->arena, &path);
}

static sw_status set_values(sw_sweep_run *run, sw_sweep *sweep, const request *r, int number)
{
    const char **sets = sw_arena_alloc(&sweep->arena, ((size_t)r->count + 1) * sizeof *sets);
    if (!sets) return SW_E_MEMORY;
    for (int a = 0; a < r->count; a++) {
        sw_str set = {0};
        sw_str_printf(&set, "%s=%s", r->axes[a].key, value_in(r, a, number));
        SW_ENSURE(keep(&sets[a], &sweep->arena, &set));
    }
    run->sets = sets;
    return SW_OK;
}

static sw_status refuse_same_name(const sw_sweep *sweep, const sw_sweep_run *run)
{
    for (const sw_sweep_run *other = sweep->runs; other < run; other++)
        if (strcmp(other->name, run->name) == 0)
            return sw_fail(SW_E_USAGE,
                           "two values make the same folder name, %s: put them into experiments of their own",
                           run->name);
    return SW_OK;
}

/* ---- what is there ---- */

static bool is_left_over_file(const char *name)
{
    size_t length = strlen(name);
    static const char partial[] = ".partial";
    return strcmp(name, "log.txt") == 0 || strcmp(name, "manifest.json") == 0 ||
           (length > sizeof partial && strcmp(name + length - (sizeof partial - 1), partial) == 0);
}

/* Whether the folder holds nothing but what a run leaves that was killed before it began; with `remove` that
 * goes. */
static bool is_left_over(const char *folder, bool remove)
{
    DIR *dir = opendir(folder);
    bool left_over = dir != NULL;
    const struct dirent *entry;
    while (left_over && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char *path = sw_fs_join(folder, entry->d_name);
        bool is_dir = path && sw_fs_is_dir(path);
        left_over = path && (is_dir ? is_left_over(path, remove) : is_left_over_file(entry->d_name));
        if (left_over && remove) left_over = (is_dir ? rmdir(path) : unlink(path)) == 0;
        free(path);
    }
    if (dir) closedir(dir);
    return left_over;
}

/* A run's configuration has the engine of every layer, an experiment only those it decides. */
static bool has_engines(const sw_conv_pins *pins, const sw_conv_pins *asked)
{
    for (int i = 0; i < asked->count; i++) {
        const sw_conv_pin *pin = sw_conv_pins_find(pins, asked->pins[i].layer);
        for (int p = 0; pin && p < SW_CONV_PASSES; p++)
            if (asked->pins[i].pass[p] != SW_CONV_AUTO && asked->pins[i].pass[p] != pin->pass[p])
                return false;
    }
    return true;
}

/* Its name is no part of what is learnt. */
static bool may_differ(const char *key, const sw_sweep_run *run, const sw_run_reader *there)
{
    if (strcmp(key, "runtime.conv_layers") == 0)
        return has_engines(&there->experiment->runtime.conv_layers, &run->experiment->runtime.conv_layers);
    return strcmp(key, "name") == 0;
}

/* Only then what is there may be skipped or gone on with. */
static sw_status require_same_configuration(const sw_sweep_run *run, const sw_run_reader *there)
{
    sw_config_values now = {0};
    sw_config_keys keys = {0};
    sw_status status = SW_OK;
    SW_TRY(sw_config_values_read(&now, run->experiment));
    const sw_config_values *const both[] = {&there->values, &now};
    SW_TRY(sw_config_differing(&keys, both, 2));
    for (size_t i = 0; i < keys.count && status == SW_OK; i++) {
        if (may_differ(keys.items[i], run, there)) continue;
        const sw_config_value *old = sw_config_values_find(&there->values, keys.items[i]);
        const sw_config_value *new = sw_config_values_find(&now, keys.items[i]);
        status = sw_fail(SW_E_USAGE,
                         "%s was begun with another configuration: %s is %s there and %s now; give another "
                         "folder with --out, or remove that one",
                         run->path, keys.items[i], old ? old->value : "absent", new ? new->value : "absent");
    }
done:
    free(keys.items);
    sw_config_values_deinit(&now);
    return status;
}

static sw_sweep_state state_of(const sw_run_reader *there)
{
    if (there->state == SW_RUN_FINISHED) return SW_SWEEP_DONE;
    return there->state == SW_RUN_RUNNING ? SW_SWEEP_BUSY : SW_SWEEP_RESUME;
}

static bool has_config(const char *folder)
{
    char *config = sw_fs_join(folder, "config.yaml");
    bool has = config && sw_fs_exists(config);
    free(config);
    return has;
}

static sw_status look_at(sw_sweep_run *run)
{
    sw_status status = SW_OK;
    sw_run_reader there;
    run->state = SW_SWEEP_NEW;
    if (!sw_fs_exists(run->path)) return SW_OK;
    if (!has_config(run->path)) {
        run->state = sw_run_folder_is_busy(run->path) ? SW_SWEEP_BUSY : SW_SWEEP_RESTART;
        if (run->state == SW_SWEEP_BUSY || is_left_over(run->path, false)) return SW_OK;
        return sw_fail(SW_E_USAGE, "%s holds something that is no run; give another folder with --out",
                       run->path);
    }
    SW_TRY(sw_run_reader_open(&there, run->path));
    run->state = state_of(&there);
    run->epochs_done = sw_run_reader_epochs_done(&there);
    status = require_same_configuration(run, &there);
    sw_run_reader_close(&there);
done:
    return status;
}

/* ---- the plan ---- */

static sw_status name_folder(sw_sweep *sweep, const char *given, const char *const *first_sets)
{
    sw_status status = SW_OK;
    sw_experiment *first = NULL;
    sw_str folder = {0};
    if (given) {
        size_t length = strlen(given);
        while (length > 1 && given[length - 1] == '/') length--;
        sw_str_append_bytes(&folder, given, length);
    } else {
        SW_TRY(sw_experiment_load(&first, sweep->experiment_path, first_sets));
        sw_str_printf(&folder, "runs/%s-sweep", first->name);
    }
    if (folder.length == 0) status = sw_fail(SW_E_USAGE, "--out: expected a folder");
    if (status == SW_OK) status = keep(&sweep->folder, &sweep->arena, &folder);
done:
    sw_str_deinit(&folder);
    sw_experiment_destroy(first);
    return status;
}

static sw_status plan_run(sw_sweep *sweep, const request *r, int number)
{
    sw_sweep_run *run = &sweep->runs[number];
    SW_ENSURE(name_run(run, sweep, r, number));
    SW_ENSURE(refuse_same_name(sweep, run));
    SW_ENSURE(sw_experiment_load(&run->experiment, sweep->experiment_path, run->sets));
    return look_at(run);
}

sw_status sw_sweep_plan(sw_sweep *sweep, const char *experiment_path, const char *const *sets,
                        const char *folder)
{
    sw_status status = SW_OK;
    *sweep = (sw_sweep){.experiment_path = experiment_path};
    request *r = calloc(1, sizeof *r);
    if (!r) return sw_fail_alloc("a sweep", sizeof *r);
    SW_TRY(read_axes(r, &sweep->arena, sets));
    SW_TRY(count_runs(&sweep->count, r));
    sweep->runs = sw_arena_alloc(&sweep->arena, (size_t)sweep->count * sizeof *sweep->runs);
    if (!sweep->runs) {
        sweep->count = 0;
        status = SW_E_MEMORY;
        goto done;
    }
    for (int i = 0; i < sweep->count; i++) SW_TRY(set_values(&sweep->runs[i], sweep, r, i));
    SW_TRY(name_folder(sweep, folder, sweep->runs[0].sets));
    for (int i = 0; i < sweep->count; i++) SW_TRY(plan_run(sweep, r, i));
done:
    free(r);
    if (status != SW_OK) sw_sweep_deinit(sweep);
    return status;
}

void sw_sweep_deinit(sw_sweep *sweep)
{
    for (int i = 0; i < sweep->count; i++) sw_experiment_destroy(sweep->runs[i].experiment);
    sw_arena_deinit(&sweep->arena);
    *sweep = (sw_sweep){0};
}

void sw_sweep_describe(sw_str *out, const sw_sweep_run *run)
{
    static const char *const words[] = {[SW_SWEEP_NEW] = "new",
                                        [SW_SWEEP_RESTART] = "begins anew",
                                        [SW_SWEEP_BUSY] = "being written by another process",
                                        [SW_SWEEP_DONE] = "done"};
    if (run->state == SW_SWEEP_RESUME)
        sw_str_printf(out, "goes on after epoch %d of %d", run->epochs_done, run->experiment->train.epochs);
    else
        sw_str_append(out, words[run->state]);
}

/* ---- running ---- */

static sw_status clear_folder(const sw_sweep_run *run)
{
    if (run->state != SW_SWEEP_RESTART || is_left_over(run->path, true)) return SW_OK;
    return sw_fail(SW_E_IO, "cannot clear %s of what a run left that did not begin: %s", run->path,
                   strerror(errno));
}

/* What a run that was begun names itself: beside what was asked for, the engine of every convolution. */
static sw_status load_begun(sw_experiment **out, const sw_sweep_run *run)
{
    char *config = sw_fs_join(run->path, "config.yaml");
    if (!config) return SW_E_MEMORY;
    sw_status status = sw_experiment_load(out, config, NULL);
    free(config);
    return status;
}

static sw_status train(const sw_sweep_run *run, const sw_sweep_options *options)
{
    sw_status status = SW_OK;
    sw_train_result result = {0};
    sw_experiment *begun = NULL;
    const bool resumes = run->state == SW_SWEEP_RESUME;
    const sw_trainer_options trainer = {.device = options->device,
                                        .out = resumes ? NULL : run->path,
                                        .resume = resumes ? run->path : NULL,
                                        .progress = options->progress,
                                        .stop = options->stop};
    SW_TRY(clear_folder(run));
    if (resumes) SW_TRY(load_begun(&begun, run));
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
    return sw_fail(SW_E_INTERRUPTED,
                   "stopped with %d of %d runs done; what had begun is saved, and the same command goes on",
                   done, sweep->count);
}

/* train.max_minutes is what a run may take at a time, not the sweep: the next run has its own. */
static void note_out_of_time(sw_sweep_run *run)
{
    run->state = SW_SWEEP_RESUME;
    sw_log(SW_LOG_INFO, "%s: %s", run->name, sw_error_message());
}

enum { LISTED = 8 };

/* What there is to say of runs that ran out of their minutes; nothing where none did. */
static void append_unfinished(sw_str *out, const sw_sweep *sweep)
{
    int count = 0;
    sw_str names = {0};
    for (int i = 0; i < sweep->count; i++) {
        const sw_sweep_run *run = &sweep->runs[i];
        if (run->state != SW_SWEEP_RESUME || run->failure) continue;
        if (count++ < LISTED) sw_str_printf(&names, "\n  %s", run->name);
    }
    if (count > LISTED) sw_str_printf(&names, "\n  and %d more", count - LISTED);
    if (count > 0)
        sw_str_printf(out,
                      "%d of %d runs are saved, but stopped by train.max_minutes; the same command continues "
                      "them:%s",
                      count, sweep->count, names.text ? names.text : "");
    sw_str_deinit(&names);
}

static sw_status list_unfinished(const sw_sweep *sweep)
{
    sw_str text = {0};
    append_unfinished(&text, sweep);
    sw_status status = sw_str_status(&text);
    if (status == SW_OK && text.length > 0) status = sw_fail(SW_E_INTERRUPTED, "%s", text.text);
    sw_str_deinit(&text);
    return status;
}

/* `kind`: of all failures, if they were of one; else of something that failed. */
static sw_status list_failures(const sw_sweep *sweep, sw_status kind)
{
    int failed = 0;
    sw_str text = {0}, unfinished = {0};
    for (int i = 0; i < sweep->count; i++) {
        if (!sweep->runs[i].failure) continue;
        if (failed++ < LISTED)
            sw_str_printf(&text, "\n  %s: %s", sweep->runs[i].name, sweep->runs[i].failure);
    }
    if (failed > LISTED) sw_str_printf(&text, "\n  and %d more", failed - LISTED);
    append_unfinished(&unfinished, sweep);
    if (unfinished.text) sw_str_printf(&text, "\n%s", unfinished.text);
    sw_status status = sw_str_status(&text);
    if (status == SW_OK)
        status = sw_fail(kind, "%d of %d runs failed:%s", failed, sweep->count, text.text ? text.text : "");
    sw_str_deinit(&text);
    sw_str_deinit(&unfinished);
    return status;
}

/* What is there is looked at again, for another process may be working on the same sweep. */
static sw_status execute_run(sw_sweep_run *run, const sw_sweep *sweep, const sw_sweep_options *options)
{
    sw_status status = SW_OK;
    sw_str words = {0};
    SW_TRY(look_at(run));
    sw_sweep_describe(&words, run);
    SW_TRY(sw_str_status(&words));
    sw_log(SW_LOG_INFO, "run %d of %d: %s, %s", (int)(run - sweep->runs) + 1, sweep->count, run->name,
           words.text);
    if (run->state == SW_SWEEP_DONE || run->state == SW_SWEEP_BUSY) goto done;
    SW_TRY(train(run, options));
    run->state = SW_SWEEP_DONE;
done:
    sw_str_deinit(&words);
    if (status != SW_E_USAGE || !sw_run_folder_is_busy(run->path)) return status;
    sw_log(SW_LOG_INFO, "%s", sw_error_message()); /* somebody else was quicker */
    run->state = SW_SWEEP_BUSY;
    return SW_OK;
}

sw_status sw_sweep_execute(sw_sweep *sweep, const sw_sweep_options *options)
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
        status = note_failure(sweep, run);
        if (status != SW_OK) return status;
    }
    if (failed == 0) return list_unfinished(sweep);
    /* a mistake that all of them share, such as missing data, is the mistake of the request */
    bool shared = failed == sweep->count || sw_exit_code(failure) == 1;
    return list_failures(sweep, shared ? failure : SW_E_DATA);
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
        SW_ENSURE(clear_folder(run));
        append_command(out, sweep, run, program, device);
    }
    return sw_str_status(out);
}
