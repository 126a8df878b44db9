/* What a manifest says of the program, the machine and the times. The rest is the caller's. */
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "page/json_text.h"
#include "run/folder.h"
#include "run/run_json.h"
#include "segwork_revision.h"

const char *sw_build_revision(void)
{
    return SEGWORK_REVISION;
}

const char *sw_build_version(void)
{
    return SEGWORK_VERSION;
}

static bool add_time(cJSON *object, const char *key)
{
    char stamp[32];
    struct tm utc;
    time_t now = time(NULL);
    if (!gmtime_r(&now, &utc)) return false;
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return cJSON_AddStringToObject(object, key, stamp) != NULL;
}

/* A fresh object under that key, in the place of any earlier one; NULL when memory is out. */
static cJSON *replace_object(cJSON *manifest, const char *key)
{
    cJSON_DeleteItemFromObjectCaseSensitive(manifest, key);
    return cJSON_AddObjectToObject(manifest, key);
}

static bool add_program(cJSON *manifest)
{
    cJSON *program = replace_object(manifest, "segwork");
    return program && cJSON_AddStringToObject(program, "version", SEGWORK_VERSION) &&
           cJSON_AddStringToObject(program, "revision", SEGWORK_REVISION);
}

static bool add_host(cJSON *manifest)
{
    struct utsname system;
    cJSON *host = replace_object(manifest, "host");
    if (!host) return false;
    bool added = true;
    if (uname(&system) == 0)
        added = cJSON_AddStringToObject(host, "name", system.nodename) &&
                cJSON_AddStringToObject(host, "system", system.sysname) &&
                cJSON_AddStringToObject(host, "release", system.release) &&
                cJSON_AddStringToObject(host, "machine", system.machine);
    double memory_bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return added && cJSON_AddNumberToObject(host, "cpus", (double)sysconf(_SC_NPROCESSORS_ONLN)) &&
           cJSON_AddNumberToObject(host, "memory_bytes", memory_bytes);
}

static bool add_libraries(cJSON *manifest, const sw_library_version *libraries, size_t count)
{
    cJSON *object = replace_object(manifest, "libraries");
    bool added = object != NULL;
    for (size_t i = 0; i < count && added; i++)
        added = cJSON_AddStringToObject(object, libraries[i].name, libraries[i].version) != NULL;
    return added;
}

static bool add_session(cJSON *manifest)
{
    cJSON *sessions = cJSON_GetObjectItemCaseSensitive(manifest, "sessions");
    if (!cJSON_IsArray(sessions)) {
        cJSON_DeleteItemFromObjectCaseSensitive(manifest, "sessions");
        sessions = cJSON_AddArrayToObject(manifest, "sessions");
    }
    cJSON *session = sessions ? cJSON_CreateObject() : NULL;
    if (!session) return false;
    cJSON_AddItemToArray(sessions, session);
    return add_time(session, "started");
}

sw_status sw_manifest_begin(struct cJSON *manifest, const sw_library_version *libraries, size_t count)
{
    bool added = add_program(manifest) && add_host(manifest) && add_libraries(manifest, libraries, count) &&
                 add_session(manifest);
    return added ? SW_OK : sw_fail_alloc("manifest", 0);
}

sw_status sw_manifest_end(struct cJSON *manifest, const char *outcome)
{
    cJSON *sessions = cJSON_GetObjectItemCaseSensitive(manifest, "sessions");
    cJSON *session = cJSON_GetArrayItem(sessions, cJSON_GetArraySize(sessions) - 1);
    if (!session) return sw_fail(SW_E_DATA, "the manifest has no session to end");
    cJSON_DeleteItemFromObjectCaseSensitive(session, "ended");
    cJSON_DeleteItemFromObjectCaseSensitive(session, "outcome");
    bool added = add_time(session, "ended") && sw_json_add_text(session, "outcome", outcome);
    return added ? SW_OK : sw_fail_alloc("manifest", 0);
}

bool sw_manifest_is_done(const struct cJSON *manifest)
{
    const cJSON *session;
    cJSON_ArrayForEach(session, sw_json_member(manifest, "sessions"))
    {
        if (strcmp(sw_json_text_of(session, "outcome"), "done") == 0) return true;
    }
    return false;
}
