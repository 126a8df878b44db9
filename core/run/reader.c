#include "run/reader.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "data/dataset.h"
#include "run/folder.h"
#include "run/judge.h"

const char *sw_run_state_name(sw_run_state state)
{
    static const char *const names[] = {"finished", "running", "interrupted", "failed", "cut off"};
    return names[state];
}

char *sw_run_reader_file(const sw_run_reader *run, const char *name)
{
    return sw_fs_join(run->path, name);
}

/* ---- the folder ---- */

static bool has_file(const char *folder, const char *name)
{
    char *path = sw_fs_join(folder, name);
    bool there = path && sw_fs_exists(path) && !sw_fs_is_dir(path);
    free(path);
    return there;
}

bool sw_run_is_folder(const char *path)
{
    return sw_fs_is_dir(path) && has_file(path, "config.yaml") && has_file(path, "manifest.json");
}

static sw_status require_run(const char *path)
{
    if (!sw_fs_exists(path)) return sw_fail(SW_E_USAGE, "%s: there is no such run folder", path);
    if (!sw_fs_is_dir(path)) return sw_fail(SW_E_USAGE, "%s is a file; expected the folder of a run", path);
    bool config = has_file(path, "config.yaml"), manifest = has_file(path, "manifest.json");
    if (config && manifest) return SW_OK;
    if (manifest)
        return sw_fail(
            SW_E_USAGE,
            "%s has a manifest.json but no config.yaml: the run was stopped before its first step, "
            "or the folder was not copied whole",
            path);
    if (config && has_file(path, "metrics.jsonl"))
        return sw_fail(SW_E_USAGE, "%s has no manifest.json: the folder was not copied whole", path);
    return sw_fail(SW_E_USAGE, "%s is not the folder of a run: it has no %s", path,
                   config ? "manifest.json" : "config.yaml");
}

/* ---- manifest ---- */

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(member(object, key));
    return text ? text : "";
}

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *item = member(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : -1.0;
}

/* A count of the manifest; one that no run has counts as not said. */
static int count_of(const cJSON *object, const char *key)
{
    double number = number_of(object, key);
    return number >= 0.0 && number <= 2147483647.0 ? (int)number : -1;
}

static sw_run_split split_of(const cJSON *data, const char *key)
{
    const cJSON *split = member(data, key);
    return (sw_run_split){.split = text_of(split, "split"),
                          .fingerprint = text_of(split, "fingerprint"),
                          .images = count_of(split, "images"),
                          .skipped = count_of(split, "skipped")};
}

static const cJSON *last_session(const sw_run_reader *run)
{
    const cJSON *sessions = member(run->manifest, "sessions");
    return cJSON_GetArrayItem(sessions, cJSON_GetArraySize(sessions) - 1);
}

static void take_facts(sw_run_reader *run)
{
    const cJSON *m = run->manifest, *data = member(m, "data"), *device = member(m, "device");
    const cJSON *program = member(m, "segwork"), *sessions = member(m, "sessions");
    run->facts = (sw_run_facts){.train = split_of(data, "train"),
                                .val = split_of(data, "val"),
                                .parameters = number_of(m, "parameters"),
                                .macs = number_of(m, "macs"),
                                .device_memory_bytes = number_of(m, "device_memory_bytes"),
                                .device = text_of(device, "name"),
                                .device_type = text_of(device, "type"),
                                .driver = text_of(device, "driver"),
                                .host = text_of(member(m, "host"), "name"),
                                .version = text_of(program, "version"),
                                .revision = text_of(program, "revision"),
                                .started = text_of(cJSON_GetArrayItem(sessions, 0), "started"),
                                .ended = text_of(last_session(run), "ended"),
                                .processes = cJSON_GetArraySize(sessions)};
}

static sw_status read_manifest(sw_run_reader *run)
{
    const sw_run_folder folder = {.path = run->path};
    sw_status status = sw_run_folder_read_manifest(&run->manifest, &folder);
    if (status != SW_OK) return status;
    if (!cJSON_IsObject(member(run->manifest, "segwork")) || !cJSON_IsObject(last_session(run)))
        return sw_fail(SW_E_DATA, "%s/manifest.json was not written by segwork run: it has no %s", run->path,
                       cJSON_IsObject(member(run->manifest, "segwork")) ? "\"sessions\"" : "\"segwork\"");
    take_facts(run);
    return SW_OK;
}

/* ---- configuration ---- */

/* The manifest knows where values came from when the run was begun; config.yaml only has them. In manifests
 * that have no origins, what a value has is its line in config.yaml. */
static sw_status take_origins(sw_run_reader *run)
{
    const cJSON *origins = member(run->manifest, "origins");
    if (!cJSON_IsObject(origins)) return SW_OK;
    for (size_t i = 0; i < run->values.count; i++) {
        sw_config_value *value = &run->values.items[i];
        const char *origin = cJSON_GetStringValue(member(origins, value->key));
        value->origin = origin ? sw_arena_strdup(&run->values.arena, origin) : NULL;
        if (origin && !value->origin) return SW_E_MEMORY;
    }
    return SW_OK;
}

static sw_status read_config(sw_run_reader *run)
{
    sw_status status = SW_OK;
    char *path = sw_run_reader_file(run, "config.yaml");
    if (!path) return SW_E_MEMORY;
    SW_TRY(sw_experiment_load(&run->experiment, path, NULL));
    SW_TRY(sw_config_values_read(&run->values, run->experiment));
    SW_TRY(take_origins(run));
done:
    free(path);
    return status;
}

/* ---- epochs ---- */

/* Two runs in one file, or a file of something else. */
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
    sw_status status = SW_OK;
    char *path = sw_run_reader_file(run, "metrics.jsonl");
    if (!path) return SW_E_MEMORY;
    if (sw_fs_exists(path)) {
        SW_TRY(sw_epoch_table_read(&run->epochs, path));
        SW_TRY(check_epochs(run, path));
    } else if (sw_manifest_is_done(run->manifest)) {
        status = sw_fail(SW_E_DATA, "%s is missing although the run is done: the folder was not copied whole",
                         path);
    }
    if (run->epochs.count == 0)
        sw_columns_init(&run->epochs.columns, sw_data_classes(&run->experiment->data));
done:
    free(path);
    return status;
}

int sw_run_reader_epochs_done(const sw_run_reader *run)
{
    return run->epochs.count ? run->epochs.rows[run->epochs.count - 1].epoch : 0;
}

/* ---- state ---- */

/* Whether the epochs end where the run ends, rather than the file's copy. */
static bool has_all_epochs(const sw_run_reader *run)
{
    const sw_train_config *train = &run->experiment->train;
    sw_early_stop early = {.best = NAN};
    if (sw_run_reader_epochs_done(run) >= train->epochs) return true;
    for (size_t i = 0; i < run->epochs.count; i++)
        sw_early_stop_take(&early, &train->early_stop, &run->epochs.rows[i], &run->epochs.columns);
    return sw_early_stop_is_due(&early, &train->early_stop);
}

/* A run that was done stays so, whatever came of resuming it. */
static sw_run_state state_of(const sw_run_reader *run)
{
    static const char failed[] = "failed";
    const char *outcome = text_of(last_session(run), "outcome");
    if (sw_manifest_is_done(run->manifest) && has_all_epochs(run)) return SW_RUN_FINISHED;
    if (strcmp(outcome, "interrupted") == 0) return SW_RUN_INTERRUPTED;
    if (strncmp(outcome, failed, sizeof failed - 1) == 0) return SW_RUN_FAILED;
    if (strcmp(outcome, "done") == 0) return SW_RUN_CUT_OFF; /* copied before the rest was there */
    return sw_run_folder_is_busy(run->path) ? SW_RUN_RUNNING : SW_RUN_CUT_OFF;
}

static void take_state(sw_run_reader *run)
{
    static const char prefix[] = "failed: ";
    const char *outcome = text_of(last_session(run), "outcome");
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
    if (!run->path) {
        status = SW_E_MEMORY;
        goto done;
    }
    SW_TRY(read_manifest(run));
    SW_TRY(read_config(run));
    SW_TRY(read_epochs(run));
    take_state(run);
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
    free(run->path);
    *run = (sw_run_reader){0};
}

sw_status sw_run_reader_steps(sw_step_table *out, const sw_run_reader *run)
{
    sw_status status = SW_OK;
    *out = (sw_step_table){0};
    char *path = sw_run_reader_file(run, "steps.jsonl");
    if (!path) return SW_E_MEMORY;
    if (sw_fs_exists(path))
        status = sw_step_table_read(out, path);
    else if (run->epochs.count > 0)
        status = sw_fail(SW_E_DATA,
                         "%s is missing although epochs are recorded: the folder was not copied "
                         "whole",
                         path);
    free(path);
    return status;
}
