#include "locate.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "config/experiment.h"
#include "config/shipped.h"

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

/* A folder with configs/ and experiments/ that the user names; NULL: none. */
static const char *given_folder(void)
{
    const char *given = getenv("SEGWORK_CONFIG_DIR");
    return given && *given ? given : NULL;
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
    SW_TRY(try_place(out, arena, given_folder(), rest, looked_at));
    SW_TRY(try_place(out, arena, sw_experiment_share_folder(buffer, sizeof buffer), rest, looked_at));
done:
    if (status == SW_OK) status = sw_str_status(looked_at);
    return status;
}

sw_status sw_shipped_model_find(char **out, const char *name, sw_str *looked_at)
{
    char buffer[PATH_MAX];
    sw_status status = SW_OK;
    sw_arena arena = {0};
    const char *found = NULL;
    const char *in_sources = sw_arena_printf(&arena, "configs/models/%s.safetensors", name);
    const char *installed = sw_arena_printf(&arena, "models/%s.safetensors", name);
    *out = NULL;
    if (!in_sources || !installed) SW_TRY(SW_E_MEMORY);
    SW_TRY(try_place(&found, &arena, "", in_sources, looked_at));
    SW_TRY(try_place(&found, &arena, given_folder(), in_sources, looked_at));
    SW_TRY(try_place(&found, &arena, given_folder(), installed, looked_at));
    SW_TRY(
        try_place(&found, &arena, sw_experiment_share_folder(buffer, sizeof buffer), installed, looked_at));
    SW_TRY(sw_str_status(looked_at));
    if (!found) goto done;
    *out = sw_strf("%s", found);
    if (!*out) status = SW_E_MEMORY;
done:
    sw_arena_deinit(&arena);
    return status;
}

/* Whether a path is a file or, as the folder of a run is, one with a config.yaml. */
static bool holds_weights(const char *path)
{
    char inside[PATH_MAX];
    snprintf(inside, sizeof inside, "%s/config.yaml", path);
    return sw_fs_exists(sw_fs_is_dir(path) ? inside : path);
}

sw_status sw_shipped_weights_path(char **out, const char *text)
{
    sw_str looked_at = {0};
    sw_status status = SW_OK;
    *out = NULL;
    if (*text && strcspn(text, "./") == strlen(text) && !holds_weights(text))
        status = sw_shipped_model_find(out, text, &looked_at);
    sw_str_deinit(&looked_at);
    if (status != SW_OK || *out) return status;
    *out = sw_strf("%s", text);
    return *out ? SW_OK : SW_E_MEMORY;
}
