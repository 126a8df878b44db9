#include "locate.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "config/experiment.h"

#ifndef SEGWORK_SHARE_FROM_BIN
#error "SEGWORK_SHARE_FROM_BIN, the way from the program's folder to share/segwork, comes from CMake"
#endif

/* Resolves "." and ".." in the text, without looking at the disk. */
static char *tidy_lexically(sw_arena *arena, const char *path)
{
    char *tidy = sw_arena_alloc(arena, strlen(path) + 2);
    if (!tidy) return NULL;
    size_t used = path[0] == '/' ? 1 : 0, floor = used;
    memcpy(tidy, path, used);
    for (const char *part = path; *part;) {
        size_t length = strcspn(part, "/");
        bool up = length == 2 && part[0] == '.' && part[1] == '.';
        if (up && used > floor) {
            while (used > floor && tidy[used - 1] != '/') used--; /* drop the last folder ... */
            if (used > floor) used--;                             /* ... and its slash */
        } else if (length > 0 && !(length == 1 && part[0] == '.')) {
            if (used > 0 && tidy[used - 1] != '/') tidy[used++] = '/';
            memcpy(tidy + used, part, length);
            used += length;
            if (up) floor = used; /* a leading ".." stays */
        }
        part += length + (part[length] == '/');
    }
    tidy[used] = '\0';
    return tidy;
}

/* *found: the tidied path when the file is there. `folder` NULL: no such place to look. */
static sw_status try_place(const char **found, sw_arena *arena, const char *folder, const char *name,
                           sw_str *looked_at)
{
    if (*found || !folder) return SW_OK;
    char *joined = sw_fs_join(folder, name);
    if (!joined) return SW_E_MEMORY;
    const char *path = sw_arena_strdup(arena, joined);
    free(joined);
    const char *tidy = path ? tidy_lexically(arena, path) : NULL;
    if (!tidy) return SW_E_MEMORY;
    if (looked_at->length > 0) sw_str_append(looked_at, ", ");
    sw_str_append(looked_at, tidy);
    /* behind a symbolic link "a/.." may lead elsewhere: then the path as given is the right one */
    if (sw_fs_exists(path)) *found = sw_fs_same(path, tidy) ? tidy : path;
    return SW_OK;
}

const char *sw_experiment_share_folder(char *buffer, size_t bytes)
{
    static const char way[] = "/" SEGWORK_SHARE_FROM_BIN;
    ssize_t length = readlink("/proc/self/exe", buffer, bytes - sizeof way);
    if (length <= 0) return NULL;
    buffer[length] = '\0';
    char *slash = strrchr(buffer, '/');
    if (!slash) return NULL;
    memcpy(slash, way, sizeof way);
    return buffer;
}

sw_status locate_config(const char **out, sw_arena *arena, const char *folder, const char *name,
                        sw_str *looked_at)
{
    char buffer[PATH_MAX];
    sw_status status = SW_OK;
    *out = NULL;
    SW_TRY(try_place(out, arena, folder, name, looked_at));
    if (name[0] == '/') goto done;
    const char *rest = name;
    while (strncmp(rest, "../", 3) == 0 || strncmp(rest, "./", 2) == 0) rest = strchr(rest, '/') + 1;
    const char *given = getenv("SEGWORK_CONFIG_DIR");
    SW_TRY(try_place(out, arena, given && *given ? given : NULL, rest, looked_at));
    SW_TRY(try_place(out, arena, sw_experiment_share_folder(buffer, sizeof buffer), rest, looked_at));
done:
    if (status == SW_OK) status = sw_str_status(looked_at);
    return status;
}
