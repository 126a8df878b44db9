/* The folder in which PoCL keeps compiled kernels. Without one it has no device, and does not say why. */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/log.h"
#include "context.h"

static char own_folder[PATH_MAX]; /* made by this process, and removed with it */
static pid_t own_process;

/* By the rule of PoCL 3 to 7. Without HOME they would take one in /tmp, and run whatever somebody has put
 * there: that is refused. */
static sw_status find_folder(char **folder, const char **variable)
{
    const char *own = getenv("POCL_CACHE_DIR"), *all = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    *folder = NULL;
    *variable = own ? "POCL_CACHE_DIR" : all && *all ? "XDG_CACHE_HOME" : "HOME";
    if (own)
        *folder = sw_strf("%s", own);
    else if (all && *all)
        *folder = sw_strf("%s/pocl/kcache", all);
    else if (home)
        *folder = sw_strf("%s/.cache/pocl/kcache", home);
    else
        return sw_fail(SW_E_IO, "it is not set");
    return *folder ? SW_OK : SW_E_MEMORY;
}

/* A block is written, since a full disk still takes empty files. */
static sw_status try_to_write(const char *folder)
{
    static const char block[4096];
    SW_ENSURE(sw_fs_mkdirs(folder));
    char *path = sw_strf("%s/segwork-XXXXXX", folder);
    if (!path) return SW_E_MEMORY;
    errno = 0;
    const int fd = mkstemp(path);
    const bool written = fd >= 0 && write(fd, block, sizeof block) == (ssize_t)sizeof block;
    const int cause = errno ? errno : ENOSPC;
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    free(path);
    return written ? SW_OK : sw_fail(SW_E_IO, "cannot write into %s: %s", folder, strerror(cause));
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static void remove_own_folder(void)
{
    enum { OPEN_FOLDERS = 16 };
    if (getpid() == own_process) nftw(own_folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

static sw_status make_own_folder(void)
{
    const char *named = getenv("TMPDIR"), *parent = named && *named ? named : "/tmp";
    const int length = snprintf(own_folder, sizeof own_folder, "%s/segwork-pocl-XXXXXX", parent);
    if (length >= (int)sizeof own_folder || !mkdtemp(own_folder))
        return sw_fail(SW_E_IO, "nor can a temporary one be made in %s (TMPDIR): %s", parent,
                       strerror(length >= (int)sizeof own_folder ? ENAMETOOLONG : errno));
    own_process = getpid();
    if (atexit(remove_own_folder) != 0 || setenv("POCL_CACHE_DIR", own_folder, 1) != 0)
        return sw_fail_alloc("PoCL's temporary folder", sizeof own_folder);
    return try_to_write(own_folder);
}

sw_status sw_pocl_prepare_cache(void)
{
    char *folder, *cause = NULL;
    const char *variable;
    sw_status status = find_folder(&folder, &variable);
    if (status == SW_OK) status = try_to_write(folder);
    if (status != SW_E_IO) goto done;
    cause =
        sw_strf("PoCL's folder for compiled kernels (by %s) is of no use: %s", variable, sw_error_message());
    if (!cause) SW_TRY(SW_E_MEMORY);
    SW_TRY(sw_fail_in(make_own_folder(), "%s (POCL_CACHE_DIR=DIR names another)", cause));
    sw_log(SW_LOG_WARNING,
           "%s; a temporary one is used, so that each command compiles its kernels anew; POCL_CACHE_DIR=DIR "
           "names a lasting one",
           cause);
done:
    free(folder);
    free(cause);
    return status;
}
