#include "run/out_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "run/reader.h"

enum { DEPTH = 3 }; /* of a run's files below its folder, at most */

/* In the run's folder itself, by the beginning of the name. */
static const char *const own_files[] = {"config.yaml",   "manifest.json", "log.txt",     "steps.jsonl",
                                        "metrics.jsonl", "metrics.csv",   "events.out.", "profile.txt",
                                        "profile.json",  "trace.json"};
static const char *const own_folders[] = {"grids/", "masks/", "gallery/", "checkpoints/"};

static bool begins_with_one(const char *text, const char *const *beginnings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0) return true;
    return false;
}

static bool is_own(const char *below)
{
    return strchr(below, '/') ? begins_with_one(below, own_folders, sizeof own_folders / sizeof *own_folders)
                              : begins_with_one(below, own_files, sizeof own_files / sizeof *own_files);
}

bool sw_run_owns_file(const char *path)
{
    char whole[PATH_MAX], folder[PATH_MAX];
    if (!realpath(path, whole)) return false;
    memcpy(folder, whole, sizeof folder);
    for (int up = 0; up < DEPTH; up++) {
        char *slash = strrchr(folder, '/');
        if (!slash || slash == folder) return false;
        *slash = '\0';
        if (sw_run_is_folder(folder)) return is_own(whole + (slash - folder) + 1);
    }
    return false;
}

static bool has_ending(const char *path, const char *const *endings)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (; *endings; endings++)
        if (strcasecmp(dot ? dot : "", *endings) == 0) return true;
    return false;
}

sw_status sw_out_file_check(const char *path, const char *const *endings, sw_file_set *inputs)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return SW_OK; /* the writer refuses folders */
    const char *input = inputs ? sw_file_set_find(inputs, path) : NULL;
    if (input)
        return sw_fail(SW_E_USAGE, "%s would overwrite %s, which is read: write to another file", path,
                       input);
    if (sw_run_owns_file(path))
        return sw_fail(SW_E_USAGE, "%s belongs to a run, which would lose it: write to another file", path);
    if (endings && info.st_size > 0 && !has_ending(path, endings))
        return sw_fail(SW_E_USAGE,
                       "%s is there already and is no %s file: write to another file, or remove it first",
                       path, *endings);
    return SW_OK;
}
