#include "sweep_runs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "run/folder.h"
#include "run/reader.h"

static bool is_left_over_file(const char *name)
{
    size_t length = strlen(name);
    static const char partial[] = ".partial";
    return strcmp(name, "log.txt") == 0 || strcmp(name, "manifest.json") == 0 ||
           (length > sizeof partial && strcmp(name + length - (sizeof partial - 1), partial) == 0);
}

/* Whether the folder holds nothing but what a run leaves that was killed before it began. `remove` deletes
 * it. */
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

/* The name does not change what is learned. */
static bool may_differ(const char *key, const sw_sweep_run *run, const sw_run_reader *there)
{
    if (strcmp(key, "runtime.conv_layers") == 0)
        return has_engines(&there->experiment->runtime.conv_layers, &run->experiment->runtime.conv_layers);
    return strcmp(key, "name") == 0;
}

/* A run of another configuration must be neither skipped nor continued. */
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

sw_status sweep_look_at(sw_sweep_run *run)
{
    sw_run_reader there;
    bool begun;
    run->state = SW_SWEEP_NEW;
    SW_ENSURE(sw_fs_find(&begun, run->path));
    if (!begun) return SW_OK;
    SW_ENSURE(sw_fs_find(&begun, run->config));
    if (!begun) {
        run->state = sw_run_folder_is_busy(run->path) ? SW_SWEEP_BUSY : SW_SWEEP_RESTART;
        if (run->state == SW_SWEEP_BUSY || is_left_over(run->path, false)) return SW_OK;
        return sw_fail(SW_E_USAGE, "%s holds something that is no run; give another folder with --out",
                       run->path);
    }
    SW_ENSURE(sw_run_reader_open(&there, run->path));
    run->state = state_of(&there);
    run->epochs_done = sw_run_reader_epochs_done(&there);
    sw_status status = require_same_configuration(run, &there);
    sw_run_reader_close(&there);
    return status;
}

sw_status sweep_clear_folder(const sw_sweep_run *run)
{
    if (run->state != SW_SWEEP_RESTART || is_left_over(run->path, true)) return SW_OK;
    return sw_fail(SW_E_IO, "cannot clear %s of what a run left that was killed before it began: %s",
                   run->path, strerror(errno));
}

void sw_sweep_describe(sw_str *out, const sw_sweep_run *run)
{
    static const char *const words[] = {[SW_SWEEP_NEW] = "new",
                                        [SW_SWEEP_RESTART] = "starts over",
                                        [SW_SWEEP_BUSY] = "being written by another process",
                                        [SW_SWEEP_DONE] = "done"};
    if (run->state == SW_SWEEP_RESUME)
        sw_str_printf(out, "continues after epoch %d of %d", run->epochs_done, run->experiment->train.epochs);
    else
        sw_str_append(out, words[run->state]);
}
