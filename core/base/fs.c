#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/str.h"

bool sw_fs_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

sw_status sw_fs_find(bool *there, const char *path)
{
    struct stat info;
    *there = stat(path, &info) == 0;
    if (*there || errno == ENOENT || errno == ENOTDIR) return SW_OK;
    return sw_fail(SW_E_IO, "%s: whether it is there cannot be seen: %s", path, strerror(errno));
}

bool sw_fs_is_dir(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

sw_status sw_fs_open(int *out, const char *path, int flags)
{
    struct stat info;
    *out = -1;
    /* O_NONBLOCK: opening a FIFO would wait for whoever is at its other end */
    const int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0 && errno != ENXIO) /* a FIFO that nobody reads */
        return sw_fail(SW_E_IO, "%s%s: %s", flags & (O_WRONLY | O_RDWR) ? "cannot write " : "", path,
                       strerror(errno));
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        *out = fd;
        return SW_OK;
    }
    if (fd >= 0) close(fd);
    return sw_fail(SW_E_IO, "%s: not a regular file", path);
}

sw_status sw_fs_read(char **out, size_t *length, const char *path, size_t max_bytes)
{
    sw_status status = SW_OK;
    char *bytes = NULL;
    int fd;
    struct stat info;
    *out = NULL;
    *length = 0;
    SW_ENSURE(sw_fs_open(&fd, path, O_RDONLY));
    if (fstat(fd, &info) != 0) SW_TRY(sw_fail(SW_E_IO, "%s: %s", path, strerror(errno)));
    if ((uint64_t)info.st_size > max_bytes)
        SW_TRY(sw_fail(SW_E_DATA, "%s: %lld bytes, more than the %zu that are sensible here", path,
                       (long long)info.st_size, max_bytes));
    size_t size = (size_t)info.st_size, have = 0;
    bytes = malloc(size + 1);
    if (!bytes) SW_TRY(sw_fail_alloc(path, size + 1));
    while (have < size) {
        ssize_t got = read(fd, bytes + have, size - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) SW_TRY(sw_fail(SW_E_IO, "%s: %s", path, strerror(errno)));
        if (got == 0) break; /* it shrank while being read: take what is there */
        have += (size_t)got;
    }
    bytes[have] = '\0';
    *out = bytes;
    *length = have;
    bytes = NULL;
done:
    free(bytes);
    close(fd);
    return status;
}

sw_status sw_fs_mkdirs(const char *path)
{
    sw_status status = SW_OK;
    if (!*path) return sw_fail(SW_E_IO, "cannot create a folder without a name");
    char *partial = sw_strf("%s", path);
    if (!partial) return SW_E_MEMORY;
    for (char *c = partial + 1; status == SW_OK; c++) {
        if (*c != '/' && *c != '\0') continue;
        char here = *c;
        *c = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            status = sw_fail(SW_E_IO, "cannot create folder %s: %s", partial, strerror(errno));
        else if (!sw_fs_is_dir(partial))
            status = sw_fail(SW_E_IO, "cannot create folder %s: a file of that name is in the way", partial);
        *c = here;
        if (here == '\0') break;
    }
    free(partial);
    return status;
}

char *sw_fs_join(const char *folder, const char *name)
{
    if (name[0] == '/' || folder[0] == '\0') return sw_strf("%s", name);
    size_t end = strlen(folder);
    return sw_strf("%s%s%s", folder, folder[end - 1] == '/' ? "" : "/", name);
}

char *sw_fs_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return sw_strf(".");
    if (slash == path) return sw_strf("/");
    return sw_strf("%.*s", (int)(slash - path), path);
}

sw_status sw_fs_cache_folder(char **out)
{
    const char *own = getenv("SEGWORK_CACHE_DIR"), *all = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    *out = NULL;
    if (own && *own)
        *out = sw_strf("%s", own);
    else if (all && all[0] == '/') /* a relative one does not count, says the specification */
        *out = sw_fs_join(all, "segwork");
    else if (home && *home)
        *out = sw_fs_join(home, ".cache/segwork");
    else
        return sw_fail(SW_E_IO, "no cache folder: HOME is not set; SEGWORK_CACHE_DIR=DIR names one");
    return *out ? SW_OK : SW_E_MEMORY;
}

sw_status sw_fs_make_cache_folder(const char *folder)
{
    char *parent = sw_fs_dirname(folder);
    sw_status status = parent ? sw_fs_mkdirs(parent) : SW_E_MEMORY;
    free(parent);
    if (status != SW_OK || mkdir(folder, 0700) == 0 || errno == EEXIST) return status;
    return sw_fail(SW_E_IO, "cannot create folder %s: %s", folder, strerror(errno));
}

bool sw_fs_is_own(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && (info.st_uid == geteuid() || info.st_uid == 0) &&
           !(info.st_mode & S_IWOTH);
}

sw_status sw_fs_free_bytes(uint64_t *out, const char *path)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0) return sw_fail(SW_E_IO, "%s: %s", path, strerror(errno));
    *out = (uint64_t)info.f_bavail * info.f_frsize;
    return SW_OK;
}

bool sw_fs_same(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

size_t sw_fs_shared_folder(const char *a, const char *b)
{
    size_t shared = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/') shared = i + 1;
    return shared;
}

char *sw_fs_without_last_slash(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    return sw_strf("%.*s", (int)length, path);
}
