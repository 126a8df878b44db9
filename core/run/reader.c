#include "run/reader.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "data/dataset.h"
#include "nn/losses.h"
#include "run/folder.h"
#include "run/judge.h"
#include "run/other_version.h"
#include "run/run_json.h"

const char *sw_run_state_name(sw_run_state state)
{
    static const char *const names[] = {"finished", "running", "interrupted", "failed", "cut off"};
    return names[state];
}

char *sw_run_reader_file(const sw_run_reader *run, const char *name)
{
    return sw_fs_join(run->path, name);
}

/* The same, living as long as the reader. */
static char *file_of(sw_run_reader *run, const char *name)
{
    return sw_arena_printf(&run->arena, "%s/%s", run->path, name);
}

/* ---- the folder ---- */

bool sw_run_is_folder(const char *path)
{
    return sw_fs_is_dir(path) && sw_run_has_file(path, "config.yaml") &&
           sw_run_has_file(path, "manifest.json");
}

static sw_status require_run(const char *path)
{
    bool there, config, manifest;
    SW_ENSURE(sw_fs_find(&there, path));
    if (!there) return sw_fail(SW_E_USAGE, "%s: there is no such run folder", path);
    if (!sw_fs_is_dir(path)) return sw_fail(SW_E_USAGE, "%s is a file; expected the folder of a run", path);
    SW_ENSURE(sw_run_find_file(&config, path, "config.yaml"));
    SW_ENSURE(sw_run_find_file(&manifest, path, "manifest.json"));
    if (config && manifest) return SW_OK;
    if (manifest)
        return sw_fail(
            SW_E_USAGE,
            "%s has a manifest.json but no config.yaml: the run was stopped before its first step, "
            "or the folder was not copied whole",
            path);
    if (config && sw_run_has_file(path, "metrics.jsonl"))
        return sw_fail(SW_E_USAGE, "%s has no manifest.json: the folder was not copied whole", path);
    return sw_fail(SW_E_USAGE, "%s is not the folder of a run: it has no %s", path,
                   config ? "manifest.json" : "config.yaml");
}

/* ---- manifest ---- */

static double amount_of(const cJSON *object, const char *key)
{
    const double number = sw_json_number_of(object, key);
    return isnan(number) ? -1.0 : number;
}

/* A count that no run can have is treated as missing. */
static int count_of(const cJSON *object, const char *key)
{
    const double number = sw_json_number_of(object, key);
    return number >= 0.0 && number <= INT32_MAX ? (int)number : -1;
}

static sw_run_split split_of(const cJSON *data, const char *key)
{
    const cJSON *split = sw_json_member(data, key);
    return (sw_run_split){.split = sw_json_text_of(split, "split"),
                          .fingerprint = sw_json_text_of(split, "fingerprint"),
                          .images = count_of(split, "images"),
                          .skipped = count_of(split, "skipped")};
}

static const cJSON *last_session(const sw_run_reader *run)
{
    const cJSON *sessions = sw_json_member(run->manifest, "sessions");
    return cJSON_GetArrayItem(sessions, cJSON_GetArraySize(sessions) - 1);
}

static void take_facts(sw_run_reader *run)
{
    const cJSON *m = run->manifest, *data = sw_json_member(m, "data"), *device = sw_json_member(m, "device");
    const cJSON *program = sw_json_member(m, "segwork"), *sessions = sw_json_member(m, "sessions");
    run->facts = (sw_run_facts){.train = split_of(data, "train"),
                                .val = split_of(data, "val"),
                                .parameters = amount_of(m, "parameters"),
                                .macs = amount_of(m, "macs"),
                                .device_memory_bytes = amount_of(m, "device_memory_bytes"),
                                .device = sw_json_text_of(device, "name"),
                                .device_type = sw_json_text_of(device, "type"),
                                .driver = sw_json_text_of(device, "driver"),
                                .host = sw_json_text_of(sw_json_member(m, "host"), "name"),
                                .version = sw_json_text_of(program, "version"),
                                .revision = sw_json_text_of(program, "revision"),
                                .started = sw_json_text_of(cJSON_GetArrayItem(sessions, 0), "started"),
                                .ended = sw_json_text_of(last_session(run), "ended"),
                                .processes = cJSON_GetArraySize(sessions)};
}

static sw_status read_manifest(sw_run_reader *run)
{
    const char *path = file_of(run, "manifest.json");
    if (!path) return SW_E_MEMORY;
    SW_ENSURE(sw_json_read(&run->manifest, path, "not a JSON object", 0));
    const bool named = cJSON_IsObject(sw_json_member(run->manifest, "segwork"));
    if (!named || !cJSON_IsObject(last_session(run)))
        return sw_fail(SW_E_DATA, "%s was not written by segwork run: it has no \"%s\"", path,
                       named ? "sessions" : "segwork");
    take_facts(run);
    return SW_OK;
}

/* ---- configuration ---- */

/* The manifest knows where values came from when the run was begun; config.yaml only has them. In manifests
 * that have no origins, what a value has is its line in config.yaml. */
static sw_status take_origins(sw_run_reader *run)
{
    const cJSON *origins = sw_json_member(run->manifest, "origins");
    if (!cJSON_IsObject(origins)) return SW_OK;
    for (size_t i = 0; i < run->values.count; i++) {
        sw_config_value *value = &run->values.items[i];
        const char *origin = cJSON_GetStringValue(sw_json_member(origins, value->key));
        value->origin = origin ? sw_arena_strdup(&run->values.arena, origin) : NULL;
        if (origin && !value->origin) return SW_E_MEMORY;
    }
    return SW_OK;
}

static sw_status read_config(sw_run_reader *run)
{
    SW_ENSURE(sw_run_config_load(&run->experiment, run->path, NULL, run->manifest));
    SW_ENSURE(sw_config_values_read(&run->values, run->experiment));
    return take_origins(run);
}

/* ---- epochs ---- */

/* Fails on two runs in one file, and on a file of something else. */
static sw_status check_epochs(const sw_run_reader *run, const char *path)
{
    const sw_epoch_table *table = &run->epochs;
    const int first = table->count && table->rows[0].epoch == 0 ? 0 : 1; /* 0: before training */
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].epoch != first + (int)i)
            return sw_fail(SW_E_DATA, "%s: epoch %d stands where epoch %d should", path, table->rows[i].epoch,
                           first + (int)i);
    if (table->count > 0 && table->columns.classes.count == 0)
        return sw_fail(SW_E_DATA, "%s: its rows have no column iou_<class>; it is not the metrics of a run",
                       path);
    return SW_OK;
}

static sw_status read_epochs(sw_run_reader *run)
{
    bool there;
    const char *path = file_of(run, "metrics.jsonl");
    if (!path) return SW_E_MEMORY;
    SW_ENSURE(sw_fs_find(&there, path));
    if (there) {
        SW_ENSURE(sw_epoch_table_read(&run->epochs, path));
        SW_ENSURE(check_epochs(run, path));
    } else if (sw_manifest_is_done(run->manifest)) {
        return sw_fail(SW_E_DATA, "%s is missing although the run is done: the folder was not copied whole",
                       path);
    }
    const sw_classes *classes = sw_data_classes(&run->experiment->data);
    sw_classes *read = &run->epochs.columns.classes; /* the columns have names alone */
    if (run->epochs.count > 0) {
        if (sw_classes_same(read, classes)) *read = *classes;
        return SW_OK;
    }
    sw_columns_deinit(&run->epochs.columns);
    const sw_loss_names losses = sw_losses_name(&run->experiment->loss);
    return sw_columns_init(&run->epochs.columns, classes, &losses);
}

int sw_run_reader_epochs_done(const sw_run_reader *run)
{
    return run->epochs.count ? run->epochs.rows[run->epochs.count - 1].epoch : 0;
}

/* ---- state ---- */

/* Whether the last epoch is the last of the run. In a folder copied too early it is not. */
static bool has_all_epochs(const sw_run_reader *run)
{
    const sw_train_config *train = &run->experiment->train;
    sw_early_stop early = {.best = NAN};
    if (sw_run_reader_epochs_done(run) >= train->epochs) return true;
    for (size_t i = 0; i < run->epochs.count; i++)
        sw_early_stop_take(&early, &train->early_stop, &run->epochs.rows[i], &run->epochs.columns);
    return sw_early_stop_is_due(&early, &train->early_stop);
}

/* A run that was once done stays finished, even if resuming it failed. */
static sw_run_state state_of(const sw_run_reader *run)
{
    static const char failed[] = "failed";
    const char *outcome = sw_json_text_of(last_session(run), "outcome");
    if (sw_manifest_is_done(run->manifest) && has_all_epochs(run)) return SW_RUN_FINISHED;
    if (strcmp(outcome, "interrupted") == 0) return SW_RUN_INTERRUPTED;
    if (strncmp(outcome, failed, sizeof failed - 1) == 0) return SW_RUN_FAILED;
    if (strcmp(outcome, "done") == 0) return SW_RUN_CUT_OFF; /* copied before the rest was there */
    return sw_run_folder_is_busy(run->path) ? SW_RUN_RUNNING : SW_RUN_CUT_OFF;
}

static void take_state(sw_run_reader *run)
{
    static const char prefix[] = "failed: ";
    const char *outcome = sw_json_text_of(last_session(run), "outcome");
    run->state = state_of(run);
    run->failure = "";
    if (run->state == SW_RUN_FAILED && strncmp(outcome, prefix, sizeof prefix - 1) == 0)
        run->failure = outcome + sizeof prefix - 1;
}

/* ---- all of it ---- */

sw_status sw_run_reader_open(sw_run_reader *run, const char *path)
{
    sw_status status = SW_OK;
    *run = (sw_run_reader){0};
    SW_TRY(require_run(path));
    run->path = sw_fs_without_last_slash(path);
    run->steps = run->path ? file_of(run, "steps.jsonl") : NULL;
    if (!run->steps) SW_TRY(SW_E_MEMORY);
    SW_TRY(read_manifest(run));
    SW_TRY(read_config(run));
    SW_TRY(read_epochs(run));
    take_state(run);
    sw_run_warn_of_version(run->path, run->manifest, run->experiment->unknown,
                           sw_str_text(&run->epochs.unknown));
done:
    if (status != SW_OK) sw_run_reader_close(run);
    return status;
}

void sw_run_reader_close(sw_run_reader *run)
{
    sw_epoch_table_deinit(&run->epochs);
    sw_config_values_deinit(&run->values);
    sw_experiment_destroy(run->experiment);
    cJSON_Delete(run->manifest);
    sw_arena_deinit(&run->arena);
    free(run->path);
    *run = (sw_run_reader){0};
}

sw_status sw_run_reader_steps(sw_step_table *out, const sw_run_reader *run)
{
    bool there;
    *out = (sw_step_table){0};
    SW_ENSURE(sw_fs_find(&there, run->steps));
    if (there) return sw_step_table_read(out, run->steps);
    if (run->epochs.count == 0) return SW_OK;
    return sw_fail(SW_E_DATA, "%s is missing although epochs are recorded: the folder was not copied whole",
                   run->steps);
}
