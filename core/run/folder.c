/* The folder of a run, its log and its lock. The manifest is in manifest.c. */
#include "run/folder.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "run/run_json.h"

static const char log_name[] = "log.txt", config_name[] = "config.yaml", manifest_name[] = "manifest.json";

enum { MAX_RUN_NUMBER = 999999 };

/* ---- log.txt ---- */

/* "2025-03-01 12:00:00.123Z warning: <line>". A log that can't be written must not stop a run. */
void sw_run_folder_log(const sw_run_folder *folder, sw_log_level level, const char *line)
{
    struct timespec now;
    struct tm utc;
    char stamp[32] = "";
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc)) strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &utc);
    dprintf(folder->log_fd, "%s.%03ldZ %s: %s\n", stamp, now.tv_nsec / 1000000, sw_log_level_name(level),
            line);
}

static void log_line(void *user, sw_log_level level, const char *line)
{
    sw_run_folder_log(user, level, line);
}

/* The lock is on the log file: the system releases it when the process ends, even if it was killed. */
static sw_status open_log(sw_run_folder *folder, int flags)
{
    char *path = sw_fs_join(folder->path, log_name);
    if (!path) return SW_E_MEMORY;
    sw_status status = sw_fs_open(&folder->log_fd, path, O_WRONLY | O_APPEND | flags);
    if (status != SW_OK && (flags & O_EXCL) && sw_fs_exists(path))
        status = sw_fail(SW_E_USAGE, "%s is being used by another run; choose another folder", folder->path);
    else if (status == SW_OK && flock(folder->log_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        status = sw_fail(SW_E_USAGE, "%s is being written by another process; wait for it or stop it",
                         folder->path);
    free(path);
    return status;
}

/* A shared lock is refused while a run holds its exclusive one. It is released at once: a run that begins
 * meanwhile would be refused its own. */
bool sw_run_folder_is_busy(const char *path)
{
    char *log_path = sw_fs_join(path, log_name);
    int fd = -1;
    const sw_status status = log_path ? sw_fs_open(&fd, log_path, O_RDONLY) : SW_E_MEMORY;
    free(log_path);
    if (status != SW_OK) return false;
    bool busy = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return busy;
}

/* ---- the folder ---- */

static sw_run_folder *new_folder(const char *path)
{
    sw_run_folder *folder = calloc(1, sizeof *folder);
    if (!folder) {
        sw_fail_alloc("run folder", sizeof *folder);
        return NULL;
    }
    folder->log_fd = -1;
    folder->path = sw_strf("%s", path);
    folder->grids = sw_fs_join(path, "grids");
    folder->checkpoints = sw_fs_join(path, "checkpoints");
    folder->config = sw_fs_join(path, config_name);
    folder->manifest = sw_fs_join(path, manifest_name);
    if (folder->path && folder->grids && folder->checkpoints && folder->config && folder->manifest)
        return folder;
    sw_run_folder_destroy(folder);
    return NULL;
}

static sw_status furnish(sw_run_folder **out, const char *path, int log_flags)
{
    sw_status status = SW_OK;
    *out = NULL;
    sw_run_folder *folder = new_folder(path);
    if (!folder) return SW_E_MEMORY;
    SW_TRY(open_log(folder, log_flags));
    SW_TRY(sw_fs_mkdirs(folder->grids));
    SW_TRY(sw_fs_mkdirs(folder->checkpoints));
    sw_log_add_sink(log_line, folder);
    *out = folder;
    folder = NULL;
done:
    sw_run_folder_destroy(folder);
    return status;
}

/* Letters, digits, '.', '_' and '-', without a dot or a '-' at the beginning: such a name neither leads out
 * of runs/ nor is hidden or taken for an option. */
static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && name[0] != '-' &&
           name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

/* The highest n of the sub-folders called n, 0 without any. */
static sw_status last_number(long *out, const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) return sw_fail(SW_E_IO, "cannot read folder %s: %s", folder, strerror(errno));
    *out = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        char *end;
        long number = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && number > *out && number <= MAX_RUN_NUMBER) *out = number;
    }
    closedir(dir);
    return SW_OK;
}

/* "<runs_root>/<experiment>", on the heap. */
static sw_status name_parent(char **out, const char *runs_root, const char *experiment)
{
    *out = NULL;
    if (!is_plain_name(experiment))
        return sw_fail(
            SW_E_CONFIG,
            "'%s' cannot name a folder of runs: use letters, digits, '.', '_' and '-', or give --out",
            experiment);
    *out = sw_fs_join(runs_root, experiment);
    return *out ? SW_OK : SW_E_MEMORY;
}

/* mkdir itself decides who gets a number: it succeeds for one process only. */
static sw_status make_numbered(char **out, const char *runs_root, const char *experiment)
{
    sw_status status = SW_OK;
    long number = 0;
    bool made;
    char *path = NULL, *parent = NULL;
    SW_TRY(name_parent(&parent, runs_root, experiment));
    SW_TRY(sw_fs_mkdirs(parent));
    SW_TRY(last_number(&number, parent));
    do {
        free(path);
        path = sw_strf("%s/%03ld", parent, ++number);
        if (!path) SW_TRY(SW_E_MEMORY);
        made = mkdir(path, 0777) == 0;
    } while (!made && errno == EEXIST && number <= MAX_RUN_NUMBER);
    if (!made) SW_TRY(sw_fail(SW_E_IO, "cannot create folder %s: %s", path, strerror(errno)));
    *out = path;
    path = NULL;
done:
    free(path);
    free(parent);
    return status;
}

static sw_status require_empty(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir && errno == ENOTDIR)
        return sw_fail(SW_E_USAGE, "%s is a file; a run needs a new or an empty folder", path);
    if (!dir) return sw_fail(SW_E_IO, "cannot read folder %s: %s", path, strerror(errno));
    const struct dirent *entry;
    bool empty = true;
    while ((entry = readdir(dir)))
        empty &= strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    if (!empty)
        return sw_fail(SW_E_USAGE,
                       "%s is not empty and runs are never overwritten; choose another folder, or "
                       "continue that run with --resume",
                       path);
    return SW_OK;
}

/* Fails unless the folder, or else its nearest existing parent, is writable. */
static sw_status require_writable(const char *path)
{
    sw_status status = SW_OK;
    char *folder = sw_strf("%s", path);
    while (folder && !sw_fs_exists(folder) && strcmp(folder, ".") != 0 && strcmp(folder, "/") != 0) {
        char *above = sw_fs_dirname(folder);
        free(folder);
        folder = above;
    }
    if (!folder)
        status = SW_E_MEMORY;
    else if (!sw_fs_is_dir(folder))
        status = sw_fail(SW_E_IO, "cannot create folder %s: %s is a file", path, folder);
    else if (access(folder, W_OK | X_OK) != 0)
        status = sw_fail(SW_E_IO, "cannot create folder %s: nothing can be written in %s: %s", path, folder,
                         strerror(errno));
    free(folder);
    return status;
}

static sw_status check_given(const char *path)
{
    if (!*path) return sw_fail(SW_E_USAGE, "--out: expected a folder, got an empty name");
    if (sw_fs_exists(path)) SW_ENSURE(require_empty(path));
    return require_writable(path);
}

sw_status sw_run_folder_check(const char *runs_root, const char *experiment, const char *given_path)
{
    char *parent;
    if (given_path) return check_given(given_path);
    SW_ENSURE(name_parent(&parent, runs_root, experiment));
    sw_status status = require_writable(parent);
    free(parent);
    return status;
}

static sw_status make_given(const char *path)
{
    sw_status status = SW_OK;
    char *parent = sw_fs_dirname(path);
    if (!parent) return SW_E_MEMORY;
    SW_TRY(sw_fs_mkdirs(parent));
    if (mkdir(path, 0777) == 0) goto done;
    SW_TRY(errno == EEXIST ? require_empty(path)
                           : sw_fail(SW_E_IO, "cannot create folder %s: %s", path, strerror(errno)));
done:
    free(parent);
    return status;
}

sw_status sw_run_folder_create(sw_run_folder **out, const char *runs_root, const char *experiment,
                               const char *given_path)
{
    sw_status status = SW_OK;
    char *numbered = NULL;
    *out = NULL;
    if (given_path)
        SW_TRY(make_given(given_path));
    else
        SW_TRY(make_numbered(&numbered, runs_root, experiment));
    /* O_EXCL: if two processes found the same empty folder, only one succeeds */
    SW_TRY(furnish(out, given_path ? given_path : numbered, O_CREAT | O_EXCL));
done:
    free(numbered);
    return status;
}

sw_status sw_run_find_file(bool *there, const char *run, const char *name)
{
    char *path = sw_fs_join(run, name);
    sw_status status = path ? sw_fs_find(there, path) : SW_E_MEMORY;
    if (status == SW_OK) *there = *there && !sw_fs_is_dir(path);
    free(path);
    return status;
}

bool sw_run_has_file(const char *run, const char *name)
{
    char *path = sw_fs_join(run, name);
    bool there = path && sw_fs_exists(path) && !sw_fs_is_dir(path);
    free(path);
    return there;
}

sw_status sw_run_folder_open(sw_run_folder **out, const char *path)
{
    bool there, manifest, config;
    *out = NULL;
    SW_ENSURE(sw_fs_find(&there, path));
    if (!there) return sw_fail(SW_E_USAGE, "%s: there is no such run folder", path);
    SW_ENSURE(sw_run_find_file(&manifest, path, manifest_name));
    SW_ENSURE(sw_run_find_file(&config, path, config_name));
    if (!manifest || !config)
        return sw_fail(SW_E_USAGE, "%s is no run folder (it lacks %s or %s)", path, config_name,
                       manifest_name);
    return furnish(out, path, O_CREAT);
}

void sw_run_folder_destroy(sw_run_folder *folder)
{
    if (!folder) return;
    sw_log_remove_sink(log_line, folder);
    if (folder->log_fd >= 0) close(folder->log_fd);
    free(folder->path);
    free(folder->grids);
    free(folder->checkpoints);
    free(folder->config);
    free(folder->manifest);
    free(folder);
}

/* ---- its files ---- */

sw_status sw_run_folder_write_config(const sw_run_folder *folder, const char *yaml)
{
    return sw_fs_write(folder->config, yaml, strlen(yaml));
}

sw_status sw_run_folder_write_manifest(const sw_run_folder *folder, const cJSON *manifest)
{
    return sw_json_write(folder->manifest, manifest);
}

sw_status sw_run_folder_read_manifest(cJSON **out, const sw_run_folder *folder)
{
    return sw_json_read(out, folder->manifest, "not a JSON object", 0);
}
