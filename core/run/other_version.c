#include "run/other_version.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/log.h"
#include "run/folder.h"
#include "run/run_json.h"

static const char *version_of(const cJSON *manifest)
{
    return sw_json_text_of(sw_json_member(manifest, "segwork"), "version");
}

bool sw_manifest_is_newer(const cJSON *manifest)
{
    int theirs[3] = {0}, own[3] = {0};
    (void)sscanf(version_of(manifest), "%d.%d.%d", &theirs[0], &theirs[1], &theirs[2]);
    (void)sscanf(sw_build_version(), "%d.%d.%d", &own[0], &own[1], &own[2]);
    int i = 0;
    while (i < 2 && theirs[i] == own[i]) i++;
    return theirs[i] > own[i];
}

/* NULL where there is none that can be read, which whoever needs it complains of. */
static cJSON *read_manifest(const char *run)
{
    cJSON *manifest = NULL;
    char *path = sw_fs_join(run, "manifest.json");
    if (path && sw_fs_exists(path) && sw_json_read(&manifest, path, "not a JSON object", 0) != SW_OK)
        manifest = NULL;
    free(path);
    return manifest;
}

static sw_status load(sw_experiment **out, const char *run, const char *const *sets, const cJSON *manifest)
{
    char *path = sw_fs_join(run, "config.yaml");
    *out = NULL;
    if (!path) return SW_E_MEMORY;
    sw_status status = sw_experiment_load_run(out, path, sets);
    free(path);
    if (status == SW_OK || !sw_manifest_is_newer(manifest)) return status;
    return sw_fail_in(status, "%s was written by segwork %s, and this one, %s, cannot read it", run,
                      version_of(manifest), sw_build_version());
}

sw_status sw_run_config_load(sw_experiment **out, const char *run, const char *const *sets,
                             const cJSON *manifest)
{
    cJSON *own = manifest ? NULL : read_manifest(run);
    sw_status status = load(out, run, sets, manifest ? manifest : own);
    cJSON_Delete(own);
    return status;
}

void sw_run_warn_of_version(const char *run, const cJSON *manifest, const char *keys, const char *columns)
{
    cJSON *own = manifest ? NULL : read_manifest(run);
    if (!manifest) manifest = own;
    const bool newer = sw_manifest_is_newer(manifest);
    if (newer || *keys || *columns)
        sw_log(SW_LOG_WARNING, "%s%s%s: this segwork, %s, leaves out what it does not know%s%s%s%s", run,
               newer ? " was written by a newer segwork, " : "", newer ? version_of(manifest) : "",
               sw_build_version(), *keys ? "; keys: " : "", keys, *columns ? "; columns: " : "", columns);
    cJSON_Delete(own);
}

/* The message of the strict reader has the place of each key. */
static sw_status refuse_unknown(const char *run)
{
    sw_experiment *never = NULL;
    char *path = sw_fs_join(run, "config.yaml");
    if (!path) return SW_E_MEMORY;
    sw_status status = sw_experiment_load(&never, path, NULL);
    free(path);
    sw_experiment_destroy(never);
    return sw_fail_in(status,
                      "%s cannot be resumed: a newer version than this one, %s, wrote it, or a key is "
                      "misspelt",
                      run, sw_build_version());
}

sw_status sw_run_config_load_to_resume(sw_experiment **out, const char *run, const char *const *sets)
{
    sw_status status = SW_OK;
    cJSON *manifest = read_manifest(run);
    *out = NULL;
    if (sw_manifest_is_newer(manifest))
        SW_TRY(
            sw_fail(SW_E_CONFIG,
                    "%s was written by segwork %s, which is newer than this one, %s: resume it with that one",
                    run, version_of(manifest), sw_build_version()));
    SW_TRY(load(out, run, sets, manifest));
    if (*(*out)->unknown) SW_TRY(refuse_unknown(run));
done:
    cJSON_Delete(manifest);
    if (status != SW_OK) {
        sw_experiment_destroy(*out);
        *out = NULL;
    }
    return status;
}
