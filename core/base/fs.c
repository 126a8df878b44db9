#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

bool sw_fs_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool sw_fs_is_dir(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

sw_status sw_fs_read(char **out, size_t *length, const char *path, size_t max_bytes)
{
    sw_status status = SW_OK;
    char *bytes = NULL;
    *out = NULL;
    *length = 0;
    /* O_NONBLOCK: a FIFO in a data folder must not hang the program */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return sw_fail(SW_E_IO, "%s: %s", path, strerror(errno));
    struct stat info;
    if (fstat(fd, &info) != 0) SW_TRY(sw_fail(SW_E_IO, "%s: %s", path, strerror(errno)));
    if (!S_ISREG(info.st_mode)) SW_TRY(sw_fail(SW_E_IO, "%s: not a regular file", path));
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

static void writer_reset(sw_fs_writer *writer)
{
    free(writer->path);
    free(writer->aside);
    *writer = (sw_fs_writer){0};
}

/* The new file replaces what is at `path`, which therefore must be a file. */
static sw_status check_place(const char *path)
{
    struct stat there;
    if (stat(path, &there) != 0 || S_ISREG(there.st_mode)) return SW_OK;
    if (S_ISDIR(there.st_mode))
        return sw_fail(SW_E_IO, "cannot write %s: a folder of that name is in the way", path);
    return sw_fail(SW_E_IO, "cannot write %s: it is a device or a pipe, which a file would replace", path);
}

static sw_status fail_open(const char *path, int cause)
{
    char *folder = sw_fs_dirname(path);
    if (!folder) return SW_E_MEMORY;
    sw_status status = cause == ENOENT && !sw_fs_exists(folder)
                           ? sw_fail(SW_E_IO, "cannot write %s: there is no folder %s", path, folder)
                           : sw_fail(SW_E_IO, "cannot write %s: %s", path, strerror(cause));
    free(folder);
    return status;
}

sw_status sw_fs_writer_open(sw_fs_writer *writer, const char *path)
{
    *writer = (sw_fs_writer){0};
    SW_ENSURE(check_place(path));
    *writer = (sw_fs_writer){.path = sw_strf("%s", path), .aside = sw_strf("%s.partial", path)};
    if (!writer->path || !writer->aside) {
        writer_reset(writer);
        return SW_E_MEMORY;
    }
    writer->stream = fopen(writer->aside, "wbe");
    sw_status status = writer->stream ? SW_OK : fail_open(path, errno);
    if (status != SW_OK) writer_reset(writer);
    return status;
}

sw_status sw_fs_writer_commit(sw_fs_writer *writer)
{
    sw_status status = SW_OK;
    /* the writing code may not have kept errno: a full disk is by far the likeliest cause then */
    int cause = !ferror(writer->stream) ? 0 : writer->cause ? writer->cause : ENOSPC;
    if (!cause && (fflush(writer->stream) != 0 || (!writer->no_flush && fsync(fileno(writer->stream)) != 0)))
        cause = errno;
    if (fclose(writer->stream) != 0 && !cause) cause = errno;
    writer->stream = NULL;
    if (cause)
        status = sw_fail(SW_E_IO, "cannot write %s: %s (the file of that name, if any, is left as it was)",
                         writer->path, strerror(cause));
    else if (rename(writer->aside, writer->path) != 0)
        status = sw_fail(SW_E_IO, "cannot rename %s to %s: %s", writer->aside, writer->path, strerror(errno));
    if (status != SW_OK) unlink(writer->aside);
    writer_reset(writer);
    return status;
}

void sw_fs_writer_discard(sw_fs_writer *writer)
{
    if (!writer->path) return;
    if (writer->stream) fclose(writer->stream);
    unlink(writer->aside);
    writer_reset(writer);
}

sw_status sw_fs_write(const char *path, const void *bytes, size_t length)
{
    sw_fs_writer writer;
    SW_ENSURE(sw_fs_writer_open(&writer, path));
    errno = 0;
    if (length && fwrite(bytes, 1, length, writer.stream) != length) writer.cause = errno;
    return sw_fs_writer_commit(&writer);
}

sw_status sw_fs_write_text(const char *path, sw_str *text)
{
    sw_status status = sw_str_status(text);
    if (status == SW_OK) status = sw_fs_write(path, text->text, text->length);
    sw_str_deinit(text);
    return status;
}

sw_status sw_fs_append(int fd, const char *path, const void *bytes, size_t length)
{
    off_t before = lseek(fd, 0, SEEK_END);
    size_t have = 0;
    int cause = 0;
    /* where the first call ended early, a second one tells why */
    while (have < length && !cause) {
        ssize_t put = write(fd, (const char *)bytes + have, length - have);
        if (put > 0)
            have += (size_t)put;
        else if (put == 0 || errno != EINTR)
            cause = put == 0 ? ENOSPC : errno;
    }
    if (!cause) return SW_OK;
    if (have > 0 && (before < 0 || ftruncate(fd, before) != 0))
        sw_log(SW_LOG_WARNING, "%s: what was written last is incomplete", path);
    return sw_fail(SW_E_IO, "cannot write %s: %s", path, strerror(cause));
}

sw_status sw_fs_flush(int fd, const char *path)
{
    if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS) return SW_OK; /* only files can be flushed */
    return sw_fail(SW_E_IO, "cannot write %s: %s", path, strerror(errno));
}

sw_status sw_fs_truncate(const char *path, uint64_t length)
{
    if (truncate(path, (off_t)length) != 0)
        return sw_fail(SW_E_IO, "cannot shorten %s: %s", path, strerror(errno));
    return SW_OK;
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
