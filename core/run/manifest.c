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

/* Puts an object of texts under that key, in place of any earlier one; NULL when memory is out. */
static cJSON *put_texts(cJSON *manifest, const char *key, const sw_library_version *texts, size_t count)
{
    cJSON_DeleteItemFromObjectCaseSensitive(manifest, key);
    cJSON *object = cJSON_AddObjectToObject(manifest, key);
    for (size_t i = 0; i < count && object; i++)
        if (!cJSON_AddStringToObject(object, texts[i].name, texts[i].version)) return NULL;
    return object;
}

static bool add_host(cJSON *manifest)
{
    struct utsname system;
    const bool known = uname(&system) == 0;
    const sw_library_version texts[] = {{"name", system.nodename},
                                        {"system", system.sysname},
                                        {"release", system.release},
                                        {"machine", system.machine}};
    cJSON *host = put_texts(manifest, "host", texts, known ? sizeof texts / sizeof *texts : 0);
    double memory_bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return host && cJSON_AddNumberToObject(host, "cpus", (double)sysconf(_SC_NPROCESSORS_ONLN)) &&
           cJSON_AddNumberToObject(host, "memory_bytes", memory_bytes);
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
    const sw_library_version program[] = {{"version", SEGWORK_VERSION}, {"revision", SEGWORK_REVISION}};
    bool added = put_texts(manifest, "segwork", program, 2) && add_host(manifest) &&
                 put_texts(manifest, "libraries", libraries, count) && add_session(manifest);
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
