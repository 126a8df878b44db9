/* Files written whole, and appended to. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"

/* ---- the file aside ----
 *
 * It lies in the target's folder, under a name made of the target's and a number. Its writer holds a lock on
 * it from soon after it is made until it is renamed: one without a lock was left by a process that died, and
 * whoever writes the same target next removes it. It makes it longer first, so that a writer that had not
 * locked its new file yet sees that it lost it. Two processes that write one target take different numbers.
 */

enum { MAX_ASIDES = 100, MAX_ATTEMPTS = 100 };

/* "<folder>/.segwork-1a2b3c4d-0.partial", on the heap: short, however long the target's name is. */
static char *name_aside(const char *path, int number)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return sw_strf("%.*s.segwork-%08x-%d.partial", (int)(name - path), path, sw_crc32c(name, strlen(name)),
                   number);
}

/* Whether the path still leads to the open file; -1: that cannot be seen, errno says why. */
static int leads_to(const char *path, int fd)
{
    struct stat named, opened;
    if (lstat(path, &named) != 0) return errno == ENOENT ? 0 : -1;
    if (fstat(fd, &opened) != 0) return -1;
    return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/* Removes what a dead process left; false, and errno EEXIST: it has a living one, or what it is cannot be
 * seen. Only the holder of a file's lock removes or renames it, so that no other file can take its name in
 * between. */
static bool remove_left_over(const char *aside)
{
    const int fd = open(aside, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return true;
    int leads = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? leads_to(aside, fd) : -1;
    if (leads == 1 && ftruncate(fd, 1) != 0) leads = -1;
    if (leads == 1) unlink(aside);
    if (fd >= 0) close(fd);
    errno = EEXIST;
    return leads >= 0;
}

/* Makes the file and locks it. -1: errno says why not; EEXIST: somebody else has the name, or may have. */
static int make_aside(const char *aside)
{
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && (errno != EEXIST || !remove_left_over(aside))) return -1;
        if (fd < 0) continue;
        while (flock(fd, LOCK_EX) != 0 && errno == EINTR) /* a file system without locks does without */
            ;
        if (lseek(fd, 0, SEEK_END) == 0) return fd;
        close(fd); /* it was taken for a left-over before it was locked */
    }
    errno = EEXIST;
    return -1;
}

/* ---- files written whole ---- */

static void writer_reset(sw_fs_writer *writer)
{
    free(writer->path);
    free(writer->aside);
    *writer = (sw_fs_writer){0};
}

sw_status sw_fs_check_place(const char *path)
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

static sw_status open_aside(sw_fs_writer *writer)
{
    int fd = -1;
    for (int number = 0; fd < 0 && number < MAX_ASIDES; number++) {
        free(writer->aside);
        writer->aside = name_aside(writer->path, number);
        if (!writer->aside) return SW_E_MEMORY;
        fd = make_aside(writer->aside);
        if (fd < 0 && errno != EEXIST) break;
    }
    if (fd < 0) return fail_open(writer->path, errno);
    writer->stream = fdopen(fd, "wb");
    if (writer->stream) return SW_OK;
    unlink(writer->aside);
    close(fd);
    return sw_fail_alloc(writer->path, BUFSIZ);
}

sw_status sw_fs_writer_open(sw_fs_writer *writer, const char *path)
{
    *writer = (sw_fs_writer){0};
    SW_ENSURE(sw_fs_check_place(path));
    writer->path = sw_strf("%s", path);
    sw_status status = writer->path ? open_aside(writer) : SW_E_MEMORY;
    if (status != SW_OK) writer_reset(writer);
    return status;
}

sw_status sw_fs_writer_commit(sw_fs_writer *writer)
{
    sw_status status = SW_OK;
    /* the writing code may not have kept errno: a full disk is by far the likeliest cause then */
    int cause = !ferror(writer->stream) ? 0 : writer->cause ? writer->cause : ENOSPC;
    if (!cause && (fflush(writer->stream) != 0 || fsync(fileno(writer->stream)) != 0)) cause = errno;
    if (cause)
        status = sw_fail(SW_E_IO, "cannot write %s: %s (the file of that name, if any, is left as it was)",
                         writer->path, strerror(cause));
    else if (rename(writer->aside, writer->path) != 0)
        status = sw_fail(SW_E_IO, "cannot rename %s to %s: %s", writer->aside, writer->path, strerror(errno));
    if (status != SW_OK) unlink(writer->aside);
    fclose(writer->stream); /* unlocks it, so not before; everything is on the disk */
    writer_reset(writer);
    return status;
}

void sw_fs_writer_discard(sw_fs_writer *writer)
{
    if (!writer->path) return;
    unlink(writer->aside);
    fclose(writer->stream);
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

/* ---- files appended to ---- */

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
